/* common/door.c: sockets of our own, and how fast who comes is taken in. */
#include "common/door.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/loop.h"
#include "tests/support/suite.h"

enum { CALLERS = 80 };

static const struct edge_addr loopback = {.family = AF_INET,
					  .ip = {127, 0, 0, 1}};

static struct {
	struct edge_loop *loop;
	struct edge_door *door;
	struct edge_door_plan plan;
	struct edge_addr at;
	int callers[CALLERS];
	unsigned count, taken, paused, stop_at, asked;
	uint64_t wait, first_ms, last_ms;
	bool refuses; /* who comes is turned away */
} f;

/* -- binding --------------------------------------------------------------- */

static int listen_at(struct edge_addr *at)
{
	struct edge_addr peer;
	int fd;

	*at = loopback;
	ck_assert_int_eq(edge_sock_listen(&fd, at, NULL, false), EDGE_OK);
	edge_sock_names(fd, at, &peer);
	return fd;
}

/* A port that is free in this moment. */
static struct edge_addr free_port(void)
{
	struct edge_addr at;

	close(listen_at(&at));
	return at;
}

START_TEST(door_binds_one_socket_a_loop)
{
	const struct edge_door_at at = {free_port(), NULL};
	int fds[3];
	char why[256] = "";

	ck_assert_msg(edge_door_bind(fds, 3, &at, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}
END_TEST

START_TEST(door_proves_that_nobody_else_is_there)
{
	const struct edge_door_at at = {free_port(), ""};
	int fds[2] = {-1, -1}, theirs[2];
	char why[256] = "";

	/* they share their port, so only the plain bind can notice */
	ck_assert_int_eq(edge_door_bind(theirs, 2, &at, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(edge_door_bind(fds, _i ? 1 : 2, &at, why, sizeof(why)),
			 EDGE_ESYS);
	ck_assert_ptr_nonnull(strstr(why, "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(why, "in use"));
	close(theirs[0]);
	close(theirs[1]);
}
END_TEST

START_TEST(door_alone_shares_its_port_with_nobody)
{
	const struct edge_door_at at = {free_port(), NULL};
	char why[256] = "";
	int fd, other;

	ck_assert_int_eq(edge_door_bind(&fd, 1, &at, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_int_eq(edge_sock_listen(&other, &at.at, NULL, true),
			 EDGE_ESYS);
	close(fd);
}
END_TEST

START_TEST(door_names_the_device_that_is_not_there)
{
	const struct edge_door_at at = {free_port(), "nosuch0"};
	int fds[1];
	char why[256] = "";

	ck_assert_int_eq(edge_door_bind(fds, 1, &at, why, sizeof(why)),
			 EDGE_ESYS);
	ck_assert_ptr_nonnull(strstr(why, "device nosuch0"));
}
END_TEST

/* -- accepting ------------------------------------------------------------- */

static bool on_taken(void *arg, int fd, const struct edge_addr *from)
{
	ck_assert_ptr_eq(arg, &f);
	ck_assert_int_eq(from->family, AF_INET);
	f.last_ms = edge_loop_now_ms(f.loop);
	if (!f.taken++)
		f.first_ms = f.last_ms;
	close(fd);
	if (f.taken == f.stop_at)
		edge_loop_stop(f.loop);
	return !f.refuses;
}

static void on_paused(void *arg)
{
	ck_assert_ptr_eq(arg, &f);
	f.paused++;
}

static uint64_t on_wait(void *arg, uint64_t now_ms)
{
	ck_assert_ptr_eq(arg, &f);
	ck_assert_uint_eq(now_ms, edge_loop_now_ms(f.loop));
	f.asked++;
	if (f.asked > 3) /* he waits no longer */
		f.wait = 0;
	return f.wait;
}

static void setup(void)
{
	memset(&f, 0, sizeof(f));
	ck_assert_int_eq(edge_loop_new(&f.loop), EDGE_OK);
	f.plan = (struct edge_door_plan){.loop = f.loop,
					 .taken = on_taken,
					 .paused = on_paused,
					 .arg = &f};
}

static void teardown(void)
{
	while (f.count)
		close(f.callers[--f.count]);
	edge_door_free(f.door);
	edge_loop_free(f.loop);
}

static void open_door(void)
{
	int fd = listen_at(&f.at);

	ck_assert_int_eq(edge_door_new(&f.door, &f.plan, fd), EDGE_OK);
}

static void call(unsigned count)
{
	while (count--)
		ck_assert_int_eq(edge_sock_dial(&f.callers[f.count++], NULL,
						NULL, &f.at),
				 EDGE_OK);
}

static void run_until(unsigned taken)
{
	f.stop_at = taken;
	ck_assert_int_eq(edge_loop_run(f.loop), EDGE_OK);
	ck_assert_uint_ge(f.taken, taken);
}

START_TEST(door_takes_who_comes)
{
	open_door();
	call(CALLERS); /* more than one turn takes */
	run_until(CALLERS);
	ck_assert_uint_eq(f.paused, 0);
	edge_door_free(NULL);
}
END_TEST

START_TEST(door_leaves_what_is_too_fast_in_the_backlog)
{
	f.plan.rate = 10;
	f.plan.burst = 3;
	open_door();
	call(5);
	run_until(5);
	ck_assert_uint_ge(f.paused, 1);
	/* the fourth and the fifth, 100 ms each */
	ck_assert_uint_ge(f.last_ms - f.first_ms, 200);
}
END_TEST

START_TEST(door_does_not_count_who_is_turned_away)
{
	f.plan.rate = 1;
	f.plan.burst = 1;
	f.refuses = true;
	open_door();
	call(20);
	run_until(20);
	ck_assert_uint_eq(f.paused, 0);
	f.refuses = false; /* he is the first that counts */
	call(2);
	run_until(21);
	run_until(22);
	ck_assert_uint_ge(f.paused, 1);
}
END_TEST

START_TEST(door_takes_another_rate)
{
	f.plan.rate = 10;
	f.plan.burst = 20;
	open_door();
	edge_door_set_rate(f.door, 1000); /* a burst of 2000 */
	call(60);
	run_until(60);
	ck_assert_uint_eq(f.paused, 0);
	f.taken = 0;
	edge_door_set_rate(f.door, 5); /* of 10 */
	call(11);
	run_until(11);
	ck_assert_uint_ge(f.paused, 1);
	ck_assert_uint_ge(f.last_ms - f.first_ms, 200);
}
END_TEST

START_TEST(door_waits_while_it_is_told_to)
{
	f.plan.wait_ms = on_wait;
	f.wait = 5;
	open_door();
	call(1);
	run_until(1);
	ck_assert_uint_eq(f.paused, 3);
}
END_TEST

static struct rlimit was;

static void give_back(void *arg)
{
	on_paused(arg);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
}

START_TEST(door_waits_for_descriptors)
{
	struct rlimit none;

	f.plan.paused = give_back;
	open_door();
	call(1);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	run_until(1);
	ck_assert_uint_eq(f.paused, 1);
}
END_TEST

START_TEST(door_closes_its_socket)
{
	int fd;

	open_door();
	edge_door_free(f.door);
	f.door = NULL;
	ck_assert_int_eq(edge_sock_listen(&fd, &f.at, NULL, false), EDGE_OK);
	close(fd);
}
END_TEST

START_TEST(door_takes_the_socket_over_when_it_fails_too)
{
	struct edge_addr at;
	const int fd = listen_at(&at), high = 300000; /* beyond the table */
	struct rlimit more;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	more = was;
	more.rlim_cur = (rlim_t)high + 1;
	if (more.rlim_cur > more.rlim_max ||
	    setrlimit(RLIMIT_NOFILE, &more) != 0) {
		close(fd);
		return;
	}
	ck_assert_int_eq(dup2(fd, high), high);
	close(fd);
	ck_assert_int_eq(edge_door_new(&f.door, &f.plan, high), EDGE_ELIMIT);
	ck_assert_int_eq(close(high), -1);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("door");
	TCase *t = tcase_create("bind"), *a = tcase_create("accept");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, door_binds_one_socket_a_loop);
	tcase_add_loop_test(t, door_proves_that_nobody_else_is_there, 0, 2);
	tcase_add_test(t, door_alone_shares_its_port_with_nobody);
	tcase_add_test(t, door_names_the_device_that_is_not_there);
	tcase_set_timeout(a, 20);
	tcase_add_checked_fixture(a, setup, teardown);
	tcase_add_test(a, door_takes_who_comes);
	tcase_add_test(a, door_leaves_what_is_too_fast_in_the_backlog);
	tcase_add_test(a, door_does_not_count_who_is_turned_away);
	tcase_add_test(a, door_takes_another_rate);
	tcase_add_test(a, door_waits_while_it_is_told_to);
	tcase_add_test(a, door_waits_for_descriptors);
	tcase_add_test(a, door_closes_its_socket);
	tcase_add_test(a, door_takes_the_socket_over_when_it_fails_too);
	suite_add_tcase(s, t);
	suite_add_tcase(s, a);
	return s;
}
