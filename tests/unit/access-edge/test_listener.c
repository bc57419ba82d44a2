/* access-edge/listener.c: sockets of our own, and what is let in. */
#include "access-edge/listener.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"

static const struct edge_addr loopback = {.family = AF_INET,
					  .ip = {127, 0, 0, 1}};

START_TEST(listener_finds_the_device_of_an_address)
{
	const struct edge_addr nowhere = {.family = AF_INET,
					  .ip = {203, 0, 113, 77}};
	char name[16] = "";

	ck_assert(edge_sock_device(&loopback, name));
	ck_assert_str_eq(name, "lo");
	ck_assert(!edge_sock_device(&nowhere, name));
}
END_TEST

static struct shards f;

static bool is_over(void *arg)
{
	const struct sip_peer *p = arg;

	return p->secured || p->closed;
}

static bool is_overloaded(void *arg)
{
	const struct shards *of = arg;

	return atomic_load(&of->shared.overload) != ACC_OVERLOAD_NONE;
}

START_TEST(listener_refuses_a_punished_source)
{
	struct sip_peer p;

	shards_init(&f);
	shards_still(&f);
	edge_admit_punish(f.shared.admit[ACC_LISTEN_CLIENT], &loopback,
			  edge_loop_now_ms(f.loop));
	sip_peer_init(&p, f.loop);
	sip_peer_dial(&p, f.client_tls, &f.client_at[0]);
	sip_peer_wait(f.loop, is_over, &p, "a decision");
	ck_assert(p.closed);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_PENALTY), 1);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_ACCEPTED_CLIENT), 0);
	sip_peer_fini(&p);
	shards_fini(&f);
}
END_TEST

START_TEST(listener_leaves_what_is_too_fast_in_the_backlog)
{
	struct sip_peer p[3];

	shards_init(&f);
	f.limits[ACC_LIMIT_ACCEPT_RATE] = 2;
	shards_still(&f);
	for (int i = 0; i < 3; i++) {
		sip_peer_init(&p[i], f.loop);
		sip_peer_dial(&p[i], f.client_tls, &f.client_at[0]);
	}
	/* all come in, the third a little later */
	shards_wait_stat(&f, ACC_STAT_ACCEPTED_CLIENT, 3);
	ck_assert_uint_ge(shards_stat(&f, ACC_STAT_ACCEPT_PAUSED), 1);
	for (int i = 0; i < 3; i++)
		sip_peer_fini(&p[i]);
	shards_fini(&f);
}
END_TEST

START_TEST(listener_turns_away_who_comes_in_overload)
{
	struct sip_peer p, inside;

	shards_init(&f);
	shards_still(&f);
	atomic_store(&f.shared.overload, ACC_OVERLOAD_HELD);
	sip_peer_init(&p, f.loop);
	sip_peer_dial(&p, f.client_tls, &f.client_at[0]);
	sip_peer_wait(f.loop, is_over, &p, "a decision");
	ck_assert(p.closed);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_OVERLOAD), 1);
	shards_dial_inside(&f, &inside, 0); /* our own may come */
	sip_peer_fini(&p);
	atomic_store(&f.shared.overload, ACC_OVERLOAD_MEMORY); /* they wait */
	shards_dial_client(&f, &p, 0);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_OVERLOAD), 1);
	sip_peer_fini(&inside);
	sip_peer_fini(&p);
	shards_fini(&f);
}
END_TEST

START_TEST(budget_tells_when_overload_begins)
{
	struct sip_peer p;

	shards_init(&f);
	shards_still(&f);
	shards_dial_client(&f, &p, 0);
	shards_register(&p, "alice", 1);
	sip_peer_expect(shards_hop_with_message(&f), "REGISTER ");
	ck_assert_int_eq(atomic_load(&f.shared.overload), ACC_OVERLOAD_NONE);
	f.limits[ACC_LIMIT_TRANSACTIONS] = 1; /* and one there is */
	sip_peer_wait(f.loop, is_overloaded, &f, "overload");
	ck_assert_int_eq(atomic_load(&f.shared.overload),
			 ACC_OVERLOAD_TRANSACTIONS);
	ck_assert(heard("state=entered of=transactions transactions=1"));
	sip_peer_fini(&p);
	shards_fini(&f);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("listener");
	TCase *t = tcase_create("device"), *a = tcase_create("accept");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, listener_finds_the_device_of_an_address);
	tcase_set_timeout(a, 20);
	tcase_add_test(a, listener_refuses_a_punished_source);
	tcase_add_test(a, listener_leaves_what_is_too_fast_in_the_backlog);
	tcase_add_test(a, listener_turns_away_who_comes_in_overload);
	tcase_add_test(a, budget_tells_when_overload_begins);
	suite_add_tcase(s, t);
	suite_add_tcase(s, a);
	return s;
}
