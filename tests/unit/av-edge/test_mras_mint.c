/* Credentials and the relays they are good for: AV 2.3, 2.4, 6.1; TO 5.4. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/mras_mint.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/mras_fixture.h"

static struct topo t;
static struct mras_ring ring;
static struct mras_request r;
static struct mras_mint c;
static struct mras_minted minted;
static uint8_t out[MRAS_RESPONSE_MAX];
static struct edge_slice xml;

static void setup(void)
{
	t = mras_test_topo();
	ring = mras_test_ring();
	memset(&r, 0, sizeof(r));
	r.id = edge_slice_str("r1");
	r.version = edge_slice_str("2.0");
	r.count = 1;
	r.asks[0] = (struct mras_ask){
		.id = edge_slice_str("c1"),
		.identity = edge_slice_str("sip:alice@contoso.com")};
	minted = (struct mras_minted){0};
	c = (struct mras_mint){.topo = &t,
			       .ring = &ring,
			       .now_s = MRAS_TEST_NOW,
			       .random = mras_test_random};
}

static enum mras_phrase mint(void)
{
	struct edge_put w = edge_put(out, sizeof(out));
	enum mras_phrase p = mras_mint_all(&w, &minted, &c, &r);

	xml = edge_put_done(&w);
	return p;
}

static struct mras_token token(int nth)
{
	static uint8_t bytes[MRAS_TOKEN_LEN];
	struct mras_token k = {0};

	ck_assert_uint_eq(
		mras_test_base64(bytes, sizeof(bytes),
				 mras_test_element(xml, "username", nth)),
		MRAS_TOKEN_LEN);
	ck_assert(mras_token_decode(&k, edge_slice(bytes, sizeof(bytes))));
	return k;
}

static enum ave_reason verify(int nth, int64_t now_s, enum ave_side side,
			      struct ave_grant *g)
{
	uint8_t name[MRAS_TOKEN_LEN], want[MRAS_PASSWORD_LEN];
	struct mras_known known;
	enum ave_reason why;
	size_t len = mras_test_base64(name, sizeof(name),
				      mras_test_element(xml, "username", nth));

	ck_assert_uint_eq(
		mras_test_base64(want, sizeof(want),
				 mras_test_element(xml, "password", nth)),
		sizeof(want));
	why = mras_ring_verify(&known, &ring, edge_slice(name, len), now_s,
			       side);
	if (why)
		return why;
	*g = known.grant;
	ck_assert_mem_eq(want, known.password, sizeof(want));
	return why;
}

static void element_is(const char *name, int nth, const char *want)
{
	struct edge_slice s = mras_test_element(xml, name, nth);

	ck_assert_msg(edge_slice_eq_str(s, want), "%s: %.*s, want %s", name,
		      (int)edge_slice_len(s), (const char *)s.p, want);
}

START_TEST(mint_gives_what_the_relay_accepts)
{
	struct ave_grant g = {0};

	ck_assert_int_eq(mint(), MRAS_OK);
	ck_assert_int_eq(verify(0, MRAS_TEST_NOW, AVE_OUTSIDE, &g), AVE_FINE);
	ck_assert_int_eq(verify(0, MRAS_TEST_NOW, AVE_INSIDE, &g), AVE_FINE);
	ck_assert(g.outside && g.inside && !g.is_server);
	ck_assert_int_eq(g.expires_s, MRAS_TEST_NOW + 8 * 3600);
	ck_assert_uint_eq(minted.count, 1);
	ck_assert_mem_eq(minted.pseudonym, g.pseudonym,
			 sizeof(minted.pseudonym));
	ck_assert_int_eq(
		verify(0, MRAS_TEST_NOW + 8 * 3600 + 300, AVE_OUTSIDE, &g),
		AVE_TOKEN_EXPIRED);
}
END_TEST

/* AV 6.1 token_format = ms2; what was made before goes on counting. */
START_TEST(mint_makes_the_second_layout_when_told)
{
	struct ave_grant g = {0};
	struct edge_slice name;

	ring.format = MRAS_MS2;
	r.asks[0].minutes = 30;
	ck_assert_int_eq(mint(), MRAS_OK);
	name = mras_test_element(xml, "username", 0);
	ck_assert_uint_eq(edge_slice_len(name), 76);
	ck_assert(!memcmp(name.p, "AgAAJ", 5)); /* AV 2.6, as in public logs */
	ck_assert_int_eq(verify(0, MRAS_TEST_NOW, AVE_OUTSIDE, &g), AVE_FINE);
	ck_assert(g.outside && g.inside && !g.is_server);
	ck_assert_int_eq(g.issued_s, MRAS_TEST_NOW);
	ck_assert_int_eq(g.expires_s, MRAS_TEST_NOW + 30 * 60);
	ck_assert_mem_eq(minted.pseudonym, g.pseudonym,
			 sizeof(minted.pseudonym));
	ring.format = MRAS_EDGE;
	ck_assert_int_eq(verify(0, MRAS_TEST_NOW, AVE_INSIDE, &g), AVE_FINE);
	ck_assert_int_eq(
		verify(0, MRAS_TEST_NOW + 30 * 60 + 300, AVE_OUTSIDE, &g),
		AVE_TOKEN_EXPIRED);
}
END_TEST

START_TEST(mint_gives_nothing_to_who_is_revoked)
{
	r.asks[0].identity = edge_slice_str("sip:alice@contoso.com;x=1");
	ck_assert_int_eq(
		mras_ring_revoke(&ring,
				 edge_slice_str("sip:alice@contoso.com")),
		EDGE_OK);
	ck_assert_int_eq(mint(), MRAS_FORBIDDEN);
	r.asks[1] = r.asks[0];
	r.asks[0].identity = edge_slice_str("sip:bob@contoso.com");
	ck_assert_int_eq(mint(), MRAS_OK);
	r.count = 2;
	ck_assert_int_eq(mint(), MRAS_FORBIDDEN);
}
END_TEST

/* The quota is the user's, however its name is spelled. */
START_TEST(mint_knows_one_user_by_all_its_spellings)
{
	static const struct {
		const char *text;
		bool is_same;
	} rows[] = {
		{"SIP:Alice@Contoso.COM", true},
		{"sips:alice@contoso.com", true},
		{"sip:alice:pw@contoso.com", true},
		{"sip:alice@contoso.com;x=1", true},
		{"sip:alice@contoso.com;transport=tls?subject=x", true},
		{"sip:alice@contoso.com:5061", false},
		{"sip:bob@contoso.com", false},
		{"sip:alice@fabrikam.com", false},
		{"sip:contoso.com", false},
		{"tel:alice@contoso.com", false},
	};
	struct mras_token first;

	r.asks[0].identity = edge_slice_str("sip:alice@contoso.com");
	ck_assert_int_eq(mint(), MRAS_OK);
	first = token(0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mras_token k;

		r.asks[0].identity = edge_slice_str(rows[i].text);
		ck_assert_int_eq(mint(), MRAS_OK);
		k = token(0);
		ck_assert_msg(!memcmp(k.pseudonym, first.pseudonym,
				      sizeof(k.pseudonym)) == rows[i].is_same,
			      "%s", rows[i].text);
	}
}
END_TEST

/* AV 2.4: exactly this, in this order */
static const struct {
	enum mras_location location;
	bool direct_ip;
	uint8_t flags;
	const char *relays;
} places[] = {
	{MRAS_AT_INTERNET, false, MRAS_INTERNET,
	 "<mediaRelay><location>internet</location><hostName>av.contoso.com"
	 "</hostName><udpPort>3479</udpPort><tcpPort>444</tcpPort>"
	 "</mediaRelay>"},
	{MRAS_AT_INTRANET, false, MRAS_INTRANET,
	 "<mediaRelay><location>intranet</location><hostName>"
	 "edgepool.contoso.net</hostName><udpPort>3478</udpPort><tcpPort>443"
	 "</tcpPort></mediaRelay>"},
	{MRAS_ANYWHERE, false, MRAS_INTERNET | MRAS_INTRANET,
	 "<mediaRelay><location>internet</location><hostName>av.contoso.com"
	 "</hostName><udpPort>3479</udpPort><tcpPort>444</tcpPort>"
	 "</mediaRelay>"
	 "<mediaRelay><location>intranet</location><hostName>"
	 "edgepool.contoso.net</hostName><udpPort>3478</udpPort><tcpPort>443"
	 "</tcpPort></mediaRelay>"},
	{MRAS_ANYWHERE, true, MRAS_INTERNET | MRAS_INTRANET,
	 "<mediaRelay><location>internet</location><hostName>203.0.113.7"
	 "</hostName><udpPort>3479</udpPort><tcpPort>444</tcpPort>"
	 "</mediaRelay>"
	 "<mediaRelay><location>intranet</location><hostName>172.25.33.10"
	 "</hostName><udpPort>3478</udpPort><tcpPort>443</tcpPort>"
	 "</mediaRelay>"},
};

START_TEST(mint_lists_relays_that_the_token_is_good_for)
{
	r.asks[0].location = places[_i].location;
	r.direct_ip = places[_i].direct_ip;
	ck_assert_int_eq(mint(), MRAS_OK);
	element_is("mediaRelayList", 0, places[_i].relays);
	ck_assert_uint_eq(token(0).flags, places[_i].flags);
}
END_TEST

START_TEST(mint_writes_addresses_of_both_families)
{
	r.direct_ip = true;
	r.asks[0].location = MRAS_AT_INTERNET;
	ck_assert_int_eq(
		edge_addr_parse(&t.av_public, edge_slice_str("2001:db8::7"), 0),
		EDGE_OK);
	ck_assert_int_eq(mint(), MRAS_OK);
	element_is("hostName", 0, "2001:db8::7");
}
END_TEST

START_TEST(mint_marks_tokens_of_servers)
{
	struct ave_grant g = {0};

	c.is_server = true;
	r.asks[0].location = MRAS_AT_INTRANET;
	ck_assert_int_eq(mint(), MRAS_OK);
	ck_assert_uint_eq(token(0).flags, MRAS_INTRANET | MRAS_SERVER);
	ck_assert_int_eq(verify(0, MRAS_TEST_NOW, AVE_INSIDE, &g), AVE_FINE);
	ck_assert(g.is_server);
	ck_assert_int_eq(verify(0, MRAS_TEST_NOW, AVE_OUTSIDE, &g),
			 AVE_TOKEN_SIDE);
}
END_TEST

static const struct {
	uint32_t topology_s, ring_s, asked, granted;
} durations[] = {
	{28800, 28800, 0, 480},
	{28800, 28800, 30, 30},
	{28800, 28800, 480, 480},
	{28800, 28800, 481, 480},
	{28800, 28800, UINT32_MAX, 480},
	{0, 28800, 0, 480},
	{3600, 28800, 0, 60},
	{3600, 28800, 120, 60},
	{28800, 7200, 480, 120},
	{28800, 28800, 1, 1},
};

START_TEST(mint_grants_the_smaller_duration)
{
	char text[16];

	t.token_lifetime_s = durations[_i].topology_s;
	ring.lifetime_s = durations[_i].ring_s;
	r.asks[0].minutes = durations[_i].asked;
	ck_assert_int_eq(mint(), MRAS_OK);
	snprintf(text, sizeof(text), "%u", durations[_i].granted);
	element_is("duration", 0, text);
	ck_assert_uint_eq(token(0).issued_s, MRAS_TEST_NOW);
	ck_assert_uint_eq(token(0).expires_s,
			  MRAS_TEST_NOW + 60 * durations[_i].granted);
}
END_TEST

START_TEST(mint_promises_no_more_than_the_key_lives)
{
	ring.v[0].until_s = (int64_t)MRAS_TEST_NOW + 3 * 3600 + 59;
	ck_assert_int_eq(mint(), MRAS_OK);
	element_is("duration", 0, "180");
	ring.v[0].until_s = (int64_t)MRAS_TEST_NOW + 59;
	ck_assert_int_eq(mint(), MRAS_INTERNAL);
}
END_TEST

/* TO 5.4, worked times: the old one ends at 14:00, the new is effective at
 * 06:00. */
START_TEST(mint_rolls_over_with_the_clock)
{
	const int64_t day = 1700006400, h = 3600;
	struct mras_keys new_key;
	struct ave_grant g;

	ck_assert_int_eq(mras_keys_derive(&new_key, edge_slice_str("new")),
			 EDGE_OK);
	ring.v[1] = ring.v[0];
	ring.v[1].until_s = day + 14 * h;
	ring.v[0] =
		(struct mras_ring_key){new_key, day + 6 * h, day + 9000 * h};
	ring.count = 2;
	c.now_s = day + 6 * h - 60;
	ck_assert_int_eq(mint(), MRAS_OK);
	ck_assert_uint_eq(token(0).kid, ring.v[1].keys.kid);
	element_is("duration", 0, "480");
	ck_assert_int_eq(verify(0, day + 14 * h - 60, AVE_OUTSIDE, &g),
			 AVE_FINE);
	ck_assert_int_eq(verify(0, day + 14 * h, AVE_OUTSIDE, &g),
			 AVE_BAD_TOKEN);
	c.now_s = day + 6 * h;
	ck_assert_int_eq(mint(), MRAS_OK);
	ck_assert_uint_eq(token(0).kid, new_key.kid);
	ck_assert_int_eq(verify(0, day + 14 * h - 1, AVE_OUTSIDE, &g),
			 AVE_FINE);
}
END_TEST

START_TEST(mint_answers_each_in_order)
{
	static char ids[MRAS_ASKS_MAX][8], names[MRAS_ASKS_MAX][32];
	struct mras_token first, last;
	const char *at;

	for (int i = 0; i < MRAS_ASKS_MAX; i++) {
		snprintf(ids[i], sizeof(ids[i]), "id%d", i);
		snprintf(names[i], sizeof(names[i]), "sip:user%d@contoso.com",
			 i);
		r.asks[i] = (struct mras_ask){
			.id = edge_slice_str(ids[i]),
			.identity = edge_slice_str(names[i]),
			.location =
				i == 99 ? MRAS_AT_INTRANET : MRAS_AT_INTERNET,
			.minutes = (uint32_t)i + 1};
	}
	r.count = MRAS_ASKS_MAX;
	ck_assert_int_eq(mint(), MRAS_OK);
	ck_assert_uint_eq(minted.count, MRAS_ASKS_MAX);
	at = (const char *)xml.p;
	for (int i = 0; i < MRAS_ASKS_MAX; i++) {
		char want[64];

		snprintf(want, sizeof(want), "credentialsRequestID=\"id%d\"",
			 i);
		at = memmem(at, (size_t)((const char *)xml.end - at), want,
			    strlen(want));
		ck_assert_msg(at != NULL, "%s", want);
	}
	first = token(0);
	last = token(99);
	ck_assert_uint_eq(first.flags, MRAS_INTERNET);
	ck_assert_uint_eq(last.flags, MRAS_INTRANET);
	element_is("duration", 99, "100");
	ck_assert_mem_ne(first.pseudonym, last.pseudonym,
			 sizeof(first.pseudonym));
	ck_assert_mem_eq(minted.pseudonym, first.pseudonym,
			 sizeof(first.pseudonym));
}
END_TEST

/* The longest of everything still fits. */
START_TEST(mint_has_room_for_the_longest_response)
{
	static char id[MRAS_ID_MAX + 1], uri[MRAS_URI_MAX + 1], host[254];

	memset(id, '"', MRAS_ID_MAX);
	memset(uri, '"', MRAS_URI_MAX);
	memset(host, 'h', sizeof(host) - 1);
	t.av_name = t.pool = host;
	r.id = edge_slice_str(id);
	r.to = r.from = edge_slice_str(uri);
	for (int i = 0; i < MRAS_ASKS_MAX; i++) {
		r.asks[i] = r.asks[0];
		r.asks[i].id = edge_slice_str(id);
	}
	r.count = MRAS_ASKS_MAX;
	ck_assert_int_eq(mint(), MRAS_OK);
}
END_TEST

START_TEST(mint_says_when_there_is_no_room)
{
	struct edge_put w = edge_put(out, 100);

	ck_assert_int_eq(mras_mint_all(&w, &minted, &c, &r), MRAS_TOO_LARGE);
}
END_TEST

START_TEST(mint_gives_nothing_without_key_or_relay)
{
	struct mras_ring none = {.lifetime_s = 28800};

	c.ring = &none;
	ck_assert_int_eq(mint(), MRAS_INTERNAL);
	c.ring = &ring;
	c.now_s = ring.v[0].until_s;
	ck_assert_int_eq(mint(), MRAS_INTERNAL);
	c.now_s = MRAS_TEST_NOW;
	t.av_name = NULL;
	r.asks[0].location = MRAS_AT_INTERNET;
	ck_assert_int_eq(mint(), MRAS_INTERNAL);
	/* anywhere: what there is, and no flag for what there is not */
	r.asks[0].location = MRAS_ANYWHERE;
	ck_assert_int_eq(mint(), MRAS_OK);
	element_is("location", 0, "intranet");
	ck_assert_uint_eq(token(0).flags, MRAS_INTRANET);
	t = mras_test_topo();
	t.listen[TOPO_PORT_AV_OUTSIDE_UDP].present = false;
	r.asks[0].location = MRAS_AT_INTERNET;
	ck_assert_int_eq(mint(), MRAS_OK);
	ck_assert(!mras_test_has(xml, "udpPort"));
	t.listen[TOPO_PORT_AV_OUTSIDE_TCP].present = false;
	ck_assert_int_eq(mint(), MRAS_INTERNAL);
}
END_TEST

#define COUNT(a) (int)(sizeof(a) / sizeof(*(a)))

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_mint");
	TCase *tc = tcase_create("mint");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, mint_gives_what_the_relay_accepts);
	tcase_add_test(tc, mint_makes_the_second_layout_when_told);
	tcase_add_test(tc, mint_gives_nothing_to_who_is_revoked);
	tcase_add_test(tc, mint_knows_one_user_by_all_its_spellings);
	tcase_add_loop_test(tc, mint_lists_relays_that_the_token_is_good_for, 0,
			    COUNT(places));
	tcase_add_test(tc, mint_writes_addresses_of_both_families);
	tcase_add_test(tc, mint_marks_tokens_of_servers);
	tcase_add_loop_test(tc, mint_grants_the_smaller_duration, 0,
			    COUNT(durations));
	tcase_add_test(tc, mint_promises_no_more_than_the_key_lives);
	tcase_add_test(tc, mint_rolls_over_with_the_clock);
	tcase_add_test(tc, mint_answers_each_in_order);
	tcase_add_test(tc, mint_has_room_for_the_longest_response);
	tcase_add_test(tc, mint_says_when_there_is_no_room);
	tcase_add_test(tc, mint_gives_nothing_without_key_or_relay);
	suite_add_tcase(s, tc);
	return s;
}
