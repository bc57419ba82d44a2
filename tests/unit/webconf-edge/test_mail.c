/* webconf-edge/mail.c: a mail owns what it carries. */
#include "webconf-edge/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/held_topo.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"
#include "tests/unit/webconf-edge/pair_world.h"

START_TEST(mail_is_empty_at_first)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_LEG, 0x1234);

	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(m->kind, WCE_MAIL_LEG);
	ck_assert_uint_eq(m->client, 0x1234);
	for (int f = 0; f < WCE_FAMILIES; f++)
		ck_assert_int_eq(m->fd[f], -1);
	ck_assert_ptr_null(m->leg);
	ck_assert_ptr_null(m->topo);
	ck_assert_ptr_null(m->tls);
	ck_assert_ptr_null(m->keys);
	wce_mail_free(m);
	wce_mail_free(NULL);
}
END_TEST

START_TEST(mail_closes_the_listeners_that_nobody_took)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_TOPOLOGY, 0);
	const struct topo t = topo_fixture();
	int fds[WCE_FAMILIES];

	ck_assert_ptr_nonnull(m);
	for (int f = 0; f < WCE_FAMILIES; f++)
		fds[f] = m->fd[f] = open("/dev/null", O_RDONLY);
	m->topo = held_topo_new(&t);
	wce_mail_free(m);
	ck_assert_int_eq(held_topo_count(), 0);
	for (int f = 0; f < WCE_FAMILIES; f++) {
		ck_assert_int_eq(fcntl(fds[f], F_GETFD), -1);
		ck_assert_int_eq(errno, EBADF);
	}
}
END_TEST

/* What is lost here asan finds. */
START_TEST(mail_frees_its_keys)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_KEYS, 0);
	struct topo_keyring *ring = NULL;

	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(topo_keyring_new(&ring), EDGE_OK);
	ring->count = 1;
	ring->keys[0].kid[0] = '5';
	m->keys = calloc(1, sizeof(*m->keys));
	ck_assert_ptr_nonnull(m->keys);
	ck_assert_int_eq(psom_keys_from(m->keys, ring), EDGE_OK);
	ck_assert_uint_eq(m->keys->count, 1);
	topo_keyring_free(ring);
	wce_mail_free(m);
	wce_keys_free(NULL);
}
END_TEST

START_TEST(mail_drops_its_context)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_TLS, 0);

	ck_assert_ptr_nonnull(m);
	m->tls = edge_tls_hold(pair_w.edge_tls);
	wce_mail_free(m);
	pair_dial(); /* the other reference is good still */
}
END_TEST

/* A leg that no shard took is closed: its MCU sees the end. */
START_TEST(mail_closes_a_leg_that_nobody_took)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_LEG, 1);

	ck_assert_ptr_nonnull(m);
	pair_dial();
	ck_assert_int_eq(edge_conn_detach(pair_w.end[WCE_MCU]), EDGE_OK);
	m->leg = pair_w.end[WCE_MCU];
	pair_w.end[WCE_MCU] = NULL;
	wce_mail_free(m);
	ep1_take_end(&pair_w.far[WCE_MCU]);
	ck_assert_uint_eq(pair_w.far[WCE_MCU].count[EDGE_CONN_EOF], 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mail");
	TCase *t = tcase_create("mail");
	TCase *world = pair_case(s, "connections");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, mail_is_empty_at_first);
	tcase_add_test(t, mail_closes_the_listeners_that_nobody_took);
	tcase_add_test(t, mail_frees_its_keys);
	suite_add_tcase(s, t);
	tcase_add_test(world, mail_drops_its_context);
	tcase_add_test(world, mail_closes_a_leg_that_nobody_took);
	return s;
}
