/* webconf-edge/service_doors.c: doors that a topology moves. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"
#include "tests/unit/webconf-edge/service_world.h"

START_TEST(service_moves_its_doors_at_commit)
{
	const struct edge_addr old = *outside();
	const struct topo *new;

	start();
	pair();
	choose_doors();
	t.seq = 2;
	new = snapshot();
	ck_assert_msg(wce_service_prepare(v, new, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_ptr_eq(wce_service_topo(v), topo);
	wce_service_commit(v, new);
	ck_assert_ptr_eq(wce_service_topo(v), new);
	ck_assert(heard("reason=moved"));
	knock(&second, 1, KEY_BYTE); /* at the new one */
	turns_for(loop, 50);
	ck_assert(!second.is_over);
	talk(); /* the old session */
	ep1_peer_fini(&second);
	ep1_peer_dial(&second, loop, client_tls, &old);
	ep1_wait_end(&second);
	ck_assert_uint_eq(second.count[EDGE_CONN_SECURED], 0);
	topo_drop(new);
}
END_TEST

START_TEST(service_refuses_a_topology_it_cannot_serve)
{
	struct edge_addr taken;
	const struct topo *new;
	const int fd = ep1_listen(&taken);
	int before;

	start();
	before = count_files();
	t.listen[TOPO_PORT_WEBCONF_INSIDE].addr = taken;
	new = snapshot();
	ck_assert_int_ne(wce_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_msg(strstr(why, "cannot listen") != NULL, "%s", why);
	ck_assert_int_eq(count_files(), before);
	ck_assert_ptr_eq(wce_service_topo(v), topo);
	topo_drop(new);
	close(fd);
	t.listen[TOPO_PORT_WEBCONF_INSIDE].addr =
		topo->listen[TOPO_PORT_WEBCONF_INSIDE].addr;
	pair();
}
END_TEST

START_TEST(service_forgets_what_was_prepared)
{
	const struct topo *new;
	int before;

	start();
	before = count_files();
	choose_doors();
	new = snapshot();
	ck_assert_int_eq(wce_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(count_files(), before + 3); /* two shards, one desk */
	wce_service_abort(v);
	ck_assert_int_eq(count_files(), before);
	topo_drop(new);
}
END_TEST

/* Keys come with the bundle. */
START_TEST(service_reads_new_keys_with_a_topology)
{
	const struct topo *new;

	start();
	t.seq = 2;
	new = snapshot();
	write_keys(2, NEXT_BYTE);
	ck_assert_int_eq(wce_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	wce_service_commit(v, new);
	topo_drop(new);
	ck_assert_str_eq(wce_service_keys(v)->keys[0].kid, "2");
	knock(&peer, 2, NEXT_BYTE);
	ep1_take_reject(&peer, 503); /* a good token, no MCU */
	knock(&second, 1, KEY_BYTE);
	ep1_take_reject(&second, 401);
}
END_TEST

/* A file that is broken changes nothing: the old keys stay. */
START_TEST(service_keeps_its_keys_when_new_ones_will_not_do)
{
	const struct topo *new;
	char file[128];
	FILE *f;

	start();
	t.seq = 2;
	new = snapshot();
	snprintf(file, sizeof(file), "%s/secrets/psom.keys", state);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fputs("2 xyz\n", f);
	fclose(f);
	ck_assert_int_eq(wce_service_prepare(v, new, why, sizeof(why)),
			 EDGE_OK);
	wce_service_commit(v, new);
	topo_drop(new);
	ck_assert(heard("EDGE_EV_RELOAD_FAILED"));
	ck_assert_str_eq(wce_service_keys(v)->keys[0].kid, "1");
	pair();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service_doors");
	TCase *c = service_case(s, "service_doors");

	tcase_add_test(c, service_moves_its_doors_at_commit);
	tcase_add_test(c, service_refuses_a_topology_it_cannot_serve);
	tcase_add_test(c, service_forgets_what_was_prepared);
	tcase_add_test(c, service_reads_new_keys_with_a_topology);
	tcase_add_test(c, service_keeps_its_keys_when_new_ones_will_not_do);
	return s;
}
