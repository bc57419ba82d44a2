/* The MS-TURN codec over every recorded message, and over broken ones. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/mst_vectors.h"

static struct mst_vectors v;
static const uint8_t tid[MST_TID_LEN] = "0123456789abcdef";

static void setup(void)
{
	mst_vectors_load(&v);
	ck_assert_uint_eq(v.count, MST_VECTORS);
}

static void teardown(void)
{
	mst_vectors_fini(&v);
}

static struct edge_slice the_tid(void)
{
	return edge_slice(tid, sizeof(tid));
}

START_TEST(decode_and_encode_give_the_same_bytes)
{
	struct edge_slice in = v.all[_i], out;
	uint8_t buf[2048];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_msg m;

	ck_assert_int_eq(mst_msg_decode(&m, in), EDGE_OK);
	ck_assert_uint_eq(m.fault, 0);
	ck_assert_uint_eq(m.mandatory_count, 0);
	ck_assert(!m.is_padded);
	out = mst_msg_encode(&w, &m);
	ck_assert_uint_eq(edge_slice_len(out), edge_slice_len(in));
	ck_assert_mem_eq(out.p, in.p, edge_slice_len(in));
}
END_TEST

START_TEST(decode_refuses_every_strict_prefix)
{
	struct mst_msg m;

	for (size_t n = 0; n < edge_slice_len(v.all[_i]); n++)
		ck_assert_int_ne(mst_msg_decode(&m, edge_slice(v.all[_i].p, n)),
				 EDGE_OK);
}
END_TEST

START_TEST(decode_is_total)
{
	uint8_t bytes[512];
	size_t len = edge_slice_len(v.all[_i]);
	struct mst_msg m;
	char line[256];

	for (size_t at = 0; at < len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(bytes, v.all[_i].p, len);
			bytes[at] ^= (uint8_t)(1u << bit);
			if (mst_msg_decode(&m, edge_slice(bytes, len)) ==
			    EDGE_OK)
				mst_msg_print(line, sizeof(line), &m);
		}
}
END_TEST

START_TEST(print_shows_no_secret)
{
	struct mst_msg m;
	char line[1024];

	ck_assert_int_eq(
		mst_msg_decode(&m, mst_vectors_udp(&v, "send-request")),
		EDGE_OK);
	mst_msg_print(line, sizeof(line), &m);
	ck_assert_ptr_nonnull(strstr(line, "Send, Magic Cookie"));
	ck_assert_ptr_nonnull(strstr(line, "Username 0x0006: (56 bytes)"));
	ck_assert_ptr_nonnull(
		strstr(line, "Destination Address 0x0011: 127.0.0.1:60438"));
	ck_assert_ptr_nonnull(strstr(line, "Data 0x0013: (104 bytes)"));
}
END_TEST

START_TEST(decode_reads_what_the_server_said)
{
	struct mst_msg m;

	ck_assert_int_eq(
		mst_msg_decode(&m, mst_vectors_udp(&v, "allocate-success")),
		EDGE_OK);
	ck_assert_uint_eq(m.type, MST_ALLOCATE_OK);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 600);
	ck_assert_uint_eq(m.v[MST_BANDWIDTH].number, 1000);
	ck_assert_uint_eq(m.v[MST_SEQUENCE].number, 0);
	ck_assert_uint_eq(edge_slice_len(m.v[MST_SEQUENCE].bytes), 20);
	ck_assert_uint_eq(m.integrity_at, 104);
	ck_assert_int_eq(
		mst_msg_decode(&m, mst_vectors_udp(&v, "allocate-401")),
		EDGE_OK);
	ck_assert_uint_eq(m.v[MST_ERROR_CODE].number, 401);
	ck_assert(edge_slice_eq_str(m.v[MST_ERROR_CODE].bytes, "Unauthorized"));
	ck_assert_uint_eq(m.v[MST_ALTERNATE_SERVER].addr.port, 13478);
}
END_TEST

START_TEST(challenge_is_built_byte_for_byte)
{
	struct edge_slice want = mst_vectors_udp(&v, "allocate-401"), got;
	uint8_t buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_addr at;

	ck_assert_int_eq(
		edge_addr_parse(&at, edge_slice_str("127.0.0.1"), 13478),
		EDGE_OK);
	mst_begin(&w, MST_ALLOCATE_ERROR, edge_slice(want.p + 4, MST_TID_LEN));
	mst_put_u32(&w, MST_MS_VERSION, 3);
	mst_put_error(&w, 401, "Unauthorized");
	mst_put_bytes(&w, MST_NONCE,
		      edge_slice_str("0123456789abcdef0123456789abcdef"));
	mst_put_bytes(&w, MST_REALM, v.nice.realm);
	mst_put_addr(&w, MST_ALTERNATE_SERVER, &at);
	got = mst_end(&w);
	ck_assert(edge_slice_eq(got, want));
}
END_TEST

START_TEST(indication_is_built_byte_for_byte)
{
	struct edge_slice want = mst_vectors_udp(&v, "data-indication");
	uint8_t head[MST_INDICATION_MAX];
	struct edge_addr from;
	size_t len;

	ck_assert_int_eq(
		edge_addr_parse(&from, edge_slice_str("127.0.0.1"), 0xafba),
		EDGE_OK);
	len = mst_indication(head, want.p + 4, &from, 104);
	ck_assert_uint_eq(len + 104, edge_slice_len(want));
	ck_assert_mem_eq(head, want.p, len);
}
END_TEST

START_TEST(xor_address_is_that_of_the_vectors)
{
	json_t *root = vector_load("av-msturn-codec.json");
	const json_t *row = json_array_get(
		json_object_get(root, "xor_mapped_address"), (size_t)_i);
	struct edge_slice want = vector_hex(row, "attr_0x8020"), got;
	uint8_t buf[128];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_addr a;
	struct mst_msg m;

	ck_assert_int_eq(edge_addr_parse(&a,
					 edge_slice_str(vector_text(row, "ip")),
					 (uint16_t)json_integer_value(
						 json_object_get(row, "port"))),
			 EDGE_OK);
	mst_begin(&w, MST_ALLOCATE_OK, vector_hex(row, "transaction_id"));
	mst_put_addr(&w, MST_XOR_MAPPED, &a);
	got = mst_end(&w);
	ck_assert_mem_eq(got.p + MST_LEAST_LEN, want.p, edge_slice_len(want));
	ck_assert_int_eq(mst_msg_decode(&m, got), EDGE_OK);
	ck_assert(edge_addr_eq(&m.v[MST_XOR_MAPPED].addr, &a));
	json_decref(root);
}
END_TEST

START_TEST(error_codes_are_those_of_the_vectors)
{
	json_t *root = vector_load("av-msturn-codec.json");
	const json_t *codes = json_object_get(root, "error_codes");
	const char *code;
	json_t *hex;

	json_object_foreach((json_t *)(uintptr_t)codes, code, hex)
	{
		struct edge_slice want = vector_bytes(json_string_value(hex));
		uint8_t buf[256];
		char reason[128];
		struct edge_put w = edge_put(buf, sizeof(buf));
		struct edge_slice got;

		ck_assert(edge_slice_copy(
			reason, sizeof(reason),
			edge_slice(want.p + 8, edge_slice_len(want) - 8)));
		mst_begin(&w, MST_ALLOCATE_ERROR, the_tid());
		mst_put_error(&w, (unsigned)atoi(code), reason);
		got = mst_end(&w);
		ck_assert_mem_eq(got.p + MST_LEAST_LEN, want.p,
				 edge_slice_len(want));
	}
	json_decref(root);
}
END_TEST

START_TEST(padded_twin_is_understood)
{
	uint8_t buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_msg m;
	struct edge_slice in;

	mst_begin(&w, MST_ALLOCATE, the_tid());
	mst_put_bytes(&w, MST_REALM, edge_slice_str("officesip.local"));
	edge_put_u8(&w, 0);
	mst_put_bytes(&w, MST_INTEGRITY,
		      edge_slice_str("01234567890123456789"));
	in = mst_end(&w);
	ck_assert_int_eq(mst_msg_decode(&m, in), EDGE_OK);
	ck_assert(m.is_padded);
	ck_assert(edge_slice_eq_str(m.v[MST_REALM].bytes, "officesip.local"));
	ck_assert(mst_has(&m, MST_INTEGRITY));
}
END_TEST

START_TEST(cookie_must_come_first)
{
	struct edge_slice in = mst_vectors_udp(&v, "allocate-initial");
	uint8_t bytes[36];
	struct mst_msg m;

	memcpy(bytes, in.p, 20);
	memcpy(bytes + 20, in.p + 28, 8);
	memcpy(bytes + 28, in.p + 20, 8);
	ck_assert_int_eq(mst_msg_decode(&m, edge_slice(bytes, sizeof(bytes))),
			 EDGE_EFORMAT);
}
END_TEST

START_TEST(first_copy_counts_and_nothing_behind_integrity)
{
	uint8_t buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_msg m;

	mst_begin(&w, MST_ALLOCATE, the_tid());
	mst_put_u32(&w, MST_LIFETIME, 1);
	mst_put_u32(&w, MST_LIFETIME, 2);
	mst_put_bytes(&w, MST_INTEGRITY,
		      edge_slice_str("01234567890123456789"));
	mst_put_u32(&w, MST_BANDWIDTH, 3);
	edge_put_u32(&w, 0x00770000);
	ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)), EDGE_OK);
	ck_assert_uint_eq(m.v[MST_LIFETIME].number, 1);
	ck_assert(!mst_has(&m, MST_BANDWIDTH));
	ck_assert_uint_eq(m.mandatory_count, 0);
}
END_TEST

static const struct broken {
	uint16_t number;
	const char *hex;
	uint16_t fault; /* 0: passed over */
} broken[] = {
	/* AV 1.17; unknown families, wrong lengths */
	{0x0011, "000312340a000001", 400},
	{0x0011, "000112340a0000", 400},
	{0x0011, "000112340a00000102", 400},
	{0x0011, "000212340a000001", 400},
	{0x000d, "000258", 400},
	{0x000d, "0000025800", 400},
	{0x0008, "00112233", 400},
	{0x0008, "000102030405060708090a0b0c0d0e0f1011121314", 400},
	{0x0014, "", 400},
	{0x0015, "", 400},
	{0x0017, "03000000", 400},
	{0x0009, "000004", 400},
	{0x8008, "0001", 0},
	{0x8020, "0001", 0},
	{0x8050, "0001", 0},
	{0x8056, "0001", 0},
};

START_TEST(broken_values_are_told)
{
	const struct broken *b = &broken[_i];
	struct edge_slice value = vector_bytes(b->hex);
	uint8_t buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_msg m;

	mst_begin(&w, MST_ALLOCATE, the_tid());
	edge_put_u16(&w, b->number);
	edge_put_u16(&w, (uint16_t)edge_slice_len(value));
	edge_put_slice(&w, value);
	ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)), EDGE_OK);
	ck_assert_uint_eq(m.fault, b->fault);
}
END_TEST

START_TEST(long_texts_are_told)
{
	static const struct {
		enum mst_attr a;
		size_t most;
		uint16_t fault;
	} rows[] = {{MST_NONCE, 128, 400},
		    {MST_REALM, 128, 400},
		    {MST_USERNAME, 512, 436}};
	uint8_t buf[1024], text[513] = {0};
	struct mst_msg m;

	for (size_t i = 0; i < 3; i++)
		for (size_t more = 0; more < 2; more++) {
			struct edge_put w = edge_put(buf, sizeof(buf));

			mst_begin(&w, MST_ALLOCATE, the_tid());
			mst_put_bytes(&w, rows[i].a,
				      edge_slice(text, rows[i].most + more));
			ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)),
					 EDGE_OK);
			ck_assert_uint_eq(m.fault, more ? rows[i].fault : 0);
		}
}
END_TEST

START_TEST(unknown_mandatory_ones_are_listed_once)
{
	uint8_t buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_msg m;

	mst_begin(&w, MST_ALLOCATE, the_tid());
	for (unsigned i = 0; i < 12; i++) {
		edge_put_u16(&w, (uint16_t)(0x7f00 + i / 2));
		edge_put_u16(&w, 0);
	}
	edge_put_u32(&w, 0x80ff0000);
	ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)), EDGE_OK);
	ck_assert_uint_eq(m.mandatory_count, 6);
	ck_assert_uint_eq(m.mandatory[5], 0x7f05);
}
END_TEST

START_TEST(too_many_attributes_are_no_message)
{
	uint8_t buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct mst_msg m;

	mst_begin(&w, MST_ALLOCATE, the_tid());
	for (unsigned i = 0; i < MST_ATTRS_MAX; i++)
		edge_put_u32(&w, 0x80ff0000);
	ck_assert_int_eq(mst_msg_decode(&m, mst_end(&w)), EDGE_EFORMAT);
}
END_TEST

START_TEST(writing_past_the_end_gives_nothing)
{
	uint8_t buf[40];

	for (size_t cap = 0; cap < 36; cap++) {
		struct edge_put w = edge_put(buf, cap);

		mst_begin(&w, MST_ALLOCATE, the_tid());
		mst_put_u32(&w, MST_MS_VERSION, 1);
		ck_assert_uint_eq(edge_slice_len(mst_end(&w)), 0);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mst_msg");
	TCase *tc = tcase_create("vectors");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, decode_and_encode_give_the_same_bytes, 0,
			    MST_VECTORS);
	tcase_add_loop_test(tc, decode_refuses_every_strict_prefix, 0,
			    MST_VECTORS);
	tcase_add_loop_test(tc, decode_is_total, 0, MST_VECTORS);
	tcase_add_test(tc, print_shows_no_secret);
	tcase_add_test(tc, decode_reads_what_the_server_said);
	tcase_add_test(tc, challenge_is_built_byte_for_byte);
	tcase_add_test(tc, indication_is_built_byte_for_byte);
	tcase_add_test(tc, cookie_must_come_first);
	suite_add_tcase(s, tc);
	tc = tcase_create("values");
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, xor_address_is_that_of_the_vectors, 0, 3);
	tcase_add_test(tc, error_codes_are_those_of_the_vectors);
	tcase_add_test(tc, padded_twin_is_understood);
	tcase_add_test(tc, first_copy_counts_and_nothing_behind_integrity);
	tcase_add_loop_test(tc, broken_values_are_told, 0,
			    sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tc, long_texts_are_told);
	tcase_add_test(tc, unknown_mandatory_ones_are_listed_once);
	tcase_add_test(tc, too_many_attributes_are_no_message);
	tcase_add_test(tc, writing_past_the_end_gives_nothing);
	suite_add_tcase(s, tc);
	return s;
}
