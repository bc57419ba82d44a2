/* webconf-edge/desk.c: made, moved, drained, ended. */
#include "webconf-edge/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "tests/support/held_topo.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/desk_world.h"

#define FE01 "fe01.contoso.net"

static struct ep1_peer control, other, leg;
static edge_handle a, b;

static void init(void)
{
	control = other = leg = (struct ep1_peer){0};
	a = desk_client(0, 1);
	b = desk_client(1, 2);
}

static void fini(void)
{
	ep1_peer_fini(&control);
	ep1_peer_fini(&other);
	ep1_peer_fini(&leg);
}

START_TEST(desk_is_named_by_its_machine)
{
	uint8_t hash[EDGE_SHA256_LEN];

	edge_sha256(edge_slice_str("edge01.contoso.net"), hash);
	ck_assert_mem_eq(desk_w.desk->edge_id, hash, PSOM_EDGE_ID_LEN);
}
END_TEST

/* What a failed start was given is given back. _i: which table */
START_TEST(desk_that_cannot_be_made_leaves_nothing)
{
	static const enum wce_limit tables[] = {WCE_LIMIT_NONCES,
						WCE_LIMIT_ENDED};
	struct edge_addr at;
	const struct wce_desk_plan p = {
		.shared = &desk_w.shared,
		.loop = desk_w.loop,
		.topo = desk_topo(true),
		.tls = edge_tls_hold(desk_w.desk->plan.tls),
		.policy = &desk_w.policy,
		.fd = ep1_listen(&at),
	};
	struct wce_desk *d = NULL;

	desk_w.limits[tables[_i]] = 0;
	ck_assert_int_ne(wce_desk_new(&d, &p), EDGE_OK);
	ck_assert_ptr_null(d);
	ck_assert_int_eq(fcntl(p.fd, F_GETFD), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(held_topo_count(), 1); /* the first one's */
}
END_TEST

/* -- orders ------------------------------------------------------------- */

START_TEST(desk_takes_a_door_elsewhere)
{
	const struct topo *t = desk_topo(true);
	const struct edge_addr old = desk_w.at;
	struct edge_tls *tls = ep1_tls(desk_w.certs, "fe01", EP1_TLS_CLIENT);

	desk_up(&control, 0);
	wce_desk_topology(desk_w.desk, t, ep1_listen(&desk_w.at));
	topo_drop(t);
	ck_assert_int_eq(held_topo_count(), 1); /* the old one is let go */
	desk_park(&leg);			/* at the new one */
	desk_sync(&control);
	ep1_peer_dial(&other, desk_w.loop, tls, &old);
	edge_tls_drop(tls);
	ep1_wait_end(&other);
	ck_assert_int_eq(edge_conn_why(other.conn), EDGE_CONN_WHY_CONNECT);
}
END_TEST

START_TEST(desk_door_that_cannot_be_opened_leaves_the_old)
{
	const struct topo *t = desk_topo(true);
	const int fd = open("/dev/null", O_RDONLY); /* epoll takes it not */

	wce_desk_topology(desk_w.desk, t, fd);
	topo_drop(t);
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert(heard("EDGE_EV_TOPOLOGY_REFUSED"));
	desk_up(&control, 0);
}
END_TEST

START_TEST(desk_topology_sends_strangers_off)
{
	const struct topo *t = desk_topo(false);

	desk_dial(&other, "fe01"); /* has said nothing yet */
	desk_dial(&leg, "fe02");
	wce_desk_topology(desk_w.desk, t, -1);
	topo_drop(t);
	ep1_take_reject(&other, 403);
	ck_assert_uint_eq(desk_stat(WCE_STAT_REJECT + WCE_REASON_REMOVED), 1);
	desk_send_offer(&leg, "fe02.contoso.net", 1);
	ep1_take_reject(&leg, 404); /* this one may speak */
	desk_dial(&control, "fe01");
	ep1_take_reject(&control, 403);
}
END_TEST

START_TEST(desk_topology_keeps_who_is_named)
{
	const struct topo *t = desk_topo(true);

	desk_up(&control, 0);
	desk_park(&leg);
	wce_desk_topology(desk_w.desk, t, -1);
	topo_drop(t);
	desk_sync(&control);
	ck_assert_uint_eq(desk_w.desk->parked_count, 1);
	desk_no_mail();
}
END_TEST

/* REGISTER_OK told where clients go: who is registered is to be told anew. */
START_TEST(desk_topology_that_moves_the_outside_says_bye)
{
	const struct topo *t;

	desk_up(&control, 0);
	desk_w.name = "elsewhere.contoso.com";
	t = desk_topo(true);
	wce_desk_topology(desk_w.desk, t, -1);
	topo_drop(t);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
}
END_TEST

START_TEST(desk_shows_the_new_certificate_to_the_next)
{
	struct edge_tls *tls;

	desk_up(&control, 0);
	certs_make(desk_w.certs, "renewed",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:renewed.contoso.net"});
	tls = ep1_tls(desk_w.certs, "renewed", EP1_TLS_INSIDE);
	wce_desk_tls(desk_w.desk, tls);
	edge_tls_drop(tls);
	desk_dial(&other, "fe01");
	ck_assert_str_eq(edge_conn_peer(other.conn)->names[0],
			 "renewed.contoso.net");
	ck_assert_str_eq(edge_conn_peer(control.conn)->names[0],
			 "edge01.contoso.net");
	desk_sync(&control);
}
END_TEST

/* WC 5.9 */
START_TEST(desk_drain_tells_all_and_seats_nobody)
{
	desk_w.limits[WCE_LIMIT_DRAIN_MS] = 30000;
	desk_up(&control, 0);
	desk_park(&leg);
	desk_ask(a, (struct desk_ask){.nonce = 1});
	desk_take(WCE_MAIL_LEG, a);
	desk_ask(b, (struct desk_ask){.nonce = 2});
	desk_read_mails();
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_WANT, PSOM_TAG_LEGS),
			  1); /* for b */
	wce_desk_drain(desk_w.desk);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_DRAIN, PSOM_TAG_GRACE),
			  30);
	desk_take_refusal(b, WCE_REASON_EDGE_DRAINING);
	desk_ask(b, (struct desk_ask){.nonce = 3});
	desk_take_refusal(b, WCE_REASON_EDGE_DRAINING);
	desk_mail(WCE_MAIL_AGAIN, a);
	desk_take_refusal(a, WCE_REASON_EDGE_DRAINING);
	desk_sync(&control); /* the control connection stays */
}
END_TEST

START_TEST(desk_bye_is_the_last_word)
{
	struct psom_frame f;

	desk_up(&control, 0);
	desk_park(&leg);
	desk_dial(&other, "fe02");
	desk_send_register(
		&other, &(struct desk_mcu){"fe02.contoso.net", 1, 1, 100, 0});
	ep1_take(&other, PSOM_REGISTER_OK, &f);
	wce_desk_bye(desk_w.desk);
	ck_assert_uint_eq(ep1_take_number(&control, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ck_assert_uint_eq(ep1_take_number(&other, PSOM_BYE, PSOM_TAG_CODE),
			  200);
	ep1_take_end(&control);
	ep1_take_end(&other);
	ep1_take_end(&leg);
	ck_assert_uint_eq(desk_w.desk->mcu_count, 0);
	ck_assert_uint_eq(desk_w.desk->parked_count, 0);
	ck_assert_ptr_null(LIST_FIRST(&desk_w.desk->mcus));
	wce_desk_bye(desk_w.desk); /* nobody is left: nothing */
}
END_TEST

START_TEST(desk_bye_passes_over_who_is_gone)
{
	desk_up(&control, 0);
	desk_park(&leg);
	desk_ask(a, (struct desk_ask){.nonce = 1});
	desk_take(WCE_MAIL_LEG, a); /* its seat holds the record */
	ep1_peer_reset(&control);
	desk_wait_stat(WCE_STAT_LOST, 1);
	wce_desk_bye(desk_w.desk);
	wce_desk_drain(desk_w.desk);
	ck_assert_ptr_nonnull(desk_mcu(FE01));
	desk_mail(WCE_MAIL_DONE, a);
	desk_read_mails();
	ck_assert_ptr_null(desk_mcu(FE01));
}
END_TEST

/* It may end with connections in every state. */
START_TEST(desk_ends_with_all_that_is_there)
{
	desk_up(&control, 0);
	desk_park(&leg);
	desk_dial(&other, "fe02");
	wce_desk_free(desk_w.desk);
	desk_w.desk = NULL;
	ep1_take_end(&control);
	ep1_take_end(&leg);
	ep1_take_end(&other);
	ck_assert_int_eq(held_topo_count(), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("desk");
	TCase *t = desk_case(s, "desk");

	tcase_add_checked_fixture(t, init, fini);
	tcase_add_test(t, desk_is_named_by_its_machine);
	tcase_add_loop_test(t, desk_that_cannot_be_made_leaves_nothing, 0, 2);
	tcase_add_test(t, desk_takes_a_door_elsewhere);
	tcase_add_test(t, desk_door_that_cannot_be_opened_leaves_the_old);
	tcase_add_test(t, desk_topology_sends_strangers_off);
	tcase_add_test(t, desk_topology_keeps_who_is_named);
	tcase_add_test(t, desk_topology_that_moves_the_outside_says_bye);
	tcase_add_test(t, desk_shows_the_new_certificate_to_the_next);
	tcase_add_test(t, desk_drain_tells_all_and_seats_nobody);
	tcase_add_test(t, desk_bye_is_the_last_word);
	tcase_add_test(t, desk_bye_passes_over_who_is_gone);
	tcase_add_test(t, desk_ends_with_all_that_is_there);
	return s;
}
