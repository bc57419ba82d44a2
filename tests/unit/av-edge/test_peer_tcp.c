/* av-edge/peer_tcp.c: relayed TCP addresses and who connects to them. */
#include "av-edge/peer_tcp.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/suite.h"

enum { TURNS = 200 };

static struct world {
	struct ave_peer_host host; /* first */
	struct ave_hub *hub;
	edge_handle relay;
	struct edge_addr at;
	struct ave_peer *last; /* accepted or connected */
	unsigned connected, accepted, gone, drained;
	enum ave_peer_why why;
	char bytes[256];
	size_t len;
} w;

static void on_connected(struct ave_peer_host *h, struct ave_peer *p)
{
	(void)h;
	w.connected++;
	w.last = p;
}

static void on_accepted(struct ave_peer_host *h, struct ave_peer *p)
{
	(void)h;
	w.accepted++;
	w.last = p;
}

static void on_data(struct ave_peer_host *h, struct ave_peer *p,
		    const struct ave_packet *k)
{
	(void)h;
	(void)p;
	memcpy(w.bytes + w.len, k->p, k->len);
	w.len += k->len;
	memset(k->p - AVE_HEADROOM, 0, AVE_HEADROOM);
}

static void on_drained(struct ave_peer_host *h, struct ave_peer *p)
{
	(void)h;
	(void)p;
	w.drained++;
}

static void on_gone(struct ave_peer_host *h, struct ave_peer *p,
		    enum ave_peer_why why)
{
	(void)h;
	(void)p;
	w.gone++;
	w.why = why;
}

static void no_datagram(struct ave_batch_item *it, void *arg)
{
	(void)it;
	(void)arg;
}

static void no_begin(uint64_t now_ms, void *arg)
{
	(void)now_ms;
	(void)arg;
}

static void turn(void)
{
	ave_hub_turn(w.hub, no_datagram, no_begin, NULL);
}

#define turn_until(what)                                      \
	do {                                                  \
		for (int left = TURNS; !(what); left--) {     \
			ck_assert_msg(left, "never: " #what); \
			turn();                               \
		}                                             \
	} while (0)

static struct ave_place loopback(void)
{
	struct ave_place p = {.device = "lo"};

	ck_assert_int_eq(edge_addr_parse(&p.at, edge_slice_str("127.0.0.1"), 0),
			 EDGE_OK);
	return p;
}

/* A port that is free: bound, asked, closed. */
static struct ave_place free_place(void)
{
	struct ave_place p = loopback();
	struct edge_addr remote;
	int fd;

	ck_assert_int_eq(ave_socket_relay(&fd, &p), EDGE_OK);
	edge_sock_names(fd, &p.at, &remote);
	close(fd);
	return p;
}

static void set_up(void)
{
	struct ave_batch *b;
	struct ave_place p = free_place();

	w = (struct world){.host = {.connected = on_connected,
				    .accepted = on_accepted,
				    .data = on_data,
				    .drained = on_drained,
				    .gone = on_gone,
				    .connect_ms = 60000,
				    .hold_ms = 60000,
				    .join_ms = 60000,
				    .stall_ms = 60000,
				    .connect_queue = 16,
				    .out_cap = 65536,
				    .chunk = 1400,
				    .keep_alive_s = 30}};
	ck_assert_int_eq(ave_batch_new(&b, AVE_BATCH_EPOLL, 1), EDGE_OK);
	ck_assert_int_eq(ave_batch_begin(b), EDGE_OK);
	ck_assert_int_eq(ave_hub_new(&w.hub, b, 1), EDGE_OK);
	w.host.hub = w.hub;
	ck_assert_int_eq(
		edge_handles_new(&w.host.peers, 1, 100, EDGE_HANDLE_REST),
		EDGE_OK);
	ck_assert_int_eq(
		edge_handles_new(&w.host.relays, 9, 100, EDGE_HANDLE_REST),
		EDGE_OK);
	ck_assert_int_eq(ave_tcp_relay_open(&w.relay, &w.host, &p, 7), EDGE_OK);
	w.at = p.at;
}

static void end_peer(void *thing, void *arg)
{
	(void)arg;
	ave_peer_close(thing, false);
}

static void tear_down(void)
{
	edge_handles_each(w.host.peers, end_peer, NULL);
	ave_tcp_relay_close(&w.host, w.relay);
	ave_tcp_relay_close(&w.host, w.relay);
	ck_assert_uint_eq(edge_handles_count(w.host.peers), 0);
	ck_assert_uint_eq(edge_handles_count(w.host.relays), 0);
	ck_assert_uint_eq(edge_handles_count(w.hub->ears), 0);
	ave_hub_free(w.hub);
	edge_handles_free(w.host.peers);
	edge_handles_free(w.host.relays);
}

static int dialled(void)
{
	int fd;

	ck_assert_int_eq(edge_sock_dial(&fd, NULL, NULL, &w.at), EDGE_OK);
	return fd;
}

/* AV 1.15: held unread until a permission comes. */
START_TEST(peer_accepted_is_held_until_admitted)
{
	int fd = dialled();

	turn_until(w.accepted == 1);
	ck_assert_uint_ne(w.relay >> 31, 0); /* no id of a datagram socket */
	ck_assert(ave_peer_find(&w.host, w.last->id) == w.last);
	ck_assert_uint_eq(w.last->tag, 7);
	ck_assert_int_eq(write(fd, "in", 2), 2);
	for (int i = 0; i < 3; i++)
		turn();
	ck_assert_uint_eq(w.len, 0);
	ave_peer_admit(w.last, false);
	turn_until(w.len == 2);
	ck_assert_int_eq(ave_peer_put(w.last, edge_slice("out", 3)), EDGE_OK);
	close(fd);
	turn_until(w.gone == 1);
	ck_assert_int_eq(w.why, AVE_PEER_CLOSED);
}
END_TEST

START_TEST(peer_held_too_long_is_reset)
{
	int fd;
	char c;
	struct pollfd f = {.events = POLLIN};

	w.host.hold_ms = 60;
	fd = dialled();
	turn_until(w.gone == 1);
	ck_assert_int_eq(w.why, AVE_PEER_TIMEOUT);
	f.fd = fd;
	ck_assert_int_eq(poll(&f, 1, 5000), 1);
	ck_assert_int_eq(read(fd, &c, 1), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	close(fd);
}
END_TEST

static void fill(struct ave_peer *p)
{
	static const uint8_t b[4096];

	while (!ave_peer_is_full(p))
		ck_assert_int_eq(ave_peer_put(p, edge_slice(b, sizeof(b))),
				 EDGE_OK);
}

/* Its client is not read meanwhile. */
START_TEST(peer_that_does_not_read_is_reset)
{
	int fd = dialled();

	turn_until(w.accepted == 1);
	ave_peer_admit(w.last, false);
	w.host.stall_ms = 60;
	fill(w.last);
	turn_until(w.gone == 1);
	ck_assert_int_eq(w.why, AVE_PEER_STALLED);
	ck_assert_int_eq(edge_sock_error(fd), ECONNRESET);
	close(fd);
}
END_TEST

/* No hole in the middle of a stream: it ends. */
START_TEST(peer_without_room_is_reset)
{
	static const uint8_t b[60000];
	int fd = dialled();

	turn_until(w.accepted == 1);
	ave_peer_admit(w.last, false);
	fill(w.last);
	ck_assert_int_eq(ave_peer_put(w.last, edge_slice(b, sizeof(b))),
			 EDGE_ELIMIT);
	ck_assert_int_eq(ave_peer_put(w.last, edge_slice(b, 1)), EDGE_ECLOSED);
	ck_assert_uint_eq(w.gone, 0);
	turn();
	ck_assert_uint_eq(w.gone, 1);
	ck_assert_int_eq(w.why, AVE_PEER_STALLED);
	ck_assert_int_eq(edge_sock_error(fd), ECONNRESET);
	close(fd);
}
END_TEST

START_TEST(peer_that_reads_in_time_stays)
{
	static uint8_t b[65536];
	int fd = dialled();

	turn_until(w.accepted == 1);
	ave_peer_admit(w.last, false);
	w.host.stall_ms = 5000;
	fill(w.last);
	ck_assert(edge_timer_running(&w.last->stall));
	for (int left = TURNS; left && !w.drained; left--) {
		(void)!recv(fd, b, sizeof(b), MSG_DONTWAIT);
		turn();
	}
	ck_assert_uint_eq(w.drained, 1);
	ck_assert(!edge_timer_running(&w.last->stall));
	ck_assert_uint_eq(w.gone, 0);
	close(fd);
}
END_TEST

START_TEST(peer_dialled_sends_what_waited)
{
	struct edge_addr to, remote, local;
	struct ave_place p = loopback(), from = {.at = w.at, .device = "lo"};
	edge_handle id;
	char b[16];
	int server, in;

	ck_assert_int_eq(ave_socket_relay(&server, &p), EDGE_OK);
	edge_sock_names(server, &to, &remote);
	ck_assert_int_eq(ave_peer_dial(&id, &w.host, &from, &to, 8), EDGE_OK);
	ck_assert_int_eq(ave_peer_put(ave_peer_find(&w.host, id),
				      edge_slice("first", 5)),
			 EDGE_OK);
	turn_until(w.connected == 1);
	while ((in = accept(server, NULL, NULL)) < 0)
		turn();
	edge_sock_names(in, &local, &remote);
	ck_assert(edge_addr_eq(&remote, &w.at)); /* from the relayed address */
	ck_assert_int_eq(read(in, b, sizeof(b)), 5);
	ave_peer_close(w.last, false);
	ck_assert_int_eq(w.why, AVE_PEER_DISMISSED);
	ck_assert_ptr_null(ave_peer_find(&w.host, id));
	close(in);
	close(server);
}
END_TEST

/* What does not fit may not be left out: what comes behind it would be taken
 * for it. A queue that is more than half full stops its writer before that. */
START_TEST(peer_dialled_without_room_is_reset)
{
	struct edge_addr to, remote;
	struct ave_place p = loopback(), from = {.at = w.at, .device = "lo"};
	struct ave_peer *peer;
	edge_handle id;
	int server;

	ck_assert_int_eq(ave_socket_relay(&server, &p), EDGE_OK);
	edge_sock_names(server, &to, &remote);
	ck_assert_int_eq(ave_peer_dial(&id, &w.host, &from, &to, 8), EDGE_OK);
	peer = ave_peer_find(&w.host, id);
	ck_assert_int_eq(ave_peer_put(peer, edge_slice("first", 5)), EDGE_OK);
	ck_assert(!ave_peer_is_full(peer));
	ck_assert_int_eq(ave_peer_put(peer, edge_slice("0123456789ab", 12)),
			 EDGE_ELIMIT); /* connect_queue */
	ck_assert_int_eq(ave_peer_put(peer, edge_slice("x", 1)), EDGE_ECLOSED);
	turn_until(w.gone == 1);
	ck_assert_int_eq(w.why, AVE_PEER_STALLED);
	ck_assert_ptr_null(ave_peer_find(&w.host, id));
	close(server);
}
END_TEST

START_TEST(peer_dialled_in_vain_is_told)
{
	struct ave_place nobody = free_place(), from = {.at = w.at};
	edge_handle id;

	if (ave_peer_dial(&id, &w.host, &from, &nobody.at, 8) != EDGE_OK)
		return;
	turn_until(w.gone == 1);
	ck_assert_int_eq(w.why, AVE_PEER_REFUSED);
	ck_assert_uint_eq(w.connected, 0);
}
END_TEST

START_TEST(peer_waits_for_its_join_so_long)
{
	int fd = dialled();

	turn_until(w.accepted == 1);
	w.host.join_ms = 60;
	ave_peer_admit(w.last, true);
	turn_until(w.gone == 1);
	ck_assert_int_eq(w.why, AVE_PEER_TIMEOUT);
	close(fd);
}
END_TEST

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Out of descriptors: who waits is not asked for in each turn, but let in
 * later. */
START_TEST(peer_waits_while_there_are_no_descriptors)
{
	int fd = dialled();
	struct rlimit was, none;
	uint64_t began = clock_ms();

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (int i = 0; i < 8; i++) /* 50 ms each, but for a few */
		turn();
	ck_assert_uint_gt(clock_ms() - began, 100);
	ck_assert_uint_eq(w.accepted, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	turn_until(w.accepted == 1);
	close(fd);
}
END_TEST

START_TEST(relay_may_close_while_there_are_no_descriptors)
{
	int fd = dialled();
	struct rlimit was, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	turn();
	ave_tcp_relay_close(&w.host, w.relay);
	for (int i = 0; i < 4; i++)
		turn();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
	close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("peer_tcp");
	TCase *t = tcase_create("peers");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, peer_accepted_is_held_until_admitted);
	tcase_add_test(t, peer_held_too_long_is_reset);
	tcase_add_test(t, peer_that_does_not_read_is_reset);
	tcase_add_test(t, peer_without_room_is_reset);
	tcase_add_test(t, peer_that_reads_in_time_stays);
	tcase_add_test(t, peer_dialled_sends_what_waited);
	tcase_add_test(t, peer_dialled_without_room_is_reset);
	tcase_add_test(t, peer_dialled_in_vain_is_told);
	tcase_add_test(t, peer_waits_for_its_join_so_long);
	tcase_add_test(t, peer_waits_while_there_are_no_descriptors);
	tcase_add_test(t, relay_may_close_while_there_are_no_descriptors);
	suite_add_tcase(s, t);
	return s;
}
