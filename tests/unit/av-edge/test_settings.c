/* av-edge/settings.c: words of [options] become values, or are refused. */
#include "av-edge/settings.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/service_fixture.h"

static struct ave_settings s;
static char why[256];

static enum edge_err read_text(const char *text)
{
	struct edge_config *c = service_fixture_config(text);
	enum edge_err err;

	memset(&s, 0, sizeof(s));
	*why = '\0';
	err = ave_settings_read(&s, c, why, sizeof(why));
	edge_config_free(c);
	return err;
}

START_TEST(settings_have_defaults)
{
	ck_assert_int_eq(read_text(""), EDGE_OK);
	ck_assert_str_eq(s.realm, "rtcmedia");
	ck_assert_uint_eq(s.ms_version, 1);
	ck_assert_int_eq(s.batch, AVE_BATCH_AUTO);
	ck_assert(s.has_rfc);
	ck_assert(!s.has_fast_path);
	ck_assert_int_eq(s.not_before_s, 0);
	ck_assert_int_eq(s.token_format, MRAS_EDGE);
}
END_TEST

START_TEST(settings_are_taken)
{
	ck_assert_int_eq(read_text("[options]\nav.realm = contoso.com\n"
				   "av.ms_version = 4\nav.batch = epoll\n"
				   "av.rfc = no\nav.token_format = edge\n"
				   "av.fast_path = xdp\n"
				   "av.tokens_not_before = "
				   "2026-07-22T06:00:00Z\n"),
			 EDGE_OK);
	ck_assert_str_eq(s.realm, "contoso.com");
	ck_assert_uint_eq(s.ms_version, 4);
	ck_assert_int_eq(s.batch, AVE_BATCH_EPOLL);
	ck_assert(!s.has_rfc);
	ck_assert(s.has_fast_path);
	ck_assert_int_eq(s.not_before_s, 1784700000);
	ck_assert_int_eq(read_text("[options]\nav.batch = ring\n"), EDGE_OK);
	ck_assert_int_eq(s.batch, AVE_BATCH_RING);
	ck_assert_int_eq(read_text("[options]\nav.token_format = ms2\n"),
			 EDGE_OK);
	ck_assert_int_eq(s.token_format, MRAS_MS2);
}
END_TEST

START_TEST(settings_take_lists_of_peers)
{
	ck_assert_int_eq(read_text(""), EDGE_OK);
	ck_assert_uint_eq(s.peer_network_count, 0);
	ck_assert_uint_eq(s.peer_port_count, 0);
	ck_assert_msg(read_text("[options]\n"
				"av.peer_networks = 10.1.0.0/16, 192.168.5.7  "
				"fd00::/8\n"
				"av.peer_ports = 80,554 1023\n") == EDGE_OK,
		      "%s", why);
	ck_assert_uint_eq(s.peer_network_count, 3);
	ck_assert_uint_eq(s.peer_networks[0].bits, 16);
	ck_assert_uint_eq(s.peer_networks[0].net.ip[1], 1);
	ck_assert_uint_eq(s.peer_networks[1].bits, 32);
	ck_assert_uint_eq(s.peer_networks[2].bits, 8);
	ck_assert_uint_eq(s.peer_port_count, 3);
	ck_assert_uint_eq(s.peer_ports[0], 80);
	ck_assert_uint_eq(s.peer_ports[2], 1023);
}
END_TEST

START_TEST(settings_take_users_that_are_revoked)
{
	/* read_text frees what slices point to: only how many is looked at */
	ck_assert_int_eq(read_text(""), EDGE_OK);
	ck_assert_uint_eq(s.user_revoked_count, 0);
	ck_assert_int_eq(read_text("[options]\nav.users_revoked = "
				   "sip:alice@contoso.com, "
				   "00112233445566778899aabbccddeeff\n"),
			 EDGE_OK);
	ck_assert_uint_eq(s.user_revoked_count, 2);
}
END_TEST

/* clang-format off */
static const struct {
	const char *text, *why;
} bads[] = {
	{"[options]\nav.realm = \"rtc\"\n", "av.realm"},
	{"[options]\nav.realm = two words\n", "av.realm"},
	{"[options]\nav.fast_path = yes\n", "av.fast_path wants off or xdp"},
	{"[options]\nav.ms_version = 0\n", "av.ms_version wants 1 to 4"},
	{"[options]\nav.ms_version = 5\n", "av.ms_version"},
	{"[options]\nav.ms_version = 1x\n", "av.ms_version"},
	{"[options]\nav.batch = poll\n", "av.batch wants auto, ring or epoll"},
	{"[options]\nav.rfc = maybe\n", "av.rfc wants yes or no"},
	{"[options]\nav.token_format = ms3\n",
	 "av.token_format wants edge or ms2"},
	{"[options]\nav.peer_networks = 10.1.0.0/33\n",
	 "av.peer_networks wants none, or up to 16 private networks"},
	{"[options]\nav.peer_networks = 10.1.0.0/15\n", "av.peer_networks"},
	{"[options]\nav.peer_networks = 10.0.0.0/\n", "av.peer_networks"},
	{"[options]\nav.peer_networks = 10.0.0/8\n", "av.peer_networks"},
	{"[options]\nav.peer_networks = 10.0.0.0/8/8\n", "av.peer_networks"},
	{"[options]\nav.peer_networks = 10.0.0.0/8 203.0.113.0/24\n",
	 "av.peer_networks"},
	{"[options]\nav.peer_networks = 0.0.0.0/0\n", "av.peer_networks"},
	{"[options]\nav.peer_networks = ,\n", "av.peer_networks"},
	{"[options]\nav.peer_networks = host.contoso.com\n",
	 "av.peer_networks"},
	{"[options]\nav.peer_networks = 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 "
	 "10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.1.0 10.0.1.1 "
	 "10.0.1.2 10.0.1.3 10.0.1.4 10.0.1.5 10.0.1.6 10.0.1.7\n",
	 "av.peer_networks"},
	{"[options]\nav.peer_ports = 0\n",
	 "av.peer_ports wants none, or up to 16 ports from 1 to 1023"},
	{"[options]\nav.peer_ports = 1024\n", "av.peer_ports"},
	{"[options]\nav.peer_ports = 80-90\n", "av.peer_ports"},
	{"[options]\nav.peer_ports = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
	 "av.peer_ports"},
	{"[options]\nav.users_revoked = alice\n",
	 "av.users_revoked wants none, or up to 16 users"},
	{"[options]\nav.users_revoked = sip:contoso.com\n", "av.users_revoked"},
	{"[options]\nav.users_revoked = 00112233\n", "av.users_revoked"},
	{"[options]\nav.tokens_not_before = today\n",
	 "av.tokens_not_before wants none, or a time"},
	{"[limits]\nav.lifetime_min_s = 700\n",
	 "av.lifetime_min_s is more than av.lifetime_s"},
	{"[limits]\nav.lifetime_max_s = 500\n",
	 "av.lifetime_s is more than av.lifetime_max_s"},
};
/* clang-format on */

START_TEST(settings_refuse_and_say_what)
{
	ck_assert_int_eq(read_text(bads[_i].text), EDGE_ERANGE);
	ck_assert_msg(strstr(why, bads[_i].why), "%s", why);
	ck_assert_str_eq(s.realm, ""); /* nothing is written */
}
END_TEST

START_TEST(settings_cap_the_realm)
{
	char text[256], realm[AVE_REALM_MAX + 2];

	memset(realm, 'r', sizeof(realm));
	realm[AVE_REALM_MAX] = '\0';
	snprintf(text, sizeof(text), "[options]\nav.realm = %s\n", realm);
	ck_assert_int_eq(read_text(text), EDGE_OK);
	ck_assert_str_eq(s.realm, realm);
	snprintf(text, sizeof(text), "[options]\nav.realm = %sr\n", realm);
	ck_assert_int_eq(read_text(text), EDGE_ERANGE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("av-edge settings");
	TCase *tc = tcase_create("settings");

	tcase_set_timeout(tc, 10);
	tcase_add_test(tc, settings_have_defaults);
	tcase_add_test(tc, settings_are_taken);
	tcase_add_test(tc, settings_take_lists_of_peers);
	tcase_add_test(tc, settings_take_users_that_are_revoked);
	tcase_add_loop_test(tc, settings_refuse_and_say_what, 0,
			    sizeof(bads) / sizeof(*bads));
	tcase_add_test(tc, settings_cap_the_realm);
	suite_add_tcase(suite, tc);
	return suite;
}
