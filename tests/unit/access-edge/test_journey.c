/* access-edge/journey.c: on its way to partners; what is said of it. */
#include "access-edge/journey.h"

#include <stdio.h>
#include <string.h>

#include "access-edge/explain.h"
#include "common/recent.h"
#include "tests/support/heard.h"
#include "tests/support/partner_fixture.h"
#include "tests/support/suite.h"

static struct shards f;
static struct partners p;
static struct acc_shard *s;
static struct sip_peer inside, partner;

static void setup(void)
{
	shards_init(&f);
	partners_init(&p, &f);
	f.limits[ACC_LIMIT_CONNECT_MS] = 3000;
	s = shards_still(&f);
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_open(&p.doors[i], true);
	shards_wait_hops(&f, 2);
	shards_dial_inside(&f, &inside, 0);
}

static void teardown(void)
{
	sip_peer_fini(&partner);
	sip_peer_fini(&inside);
	partners_fini(&p);
	shards_fini(&f);
}

/* -- one text ------------------------------------------------------------ */

/* What stands behind rule= or rule=" in a text. */
static const char *rule_in(const char *text, char out[ACC_RULE_LEN])
{
	const char *at = strstr(text, "rule=");
	size_t len;

	ck_assert_msg(at, "no rule in %s", text);
	at += strlen("rule=");
	at += *at == '"';
	len = strcspn(at, "\" \n");
	ck_assert_uint_lt(len, ACC_RULE_LEN);
	memcpy(out, at, len);
	out[len] = '\0';
	return out;
}

static const char *event_rule(char out[ACC_RULE_LEN])
{
	for (unsigned i = 0; i < heard_count(); i++)
		if (strstr(heard_line(i), "message refused"))
			return rule_in(heard_line(i), out);
	ck_abort_msg("no refusal in\n%s", heard_all());
}

static void explain(const struct acc_question *q, char out[ACC_RULE_LEN])
{
	static struct acc_explain_room room;
	struct acc_explained x;

	room.arena = s->aside.arena;
	room.msg = s->aside.msg;
	ck_assert_int_eq(acc_explain(&x, &s->view, &room, q), EDGE_OK);
	acc_verdict_print(acc_explained_verdict(&x), out);
}

/* The one line of the list of refusals. */
static void has_rule(const char *line, void *arg)
{
	char want[ACC_RULE_LEN + 16];

	snprintf(want, sizeof(want), "\"rule\":\"%s\"", (char *)arg);
	ck_assert_msg(strstr(line, want), "%s", line);
}

/* Event, list of refusals, ms-diagnostics and explanation. */
START_TEST(journey_of_the_inside_has_one_rule)
{
	static const struct {
		const char *to, *peer, *method;
	} rows[] = {
		{"b@adatum.com", NULL, "MESSAGE"},
		{"b@fabrikam.com", NULL, "PUBLISH"},
		{"b@contoso.com", NULL, "MESSAGE"},
		{"b@far.test", "sip.new.test", "MESSAGE"},
		{"b@off.test", "fed.off.test", "MESSAGE"},
	};
	const struct acc_question q = {.from = "alice@contoso.com",
				       .to = rows[_i].to,
				       .peer = rows[_i].peer,
				       .method = rows[_i].method,
				       .direction = ACC_TO_A_PARTNER};
	char event[ACC_RULE_LEN], told[ACC_RULE_LEN], explained[ACC_RULE_LEN];
	char line[1024];

	if (_i == 2) /* own to own: by the route that leads outside */
		sip_peer_send(
			&inside,
			"MESSAGE sip:b@contoso.com SIP/2.0\n"
			"Via: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK1\n"
			"Route: <sip:fed.off.test;lr>;ms-edge-route\n"
			"From: <sip:alice@contoso.com>;tag=p1\n"
			"To: <sip:b@contoso.com>\nMax-Forwards: 70\n"
			"CSeq: 1 MESSAGE\nCall-ID: own\n"
			"Content-Length: 0\n\n");
	else
		partner_inside_request(&inside, rows[_i].method, "z9hG4bK1",
				       rows[_i].to);
	sip_peer_header(sip_peer_expect(&inside, "SIP/2.0 "), "ms-diagnostics",
			0, line);
	rule_in(line, told);
	explain(&q, explained);
	ck_assert_str_eq(event_rule(event), explained);
	ck_assert_str_eq(told, explained);
	edge_recent_each(f.shared.refusals, has_rule, explained);
}
END_TEST

START_TEST(journey_of_a_partner_has_one_rule)
{
	static const struct {
		const char *from, *to, *method;
	} rows[] = {
		{"x@adatum.com", "a@contoso.com", "MESSAGE"},
		{"x@contoso.com", "a@contoso.com", "MESSAGE"},
		{"x@fabrikam.com", "a@northwind.com", "MESSAGE"},
		{"x@fabrikam.com", "a@contoso.com", "PUBLISH"},
		{"x@listed.test", "a@contoso.com", "MESSAGE"},
	};
	const struct acc_question q = {.from = rows[_i].from,
				       .to = rows[_i].to,
				       .peer = "edge.fabrikam.com,"
					       "sip.fabrikam.com",
				       .method = rows[_i].method};
	char event[ACC_RULE_LEN], explained[ACC_RULE_LEN], line[1024];
	const struct edge_sip_msg *m;

	partner_dial(&p, &partner, "fabrikam");
	partner_request(&partner, rows[_i].method, "z9hG4bK1", rows[_i].from,
			rows[_i].to);
	m = sip_peer_expect(&partner, "SIP/2.0 4");
	/* outside hears the reason, and no rule */
	sip_peer_header(m, "ms-diagnostics-public", 0, line);
	ck_assert_str_ne(line, "");
	ck_assert_ptr_null(strstr(line, "rule="));
	explain(&q, explained);
	ck_assert_str_eq(event_rule(event), explained);
}
END_TEST

/* An ACK is never answered, but what became of it is told. */
START_TEST(journey_of_a_refused_ack_tells_its_rule)
{
	char event[ACC_RULE_LEN];

	partner_dial(&p, &partner, "fabrikam");
	partner_request(&partner, "ACK", "z9hG4bK1", "x@adatum.com",
			"a@contoso.com");
	shards_wait_stat(&f, ACC_STAT_REFUSED + ACC_REASON_BLOCKED_DOMAIN, 1);
	ck_assert_str_eq(event_rule(event), "AllowFederatedUsers=true,"
					    "BlockedDomain[adatum.com]=yes");
	ck_assert(!sip_peer_has_message(&partner));
}
END_TEST

/* -- the way -------------------------------------------------------------- */

START_TEST(journey_to_a_partner_and_back)
{
	const struct edge_sip_msg *m;
	struct sip_peer *there;
	char value[1024];

	partner_inside_request(&inside, "MESSAGE", "z9hG4bK1", "b@listed.test");
	there = partner_with_message(&p);
	m = sip_peer_expect(there, "MESSAGE sip:b@listed.test");
	ck_assert_int_eq(m->max_forwards, 69);
	sip_peer_header(m, "ms-edge-proxy-message-trust", 0, value);
	ck_assert_str_eq(value, "");
	sip_peer_answer(there, m, "200 OK", "");
	m = sip_peer_expect(&inside, "SIP/2.0 200");
	ck_assert_uint_eq(m->via_count, 1);
	shards_wait_no_transactions(&f);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_FORWARDED_PARTNER), 1);
}
END_TEST

/* Asked for while DNS and the handshake still go on. */
START_TEST(journey_is_cancelled_while_it_waits)
{
	partner_inside_request(&inside, "INVITE", "z9hG4bK1", "b@slow.test");
	partner_inside_request(&inside, "CANCEL", "z9hG4bK1", "b@slow.test");
	sip_peer_expect(&inside, "SIP/2.0 200");
	sip_peer_expect(&inside, "SIP/2.0 487");
	partner_inside_request(&inside, "ACK", "z9hG4bK1", "b@slow.test");
	shards_wait_no_transactions(&f);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_FORWARDED_PARTNER), 0);
}
END_TEST

START_TEST(journey_ends_with_its_asker)
{
	partner_inside_request(&inside, "INVITE", "z9hG4bK1", "b@listed.test");
	sip_peer_expect(partner_with_message(&p), "INVITE ");
	sip_peer_close(&inside);
	shards_wait_stat(&f, ACC_STAT_CLOSED + EDGE_CONN_WHY_EOF, 1);
	sip_peer_answer(&p.doors[0].came[0], &p.doors[0].came[0].msg,
			"180 Ringing", "");
	sip_peer_expect(&p.doors[0].came[0], "CANCEL ");
}
END_TEST

static void with_listed_blocked(struct topo *t)
{
	static const char *const blocked[] = {"listed.test"};

	partners_amend(t);
	t->blocked = blocked;
}

/* The topology changes between two requests: the next one knows. */
START_TEST(journey_is_decided_by_the_topology_in_force)
{
	struct sip_peer *there;

	partner_inside_request(&inside, "MESSAGE", "z9hG4bK1", "b@listed.test");
	there = partner_with_message(&p);
	sip_peer_answer(there, sip_peer_expect(there, "MESSAGE "), "200 OK",
			"");
	sip_peer_expect(&inside, "SIP/2.0 200");
	f.amend = with_listed_blocked;
	partners_retopo(&p, 2);
	partner_inside_request(&inside, "MESSAGE", "z9hG4bK2", "b@listed.test");
	sip_peer_expect(&inside, "SIP/2.0 403");
	ck_assert(heard("reason=destination_blocked"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("journey");
	TCase *t = tcase_create("journey");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, journey_of_the_inside_has_one_rule, 0, 5);
	tcase_add_loop_test(t, journey_of_a_partner_has_one_rule, 0, 5);
	tcase_add_test(t, journey_of_a_refused_ack_tells_its_rule);
	tcase_add_test(t, journey_to_a_partner_and_back);
	tcase_add_test(t, journey_is_cancelled_while_it_waits);
	tcase_add_test(t, journey_ends_with_its_asker);
	tcase_add_test(t, journey_is_decided_by_the_topology_in_force);
	suite_add_tcase(suite, t);
	return suite;
}
