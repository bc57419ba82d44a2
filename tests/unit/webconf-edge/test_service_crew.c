/* webconf-edge/service_crew.c: health, drain and the end. */

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/service_world.h"

static bool is_throttling(void *arg)
{
	const bool *is = arg;

	return wce_service_is_throttling(v) == *is;
}

/* WC 4.8: above nine tenths of the sessions, or of those before their token. */
START_TEST(service_near_its_limits_is_throttling)
{
	bool yes = true, no = false;

	edge_config_free(config);
	config = settings("edge", _i ? "[limits]\nwebconf.preauth = 1\n"
				     : "[limits]\nwebconf.sessions = 1\n");
	start();
	ep1_peer_dial(&peer, loop, client_tls, outside());
	ep1_wait_secured(&peer);
	ep1_wait(loop, is_throttling, &yes, "throttling");
	ck_assert(heard("WCE_EV_THROTTLING"));
	ep1_peer_reset(&peer);
	ep1_wait(loop, is_throttling, &no, "no throttling");
}
END_TEST

static bool has_said_bye(void *arg)
{
	(void)arg;
	return v->has_said_bye;
}

/* WC 5.9: DRAIN, sessions, BYE. */
START_TEST(service_drains)
{
	start();
	pair();
	wce_service_drain(v);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE),
			  30);
	talk();
	ck_assert(!v->has_said_bye);
	ck_assert(atomic_load(&wce_service_shared(v)->is_draining));
	ep1_peer_dial(&second, loop, client_tls, outside());
	ep1_wait_end(&second);
	ck_assert_uint_eq(second.count[EDGE_CONN_SECURED], 0);
	ep1_peer_shut(&peer);
	ep1_peer_shut(&leg);
	ep1_wait_end(&peer);
	ck_assert_uint_eq(peer.count[EDGE_CONN_EOF], 1);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ep1_take_end(&control);
	ck_assert(v->has_said_bye);
}
END_TEST

START_TEST(service_drain_ends_with_its_grace)
{
	edge_config_free(config);
	config = settings("edge", "[limits]\nwebconf.drain_ms = 300\n");
	start();
	pair();
	wce_service_drain(v);
	(void)ep1_take_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ep1_wait(loop, has_said_bye, NULL, "the end");
	wce_service_stop(v);
	ep1_wait_end(&peer); /* told abruptly: it was not over */
	ck_assert(heard("state_end=relay end=grace_over"));
}
END_TEST

/* Stopped twice, or never started: the same. */
START_TEST(service_stops_whenever)
{
	wce_service_stop(v);
	start();
	pair();
	wce_service_stop(v);
	wce_service_stop(v);
	ep1_wait_end(&control);
	ep1_wait_end(&peer);
	ck_assert(heard("state_end=relay end=shutdown"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service_crew");
	TCase *c = service_case(s, "service_crew");

	tcase_add_loop_test(c, service_near_its_limits_is_throttling, 0, 2);
	tcase_add_test(c, service_drains);
	tcase_add_test(c, service_drain_ends_with_its_grace);
	tcase_add_test(c, service_stops_whenever);
	return s;
}
