/* av-edge/door.c: server sockets that move, end and come back. */
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/sockets.h"
#include "common/sock.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/worker_world.h"

START_TEST(worker_moves_its_doors)
{
	struct ave_mail *m = ave_mail_new();
	struct ave_place at = {.at = local(0), .device = "lo"};
	int fd;

	start(0, kind_of(_i));
	ck_assert_int_eq(
		ave_socket_udp(&m->fds[AVE_DOOR_OUTSIDE_UDP], &at, true, 65536),
		EDGE_OK);
	udp_at = name_of(m->fds[AVE_DOOR_OUTSIDE_UDP]);
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
	fd = client();
	ck_assert_int_eq(send(fd, "T", 1, 0), 1);
	expect(fd, "told");
	close(fd);
}
END_TEST

static void told_of(int fd, const char *what)
{
	ck_assert_int_eq(send(fd, what, 1, 0), 1);
	expect(fd, "told");
}

/* Back to where there is no old socket: what came with it is not lost. */
START_TEST(worker_opens_a_door_that_cannot_go_back)
{
	struct ave_mail *m = ave_mail_new();
	struct ave_place at = {.at = local(0), .device = "lo"};
	int fd;

	start(0, kind_of(_i));
	m->back[AVE_DOOR_OUTSIDE_UDP] = local(9);
	ck_assert_int_eq(
		ave_socket_udp(&m->fds[AVE_DOOR_OUTSIDE_UDP], &at, true, 65536),
		EDGE_OK);
	udp_at = name_of(m->fds[AVE_DOOR_OUTSIDE_UDP]);
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
	fd = client();
	told_of(fd, "T");
	close(fd);
}
END_TEST

/* Its number of the move. */
static void move_to(const struct edge_addr *to, uint32_t moves)
{
	struct ave_mail *m = ave_mail_new();
	struct ave_place at = {.at = *to, .device = "lo"};

	m->moves = moves;
	ck_assert_int_eq(
		ave_socket_udp(&m->fds[AVE_DOOR_OUTSIDE_UDP], &at, true, 65536),
		EDGE_OK);
	udp_at = name_of(m->fds[AVE_DOOR_OUTSIDE_UDP]);
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
}

static bool is_moved(void)
{
	return house.gauges[0].moves == 1 && house.gauges[0].sockets == 2;
}

static bool is_back(void)
{
	return house.gauges[0].moves == 2 && house.gauges[0].sockets == 2;
}

static bool is_ended(void)
{
	return house.gauges[0].sockets == 1 && !house.gauges[0].on_old;
}

START_TEST(worker_keeps_a_door_for_the_allocations_made_there)
{
	struct ave_mail *m = ave_mail_new();
	struct edge_addr any = local(0);
	int fd, other;

	start(0, kind_of(_i));
	left_behind = 3;
	fd = client();
	told_of(fd, "A");
	move_to(&any, 1);
	ck_assert(patient(is_moved));
	ck_assert_uint_eq(house.gauges[0].on_old, 3);
	other = client();
	told_of(other, "T");
	told_of(fd, "T");
	m->ends_old = true;
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
	ck_assert(patient(is_ended));
	told_of(other, "T");
	close(other);
	close(fd);
}
END_TEST

static bool is_dropped(void)
{
	return dropped == 1;
}

START_TEST(worker_lets_no_stranger_in_by_an_old_door)
{
	const struct edge_addr any = local(0);
	struct edge_addr first;
	struct ave_mail *m;
	int fd;

	start(0, kind_of(_i));
	dropped = 0;
	first = udp_at;
	fd = client();
	told_of(fd, "T");
	move_to(&any, 1);
	ck_assert(patient(is_moved));
	ck_assert_int_eq(send(fd, "T", 1, 0), 1);
	ck_assert(patient(is_dropped));
	/* back again: the old socket is the door once more */
	m = ave_mail_new();
	m->back[AVE_DOOR_OUTSIDE_UDP] = first;
	m->moves = 2;
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
	ck_assert(patient(is_back));
	told_of(fd, "T");
	close(fd);
}
END_TEST

static bool is_gone(void)
{
	return house.gauges[0].moves == 1 && house.gauges[0].sockets == 1;
}

/* As when IPv6 goes from the topology, and comes again. */
START_TEST(worker_ends_a_door_but_not_its_allocations)
{
	struct ave_mail *m = ave_mail_new();
	struct edge_addr first;
	int fd, mine;

	start(0, kind_of(_i));
	left_behind = 3;
	dropped = 0;
	first = udp_at;
	fd = client();
	told_of(fd, "T");
	m->ends[AVE_DOOR_OUTSIDE_UDP] = m->ends[AVE_DOOR_OUTSIDE_TCP] = true;
	m->moves = 1;
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
	ck_assert(patient(is_gone));
	ck_assert_uint_eq(house.gauges[0].on_old, 3);
	ck_assert_int_eq(edge_sock_listen(&mine, &tcp_at, "lo", false),
			 EDGE_OK);
	close(mine);
	ck_assert_int_eq(send(fd, "T", 1, 0), 1);
	ck_assert(patient(is_dropped));
	m = ave_mail_new();
	m->back[AVE_DOOR_OUTSIDE_UDP] = first;
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
	told_of(fd, "T");
	close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("door");
	TCase *t = tcase_create("moves");

	tcase_set_timeout(t, 90);
	tcase_add_checked_fixture(t, worker_set_up, worker_tear_down);
	tcase_add_loop_test(t, worker_moves_its_doors, 0, 2);
	tcase_add_loop_test(t, worker_opens_a_door_that_cannot_go_back, 0, 2);
	tcase_add_loop_test(
		t, worker_keeps_a_door_for_the_allocations_made_there, 0, 2);
	tcase_add_loop_test(t, worker_lets_no_stranger_in_by_an_old_door, 0, 2);
	tcase_add_loop_test(t, worker_ends_a_door_but_not_its_allocations, 0,
			    2);
	suite_add_tcase(s, t);
	return s;
}
