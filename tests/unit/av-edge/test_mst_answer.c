/* Answers, byte for byte as a recorded client took them. */
#include <stdlib.h>
#include <string.h>

#include "av-edge/mst_answer.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/mst_vectors.h"

static struct mst_vectors v;
static struct mst_mac *mac;
static struct mst_answer a;

static void setup(void)
{
	mst_vectors_load(&v);
	ck_assert_int_eq(mst_mac_new(&mac, MST_MAC_SHA1, &v.nice), EDGE_OK);
}

static void teardown(void)
{
	mst_mac_free(mac);
	mst_vectors_fini(&v);
}

static struct mst_msg decoded(struct edge_slice in)
{
	struct mst_msg m;

	ck_assert_int_eq(mst_msg_decode(&m, in), EDGE_OK);
	return m;
}

static struct edge_addr addr(const char *text)
{
	struct edge_addr out;

	ck_assert_int_eq(edge_addr_parse_port(&out, edge_slice_str(text)),
			 EDGE_OK);
	return out;
}

static struct mst_challenge challenge_401(void)
{
	return (struct mst_challenge){
		.code = 401,
		.text = "",
		.nonce = edge_slice_str("0123456789abcdef0123456789abcdef"),
		.realm = edge_slice_str("rtcmedia"),
		.version = 1,
	};
}

/* ---- vectors ---- */

START_TEST(challenge_is_the_recorded_401)
{
	struct edge_slice want = mst_vectors_udp(&v, "allocate-401");
	struct mst_msg m = decoded(want);
	struct mst_challenge c = challenge_401();

	c.text = mst_code_str(401);
	c.realm = v.nice.realm;
	c.server = addr("127.0.0.1:13478");
	c.version = 3;
	mst_answer_begin(&a, MST_ALLOCATE_ERROR, m.tid);
	mst_put_challenge(&a.w, &c);
	ck_assert(edge_slice_eq(mst_answer_end(&a, NULL, false), want));
}
END_TEST

START_TEST(terms_are_the_recorded_success)
{
	struct edge_slice want = mst_vectors_udp(&v, "allocate-success");
	struct mst_msg m = decoded(want);
	const struct mst_terms t = {
		.relayed = {m.v[MST_MAPPED_ADDRESS].addr},
		.client = m.v[MST_XOR_MAPPED].addr,
		.lifetime_s = 600,
		.bandwidth = 1000,
		.version = 3,
		.connection = m.v[MST_SEQUENCE].bytes.p,
	};

	mst_answer_begin(&a, MST_ALLOCATE_OK, m.tid);
	mst_put_terms(&a.w, &t);
	ck_assert(edge_slice_eq(mst_answer_end(&a, mac, false), want));
}
END_TEST

START_TEST(active_destination_is_the_recorded_success)
{
	struct edge_slice want =
		mst_vectors_udp(&v, "set-active-destination-success");
	struct mst_msg m = decoded(want);

	mst_answer_begin(&a, MST_SET_ACTIVE_OK, m.tid);
	mst_put_sequence(&a.w, m.v[MST_SEQUENCE].bytes.p, 6);
	ck_assert(edge_slice_eq(mst_answer_end(&a, mac, false), want));
}
END_TEST

START_TEST(error_attributes_are_those_of_the_vectors)
{
	json_t *root = vector_load("av-msturn-codec.json");
	json_t *rows = json_object_get(root, "error_codes"), *row;
	const char *code;
	unsigned count = 0;

	json_object_foreach(rows, code, row)
	{
		struct edge_slice want = vector_hex(rows, code), got;
		unsigned n = (unsigned)strtoul(code, NULL, 10);

		mst_answer_begin(&a, MST_ALLOCATE_ERROR,
				 edge_slice_str("0123456789abcdef"));
		mst_put_error(&a.w, n, mst_code_str(n));
		got = mst_answer_end(&a, NULL, false);
		got.p += MST_LEAST_LEN;
		ck_assert_msg(edge_slice_eq(got, want), "%s", code);
		count++;
	}
	ck_assert_uint_eq(count, 13);
	json_decref(root);
}
END_TEST

START_TEST(stream_gets_the_answer_in_a_frame)
{
	struct edge_slice bare = mst_vectors_udp(&v, "allocate-401"), got;
	struct mst_msg m = decoded(bare);
	struct mst_challenge c = challenge_401();

	mst_answer_begin(&a, MST_ALLOCATE_ERROR, m.tid);
	mst_put_challenge(&a.w, &c);
	got = mst_answer_end(&a, NULL, true);
	ck_assert_uint_eq(edge_slice_len(got), 4 + 92);
	ck_assert_mem_eq(got.p, "\x02\x00\x00\x5c", 4);
	got.p += 4;
	ck_assert_uint_eq(decoded(got).type, MST_ALLOCATE_ERROR);
}
END_TEST

/* ---- sizes ---- */

START_TEST(smallest_401_is_at_most_2_6_times_the_request)
{
	struct mst_challenge c = challenge_401();
	struct edge_slice ask = mst_vectors_udp(&v, "allocate-initial"), got;

	ck_assert(mst_challenge_fit(&c, edge_slice_len(ask) * 26 / 10));
	mst_answer_begin(&a, MST_ALLOCATE_ERROR, decoded(ask).tid);
	mst_put_challenge(&a.w, &c);
	got = mst_answer_end(&a, NULL, false);
	ck_assert_uint_eq(edge_slice_len(got), 92);
	ck_assert_uint_le(edge_slice_len(got) * 10, edge_slice_len(ask) * 26);
	ck_assert_uint_eq(c.version, 1);
}
END_TEST

START_TEST(what_does_not_fit_is_left_out_in_its_order)
{
	struct mst_challenge c = challenge_401();

	c.server = addr("192.0.2.1:3478");
	ck_assert(mst_challenge_fit(&c, 104));
	ck_assert_uint_eq(c.server.family, AF_INET);
	ck_assert(mst_challenge_fit(&c, 103));
	ck_assert_uint_eq(c.server.family, 0);
	ck_assert_uint_eq(c.version, 1);
	ck_assert(mst_challenge_fit(&c, 91));
	ck_assert_uint_eq(c.version, 0);
	ck_assert(!mst_challenge_fit(&c, 83));
	c.server = addr("[2001:db8::1]:3478");
	ck_assert(mst_challenge_fit(&c, 84 + 24));
	ck_assert_uint_eq(c.server.family, AF_INET6);
	ck_assert(mst_challenge_fit(&c, 84 + 23));
	ck_assert_uint_eq(c.server.family, 0);
}
END_TEST

START_TEST(fit_counts_what_is_then_written)
{
	struct mst_challenge c = challenge_401();
	struct mst_challenge same;
	size_t len;

	c.text = _i & 1 ? "" : "Unauthorized";
	c.version = _i & 2 ? 4 : 0;
	if (_i & 4)
		c.server = addr("[2001:db8::1]:3478");
	mst_answer_begin(&a, MST_ALLOCATE_ERROR,
			 edge_slice_str("0123456789abcdef"));
	mst_put_challenge(&a.w, &c);
	len = edge_slice_len(mst_answer_end(&a, NULL, false));
	same = c;
	ck_assert(mst_challenge_fit(&same, len));
	ck_assert_uint_eq(same.version, c.version);
	ck_assert_uint_eq(same.server.family, c.server.family);
	ck_assert_int_eq(mst_challenge_fit(&same, len - 1),
			 c.version || c.server.family);
	ck_assert(!same.server.family &&
		  (same.version != c.version ||
		   same.server.family != c.server.family || !c.version));
}
END_TEST

START_TEST(longest_challenge_has_room)
{
	char realm[129];
	struct mst_challenge c = challenge_401();

	memset(realm, 'r', 128);
	c.realm = edge_slice(realm, 128);
	c.server = addr("[2001:db8::1]:3478");
	mst_answer_begin(&a, MST_ALLOCATE_ERROR,
			 edge_slice_str("0123456789abcdef"));
	mst_put_challenge(&a.w, &c);
	ck_assert_uint_eq(edge_slice_len(mst_answer_end(&a, NULL, true)),
			  4 + 28 + 8 + 8 + 36 + 132 + 24);
}
END_TEST

START_TEST(answer_without_room_is_empty)
{
	static const char bytes[MST_ANSWER_MAX];

	mst_answer_begin(&a, MST_ALLOCATE_ERROR,
			 edge_slice_str("0123456789abcdef"));
	mst_put_bytes(&a.w, MST_NONCE, edge_slice(bytes, sizeof(bytes)));
	ck_assert_uint_eq(edge_slice_len(mst_answer_end(&a, NULL, true)), 0);
}
END_TEST

/* ---- content ---- */

static struct mst_msg terms(const char *four, const char *six)
{
	static const uint8_t connection[MST_CONNECTION_LEN] = {7};
	struct mst_terms t = {.client = addr("198.51.100.7:40000"),
			      .lifetime_s = 61,
			      .bandwidth = 2,
			      .version = 4,
			      .connection = connection,
			      .number = 9};

	if (four)
		t.relayed[0] = addr(four);
	if (six)
		t.relayed[1] = addr(six);
	mst_answer_begin(&a, MST_ALLOCATE_OK,
			 edge_slice_str("0123456789abcdef"));
	mst_put_terms(&a.w, &t);
	return decoded(mst_answer_end(&a, mac, false));
}

START_TEST(terms_name_both_families_each_at_its_place)
{
	const struct edge_addr four = addr("192.0.2.5:50001"),
			       six = addr("[2001:db8::5]:50002");
	struct mst_msg m = terms("192.0.2.5:50001", "[2001:db8::5]:50002");

	ck_assert(edge_addr_eq(&m.v[MST_MAPPED_ADDRESS].addr, &four));
	ck_assert(edge_addr_eq(&m.v[MST_ALTERNATE_MAPPED].addr, &six));
	m = terms(NULL, "[2001:db8::5]:50002");
	ck_assert(edge_addr_eq(&m.v[MST_MAPPED_ADDRESS].addr, &six));
	ck_assert(!mst_has(&m, MST_ALTERNATE_MAPPED));
	m = terms("192.0.2.5:50001", NULL);
	ck_assert(edge_addr_eq(&m.v[MST_MAPPED_ADDRESS].addr, &four));
	ck_assert(!mst_has(&m, MST_ALTERNATE_MAPPED));
}
END_TEST

START_TEST(terms_say_what_was_granted)
{
	struct mst_msg m = terms("192.0.2.5:50001", NULL);

	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 61);
	ck_assert_uint_eq(m.v[MST_BANDWIDTH].number, 2);
	ck_assert_uint_eq(m.v[MST_MS_VERSION].number, 4);
	ck_assert_uint_eq(m.v[MST_SEQUENCE].number, 9);
	ck_assert_uint_eq(m.v[MST_SEQUENCE].bytes.p[0], 7);
	ck_assert(mst_mac_fits(mac, &m));
	ck_assert_uint_eq(m.seen[0].attr, MST_MAGIC_COOKIE);
	ck_assert_uint_eq(m.seen[m.seen_count - 1].attr, MST_INTEGRITY);
}
END_TEST

START_TEST(all_that_is_granted_has_the_length_of_padded_attributes)
{
	struct mst_msg m = terms("192.0.2.5:50001", "[2001:db8::5]:50002");

	for (size_t i = 0; i < m.seen_count; i++)
		ck_assert_uint_eq(edge_slice_len(m.seen[i].value) & 3, 0);
}
END_TEST

START_TEST(odd_list_of_unknown_attributes_repeats_its_last)
{
	static const char wanted[] =
		"\x00\x17\x00\x17\x00\x17\x70\x01\x00\x17\x70\x01"
		"\x00\x24\x00\x24";
	const uint16_t list[] = {0x0017, 0x7001, 0x0024};
	struct mst_msg m;

	mst_answer_begin(&a, MST_ALLOCATE_ERROR,
			 edge_slice_str("0123456789abcdef"));
	mst_put_unknown(&a.w, list, (size_t)_i);
	m = decoded(mst_answer_end(&a, NULL, false));
	ck_assert_uint_eq(edge_slice_len(m.v[MST_UNKNOWN].bytes),
			  _i < 3 ? 4 : 8);
	ck_assert_mem_eq(m.v[MST_UNKNOWN].bytes.p,
			 &wanted[_i == 1   ? 0
				 : _i == 2 ? 4
					   : 8],
			 _i < 3 ? 4 : 8);
}
END_TEST

START_TEST(codes_are_those_of_the_table)
{
	static const struct {
		enum ave_reason why;
		unsigned code;
	} rows[] = {
		{AVE_MALFORMED, 400},	  {AVE_NO_INTEGRITY, 401},
		{AVE_UNKNOWN_ATTR, 420},  {AVE_FAMILY, 420},
		{AVE_BAD_INTEGRITY, 431}, {AVE_NO_USERNAME, 432},
		{AVE_NO_REALM, 434},	  {AVE_NO_NONCE, 435},
		{AVE_BAD_TOKEN, 436},	  {AVE_TOKEN_EXPIRED, 436},
		{AVE_USER_REVOKED, 436},  {AVE_TOKEN_SIDE, 436},
		{AVE_NO_ALLOCATION, 437}, {AVE_STALE_NONCE, 438},
		{AVE_PEER_DENIED, 440},	  {AVE_WRONG_USER, 441},
		{AVE_INTERNAL, 500},	  {AVE_NO_PORT, 500},
		{AVE_USER_LIMIT, 500},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_uint_eq(mst_code_of(rows[i].why), rows[i].code);
	for (unsigned why = 0; why < AVE_REASONS; why++) {
		unsigned code = mst_code_of((enum ave_reason)why);

		ck_assert_str_ne(mst_code_str(code), "");
		/* never: 430 is told as 436, 439 is of a state machine that
		 * is no more */
		ck_assert(code != 430 && code != 439 && code < 600);
	}
	ck_assert_str_eq(mst_code_str(439), "");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_answer");
	TCase *tc = tcase_create("answers");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, challenge_is_the_recorded_401);
	tcase_add_test(tc, terms_are_the_recorded_success);
	tcase_add_test(tc, active_destination_is_the_recorded_success);
	tcase_add_test(tc, error_attributes_are_those_of_the_vectors);
	tcase_add_test(tc, stream_gets_the_answer_in_a_frame);
	tcase_add_test(tc, smallest_401_is_at_most_2_6_times_the_request);
	tcase_add_test(tc, what_does_not_fit_is_left_out_in_its_order);
	tcase_add_loop_test(tc, fit_counts_what_is_then_written, 0, 8);
	tcase_add_test(tc, longest_challenge_has_room);
	tcase_add_test(tc, answer_without_room_is_empty);
	tcase_add_test(tc, terms_name_both_families_each_at_its_place);
	tcase_add_test(tc, terms_say_what_was_granted);
	tcase_add_test(tc,
		       all_that_is_granted_has_the_length_of_padded_attributes);
	tcase_add_loop_test(tc, odd_list_of_unknown_attributes_repeats_its_last,
			    1, 4);
	tcase_add_test(tc, codes_are_those_of_the_table);
	suite_add_tcase(s, tc);
	return s;
}
