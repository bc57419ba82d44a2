/* access-edge/{proxy,reply,refuse,delivery}.c: one shard, step by step. */
#include "access-edge/proxy.h"

#include <stdio.h>
#include <string.h>

#include "access-edge/linktab.h"
#include "common/recent.h"
#include "tests/support/held_topo.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"

static struct shards f;
static struct acc_shard *s;
static struct sip_peer client, inside;
static char route[1024], contact[1024];

static void setup(void)
{
	shards_init(&f);
	f.limits[ACC_LIMIT_TIMER_H_MS] = 300;
	s = shards_still(&f);
	shards_wait_hops(&f, 2);
	shards_dial_client(&f, &client, 0);
	shards_dial_inside(&f, &inside, 0);
	shards_sign_in(&f, &client, "alice", route, contact);
}

static void teardown(void)
{
	sip_peer_fini(&client);
	sip_peer_fini(&inside);
	shards_fini(&f);
}

static uint64_t refused(enum acc_reason r)
{
	return shards_stat(&f, ACC_STAT_REFUSED + (size_t)r);
}

static void wait_refused(enum acc_reason r, uint64_t n)
{
	shards_wait_stat(&f, ACC_STAT_REFUSED + (size_t)r, n);
}

static struct sip_peer *ask(const char *method, const char *branch,
			    struct edge_sip_msg *m)
{
	struct sip_peer *hop;

	shards_request(&client, method, branch, 7, "");
	hop = shards_hop_with_message(&f);
	*m = *sip_peer_expect(hop, method);
	return hop;
}

START_TEST(proxy_absorbs_a_repeated_request)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("INVITE", "z9hG4bKr", &m);

	shards_request(&client, "INVITE", "z9hG4bKr", 7, "");
	shards_wait_stat(&f, ACC_STAT_REQUESTS_USR, 3);
	turns_for(f.loop, 40);
	ck_assert(!sip_peer_has_message(hop));
	ck_assert_uint_eq(acc_txntab_count(s->txns), 1);
	sip_peer_answer(hop, &m, "603 Decline", "");
	sip_peer_expect(hop, "ACK ");
	sip_peer_expect(&client, "SIP/2.0 603");
}
END_TEST

START_TEST(proxy_ends_a_call_nobody_acknowledges)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("INVITE", "z9hG4bKh", &m);

	sip_peer_answer(hop, &m, "404 Not Found", "");
	sip_peer_expect(hop, "ACK ");
	sip_peer_expect(&client, "SIP/2.0 404");
	ck_assert_uint_eq(acc_txntab_count(s->txns), 1);
	shards_wait_no_transactions(&f); /* timer H */
}
END_TEST

START_TEST(proxy_sends_one_final_of_a_request)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("MESSAGE", "z9hG4bKf", &m);

	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
	wait_refused(ACC_REASON_STRAY_RESPONSE, 1);
	ck_assert(!sip_peer_has_message(&client));
}
END_TEST

/* RFC 4475 3.1.1.12 and 13, when a transaction matches. */
START_TEST(proxy_passes_any_reason_phrase)
{
	static const char *const lines[] = {
		"180 ",
		"180 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xe2\x82\xac",
		"603 ",
		"603 \xd1\x81\xd1\x82\xd0\xbe",
	};
	char want[96];
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("INVITE", "z9hG4bKp", &m);

	sip_peer_answer(hop, &m, lines[_i], "");
	if (lines[_i][0] == '6')
		sip_peer_expect(hop, "ACK ");
	snprintf(want, sizeof(want), "SIP/2.0 %s\r\n", lines[_i]);
	sip_peer_expect(&client, want);
}
END_TEST

START_TEST(proxy_sends_one_failure_of_a_call)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("INVITE", "z9hG4bKe", &m);

	sip_peer_answer(hop, &m, "486 Busy Here", "");
	sip_peer_answer(hop, &m, "486 Busy Here", ""); /* its ACK was lost */
	sip_peer_answer(hop, &m, "603 Decline", "");
	for (int i = 0; i < 3; i++)
		sip_peer_expect(hop, "ACK ");
	sip_peer_expect(&client, "SIP/2.0 486");
	turns_for(f.loop, 40);
	ck_assert(!sip_peer_has_message(&client));
}
END_TEST

START_TEST(proxy_sends_no_failure_after_a_success)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("INVITE", "z9hG4bKs", &m);

	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_answer(hop, &m, "500 Late", "");
	sip_peer_expect(hop, "ACK ");
	sip_peer_expect(&client, "SIP/2.0 200");
	turns_for(f.loop, 40);
	ck_assert(!sip_peer_has_message(&client));
}
END_TEST

START_TEST(proxy_passes_a_cancel_of_nothing_it_knows)
{
	struct sip_peer *hop;
	const struct edge_sip_msg *m;

	shards_request(&client, "CANCEL", "z9hG4bKu", 7, "");
	hop = shards_hop_with_message(&f);
	m = sip_peer_expect(hop, "CANCEL sip:bob@contoso.com");
	ck_assert_uint_eq(m->via_count, 2);
	ck_assert_uint_eq(acc_txntab_count(s->txns), 0);
	/* and its answer finds nobody here */
	sip_peer_answer(hop, m, "481 No Such Call", "");
	wait_refused(ACC_REASON_STRAY_RESPONSE, 1);
	ck_assert(!sip_peer_has_message(&client));
}
END_TEST

START_TEST(proxy_takes_an_answer_from_who_was_asked_only)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("MESSAGE", "z9hG4bKw", &m);

	sip_peer_answer(&inside, &m, "200 OK", "");
	wait_refused(ACC_REASON_WRONG_CONNECTION, 1);
	sip_peer_answer(&client, &m, "200 OK", "");
	wait_refused(ACC_REASON_WRONG_CONNECTION, 2);
	ck_assert(!sip_peer_has_message(&client));
	sip_peer_answer(hop, &m, "202 Accepted", "");
	sip_peer_expect(&client, "SIP/2.0 202");
}
END_TEST

START_TEST(proxy_drops_what_is_no_answer_of_ours)
{
	static const char *const branches[] = {
		"z9hG4bK00000000.0000000000000000", "z9hG4bKforeign", "x",
		"z9hG4bKF0000001.0000000000000001"};

	sip_peer_send(&inside,
		      "SIP/2.0 200 OK\n"
		      "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=%s\n"
		      "From: <sip:a@contoso.com>;tag=1\n"
		      "To: <sip:b@contoso.com>;tag=2\n"
		      "Call-ID: x\n"
		      "CSeq: 1 MESSAGE\n"
		      "Content-Length: 0\n\n",
		      branches[_i]);
	wait_refused(ACC_REASON_STRAY_RESPONSE, 1);
	ck_assert(!inside.closed);
}
END_TEST

START_TEST(proxy_forwards_benotify_without_a_transaction)
{
	shards_inside_request(&inside, "BENOTIFY", "z9hG4bKb", route,
			      "Event: presence\n");
	sip_peer_expect(&client, "BENOTIFY ");
	ck_assert_uint_eq(acc_txntab_count(s->txns), 0);
	/* and an error about one is told to nobody */
	sip_peer_close(&client);
	shards_wait_stat(&f, ACC_STAT_CLOSED + EDGE_CONN_WHY_EOF, 1);
	shards_inside_request(&inside, "BENOTIFY", "z9hG4bKb2", route,
			      "Event: presence\n");
	wait_refused(ACC_REASON_CLIENT_GONE, 1);
	turns_for(f.loop, 40);
	ck_assert(!sip_peer_has_message(&inside));
}
END_TEST

START_TEST(proxy_ends_the_babble_of_a_client)
{
	struct edge_sip_msg m;

	f.limits[ACC_LIMIT_RESPONSES] = 4;
	shards_inside_request(&inside, "INVITE", "z9hG4bKn", route, "");
	m = *sip_peer_expect(&client, "INVITE ");
	for (int i = 0; i < 9; i++)
		sip_peer_answer(&client, &m, "180 Ringing", "");
	wait_refused(ACC_REASON_RATE, 5);
	sip_peer_answer(&client, &m, "486 Busy Here", ""); /* owed */
	for (int i = 0; i < 4; i++)
		sip_peer_expect(&inside, "SIP/2.0 180");
	sip_peer_expect(&inside, "SIP/2.0 486");
}
END_TEST

START_TEST(proxy_drops_a_bad_ack_in_silence)
{
	shards_inside_request(&inside, "ACK", "z9hG4bKa",
			      "<sip:edgepool.contoso.net;lr;"
			      "opaque=state:Ci.R1;ms-route-sig=k1.AAAA>",
			      "");
	shards_wait_stat(&f, ACC_STAT_ROUTE_SIG_FAIL, 1);
	turns_for(f.loop, 40);
	ck_assert(!sip_peer_has_message(&inside));
}
END_TEST

START_TEST(proxy_tells_the_inside_of_a_dead_route)
{
	sip_peer_close(&client);
	shards_wait_stat(&f, ACC_STAT_CLOSED + EDGE_CONN_WHY_EOF, 1);
	shards_inside_request(&inside, "MESSAGE", "z9hG4bKd", route, "");
	sip_peer_expect(&inside, "SIP/2.0 480");
	ck_assert_uint_eq(refused(ACC_REASON_CLIENT_GONE), 1);
	shards_wait_no_transactions(&f);
}
END_TEST

START_TEST(proxy_answers_cancel_before_anything_came)
{
	struct edge_sip_msg m;
	struct sip_peer *hop = ask("INVITE", "z9hG4bKc", &m);

	shards_request(&client, "CANCEL", "z9hG4bKc", 7, "");
	sip_peer_expect(&client, "SIP/2.0 200");
	sip_peer_answer(hop, &m, "100 Trying", "");
	sip_peer_expect(hop, "CANCEL ");
	sip_peer_answer(hop, &m, "487 Request Terminated", "");
	sip_peer_expect(hop, "ACK ");
	sip_peer_expect(&client, "SIP/2.0 487");
}
END_TEST

static const struct {
	const char *text;
	const char *start;
	enum acc_reason reason;
} bad[] = {
	{"OPTIONS sip:contoso.com SIP/3.0\n", "SIP/2.0 505",
	 ACC_REASON_VERSION},
	{"OPTIONS mailto:a@contoso.com SIP/2.0\n", "SIP/2.0 416",
	 ACC_REASON_SCHEME},
	{"OPTIONS sip:[x SIP/2.0\n", "SIP/2.0 400", ACC_REASON_PARSE},
};

START_TEST(proxy_answers_what_it_cannot_read)
{
	sip_peer_send(&client,
		      "%sVia: SIP/2.0/TLS 192.0.2.10:50012;branch=z9hG4bKm\n"
		      "From: <sip:alice@contoso.com>;tag=a\n"
		      "To: <sip:bob@contoso.com>\n"
		      "Call-ID: m\n"
		      "CSeq: 1 OPTIONS\n"
		      "Max-Forwards: 70\n"
		      "Content-Length: 0\n\n",
		      bad[_i].text);
	sip_peer_expect(&client, bad[_i].start);
	ck_assert_uint_eq(refused(bad[_i].reason), 1);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_PARSE_ERRORS), 1);
	ck_assert(!client.closed);
}
END_TEST

START_TEST(proxy_closes_when_framing_is_lost)
{
	sip_peer_send(&client,
		      "OPTIONS sip:contoso.com SIP/2.0\n"
		      "Via: SIP/2.0/TLS 192.0.2.10:50012;branch=z9hG4bKm\n"
		      "From: <sip:alice@contoso.com>;tag=a\n"
		      "To: <sip:bob@contoso.com>\n"
		      "Call-ID: m\n"
		      "CSeq: 1 OPTIONS\n\n");
	sip_peer_expect(&client, "SIP/2.0 400");
	sip_peer_wait_closed(&client);
	ck_assert_uint_eq(refused(ACC_REASON_FRAMING), 1);
}
END_TEST

START_TEST(proxy_passes_over_a_body_that_is_too_long)
{
	struct edge_sip_msg m;
	struct sip_peer *hop;
	static char body[200001];

	memset(body, 'x', sizeof(body) - 1);
	sip_peer_send(&client,
		      "MESSAGE sip:bob@contoso.com SIP/2.0\n"
		      "Via: SIP/2.0/TLS 192.0.2.10:50012;branch=z9hG4bKl\n"
		      "From: <sip:alice@contoso.com>;tag=a\n"
		      "To: <sip:bob@contoso.com>\n"
		      "Call-ID: l\n"
		      "CSeq: 1 MESSAGE\n"
		      "Content-Length: 200000\n\n%s",
		      body);
	sip_peer_expect(&client, "SIP/2.0 413");
	hop = ask("MESSAGE", "z9hG4bKn", &m); /* the next is read well */
	sip_peer_answer(hop, &m, "200 OK", "");
	sip_peer_expect(&client, "SIP/2.0 200");
}
END_TEST

static void send_body(struct sip_peer *p, const char *to, const char *body)
{
	static int n;

	sip_peer_send(p,
		      "MESSAGE sip:alice@contoso.com SIP/2.0\n"
		      "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKbody%d\n"
		      "Route: %s\n"
		      "From: <sip:bob@contoso.com>;tag=b1\n"
		      "To: <sip:alice@contoso.com>\n"
		      "Max-Forwards: 70\n"
		      "CSeq: 1 MESSAGE\n"
		      "Call-ID: body-%d\n"
		      "Content-Length: %zu\n\n%s",
		      n, to, n, strlen(body), body);
	n++;
}

/* Without Route, by the Request-URI alone. */
static void to_uri(const char *uri, const char *branch)
{
	sip_peer_send(&inside,
		      "MESSAGE %s SIP/2.0\n"
		      "Via: SIP/2.0/TLS 127.0.0.1:5061;branch=%s\n"
		      "From: <sip:bob@contoso.com>;tag=b1\n"
		      "To: <sip:alice@contoso.com>\n"
		      "Max-Forwards: 70\n"
		      "CSeq: 1 MESSAGE\n"
		      "Call-ID: in-%s\n"
		      "Content-Length: 0\n\n",
		      uri, branch, branch);
}

START_TEST(proxy_bounds_the_bodies_of_servers)
{
	static char body[200001];
	const struct edge_sip_msg *m;

	/* more than a user's, within a server's */
	memset(body, 'x', sizeof(body) - 1);
	send_body(&inside, route, body);
	m = sip_peer_expect(&client, "MESSAGE ");
	ck_assert_uint_eq(edge_slice_len(m->body), 200000);
	sip_peer_answer(&client, m, "200 OK", "");
	sip_peer_expect(&inside, "SIP/2.0 200");
	/* more than a server's: passed over, and the next is read well */
	f.limits[ACC_LIMIT_SERVER_BODY_KB] = 100;
	send_body(&inside, route, body);
	sip_peer_expect(&inside, "SIP/2.0 413");
	ck_assert(!sip_peer_has_message(&client));
	shards_inside_request(&inside, "BENOTIFY", "z9hG4bKy", route, "");
	sip_peer_expect(&client, "BENOTIFY ");
	/* more than four times that: closed */
	f.limits[ACC_LIMIT_SERVER_BODY_KB] = 10;
	send_body(&inside, route, body);
	sip_peer_expect(&inside, "SIP/2.0 413");
	sip_peer_wait_closed(&inside);
}
END_TEST

/* AE 2.7 (b): the cid of a Request-URI counts only with its far end. */
START_TEST(proxy_compares_the_far_end_of_a_cid)
{
	char uri[1024];
	char *at, *port;

	to_uri(contact, "z9hG4bK1");
	sip_peer_expect(&client, "MESSAGE ");
	at = strstr(contact, "127.0.0.1:");
	ck_assert_ptr_nonnull(at);
	snprintf(uri, sizeof(uri), "%.*s127.0.0.9%s", (int)(at - contact),
		 contact, at + 9);
	to_uri(uri, "z9hG4bK2");
	sip_peer_expect(&inside, "SIP/2.0 480");
	snprintf(uri, sizeof(uri), "%s", contact);
	port = strstr(uri, "127.0.0.1:") + 10;
	*port = *port == '1' ? '2' : '1';
	to_uri(uri, "z9hG4bK3");
	sip_peer_expect(&inside, "SIP/2.0 480");
	ck_assert_uint_eq(refused(ACC_REASON_CLIENT_GONE), 2);
	ck_assert(!sip_peer_has_message(&client));
}
END_TEST

static bool users_are_off(void *arg)
{
	(void)arg;
	return !s->view.topo->access.outside_users;
}

/* AE 3.1: 403 to whatever they ask, and the connection ends. */
START_TEST(proxy_closes_when_outside_users_are_off)
{
	const struct topo *like = shards_topo(&f, 0, SHARDS_MEMBERS, 2);
	struct topo t = *like;
	struct acc_mail *mail =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));
	struct sip_peer late;

	t.access.outside_users = false;
	ck_assert_ptr_nonnull(mail);
	mail->topo = held_topo_new(&t);
	topo_drop(like);
	ck_assert(acc_shard_post(s, 0, mail));
	sip_peer_wait(f.loop, users_are_off, NULL, "the topology");
	shards_request(&client, "MESSAGE", "z9hG4bKq", 1, "");
	sip_peer_expect(&client, "SIP/2.0 403");
	sip_peer_wait_closed(&client);
	shards_dial_client(&f, &late, 0);
	shards_register(&late, "carol", 1);
	sip_peer_expect(&late, "SIP/2.0 403");
	sip_peer_wait_closed(&late);
	ck_assert_uint_eq(refused(ACC_REASON_OUTSIDE_USERS_OFF), 2);
	for (unsigned i = 0; i < f.hop_count; i++)
		ck_assert(!sip_peer_has_message(&f.hops[i]));
	sip_peer_fini(&late);
}
END_TEST

static void keep_last(const char *line, void *arg)
{
	snprintf(arg, 512, "%s", line);
}

START_TEST(refuse_leaves_a_trace_of_its_reason)
{
	char last[512] = "";

	shards_inside_request(&inside, "MESSAGE", "z9hG4bKt",
			      "<sip:sql01.contoso.net:1433;lr>", "");
	sip_peer_expect(&inside, "SIP/2.0 ");
	edge_recent_each(f.shared.refusals, keep_last, last);
	ck_assert_ptr_nonnull(strstr(last, "\"role\":\"INT\""));
	ck_assert_ptr_nonnull(strstr(last, "\"reason\":"));
}
END_TEST

START_TEST(reply_blocks_a_guesser)
{
	struct sip_peer guesser, *hop;
	struct edge_sip_msg m;

	shards_dial_client(&f, &guesser, 0);
	for (unsigned i = 1; i <= 11; i++) {
		shards_register(&guesser, "carol", i);
		hop = shards_hop_with_message(&f);
		m = *sip_peer_expect(hop, "REGISTER ");
		sip_peer_answer(hop, &m, "403 Forbidden", "");
		sip_peer_expect(&guesser, "SIP/2.0 403");
	}
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_AUTH_FAIL), 11);
	shards_register(&guesser, "carol", 20);
	sip_peer_expect(&guesser, "SIP/2.0 403");
	ck_assert_uint_eq(refused(ACC_REASON_SIGN_IN_BLOCKED), 1);
	sip_peer_fini(&guesser);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("proxy");
	TCase *t = tcase_create("proxy");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, proxy_absorbs_a_repeated_request);
	tcase_add_test(t, proxy_ends_a_call_nobody_acknowledges);
	tcase_add_test(t, proxy_sends_one_final_of_a_request);
	tcase_add_loop_test(t, proxy_passes_any_reason_phrase, 0, 4);
	tcase_add_test(t, proxy_sends_one_failure_of_a_call);
	tcase_add_test(t, proxy_sends_no_failure_after_a_success);
	tcase_add_test(t, proxy_passes_a_cancel_of_nothing_it_knows);
	tcase_add_test(t, proxy_takes_an_answer_from_who_was_asked_only);
	tcase_add_loop_test(t, proxy_drops_what_is_no_answer_of_ours, 0, 4);
	tcase_add_test(t, proxy_forwards_benotify_without_a_transaction);
	tcase_add_test(t, proxy_ends_the_babble_of_a_client);
	tcase_add_test(t, proxy_drops_a_bad_ack_in_silence);
	tcase_add_test(t, proxy_tells_the_inside_of_a_dead_route);
	tcase_add_test(t, proxy_answers_cancel_before_anything_came);
	tcase_add_loop_test(t, proxy_answers_what_it_cannot_read, 0, 3);
	tcase_add_test(t, proxy_closes_when_framing_is_lost);
	tcase_add_test(t, proxy_passes_over_a_body_that_is_too_long);
	tcase_add_test(t, proxy_bounds_the_bodies_of_servers);
	tcase_add_test(t, proxy_compares_the_far_end_of_a_cid);
	tcase_add_test(t, proxy_closes_when_outside_users_are_off);
	tcase_add_test(t, refuse_leaves_a_trace_of_its_reason);
	tcase_add_test(t, reply_blocks_a_guesser);
	suite_add_tcase(suite, t);
	return suite;
}
