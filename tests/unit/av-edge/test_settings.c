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
	{"[options]\nav.token_format = ms2\n", "av.token_format"},
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
	tcase_add_loop_test(tc, settings_refuse_and_say_what, 0,
			    sizeof(bads) / sizeof(*bads));
	tcase_add_test(tc, settings_cap_the_realm);
	suite_add_tcase(suite, tc);
	return suite;
}
