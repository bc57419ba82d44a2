/* common/tls_stream.c: how many system calls a write costs, and what stays. */
#include "common/tls_stream.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "common/tls.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_COUNTED = 0 }; /* sanitizers have their own malloc */
#else
enum { IS_COUNTED = 1 };
#endif

enum {
	SERVER,
	CLIENT,
	ENDS,
	RECORD = 16384,
	BATCH = 68 * 1024, /* four of them and more */
	MUCH = 200000,
};

static struct certs *certs;
static struct edge_tls *tls[ENDS];
static struct edge_tls_stream s[ENDS];
static uint8_t scratch[BATCH], wire[256 * 1024], *text;
static struct edge_bytes out, in;
static unsigned packets;

static void open_ends(int type)
{
	int fds[ENDS];
	char why[200] = "";
	struct edge_tls_recipe r[ENDS] = {
		[SERVER] = {.chain = certs_path(certs, "edge.pem"),
			    .key = certs_path(certs, "edge.key")},
		[CLIENT] = {.trust = certs_path(certs, "ca.pem"),
			    .ask = EDGE_TLS_ASK_REQUIRED,
			    .is_client = true},
	};

	ck_assert_int_eq(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds), 0);
	for (int i = 0; i < ENDS; i++) {
		ck_assert_msg(edge_tls_new(&tls[i], &r[i], why, sizeof(why)) ==
				      EDGE_OK,
			      "%s", why);
		ck_assert_int_eq(
			edge_tls_stream_init(&s[i], tls[i], i == CLIENT, NULL),
			EDGE_OK);
		s[i].fd = fds[i];
	}
}

/* One packet or what there is; false: nothing. */
static bool hear(struct edge_tls_stream *e)
{
	ssize_t n = recv(e->fd, wire, sizeof(wire), 0);

	if (n <= 0)
		return false;
	packets++;
	e->rx = edge_slice(wire, (size_t)n);
	return true;
}

static void shake(void)
{
	enum edge_tls_step step[ENDS] = {EDGE_TLS_WANT_READ,
					 EDGE_TLS_WANT_READ};
	int turns = 0;

	step[CLIENT] = edge_tls_stream_handshake(&s[CLIENT]);
	while (step[SERVER] != EDGE_TLS_DONE || step[CLIENT] != EDGE_TLS_DONE) {
		const int i = turns++ & 1;

		ck_assert_int_lt(turns, 20);
		if (hear(&s[i]) && step[i] != EDGE_TLS_DONE)
			step[i] = edge_tls_stream_handshake(&s[i]);
		ck_assert_int_ne(step[i], EDGE_TLS_BROKEN);
	}
	while (hear(&s[CLIENT])) /* tickets */
		ck_assert_int_eq(edge_tls_stream_read(&s[CLIENT], &in, MUCH),
				 EDGE_TLS_DONE);
	packets = 0;
}

static void setup(void)
{
	certs = certs_new();
	certs_make_usual(certs);
	text = malloc(MUCH);
	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < MUCH; i++)
		text[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void teardown(void)
{
	for (int i = 0; i < ENDS; i++) {
		edge_tls_stream_fini(&s[i]);
		edge_tls_drop(tls[i]);
		close(s[i].fd);
	}
	edge_bytes_fini(&out);
	edge_bytes_fini(&in);
	free(text);
	certs_free(certs);
}

static void queue(size_t len)
{
	ck_assert_int_eq(edge_bytes_add(&out, edge_slice(text, len), MUCH),
			 EDGE_OK);
}

static enum edge_tls_step write_some(bool collects)
{
	return edge_tls_stream_write(&s[SERVER], &out,
				     collects ? scratch : NULL,
				     collects ? BATCH : 0);
}

static void read_all(void)
{
	while (hear(&s[CLIENT]))
		ck_assert_int_eq(edge_tls_stream_read(&s[CLIENT], &in, MUCH),
				 EDGE_TLS_DONE);
}

static void room_for_all(void)
{
	const int len = 1 << 20;

	ck_assert_int_eq(setsockopt(s[SERVER].fd, SOL_SOCKET, SO_SNDBUFFORCE,
				    &len, sizeof(len)) &
				 setsockopt(s[SERVER].fd, SOL_SOCKET, SO_SNDBUF,
					    &len, sizeof(len)),
			 0);
}

static const struct {
	size_t len;
	unsigned together, each;
} rows[] = {
	{1, 1, 1},	    {RECORD, 1, 1},	    {RECORD + 1, 1, 2},
	{4 * RECORD, 1, 4}, {4 * RECORD + 1, 2, 5}, {9 * RECORD, 3, 9},
};

/* A packet is what one system call sent. */
START_TEST(tls_stream_sends_several_records_at_once)
{
	const bool collects = _i % 2;
	const unsigned want =
		collects ? rows[_i / 2].together : rows[_i / 2].each;

	open_ends(SOCK_SEQPACKET);
	shake();
	room_for_all();
	queue(rows[_i / 2].len);
	ck_assert_int_eq(write_some(collects), EDGE_TLS_DONE);
	ck_assert_ptr_null(out.p);
	ck_assert_ptr_null(s[SERVER].tx.p);
	read_all();
	ck_assert_uint_eq(packets, want);
	ck_assert_uint_eq(in.len, rows[_i / 2].len);
	ck_assert_mem_eq(edge_bytes_slice(&in).p, text, in.len);
}
END_TEST

static void little_room(void)
{
	const int len = 8192;

	ck_assert_int_eq(setsockopt(s[SERVER].fd, SOL_SOCKET, SO_SNDBUF, &len,
				    sizeof(len)),
			 0);
}

START_TEST(tls_stream_keeps_what_the_socket_did_not_take)
{
	enum edge_tls_step step;
	unsigned waits = 0;

	open_ends(SOCK_STREAM);
	shake();
	little_room();
	queue(MUCH);
	while ((step = write_some(_i)) == EDGE_TLS_WANT_WRITE) {
		ck_assert(out.len || s[SERVER].tx.len);
		ck_assert_uint_le(s[SERVER].tx.len, _i ? BATCH : 0);
		waits++;
		read_all();
	}
	ck_assert_int_eq(step, EDGE_TLS_DONE);
	ck_assert_uint_ge(waits, 2);
	read_all();
	ck_assert_uint_eq(in.len, MUCH);
	ck_assert_mem_eq(edge_bytes_slice(&in).p, text, MUCH);
	ck_assert_ptr_null(s[SERVER].tx.p);
}
END_TEST

/* Goodbye does not overtake what is kept. */
START_TEST(tls_stream_says_goodbye_after_what_is_kept)
{
	open_ends(SOCK_STREAM);
	shake();
	little_room();
	queue(4 * RECORD);
	ck_assert_int_eq(write_some(true), EDGE_TLS_WANT_WRITE);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_uint_gt(s[SERVER].tx.len, 0);
	read_all(); /* now the socket would take it */
	ck_assert_int_eq(edge_tls_stream_goodbye(&s[SERVER]),
			 EDGE_TLS_WANT_WRITE);
	while (write_some(true) != EDGE_TLS_DONE)
		read_all();
	ck_assert_int_eq(edge_tls_stream_goodbye(&s[SERVER]), EDGE_TLS_DONE);
	while (hear(&s[CLIENT]))
		if (edge_tls_stream_read(&s[CLIENT], &in, MUCH) == EDGE_TLS_EOF)
			break;
	ck_assert_uint_eq(in.len, 4 * RECORD);
	ck_assert_int_eq(edge_tls_stream_read(&s[CLIENT], &in, MUCH),
			 EDGE_TLS_EOF);
}
END_TEST

START_TEST(tls_stream_is_broken_when_nobody_is_there)
{
	open_ends(SOCK_STREAM);
	shake();
	shutdown(s[CLIENT].fd, SHUT_RDWR);
	queue(4 * RECORD);
	ck_assert_int_eq(write_some(_i), EDGE_TLS_BROKEN);
	ck_assert_int_eq(write_some(_i), EDGE_TLS_BROKEN);
}
END_TEST

/* One allocation for all that was received, and no longer than that. */
START_TEST(tls_stream_makes_room_for_what_came)
{
	open_ends(SOCK_SEQPACKET);
	shake();
	room_for_all();
	queue(4 * RECORD);
	ck_assert_int_eq(write_some(true), EDGE_TLS_DONE);
	edge_tls_stream_cleanse(&s[CLIENT]);
	ck_assert(hear(&s[CLIENT]));
	ck_assert_int_eq(edge_tls_stream_read(&s[CLIENT], &in, MUCH),
			 EDGE_TLS_DONE);
	ck_assert_uint_eq(in.len, 4 * RECORD);
	ck_assert_uint_eq(in.cap, 4 * RECORD);
	ck_assert_mem_eq(edge_bytes_slice(&in).p, text, in.len);
}
END_TEST

/* Records cut anywhere, with a write of the reader's between the parts. */
static const size_t pieces[] = {1, 3, 5, 6, 700, RECORD, RECORD + 5, 40000};

START_TEST(tls_stream_reads_records_in_pieces)
{
	const size_t piece = pieces[_i / 2];
	const size_t len = piece < 100 ? 5000 : 4 * RECORD + 100;
	struct edge_bytes answer = {0};
	struct edge_slice all;

	open_ends(SOCK_STREAM);
	shake();
	if (_i % 2)
		edge_tls_stream_cleanse(&s[CLIENT]);
	queue(len);
	ck_assert_int_eq(write_some(true), EDGE_TLS_DONE);
	ck_assert(hear(&s[CLIENT]));
	all = s[CLIENT].rx;
	while (edge_slice_len(all)) {
		ck_assert(edge_take(&all,
				    piece < edge_slice_len(all)
					    ? piece
					    : edge_slice_len(all),
				    &s[CLIENT].rx));
		ck_assert_int_eq(edge_tls_stream_read(&s[CLIENT], &in, MUCH),
				 EDGE_TLS_DONE);
		ck_assert_int_eq(
			edge_bytes_add(&answer, edge_slice(text, 1), MUCH),
			EDGE_OK);
		ck_assert_int_eq(edge_tls_stream_write(&s[CLIENT], &answer,
						       scratch, BATCH),
				 EDGE_TLS_DONE);
		while (recv(s[SERVER].fd, scratch, sizeof(scratch), 0) > 0)
			;
	}
	ck_assert_uint_eq(in.len, len);
	ck_assert_mem_eq(edge_bytes_slice(&in).p, text, len);
}
END_TEST

/* What OpenSSL would still give back: a record buffer has 16 KiB. */
static size_t kept(struct edge_tls_stream *e)
{
	const size_t before = mallinfo2().uordblks;

	SSL_free_buffers(e->ssl);
	return before - mallinfo2().uordblks;
}

START_TEST(tls_stream_keeps_no_record_buffer_when_idle)
{
	open_ends(SOCK_STREAM);
	shake();
	ck_assert_uint_eq(kept(&s[SERVER]), 0);
	ck_assert_uint_eq(kept(&s[CLIENT]), 0);
	room_for_all();
	edge_tls_stream_cleanse(&s[CLIENT]);
	queue(_i ? 4 * RECORD : 100);
	ck_assert_int_eq(write_some(true), EDGE_TLS_DONE);
	read_all();
	ck_assert_uint_eq(in.len, _i ? 4 * RECORD : 100);
	ck_assert_uint_eq(kept(&s[SERVER]), 0);
	ck_assert_uint_eq(kept(&s[CLIENT]), 0);
	/* and it would have been seen */
	SSL_alloc_buffers(s[CLIENT].ssl);
	ck_assert_uint_ge(kept(&s[CLIENT]), IS_COUNTED ? RECORD : 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("tls_stream");
	TCase *t = tcase_create("writing");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, tls_stream_sends_several_records_at_once, 0,
			    2 * (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_loop_test(t, tls_stream_keeps_what_the_socket_did_not_take, 0,
			    2);
	tcase_add_test(t, tls_stream_says_goodbye_after_what_is_kept);
	tcase_add_loop_test(t, tls_stream_is_broken_when_nobody_is_there, 0, 2);
	tcase_add_test(t, tls_stream_makes_room_for_what_came);
	suite_add_tcase(suite, t);
	t = tcase_create("reading");
	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, tls_stream_reads_records_in_pieces, 0,
			    2 * (int)(sizeof(pieces) / sizeof(*pieces)));
	tcase_add_loop_test(t, tls_stream_keeps_no_record_buffer_when_idle, 0,
			    2);
	suite_add_tcase(suite, t);
	return suite;
}
