/* access-edge/upstream*.c: choice, health, window, holding, what is lost. */
#include "access-edge/upstream.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/events.h"
#include "access-edge/linktab.h"
#include "access-edge/listener.h"
#include "access-edge/upstream_pool.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"

static struct shards f;
static struct acc_shard *s;
static struct sip_peer client;
static char route[1024], contact[1024];

static void begin(void)
{
	s = shards_still(&f);
	shards_wait_hops(&f, 2);
	shards_dial_client(&f, &client, 0);
}

static void setup(void)
{
	shards_init(&f);
	f.limits[ACC_LIMIT_TIMER_F_MS] = 3000;
	f.limits[ACC_LIMIT_CONNECT_MS] = 1000;
}

static void teardown(void)
{
	sip_peer_fini(&client);
	shards_fini(&f);
}

static const struct acc_pool *pool(void)
{
	return s->upstreams->pools[0];
}

static unsigned member_of(const struct sip_peer *hop)
{
	return f.hop_member[hop - f.hops];
}

START_TEST(upstream_keeps_a_user_on_one_member)
{
	unsigned first;
	struct sip_peer *hop;

	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	hop = shards_hop_with_message(&f);
	first = member_of(hop);
	sip_peer_answer(hop, sip_peer_expect(hop, "MESSAGE "), "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
	for (unsigned i = 2; i < 6; i++) {
		char branch[32];

		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		shards_request(&client, "MESSAGE", branch, i, "");
		hop = shards_hop_with_message(&f);
		ck_assert_uint_eq(member_of(hop), first);
		sip_peer_answer(hop, sip_peer_expect(hop, "MESSAGE "), "200 OK",
				"");
		sip_peer_expect(&client, "SIP/2.0 200");
	}
	shards_wait_no_transactions(&f);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(pool()->ups[i]->outstanding, 0);
}
END_TEST

START_TEST(upstream_takes_the_next_member_when_one_is_away)
{
	struct sip_peer *hop;
	unsigned away;

	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	hop = shards_hop_with_message(&f);
	away = member_of(hop);
	sip_peer_expect(hop, "MESSAGE ");
	shards_hop_listen(&f, away, false);
	hop->closed = true;
	sip_peer_close(hop);
	sip_peer_expect(&client, "SIP/2.0 504"); /* never asked twice */
	shards_request(&client, "MESSAGE", "z9hG4bK2", 2, "");
	hop = shards_hop_with_message(&f);
	ck_assert_uint_ne(member_of(hop), away);
	sip_peer_answer(hop, sip_peer_expect(hop, "MESSAGE "), "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
}
END_TEST

static bool is_down(void *arg)
{
	(void)arg;
	return pool()->is_down;
}

START_TEST(upstream_tells_that_nobody_is_left)
{
	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	for (unsigned m = 0; m < 2; m++)
		shards_hop_listen(&f, m, false);
	for (unsigned i = 0; i < f.hop_count; i++) {
		f.hops[i].closed = true;
		sip_peer_close(&f.hops[i]);
	}
	sip_peer_wait(f.loop, is_down, NULL, "a pool that is down");
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	sip_peer_expect(&client, "SIP/2.0 504");
	ck_assert_int_eq(atomic_load(&s->gauges.member_health[0]),
			 ACC_HOP_DOWN);
	shards_register(&client, "alice", 2);
	sip_peer_expect(&client, "SIP/2.0 504");
}
END_TEST

/* AE 4.3: 1038, 1039 when it was tried for this very request; 1007 later. */
START_TEST(upstream_says_by_what_the_next_hop_failed)
{
	static const char *const errids[] = {"1038;", "1039;"};
	const struct edge_sip_msg *m;
	char value[1024];

	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	f.hop_refuses = _i == 1;
	for (unsigned n = 0; n < 2 && _i == 0; n++)
		shards_hop_listen(&f, n, false);
	for (unsigned i = 0; i < f.hop_count; i++) {
		f.hops[i].closed = true;
		sip_peer_close(&f.hops[i]);
	}
	sip_peer_wait(f.loop, is_down, NULL, "a pool that is down");
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	m = sip_peer_expect(&client, "SIP/2.0 504");
	sip_peer_header(m, "ms-diagnostics-public", 0, value);
	ck_assert_msg(strncmp(value, "1007;", 5) == 0, "%s", value);
	for (unsigned n = 0; n < 2; n++) /* as before the first failure */
		s->upstreams->pools[0]->hops[n] = (struct acc_hop){0};
	shards_request(&client, "MESSAGE", "z9hG4bK2", 2, "");
	m = sip_peer_expect(&client, "SIP/2.0 504");
	sip_peer_header(m, "ms-diagnostics-public", 0, value);
	ck_assert_msg(strncmp(value, errids[_i], 5) == 0, "%s", value);
}
END_TEST

START_TEST(upstream_finds_members_that_come_back)
{
	struct sip_peer *hop;

	begin();
	shards_hop_listen(&f, 0, false);
	shards_hop_listen(&f, 1, false);
	for (unsigned i = 0; i < f.hop_count; i++) {
		f.hops[i].closed = true;
		sip_peer_close(&f.hops[i]);
	}
	sip_peer_wait(f.loop, is_down, NULL, "a pool that is down");
	for (unsigned i = 0; i < 2; i++) /* the first retry is in 5 s */
		ck_assert_uint_le(pool()->ups[i]->probe.due_ms,
				  edge_loop_now_ms(f.loop) + 5100);
	shards_hop_listen(&f, 0, true);
	shards_hop_listen(&f, 1, true);
	shards_wait_hops(&f, 2);
	ck_assert(pool()->is_down); /* nobody has said anything yet */
	hop = shards_hop_with_message(&f);
	sip_peer_answer(hop, sip_peer_expect(hop, "OPTIONS "), "200 OK", "");
	hop = shards_hop_with_message(&f);
	sip_peer_answer(hop, sip_peer_expect(hop, "OPTIONS "), "200 OK", "");
	shards_wait_stat(&f, ACC_STAT_RESPONSES_INT, 2);
	ck_assert(!pool()->is_down);
	ck_assert_int_eq(atomic_load(&s->gauges.member_health[0]), ACC_HOP_UP);
}
END_TEST

START_TEST(upstream_does_not_court_who_turns_it_away)
{
	f.hop_refuses = true;
	s = shards_still(&f);
	sip_peer_wait(f.loop, is_down, NULL, "a pool that is down");
	ck_assert_uint_le(shards_stat(&f, ACC_STAT_HOP_FAILED), 6);
	turns_for(f.loop, 500);
	ck_assert_uint_le(shards_stat(&f, ACC_STAT_HOP_FAILED), 6);
}
END_TEST

static bool hops_came(void *arg)
{
	return f.hop_count >= *(unsigned *)arg;
}

START_TEST(upstream_does_not_court_who_hangs_up_after_the_handshake)
{
	unsigned want = 2;

	s = shards_still(&f);
	while (!pool()->is_down) {
		sip_peer_wait(f.loop, hops_came, &want, "a connection");
		for (unsigned i = 0; i < f.hop_count; i++) {
			if (f.hops[i].closed)
				continue;
			sip_peer_wait_secured(&f.hops[i]);
			f.hops[i].closed = true;
			sip_peer_close(&f.hops[i]);
			want++;
		}
		turns_for(f.loop, 60);
	}
	ck_assert_uint_le(f.hop_count, 6);
}
END_TEST

START_TEST(upstream_holds_the_signed_in_for_a_while)
{
	struct sip_peer *hop;
	struct edge_sip_msg m;

	f.limits[ACC_LIMIT_NEXT_HOP_WINDOW] = 1;
	f.limits[ACC_LIMIT_HOLD_MS] = 400;
	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	hop = shards_hop_with_message(&f);
	m = *sip_peer_expect(hop, "MESSAGE ");
	shards_request(&client, "MESSAGE", "z9hG4bK2", 2, "");
	shards_wait_stat(&f, ACC_STAT_HELD, 1);
	ck_assert_uint_eq(acc_upstream_held(s->upstreams), 1);
	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
	m = *sip_peer_expect(hop, "MESSAGE "); /* the held one goes */
	ck_assert_uint_eq(acc_upstream_held(s->upstreams), 0);
	shards_request(&client, "MESSAGE", "z9hG4bK3", 3, "");
	sip_peer_expect(&client, "SIP/2.0 503"); /* held too long */
	ck_assert_uint_eq(acc_upstream_held(s->upstreams), 0);
}
END_TEST

static bool overload_is_left(void *arg)
{
	(void)arg;
	return heard_with("ACC_EV_OVERLOAD") == 2;
}

START_TEST(upstream_tells_of_overload_once)
{
	f.limits[ACC_LIMIT_NEXT_HOP_WINDOW] = 1;
	f.limits[ACC_LIMIT_HOLD_MS] = 0;
	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	sip_peer_expect(shards_hop_with_message(&f), "MESSAGE ");
	for (unsigned i = 2; i < 5; i++) {
		char branch[32];

		snprintf(branch, sizeof(branch), "z9hG4bK%u", i);
		shards_request(&client, "MESSAGE", branch, i, "");
		sip_peer_expect(&client, "SIP/2.0 503");
	}
	ck_assert_uint_eq(heard_with("ACC_EV_OVERLOAD"), 1);
	ck_assert(heard("state=entered shard=0"));
	s->upstreams->overload_ms -= 5000; /* as if long ago */
	sip_peer_wait(f.loop, overload_is_left, NULL, "the end of overload");
	ck_assert(heard("state=left shard=0 refused=3"));
}
END_TEST

START_TEST(upstream_forgets_the_held_of_a_client_that_goes)
{
	struct sip_peer *hop;

	f.limits[ACC_LIMIT_NEXT_HOP_WINDOW] = 1;
	f.limits[ACC_LIMIT_HOLD_MS] = 5000;
	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	hop = shards_hop_with_message(&f);
	sip_peer_expect(hop, "MESSAGE ");
	shards_request(&client, "MESSAGE", "z9hG4bK2", 2, "");
	shards_wait_stat(&f, ACC_STAT_HELD, 1);
	sip_peer_close(&client);
	shards_wait_no_transactions(&f);
	ck_assert_uint_eq(acc_upstream_held(s->upstreams), 0);
}
END_TEST

/* AE 3.4: who is on the list is limited by nothing, found by SRV or not. */
START_TEST(strangers_are_whom_nobody_entered)
{
	static const struct {
		struct acc_source from;
		bool want;
	} rows[] = {
		{{.role = ACC_ROLE_USR}, true},
		{{.role = ACC_ROLE_USR, .signed_in = true}, false},
		{{.role = ACC_ROLE_DSC, .is_limited = true}, true},
		{{.role = ACC_ROLE_DSC}, false},
		{{.role = ACC_ROLE_DIR}, false},
		{{.role = ACC_ROLE_HST}, false},
		{{.role = ACC_ROLE_PIC}, false},
		{{.role = ACC_ROLE_CLR}, false},
		{{.role = ACC_ROLE_INT}, false},
	};

	ck_assert(acc_upstream_is_stranger(&rows[_i].from) == rows[_i].want);
}
END_TEST

START_TEST(upstream_refuses_strangers_past_their_share)
{
	f.limits[ACC_LIMIT_NEXT_HOP_WINDOW] = 5;
	f.limits[ACC_LIMIT_UNSIGNED_SHARE] = 20;
	begin();
	/* not signed in: a share of one */
	shards_register(&client, "alice", 1);
	sip_peer_expect(shards_hop_with_message(&f), "REGISTER ");
	shards_register(&client, "carol", 1);
	sip_peer_expect(&client, "SIP/2.0 50");
}
END_TEST

static void post(const struct topo *t)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));

	ck_assert_ptr_nonnull(m);
	m->topo = t;
	ck_assert(acc_shard_post(s, 0, m));
}

static bool topology_came(void *arg)
{
	return s->view.topo->seq == *(uint64_t *)arg;
}

START_TEST(upstream_waiting_survives_a_new_topology)
{
	uint64_t seq = 2;
	struct sip_peer *hop;

	/* only dir02 is there, and nothing listens; then dir01 comes */
	close(f.hop_fd[1]);
	f.hop_fd[1] = -1;
	s = shards_still(&f);
	post(shards_topo(&f, 1, 1, 2));
	sip_peer_wait(f.loop, topology_came, &seq, "the topology");
	shards_dial_client(&f, &client, 0);
	shards_register(&client, "alice", 1);
	post(shards_topo(&f, 0, 1, 3));
	seq = 3;
	sip_peer_wait(f.loop, topology_came, &seq, "the topology");
	shards_register(&client, "alice", 2);
	hop = shards_hop_with_message(&f);
	ck_assert_uint_eq(member_of(hop), 0);
	sip_peer_expect(hop, "REGISTER ");
}
END_TEST

START_TEST(upstream_health_follows_a_member_to_its_new_place)
{
	uint64_t seq = 2;

	begin();
	s->upstreams->pools[0]->hops[1].health = ACC_HOP_DOWN;
	s->upstreams->pools[0]->hops[1].retry_at_ms = UINT64_MAX;
	post(shards_topo(&f, 1, 1, 2)); /* dir02 is the first now */
	sip_peer_wait(f.loop, topology_came, &seq, "the topology");
	ck_assert_int_eq(pool()->hops[0].health, ACC_HOP_DOWN);
	ck_assert_int_eq(atomic_load(&s->gauges.member_health[0]),
			 ACC_HOP_DOWN);
	ck_assert(pool()->is_down);
	post(shards_topo(&f, 0, 1, 3)); /* another pool, and a good one */
	seq = 3;
	sip_peer_wait(f.loop, topology_came, &seq, "the topology");
	ck_assert(!pool()->is_down);
	ck_assert_int_eq(atomic_load(&s->gauges.member_health[0]), ACC_HOP_UP);
}
END_TEST

START_TEST(upstream_lost_lets_its_clients_be_read)
{
	struct acc_upstream *up;
	struct acc_link *l;

	begin();
	shards_sign_in(&f, &client, "alice", route, contact);
	shards_request(&client, "MESSAGE", "z9hG4bK1", 1, "");
	sip_peer_expect(shards_hop_with_message(&f), "MESSAGE ");
	up = pool()->ups[0]->outstanding ? pool()->ups[0] : pool()->ups[1];
	l = acc_linktab_find(s->links,
			     LIST_FIRST(&up->links[0]->asking)->from.cid);
	acc_link_hold_for_hop(l);
	ck_assert(l->paused_by_hop);
	ck_assert_uint_eq(l->part_ms, 0);
	acc_link_close(up->links[0]);
	ck_assert(!l->paused_by_hop);
	sip_peer_expect(&client, "SIP/2.0 504");
}
END_TEST

START_TEST(upstream_probe_is_answered_or_the_end)
{
	struct sip_peer *hop;

	f.limits[ACC_LIMIT_PROBE_MS] = 1100;
	f.limits[ACC_LIMIT_CONNECT_MS] = 300;
	begin();
	hop = shards_hop_with_message(&f);
	sip_peer_answer(hop, sip_peer_expect(hop, "OPTIONS "), "200 OK", "");
	shards_wait_stat(&f, ACC_STAT_RESPONSES_INT, 1);
	ck_assert(!hop->closed);
	/* the other one says nothing */
	shards_wait_stat(&f, ACC_STAT_HOP_FAILED, 1);
	shards_wait_hops(&f, 2);
}
END_TEST

START_TEST(upstream_strangers_are_those_on_no_list)
{
	struct acc_source from = {.role = ACC_ROLE_USR};

	ck_assert(acc_upstream_is_stranger(&from));
	from.signed_in = true;
	ck_assert(!acc_upstream_is_stranger(&from));
	from = (struct acc_source){.role = ACC_ROLE_DSC}; /* listed, by SRV */
	ck_assert(!acc_upstream_is_stranger(&from));
	from.is_limited = true;
	ck_assert(acc_upstream_is_stranger(&from));
	from = (struct acc_source){.role = ACC_ROLE_DIR};
	ck_assert(!acc_upstream_is_stranger(&from));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("upstream");
	TCase *t = tcase_create("upstream");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, upstream_keeps_a_user_on_one_member);
	tcase_add_test(t, upstream_takes_the_next_member_when_one_is_away);
	tcase_add_test(t, upstream_tells_that_nobody_is_left);
	tcase_add_loop_test(t, upstream_says_by_what_the_next_hop_failed, 0, 2);
	tcase_add_test(t, upstream_finds_members_that_come_back);
	tcase_add_test(t, upstream_does_not_court_who_turns_it_away);
	tcase_add_test(
		t, upstream_does_not_court_who_hangs_up_after_the_handshake);
	tcase_add_test(t, upstream_holds_the_signed_in_for_a_while);
	tcase_add_test(t, upstream_tells_of_overload_once);
	tcase_add_test(t, upstream_forgets_the_held_of_a_client_that_goes);
	tcase_add_test(t, upstream_refuses_strangers_past_their_share);
	tcase_add_loop_test(t, strangers_are_whom_nobody_entered, 0, 9);
	tcase_add_test(t, upstream_strangers_are_those_on_no_list);
	tcase_add_test(t, upstream_waiting_survives_a_new_topology);
	tcase_add_test(t, upstream_health_follows_a_member_to_its_new_place);
	tcase_add_test(t, upstream_lost_lets_its_clients_be_read);
	tcase_add_test(t, upstream_probe_is_answered_or_the_end);
	suite_add_tcase(suite, t);
	return suite;
}
