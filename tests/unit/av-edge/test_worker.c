/* av-edge/worker*.c, with a relay that does as it is told; the
 * sockets are real. */
#include "av-edge/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "av-edge/sockets.h"
#include "av-edge/stream.h"
#include "common/sock.h"
#include "common/tls.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/worker_world.h"

/* -- tests ---------------------------------------------------------------- */

START_TEST(worker_answers_datagrams_on_every_thread)
{
	int fd[20];

	for (unsigned i = 0; i < 2; i++)
		start(i, kind_of(_i));
	for (int i = 0; i < 20; i++) {
		fd[i] = client();
		ck_assert_int_eq(send(fd[i], "Ecall", 5, 0), 5);
	}
	for (int i = 0; i < 20; i++) {
		expect(fd[i], "hdr:Ecall");
		ck_assert_int_eq(send(fd[i], "T", 1, 0), 1);
		expect(fd[i], "told");
		close(fd[i]);
	}
}
END_TEST

START_TEST(worker_relays_between_client_and_peer)
{
	uint16_t port = free_port(SOCK_DGRAM);
	int fd, peer;

	start(0, kind_of(_i));
	fd = client();
	peer = client(); /* connected elsewhere; sendto names the address */
	order(fd, 'U', port, "", false);
	close(peer);
	peer = socket(AF_INET, SOCK_DGRAM, 0);
	{
		struct sockaddr_storage sa;
		struct edge_addr any = local(0), to = local(port);
		socklen_t len = edge_addr_to_sockaddr(&any, &sa);

		ck_assert_int_eq(bind(peer, (struct sockaddr *)&sa, len), 0);
		order(fd, 'P', name_of(peer).port, "media", false);
		expect(peer, "media");
		len = edge_addr_to_sockaddr(&to, &sa);
		ck_assert_int_eq(
			sendto(peer, "back", 4, 0, (struct sockaddr *)&sa, len),
			4);
	}
	expect(fd, "back");
	order(fd, 'C', 0, "", false);
	ck_assert_int_eq(send(fd, "T", 1, 0), 1);
	expect(fd, "told");
	close(fd);
	close(peer);
}
END_TEST

START_TEST(worker_serves_streams)
{
	int fd;

	start(0, kind_of(_i));
	fd = stream();
	ck_assert_int_eq(send(fd, "\2\0\0\5Ecall", 9, 0), 9);
	expect(fd, "hdr:Ecall");
	ck_assert_int_eq(send(fd, "\2\0\0\1T", 5, 0), 5);
	expect(fd, "told");
	close(fd);
	while (!gone)
		(void)poll(NULL, 0, 5);
	fd = stream();
	ck_assert_int_eq(send(fd, "\2\0\0\1X", 5, 0), 5);
	await(fd);
	ck_assert_int_le(recv(fd, &fd, 1, MSG_PEEK), 0);
	close(fd);
	fd = stream();
	order(fd, 'Q', 0, "", true);
	await(fd);
	close(fd);
	ck_assert_int_eq(gone, 2); /* not told of what it closed itself */
}
END_TEST

static bool nobody_is_in(void)
{
	return entered == 0;
}

START_TEST(worker_lets_so_many_in_from_one_source)
{
	int fd[4];
	char c;

	start(0, kind_of(_i));
	for (int i = 0; i < 4; i++)
		fd[i] = stream();
	await(fd[3]);
	ck_assert_int_le(recv(fd[3], &c, 1, 0), 0);
	ck_assert_uint_eq(edge_stats_sum(house.stats, AVE_STAT_REJECTED_SOURCE),
			  1);
	for (int i = 0; i < 4; i++)
		close(fd[i]);
	ck_assert(patient(nobody_is_in));
}
END_TEST

static clock_t worked(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool is_refused(void)
{
	return edge_stats_sum(house.stats, AVE_STAT_REJECTED_HANDSHAKES) == 2;
}

static void serve_tls(struct certs *files)
{
	const struct edge_tls_recipe r = {
		.chain = certs_path(files, "edge.pem"),
		.key = certs_path(files, "edge.key"),
	};
	struct ave_mail *m = ave_mail_new();
	char why[256];

	certs_make_usual(files);
	m->has_tls = true;
	ck_assert_int_eq(edge_tls_new(&m->tls, &r, why, sizeof(why)), EDGE_OK);
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
}

/* One a second of each source; it waits for more of its hello then. */
START_TEST(worker_shakes_hands_so_often_with_one_source)
{
	static const char hello[] = "\x16\3\1\2\0\1\0\1\xfc";
	struct certs *files = certs_new();
	struct pollfd f[3];

	start(0, kind_of(_i));
	serve_tls(files);
	for (int i = 0; i < 3; i++)
		f[i] = (struct pollfd){.fd = stream(), .events = POLLIN};
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(send(f[i].fd, hello, 9, 0), 9);
	ck_assert(patient(is_refused));
	while (poll(f, 3, WAIT_MS) == 1)
		(void)poll(NULL, 0, 5);
	ck_assert_int_eq(poll(f, 3, 0), 2); /* closed, but for one */
	for (int i = 0; i < 3; i++)
		close(f[i].fd);
	certs_free(files);
}
END_TEST

/* Without descriptors nobody comes in, and the worker does not ask for them all
 * the time. */
START_TEST(worker_rests_while_there_are_no_descriptors)
{
	enum { A_WHILE_MS = 400 };
	struct rlimit was, none;
	clock_t began;
	int fd;

	start(0, kind_of(_i));
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 3;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	connect_to_door(fd);
	began = worked();
	(void)poll(NULL, 0, A_WHILE_MS);
	ck_assert_int_lt(worked() - began, A_WHILE_MS / 4);
	ck_assert_int_eq(entered, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	ck_assert_int_eq(send(fd, "\2\0\0\1T", 5, 0), 5);
	expect(fd, "told");
	close(fd);
}
END_TEST

static int listening(uint16_t *port)
{
	struct edge_addr at = local(0);
	int fd;

	ck_assert_int_eq(edge_sock_listen(&fd, &at, NULL, false), EDGE_OK);
	*port = name_of(fd).port;
	return fd;
}

static int accepted(int server)
{
	int fd;

	await(server);
	fd = accept(server, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* It ends its allocation and stays. */
START_TEST(worker_closes_streams_without_allocation)
{
	int fd;
	char b;

	first_allocate_ms = 300;
	start(0, AVE_BATCH_EPOLL);
	first_allocate_ms = 0;
	fd = stream();
	order(fd, 'T', 0, "", true);
	expect(fd, "told");
	order(fd, 'N', 0, "", true);
	await(fd);
	ck_assert_int_eq(recv(fd, &b, 1, 0), 0);
	close(fd);
}
END_TEST

START_TEST(worker_connects_clients_with_tcp_peers)
{
	uint16_t port, own = free_port(SOCK_STREAM);
	int fd, server = listening(&port), peer;
	struct sockaddr_storage sa;
	struct edge_addr to = local(own);
	socklen_t len = edge_addr_to_sockaddr(&to, &sa);

	start(0, kind_of(_i));
	fd = stream();
	order(fd, 'L', own, "", true);
	order(fd, 'D', port, "", true);
	order(fd, 'W', 0, "early", true);
	peer = accepted(server);
	expect(peer, "early");
	ck_assert_int_eq(send(peer, "data", 4, 0), 4);
	expect(fd, "data");
	order(fd, 'J', 0, "", true);
	ck_assert_int_eq(send(fd, "raw", 3, 0), 3);
	expect(peer, "raw");
	ck_assert_int_eq(send(peer, "\2\1\0", 3, 0), 3);
	expect(fd, "\2\1");
	close(peer);
	close(fd);
	fd = stream(); /* somebody connects to the relayed address */
	ck_assert_int_eq(send(fd, "\2\0\0\1T", 5, 0), 5);
	expect(fd, "told");
	peer = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(peer, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(send(peer, "in", 2, 0), 2);
	expect(fd, "in");
	close(peer);
	while (closed_peers < 2) /* the joined one too */
		(void)poll(NULL, 0, 5);
	close(fd);
	close(server);
}
END_TEST

/* The relayed address at own, and a peer that came to it. */
static int peer_of(int fd, uint16_t own)
{
	struct sockaddr_storage sa;
	struct edge_addr to = local(own);
	socklen_t len = edge_addr_to_sockaddr(&to, &sa);
	int peer = socket(AF_INET, SOCK_STREAM, 0);

	order(fd, 'L', own, "", true);
	ck_assert_int_eq(send(fd, "\2\0\0\1T", 5, 0), 5);
	expect(fd, "told");
	ck_assert_int_eq(connect(peer, (struct sockaddr *)&sa, len), 0);
	return peer;
}

enum { MUCH = 64 << 20 };
static uint8_t much[65536];

/* Until nothing more is taken; or the client's stream has ended. */
static size_t say_much(int peer)
{
	size_t sent = 0;

	while (sent < MUCH && !gone) {
		struct pollfd f = {.fd = peer, .events = POLLOUT};
		ssize_t n;

		if (poll(&f, 1, 300) == 0)
			break;
		n = send(peer, much, sizeof(much), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			sent += (size_t)n;
	}
	ck_assert_uint_lt(sent, MUCH);
	return sent;
}

/* A client that does not read stops the peer: what is under way is bounded by
 * the queue and the kernel's buffers. No byte is lost, also when many peers
 * speak at once: their chunks fill more than the half of the queue. */
START_TEST(worker_stops_a_peer_of_a_slow_client)
{
	size_t sent;
	int fd, peer;

	copies = _i < 2 ? 1 : OUT_QUEUE / 2 / 1400;
	start(0, kind_of(_i % 2));
	fd = stream();
	peer = peer_of(fd, free_port(SOCK_STREAM));
	sent = say_much(peer);
	ck_assert_int_ge(fulls, 1);
	for (size_t got = 0; got < sent * (size_t)copies;) {
		ssize_t n;

		await(fd);
		n = recv(fd, much, sizeof(much), 0);
		ck_assert_int_gt(n, 0);
		got += (size_t)n;
	}
	ck_assert_uint_eq(
		edge_stats_sum(house.stats, AVE_STAT_LOST_SLOW_READER), 0);
	close(fd);
	close(peer);
}
END_TEST

/* More than there is room for: no bytes are cut out, the stream ends. */
START_TEST(worker_ends_a_client_rather_than_lose_bytes_of_a_stream)
{
	int fd, peer;

	copies = OUT_QUEUE * 2 / 1400;
	start(0, kind_of(_i));
	fd = stream();
	peer = peer_of(fd, free_port(SOCK_STREAM));
	(void)say_much(peer);
	while (!gone)
		(void)poll(NULL, 0, 5);
	ck_assert_uint_eq(edge_stats_sum(house.stats,
					 AVE_STAT_CLOSED + AVE_STREAM_STALLED),
			  1);
	close(fd);
	close(peer);
}
END_TEST

/* Twice stopped, twice started. */
START_TEST(worker_reads_a_client_when_the_relay_says_so)
{
	struct pollfd f = {.events = POLLIN};
	int fd, boss;

	start(0, kind_of(_i));
	fd = stream();
	boss = client();
	order(fd, 'F', 0, "", true);
	ck_assert_int_eq(send(fd, "\2\0\0\1T", 5, 0), 5);
	f.fd = fd;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(send(boss, "T", 1, 0), 1);
		expect(boss, "told"); /* it has had time to answer */
		ck_assert_int_eq(poll(&f, 1, 50), 0);
		order(boss, 'G', 0, "", false);
	}
	expect(fd, "told");
	close(fd);
	close(boss);
}
END_TEST

static bool is_looked(void)
{
	return looks == 1;
}

START_TEST(worker_takes_a_new_view_and_drains)
{
	struct ave_mail *m = ave_mail_new();
	struct sockaddr_storage sa;
	socklen_t len;
	int fd, late = socket(AF_INET, SOCK_STREAM, 0);

	start(0, kind_of(_i));
	len = edge_addr_to_sockaddr(&tcp_at, &sa);
	fd = client();
	m->outlook = outlook(true);
	ck_assert_int_eq(ave_worker_post(worker[0], m), EDGE_OK);
	ck_assert(patient(is_looked));
	ck_assert_int_eq(send(fd, "T", 1, 0), 1);
	expect(fd, "told"); /* UDP stays: those who have allocations use it */
	ck_assert_int_eq(connect(late, (struct sockaddr *)&sa, len), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	close(fd);
	close(late);
}
END_TEST

static bool is_counted(void)
{
	return edge_stats_sum(house.stats, AVE_STAT_PACKETS_TO_PEER) == 5 &&
	       house.gauges[0].sockets == 1;
}

START_TEST(worker_tells_its_counters)
{
	int fd;

	start(0, kind_of(_i));
	fd = client();
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(send(fd, "T", 1, 0), 1);
	ck_assert(patient(is_counted));
	close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("worker");
	TCase *t = tcase_create("threads");

	tcase_set_timeout(t, 90);
	tcase_add_checked_fixture(t, worker_set_up, worker_tear_down);
	tcase_add_loop_test(t, worker_answers_datagrams_on_every_thread, 0, 2);
	tcase_add_loop_test(t, worker_relays_between_client_and_peer, 0, 2);
	tcase_add_loop_test(t, worker_serves_streams, 0, 2);
	tcase_add_loop_test(t, worker_lets_so_many_in_from_one_source, 0, 2);
	tcase_add_test(t, worker_closes_streams_without_allocation);
	tcase_add_loop_test(t, worker_shakes_hands_so_often_with_one_source, 0,
			    2);
	tcase_add_loop_test(t, worker_rests_while_there_are_no_descriptors, 0,
			    2);
	tcase_add_loop_test(t, worker_connects_clients_with_tcp_peers, 0, 2);
	tcase_add_loop_test(t, worker_stops_a_peer_of_a_slow_client, 0, 4);
	tcase_add_loop_test(
		t, worker_ends_a_client_rather_than_lose_bytes_of_a_stream, 0,
		2);
	tcase_add_loop_test(t, worker_reads_a_client_when_the_relay_says_so, 0,
			    2);
	tcase_add_loop_test(t, worker_takes_a_new_view_and_drains, 0, 2);
	tcase_add_loop_test(t, worker_tells_its_counters, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
