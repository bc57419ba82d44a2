/* av-edge/sockets.c: which server socket gets a client; ports that are shared
 * between listening and dialling. */
#include "av-edge/sockets.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/suite.h"

enum { WORKERS = 3, WAIT_MS = 10000 };

static struct edge_addr addr(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

static struct edge_addr name_of(int fd)
{
	struct edge_addr own, other;

	edge_sock_names(fd, &own, &other);
	return own;
}

/* A port that is free for TCP now. */
static struct ave_place place(const char *ip)
{
	struct edge_addr at = addr(ip, 0);
	struct ave_place p = {.device = "lo"};
	int fd;

	ck_assert_int_eq(edge_sock_listen(&fd, &at, NULL, false), EDGE_OK);
	p.at = name_of(fd);
	close(fd);
	return p;
}

static int dialled(const char *from, const struct edge_addr *to)
{
	struct edge_addr local = addr(from, 0);
	int fd;

	ck_assert_int_eq(edge_sock_dial(&fd, &local, NULL, to), EDGE_OK);
	return fd;
}

/* Which of the listeners has it; it is closed. */
static unsigned taker(const int *fds)
{
	struct pollfd f[WORKERS];
	int fd;

	for (int i = 0; i < WORKERS; i++)
		f[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	ck_assert_int_eq(poll(f, WORKERS, WAIT_MS), 1);
	for (unsigned i = 0; i < WORKERS; i++) {
		if (!f[i].revents)
			continue;
		fd = accept(fds[i], NULL, NULL);
		ck_assert_int_ge(fd, 0);
		close(fd);
		return i;
	}
	return WORKERS;
}

START_TEST(sockets_give_a_tcp_source_to_one_worker)
{
	const struct ave_place p = place("127.0.0.1");
	bool is_used[WORKERS] = {false};
	int fds[WORKERS];
	char why[128];

	ck_assert_int_eq(
		ave_sockets_server(fds, WORKERS, &p, true, why, sizeof(why)),
		EDGE_OK);
	for (int source = 1; source < 40; source++) {
		char ip[16];
		unsigned first = WORKERS;

		snprintf(ip, sizeof(ip), "127.0.0.%d", source);
		for (int i = 0; i < 4; i++) {
			int fd = dialled(ip, &p.at);
			unsigned got = taker(fds);

			ck_assert_uint_lt(got, WORKERS);
			ck_assert(first == WORKERS || first == got);
			first = got;
			is_used[got] = true;
			close(fd);
		}
	}
	for (int i = 0; i < WORKERS; i++) {
		ck_assert(is_used[i]);
		close(fds[i]);
	}
}
END_TEST

START_TEST(sockets_give_a_tcp_source_of_ipv6_to_one_worker)
{
	const struct ave_place p = place("::1");
	unsigned first = WORKERS;
	int fds[WORKERS];
	char why[128];

	ck_assert_int_eq(
		ave_sockets_server(fds, WORKERS, &p, true, why, sizeof(why)),
		EDGE_OK);
	for (int i = 0; i < 12; i++) {
		int fd = dialled("::1", &p.at);
		unsigned got = taker(fds);

		ck_assert(first == WORKERS || first == got);
		first = got;
		close(fd);
	}
	for (int i = 0; i < WORKERS; i++)
		close(fds[i]);
}
END_TEST

START_TEST(sockets_say_where_they_cannot_listen)
{
	struct ave_place p = place("127.0.0.1");
	int fds[WORKERS], holder;
	char why[128] = "";

	ck_assert_int_eq(edge_sock_listen(&holder, &p.at, NULL, false),
			 EDGE_OK);
	ck_assert_int_eq(
		ave_sockets_server(fds, WORKERS, &p, true, why, sizeof(why)),
		EDGE_ESYS);
	ck_assert_ptr_nonnull(strstr(why, "cannot listen on 127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(why, "device lo, tcp: "));
	close(holder);
}
END_TEST

/* AV 1.15: one port listens and dials. */
START_TEST(sockets_dial_from_a_port_that_listens)
{
	const struct ave_place here = place("127.0.0.1");
	struct edge_addr far = addr("127.0.0.1", 0), own, other;
	struct pollfd f = {.events = POLLIN};
	int relay, server, fd;

	ck_assert_int_eq(edge_sock_listen(&server, &far, NULL, false), EDGE_OK);
	far = name_of(server);
	ck_assert_int_eq(ave_socket_relay(&relay, &here), EDGE_OK);
	ck_assert_int_eq(ave_socket_dial(&fd, &here, &far), EDGE_OK);
	f.fd = server;
	ck_assert_int_eq(poll(&f, 1, WAIT_MS), 1);
	close(fd);
	fd = accept(server, NULL, NULL);
	edge_sock_names(fd, &own, &other);
	ck_assert(edge_addr_eq(&other, &here.at));
	close(fd);
	close(server);
	close(relay);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sockets");
	TCase *t = tcase_create("sockets");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, sockets_give_a_tcp_source_to_one_worker);
	tcase_add_test(t, sockets_give_a_tcp_source_of_ipv6_to_one_worker);
	tcase_add_test(t, sockets_say_where_they_cannot_listen);
	tcase_add_test(t, sockets_dial_from_a_port_that_listens);
	suite_add_tcase(s, t);
	return s;
}
