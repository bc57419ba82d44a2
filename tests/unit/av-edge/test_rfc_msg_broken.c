/* The STUN codec over broken messages. */
#include <sys/socket.h>

#include "av-edge/rfc_msg.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

static struct edge_slice the_tid(void)
{
	return edge_slice_str("0123456789ab");
}

static const struct broken {
	uint16_t number;
	const char *hex;
	bool is_faulty;
} broken[] = {
	{0x0012, "000312340a000001", true},
	{0x0012, "000112340a0000", true},
	{0x0012, "000112340a00000102", true},
	{0x0012, "000212340a000001", true},
	{0x000c, "400000", true},
	{0x000c, "4000000000", true},
	{0x000d, "000258", true},
	{0x0008, "00112233", true},
	{0x0008, "000102030405060708090a0b0c0d0e0f1011121314", true},
	{0x001c, "000102030405060708090a0b0c0d0e0f10", true},
	{0x001c, "0001020304050607", true},
	{0x0006, "", true},
	{0x0014, "", true},
	{0x0015, "", true},
	{0x0017, "03", true},
	{0x0018, "8000", true},
	{0x0019, "11", true},
	{0x001e, "00", true},
	{0x0022, "01020304", true},
	{0x0009, "000004", true},
	{0x0009, "00000464", true},
	{0x8000, "02", false},
	{0x8023, "0001", false},
	{0x8022, "", false},
};

START_TEST(broken_values_are_told)
{
	const struct broken *b = &broken[_i];
	struct edge_slice value = vector_bytes(b->hex);
	uint8_t buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	rfc_begin(&w, RFC_ALLOCATE, RFC_REQUEST, the_tid());
	edge_put_u16(&w, b->number);
	edge_put_u16(&w, (uint16_t)edge_slice_len(value));
	edge_put_slice(&w, value);
	while (edge_put_len(&w) & 3)
		edge_put_u8(&w, 0);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert_int_eq(m.is_faulty, b->is_faulty);
}
END_TEST

START_TEST(broken_repeat_is_told_too)
{
	struct edge_addr a = {
		.family = AF_INET, .port = 1, .ip = {192, 0, 2, 1}};
	uint8_t buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	rfc_begin(&w, RFC_CREATE_PERMISSION, RFC_REQUEST, the_tid());
	rfc_put_addr(&w, RFC_XOR_PEER, &a);
	edge_put_u32(&w, 0x00120008);
	edge_put_u64(&w, 0x0009000000000000);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert(m.is_faulty);
}
END_TEST

START_TEST(long_texts_are_told)
{
	static const struct {
		enum rfc_attr a;
		size_t most;
	} rows[] = {{RFC_NONCE, 128}, {RFC_REALM, 128}, {RFC_USERNAME, 512}};
	uint8_t buf[1024], text[513] = {0};
	struct rfc_msg m;

	for (size_t i = 0; i < 3; i++)
		for (size_t more = 0; more < 2; more++) {
			struct edge_put w = edge_put(buf, sizeof(buf));

			rfc_begin(&w, RFC_ALLOCATE, RFC_REQUEST, the_tid());
			rfc_put_bytes(&w, rows[i].a,
				      edge_slice(text, rows[i].most + more));
			ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)),
					 EDGE_OK);
			ck_assert_int_eq(m.is_faulty, more == 1);
		}
}
END_TEST

START_TEST(unknown_mandatory_ones_are_listed_once)
{
	uint8_t buf[512], out[128];
	struct edge_put w = edge_put(buf, sizeof(buf)),
			e = edge_put(out, sizeof(out));
	struct edge_slice got;
	struct rfc_msg m;

	rfc_begin(&w, RFC_ALLOCATE, RFC_REQUEST, the_tid());
	for (unsigned i = 0; i < 20; i++) {
		edge_put_u16(&w, (uint16_t)(0x7f00 + i / 2));
		edge_put_u16(&w, 0);
	}
	edge_put_u32(&w, 0x80ff0000);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert_uint_eq(m.mandatory_count, 8); /* and no more */
	ck_assert_uint_eq(m.mandatory[7], 0x7f07);
	m.mandatory_count = 3;
	rfc_begin(&e, RFC_ALLOCATE, RFC_ERROR, the_tid());
	rfc_put_unknown(&e, &m);
	got = rfc_end(&e);
	ck_assert(edge_slice_eq(edge_slice(got.p + RFC_HEADER_LEN, 12),
				vector_bytes("000a00067f007f017f020000")));
}
END_TEST

START_TEST(too_many_attributes_are_no_message)
{
	uint8_t buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	rfc_begin(&w, RFC_ALLOCATE, RFC_REQUEST, the_tid());
	for (unsigned i = 0; i < RFC_ATTRS_MAX; i++)
		edge_put_u32(&w, 0x80ff0000);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	edge_put_u32(&w, 0x80ff0000);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_EFORMAT);
}
END_TEST

START_TEST(lengths_that_lie_are_no_message)
{
	static const char *const hex[] = {
		/* no cookie; top bits; length odd, short, long */
		"000100002112a443303132333435363738396162",
		"400100002112a442303132333435363738396162",
		"000100012112a44230313233343536373839616200",
		"000100042112a442303132333435363738396162",
		"000100002112a44230313233343536373839616200000000",
		/* an attribute that is longer than the message */
		"000100042112a442303132333435363738396162000d0004",
		"000100042112a4423031323334353637383961628022ffff",
	};
	struct rfc_msg m;

	ck_assert_int_eq(rfc_msg_decode(&m, vector_bytes(hex[_i])),
			 EDGE_EFORMAT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_msg_broken");
	TCase *tc = tcase_create("values");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, broken_values_are_told, 0,
			    sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tc, broken_repeat_is_told_too);
	tcase_add_test(tc, long_texts_are_told);
	tcase_add_test(tc, unknown_mandatory_ones_are_listed_once);
	tcase_add_test(tc, too_many_attributes_are_no_message);
	tcase_add_loop_test(tc, lengths_that_lie_are_no_message, 0, 7);
	suite_add_tcase(s, tc);
	return s;
}
