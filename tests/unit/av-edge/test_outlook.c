/* av-edge/outlook.c: from topology, settings and keys to a relay's view. */
#include "av-edge/outlook.h"

#include <stdlib.h>
#include <string.h>

#include "av-edge/mras_ring.h"
#include "av-edge/policy.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/service_fixture.h"

static struct topo t;
static struct edge_config *config;
static struct ave_networks inside;
static struct ave_network inside_net;
static struct mras_ring ring;
static struct ave_outlook *o;

static struct edge_addr addr(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

static void setup(void)
{
	t = service_fixture_topo();
	config = service_fixture_config("[options]\nav.realm = contoso\n"
					"av.ms_version = 2\n"
					"[limits]\nav.permissions = 7\n");
	inside_net = (struct ave_network){addr("192.0.2.0", 0), 24};
	inside = (struct ave_networks){.v = &inside_net, .count = 1};
	memset(&ring, 0, sizeof(ring));
	ring.count = 1;
	ring.v[0].keys.kid = 4711;
	ring.lifetime_s = 28800;
	o = NULL;
}

static void teardown(void)
{
	ave_outlook_free(o);
	edge_config_free(config);
}

static void make(bool is_draining)
{
	const struct ave_outlook_source s = {.topo = &t,
					     .config = config,
					     .inside = &inside,
					     .ring = &ring,
					     .is_draining = is_draining};

	ave_outlook_free(o);
	o = NULL;
	ck_assert_int_eq(ave_outlook_new(&o, &s), EDGE_OK);
}

static void is_at(const struct edge_addr *a, const char *text)
{
	char got[EDGE_ADDR_STRLEN];

	edge_addr_print(a, got);
	ck_assert_str_eq(got, text);
}

START_TEST(outlook_tells_the_public_address)
{
	make(false);
	is_at(&o->view.relay_at[0], "198.51.100.41:0");
	is_at(&o->view.relay_told[0], "203.0.113.41:0");
	ck_assert_uint_eq(o->view.relay_at[1].family, 0);
	is_at(&o->view.server_udp[AVE_OUTSIDE], "203.0.113.41:3478");
	is_at(&o->view.server_tcp[AVE_OUTSIDE], "203.0.113.41:443");
	is_at(&o->view.server_udp[AVE_INSIDE], "172.25.33.10:3478");
	is_at(&o->view.server_tcp[AVE_INSIDE], "172.25.33.10:443");
}
END_TEST

START_TEST(outlook_tells_its_own_address_when_the_public_is_of_another_family)
{
	t.listen[TOPO_PORT_AV_RANGE].addr = addr("2001:db8::41", 50000);
	make(false);
	ck_assert_uint_eq(o->view.relay_at[0].family, 0);
	is_at(&o->view.relay_at[1], "[2001:db8::41]:0");
	is_at(&o->view.relay_told[1], "[2001:db8::41]:0");
}
END_TEST

/* clang-format off */
static const struct {
	const char *ip;
	uint16_t port;
	enum ave_reason want;
} peers6[] = {
	{"2001:db8::41", 3478, AVE_PEER_DENIED},    /* a door */
	{"2001:db8:1::41", 443, AVE_PEER_DENIED},   /* by its public name */
	{"2001:db8:1::41", 49999, AVE_PEER_DENIED}, /* ours, and not relayed */
	{"2001:db8:1::41", 50000, AVE_FINE},
	{"203.0.113.41", 50000, AVE_FINE},
	{"203.0.113.41", 49999, AVE_PEER_DENIED},
	{"fd00::21", 3478, AVE_PEER_DENIED},
	{"2001:db8::77", 4000, AVE_FINE},
};
/* clang-format on */

START_TEST(outlook_has_both_families)
{
	t.av_own6 = addr("2001:db8::41", 0);
	t.av_public6 = addr("2001:db8:1::41", 0);
	t.internal6 = addr("fd00::21", 0);
	make(false);
	is_at(&o->view.relay_at[0], "198.51.100.41:0");
	is_at(&o->view.relay_told[0], "203.0.113.41:0");
	is_at(&o->view.relay_at[1], "[2001:db8::41]:0");
	is_at(&o->view.relay_told[1], "[2001:db8:1::41]:0");
	is_at(&o->view.server_udp[AVE_OUTSIDE], "203.0.113.41:3478");
	is_at(&o->view.server6_udp[AVE_OUTSIDE], "[2001:db8:1::41]:3478");
	is_at(&o->view.server6_tcp[AVE_OUTSIDE], "[2001:db8:1::41]:443");
	is_at(&o->view.server6_udp[AVE_INSIDE], "[fd00::21]:3478");
	is_at(&o->view.server6_tcp[AVE_INSIDE], "[fd00::21]:443");
	for (size_t i = 0; i < sizeof(peers6) / sizeof(*peers6); i++) {
		const struct edge_addr a = addr(peers6[i].ip, peers6[i].port);

		ck_assert_msg(ave_policy_judge(o->policy, &a) == peers6[i].want,
			      "%s %u", peers6[i].ip, peers6[i].port);
	}
	t.av_public6 = (struct edge_addr){0};
	make(false);
	is_at(&o->view.relay_told[1], "[2001:db8::41]:0");
}
END_TEST

START_TEST(outlook_has_settings_and_limits)
{
	make(false);
	ck_assert_str_eq(o->view.realm, "contoso");
	ck_assert_uint_eq(o->view.ms_version, 2);
	ck_assert(o->view.has_rfc);
	ck_assert(!o->view.is_draining);
	ck_assert_uint_eq(o->view.limits[AVE_LIMIT_PERMISSIONS], 7);
	ck_assert_uint_eq(o->view.limits[AVE_LIMIT_LIFETIME_S], 600);
	make(true);
	ck_assert(o->view.is_draining);
}
END_TEST

START_TEST(outlook_names_the_other_members)
{
	make(false);
	ck_assert(o->view.names_members);
	ck_assert_uint_eq(o->view.member_count, 1);
	is_at(&o->view.members[0], "203.0.113.42:3478");
	t.av_member_count = 0;
	make(false);
	ck_assert(!o->view.names_members);
	ck_assert_uint_eq(o->view.member_count, 0);
}
END_TEST

START_TEST(outlook_owns_its_copy_of_the_keys)
{
	ring.not_before_s = 1234;
	make(false);
	ck_assert_ptr_ne(o->view.ring, &ring);
	ck_assert_int_eq(o->view.not_before_s, 1234);
	ring.v[0].keys.kid = 1;
	ck_assert_uint_eq(o->view.ring->v[0].keys.kid, 4711);
	ck_assert_uint_eq(o->view.ring->lifetime_s, 28800);
}
END_TEST

/* clang-format off */
static const struct {
	const char *ip;
	uint16_t port;
	enum ave_reason want;
} peers[] = {
	{"192.0.2.77", 4000, AVE_PEER_DENIED},    /* a route leads inside */
	{"10.0.5.11", 4000, AVE_PEER_DENIED},     /* private */
	{"172.25.33.10", 3478, AVE_PEER_DENIED},  /* our inside */
	{"127.0.0.1", 4000, AVE_PEER_DENIED},
	{"198.51.100.200", 4000, AVE_FINE},
	{"203.0.113.41", 50000, AVE_FINE},        /* a hairpin */
	{"203.0.113.41", 59999, AVE_FINE},
	{"203.0.113.41", 3478, AVE_PEER_DENIED},  /* this very server */
	{"203.0.113.42", 50000, AVE_FINE},        /* a member's */
	{"203.0.113.42", 3478, AVE_FINE},
	{"203.0.113.42", 49999, AVE_PEER_DENIED},
};
/* clang-format on */

START_TEST(outlook_judges_peers)
{
	const struct edge_addr a = addr(peers[_i].ip, peers[_i].port);

	make(false);
	ck_assert_msg(ave_policy_judge(o->view.policy, &a) == peers[_i].want,
		      "%s:%u", peers[_i].ip, peers[_i].port);
}
END_TEST

START_TEST(outlook_of_a_lab_lets_loopback_but_no_listener_of_ours)
{
	const struct edge_addr peer = addr("127.0.0.1", 40000);
	struct edge_addr own;

	edge_config_free(config);
	config = service_fixture_config("[local]\nlab = yes\n");
	service_fixture_loopback(&t);
	own = t.listen[TOPO_PORT_AVAUTH].addr;
	make(false);
	ck_assert_int_eq(ave_policy_judge(o->view.policy, &peer), AVE_FINE);
	ck_assert_int_eq(ave_policy_judge(o->view.policy, &own),
			 AVE_PEER_DENIED);
}
END_TEST

START_TEST(outlook_judges_by_the_lists_of_settings)
{
	const struct edge_addr listed = addr("192.168.5.7", 80),
			       beside = addr("192.168.6.7", 80),
			       network = addr("172.25.33.11", 40000);

	edge_config_free(config);
	config = service_fixture_config(
		"[options]\nav.peer_networks = 192.168.5.0/24 172.16.0.0/12\n"
		"av.peer_ports = 80\n");
	inside_net = (struct ave_network){addr("172.25.33.0", 0), 24};
	make(false);
	ck_assert_int_eq(ave_policy_judge(o->view.policy, &listed), AVE_FINE);
	ck_assert_int_eq(ave_policy_judge(o->view.policy, &beside),
			 AVE_PEER_DENIED);
	/* inside, whatever is listed */
	ck_assert_int_eq(ave_policy_judge(o->view.policy, &network),
			 AVE_PEER_DENIED);
}
END_TEST

START_TEST(outlook_refuses_settings_that_do_not_do)
{
	const struct ave_outlook_source s = {
		.topo = &t, .config = config, .inside = &inside, .ring = &ring};

	free(config->options[AVE_OPTION_RFC]);
	config->options[AVE_OPTION_RFC] = strdup("maybe");
	ck_assert_int_eq(ave_outlook_new(&o, &s), EDGE_ERANGE);
	ck_assert_ptr_null(o);
	ave_outlook_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("av-edge outlook");
	TCase *tc = tcase_create("view"), *judged = tcase_create("peers");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, outlook_tells_the_public_address);
	tcase_add_test(
		tc,
		outlook_tells_its_own_address_when_the_public_is_of_another_family);
	tcase_add_test(tc, outlook_has_both_families);
	tcase_add_test(tc, outlook_has_settings_and_limits);
	tcase_add_test(tc, outlook_names_the_other_members);
	tcase_add_test(tc, outlook_owns_its_copy_of_the_keys);
	tcase_add_test(tc, outlook_refuses_settings_that_do_not_do);
	suite_add_tcase(suite, tc);
	tcase_set_timeout(judged, 10);
	tcase_add_checked_fixture(judged, setup, teardown);
	tcase_add_loop_test(judged, outlook_judges_peers, 0,
			    sizeof(peers) / sizeof(*peers));
	tcase_add_test(judged,
		       outlook_of_a_lab_lets_loopback_but_no_listener_of_ours);
	tcase_add_test(judged, outlook_judges_by_the_lists_of_settings);
	suite_add_tcase(suite, judged);
	return suite;
}
