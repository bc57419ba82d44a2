/* webconf-edge/shard.c: the orders that come to it, and what it tells the desk.
 */
#include "webconf-edge/shard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/held_topo.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/shard_world.h"

static struct ep1_peer peer, leg, other, third, fourth;
static int silent;

static void init(void)
{
	peer = leg = other = third = fourth = (struct ep1_peer){0};
	silent = -1;
}

static void fini(void)
{
	ep1_peer_fini(&peer);
	ep1_peer_fini(&leg);
	ep1_peer_fini(&other);
	ep1_peer_fini(&third);
	ep1_peer_fini(&fourth);
	if (silent >= 0)
		close(silent);
}

static void say_hello(struct ep1_peer *p)
{
	ep1_peer_send(p, shard_hello(&(struct shard_hello){0}));
}

/* Connects; whether it is taken in is the test's to see. */
static void dial(struct ep1_peer *p)
{
	ep1_peer_dial(p, shard_w.loop, shard_w.client_tls, &shard_w.at);
}

/* -- orders ------------------------------------------------------------- */

static struct wce_mail *order(enum wce_mail_kind kind)
{
	struct wce_mail *m = wce_mail_new(kind, 0);

	ck_assert_ptr_nonnull(m);
	return m;
}

static void order_topology(int fd)
{
	struct wce_mail *m = order(WCE_MAIL_TOPOLOGY);

	m->topo = shard_topo();
	m->has_moved[WCE_FIRST] = fd >= 0;
	m->fd[WCE_FIRST] = fd;
	shard_mail(m);
}

START_TEST(shard_takes_a_door_elsewhere)
{
	const struct edge_addr old = shard_w.at;

	shard_join(&peer);
	order_topology(ep1_listen(&shard_w.at));
	shard_join(&other); /* at the new one */
	ck_assert_int_eq(held_topo_count(), 1);
	ep1_peer_dial(&third, shard_w.loop, shard_w.client_tls, &old);
	ep1_wait_end(&third);
	ck_assert_int_eq(edge_conn_why(third.conn), EDGE_CONN_WHY_CONNECT);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 2);
}
END_TEST

/* One by IPv6 comes and goes; the first stays. */
START_TEST(shard_twin_door_comes_and_goes)
{
	struct wce_mail *m = order(WCE_MAIL_TOPOLOGY);
	struct edge_addr at = {.family = AF_INET6, .ip = {[15] = 1}}, peer_at;
	const struct edge_addr first = shard_w.at;

	m->topo = shard_topo();
	m->has_moved[WCE_TWIN] = true;
	ck_assert_int_eq(edge_sock_listen(&m->fd[WCE_TWIN], &at, NULL, false),
			 EDGE_OK);
	edge_sock_names(m->fd[WCE_TWIN], &at, &peer_at);
	shard_mail(m);
	shard_w.at = at;
	shard_join(&peer);
	ck_assert_int_eq(edge_conn_remote(peer.conn)->family, AF_INET6);
	m = order(WCE_MAIL_TOPOLOGY);
	m->topo = shard_topo();
	m->has_moved[WCE_TWIN] = true; /* to nowhere */
	shard_mail(m);
	shard_w.at = first;
	shard_join(&other);
	ep1_peer_dial(&third, shard_w.loop, shard_w.client_tls, &at);
	ep1_wait_end(&third);
	ck_assert_int_eq(edge_conn_why(third.conn), EDGE_CONN_WHY_CONNECT);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 2);
}
END_TEST

START_TEST(shard_topology_alone_moves_nothing)
{
	order_topology(-1);
	shard_join(&peer);
	ck_assert_int_eq(held_topo_count(), 1);
}
END_TEST

START_TEST(shard_shows_the_new_certificate_to_the_next)
{
	struct wce_mail *m = order(WCE_MAIL_TLS);

	shard_dial(&peer);
	certs_make(shard_w.certs, "renewed",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:renewed.contoso.com"});
	m->tls = ep1_tls(shard_w.certs, "renewed", EP1_TLS_OUTSIDE);
	shard_mail(m);
	say_hello(&peer); /* the order has come before this */
	shard_take(WCE_MAIL_ASK);
	shard_dial(&other);
	ck_assert_str_eq(edge_conn_peer(other.conn)->names[0],
			 "renewed.contoso.com");
	ck_assert_str_ne(edge_conn_peer(peer.conn)->names[0],
			 "renewed.contoso.com");
}
END_TEST

/* WC 8 test 15, and a key that is withdrawn. */
START_TEST(shard_takes_new_keys)
{
	struct wce_mail *m = order(WCE_MAIL_KEYS);

	shard_join(&peer);
	m->keys = calloc(1, sizeof(*m->keys)); /* none */
	ck_assert_ptr_nonnull(m->keys);
	shard_mail(m);
	shard_dial(&other);
	say_hello(&other);
	ep1_take_reject(&other, 401);
	ck_assert_uint_eq(shard_stat(WCE_STAT_REJECT + WCE_REASON_UNKNOWN_KEY),
			  1);
	ck_assert(!peer.is_over); /* who is in is in */
}
END_TEST

/* -- CUT, WC 5.9 -------------------------------------------------------- */

static void order_cut(const char *mcu)
{
	struct wce_mail *m = order(WCE_MAIL_CUT);

	memcpy(m->ask.mcu, mcu, strlen(mcu) + 1);
	shard_mail(m);
}

START_TEST(shard_cut_ends_the_sessions_of_one_mcu)
{
	const edge_handle h = shard_pair(&peer, &leg);
	const struct shard_hello h2 = {.mcu = "fe02.contoso.net"};

	shard_dial(&other);
	ep1_peer_send(&other, shard_hello(&h2));
	shard_take(WCE_MAIL_ASK);
	shard_dial(&third); /* has said nothing */
	order_cut("FE01.contoso.net");
	ep1_wait_end(&peer);
	ck_assert_int_eq(edge_conn_why(peer.conn), EDGE_CONN_WHY_RESET);
	ep1_wait_end(&leg);
	ck_assert_uint_eq(shard_take(WCE_MAIL_DONE)->client, h);
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_REMOVED), 1);
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 2);
	shard_no_mail();
}
END_TEST

static bool is_throttled(void *arg)
{
	(void)arg;
	return atomic_load(&shard_w.shared.throttled) == 1;
}

START_TEST(shard_cut_ends_one_that_is_throttled)
{
	shard_pair(&peer, &leg);
	ep1_peer_deaf(&leg, true);
	ep1_peer_send_pattern(&peer, EP1_PEER_QUEUE);
	ep1_wait(shard_w.loop, is_throttled, NULL, "throttling");
	order_cut(SHARD_MCU);
	shard_wait_empty();
	ck_assert_uint_eq(atomic_load(&shard_w.shared.throttled), 0);
	ck_assert_uint_gt(shard_stat(WCE_STAT_BYTES_IN), 0);
}
END_TEST

/* 403 is no code for the outside: WC 4.6. */
START_TEST(shard_cut_tells_who_waits_503)
{
	const edge_handle h = shard_join(&peer);

	order_cut(SHARD_MCU);
	ep1_take_reject(&peer, 503);
	ck_assert_uint_eq(shard_take(WCE_MAIL_DONE)->client, h);
	ck_assert_uint_eq(
		shard_stat(WCE_STAT_REJECT + WCE_REASON_NOT_REGISTERED), 1);
}
END_TEST

/* -- drain, WC 5.9 ------------------------------------------------------ */

START_TEST(shard_drain_refuses_who_is_not_paired)
{
	uint8_t session[PSOM_SESSION_LEN];
	const edge_handle waits = shard_join(&peer);
	const edge_handle asked = shard_join(&other);

	shard_give_leg(asked, &leg);
	shard_take_assign(&leg, session);
	shard_dial(&third);
	shard_dial(&fourth);
	ep1_peer_send(&fourth, edge_slice_str("WCE1"));
	shard_mail(order(WCE_MAIL_DRAIN));
	ep1_take_reject(&peer, 503);
	ep1_take_reject(&other, 503);
	ep1_take_reject(&third, 503);
	ep1_take_reject(&fourth, 503);
	ep1_take_end(&leg);
	shard_wait_empty();
	ck_assert_uint_eq(
		shard_stat(WCE_STAT_REJECT + WCE_REASON_EDGE_DRAINING), 4);
	shard_take(WCE_MAIL_DONE);
	shard_take(WCE_MAIL_DONE);
	ck_assert_ptr_null(shard_client(waits));
	ck_assert_ptr_null(shard_client(asked));
}
END_TEST

START_TEST(shard_drain_lets_sessions_go_on)
{
	shard_pair(&peer, &leg);
	shard_mail(order(WCE_MAIL_DRAIN));
	shard_mail(order(WCE_MAIL_DRAIN)); /* twice is once */
	ep1_peer_send_pattern(&peer, 100000);
	ep1_take_pattern(&leg, 100000);
	ep1_peer_send_pattern(&leg, 100000);
	ep1_take_pattern(&peer, 100000);
	dial(&other); /* the door is shut */
	ep1_wait_end(&other);
	ck_assert_int_eq(edge_conn_why(other.conn), EDGE_CONN_WHY_CONNECT);
	ep1_peer_shut(&peer);
	ep1_peer_shut(&leg);
	ep1_take_end(&peer);
	ep1_take_end(&leg);
	shard_wait_empty();
	ck_assert_uint_eq(shard_stat(WCE_STAT_ENDED + WCE_REASON_EOF), 1);
}
END_TEST

static void stop(struct edge_task *t)
{
	(void)t;
	edge_loop_stop(shard_w.loop);
}

static void one_turn(void)
{
	struct edge_task t = {.fn = stop};

	edge_loop_defer(shard_w.loop, &t);
	ck_assert_int_eq(edge_loop_run(shard_w.loop), EDGE_OK);
}

/* Who was in its handshake comes to the same answer. */
START_TEST(shard_drain_refuses_who_comes_out_of_its_handshake)
{
	dial(&peer);
	for (int i = 0; i < 1000 && !atomic_load(&shard_w.shared.clients); i++)
		one_turn();
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 1);
	ck_assert_uint_eq(peer.count[EDGE_CONN_SECURED], 0);
	shard_mail(order(WCE_MAIL_DRAIN));
	ep1_wait_secured(&peer);
	say_hello(&peer);
	ep1_take_reject(&peer, 503);
	shard_no_mail();
}
END_TEST

START_TEST(shard_drain_takes_no_other_door)
{
	int fd = ep1_listen(&shard_w.at);

	shard_mail(order(WCE_MAIL_DRAIN));
	order_topology(fd);
	dial(&peer); /* to that one */
	ep1_wait_end(&peer);
	ck_assert_uint_eq(peer.count[EDGE_CONN_SECURED], 0);
	ck_assert_int_eq(held_topo_count(), 1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

/* What is not for a shard is dropped. */
START_TEST(shard_drops_mails_that_are_not_its_own)
{
	shard_mail(order(WCE_MAIL_ASK));
	shard_mail(order(WCE_MAIL_AGAIN));
	shard_mail(order(WCE_MAIL_DONE));
	shard_join(&peer);
	shard_no_mail();
}
END_TEST

/* -- a desk whose mailbox is full --------------------------------------- */

enum { SLOTS = 2, MAILS = 5 };

static unsigned arrived;

/* Those of one shard come in order, each once. */
static void on_arrival(void *msg, void *arg)
{
	struct wce_mail *m = msg;

	(void)arg;
	ck_assert_uint_eq(m->client, ++arrived);
	wce_mail_free(m);
	edge_loop_stop(shard_w.loop);
}

static bool all_arrived(void *arg)
{
	(void)arg;
	return arrived == MAILS;
}

/* _i: does it end before the desk has looked? */
START_TEST(shard_keeps_what_a_full_desk_cannot_take)
{
	struct edge_mailbox *small = NULL;

	arrived = 0;
	ck_assert_int_eq(edge_mailbox_new(&small, shard_w.loop, SLOTS,
					  on_arrival, wce_mail_free, NULL),
			 EDGE_OK);
	shard_w.shared.desk = small;
	for (edge_handle h = 1; h <= MAILS; h++)
		wce_shard_post(shard_w.shard, wce_mail_new(WCE_MAIL_DONE, h));
	ck_assert_uint_eq(shard_stat(WCE_STAT_MAIL_FULL), MAILS - SLOTS);
	ck_assert_uint_eq(heard_with("WCE_EV_MAILBOX_FULL"), MAILS - SLOTS);
	if (!_i)
		ep1_wait(shard_w.loop, all_arrived, NULL, "all mails");
	ck_assert_uint_eq(arrived, _i ? 0 : MAILS);
	shard_w.shared.desk = shard_w.box;
	edge_mailbox_free(small);
	/* what is left when it ends is freed: the leak checker looks */
}
END_TEST

/* It ends with clients in every state; each leaves its line. */
START_TEST(shard_ends_with_all_that_is_there)
{
	const edge_handle h = shard_pair(&peer, &leg);

	shard_join(&other);
	shard_dial(&third);
	silent = shard_dial_silent();
	ck_assert_ptr_nonnull(shard_client(h));
	ck_assert_uint_eq(atomic_load(&shard_w.shared.clients), 4);
	/* teardown frees it and looks at all counts */
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("shard");
	TCase *orders = shard_case(s, "orders");
	TCase *drain = shard_case(s, "drain");

	tcase_add_checked_fixture(orders, init, fini);
	tcase_add_test(orders, shard_takes_a_door_elsewhere);
	tcase_add_test(orders, shard_twin_door_comes_and_goes);
	tcase_add_test(orders, shard_topology_alone_moves_nothing);
	tcase_add_test(orders, shard_shows_the_new_certificate_to_the_next);
	tcase_add_test(orders, shard_takes_new_keys);
	tcase_add_test(orders, shard_cut_ends_the_sessions_of_one_mcu);
	tcase_add_test(orders, shard_cut_ends_one_that_is_throttled);
	tcase_add_test(orders, shard_cut_tells_who_waits_503);
	tcase_add_test(orders, shard_drops_mails_that_are_not_its_own);
	tcase_add_loop_test(orders, shard_keeps_what_a_full_desk_cannot_take, 0,
			    2);
	tcase_add_checked_fixture(drain, init, fini);
	tcase_add_test(drain, shard_drain_refuses_who_is_not_paired);
	tcase_add_test(drain, shard_drain_lets_sessions_go_on);
	tcase_add_test(drain,
		       shard_drain_refuses_who_comes_out_of_its_handshake);
	tcase_add_test(drain, shard_drain_takes_no_other_door);
	tcase_add_test(drain, shard_ends_with_all_that_is_there);
	return s;
}
