/* access-edge/link_limits.c: deadlines, rates, patience with nonsense. */
#include "access-edge/link_limits.h"

#include <stdlib.h>
#include <string.h>

#include "access-edge/linktab.h"
#include "tests/support/held_topo.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"
#include "tests/support/turns.h"

static struct shards f;
static struct acc_shard *s;
static struct acc_link l;
static struct edge_sip_msg m;

static void setup(void)
{
	shards_init(&f);
	f.limits[ACC_LIMIT_FIRST_MESSAGE_MS] = 1000;
	f.limits[ACC_LIMIT_HEAD_MS] = 2000;
	f.limits[ACC_LIMIT_BODY_MS] = 30000;
	f.limits[ACC_LIMIT_UNSIGNED_MS] = 4000;
	f.limits[ACC_LIMIT_IDLE_MS] = 5000;
	s = shards_still(&f);
	memset(&l, 0, sizeof(l));
	memset(&m, 0, sizeof(m));
	l.shard = s;
	l.kind = ACC_LINK_CLIENT;
	l.source.remote =
		(struct edge_addr){.family = AF_INET, .ip = {192, 0, 2, 10}};
	acc_link_limits_start(&l);
	l.opened_ms = l.heard_ms = 100000;
}

static void teardown(void)
{
	edge_wheel_stop(&l.timer);
	shards_fini(&f);
}

/* The one timer: what for, and how long after 100 s. */
static void due(enum acc_link_deadline what, uint64_t ms)
{
	acc_link_arm(&l);
	ck_assert_int_eq(l.deadline, what);
	ck_assert_uint_eq(l.timer.due_ms, 100000 + ms);
}

START_TEST(link_limits_arm_the_nearest_deadline)
{
	due(ACC_DEADLINE_FIRST, 1000);
	l.heard = true;
	due(ACC_DEADLINE_SIGN_IN, 4000);
	l.source.signed_in = true;
	due(ACC_DEADLINE_IDLE, 5000);
	l.part_ms = 100500; /* a head in pieces */
	due(ACC_DEADLINE_HEAD, 2500);
	l.framer.head_len = 300; /* its body in pieces: 10 s and 1 KiB/s */
	l.framer.body_len = 2048;
	due(ACC_DEADLINE_IDLE, 5000);
	l.heard_ms = 130000;
	due(ACC_DEADLINE_BODY, 500 + 10000 + 2000);
	l.framer.body_len = 1 << 20;
	due(ACC_DEADLINE_BODY, 500 + 30000);
}
END_TEST

START_TEST(link_limits_keep_what_was_promised)
{
	l.heard = l.source.signed_in = true;
	l.keeps_alive = true;
	due(ACC_DEADLINE_IDLE, 300000 + 70000);
	f.limits[ACC_LIMIT_IDLE_MS] = 400000;
	due(ACC_DEADLINE_IDLE, 400000);
}
END_TEST

START_TEST(link_limits_know_no_deadline_for_servers)
{
	l.kind = ACC_LINK_INSIDE;
	acc_link_arm(&l);
	ck_assert_int_eq(l.deadline, ACC_DEADLINE_NONE);
	ck_assert(!edge_timer_running(&l.timer));
	l.part_ms = 100000;
	due(ACC_DEADLINE_HEAD, 2000);
}
END_TEST

START_TEST(link_limits_give_servers_longer_bodies)
{
	struct edge_sip_frame_limits client, server;

	acc_link_frame_limits(&l, &client);
	l.kind = ACC_LINK_INSIDE;
	acc_link_frame_limits(&l, &server);
	ck_assert_uint_eq(client.body_len, 128 * 1024);
	ck_assert_uint_eq(server.body_len, 5000 * 1024);
	ck_assert_uint_eq(client.head_len, server.head_len);
}
END_TEST

static void begin(uint64_t requests, uint64_t burst)
{
	f.limits[ACC_LIMIT_UNSIGNED_REQUESTS] = requests;
	f.limits[ACC_LIMIT_UNSIGNED_BURST] = burst;
	f.limits[ACC_LIMIT_UNSIGNED_RATE] = 1;
	acc_link_limits_start(&l);
	m.method = EDGE_SIP_OPTIONS;
}

static const struct topo *said;

static void hand_topology(const struct topo_proxy_settings *p)
{
	struct topo t = *s->view.topo;

	t.proxy = *p;
	said = s->view.topo;
	s->view.topo = held_topo_new(&t);
}

static void take_topology_back(void)
{
	topo_drop(s->view.topo);
	s->view.topo = said;
}

/* AE 3.2: what the topology says counts, the limit is for when it is silent. */
START_TEST(link_limits_follow_the_topology)
{
	const struct topo_proxy_settings p = {.client_body_kb = 64,
					      .server_body_kb = 20000,
					      .keep_alive_min = 2};
	struct edge_sip_frame_limits out;

	l.heard = l.source.signed_in = l.keeps_alive = true;
	hand_topology(&p);
	acc_link_frame_limits(&l, &out);
	ck_assert_uint_eq(out.body_len, 64 * 1024);
	f.limits[ACC_LIMIT_IDLE_MS] = 100000;
	due(ACC_DEADLINE_IDLE, 120000 + 70000);
	l.kind = ACC_LINK_INSIDE;
	acc_link_frame_limits(&l, &out);
	ck_assert_uint_eq(out.body_len, 20000 * 1024);
	l.body_room = 5000 * 1024; /* made before that topology */
	acc_link_frame_limits(&l, &out);
	ck_assert_uint_eq(out.body_len, 5000 * 1024);
	take_topology_back();
}
END_TEST

START_TEST(link_limits_count_requests_before_sign_in)
{
	begin(3, 100);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_UNSIGNED_LIMIT);
}
END_TEST

START_TEST(link_limits_slow_down_before_sign_in)
{
	begin(100, 2);
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_RATE);
}
END_TEST

START_TEST(link_limits_let_one_sign_in_at_a_time)
{
	begin(100, 100);
	m.method = EDGE_SIP_REGISTER;
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	l.registers_in_flight = 1;
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_RATE);
}
END_TEST

START_TEST(link_limits_open_after_sign_in)
{
	begin(1, 1);
	f.limits[ACC_LIMIT_SIGNED_BURST] = 50;
	f.limits[ACC_LIMIT_DIALOG_BURST] = 2;
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	ck_assert_int_ne(acc_link_admit(&l, &m), ACC_REASON_OK);
	acc_link_signed_in(&l, edge_slice_str("sip:alice@contoso.com"));
	ck_assert(l.source.signed_in);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	m.method = EDGE_SIP_INVITE;
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	m.method = EDGE_SIP_SUBSCRIBE;
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
	ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_RATE);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_AUTH_OK), 1);
}
END_TEST

START_TEST(link_limits_do_not_hold_servers_back)
{
	begin(1, 1);
	l.kind = ACC_LINK_INSIDE;
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(acc_link_admit(&l, &m), ACC_REASON_OK);
}
END_TEST

START_TEST(link_limits_answer_nonsense_once_a_second)
{
	ck_assert(acc_link_malformed(&l));
	ck_assert(!acc_link_malformed(&l));
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_MALFORMED_SILENT), 1);
	l.malformed_answer_ms -= 1000;
	ck_assert(acc_link_malformed(&l));
	ck_assert_uint_eq(l.malformed, 3);
}
END_TEST

START_TEST(link_limits_forget_nonsense_after_a_minute)
{
	for (int i = 0; i < 9; i++)
		(void)acc_link_malformed(&l);
	ck_assert_uint_eq(l.malformed, 9);
	l.malformed_since_ms -= 60001;
	(void)acc_link_malformed(&l);
	ck_assert_uint_eq(l.malformed, 1);
}
END_TEST

/* -- with a real connection --------------------------------------------- */

static struct sip_peer p;

static void dial(void)
{
	shards_init(&f);
	f.limits[ACC_LIMIT_FIRST_MESSAGE_MS] = 200;
	f.limits[ACC_LIMIT_HEAD_MS] = 200;
	f.limits[ACC_LIMIT_BODY_MS] = 200;
	f.limits[ACC_LIMIT_UNSIGNED_MS] = 3000;
	shards_still(&f);
	shards_dial_client(&f, &p, 0);
}

static void hang_up(void)
{
	sip_peer_fini(&p);
	shards_fini(&f);
}

static void ends_with(enum acc_stat row)
{
	sip_peer_wait_closed(&p);
	ck_assert_uint_eq(shards_stat(&f, row), 1);
}

START_TEST(link_closes_without_first_message)
{
	ends_with(ACC_STAT_SLOW_FIRST);
}
END_TEST

START_TEST(link_closes_on_a_slow_head)
{
	shards_request(&p, "OPTIONS", "z9hG4bKo", 1, "");
	sip_peer_send(&p, "OPTIONS sip:contoso.com SIP/2.0\n");
	ends_with(ACC_STAT_SLOW_HEAD);
}
END_TEST

START_TEST(link_closes_on_a_slow_body)
{
	shards_request(&p, "OPTIONS", "z9hG4bKo", 1, "");
	sip_peer_send(&p, "MESSAGE sip:contoso.com SIP/2.0\n"
			  "Content-Length: 100\n\nhalf");
	ends_with(ACC_STAT_SLOW_BODY);
}
END_TEST

START_TEST(link_closes_on_a_slow_body_it_passes_over)
{
	shards_request(&p, "OPTIONS", "z9hG4bKo", 1, "");
	sip_peer_send(&p, "MESSAGE sip:contoso.com SIP/2.0\n"
			  "Content-Length: 200000\n\nhalf");
	ends_with(ACC_STAT_SLOW_BODY);
}
END_TEST

START_TEST(link_closes_after_too_much_nonsense)
{
	for (int i = 0; i < 12; i++)
		sip_peer_send(&p, "OPTIONS nonsense SIP/2.0\n"
				  "Via: SIP/2.0/TLS a\n"
				  "Content-Length: 0\n\n");
	sip_peer_wait_closed(&p);
	ck_assert_uint_eq(
		shards_stat(&f, ACC_STAT_REFUSED + ACC_REASON_MALFORMED_FLOOD),
		1);
	ck_assert_uint_ge(shards_stat(&f, ACC_STAT_MALFORMED_SILENT), 8);
	sip_peer_dial(&p, f.client_tls, &f.client_at[0]);
	sip_peer_wait_closed(&p);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_PENALTY), 1);
}
END_TEST

static bool has_pong(void *arg)
{
	(void)sip_peer_has_message(arg);
	return ((const struct sip_peer *)arg)->pongs == 2;
}

START_TEST(link_answers_a_ping_when_it_was_announced)
{
	const char *const via = _i ? "z9hG4bKo;keep" : "z9hG4bKo";

	shards_request(&p, "OPTIONS", via, 1, "");
	sip_peer_expect(&p, "SIP/2.0 ");
	sip_peer_send(&p, "\n\n");
	shards_wait_stat(&f, ACC_STAT_KEEP_ALIVES, 1);
	if (_i) {
		sip_peer_wait(f.loop, has_pong, &p, "CRLF");
		return;
	}
	turns_for(f.loop, 50);
	(void)sip_peer_has_message(&p);
	ck_assert_uint_eq(p.pongs, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("link_limits");
	TCase *t = tcase_create("rules"), *c = tcase_create("connection");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, link_limits_arm_the_nearest_deadline);
	tcase_add_test(t, link_limits_keep_what_was_promised);
	tcase_add_test(t, link_limits_know_no_deadline_for_servers);
	tcase_add_test(t, link_limits_give_servers_longer_bodies);
	tcase_add_test(t, link_limits_follow_the_topology);
	tcase_add_test(t, link_limits_count_requests_before_sign_in);
	tcase_add_test(t, link_limits_slow_down_before_sign_in);
	tcase_add_test(t, link_limits_let_one_sign_in_at_a_time);
	tcase_add_test(t, link_limits_open_after_sign_in);
	tcase_add_test(t, link_limits_do_not_hold_servers_back);
	tcase_add_test(t, link_limits_answer_nonsense_once_a_second);
	tcase_add_test(t, link_limits_forget_nonsense_after_a_minute);
	suite_add_tcase(suite, t);
	tcase_set_timeout(c, 20);
	tcase_add_checked_fixture(c, dial, hang_up);
	tcase_add_test(c, link_closes_without_first_message);
	tcase_add_test(c, link_closes_on_a_slow_head);
	tcase_add_test(c, link_closes_on_a_slow_body);
	tcase_add_test(c, link_closes_on_a_slow_body_it_passes_over);
	tcase_add_test(c, link_closes_after_too_much_nonsense);
	tcase_add_loop_test(c, link_answers_a_ping_when_it_was_announced, 0, 2);
	suite_add_tcase(suite, c);
	return suite;
}
