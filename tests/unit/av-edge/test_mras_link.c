/* One connection of A/V authentication: framing, deadlines, back-pressure. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/suite.h"
#include "av-edge/mras_xml.h"
#include "tests/unit/av-edge/mras_fixture.h"
#include "tests/unit/av-edge/mras_world.h"

static struct mras_world w;

static void setup(void)
{
	mras_world_init(&w, "");
	mras_world_dial(&w, &w.peer, w.fe01);
}

/* Short deadlines; the peer is not dialled. */
static void again(const char *limits)
{
	mras_world_fini(&w);
	mras_world_init(&w, limits);
}

static void teardown(void)
{
	mras_world_fini(&w);
}

static struct edge_slice request(void)
{
	return mras_test_message(&(struct mras_test_message){0});
}

START_TEST(link_answers_many_requests_in_order)
{
	char call[64], text[1024];

	for (int i = 0; i < 20; i++)
		sip_peer_send(&w.peer,
			      "OPTIONS sip:edge01.contoso.net SIP/2.0\n"
			      "Via: SIP/2.0/TLS h;branch=z9hG4bK%d\n"
			      "From: <sip:fe01.contoso.net>;tag=1\n"
			      "To: <sip:edge01.contoso.net>\nCSeq: 1 OPTIONS\n"
			      "Max-Forwards: 70\n"
			      "Call-ID: c%d\nContent-Length: 0\n\n",
			      i, i);
	for (int i = 0; i < 20; i++) {
		(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
		snprintf(call, sizeof(call), "c%d", i);
		ck_assert_str_eq(
			sip_peer_header(&w.peer.msg, "Call-ID", 0, text), call);
	}
}
END_TEST

static bool has_in_part(void *arg)
{
	const uint64_t *sent = arg;

	return edge_conn_queued(w.peer.conn) == 0 && *sent > 0;
}

START_TEST(link_takes_a_request_in_pieces)
{
	struct edge_slice m = request(), piece;
	uint64_t sent = 0;

	while (edge_slice_len(m)) {
		size_t n = edge_slice_len(m) < 97 ? edge_slice_len(m) : 97;

		ck_assert(edge_take(&m, n, &piece));
		mras_world_send(&w.peer, piece);
		sent += n;
		sip_peer_wait(w.loop, has_in_part, &sent, "a piece to go");
	}
	(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
}
END_TEST

START_TEST(link_answers_keep_alives)
{
	mras_world_send(&w.peer, edge_slice_str("\r\n\r\n"));
	mras_world_send(&w.peer, request());
	(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
	ck_assert_uint_eq(w.peer.pongs, 2);
	/* one CR LF alone asks for nothing */
	mras_world_send(&w.peer, edge_slice_str("\r\n"));
	mras_world_send(&w.peer, request());
	(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
	ck_assert_uint_eq(w.peer.pongs, 2);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_KEEP_ALIVES), 2);
}
END_TEST

#define HEAD                                                     \
	"SERVICE " MRAS_TEST_URI " SIP/2.0\n"                    \
	"Via: SIP/2.0/TLS h;branch=z9hG4bK1\n"                   \
	"From: <sip:fe01.contoso.net>;tag=1\n"                   \
	"To: <" MRAS_TEST_URI ">\nCSeq: 1 SERVICE\nCall-ID: c\n" \
	"Max-Forwards: 70\nContent-Type: " MRAS_TEST_TYPE "\n"

static const char *const broken[] = {
	HEAD "\n",		      /* no Content-Length */
	HEAD "Content-Length: x\n\n", /* no number */
	HEAD "Content-Length: 0\nContent-Length: 1\n\n",
	HEAD "Call-ID: twice\nContent-Length: 0\n\n",
	HEAD "X: \x01\nContent-Length: 0\n\n",
};

START_TEST(link_says_400_to_what_is_malformed_and_closes)
{
	sip_peer_send(&w.peer, "%s", broken[_i]);
	(void)sip_peer_expect(&w.peer, "SIP/2.0 400 Bad Request");
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SIP_400), 1);
	ck_assert_uint_eq(mras_door_connections(w.door), 0);
}
END_TEST

START_TEST(link_closes_on_what_is_no_sip)
{
	mras_world_send(&w.peer, edge_slice_str("GET / HTTP/1.1\r\n\r\n"));
	sip_peer_wait_closed(&w.peer);
	mras_world_wait_count(&w, 0);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SIP_400), 1);
}
END_TEST

START_TEST(link_closes_where_nobody_can_be_answered)
{
	sip_peer_send(&w.peer, "SERVICE " MRAS_TEST_URI " SIP/2.0\n"
			       "From: <sip:a@b>;tag=1\nTo: <sip:b@c>\n"
			       "CSeq: 1 SERVICE\nCall-ID: c\n"
			       "Content-Length: 0\n\n");
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SIP_400), 1);
}
END_TEST

START_TEST(link_passes_over_acks_and_responses)
{
	sip_peer_send(&w.peer,
		      "ACK sip:edge01.contoso.net SIP/2.0\n"
		      "Via: SIP/2.0/TLS h;branch=z9hG4bK1\n"
		      "From: <sip:a@b>;tag=1\nTo: <sip:b@c>\nCSeq: 1 ACK\n"
		      "Call-ID: c\nMax-Forwards: 70\nContent-Length: 0\n\n"
		      "SIP/2.0 200 OK\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\n"
		      "From: <sip:a@b>;tag=1\nTo: <sip:b@c>;tag=2\n"
		      "CSeq: 1 OPTIONS\nCall-ID: c\nContent-Length: 0\n\n");
	mras_world_send(&w.peer, request());
	(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SIP_400), 0);
}
END_TEST

static void send_body(size_t len)
{
	char *body = calloc(1, len + 1);

	ck_assert_ptr_nonnull(body);
	memset(body, ' ', len);
	sip_peer_send(&w.peer, HEAD "Content-Length: %zu\n\n", len);
	mras_world_send(&w.peer, edge_slice(body, len));
	free(body);
}

START_TEST(link_says_413_and_goes_on_behind_the_body)
{
	send_body(64 * 1024 + 1);
	mras_world_send(&w.peer, request());
	(void)sip_peer_expect(&w.peer, "SIP/2.0 413 Request Entity Too Large");
	(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SIP_413), 1);
}
END_TEST

START_TEST(link_reads_the_longest_body)
{
	send_body(64 * 1024);
	(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
	ck_assert(mras_test_has(w.peer.msg.body, "Request Malformed"));
}
END_TEST

START_TEST(link_closes_on_a_body_far_too_long)
{
	sip_peer_send(&w.peer, HEAD "Content-Length: %u\n\n", 4 * 65536 + 1);
	(void)sip_peer_expect(&w.peer, "SIP/2.0 413 Request Entity Too Large");
	sip_peer_wait_closed(&w.peer);
}
END_TEST

START_TEST(link_ends_a_slow_head)
{
	again("av.mras_head_ms = 100");
	mras_world_dial(&w, &w.peer, w.fe01);
	mras_world_send(&w.peer, edge_slice(request().p, 50));
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SLOW), 1);
}
END_TEST

START_TEST(link_ends_a_slow_body)
{
	again("av.mras_body_ms = 100");
	mras_world_dial(&w, &w.peer, w.fe01);
	sip_peer_send(&w.peer, HEAD "Content-Length: 100\n\nxxx");
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SLOW), 1);
}
END_TEST

START_TEST(link_ends_a_body_that_is_passed_over_slowly)
{
	again("av.mras_body_ms = 100");
	mras_world_dial(&w, &w.peer, w.fe01);
	sip_peer_send(&w.peer, HEAD "Content-Length: 100000\n\nxxx");
	(void)sip_peer_expect(&w.peer, "SIP/2.0 413 Request Entity Too Large");
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SLOW), 1);
}
END_TEST

START_TEST(link_ends_an_idle_server_and_a_stranger_sooner)
{
	again("av.mras_idle_ms = 1000\nav.mras_head_ms = 100");
	mras_world_dial(&w, &w.peer, w.stranger);
	mras_world_send(&w.peer, edge_slice_str("\r\n"));
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SLOW), 1);
	mras_world_dial(&w, &w.peer, w.fe01);
	sip_peer_wait_closed(&w.peer);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_SLOW), 2);
}
END_TEST

START_TEST(link_ends_a_slow_handshake)
{
	struct edge_addr none = {0};
	int fd;

	again("av.mras_handshake_ms = 100");
	ck_assert_int_eq(edge_sock_dial(&fd, &none, NULL, &w.at), EDGE_OK);
	mras_world_wait(&w, AVE_STAT_MRAS_FAILED, 1);
	mras_world_wait_count(&w, 0);
	close(fd);
}
END_TEST

/* A hundred requests in one body, whose answer is ten times as long: ids that
 * are escaped, names of relays as long as they get. */
static char *hundred(void)
{
	static char host[254];
	char *body = malloc(MRAS_TEST_TEXT);
	size_t len;

	ck_assert_ptr_nonnull(body);
	memset(host, 'h', sizeof(host) - 1);
	w.topo.av_name = w.topo.pool = host;
	len = (size_t)sprintf(body,
			      "<request requestID=\"q\" version=\"1.0\" "
			      "from=\"sip:fe01.contoso.net\" to=\"sip:m@b\" "
			      "xmlns=\"" MRAS_NAMESPACE "\">");
	for (int i = 0; i < 100; i++)
		len += (size_t)sprintf(
			body + len,
			"<credentialsRequest credentialsRequestID='%02d%s'>"
			"<identity>x</identity></credentialsRequest>",
			i,
			"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""
			"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");
	sprintf(body + len, "</request>");
	return body;
}

/* Answers of one turn pass the high water; the rest comes when it has run
 * off. */
START_TEST(link_reads_no_more_while_answers_wait)
{
	enum { COUNT = 6 };
	struct edge_slice m;
	char *body;

	again("av.mras_out_queue = 1048576");
	body = hundred();
	mras_world_look(&w);
	m = mras_test_message(&(struct mras_test_message){
		.from = "sip:fe01.contoso.net", .body = body});
	mras_world_dial(&w, &w.peer, w.fe01);
	for (int i = 0; i < COUNT; i++)
		mras_world_send(&w.peer, m);
	for (int i = 0; i < COUNT; i++) {
		(void)sip_peer_expect(&w.peer, "SIP/2.0 200 OK");
		ck_assert(mras_test_has(w.peer.msg.body,
					"credentialsRequestID=\"99&quot;"));
	}
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_MINTED),
			  COUNT * 100);
	free(body);
}
END_TEST

START_TEST(link_forgets_a_server_that_goes)
{
	mras_world_send(&w.peer, edge_slice(request().p, 50));
	sip_peer_close(&w.peer);
	mras_world_wait_count(&w, 0);
	ck_assert_uint_eq(mras_world_stat(&w, AVE_STAT_MRAS_CLOSED), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_link");
	TCase *t = tcase_create("link");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, link_answers_many_requests_in_order);
	tcase_add_test(t, link_takes_a_request_in_pieces);
	tcase_add_test(t, link_answers_keep_alives);
	tcase_add_loop_test(t, link_says_400_to_what_is_malformed_and_closes, 0,
			    sizeof(broken) / sizeof(*broken));
	tcase_add_test(t, link_closes_on_what_is_no_sip);
	tcase_add_test(t, link_closes_where_nobody_can_be_answered);
	tcase_add_test(t, link_passes_over_acks_and_responses);
	tcase_add_test(t, link_says_413_and_goes_on_behind_the_body);
	tcase_add_test(t, link_reads_the_longest_body);
	tcase_add_test(t, link_closes_on_a_body_far_too_long);
	tcase_add_test(t, link_ends_a_slow_head);
	tcase_add_test(t, link_ends_a_slow_body);
	tcase_add_test(t, link_ends_a_body_that_is_passed_over_slowly);
	tcase_add_test(t, link_ends_an_idle_server_and_a_stranger_sooner);
	tcase_add_test(t, link_ends_a_slow_handshake);
	tcase_add_test(t, link_reads_no_more_while_answers_wait);
	tcase_add_test(t, link_forgets_a_server_that_goes);
	suite_add_tcase(s, t);
	return s;
}
