/* Shards on threads of their own with a real desk: legs, clients and orders
 * cross threads. The data MCU and all clients are on the test's loop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/crew.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/support/topo_fixture.h"
#include "tests/unit/webconf-edge/ep1_peer.h"
#include "webconf-edge/client.h"
#include "webconf-edge/desk.h"
#include "webconf-edge/events.h"
#include "webconf-edge/mcu.h"

#define FE01 "fe01.contoso.net"
#define URI  "sip:alice@contoso.com;gruu;opaque=app:conf:data-conf:id:5D37"

enum { SHARDS = 2, CLIENTS = 24, LEGS = 96, WORDS = 600 };

enum step { DIALLED, ASKED, PAIRED, ENDING, OVER };

struct user {
	struct ep1_peer peer;
	enum step step;
	unsigned code; /* of REJECT; 0: none */
};

struct branch { /* a data leg, the MCU's end */
	struct ep1_peer peer;
	bool is_offered, is_assigned, is_shut;
};

static struct {
	struct certs *certs;
	struct edge_loop *loop;
	_Atomic uint64_t limits[WCE_LIMIT_COUNT];
	struct wce_shared shared;
	struct edge_peer_policy policy;
	struct wce_desk *desk;
	struct edge_crew *crew;
	struct wce_shard_plan plans[SHARDS];
	struct edge_addr inside_at, client_at[SHARDS];
	struct edge_tls *client_tls, *mcu_tls, *outside_tls;
	struct psom_keys keys;
	struct ep1_peer control;
	bool is_registered;
	struct branch legs[LEGS];
	unsigned leg_count;
	struct user users[CLIENTS];
	unsigned user_count;
	bool is_held; /* clients do not end by themselves */
} w;

/* -- the world ---------------------------------------------------------- */

static void post(void *arg, unsigned shard, struct wce_mail *m)
{
	(void)arg;
	edge_crew_post(w.crew, shard, m);
	ck_assert(!edge_crew_flush(w.crew));
}

static const struct topo *make_topo(void)
{
	static const struct topo_trusted trusted[] = {
		{.fqdn = FE01, .listeners = TOPO_TRUST_WEBCONF}};
	struct topo t = topo_fixture();

	t.trusted = trusted;
	t.trusted_count = 1;
	return held_topo_new(&t);
}

static struct psom_keys *make_keys(void)
{
	struct psom_keys *k = calloc(1, sizeof(*k));
	struct topo_keyring *ring = NULL;

	ck_assert_ptr_nonnull(k);
	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	ring->count = 1;
	memcpy(ring->keys[0].kid, "7", 2);
	memset(ring->keys[0].key, 0x5a, sizeof(ring->keys[0].key));
	ring->keys[0].not_after_s = UINT32_MAX;
	ck_assert_int_eq(psom_keys_from(k, ring), EDGE_OK);
	topo_keyring_free(ring);
	return k;
}

static enum edge_err make(void **worker, unsigned index, void *arg)
{
	struct wce_shard *s = NULL;
	enum edge_err err = wce_shard_new(&s, &w.plans[index]);

	(void)arg;
	*worker = s;
	return err;
}

static struct edge_loop *loop_of(void *worker)
{
	return ((struct wce_shard *)worker)->loop;
}

static struct edge_mailbox *mailbox_of(void *worker)
{
	return ((struct wce_shard *)worker)->mailbox;
}

static void free_shard(void *worker)
{
	wce_shard_free(worker);
}

static void make_shared(void)
{
	const struct edge_admit_limits l = {.total = 1000,
					    .per_source = 1000,
					    .handshakes_per_source = 1000,
					    .sources = 1000};

	for (int i = 0; i < WCE_LIMIT_COUNT; i++)
		w.limits[i] = wce_config_rows.limits[i].def;
	w.limits[WCE_LIMIT_ACCEPT_RATE] = 1000;
	w.limits[WCE_LIMIT_ACCEPT_BURST] = 1000;
	w.limits[WCE_LIMIT_NONCE_USES] = 1000;
	w.limits[WCE_LIMIT_WANT_MS] = 10;
	w.shared =
		(struct wce_shared){.limits = w.limits, .shard_count = SHARDS};
	ck_assert_int_eq(wce_stats_new(&w.shared.stats, SHARDS + 1), EDGE_OK);
	ck_assert_int_eq(edge_admit_new(&w.shared.admit, &l), EDGE_OK);
	ck_assert_int_eq(edge_recent_new(&w.shared.refusals, 20), EDGE_OK);
}

static void make_certs(void)
{
	w.certs = certs_new();
	certs_make_usual(w.certs);
	certs_make(w.certs, "fe01",
		   &(struct cert_spec){.issuer = "ca", .san = "DNS:" FE01});
	w.client_tls = ep1_tls(w.certs, NULL, EP1_TLS_CLIENT);
	w.mcu_tls = ep1_tls(w.certs, "fe01", EP1_TLS_CLIENT);
	w.outside_tls = ep1_tls(w.certs, "edge", EP1_TLS_OUTSIDE);
}

static void make_edge(void)
{
	const struct edge_crew_plan crew = {.count = SHARDS,
					    .make = make,
					    .loop = loop_of,
					    .mailbox = mailbox_of,
					    .free = free_shard,
					    .drop = wce_mail_free};
	struct wce_desk_plan desk = {
		.shared = &w.shared,
		.loop = w.loop,
		.topo = make_topo(),
		.tls = ep1_tls(w.certs, "edge", EP1_TLS_INSIDE),
		.policy = &w.policy,
		.fd = ep1_listen(&w.inside_at),
		.post = post,
	};

	ck_assert_int_eq(wce_desk_new(&w.desk, &desk), EDGE_OK);
	for (unsigned i = 0; i < SHARDS; i++)
		w.plans[i] = (struct wce_shard_plan){
			.index = i,
			.shared = &w.shared,
			.topo = make_topo(),
			.tls = edge_tls_hold(w.outside_tls),
			.keys = make_keys(),
			.fd = {ep1_listen(&w.client_at[i]), -1}};
	ck_assert_int_eq(edge_crew_new(&w.crew, &crew), EDGE_OK);
}

static void setup(void)
{
	struct psom_keys *k;

	memset(&w, 0, sizeof(w));
	heard_start(wce_events);
	make_shared();
	make_certs();
	k = make_keys();
	w.keys = *k;
	free(k);
	ck_assert_int_eq(edge_loop_new(&w.loop), EDGE_OK);
	make_edge();
}

static void teardown(void)
{
	edge_crew_free(w.crew);
	w.crew = NULL;
	wce_desk_free(w.desk);
	for (unsigned i = 0; i < w.user_count; i++)
		ep1_peer_fini(&w.users[i].peer);
	for (unsigned i = 0; i < w.leg_count; i++)
		ep1_peer_fini(&w.legs[i].peer);
	ep1_peer_fini(&w.control);
	edge_loop_free(w.loop);
	ck_assert_uint_eq(atomic_load(&w.shared.clients), 0);
	ck_assert_uint_eq(atomic_load(&w.shared.paired), 0);
	ck_assert_uint_eq(atomic_load(&w.shared.preauth), 0);
	ck_assert_uint_eq(atomic_load(&w.shared.handshakes), 0);
	ck_assert_uint_eq(edge_admit_count(w.shared.admit), 0);
	ck_assert_int_eq(held_topo_count(), 0);
	psom_keys_fini(&w.keys);
	edge_tls_drop(w.client_tls);
	edge_tls_drop(w.mcu_tls);
	edge_tls_drop(w.outside_tls);
	edge_admit_free(w.shared.admit);
	edge_recent_free(w.shared.refusals);
	edge_stats_free(w.shared.stats);
	certs_free(w.certs);
	heard_stop();
}

/* -- the data MCU: as many legs as are wanted, each echoes -------------- */

static void put_self(struct psom_put *p)
{
	static const uint8_t instance[PSOM_INSTANCE_LEN] = {1};

	psom_put_number(p, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(p, PSOM_TAG_NAME, edge_slice_str(FE01));
	psom_put_bytes(p, PSOM_TAG_INSTANCE,
		       edge_slice(instance, sizeof(instance)));
}

static void mcu_register(uint64_t generation)
{
	uint8_t bytes[256];
	struct psom_put p;

	ep1_peer_dial(&w.control, w.loop, w.mcu_tls, &w.inside_at);
	ep1_wait_secured(&w.control);
	psom_put_start(&p, bytes, sizeof(bytes), PSOM_REGISTER);
	put_self(&p);
	psom_put_number(&p, PSOM_TAG_GENERATION, generation);
	psom_put_number(&p, PSOM_TAG_CAPACITY, 1000);
	psom_put_number(&p, PSOM_TAG_LEGS, 8);
	ep1_peer_send(&w.control, psom_put_end(&p));
}

static void dial_legs(unsigned count)
{
	while (count-- && w.leg_count < LEGS) {
		struct branch *b = &w.legs[w.leg_count++];

		ep1_peer_dial(&b->peer, w.loop, w.mcu_tls, &w.inside_at);
	}
}

static void work_control(void)
{
	struct psom_frame f;

	while (w.control.conn && ep1_try(&w.control, &f)) {
		if (f.type == PSOM_REGISTER_OK)
			w.is_registered = true;
		if (f.type == PSOM_WANT)
			dial_legs(
				(unsigned)psom_frame_number(&f, PSOM_TAG_LEGS));
	}
}

static void offer(struct branch *b)
{
	uint8_t bytes[256];
	struct psom_put p;

	psom_put_start(&p, bytes, sizeof(bytes), PSOM_OFFER);
	put_self(&p);
	ep1_peer_send(&b->peer, psom_put_end(&p));
	b->is_offered = true;
}

static void take_assign(struct branch *b)
{
	uint8_t bytes[64];
	struct psom_frame f;
	struct psom_put p;

	if (!ep1_try(&b->peer, &f) || f.type != PSOM_ASSIGN)
		return;
	psom_put_start(&p, bytes, sizeof(bytes), PSOM_ASSIGN_OK);
	psom_put_bytes(&p, PSOM_TAG_SESSION, f.value[PSOM_TAG_SESSION]);
	ep1_peer_send(&b->peer, psom_put_end(&p));
	b->is_assigned = true;
}

static void work_leg(struct branch *b)
{
	if (b->peer.is_over)
		return;
	if (b->peer.count[EDGE_CONN_SECURED] && !b->is_offered)
		offer(b);
	if (b->is_offered && !b->is_assigned)
		take_assign(b);
	if (b->is_assigned && b->peer.in_len) {
		ep1_peer_send(&b->peer, edge_slice(b->peer.in, b->peer.in_len));
		b->peer.in_len = 0;
	}
	if (b->peer.count[EDGE_CONN_EOF] && !b->is_shut) {
		b->is_shut = true;
		ep1_peer_shut(&b->peer);
	}
}

/* -- clients ------------------------------------------------------------ */

static void say_hello(struct user *u)
{
	const uint64_t now = (uint64_t)time(NULL);
	struct psom_token t = {.issued_s = (uint32_t)now,
			       .expires_s = (uint32_t)now + 300};
	uint8_t token[PSOM_TOKEN_LEN], bytes[512];
	struct psom_put p;

	ck_assert(
		psom_token_for(&t, edge_slice_str(FE01), edge_slice_str(URI)));
	psom_token_make(token, &w.keys.keys[0], &t);
	psom_put_start(&p, bytes, sizeof(bytes), PSOM_HELLO);
	psom_put_number(&p, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&p, PSOM_TAG_TOKEN, edge_slice(token, sizeof(token)));
	psom_put_bytes(&p, PSOM_TAG_MCU, edge_slice_str(FE01));
	psom_put_bytes(&p, PSOM_TAG_CONFERENCE, edge_slice_str(URI));
	psom_put_bytes(&p, PSOM_TAG_INNER, edge_slice_str("7301884412"));
	ep1_peer_send(&u->peer, psom_put_end(&p));
	ep1_peer_send_pattern(&u->peer, WORDS); /* pipelined */
	u->step = ASKED;
}

static void take_answer(struct user *u)
{
	struct psom_frame f;

	if (!ep1_try(&u->peer, &f))
		return;
	u->step = f.type == PSOM_HELLO_OK ? PAIRED : OVER;
	if (f.type == PSOM_REJECT)
		u->code = (unsigned)psom_frame_number(&f, PSOM_TAG_CODE);
}

static void work_user(struct user *u)
{
	if (u->step == DIALLED && u->peer.count[EDGE_CONN_SECURED])
		say_hello(u);
	if (u->step == ASKED)
		take_answer(u);
	if (u->step == PAIRED && u->peer.in_len >= WORDS && !w.is_held) {
		ep1_take_pattern(&u->peer, WORDS);
		ep1_peer_shut(&u->peer);
		u->step = ENDING;
	}
	if (u->step == ENDING && u->peer.count[EDGE_CONN_EOF])
		u->step = OVER;
	ck_assert_msg(u->step == OVER || !u->peer.is_over,
		      "client ended at step %d: %s", (int)u->step,
		      edge_conn_detail(u->peer.conn));
}

static void dial_users(unsigned count)
{
	while (count--) {
		struct user *u = &w.users[w.user_count];

		ck_assert_uint_lt(w.user_count, CLIENTS);
		ep1_peer_dial(&u->peer, w.loop, w.client_tls,
			      &w.client_at[w.user_count++ % SHARDS]);
	}
}

/* -- all of it ---------------------------------------------------------- */

static void work(void)
{
	work_control();
	for (unsigned i = 0; i < w.leg_count; i++)
		work_leg(&w.legs[i]);
	for (unsigned i = 0; i < w.user_count; i++)
		work_user(&w.users[i]);
}

static bool has_all_at(void *arg)
{
	const enum step *step = arg;

	work();
	for (unsigned i = 0; i < w.user_count; i++)
		if (w.users[i].step < *step)
			return false;
	return true;
}

static void wait_users(enum step step)
{
	ep1_wait(w.loop, has_all_at, &step, "all clients");
}

static bool has_registered(void *arg)
{
	(void)arg;
	work();
	return w.is_registered && w.desk->parked_count >= 8;
}

static bool is_quiet(void *arg)
{
	(void)arg;
	work();
	return !w.desk->seats && !atomic_load(&w.shared.clients);
}

static void wait_quiet(void)
{
	ep1_wait(w.loop, is_quiet, NULL, "all seats to be free");
	ck_assert_uint_eq(edge_tally_total(w.desk->sources), 0);
	ck_assert_uint_eq(edge_tally_total(w.desk->conferences), 0);
}

static void up(void)
{
	mcu_register(1);
	ep1_wait(w.loop, has_registered, NULL, "parked legs");
}

START_TEST(crew_pairs_clients_of_both_shards)
{
	up();
	dial_users(CLIENTS);
	wait_users(OVER);
	wait_quiet();
	for (unsigned i = 0; i < CLIENTS; i++)
		ck_assert_uint_eq(w.users[i].code, 0);
	ck_assert_uint_eq(edge_stats_sum(w.shared.stats, WCE_STAT_SESSIONS),
			  CLIENTS);
	ck_assert_uint_eq(
		edge_stats_sum(w.shared.stats, WCE_STAT_ENDED + WCE_REASON_EOF),
		CLIENTS);
	ck_assert_uint_eq(edge_stats_sum(w.shared.stats, WCE_STAT_BYTES_IN),
			  CLIENTS * WORDS);
}
END_TEST

/* WC 8 test 18: no reset within the grace; who comes late is told 503. */
START_TEST(crew_drains)
{
	up();
	w.is_held = true;
	dial_users(CLIENTS / 2);
	wait_users(PAIRED);
	dial_users(CLIENTS / 2); /* in the middle of it */
	wce_desk_drain(w.desk);
	for (unsigned i = 0; i < SHARDS; i++)
		post(NULL, i, wce_mail_new(WCE_MAIL_DRAIN, 0));
	for (unsigned i = CLIENTS / 2; i < CLIENTS; i++)
		w.users[i].step = OVER; /* whatever happens to them */
	w.is_held = false;
	wait_users(OVER);
	wait_quiet();
	for (unsigned i = 0; i < CLIENTS / 2; i++)
		ck_assert_uint_eq(w.users[i].code, 0);
}
END_TEST

/* The MCU goes in the middle of joins, and another process of it comes. */
START_TEST(crew_mcu_comes_again)
{
	unsigned refused = 0;

	up();
	dial_users(CLIENTS);
	wait_users(ASKED);
	ep1_peer_reset(&w.control);
	wait_users(OVER);
	wait_quiet();
	for (unsigned i = 0; i < CLIENTS; i++) {
		refused += w.users[i].code != 0;
		ck_assert(!w.users[i].code || w.users[i].code == 503);
		ep1_peer_fini(&w.users[i].peer);
	}
	ck_assert_uint_eq(edge_stats_sum(w.shared.stats, WCE_STAT_SESSIONS),
			  CLIENTS - refused);
	memset(w.users, 0, sizeof(w.users));
	w.user_count = 0;
	w.is_registered = false;
	ep1_peer_fini(&w.control);
	mcu_register(1);
	ep1_wait(w.loop, has_registered, NULL, "parked legs");
	dial_users(4);
	wait_users(OVER);
	wait_quiet();
	for (unsigned i = 0; i < 4; i++)
		ck_assert_uint_eq(w.users[i].code, 0);
}
END_TEST

static void send_orders(void)
{
	for (unsigned i = 0; i < SHARDS; i++) {
		struct wce_mail *tls = wce_mail_new(WCE_MAIL_TLS, 0);
		struct wce_mail *keys = wce_mail_new(WCE_MAIL_KEYS, 0);
		struct wce_mail *topo = wce_mail_new(WCE_MAIL_TOPOLOGY, 0);

		ck_assert(tls && keys && topo);
		tls->tls = edge_tls_hold(w.outside_tls);
		keys->keys = make_keys();
		topo->topo = make_topo();
		post(NULL, i, tls);
		post(NULL, i, keys);
		post(NULL, i, topo);
	}
}

/* WC 6.3 T8: no session is lost on a new key, certificate or topology. */
START_TEST(crew_takes_orders_while_clients_join)
{
	up();
	for (unsigned i = 0; i < CLIENTS; i++) {
		const struct topo *t = make_topo();

		dial_users(1);
		send_orders();
		wce_desk_topology(w.desk, t, -1);
		topo_drop(t);
		work();
	}
	wait_users(OVER);
	wait_quiet();
	for (unsigned i = 0; i < CLIENTS; i++)
		ck_assert_uint_eq(w.users[i].code, 0);
}
END_TEST

/* Stopped with sessions, joins and handshakes in all threads. */
START_TEST(crew_stops_in_the_middle)
{
	up();
	w.is_held = true;
	dial_users(CLIENTS / 2);
	wait_users(PAIRED);
	dial_users(CLIENTS / 2);
	turns_for(w.loop, 20);
	/* the rest is teardown's */
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("shard_crew");
	TCase *t = tcase_create("shard_crew");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, crew_pairs_clients_of_both_shards);
	tcase_add_test(t, crew_drains);
	tcase_add_test(t, crew_mcu_comes_again);
	tcase_add_test(t, crew_takes_orders_while_clients_join);
	tcase_add_test(t, crew_stops_in_the_middle);
	suite_add_tcase(s, t);
	return s;
}
