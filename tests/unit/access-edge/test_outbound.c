/* access-edge/outbound.c: partners are found, dialled, checked, remembered. */
#include "access-edge/outbound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/events.h"
#include "tests/support/heard.h"
#include "tests/support/partner_fixture.h"
#include "tests/support/suite.h"

static struct shards f;
static struct partners p;
static struct acc_shard *s;
static struct sip_peer inside;
static unsigned requests;

static void setup(void)
{
	shards_init(&f);
	partners_init(&p, &f);
	f.limits[ACC_LIMIT_TIMER_F_MS] = 6000;
	f.limits[ACC_LIMIT_CONNECT_MS] = 3000;
	f.limits[ACC_LIMIT_PARTNER_RETRY_MS] = 60000;
	requests = 0;
}

static void begin(void)
{
	s = shards_still(&f);
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_open(&p.doors[i], true);
	shards_wait_hops(&f, 2);
	shards_dial_inside(&f, &inside, 0);
}

static void teardown(void)
{
	sip_peer_fini(&inside);
	partners_fini(&p);
	shards_fini(&f);
}

static void ask(const char *to)
{
	char branch[32];

	snprintf(branch, sizeof(branch), "z9hG4bKout%u", requests++);
	partner_inside_request(&inside, "MESSAGE", branch, to);
}

static unsigned dials(void)
{
	return (unsigned)shards_stat(&f, ACC_STAT_PARTNER_DIALS);
}

/* It arrives somewhere and is answered; where. */
static struct sip_peer *expect_passed(void)
{
	struct sip_peer *there = partner_with_message(&p);

	sip_peer_answer(there, sip_peer_expect(there, "MESSAGE "), "200 OK",
			"");
	sip_peer_expect(&inside, "SIP/2.0 200");
	return there;
}

/* The inside is told why, and what words say of it. */
static void expect_failed(enum acc_reason reason, const char *words)
{
	char told[1024], want[128];
	const struct edge_sip_msg *m;

	snprintf(want, sizeof(want), "SIP/2.0 %u", acc_reason_status(reason));
	m = sip_peer_expect(&inside, want);
	sip_peer_header(m, "ms-diagnostics", 0, told);
	snprintf(want, sizeof(want), "%u;reason=\"%s\"",
		 acc_reason_errid(reason), acc_reason_text(reason));
	ck_assert_msg(!strncmp(told, want, strlen(want)), "%s", told);
	ck_assert_msg(strstr(told, words), "%s", told);
	shards_wait_no_transactions(&f);
}

static void expect_refused(enum acc_reason reason)
{
	char want[32];

	snprintf(want, sizeof(want), "SIP/2.0 %u", acc_reason_status(reason));
	sip_peer_expect(&inside, want);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REFUSED + reason), 1);
}

START_TEST(outbound_connects_once)
{
	struct sip_peer *there;

	begin();
	ask("b@listed.test");
	ask("c@listed.test");
	there = expect_passed();
	ck_assert_ptr_eq(expect_passed(), there);
	ask("d@listed.test");
	ck_assert_ptr_eq(expect_passed(), there);
	ck_assert_uint_eq(dials(), 1);
	ck_assert_uint_eq(p.doors[0].count, 1);
	ck_assert_uint_eq(acc_outbounds_count(s->outbounds), 1);
	ck_assert(heard("connected to partner partner=listed.test "
			"peer=first.listed.test"));
	ck_assert(heard("role=DSC"));
}
END_TEST

START_TEST(outbound_has_the_role_of_the_provider_it_found)
{
	begin();
	ask("b@im.test");
	(void)expect_passed();
	ck_assert(heard("peer=fed.im.test"));
	ck_assert(heard("role=PIC"));
}
END_TEST

START_TEST(outbound_goes_to_the_second_target)
{
	begin();
	partner_door_open(&p.doors[0], false);
	ask("b@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(p.doors[1].count, 1);
	ck_assert_uint_eq(dials(), 2);
	ck_assert(heard("peer=second.listed.test"));
	ck_assert(!heard("partner out of reach"));
}
END_TEST

START_TEST(outbound_goes_on_past_a_wrong_name)
{
	begin();
	partner_door_show(&p.doors[0], "other");
	ask("b@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(p.doors[1].count, 1);
	ck_assert_uint_eq(
		heard_with("lync=14428 errid=1010 partner=listed.test "
			   "peer=first.listed.test san=sip.other.test"),
		1);
}
END_TEST

START_TEST(outbound_trusts_no_other_name)
{
	begin();
	f.limits[ACC_LIMIT_PARTNER_RETRY_MS] = 0;
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_show(&p.doors[i], "other");
	for (int i = 0; i < 2; i++) {
		ask("b@listed.test");
		expect_failed(ACC_REASON_PARTNER_TLS,
			      "fqdn=\"second.listed.test\";"
			      "peer-type=\"FederatedPartner\"");
	}
	/* AE 4.4: the event once in ten minutes */
	ck_assert_uint_eq(heard_with("lync=14428"), 1);
	for (int i = 0; i < PARTNER_DOORS; i++)
		for (unsigned k = 0; k < p.doors[i].count; k++)
			ck_assert(!sip_peer_has_message(&p.doors[i].came[k]));
}
END_TEST

START_TEST(outbound_remembers_that_nobody_was_there)
{
	begin();
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_open(&p.doors[i], false);
	ask("b@listed.test");
	expect_failed(ACC_REASON_PARTNER_CONNECT,
		      "fqdn=\"second.listed.test\"");
	ck_assert_uint_eq(dials(), 2);
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_open(&p.doors[i], true);
	ask("b@listed.test"); /* not tried again yet */
	expect_failed(ACC_REASON_PARTNER_CONNECT,
		      "fqdn=\"second.listed.test\"");
	ck_assert_uint_eq(dials(), 2);
	ck_assert_uint_eq(heard_with("partner out of reach"), 1);
	/* a new topology may have mended it */
	partners_retopo(&p, 2);
	ask("b@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(dials(), 3);
}
END_TEST

START_TEST(outbound_tries_again_in_time)
{
	begin();
	f.limits[ACC_LIMIT_PARTNER_RETRY_MS] = 0;
	for (int i = 0; i < PARTNER_DOORS; i++)
		partner_door_open(&p.doors[i], false);
	ask("b@listed.test");
	expect_failed(ACC_REASON_PARTNER_CONNECT, "");
	partner_door_open(&p.doors[1], true);
	ask("b@listed.test");
	(void)expect_passed();
}
END_TEST

START_TEST(outbound_tells_of_a_failed_handshake)
{
	begin();
	for (int i = 0; i < PARTNER_DOORS; i++)
		p.doors[i].refuses = true;
	ask("b@listed.test");
	expect_failed(ACC_REASON_PARTNER_HANDSHAKE,
		      "peer-type=\"FederatedPartner\"");
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_PARTNER_FAILED), 1);
}
END_TEST

START_TEST(outbound_dials_anew_when_it_was_lost)
{
	struct sip_peer *there;

	begin();
	ask("b@listed.test");
	there = partner_with_message(&p);
	sip_peer_expect(there, "MESSAGE ");
	sip_peer_close(there);
	expect_failed(ACC_REASON_PARTNER_LOST, "rule=\"");
	ask("b@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(p.doors[0].count, 2);
}
END_TEST

START_TEST(outbound_gives_up_on_who_is_silent)
{
	f.limits[ACC_LIMIT_TIMER_F_MS] = 300;
	begin();
	ask("b@listed.test");
	sip_peer_expect(partner_with_message(&p), "MESSAGE ");
	expect_failed(ACC_REASON_PARTNER_SILENT, "");
}
END_TEST

START_TEST(outbound_tells_what_dns_is_the_reason_of)
{
	static const struct {
		const char *to, *words;
		enum acc_reason reason;
	} want[] = {
		{"b@nowhere.test", "Srv[nowhere.test]=not_found\"",
		 ACC_REASON_PARTNER_SRV},
		{"b@fails.test", "Srv[fails.test]=no_answer\"",
		 ACC_REASON_PARTNER_DNS},
		{"b@far.test", "Srv[far.test]=other_domain\"",
		 ACC_REASON_SRV_DOMAIN},
		{"b@off.test", "Srv[off.test]=disabled_provider\"",
		 ACC_REASON_PROVIDER_OFF},
		{"b@lost.test", "fqdn=\"sip.lost.test\"",
		 ACC_REASON_PARTNER_ADDRESS},
		{"b@fabrikam.com", "fqdn=\"sip.fabrikam.com\"",
		 ACC_REASON_PARTNER_ADDRESS},
	};

	begin();
	ask(want[_i].to);
	expect_failed(want[_i].reason, want[_i].words);
	ck_assert_uint_eq(dials(), 0);
}
END_TEST

static bool is_closed(void *arg)
{
	const struct sip_peer *there = arg;

	return there->closed;
}

START_TEST(outbound_ends_when_it_is_idle)
{
	struct sip_peer *there;

	f.limits[ACC_LIMIT_PARTNER_IDLE_MS] = 200;
	begin();
	ask("b@listed.test");
	there = expect_passed();
	sip_peer_wait(f.loop, is_closed, there, "an idle connection to end");
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_IDLE), 1);
	ask("b@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(p.doors[0].count, 2);
}
END_TEST

static void two_connections(struct topo *t)
{
	partners_amend(t);
	t->access.tls_count = 2;
}

static struct acc_link *pick(void)
{
	const struct acc_destination to = {
		.by_srv = true, .is_listed = true, .name = "listed.test"};
	struct acc_outbound *up;
	struct acc_link *link;
	enum acc_reason why;

	ck_assert_int_eq(acc_outbound_pick(s->outbounds, &to, &up, &link, &why),
			 ACC_PICK_READY);
	return link;
}

/* What is queued is written when the turn ends: until then it is above. */
static void make_busy(struct acc_link *l)
{
	size_t len = f.limits[ACC_LIMIT_OUT_QUEUE] / 2 + 1;
	char *bytes = malloc(len);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, '\n', len);
	for (size_t i = 0; i < len; i += 2)
		bytes[i] = '\r';
	ck_assert(acc_link_send(l, edge_slice(bytes, len)));
	free(bytes);
}

static bool has_two(void *arg)
{
	(void)arg;
	return heard_with("connected to partner") == 2;
}

START_TEST(outbound_opens_another_connection_when_one_is_busy)
{
	struct acc_link *first;

	f.amend = _i ? partners_amend : two_connections;
	begin();
	ask("b@listed.test");
	(void)expect_passed();
	first = pick();
	ck_assert_ptr_eq(pick(), first); /* there is room */
	ck_assert_uint_eq(dials(), 1);
	make_busy(first);
	ck_assert_ptr_eq(pick(), first);
	if (_i) { /* one is all it may have */
		ask("c@listed.test");
		(void)expect_passed();
		ck_assert_uint_eq(dials(), 1);
		return;
	}
	sip_peer_wait(f.loop, has_two, NULL, "the second connection");
	ck_assert_uint_eq(dials(), 2);
	make_busy(first);
	ck_assert_ptr_ne(pick(), first);
	make_busy(pick());
	(void)pick(); /* both are busy: no third one */
	ask("c@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(dials(), 2);
}
END_TEST

START_TEST(outbound_table_has_a_cap)
{
	f.limits[ACC_LIMIT_PARTNERS] = 1;
	begin();
	ask("b@nowhere.test");
	expect_failed(ACC_REASON_PARTNER_SRV, "");
	ask("b@listed.test"); /* the idle one makes room */
	(void)expect_passed();
	ck_assert_uint_eq(acc_outbounds_count(s->outbounds), 1);
	ask("b@im.test"); /* one with a connection does not */
	expect_failed(ACC_REASON_PARTNERS_FULL, "rule=\"");
	ck_assert_uint_eq(acc_outbounds_count(s->outbounds), 1);
	ask("b@listed.test");
	(void)expect_passed();
}
END_TEST

START_TEST(outbound_forgets_the_idle_with_the_topology)
{
	begin();
	ask("b@nowhere.test");
	expect_failed(ACC_REASON_PARTNER_SRV, "");
	ask("b@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(acc_outbounds_count(s->outbounds), 2);
	partners_retopo(&p, 2);
	ck_assert_uint_eq(acc_outbounds_count(s->outbounds), 1);
	ask("b@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(dials(), 1);
}
END_TEST

/* _i: what of another request the partner says in its answer. */
START_TEST(outbound_answer_is_of_the_request)
{
	static const char *const names[] = {"Call-ID", "From", "CSeq"};
	static const char *const lies[] = {"another@test",
					   "<sip:a@contoso.com>;tag=another",
					   "77 MESSAGE"};
	static const char *const said[] = {"Via", "From", "To", "Call-ID",
					   "CSeq"};
	const struct edge_sip_msg *m;
	struct sip_peer *there;
	char value[1024], text[4096] = "SIP/2.0 200 OK\n";
	size_t len = strlen(text);

	begin();
	ask("b@listed.test");
	there = partner_with_message(&p);
	m = sip_peer_expect(there, "MESSAGE ");
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		sip_peer_header(m, said[i], 0, value);
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "%s: %s%s\n", said[i],
			strcmp(said[i], names[_i]) ? value : lies[_i],
			strcmp(said[i], "To") ? "" : ";tag=answer");
	}
	sip_peer_send(there, "%sContent-Length: 0\n\n", text);
	shards_wait_stat(&f, ACC_STAT_REFUSED + ACC_REASON_BAD_RESPONSE, 1);
	ck_assert(!sip_peer_has_message(&inside));
	sip_peer_answer(there, m, "202 Accepted", "");
	sip_peer_expect(&inside, "SIP/2.0 202");
}
END_TEST

static void without_strangers(struct topo *t)
{
	partners_amend(t);
	t->allowed_count = 1; /* fabrikam.com */
	t->access.discovery = false;
}

/* _i: it has been asked something, or not. */
START_TEST(outbound_leaves_who_is_a_stranger_now)
{
	struct sip_peer *there;
	const struct edge_sip_msg *m = NULL;

	begin();
	ask("b@listed.test");
	there = expect_passed();
	if (_i) {
		ask("c@listed.test");
		m = sip_peer_expect(partner_with_message(&p), "MESSAGE ");
	}
	f.amend = without_strangers;
	partners_retopo(&p, 2);
	ck_assert_uint_eq(acc_outbounds_count(s->outbounds), 0);
	ck_assert(heard("reason=no_longer_known"));
	ask("d@listed.test");
	expect_refused(ACC_REASON_NO_PARTNER);
	if (_i) {
		ck_assert(!there->closed);
		sip_peer_answer(there, m, "200 OK", "");
		sip_peer_expect(&inside, "SIP/2.0 200");
	}
	sip_peer_wait(f.loop, is_closed, there, "the connection to end");
	/* one that is known again is dialled anew */
	f.amend = partners_amend;
	partners_retopo(&p, 3);
	ask("e@listed.test");
	(void)expect_passed();
	ck_assert_uint_eq(dials(), 2);
}
END_TEST

static bool is_asked(void *arg)
{
	return fake_dns_asked(p.dns) >= *(unsigned *)arg;
}

static void with_another_cache(struct topo *t)
{
	partners_amend(t);
	t->proxy.dns_records = 100;
}

/* Questions of the old resolver end; the next target is not asked of it. */
START_TEST(outbound_survives_a_new_resolver)
{
	unsigned three = 3; /* SRV, A and AAAA of the first target */

	begin();
	ask("b@slow.test");
	sip_peer_wait(f.loop, is_asked, &three, "questions to DNS");
	f.amend = with_another_cache;
	partners_retopo(&p, 2);
	expect_failed(ACC_REASON_PARTNER_ADDRESS, "fqdn=\"one.slow.test\"");
	ask("b@listed.test");
	(void)expect_passed();
}
END_TEST

/* Whoever waits for DNS or a handshake when all ends is freed. */
START_TEST(outbound_ends_while_it_is_dialling)
{
	begin();
	ask("b@listed.test");
	shards_wait_stat(&f, ACC_STAT_PARTNER_DIALS, 1);
	ask("b@new.test");
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("outbound");
	TCase *t = tcase_create("outbound");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, outbound_connects_once);
	tcase_add_test(t, outbound_has_the_role_of_the_provider_it_found);
	tcase_add_test(t, outbound_goes_to_the_second_target);
	tcase_add_test(t, outbound_goes_on_past_a_wrong_name);
	tcase_add_test(t, outbound_trusts_no_other_name);
	tcase_add_test(t, outbound_remembers_that_nobody_was_there);
	tcase_add_test(t, outbound_tries_again_in_time);
	tcase_add_test(t, outbound_tells_of_a_failed_handshake);
	tcase_add_test(t, outbound_dials_anew_when_it_was_lost);
	tcase_add_test(t, outbound_gives_up_on_who_is_silent);
	tcase_add_loop_test(t, outbound_tells_what_dns_is_the_reason_of, 0, 6);
	tcase_add_test(t, outbound_ends_when_it_is_idle);
	tcase_add_loop_test(
		t, outbound_opens_another_connection_when_one_is_busy, 0, 2);
	tcase_add_test(t, outbound_table_has_a_cap);
	tcase_add_test(t, outbound_forgets_the_idle_with_the_topology);
	tcase_add_loop_test(t, outbound_answer_is_of_the_request, 0, 3);
	tcase_add_loop_test(t, outbound_leaves_who_is_a_stranger_now, 0, 2);
	tcase_add_test(t, outbound_survives_a_new_resolver);
	tcase_add_test(t, outbound_ends_while_it_is_dialling);
	suite_add_tcase(suite, t);
	return suite;
}
