/* access-edge/upstream*.c: addresses, connections and what stands before them.
 */
#include "access-edge/upstream_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/held_topo.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"

static struct shards f;
static struct acc_shard *s;
static struct sip_peer client;
static char route[1024], contact[1024];
static struct topo_host host;
static struct edge_addr addrs[2];

static void setup(void)
{
	shards_init(&f);
	f.limits[ACC_LIMIT_CONNECT_MS] = 1000;
}

static void teardown(void)
{
	sip_peer_fini(&client);
	shards_fini(&f);
}

static struct acc_pool *pool(void)
{
	return s->upstreams->pools[0];
}

static unsigned member_of(const struct sip_peer *hop)
{
	return f.hop_member[hop - f.hops];
}

static bool topology_came(void *arg)
{
	return s->view.topo->seq == *(uint64_t *)arg;
}

/* One cluster like the fixture's, changed by the test: member 0 alone. */
static void take_topology(void (*change)(struct topo *t,
					 struct topo_cluster *c))
{
	static struct topo_cluster c;
	const struct topo *like = shards_topo(&f, 0, 1, 7);
	struct topo t = *like;
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));

	c = t.registrars[0];
	t.registrars = &c;
	change(&t, &c);
	ck_assert_ptr_nonnull(m);
	m->topo = held_topo_new(&t);
	topo_drop(like);
	ck_assert(acc_shard_post(s, 0, m));
	sip_peer_wait(f.loop, topology_came, &t.seq, "the topology");
}

/* -- connections -------------------------------------------------------- */

static void two_connections(struct topo *t, struct topo_cluster *c)
{
	(void)c;
	t->access.tls_count = 2;
}

static struct acc_link *pick(void)
{
	static const struct acc_source from = {.role = ACC_ROLE_INT};
	const struct acc_pick_plan plan = {
		.cluster = pool()->cluster,
		.from_uri = edge_slice_str("sip:alice@contoso.com"),
		.from = &from,
	};
	struct acc_picked p = {0};

	ck_assert_int_eq(acc_upstream_pick(s->upstreams, &plan, &p),
			 ACC_PICK_READY);
	return p.link;
}

/* What is queued is written when the turn ends: until then it is above. */
static void make_busy(struct acc_link *l)
{
	size_t len = f.limits[ACC_LIMIT_OUT_QUEUE] / 2 + 1;
	char *bytes = malloc(len);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, '\n', len);
	for (size_t i = 0; i < len; i += 2)
		bytes[i] = '\r';
	ck_assert(acc_link_send(l, edge_slice(bytes, len)));
	ck_assert(edge_conn_above_high_water(l->conn));
	free(bytes);
}

START_TEST(upstream_opens_another_connection_when_one_is_busy)
{
	struct acc_link *first, *second;

	s = shards_still(&f);
	shards_wait_hops(&f, 2);
	take_topology(two_connections);
	shards_wait_hops(&f, 1); /* dir02 is gone */
	first = pick();
	ck_assert_ptr_eq(pick(), first); /* there is room */
	ck_assert_ptr_null(pool()->ups[0]->links[1]);
	if (_i)
		f.shared.shard_count = 2; /* each has its part of the two */
	make_busy(first);
	ck_assert_ptr_eq(pick(), first);
	second = pool()->ups[0]->links[1];
	f.shared.shard_count = 1;
	if (_i) {
		ck_assert_ptr_null(second);
		return;
	}
	ck_assert_ptr_nonnull(second);
	shards_wait_hops(&f, 2);
	ck_assert_ptr_eq(pick(), first); /* drained meanwhile */
	make_busy(first);
	ck_assert_ptr_eq(pick(), second);
	make_busy(second);
	(void)pick(); /* a busy one: no more than two */
	ck_assert_ptr_null(pool()->ups[0]->links[2]);
}
END_TEST

/* -- members ------------------------------------------------------------ */

static void by_member(unsigned cseq, unsigned member)
{
	char line[256], branch[32];

	snprintf(line, sizeof(line),
		 "Route: <sip:dirpool.contoso.net;transport=tls;"
		 "ms-fe=dir0%u.contoso.net;lr>\n",
		 member + 1);
	snprintf(branch, sizeof(branch), "z9hG4bK%u", cseq);
	shards_request(&client, "INFO", branch, cseq, line);
}

static unsigned answered_by(void)
{
	struct sip_peer *hop = shards_hop_with_message(&f);

	sip_peer_answer(hop, sip_peer_expect(hop, "INFO "), "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
	return member_of(hop);
}

static bool is_away(void *arg)
{
	return pool()->hops[*(unsigned *)arg].health != ACC_HOP_UP;
}

START_TEST(upstream_takes_another_when_the_member_of_the_route_is_down)
{
	unsigned away = 1;

	s = shards_still(&f);
	shards_wait_hops(&f, 2);
	shards_dial_client(&f, &client, 0);
	shards_sign_in(&f, &client, "alice", route, contact);
	for (unsigned m = 0; m < 2; m++) {
		by_member(m + 1, m);
		ck_assert_uint_eq(answered_by(), m);
	}
	shards_hop_listen(&f, away, false);
	for (unsigned i = 0; i < f.hop_count; i++)
		if (f.hop_member[i] == away) {
			f.hops[i].closed = true;
			sip_peer_close(&f.hops[i]);
		}
	sip_peer_wait(f.loop, is_away, &away, "a member that is away");
	for (unsigned cseq = 3; cseq < 6; cseq++) {
		by_member(cseq, away);
		ck_assert_uint_eq(answered_by(), 0);
	}
}
END_TEST

/* -- addresses ---------------------------------------------------------- */

static void two_addresses(struct topo *t, struct topo_cluster *c)
{
	(void)t;
	addrs[0] = f.member_addrs[0];
	addrs[0].ip[3] = 99; /* where nobody is */
	addrs[1] = f.member_addrs[0];
	host = (struct topo_host){f.members[0].fqdn, addrs, 2};
	c->members = &host;
}

START_TEST(upstream_passes_over_an_address_that_failed)
{
	struct acc_upstream *up;

	s = shards_still(&f);
	shards_wait_hops(&f, 2);
	take_topology(two_addresses);
	up = pool()->ups[0];
	for (unsigned n = 0; n < 3; n++) {
		up->next_addr = 0;	    /* the bad one's turn */
		up->links[0]->heard = true; /* it ends as others do */
		acc_link_close(up->links[0]);
		ck_assert_ptr_null(up->links[0]);
		shards_wait_hops(&f, 0);
		shards_wait_hops(&f, 1);
		ck_assert_int_eq(up->links[0]->source.remote.ip[3], 1);
	}
	ck_assert_uint_gt(up->addr_rests_ms[0], edge_loop_now_ms(f.loop));
	ck_assert_uint_eq(up->addr_rests_ms[1], 0);
	/* the member was never in doubt */
	ck_assert_int_eq(pool()->hops[0].health, ACC_HOP_UP);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_HOP_FAILED), 0);
}
END_TEST

static void nobody_there(struct topo *t, struct topo_cluster *c)
{
	two_addresses(t, c);
	addrs[1].ip[3] = 98;
}

static bool is_down(void *arg)
{
	(void)arg;
	return pool()->is_down;
}

START_TEST(upstream_without_a_good_address_is_down)
{
	s = shards_still(&f);
	shards_wait_hops(&f, 2);
	take_topology(nobody_there);
	acc_link_close(pool()->ups[0]->links[0]);
	sip_peer_wait(f.loop, is_down, NULL, "a pool that is down");
	for (int i = 0; i < 2; i++)
		ck_assert_uint_gt(pool()->ups[0]->addr_rests_ms[i], 0);
}
END_TEST

/* -- what stands before it ---------------------------------------------- */

static void balancer(struct topo *t, struct topo_cluster *c)
{
	(void)t;
	c->pool = (struct topo_host){c->fqdn, &f.member_addrs[1], 1};
}

START_TEST(upstream_dials_the_balancer_of_a_pool)
{
	struct sip_peer *hop;

	s = shards_still(&f);
	shards_wait_hops(&f, 2);
	take_topology(balancer);
	shards_wait_hops(&f, 1);
	ck_assert_uint_eq(pool()->count, 1);
	ck_assert_str_eq(pool()->ups[0]->member, "dirpool.contoso.net");
	shards_dial_client(&f, &client, 0);
	shards_register(&client, "alice", 1);
	hop = shards_hop_with_message(&f);
	ck_assert_uint_eq(member_of(hop), 1);
	sip_peer_answer(hop, sip_peer_expect(hop, "REGISTER "), "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
	/* also for a Route that names a machine behind it */
	by_member(2, 0);
	ck_assert_uint_eq(answered_by(), 1);
}
END_TEST

/* -- when nobody is left ------------------------------------------------ */

START_TEST(upstream_down_slows_accepting)
{
	struct sip_peer crowd[4];

	f.limits[ACC_LIMIT_ACCEPT_RATE] = 20;
	f.hop_refuses = true;
	s = shards_still(&f);
	sip_peer_wait(f.loop, is_down, NULL, "a pool that is down");
	for (int i = 0; i < 4; i++) {
		sip_peer_init(&crowd[i], f.loop);
		sip_peer_dial(&crowd[i], f.client_tls, &f.client_at[0]);
	}
	/* a tenth: two at once, two a second; 20 would come in at once */
	shards_wait_stat(&f, ACC_STAT_ACCEPTED_CLIENT, 2);
	ck_assert_uint_ge(shards_stat(&f, ACC_STAT_ACCEPT_PAUSED), 1);
	turns_for(f.loop, 100);
	ck_assert_uint_le(shards_stat(&f, ACC_STAT_ACCEPTED_CLIENT), 3);
	shards_wait_stat(&f, ACC_STAT_ACCEPTED_CLIENT, 4);
	for (int i = 0; i < 4; i++)
		sip_peer_fini(&crowd[i]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("upstream_pool");
	TCase *t = tcase_create("upstream_pool");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
		t, upstream_opens_another_connection_when_one_is_busy, 0, 2);
	tcase_add_test(
		t, upstream_takes_another_when_the_member_of_the_route_is_down);
	tcase_add_test(t, upstream_passes_over_an_address_that_failed);
	tcase_add_test(t, upstream_without_a_good_address_is_down);
	tcase_add_test(t, upstream_dials_the_balancer_of_a_pool);
	tcase_add_test(t, upstream_down_slows_accepting);
	suite_add_tcase(suite, t);
	return suite;
}
