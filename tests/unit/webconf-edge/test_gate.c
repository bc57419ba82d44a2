/* webconf-edge/gate.c: who comes in outside, WC 4.7 and 4.8. */
#include "webconf-edge/gate.h"

#include <unistd.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/shard_world.h"

static struct ep1_peer peer, other, third;
static int silent;

static void init(void)
{
	peer = other = third = (struct ep1_peer){0};
	silent = -1;
}

static void fini(void)
{
	ep1_peer_fini(&peer);
	ep1_peer_fini(&other);
	ep1_peer_fini(&third);
	if (silent >= 0)
		close(silent);
}

/* Connects; whether it is taken in is the test's to see. */
static void dial(struct ep1_peer *p)
{
	ep1_peer_dial(p, shard_w.loop, shard_w.client_tls, &shard_w.at);
}

START_TEST(gate_source_that_comes_too_often)
{
	static const struct edge_admit_limits l = {.total = 10,
						   .per_source = 10,
						   .handshakes_per_source = 10,
						   .rate_per_source = 1,
						   .burst_per_source = 2,
						   .sources = 100};

	edge_admit_limits_set(shard_w.shared.admit, &l);
	shard_dial(&peer);
	shard_dial(&other);
	dial(&third);
	ep1_wait_end(&third);
	ck_assert_uint_eq(third.count[EDGE_CONN_SECURED], 0);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECTED_RATE), 1);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ACCEPTED_CLIENT), 2);
	ck_assert(heard("reason=rate"));
	ck_assert_uint_eq(edge_admit_count(shard_w.shared.admit), 2);
}
END_TEST

static const struct {
	struct edge_admit_limits limits;
	enum wce_stat row;
	const char *words;
} admissions[] = {
	{{.total = 1,
	  .per_source = 10,
	  .handshakes_per_source = 10,
	  .sources = 100},
	 WCE_STAT_REJECTED_TOTAL,
	 "reason=total"},
	{{.total = 100,
	  .per_source = 1,
	  .handshakes_per_source = 10,
	  .sources = 100},
	 WCE_STAT_REJECTED_SOURCE,
	 "reason=source"},
	{{.total = 100,
	  .per_source = 10,
	  .handshakes_per_source = 1,
	  .sources = 100},
	 WCE_STAT_REJECTED_PREAUTH,
	 "reason=preauth"},
	{{.total = 100,
	  .per_source = 10,
	  .handshakes_per_source = 10,
	  .handshakes = 1,
	  .sources = 100},
	 WCE_STAT_REJECTED_PREAUTH,
	 "reason=busy"},
	{{.total = 100,
	  .per_source = 10,
	  .handshakes_per_source = 10,
	  .rate_per_source = 1,
	  .burst_per_source = 1,
	  .sources = 100},
	 WCE_STAT_REJECTED_RATE,
	 "reason=rate"},
};
enum { ADMISSIONS = sizeof(admissions) / sizeof(*admissions) };

START_TEST(gate_admission_has_its_say)
{
	edge_admit_limits_set(shard_w.shared.admit, &admissions[_i].limits);
	silent = shard_dial_silent();
	dial(&peer);
	ep1_wait_end(&peer);
	ck_assert_uint_eq(shard_stat(admissions[_i].row), 1);
	ck_assert(heard(admissions[_i].words));
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 1);
	ck_assert_uint_eq(edge_admit_count(shard_w.shared.admit), 1);
}
END_TEST

/* A client with a good token is no handshake of its source any more. */
START_TEST(gate_good_token_makes_room_for_the_next)
{
	edge_admit_limits_set(shard_w.shared.admit, &admissions[2].limits);
	shard_join(&peer);
	shard_join(&other);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECTED_PREAUTH), 0);
}
END_TEST

/* WC 4.8: who is too many waits outside. _i: for which bound */
START_TEST(gate_accepts_no_more_until_there_is_room)
{
	static const enum wce_limit bounds[] = {
		WCE_LIMIT_HANDSHAKES, WCE_LIMIT_PREAUTH, WCE_LIMIT_SESSIONS};

	shard_w.limits[bounds[_i]] = 1;
	silent = shard_dial_silent();
	dial(&peer);
	shard_wait_stat(WCE_STAT_ACCEPT_PAUSED, 1);
	turns_for(shard_w.loop, 200);
	ck_assert_uint_eq(peer.count[EDGE_CONN_SECURED], 0);
	ck_assert(!peer.is_over); /* neither in nor refused */
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 1);
	close(silent);
	silent = -1;
	ep1_wait_secured(&peer);
}
END_TEST

/* Sockets that say nothing for a second keep nobody out. */
START_TEST(gate_silent_one_makes_room)
{
	shard_w.limits[WCE_LIMIT_HANDSHAKES] = 1;
	silent = shard_dial_silent();
	dial(&peer);
	ep1_wait_secured(&peer);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_TLS_SLOW), 1);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 1);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.sockets), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("gate");
	TCase *t = shard_case(s, "gate");

	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, gate_source_that_comes_too_often);
	tcase_add_loop_test(t, gate_admission_has_its_say, 0, ADMISSIONS);
	tcase_add_test(t, gate_good_token_makes_room_for_the_next);
	tcase_add_loop_test(t, gate_accepts_no_more_until_there_is_room, 0, 3);
	tcase_add_test(t, gate_silent_one_makes_room);
	return s;
}
