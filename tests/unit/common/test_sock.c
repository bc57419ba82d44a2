/* common/sock.c: listening, sharing a port, dialling, names. */
#include "common/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"

static struct edge_addr at(const char *text)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(text), 0), EDGE_OK);
	return a;
}

static int listening(struct edge_addr *a, bool is_shared)
{
	struct edge_addr remote;
	int fd;

	ck_assert_int_eq(edge_sock_listen(&fd, a, "lo", is_shared), EDGE_OK);
	edge_sock_names(fd, a, &remote);
	ck_assert_uint_eq(remote.family, 0);
	ck_assert_uint_ne(a->port, 0);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	return fd;
}

START_TEST(sock_listen_alone_proves_that_nobody_else_does)
{
	struct edge_addr a = at("127.0.0.1");
	int first = listening(&a, false), second;

	ck_assert_int_eq(edge_sock_listen(&second, &a, "lo", false), EDGE_ESYS);
	ck_assert_int_eq(errno, EADDRINUSE);
	ck_assert_int_eq(edge_sock_listen(&second, &a, "lo", true), EDGE_ESYS);
	close(first);
}
END_TEST

START_TEST(sock_listen_shared_gives_each_shard_its_own)
{
	struct edge_addr a = at("127.0.0.1");
	int first = listening(&a, true), second;

	ck_assert_int_eq(edge_sock_listen(&second, &a, "lo", true), EDGE_OK);
	close(first);
	close(second);
}
END_TEST

static int dialled(const struct edge_addr *to)
{
	struct pollfd p = {.events = POLLOUT};

	ck_assert_int_eq(edge_sock_dial(&p.fd, NULL, NULL, to), EDGE_OK);
	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	return p.fd;
}

START_TEST(sock_accept_takes_who_waits)
{
	struct edge_addr a = at("127.0.0.1"), from, local, remote;
	int server = listening(&a, false), fd, client;

	ck_assert_int_eq(edge_sock_accept(&fd, &from, server), EDGE_EAGAIN);
	client = dialled(&a);
	ck_assert_int_eq(edge_sock_accept(&fd, &from, server), EDGE_OK);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	edge_sock_names(client, &local, &remote);
	ck_assert(edge_addr_eq(&from, &local));
	ck_assert_int_eq(edge_sock_accept(&client, &from, server), EDGE_EAGAIN);
	close(fd);
	ck_assert_int_eq(edge_sock_accept(&fd, &from, -1), EDGE_ESYS);
	close(server);
}
END_TEST

START_TEST(sock_accept_says_when_there_is_no_room)
{
	struct edge_addr a = at("127.0.0.1"), from;
	int server = listening(&a, false), client = dialled(&a), fd;
	struct rlimit before, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(edge_sock_accept(&fd, &from, server), EDGE_ELIMIT);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	/* he still waits */
	ck_assert_int_eq(edge_sock_accept(&fd, &from, server), EDGE_OK);
	close(fd);
	close(client);
	close(server);
}
END_TEST

START_TEST(sock_dial_connects_from_where_it_is_told)
{
	struct edge_addr a = at("127.0.0.1"), from = at("127.0.0.7");
	struct edge_addr local, remote;
	int fd = listening(&a, false), out;
	struct pollfd p = {.events = POLLOUT};

	ck_assert_int_eq(edge_sock_dial(&out, &from, "lo", &a), EDGE_OK);
	p.fd = out;
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(edge_sock_error(out), 0);
	edge_sock_names(out, &local, &remote);
	ck_assert(edge_addr_eq(&remote, &a));
	ck_assert(edge_addr_same_ip(&local, &from));
	close(out);
	close(fd);
}
END_TEST

START_TEST(sock_dial_fails_with_errno)
{
	struct edge_addr a = at("127.0.0.1"), from = at("192.0.2.77");
	int fd = listening(&a, false), out;
	struct pollfd p = {.events = POLLOUT};

	ck_assert_int_eq(edge_sock_dial(&out, &from, NULL, &a), EDGE_ESYS);
	ck_assert_int_eq(errno, EADDRNOTAVAIL);
	ck_assert_int_eq(edge_sock_dial(&out, NULL, "nodev0", &a), EDGE_ESYS);
	close(fd);
	if (edge_sock_dial(&out, NULL, NULL, &a)) {
		ck_assert_int_eq(errno, ECONNREFUSED);
		return;
	}
	p.fd = out; /* on this kernel it comes later */
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(edge_sock_error(out), ECONNREFUSED);
	close(out);
}
END_TEST

START_TEST(sock_names_of_another_kind_are_empty)
{
	struct edge_addr local, remote;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	edge_sock_names(pair[0], &local, &remote);
	ck_assert_uint_eq(local.family, 0);
	ck_assert_uint_eq(remote.family, 0);
	edge_sock_set_nodelay(pair[0]); /* not TCP: no harm */
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(sock_set_probing_asks_a_silent_peer)
{
	static const struct {
		int level, name, want;
	} rows[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, 60},
		{IPPROTO_TCP, TCP_KEEPINTVL, 15},
		{IPPROTO_TCP, TCP_KEEPCNT, 4},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, 90000},
	};
	static const struct edge_sock_probing p = {60, 15, 4, 90000};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	edge_sock_set_probing(fd, &p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int got = -1;
		socklen_t len = sizeof(got);

		ck_assert_int_eq(
			getsockopt(fd, rows[i].level, rows[i].name, &got, &len),
			0);
		ck_assert_int_eq(got, rows[i].want);
	}
	close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sock");
	TCase *t = tcase_create("sockets");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, sock_listen_alone_proves_that_nobody_else_does);
	tcase_add_test(t, sock_listen_shared_gives_each_shard_its_own);
	tcase_add_test(t, sock_accept_takes_who_waits);
	tcase_add_test(t, sock_accept_says_when_there_is_no_room);
	tcase_add_test(t, sock_dial_connects_from_where_it_is_told);
	tcase_add_test(t, sock_dial_fails_with_errno);
	tcase_add_test(t, sock_names_of_another_kind_are_empty);
	tcase_add_test(t, sock_set_probing_asks_a_silent_peer);
	suite_add_tcase(s, t);
	return s;
}
