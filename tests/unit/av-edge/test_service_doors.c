/* av-edge/service_doors.c: real sockets on loopback, one a worker. */
#include "av-edge/service_doors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/events.h"
#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/service_fixture.h"

static struct topo t;
static struct ave_house house;
static struct ave_doors doors;
static char why[256];

static void setup(void)
{
	heard_start(ave_events);
	t = service_fixture_topo();
	service_fixture_loopback(&t);
	memset(&house, 0, sizeof(house));
	house.worker_count = 3;
	ave_doors_init(&doors, &house);
	*why = '\0';
}

static void teardown(void)
{
	ave_doors_close(&doors);
	heard_stop();
}

static const struct edge_addr loopback6 = {.family = AF_INET6,
					   .ip = {[15] = 1}};

static void bind_all(void)
{
	for (int k = 0; k < AVE_DOORS; k++)
		ck_assert_msg(ave_doors_bind(&doors, (enum ave_door_kind)k, &t,
					     why, sizeof(why)) == EDGE_OK,
			      "%s", why);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(doors_know_their_rows)
{
	ck_assert_int_eq(ave_door_port(AVE_DOOR_OUTSIDE_UDP),
			 TOPO_PORT_AV_OUTSIDE_UDP);
	ck_assert_int_eq(ave_door_port(AVE_DOOR_INSIDE_TCP),
			 TOPO_PORT_AV_INSIDE_TCP);
	ck_assert_int_eq(ave_door_side(AVE_DOOR_OUTSIDE_TCP), AVE_OUTSIDE);
	ck_assert_int_eq(ave_door_side(AVE_DOOR_INSIDE_UDP), AVE_INSIDE);
	ck_assert_str_eq(ave_door_name(AVE_DOOR_INSIDE_UDP), "inside udp");
}
END_TEST

START_TEST(doors_bind_one_socket_a_worker)
{
	t.av_own6 = t.internal6 = loopback6;
	bind_all();
	for (int k = 0; k < AVE_DOORS; k++) {
		for (unsigned i = 0; i < AVE_WORKERS; i++) {
			const struct edge_addr at =
				ave_door_at((enum ave_door_kind)k, &t);
			struct edge_addr own, other;
			int fd = doors.fd[k][i];

			if (i >= house.worker_count) {
				ck_assert_int_eq(fd, -1);
				continue;
			}
			edge_sock_names(fd, &own, &other);
			ck_assert(edge_addr_eq(&own, &at));
			ck_assert_int_eq(own.family == AF_INET6,
					 k >= AVE_DOOR_OUTSIDE_UDP6);
		}
	}
}
END_TEST

START_TEST(doors_refuse_an_address_that_is_taken)
{
	struct ave_doors second;

	bind_all();
	ave_doors_init(&second, &house);
	ck_assert_int_eq(ave_doors_bind(&second, AVE_DOOR_OUTSIDE_UDP, &t, why,
					sizeof(why)),
			 EDGE_ESYS);
	ck_assert_msg(strstr(why, "127.0.0.1") &&
			      strstr(why, strerror(EADDRINUSE)),
		      "%s", why);
	ck_assert_int_eq(second.fd[AVE_DOOR_OUTSIDE_UDP][0], -1);
}
END_TEST

START_TEST(doors_refuse_a_topology_without_the_port)
{
	t.listen[TOPO_PORT_AV_INSIDE_TCP].present = false;
	ck_assert_int_eq(ave_doors_bind(&doors, AVE_DOOR_INSIDE_TCP, &t, why,
					sizeof(why)),
			 EDGE_ENOTFOUND);
	ck_assert_msg(strstr(why, "inside tcp"), "%s", why);
}
END_TEST

START_TEST(doors_bind_only_what_has_moved)
{
	struct topo new = t;
	struct ave_doors moved;

	bind_all();
	ave_doors_init(&moved, &house);
	ck_assert_int_eq(
		ave_doors_bind_moved(&moved, &t, &new, why, sizeof(why)),
		EDGE_OK);
	for (int k = 0; k < AVE_DOORS; k++)
		ck_assert_int_eq(moved.fd[k][0], -1);
	service_fixture_loopback(&new);
	for (int k = 0; k < AVE_DOOR_OUTSIDE_UDP6; k++)
		if (k != AVE_DOOR_OUTSIDE_UDP)
			new.listen[ave_door_port((enum ave_door_kind)k)] =
				t.listen[ave_door_port((enum ave_door_kind)k)];
	ck_assert_int_eq(
		ave_doors_bind_moved(&moved, &t, &new, why, sizeof(why)),
		EDGE_OK);
	for (int k = 0; k < AVE_DOORS; k++)
		ck_assert_int_eq(moved.fd[k][2] >= 0,
				 k == AVE_DOOR_OUTSIDE_UDP);
	ave_doors_close(&moved);
}
END_TEST

START_TEST(doors_of_ipv6_come_move_and_go)
{
	const enum ave_door_kind udp = AVE_DOOR_OUTSIDE_UDP6;
	struct topo new = t;
	struct ave_doors moved;
	struct ave_held held = {.count = 0};

	bind_all();
	ck_assert_int_eq(doors.fd[udp][0], -1);
	/* comes: nothing is left behind */
	new.av_own6 = loopback6;
	ave_doors_init(&moved, &house);
	ck_assert_int_eq(
		ave_doors_bind_moved(&moved, &t, &new, why, sizeof(why)),
		EDGE_OK);
	for (int k = 0; k < AVE_DOORS; k++)
		ck_assert_int_eq(moved.fd[k][0] >= 0,
				 k == (int)udp || k == AVE_DOOR_OUTSIDE_TCP6);
	ck_assert(!ave_door_ends(udp, &t, &new));
	ck_assert_uint_eq(ave_held_move(&held, &t, &new), 0);
	ck_assert_uint_eq(held.count, 0);
	/* goes: its place is held */
	ck_assert(ave_door_ends(udp, &new, &t));
	ck_assert(ave_door_ends(AVE_DOOR_OUTSIDE_TCP6, &new, &t));
	ck_assert(!ave_door_ends(AVE_DOOR_INSIDE_UDP6, &new, &t));
	ck_assert(!ave_door_ends(AVE_DOOR_OUTSIDE_UDP, &new, &t));
	ck_assert_uint_eq(ave_held_move(&held, &new, &t), 1);
	ck_assert(!ave_held_has(&held, udp, &new, &t));
	/* and is there again */
	ck_assert(ave_held_has(&held, udp, &t, &new));
	ck_assert_uint_eq(ave_held_move(&held, &t, &new), 0);
	ck_assert_uint_eq(held.count, 0);
	ave_doors_close(&moved);
}
END_TEST

START_TEST(doors_move_all_or_none)
{
	struct topo new = t;
	struct ave_doors moved;

	bind_all();
	service_fixture_loopback(&new);
	/* that one is held, by this very process */
	new.listen[TOPO_PORT_AV_INSIDE_TCP].addr =
		t.listen[TOPO_PORT_AV_OUTSIDE_TCP].addr;
	ave_doors_init(&moved, &house);
	ck_assert_int_eq(
		ave_doors_bind_moved(&moved, &t, &new, why, sizeof(why)),
		EDGE_ESYS);
	for (int k = 0; k < AVE_DOORS; k++)
		for (unsigned i = 0; i < house.worker_count; i++)
			ck_assert_int_eq(moved.fd[k][i], -1);
}
END_TEST

START_TEST(doors_of_udp_that_moved_are_held)
{
	struct topo new = t, back_to;
	struct ave_held held = {.count = 0};
	struct ave_doors back;

	bind_all();
	ck_assert_uint_eq(ave_held_move(&held, &t, &new), 0);
	service_fixture_loopback(&new);
	ck_assert_uint_eq(ave_held_move(&held, &t, &new), 2);
	ck_assert_uint_eq(held.count, 2);
	/* the way back needs no socket: ours are there still */
	ck_assert(ave_held_has(&held, AVE_DOOR_OUTSIDE_UDP, &new, &t));
	ck_assert(!ave_held_has(&held, AVE_DOOR_OUTSIDE_TCP, &new, &t));
	ck_assert(!ave_held_has(&held, AVE_DOOR_OUTSIDE_UDP, &t, &t));
	ck_assert(!ave_held_has(NULL, AVE_DOOR_OUTSIDE_UDP, &new, &t));
	back_to = new;
	back_to.listen[TOPO_PORT_AV_OUTSIDE_UDP] =
		t.listen[TOPO_PORT_AV_OUTSIDE_UDP];
	ave_doors_init(&back, &house);
	back.held = &held;
	ck_assert_msg(ave_doors_bind_moved(&back, &new, &back_to, why,
					   sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_int_eq(back.fd[AVE_DOOR_OUTSIDE_UDP][0], -1);
	ck_assert_uint_eq(ave_held_move(&held, &new, &t), 2);
	ck_assert_uint_eq(held.count, 2);
	ck_assert(edge_addr_eq(&held.at[0],
			       &new.listen[TOPO_PORT_AV_OUTSIDE_UDP].addr));
	for (int i = 0; i < 9; i++) {
		struct topo next = t;

		service_fixture_loopback(&next);
		(void)ave_held_move(&held, &new, &next);
		new = next;
	}
	ck_assert_uint_eq(held.count, AVE_OLD_DOORS);
}
END_TEST

START_TEST(doors_are_handed_over_once)
{
	int fds[AVE_DOORS], again[AVE_DOORS];

	t.av_own6 = t.internal6 = loopback6;
	bind_all();
	ave_doors_give(fds, &doors, 1);
	ave_doors_give(again, &doors, 1);
	for (int k = 0; k < AVE_DOORS; k++) {
		ck_assert_int_ge(fds[k], 0);
		ck_assert_int_eq(again[k], -1);
	}
	ave_doors_close(&doors);
	for (int k = 0; k < AVE_DOORS; k++) {
		ck_assert(is_open(fds[k]));
		close(fds[k]);
		ck_assert_int_eq(doors.fd[k][0], -1);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("av-edge service_doors");
	TCase *tc = tcase_create("doors");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, doors_know_their_rows);
	tcase_add_test(tc, doors_bind_one_socket_a_worker);
	tcase_add_test(tc, doors_refuse_an_address_that_is_taken);
	tcase_add_test(tc, doors_refuse_a_topology_without_the_port);
	tcase_add_test(tc, doors_bind_only_what_has_moved);
	tcase_add_test(tc, doors_of_ipv6_come_move_and_go);
	tcase_add_test(tc, doors_move_all_or_none);
	tcase_add_test(tc, doors_of_udp_that_moved_are_held);
	tcase_add_test(tc, doors_are_handed_over_once);
	suite_add_tcase(suite, tc);
	return suite;
}
