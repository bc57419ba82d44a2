/* The rules of EP1 frames, one by one: order of the checks, fields, sizes. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "webconf-edge/psom_frame.h"

static uint8_t buf[20000];

static enum psom_verdict decode_on(struct edge_slice in, enum psom_leg leg,
				   unsigned from)
{
	struct psom_frame f;
	size_t used;

	return psom_frame_decode(&f, &used, in, leg, from);
}

static enum psom_verdict hello(struct edge_slice in)
{
	return decode_on(in, PSOM_LEG_CLIENT, PSOM_FROM_CLIENT);
}

/* ---- order of the checks: WC 5.5, steps 1 to 6 ---- */

static const struct {
	const char *bytes;
	size_t len;
	enum psom_verdict want;
} heads[] = {
	{"", 0, PSOM_MORE},
	{"W", 1, PSOM_MORE},
	{"w", 1, PSOM_NOT_OURS},
	{"WCE", 3, PSOM_MORE},
	{"WCF", 3, PSOM_NOT_OURS},
	{"WCE1", 4, PSOM_MORE},
	{"WCE2", 4, PSOM_NOT_OURS},
	{"WCE1\x01", 5, PSOM_MORE},
	{"WCE1\x00", 5, PSOM_MALFORMED},
	{"WCE1\x02", 5, PSOM_MALFORMED},     /* the edge's */
	{"WCE1\x03", 5, PSOM_MALFORMED},     /* a client refuses nothing */
	{"WCE1\x10", 5, PSOM_MALFORMED},     /* the other side's leg */
	{"WCE1\x01\x01", 6, PSOM_MALFORMED}, /* flags */
	{"WCE1\x01\x00\x10", 7, PSOM_MORE},
	{"WCE1\x01\x00\x10\x00", 8, PSOM_MORE},	     /* 4096 */
	{"WCE1\x01\x00\x10\x01", 8, PSOM_TOO_LARGE}, /* 4097 */
	{"WCE1\x01\x01\x10\x01", 8, PSOM_MALFORMED}, /* flags come first */
	{"WCE1\x01\x00\x00\x00", 8, PSOM_MALFORMED}, /* nothing in it */
};

START_TEST(decode_decides_as_early_as_it_can)
{
	ck_assert_int_eq(hello(edge_slice(heads[_i].bytes, heads[_i].len)),
			 heads[_i].want);
}
END_TEST

START_TEST(decode_allows_larger_frames_on_the_control_leg)
{
	static const uint8_t head[] = {'W', 'C', 'E', '1', 0x12, 0, 0x40, 0};
	static const uint8_t over[] = {'W', 'C', 'E', '1', 0x12, 0, 0x40, 1};

	ck_assert_int_eq(
		decode_on(edge_slice(head, 8), PSOM_LEG_CONTROL, PSOM_FROM_MCU),
		PSOM_MORE);
	ck_assert_int_eq(
		decode_on(edge_slice(over, 8), PSOM_LEG_CONTROL, PSOM_FROM_MCU),
		PSOM_TOO_LARGE);
}
END_TEST

/* ---- who may say what where ---- */

static const struct {
	enum psom_type type;
	unsigned legs, from; /* bits */
} table[] = {
	{PSOM_HELLO, 1, PSOM_FROM_CLIENT},
	{PSOM_HELLO_OK, 1, PSOM_FROM_EDGE},
	{PSOM_REJECT, 7, PSOM_FROM_MCU | PSOM_FROM_EDGE},
	{PSOM_REGISTER, 4, PSOM_FROM_MCU},
	{PSOM_REGISTER_OK, 4, PSOM_FROM_EDGE},
	{PSOM_PING, 4, PSOM_FROM_MCU | PSOM_FROM_EDGE},
	{PSOM_PONG, 4, PSOM_FROM_MCU | PSOM_FROM_EDGE},
	{PSOM_WANT, 4, PSOM_FROM_EDGE},
	{PSOM_LOAD, 4, PSOM_FROM_MCU},
	{PSOM_DRAIN, 4, PSOM_FROM_MCU | PSOM_FROM_EDGE},
	{PSOM_CONF_END, 4, PSOM_FROM_MCU},
	{PSOM_BYE, 4, PSOM_FROM_MCU | PSOM_FROM_EDGE},
	{PSOM_OFFER, 6, PSOM_FROM_MCU}, /* and as a first frame on control */
	{PSOM_ASSIGN, 2, PSOM_FROM_EDGE},
	{PSOM_ASSIGN_OK, 2, PSOM_FROM_MCU},
	{PSOM_ASSIGN_NO, 2, PSOM_FROM_MCU},
};
enum { TYPES = sizeof(table) / sizeof(table[0]) };

START_TEST(decode_takes_a_type_on_its_legs_from_its_senders_alone)
{
	const uint8_t head[] = {'W', 'C', 'E', '1', (uint8_t)table[_i].type};

	for (unsigned leg = 0; leg < 3; leg++)
		for (unsigned who = 1; who <= 4; who <<= 1) {
			bool good = table[_i].legs >> leg & 1 &&
				    table[_i].from & who;

			ck_assert_int_eq(decode_on(edge_slice(head, 5),
						   (enum psom_leg)leg, who),
					 good ? PSOM_MORE : PSOM_MALFORMED);
		}
}
END_TEST

START_TEST(decode_knows_no_other_types)
{
	uint8_t head[] = {'W', 'C', 'E', '1', 0};
	unsigned known = 0;

	for (unsigned type = 0; type < 256; type++) {
		bool good = false;

		head[4] = (uint8_t)type;
		for (unsigned leg = 0; leg < 3; leg++)
			good = good ||
			       decode_on(edge_slice(head, 5),
					 (enum psom_leg)leg, 7) == PSOM_MORE;
		known += good;
		ck_assert_int_eq(
			strcmp(psom_type_name((enum psom_type)type), "?") != 0,
			good);
	}
	ck_assert_uint_eq(known, TYPES);
}
END_TEST

/* ---- fields ---- */

static struct psom_put w;

static void put_raw(uint16_t tag, const void *value, size_t len)
{
	const uint8_t head[] = {(uint8_t)(tag >> 8), (uint8_t)tag,
				(uint8_t)(len >> 8), (uint8_t)len};

	ck_assert_uint_le(w.len + 4 + len, w.cap);
	memcpy(w.p + w.len, head, 4);
	if (len)
		memcpy(w.p + w.len + 4, value, len);
	w.len += 4 + len;
}

static void begin(enum psom_type type)
{
	psom_put_start(&w, buf, sizeof(buf), type);
}

static void begin_hello(void)
{
	static const uint8_t token[PSOM_TOKEN_LEN];

	begin(PSOM_HELLO);
	psom_put_number(&w, PSOM_TAG_VERSION, 1);
	psom_put_bytes(&w, PSOM_TAG_TOKEN, edge_slice(token, sizeof(token)));
	psom_put_bytes(&w, PSOM_TAG_MCU, edge_slice_str("fe01"));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str("sip:c"));
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str("1"));
}

START_TEST(decode_skips_what_it_may_and_refuses_the_rest)
{
	static const struct {
		uint16_t tag;
		enum psom_verdict once;
	} cases[] = {
		{0x8000, PSOM_FINE},	  {0x8fff, PSOM_FINE},
		{0xffff, PSOM_FINE},	  {0x7fff, PSOM_MALFORMED},
		{0x0000, PSOM_MALFORMED}, {0x0006, PSOM_MALFORMED},
		{0x0010, PSOM_MALFORMED}, /* known, but not in a HELLO */
	};

	begin_hello();
	put_raw(cases[_i].tag, "0123456789abcdef", 16);
	ck_assert_int_eq(hello(psom_put_end(&w)), cases[_i].once);
	put_raw(cases[_i].tag, "", 0);
	ck_assert_int_eq(hello(psom_put_end(&w)), PSOM_MALFORMED);
}
END_TEST

START_TEST(decode_skips_an_agent_where_none_is_listed)
{
	begin(PSOM_PING);
	psom_put_number(&w, PSOM_TAG_ECHO, 1);
	put_raw(0x8006, "agent", 5);
	ck_assert_int_eq(
		decode_on(psom_put_end(&w), PSOM_LEG_CONTROL, PSOM_FROM_MCU),
		PSOM_FINE);
}
END_TEST

START_TEST(decode_wants_each_mandatory_field)
{
	static const enum psom_tag must[] = {PSOM_TAG_VERSION, PSOM_TAG_TOKEN,
					     PSOM_TAG_MCU, PSOM_TAG_CONFERENCE,
					     PSOM_TAG_INNER};
	uint8_t copy[512];
	struct psom_frame f;
	size_t used;

	begin_hello();
	ck_assert_int_eq(psom_frame_decode(&f, &used, psom_put_end(&w),
					   PSOM_LEG_CLIENT, PSOM_FROM_CLIENT),
			 PSOM_FINE);
	for (size_t i = 0; i < 5; i++) {
		struct psom_frame less = f;

		less.value[must[i]] = (struct edge_slice){0};
		ck_assert_int_eq(
			hello(psom_frame_encode(copy, sizeof(copy), &less)),
			PSOM_MALFORMED);
	}
}
END_TEST

START_TEST(decode_takes_fields_in_any_order)
{
	static const uint8_t token[PSOM_TOKEN_LEN];

	begin(PSOM_HELLO);
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str("1"));
	psom_put_bytes(&w, PSOM_TAG_AGENT, edge_slice_str(""));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str("sip:c"));
	psom_put_bytes(&w, PSOM_TAG_TOKEN, edge_slice(token, sizeof(token)));
	psom_put_bytes(&w, PSOM_TAG_MCU, edge_slice_str("fe01"));
	psom_put_number(&w, PSOM_TAG_VERSION, 1);
	ck_assert_int_eq(hello(psom_put_end(&w)), PSOM_FINE);
}
END_TEST

START_TEST(decode_checks_the_version_last)
{
	begin_hello();
	buf[13] = 2; /* the low byte of tag 0001 */
	ck_assert_int_eq(hello(psom_put_end(&w)), PSOM_VERSION);
	put_raw(0x0006, "", 0);
	ck_assert_int_eq(hello(psom_put_end(&w)), PSOM_MALFORMED);
}
END_TEST

START_TEST(decode_takes_a_reject_that_names_another_version)
{
	begin(PSOM_REJECT);
	psom_put_number(&w, PSOM_TAG_CODE, 426);
	psom_put_number(&w, PSOM_TAG_VERSION, 2);
	ck_assert_int_eq(
		decode_on(psom_put_end(&w), PSOM_LEG_CLIENT, PSOM_FROM_EDGE),
		PSOM_FINE);
}
END_TEST

/* Length of a field and whether it is taken; lengths the digest gives. */
static const struct {
	enum psom_type type;
	uint16_t tag;
	size_t least, most;
} sizes[] = {
	{PSOM_HELLO, 0x0002, 84, 84},  {PSOM_HELLO, 0x0003, 1, 255},
	{PSOM_HELLO, 0x0004, 1, 512},  {PSOM_HELLO, 0x0005, 1, 1024},
	{PSOM_HELLO, 0x0001, 2, 2},    {PSOM_HELLO, 0x8006, 0, 1024},
	{PSOM_HELLO, 0x8abc, 0, 1024},
};

START_TEST(decode_wants_lengths_within_bounds)
{
	static const struct {
		uint16_t tag;
		const char *value;
		size_t len;
	} rest[] = {
		{0x0001, "\0\1", 2},
		{0x0002,
		 "tttttttttttttttttttttttttttttttttttttttttttttttttttt"
		 "tttttttttttttttttttttttttttttttt",
		 84},
		{0x0003, "m", 1},
		{0x0004, "c", 1},
		{0x0005, "i", 1},
	};
	char text[1100];

	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len <= 1030; len++) {
		bool good = len >= sizes[_i].least && len <= sizes[_i].most;

		begin(sizes[_i].type);
		for (size_t i = 0; i < 5; i++)
			if (rest[i].tag != sizes[_i].tag)
				put_raw(rest[i].tag, rest[i].value,
					rest[i].len);
		put_raw(sizes[_i].tag, sizes[_i].tag == 1 ? "\0\1\0\1" : text,
			sizes[_i].tag == 1 && len > 4 ? 4 : len);
		ck_assert_int_eq(hello(psom_put_end(&w)),
				 good ? PSOM_FINE : PSOM_MALFORMED);
	}
}
END_TEST

START_TEST(decode_wants_a_client_address_of_its_family)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum psom_verdict want;
	} cases[] = {
		{"\x04\x01\x02\x03\x04\x00\x50", 7, PSOM_FINE},
		{"\x06\x01\x02\x03\x04\x00\x50", 7, PSOM_MALFORMED},
		{"\x05\x01\x02\x03\x04\x00\x50", 7, PSOM_MALFORMED},
		{"\x04\x01\x02\x03\x04\x00\x50\x00", 8, PSOM_MALFORMED},
		{"\x06 0123456789abcde\x00\x50", 19, PSOM_FINE},
		{"\x04 0123456789abcde\x00\x50", 19, PSOM_MALFORMED},
		{"\x06 0123456789abcde\x00", 18, PSOM_MALFORMED},
	};

	begin(PSOM_ASSIGN);
	psom_put_bytes(&w, PSOM_TAG_SESSION,
		       edge_slice("0123456789abcdef", 16));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str("sip:c"));
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str("1"));
	psom_put_bytes(&w, PSOM_TAG_NONCE, edge_slice("0123456789abcdef", 16));
	psom_put_number(&w, PSOM_TAG_TLS, 0x0304);
	put_raw(0x0061, cases[_i].bytes, cases[_i].len);
	ck_assert_int_eq(
		decode_on(psom_put_end(&w), PSOM_LEG_DATA, PSOM_FROM_EDGE),
		cases[_i].want);
}
END_TEST

START_TEST(encoder_says_when_it_did_not_fit)
{
	static const uint8_t zeros[1020];
	struct edge_addr none = {0};

	begin(PSOM_PING);
	psom_put_number(&w, PSOM_TAG_RETRY, 0x10000); /* wider than U16 */
	ck_assert_ptr_null(psom_put_end(&w).p);
	begin(PSOM_PING);
	psom_put_number(&w, PSOM_TAG_INNER, 1); /* no number */
	ck_assert_ptr_null(psom_put_end(&w).p);
	begin(PSOM_PING);
	psom_put_bytes(&w, PSOM_TAG_SESSION, edge_slice_str("short"));
	ck_assert_ptr_null(psom_put_end(&w).p);
	begin(PSOM_PING);
	psom_put_client(&w, &none);
	ck_assert_ptr_null(psom_put_end(&w).p);
	psom_put_start(&w, buf, 7, PSOM_PING); /* less than a header */
	ck_assert_ptr_null(psom_put_end(&w).p);
	begin(PSOM_PING);
	for (unsigned i = 0; i < 16; i++)
		psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice(zeros, 1020));
	ck_assert_uint_eq(edge_slice_len(psom_put_end(&w)), 8 + 16384);
	psom_put_bytes(&w, PSOM_TAG_TEXT, edge_slice_str(""));
	ck_assert_ptr_null(psom_put_end(&w).p); /* no frame is that long */
}
END_TEST

START_TEST(clients_come_back_as_they_were_put)
{
	static const char *const texts[] = {"203.0.113.9:51234",
					    "[2001:db8::9]:1"};
	struct edge_addr a, back;
	struct psom_frame f = {0};

	ck_assert_int_eq(edge_addr_parse_port(&a, edge_slice_str(texts[_i])),
			 EDGE_OK);
	begin(PSOM_ASSIGN);
	psom_put_client(&w, &a);
	f.value[PSOM_TAG_CLIENT] = edge_slice(buf + 12, w.len - 12);
	ck_assert(psom_frame_client(&back, &f));
	ck_assert(edge_addr_eq(&a, &back));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("psom_frame_rules");
	TCase *t = tcase_create("header");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, decode_decides_as_early_as_it_can, 0,
			    sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(t, decode_allows_larger_frames_on_the_control_leg);
	tcase_add_loop_test(
		t, decode_takes_a_type_on_its_legs_from_its_senders_alone, 0,
		TYPES);
	tcase_add_test(t, decode_knows_no_other_types);
	suite_add_tcase(s, t);
	t = tcase_create("fields");
	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, decode_skips_what_it_may_and_refuses_the_rest, 0,
			    7);
	tcase_add_test(t, decode_skips_an_agent_where_none_is_listed);
	tcase_add_test(t, decode_wants_each_mandatory_field);
	tcase_add_test(t, decode_takes_fields_in_any_order);
	tcase_add_test(t, decode_checks_the_version_last);
	tcase_add_test(t, decode_takes_a_reject_that_names_another_version);
	tcase_add_loop_test(t, decode_wants_lengths_within_bounds, 0,
			    sizeof(sizes) / sizeof(sizes[0]));
	tcase_add_loop_test(t, decode_wants_a_client_address_of_its_family, 0,
			    7);
	tcase_add_test(t, encoder_says_when_it_did_not_fit);
	tcase_add_loop_test(t, clients_come_back_as_they_were_put, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
