/* Server sockets of many workers: one address, each client at one of them. */
#include "av-edge/sockets.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum { WORKERS = 4, SOURCES = 48, TURNS = 3 };

static struct ave_place place;
static int fds[WORKERS];

static struct edge_addr loopback(const char *ip)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), 0), EDGE_OK);
	return a;
}

/* A port that nobody has now. */
static void choose(const char *ip)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int fd;

	place = (struct ave_place){.at = loopback(ip)};
	len = edge_addr_to_sockaddr(&place.at, &sa);
	fd = socket(place.at.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(
		edge_addr_from_sockaddr(&place.at, (struct sockaddr *)&sa),
		EDGE_OK);
	close(fd);
}

static void open_all(bool is_tcp)
{
	char why[200] = "";

	place.is_tcp = is_tcp;
	ck_assert_msg(ave_sockets_server(fds, WORKERS, &place, why,
					 sizeof(why)) == EDGE_OK,
		      "%s", why);
}

static void close_all(void)
{
	for (int i = 0; i < WORKERS; i++)
		ave_socket_close(fds[i]);
}

/* Which of them a connection from there comes to. */
static int comes_to(const struct edge_addr *source)
{
	struct sockaddr_storage from, to;
	socklen_t from_len = edge_addr_to_sockaddr(source, &from),
		  to_len = edge_addr_to_sockaddr(&place.at, &to);
	struct pollfd p[WORKERS];
	int fd = socket(source->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int found = -1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&from, from_len), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, to_len), 0);
	for (int i = 0; i < WORKERS; i++)
		p[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	ck_assert_int_eq(poll(p, WORKERS, 5000), 1);
	for (int i = 0; i < WORKERS; i++)
		if (p[i].revents)
			found = i;
	close(accept(fds[found], NULL, NULL));
	close(fd);
	return found;
}

START_TEST(connections_of_a_client_come_to_one_worker)
{
	unsigned used = 0;

	choose("127.0.0.1");
	open_all(true);
	for (int i = 0; i < SOURCES; i++) {
		struct edge_addr source = loopback("127.0.1.1");
		int first;

		source.ip[3] = (uint8_t)(1 + i);
		first = comes_to(&source);
		used |= 1u << first;
		for (int turn = 0; turn < TURNS; turn++)
			ck_assert_int_eq(comes_to(&source), first);
	}
	ck_assert_uint_eq(used, (1u << WORKERS) - 1);
	close_all();
}
END_TEST

START_TEST(so_do_those_over_ipv6)
{
	struct edge_addr source = loopback("::1");
	int first;

	choose("::1");
	open_all(true);
	first = comes_to(&source);
	for (int turn = 0; turn < 4 * TURNS; turn++)
		ck_assert_int_eq(comes_to(&source), first);
	close_all();
}
END_TEST

START_TEST(address_that_is_held_is_told)
{
	char why[200] = "";
	int other[WORKERS];

	choose("127.0.0.1");
	open_all(true);
	ck_assert_int_eq(
		ave_sockets_server(other, WORKERS, &place, why, sizeof(why)),
		EDGE_ESYS);
	ck_assert_ptr_nonnull(strstr(why, "cannot listen on 127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(why, "tcp: "));
	close_all();
}
END_TEST

START_TEST(datagrams_have_their_sockets_too)
{
	choose("127.0.0.1");
	open_all(false);
	for (int i = 0; i < WORKERS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_int_ne(fds[i], fds[j]);
	close_all();
}
END_TEST

START_TEST(datagrams_are_marked)
{
	static const struct {
		const char *ip;
		int level, name;
	} rows[] = {{"127.0.0.1", IPPROTO_IP, IP_TOS},
		    {"::1", IPPROTO_IPV6, IPV6_TCLASS}};
	int fd, octet = -1;
	socklen_t len = sizeof(octet);

	place = (struct ave_place){.at = loopback(rows[_i].ip)};
	ck_assert_int_eq(ave_socket_udp(&fd, &place, false, 4096), EDGE_OK);
	ave_socket_mark(fd, place.at.family, 46);
	ck_assert_int_eq(
		getsockopt(fd, rows[_i].level, rows[_i].name, &octet, &len), 0);
	ck_assert_int_eq(octet, 0xb8);
	ave_socket_close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sockets");
	TCase *tc = tcase_create("server");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, connections_of_a_client_come_to_one_worker);
	tcase_add_test(tc, so_do_those_over_ipv6);
	tcase_add_test(tc, address_that_is_held_is_told);
	tcase_add_test(tc, datagrams_have_their_sockets_too);
	tcase_add_loop_test(tc, datagrams_are_marked, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
