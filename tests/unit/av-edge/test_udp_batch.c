/* av-edge/udp_batch*.c: both kinds do the same; every test runs with each. */
#include "av-edge/udp_batch.h"

#include <errno.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum { SOCKETS = 8, PATIENCE_MS = 5000 };

static const enum ave_batch_kind kinds[] = {AVE_BATCH_EPOLL, AVE_BATCH_RING};
static struct ave_batch_item items[AVE_BATCH_ITEMS];

/* The kernel without memory: nothing is taken. These two stand before those of
 * the library. */
struct io_uring;
struct io_uring_cqe;
struct __kernel_timespec;
int io_uring_submit(struct io_uring *ring);
int io_uring_submit_and_wait_timeout(struct io_uring *ring,
				     struct io_uring_cqe **cqe, unsigned n,
				     struct __kernel_timespec *ts, sigset_t *s);
static bool is_stuck;

int io_uring_submit(struct io_uring *ring)
{
	static int (*real)(struct io_uring *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "io_uring_submit");
	return is_stuck ? -EAGAIN : real(ring);
}

int io_uring_submit_and_wait_timeout(struct io_uring *ring,
				     struct io_uring_cqe **cqe, unsigned n,
				     struct __kernel_timespec *ts, sigset_t *s)
{
	static int (*real)(struct io_uring *, struct io_uring_cqe **, unsigned,
			   struct __kernel_timespec *, sigset_t *);

	if (!real)
		*(void **)&real =
			dlsym(RTLD_NEXT, "io_uring_submit_and_wait_timeout");
	return is_stuck ? -EAGAIN : real(ring, cqe, n, ts, s);
}

static struct ave_batch *started(enum ave_batch_kind kind)
{
	struct ave_batch *b;

	ck_assert_int_eq(ave_batch_new(&b, kind, SOCKETS), EDGE_OK);
	ck_assert_int_eq(ave_batch_kind_of(b), kind);
	ck_assert_int_eq(ave_batch_begin(b), EDGE_OK);
	return b;
}

static int bound(const char *ip, struct edge_addr *at)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int fd;

	ck_assert_int_eq(edge_addr_parse(at, edge_slice_str(ip), 0), EDGE_OK);
	len = edge_addr_to_sockaddr(at, &sa);
	fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(edge_addr_from_sockaddr(at, (struct sockaddr *)&sa),
			 EDGE_OK);
	return fd;
}

static void hit(int fd, const struct edge_addr *to, const void *p, size_t len)
{
	struct sockaddr_storage sa;
	socklen_t name = edge_addr_to_sockaddr(to, &sa);

	ck_assert_int_eq(sendto(fd, p, len, 0, (struct sockaddr *)&sa, name),
			 (ssize_t)len);
}

static ssize_t receive(int fd, void *p, size_t cap)
{
	struct pollfd f = {.fd = fd, .events = POLLIN};

	ck_assert_int_eq(poll(&f, 1, PATIENCE_MS), 1);
	return recv(fd, p, cap, 0);
}

static size_t some(struct ave_batch *b)
{
	size_t n = ave_batch_wait(b, items, PATIENCE_MS);

	ck_assert_uint_ge(n, 1);
	ck_assert_uint_le(n, AVE_BATCH_ITEMS);
	return n;
}

static uint32_t opened(struct ave_batch *b, const char *ip, uint64_t tag,
		       struct edge_addr *at)
{
	uint32_t id;

	ck_assert_int_eq(ave_batch_open(&id, b, bound(ip, at), tag), EDGE_OK);
	ck_assert_uint_ne(id, 0);
	return id;
}

/* One datagram there and back, with a header written into the headroom. */
static void echo(enum ave_batch_kind kind, const char *ip)
{
	struct ave_batch *b = started(kind);
	struct edge_addr server, client;
	uint32_t id = opened(b, ip, 77, &server);
	int fd = bound(ip, &client);
	char back[32];

	hit(fd, &server, "hello", 5);
	ck_assert_uint_eq(some(b), 1);
	ck_assert_int_eq(items[0].what, AVE_BATCH_DATAGRAM);
	ck_assert_uint_eq(items[0].tag, 77);
	ck_assert_uint_eq(items[0].socket, id);
	ck_assert(edge_addr_eq(&items[0].from, &client));
	ck_assert_uint_eq(items[0].packet.len, 5);
	ck_assert_mem_eq(items[0].packet.p, "hello", 5);
	memset(items[0].packet.p - AVE_HEADROOM, '!', AVE_HEADROOM);
	memset(items[0].packet.p + 5, '?', AVE_TAILROOM);
	ave_batch_send(b, id, &client,
		       edge_slice(items[0].packet.p - 4, 4 + 5 + 4));
	ck_assert_uint_eq(ave_batch_wait(b, items, 0), 0);
	ck_assert_int_eq(receive(fd, back, sizeof(back)), 13);
	ck_assert_mem_eq(back, "!!!!hello????", 13);
	close(fd);
	ave_batch_free(b);
}

START_TEST(batch_brings_a_datagram_and_sends_one)
{
	echo(kinds[_i], "127.0.0.1");
}
END_TEST

START_TEST(batch_serves_ipv6)
{
	echo(kinds[_i], "::1");
}
END_TEST

START_TEST(batch_brings_all_of_many_in_order_of_each_sender)
{
	enum { MANY = 3000 };
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server[2], client;
	int fd = bound("127.0.0.1", &client);
	uint32_t next[2] = {0}, sent = 0, got = 0;

	for (uint64_t i = 0; i < 2; i++)
		(void)opened(b, "127.0.0.1", i, &server[i]);
	while (got < 2 * MANY) {
		/* no more under way than the kernel's queues hold */
		for (; sent * 2 < got + 200 && sent < MANY; sent++)
			for (int s = 0; s < 2; s++)
				hit(fd, &server[s], &sent, sizeof(sent));
		for (size_t i = 0, n = some(b); i < n; i++, got++) {
			uint32_t v;

			memcpy(&v, items[i].packet.p, sizeof(v));
			ck_assert_uint_eq(v, next[items[i].tag]++);
		}
	}
	ck_assert_uint_eq(ave_batch_losses_of(b).oversize, 0);
	close(fd);
	ave_batch_free(b);
}
END_TEST

/* More than all receive buffers at once: nothing is lost but by the kernel's
 * own queue, and receiving goes on. */
START_TEST(batch_goes_on_when_its_buffers_ran_out)
{
	enum { ROUNDS = 6, BURST = 600 };
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server, client;
	int fd = bound("127.0.0.1", &client), room = 4 << 20;
	uint32_t id;
	unsigned got = 0;
	int in = bound("127.0.0.1", &server);

	setsockopt(in, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	ck_assert_int_eq(ave_batch_open(&id, b, in, 1), EDGE_OK);
	ck_assert_uint_eq(ave_batch_wait(b, items, 0), 0); /* asked for */
	for (int r = 0; r < ROUNDS; r++)
		for (int i = 0; i < BURST; i++)
			hit(fd, &server, "x", 1);
	while (got < ROUNDS * BURST)
		got += (unsigned)some(b);
	ck_assert_uint_eq(got, ROUNDS * BURST);
	close(fd);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_drops_and_counts_what_is_too_long)
{
	static uint8_t big[AVE_BATCH_DATAGRAM_MAX + 1];
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server, client;
	int fd = bound("127.0.0.1", &client);

	(void)opened(b, "127.0.0.1", 1, &server);
	hit(fd, &server, big, sizeof(big));
	hit(fd, &server, big, sizeof(big) - 1);
	while (!ave_batch_wait(b, items, PATIENCE_MS))
		; /* woken by the first */
	ck_assert_uint_eq(items[0].packet.len, sizeof(big) - 1);
	ck_assert_uint_eq(ave_batch_losses_of(b).oversize, 1);
	close(fd);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_sends_more_than_its_queue_holds)
{
	enum { MANY = 2500 };
	static const char word[] = "w";
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server, client;
	uint32_t id = opened(b, "127.0.0.1", 1, &server);
	int fd = bound("127.0.0.1", &client), room = 4 << 20;
	char c;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (int i = 0; i < MANY; i++)
		ave_batch_send(b, id, &client, edge_slice(word, 1));
	(void)ave_batch_wait(b, items, 0);
	for (int i = 0; i < MANY; i++)
		ck_assert_int_eq(receive(fd, &c, 1), 1);
	ck_assert_uint_eq(ave_batch_losses_of(b).send_failed, 0);
	close(fd);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_sends_at_once_behind_what_waits)
{
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server, client;
	uint32_t id = opened(b, "127.0.0.1", 1, &server);
	int fd = bound("127.0.0.1", &client);
	char own = '2', c;

	ave_batch_send(b, id, &client, edge_slice("1", 1));
	ave_batch_send_now(b, id, &client, edge_slice(&own, 1));
	own = 'x';
	ck_assert_int_eq(receive(fd, &c, 1), 1);
	ck_assert_int_eq(c, '1');
	ck_assert_int_eq(receive(fd, &c, 1), 1);
	ck_assert_int_eq(c, '2');
	close(fd);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_counts_what_cannot_be_sent)
{
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server, other;
	uint32_t id = opened(b, "127.0.0.1", 1, &server);

	ck_assert_int_eq(edge_addr_parse(&other, edge_slice_str("::1"), 9),
			 EDGE_OK);
	ave_batch_send(b, id, &other, edge_slice("a", 1));
	ave_batch_send_now(b, id, &other, edge_slice("a", 1));
	ave_batch_send(b, id + 1, &server, edge_slice("a", 1));
	(void)ave_batch_wait(b, items, 0);
	ck_assert_uint_eq(ave_batch_losses_of(b).send_failed, 3);
	/* the kernel refuses: a broadcast without leave */
	ck_assert_int_eq(
		edge_addr_parse(&other, edge_slice_str("255.255.255.255"), 9),
		EDGE_OK);
	ave_batch_send(b, id, &other, edge_slice("a", 1));
	ave_batch_send(b, id, &other, edge_slice("b", 1));
	(void)ave_batch_wait(b, items, 0);
	(void)ave_batch_wait(b, items, 0);
	ck_assert_uint_eq(ave_batch_losses_of(b).send_failed, 5);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_close_gives_port_and_slot_back)
{
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr at, again;
	struct sockaddr_storage sa;
	uint32_t id = opened(b, "127.0.0.1", 1, &at), second;
	socklen_t len = edge_addr_to_sockaddr(&at, &sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), tries = 0;

	(void)ave_batch_wait(b, items, 0);
	ave_batch_close(b, id);
	ave_batch_close(b, id);
	ck_assert_uint_eq(ave_batch_count(b), 0);
	while (bind(fd, (struct sockaddr *)&sa, len)) {
		ck_assert_int_lt(tries++, 100);
		(void)ave_batch_wait(b, items, 1);
	}
	close(fd);
	for (int i = 0; i < 3 * SOCKETS; i++) {
		second = opened(b, "127.0.0.1", 1, &again);
		ck_assert_uint_ne(second, id);
		ave_batch_close(b, second);
	}
	ave_batch_send(b, id, &again, edge_slice("late", 4));
	ck_assert_uint_eq(ave_batch_losses_of(b).send_failed, 1);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_sends_what_was_queued_before_a_close)
{
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server, client;
	uint32_t id = opened(b, "127.0.0.1", 1, &server);
	int fd = bound("127.0.0.1", &client);
	char c;

	ave_batch_send(b, id, &client, edge_slice("1", 1));
	ave_batch_close(b, id);
	ck_assert_int_eq(receive(fd, &c, 1), 1);
	close(fd);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_brings_nothing_of_a_closed_socket)
{
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr server, other, client;
	uint32_t id = opened(b, "127.0.0.1", 1, &server);
	int fd = bound("127.0.0.1", &client);

	(void)opened(b, "127.0.0.1", 2, &other);
	(void)ave_batch_wait(b, items, 0);
	hit(fd, &server, "a", 1);
	ave_batch_close(b, id);
	hit(fd, &other, "b", 1);
	while (!ave_batch_wait(b, items, PATIENCE_MS))
		;
	ck_assert_uint_eq(items[0].tag, 2);
	close(fd);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_holds_no_more_sockets_than_said)
{
	struct ave_batch *b = started(kinds[_i]);
	struct edge_addr at;
	uint32_t id;
	int fd;

	for (int i = 0; i < SOCKETS; i++)
		id = opened(b, "127.0.0.1", 1, &at);
	fd = bound("127.0.0.1", &at);
	ck_assert_int_eq(ave_batch_open(&id, b, fd, 1), EDGE_ELIMIT);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0); /* still the caller's */
	close(fd);
	ck_assert_uint_eq(ave_batch_count(b), SOCKETS);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_tells_of_watched_descriptors_while_ready)
{
	const uint64_t one = 1, tag = (1ull << 62) + 5;
	struct ave_batch *b = started(kinds[_i]);
	int fd = eventfd(0, EFD_NONBLOCK);
	uint64_t n;

	ck_assert_int_eq(ave_batch_watch(b, fd, AVE_BATCH_READ, tag), EDGE_OK);
	ck_assert_uint_eq(ave_batch_wait(b, items, 0), 0);
	ck_assert_int_eq(write(fd, &one, sizeof(one)), sizeof(one));
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(some(b), 1);
		ck_assert_int_eq(items[0].what, AVE_BATCH_READY);
		ck_assert_uint_eq(items[0].tag, tag);
		ck_assert_uint_eq(items[0].ready, AVE_BATCH_READ);
	}
	ck_assert_int_eq(read(fd, &n, sizeof(n)), sizeof(n));
	ck_assert_uint_eq(ave_batch_wait(b, items, 0), 0);
	ck_assert_int_eq(ave_batch_watch(b, fd, AVE_BATCH_WRITE, tag), EDGE_OK);
	ck_assert_uint_eq(some(b), 1);
	ck_assert_uint_eq(items[0].ready, AVE_BATCH_WRITE);
	ave_batch_unwatch(b, fd);
	ck_assert_uint_eq(ave_batch_wait(b, items, 0), 0);
	close(fd);
	ave_batch_free(b);
}
END_TEST

START_TEST(batch_new_wants_a_number_of_sockets_that_fits)
{
	struct ave_batch *b = NULL;

	ck_assert_int_eq(ave_batch_new(&b, kinds[_i], 0), EDGE_ERANGE);
	ck_assert_int_eq(ave_batch_new(&b, kinds[_i], AVE_BATCH_SOCKETS + 1),
			 EDGE_ERANGE);
	ck_assert_ptr_null(b);
	ave_batch_free(NULL);
}
END_TEST

START_TEST(batch_auto_always_starts)
{
	struct ave_batch *b;

	ck_assert_int_eq(ave_batch_new(&b, AVE_BATCH_AUTO, SOCKETS), EDGE_OK);
	ck_assert_int_eq(ave_batch_begin(b), EDGE_OK);
	ck_assert_int_ne(ave_batch_kind_of(b), AVE_BATCH_AUTO);
	ck_assert_str_ne(ave_batch_kind_name(ave_batch_kind_of(b)), "auto");
	ave_batch_free(b);
}
END_TEST

/* A container or an old kernel may have no ring: then that half is left out. */
static struct ave_batch *stuck_ring(uint32_t sockets)
{
	struct ave_batch *b;

	ck_assert_int_eq(ave_batch_new(&b, AVE_BATCH_RING, sockets), EDGE_OK);
	ck_assert_int_eq(ave_batch_begin(b), EDGE_OK);
	ck_assert_uint_eq(ave_batch_wait(b, items, 0), 0);
	is_stuck = true;
	return b;
}

/* What the kernel did not take keeps its name and its bytes. */
START_TEST(ring_sends_later_what_was_not_taken)
{
	struct ave_batch *b = stuck_ring(SOCKETS);
	struct edge_addr server, one, other;
	uint32_t id = opened(b, "127.0.0.1", 0, &server);
	int fd = bound("127.0.0.1", &one), fd2 = bound("127.0.0.1", &other);
	char c[8];

	ave_batch_send(b, id, &one, edge_slice("one", 3));
	(void)ave_batch_wait(b, items, 0);
	ave_batch_send(b, id, &other, edge_slice("other", 5));
	(void)ave_batch_wait(b, items, 0);
	is_stuck = false;
	(void)ave_batch_wait(b, items, 0);
	ck_assert_int_eq(receive(fd, c, sizeof(c)), 3);
	ck_assert_mem_eq(c, "one", 3);
	ck_assert_int_eq(receive(fd2, c, sizeof(c)), 5);
	ck_assert_mem_eq(c, "other", 5);
	hit(fd, &server, "in", 2); /* and its receive was taken as well */
	ck_assert_uint_eq(some(b), 1);
	close(fd);
	close(fd2);
	ave_batch_free(b);
}
END_TEST

/* More than the queue holds, and nothing is taken: dropped and counted. */
START_TEST(ring_drops_what_its_queue_does_not_hold)
{
	enum { MANY = 3000, QUEUE = 1024 };
	struct ave_batch *b = stuck_ring(SOCKETS);
	struct edge_addr server, client;
	uint32_t id = opened(b, "127.0.0.1", 0, &server), none;
	int fd = bound("127.0.0.1", &client), more;
	char c[8];

	for (int i = 0; i < MANY; i++)
		ave_batch_send(b, id, &client, edge_slice("x", 1));
	ck_assert_uint_ge(ave_batch_losses_of(b).send_full, MANY - QUEUE);
	ck_assert_uint_lt(ave_batch_losses_of(b).send_full, MANY);
	more = bound("127.0.0.1", &server);
	ck_assert_int_eq(ave_batch_open(&none, b, more, 0), EDGE_ELIMIT);
	ck_assert_uint_eq(ave_batch_wait(b, items, 0), 0);
	ave_batch_close(b, id);
	is_stuck = false;
	ck_assert_int_eq(ave_batch_open(&id, b, more, 0), EDGE_OK);
	ave_batch_send(b, id, &client, edge_slice("well", 4));
	(void)ave_batch_wait(b, items, 0);
	ck_assert_int_eq(receive(fd, c, sizeof(c)), 4);
	close(fd);
	ave_batch_free(b);
}
END_TEST

/* A socket's slot may have another one when its sends are taken. */
START_TEST(ring_sends_nothing_of_a_closed_socket)
{
	struct ave_batch *b = stuck_ring(1);
	struct edge_addr server, client;
	uint32_t id = opened(b, "127.0.0.1", 0, &server);
	int fd = bound("127.0.0.1", &client);
	char c[8];

	ave_batch_send(b, id, &client, edge_slice("old", 3));
	ave_batch_close(b, id);
	id = opened(b, "127.0.0.1", 0, &server);
	ave_batch_send(b, id, &client, edge_slice("new!", 4));
	is_stuck = false;
	(void)ave_batch_wait(b, items, 0);
	(void)ave_batch_wait(b, items, 0);
	ck_assert_int_eq(receive(fd, c, sizeof(c)), 4);
	ck_assert_uint_eq(ave_batch_losses_of(b).send_failed, 1);
	close(fd);
	ave_batch_free(b);
}
END_TEST

static int kinds_here(void)
{
	struct ave_batch *b = NULL;
	int n = ave_batch_new(&b, AVE_BATCH_RING, 1) == EDGE_OK ? 2 : 1;

	ave_batch_free(b);
	return n;
}

Suite *test_suite(void)
{
	const TTest *const tests[] = {
		batch_brings_a_datagram_and_sends_one,
		batch_serves_ipv6,
		batch_brings_all_of_many_in_order_of_each_sender,
		batch_goes_on_when_its_buffers_ran_out,
		batch_drops_and_counts_what_is_too_long,
		batch_sends_more_than_its_queue_holds,
		batch_sends_at_once_behind_what_waits,
		batch_counts_what_cannot_be_sent,
		batch_close_gives_port_and_slot_back,
		batch_sends_what_was_queued_before_a_close,
		batch_brings_nothing_of_a_closed_socket,
		batch_holds_no_more_sockets_than_said,
		batch_tells_of_watched_descriptors_while_ready,
		batch_new_wants_a_number_of_sockets_that_fits,
	};
	Suite *s = suite_create("udp_batch");
	TCase *t = tcase_create("both kinds");
	int count = kinds_here();

	tcase_set_timeout(t, 30);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_loop_test(t, tests[i], 0, count);
	tcase_add_test(t, batch_auto_always_starts);
	if (count > 1) {
		tcase_add_test(t, ring_sends_later_what_was_not_taken);
		tcase_add_test(t, ring_drops_what_its_queue_does_not_hold);
		tcase_add_test(t, ring_sends_nothing_of_a_closed_socket);
	}
	suite_add_tcase(s, t);
	return s;
}
