/* access-edge/shard.c and what runs on it: two shards on two threads. */
#include "access-edge/shard.h"

#include <stdio.h>
#include <string.h>

#include "common/crew.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"

static struct shards f;
static struct sip_peer client, inside;
static char route[1024], contact[1024];

/* The client is on shard 0, the inside's connection on shard 1. */
static void setup(void)
{
	shards_init(&f);
	f.limits[ACC_LIMIT_TRYING_MS] = 50;
	f.limits[ACC_LIMIT_TIMER_F_MS] = 400;
	f.limits[ACC_LIMIT_TIMER_F_REGISTER_MS] = 400;
	f.limits[ACC_LIMIT_TIMER_C_MS] = 1000;
	f.limits[ACC_LIMIT_TIMER_H_MS] = 400;
	f.limits[ACC_LIMIT_DRAIN_MS] = 300;
	shards_start(&f, 2);
	shards_dial_client(&f, &client, 0);
	shards_dial_inside(&f, &inside, 1);
	shards_sign_in(&f, &client, "alice", route, contact);
}

static void teardown(void)
{
	sip_peer_fini(&client);
	sip_peer_fini(&inside);
	shards_fini(&f);
}

static struct sip_peer *invite(struct edge_sip_msg *at_hop)
{
	struct sip_peer *hop;

	shards_request(&client, "INVITE", "z9hG4bKinv", 1, "");
	hop = shards_hop_with_message(&f);
	*at_hop = *sip_peer_expect(hop, "INVITE ");
	return hop;
}

START_TEST(shard_delivers_to_the_client_of_another)
{
	const struct edge_sip_msg *m;

	shards_inside_request(&inside, "MESSAGE", "z9hG4bKx1", route, "");
	m = sip_peer_expect(&client, "MESSAGE sip:alice@contoso.com");
	ck_assert_uint_eq(m->via_count, 2);
	sip_peer_answer(&client, m, "200 OK", "");
	m = sip_peer_expect(&inside, "SIP/2.0 200");
	ck_assert_uint_eq(m->via_count, 1);
	shards_wait_stat(&f, ACC_STAT_MAIL_SENT, 2);
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_tells_of_an_undeliverable_message)
{
	sip_peer_close(&client);
	shards_wait_stat(&f, ACC_STAT_CLOSED + EDGE_CONN_WHY_EOF, 1);
	shards_inside_request(&inside, "MESSAGE", "z9hG4bKx2", route, "");
	sip_peer_expect(&inside, "SIP/2.0 480");
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_tells_of_a_client_that_goes)
{
	shards_inside_request(&inside, "MESSAGE", "z9hG4bKx3", route, "");
	sip_peer_expect(&client, "MESSAGE ");
	sip_peer_close(&client);
	sip_peer_expect(&inside, "SIP/2.0 480");
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_carries_a_call_to_another)
{
	struct edge_sip_msg m;

	shards_inside_request(&inside, "INVITE", "z9hG4bKx4", route, "");
	m = *sip_peer_expect(&client, "INVITE ");
	sip_peer_answer(&client, &m, "180 Ringing", "");
	sip_peer_expect(&inside, "SIP/2.0 180");
	shards_inside_request(&inside, "CANCEL", "z9hG4bKx4", route, "");
	sip_peer_expect(&inside, "SIP/2.0 200");
	m = *sip_peer_expect(&client, "CANCEL ");
	sip_peer_answer(&client, &m, "200 OK", "");
	/* it never answers the INVITE: 504 toward users, 408 inward */
	sip_peer_expect(&inside, "SIP/2.0 408");
	shards_inside_request(&inside, "ACK", "z9hG4bKx4", route, "");
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_cancels_the_call_of_a_client_that_goes)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = invite(&m);

	sip_peer_answer(hop, &m, "180 Ringing", "");
	sip_peer_expect(&client, "SIP/2.0 180");
	sip_peer_close(&client);
	sip_peer_expect(hop, "CANCEL sip:bob@contoso.com");
	/* nobody answers the CANCEL: the transaction ends all the same */
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_cancels_once_a_provisional_has_come)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = invite(&m);

	shards_request(&client, "CANCEL", "z9hG4bKinv", 1, "");
	sip_peer_expect(&client, "SIP/2.0 200");
	turns_for(f.loop, 50);
	ck_assert(!sip_peer_has_message(hop));
	sip_peer_answer(hop, &m, "180 Ringing", "");
	sip_peer_expect(hop, "CANCEL ");
	sip_peer_expect(&client, "SIP/2.0 180");
}
END_TEST

START_TEST(shard_ends_a_cancelled_call_without_answer)
{
	struct edge_sip_msg m;

	(void)invite(&m);
	shards_request(&client, "CANCEL", "z9hG4bKinv", 1, "");
	sip_peer_expect(&client, "SIP/2.0 200");
	sip_peer_expect(&client, "SIP/2.0 504");
	shards_request(&client, "ACK", "z9hG4bKinv", 1, "");
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_acknowledges_a_failure_and_absorbs_the_ack)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = invite(&m);

	sip_peer_answer(hop, &m, "486 Busy Here", "");
	sip_peer_expect(hop, "ACK ");
	sip_peer_expect(&client, "SIP/2.0 486");
	shards_request(&client, "ACK", "z9hG4bKinv", 1, "");
	shards_wait_no_transactions(&f); /* before timer H: absorbed */
	ck_assert(!sip_peer_has_message(hop));
}
END_TEST

START_TEST(shard_forwards_each_2xx_and_its_ack)
{
	char line[1100];
	struct edge_sip_msg m;
	struct sip_peer *hop = invite(&m);

	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
	sip_peer_expect(&client, "SIP/2.0 200");
	snprintf(line, sizeof(line), "Route: %s\n",
		 "<sip:dirpool.contoso.net;transport=tls;lr>");
	shards_request(&client, "ACK", "z9hG4bKack", 1, "");
	hop = shards_hop_with_message(&f);
	sip_peer_expect(hop, "ACK sip:bob@contoso.com");
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_says_trying_when_the_next_hop_is_slow)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = invite(&m);

	sip_peer_expect(&client, "SIP/2.0 100");
	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
}
END_TEST

START_TEST(shard_gives_up_on_a_silent_next_hop)
{
	shards_request(&client, "MESSAGE", "z9hG4bKs1", 1, "");
	sip_peer_expect(shards_hop_with_message(&f), "MESSAGE ");
	sip_peer_expect(&client, "SIP/2.0 504");
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(shard_answers_504_when_the_connection_is_lost)
{
	shards_request(&client, "MESSAGE", "z9hG4bKs2", 1, "");
	struct sip_peer *hop = shards_hop_with_message(&f);

	sip_peer_expect(hop, "MESSAGE ");
	sip_peer_close(hop);
	hop->closed = true;
	sip_peer_expect(&client, "SIP/2.0 504");
	shards_wait_no_transactions(&f);
	/* and it is dialled again */
	shards_wait_hops(&f, 4);
}
END_TEST

START_TEST(shard_keeps_two_clients_with_equal_ids_apart)
{
	struct sip_peer other;
	struct edge_sip_msg a, b;
	struct sip_peer *hop;

	shards_dial_client(&f, &other, 0);
	shards_register(&other, "alice", 1);
	hop = shards_hop_with_message(&f);
	a = *sip_peer_expect(hop, "REGISTER ");
	sip_peer_answer(hop, &a, "200 OK", "");
	sip_peer_expect(&other, "SIP/2.0 200");
	shards_request(&client, "MESSAGE", "z9hG4bKsame", 1, "");
	shards_request(&other, "MESSAGE", "z9hG4bKsame", 1, "");
	hop = shards_hop_with_message(&f);
	a = *sip_peer_expect(hop, "MESSAGE ");
	sip_peer_answer(hop, &a, "200 OK", "Subject: first\n");
	hop = shards_hop_with_message(&f);
	b = *sip_peer_expect(hop, "MESSAGE ");
	sip_peer_answer(hop, &b, "200 OK", "Subject: second\n");
	sip_peer_expect(&client, "SIP/2.0 200");
	sip_peer_expect(&other, "SIP/2.0 200");
	sip_peer_fini(&other);
}
END_TEST

START_TEST(shard_refuses_a_stranger_on_the_inside)
{
	struct sip_peer stranger;

	sip_peer_init(&stranger, f.loop);
	sip_peer_dial(&stranger, f.stranger_tls, &f.inside_at[0]);
	sip_peer_wait_closed(&stranger);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_ROLE), 1);
	sip_peer_fini(&stranger);
}
END_TEST

static struct acc_mail *topology(const struct topo *t)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));

	ck_assert_ptr_nonnull(m);
	m->topo = t;
	return m;
}

static void post_topology(unsigned first, unsigned count)
{
	const struct topo *t = shards_topo(&f, first, count, 2);

	for (unsigned i = 0; i < 2; i++)
		edge_crew_post(f.crew, i, topology(topo_hold(t)));
	topo_drop(t);
}

START_TEST(shard_lets_an_idle_member_go)
{
	post_topology(0, 1);
	shards_wait_hops(&f, 2);
	post_topology(0, 2);
	shards_wait_hops(&f, 4);
	post_topology(1, 1);
	shards_wait_hops(&f, 2);
}
END_TEST

START_TEST(shard_lets_a_member_finish_what_it_was_asked)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = invite(&m);
	unsigned other = 1 - f.hop_member[hop - f.hops];

	post_topology(other, 1);
	shards_wait_hops(&f, 3);
	sip_peer_answer(hop, &m, "486 Busy Here", "");
	sip_peer_expect(hop, "ACK ");
	sip_peer_expect(&client, "SIP/2.0 486");
	shards_request(&client, "ACK", "z9hG4bKinv", 1, "");
	shards_wait_hops(&f, 2);
	shards_request(&client, "MESSAGE", "z9hG4bKnext", 2, "");
	hop = shards_hop_with_message(&f);
	ck_assert_uint_eq(f.hop_member[hop - f.hops], other);
}
END_TEST

static bool is_decided(void *arg)
{
	const struct sip_peer *p = arg;

	return p->secured || p->closed;
}

START_TEST(shard_drains)
{
	struct sip_peer late;

	for (unsigned i = 0; i < 2; i++)
		edge_crew_post(
			f.crew, i,
			acc_mail_new(ACC_MAIL_DRAIN, edge_slice(NULL, 0)));
	/* nobody new comes in; who is there may stay a while */
	sip_peer_init(&late, f.loop);
	do {
		sip_peer_fini(&late);
		sip_peer_init(&late, f.loop);
		sip_peer_dial(&late, f.client_tls, &f.client_at[0]);
		sip_peer_wait(f.loop, is_decided, &late, "an answer");
	} while (late.secured);
	ck_assert(!client.closed);
	sip_peer_wait_closed(&client);
	sip_peer_wait_closed(&inside);
	sip_peer_fini(&late);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("shard");
	TCase *t = tcase_create("two");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, shard_delivers_to_the_client_of_another);
	tcase_add_test(t, shard_tells_of_an_undeliverable_message);
	tcase_add_test(t, shard_tells_of_a_client_that_goes);
	tcase_add_test(t, shard_carries_a_call_to_another);
	tcase_add_test(t, shard_cancels_the_call_of_a_client_that_goes);
	tcase_add_test(t, shard_cancels_once_a_provisional_has_come);
	tcase_add_test(t, shard_ends_a_cancelled_call_without_answer);
	tcase_add_test(t, shard_acknowledges_a_failure_and_absorbs_the_ack);
	tcase_add_test(t, shard_forwards_each_2xx_and_its_ack);
	tcase_add_test(t, shard_says_trying_when_the_next_hop_is_slow);
	tcase_add_test(t, shard_gives_up_on_a_silent_next_hop);
	tcase_add_test(t, shard_answers_504_when_the_connection_is_lost);
	tcase_add_test(t, shard_keeps_two_clients_with_equal_ids_apart);
	tcase_add_test(t, shard_refuses_a_stranger_on_the_inside);
	tcase_add_test(t, shard_lets_an_idle_member_go);
	tcase_add_test(t, shard_lets_a_member_finish_what_it_was_asked);
	tcase_add_test(t, shard_drains);
	suite_add_tcase(s, t);
	return s;
}
