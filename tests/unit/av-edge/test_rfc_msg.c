/* The STUN codec over the RFCs' messages. */
#include <string.h>

#include "av-edge/rfc_msg.h"
#include "tests/support/suite.h"
#include "tests/support/vector.h"

enum { VECTORS = 5 };

static json_t *root;
static const char tid[RFC_TID_LEN + 1] = "0123456789ab";

static void setup(void)
{
	root = vector_load("rfc5769.json");
	ck_assert_uint_eq(json_array_size(json_object_get(root, "vectors")),
			  VECTORS);
}

static void teardown(void)
{
	json_decref(root);
}

static struct edge_slice the_tid(void)
{
	return edge_slice(tid, RFC_TID_LEN);
}

static const json_t *row(int i)
{
	return json_array_get(json_object_get(root, "vectors"), (size_t)i);
}

static struct edge_slice named(const char *name)
{
	return vector_hex(vector_named(json_object_get(root, "vectors"), name),
			  "message");
}

static struct edge_addr addr(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

/* The vectors' own padding is blanks, ours zeros: nothing else differs. */
static void blanks_to_zeros(uint8_t *p, const struct rfc_msg *m)
{
	for (size_t i = 0; i < m->seen_count; i++) {
		size_t end = (size_t)(m->seen[i].value.end - m->raw.p);

		while (end & 3)
			p[end++] = 0;
	}
}

START_TEST(decode_and_encode_give_the_same_bytes)
{
	struct edge_slice in = vector_hex(row(_i), "message"), out;
	uint8_t buf[512], want[512];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	ck_assert_int_eq(rfc_msg_decode(&m, in), EDGE_OK);
	ck_assert(!m.is_faulty);
	out = rfc_msg_encode(&w, &m);
	ck_assert_uint_eq(edge_slice_len(out), edge_slice_len(in));
	memcpy(want, in.p, edge_slice_len(in));
	blanks_to_zeros(want, &m);
	ck_assert_mem_eq(out.p, want, edge_slice_len(in));
}
END_TEST

START_TEST(encode_and_decode_give_the_same_message)
{
	struct edge_slice in = vector_hex(row(_i), "message");
	uint8_t buf[512];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m, again;

	ck_assert_int_eq(rfc_msg_decode(&m, in), EDGE_OK);
	ck_assert_int_eq(rfc_msg_decode(&again, rfc_msg_encode(&w, &m)),
			 EDGE_OK);
	ck_assert_uint_eq(again.method, m.method);
	ck_assert_uint_eq(again.cls, m.cls);
	ck_assert_uint_eq(again.present, m.present);
	ck_assert_uint_eq(again.seen_count, m.seen_count);
	ck_assert_uint_eq(again.integrity_at, m.integrity_at);
	ck_assert_uint_eq(again.fingerprint_at, m.fingerprint_at);
	for (size_t i = 0; i < m.seen_count; i++) {
		ck_assert_uint_eq(again.seen[i].number, m.seen[i].number);
		ck_assert(edge_slice_eq(again.seen[i].value, m.seen[i].value));
	}
}
END_TEST

START_TEST(decode_refuses_every_strict_prefix)
{
	struct edge_slice in = vector_hex(row(_i), "message");
	struct rfc_msg m;

	for (size_t n = 0; n < edge_slice_len(in); n++)
		ck_assert_int_ne(rfc_msg_decode(&m, edge_slice(in.p, n)),
				 EDGE_OK);
}
END_TEST

START_TEST(decode_is_total)
{
	struct edge_slice in = vector_hex(row(_i), "message");
	uint8_t bytes[512];
	size_t len = edge_slice_len(in);
	struct rfc_msg m;
	char line[256];

	for (size_t at = 0; at < len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(bytes, in.p, len);
			bytes[at] ^= (uint8_t)(1u << bit);
			if (rfc_msg_decode(&m, edge_slice(bytes, len)))
				continue;
			rfc_msg_print(line, sizeof(line), &m);
			ck_assert_uint_lt(strlen(line), sizeof(line));
		}
}
END_TEST

START_TEST(decode_reads_what_the_vectors_say)
{
	struct rfc_msg m;
	struct edge_addr v4 = addr("192.0.2.1", 32853);
	struct edge_addr v6 =
		addr("2001:db8:1234:5678:11:2233:4455:6677", 32853);

	ck_assert_int_eq(rfc_msg_decode(&m, named("request")), EDGE_OK);
	ck_assert_uint_eq(m.method, RFC_BINDING);
	ck_assert_uint_eq(m.cls, RFC_REQUEST);
	ck_assert(edge_slice_eq_str(m.v[RFC_USERNAME].bytes, "evtj:h6vY"));
	ck_assert_uint_eq(m.mandatory_count, 1); /* PRIORITY */
	ck_assert_uint_eq(m.mandatory[0], 0x0024);
	ck_assert_uint_eq(m.integrity_at, 76);
	ck_assert_uint_eq(m.fingerprint_at, 100);
	ck_assert_int_eq(rfc_msg_decode(&m, named("response-ipv4")), EDGE_OK);
	ck_assert_uint_eq(m.cls, RFC_SUCCESS);
	ck_assert(edge_addr_eq(&m.v[RFC_XOR_MAPPED].addr, &v4));
	ck_assert(edge_slice_eq_str(m.v[RFC_SOFTWARE].bytes, "test vector"));
	ck_assert_int_eq(rfc_msg_decode(&m, named("response-ipv6")), EDGE_OK);
	ck_assert(edge_addr_eq(&m.v[RFC_XOR_MAPPED].addr, &v6));
	ck_assert_int_eq(rfc_msg_decode(&m, named("request-userhash")),
			 EDGE_OK);
	ck_assert_uint_eq(m.integrity_at, 0);
	ck_assert_uint_eq(m.sha256_at, 128);
	ck_assert_uint_eq(edge_slice_len(m.v[RFC_NONCE].bytes), 41);
}
END_TEST

START_TEST(type_is_method_and_class)
{
	static const struct {
		unsigned method;
		enum rfc_class cls;
		uint16_t type;
	} rows[] = {
		{RFC_BINDING, RFC_REQUEST, 0x0001},
		{RFC_BINDING, RFC_INDICATION, 0x0011},
		{RFC_BINDING, RFC_SUCCESS, 0x0101},
		{RFC_BINDING, RFC_ERROR, 0x0111},
		{RFC_ALLOCATE, RFC_ERROR, 0x0113},
		{RFC_SEND, RFC_INDICATION, 0x0016},
		{RFC_DATA_INDICATION, RFC_INDICATION, 0x0017},
		{RFC_CONNECTION_ATTEMPT, RFC_INDICATION, 0x001c},
		{RFC_CONNECTION_BIND, RFC_SUCCESS, 0x010b},
		{0xfff, RFC_REQUEST, 0x3eef},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_uint_eq(rfc_type(rows[i].method, rows[i].cls),
				  rows[i].type);
}
END_TEST

START_TEST(every_method_and_class_comes_back)
{
	uint8_t buf[RFC_HEADER_LEN];
	struct rfc_msg m;

	for (unsigned method = 0; method < 0x1000; method++)
		for (unsigned cls = 0; cls < 4; cls++) {
			struct edge_put w = edge_put(buf, sizeof(buf));

			rfc_begin(&w, method, cls, the_tid());
			ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)),
					 EDGE_OK);
			ck_assert_uint_eq(m.method, method);
			ck_assert_uint_eq(m.cls, cls);
			ck_assert(edge_slice_eq(m.tid, the_tid()));
		}
}
END_TEST

START_TEST(numbers_are_written_as_they_are_read)
{
	static const struct {
		enum rfc_attr a;
		uint64_t number;
		const char *hex;
	} rows[] = {
		{RFC_CHANNEL_NUMBER, 0x4001, "000c000440010000"},
		{RFC_LIFETIME, 600, "000d000400000258"},
		{RFC_REQUESTED_FAMILY, 2, "0017000402000000"},
		{RFC_EVEN_PORT, 0x80, "0018000180000000"},
		{RFC_REQUESTED_TRANSPORT, 17, "0019000411000000"},
		{RFC_RESERVATION_TOKEN, 0x0102030405060708,
		 "002200080102030405060708"},
		{RFC_CONNECTION_ID, 0xfffffffe, "002a0004fffffffe"},
		{RFC_ADDITIONAL_FAMILY, 2, "8000000402000000"},
	};
	uint8_t buf[64];
	struct rfc_msg m;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct edge_put w = edge_put(buf, sizeof(buf));
		struct edge_slice want = vector_bytes(rows[i].hex), got;

		rfc_begin(&w, RFC_ALLOCATE, RFC_REQUEST, the_tid());
		rfc_put_number(&w, rows[i].a, rows[i].number);
		got = rfc_end(&w);
		ck_assert(edge_slice_eq(
			edge_slice(got.p + RFC_HEADER_LEN,
				   edge_slice_len(got) - RFC_HEADER_LEN),
			want));
		ck_assert_int_eq(rfc_msg_decode(&m, got), EDGE_OK);
		ck_assert(rfc_has(&m, rows[i].a));
		ck_assert_uint_eq(m.v[rows[i].a].number, rows[i].number);
	}
}
END_TEST

START_TEST(errors_have_no_reason_phrase)
{
	uint8_t buf[64];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_slice got;
	struct rfc_msg m;

	rfc_begin(&w, RFC_ALLOCATE, RFC_ERROR, the_tid());
	rfc_put_error(&w, 438);
	rfc_put_address_error(&w, RFC_FAMILY_V6, 440);
	got = rfc_end(&w);
	ck_assert(edge_slice_eq(edge_slice(got.p + RFC_HEADER_LEN, 16),
				vector_bytes("0009000400000426"
					     "8001000402000428")));
	ck_assert_int_eq(rfc_msg_decode(&m, got), EDGE_OK);
	ck_assert_uint_eq(m.v[RFC_ERROR_CODE].number, 438);
	ck_assert_uint_eq(m.v[RFC_ADDRESS_ERROR_CODE].number, 440);
	ck_assert_uint_eq(m.v[RFC_ADDRESS_ERROR_CODE].family, RFC_FAMILY_V6);
}
END_TEST

START_TEST(addresses_come_back_one_by_one)
{
	struct edge_addr in[3] = {addr("192.0.2.1", 1),
				  addr("2001:db8::2", 65535),
				  addr("198.51.100.3", 50000)};
	uint8_t buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct edge_addr got;
	struct rfc_msg m;
	size_t at = 0;

	rfc_begin(&w, RFC_CREATE_PERMISSION, RFC_REQUEST, the_tid());
	for (size_t i = 0; i < 3; i++)
		rfc_put_addr(&w, RFC_XOR_PEER, &in[i]);
	rfc_put_addr(&w, RFC_MAPPED, &in[1]);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert(edge_addr_eq(&m.v[RFC_XOR_PEER].addr, &in[0]));
	ck_assert(edge_addr_eq(&m.v[RFC_MAPPED].addr, &in[1]));
	for (size_t i = 0; i < 3; i++) {
		ck_assert(rfc_next_addr(&m, RFC_XOR_PEER, &at, &got));
		ck_assert(edge_addr_eq(&got, &in[i]));
	}
	ck_assert(!rfc_next_addr(&m, RFC_XOR_PEER, &at, &got));
}
END_TEST

START_TEST(disguised_addresses_are_read_as_what_they_are)
{
	static const uint8_t mapped[RFC_TID_LEN] = {0,	  0,	0,   0, 0, 0,
						    0xff, 0xff, 127, 0, 0, 1};
	struct edge_addr a = addr("127.0.0.1", 2908);
	uint8_t buf[64];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	/* ::ffff:127.0.0.1 under cookie and transaction id: AV 6.4 */
	rfc_begin(&w, RFC_SEND, RFC_INDICATION, the_tid());
	edge_put_u32(&w, 0x00120014);
	edge_put_u16(&w, RFC_FAMILY_V6);
	edge_put_u16(&w, 2908 ^ 0x2112);
	edge_put_u32(&w, RFC_COOKIE);
	for (size_t i = 0; i < RFC_TID_LEN; i++)
		edge_put_u8(&w, (uint8_t)(mapped[i] ^ (uint8_t)tid[i]));
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert(edge_addr_eq(&m.v[RFC_XOR_PEER].addr, &a));
}
END_TEST

START_TEST(only_the_right_ones_count_behind_integrity)
{
	uint8_t buf[256], mac[32] = {0};
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	rfc_begin(&w, RFC_ALLOCATE, RFC_REQUEST, the_tid());
	rfc_put_number(&w, RFC_LIFETIME, 1);
	rfc_put_number(&w, RFC_LIFETIME, 2);
	rfc_put_bytes(&w, RFC_INTEGRITY, edge_slice(mac, 20));
	rfc_put_number(&w, RFC_CHANNEL_NUMBER, 0x4000);
	edge_put_u32(&w, 0x00770000); /* unknown, but not protected */
	rfc_put_bytes(&w, RFC_INTEGRITY_SHA256, edge_slice(mac, 32));
	rfc_put_bytes(&w, RFC_INTEGRITY, edge_slice(mac, 20));
	rfc_put_number(&w, RFC_FINGERPRINT, 7);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_OK);
	ck_assert_uint_eq(m.v[RFC_LIFETIME].number, 1);
	ck_assert(!rfc_has(&m, RFC_CHANNEL_NUMBER));
	ck_assert_uint_eq(m.mandatory_count, 0);
	ck_assert_uint_eq(m.integrity_at, 36);
	ck_assert_uint_eq(m.sha256_at, 72);
	ck_assert_uint_eq(m.v[RFC_FINGERPRINT].number, 7);
	ck_assert_uint_eq(m.seen_count, 5);
}
END_TEST

START_TEST(nothing_stands_behind_fingerprint)
{
	uint8_t buf[64];
	struct edge_put w = edge_put(buf, sizeof(buf));
	struct rfc_msg m;

	rfc_begin(&w, RFC_BINDING, RFC_REQUEST, the_tid());
	rfc_put_number(&w, RFC_FINGERPRINT, 7);
	rfc_put_number(&w, RFC_LIFETIME, 1);
	ck_assert_int_eq(rfc_msg_decode(&m, rfc_end(&w)), EDGE_EFORMAT);
}
END_TEST

START_TEST(indication_is_what_a_decoder_reads)
{
	struct edge_addr from[2] = {addr("198.51.100.7", 40000),
				    addr("2001:db8::7", 40000)};
	uint8_t buf[RFC_INDICATION_MAX + 8] = {0};
	struct rfc_msg m;

	for (size_t i = 0; i < 2; i++)
		for (size_t len = 0; len <= 8; len++) {
			size_t head = rfc_indication(buf, (const uint8_t *)tid,
						     &from[i], len);
			size_t all = head + ((len + 3) & ~(size_t)3);

			ck_assert_uint_le(head, RFC_INDICATION_MAX);
			ck_assert_int_eq(
				rfc_msg_decode(&m, edge_slice(buf, all)),
				EDGE_OK);
			ck_assert_uint_eq(m.method, RFC_DATA_INDICATION);
			ck_assert_uint_eq(m.cls, RFC_INDICATION);
			ck_assert(edge_addr_eq(&m.v[RFC_XOR_PEER].addr,
					       &from[i]));
			ck_assert_ptr_eq(m.v[RFC_DATA].bytes.p, buf + head);
			ck_assert_uint_eq(edge_slice_len(m.v[RFC_DATA].bytes),
					  len);
		}
}
END_TEST

START_TEST(channel_data_is_cut_and_made)
{
	uint8_t head[RFC_CHANNEL_HEAD];
	struct edge_slice in = vector_bytes("4001000568656c6c6f000000"), got;
	uint16_t channel;

	ck_assert_int_eq(rfc_channel_decode(&channel, &got, in), EDGE_OK);
	ck_assert_uint_eq(channel, 0x4001);
	ck_assert(edge_slice_eq_str(got, "hello"));
	rfc_channel_head(head, 0x4001, 5);
	ck_assert_mem_eq(head, in.p, sizeof(head));
	for (size_t n = 0; n < 9; n++)
		ck_assert_int_eq(
			rfc_channel_decode(&channel, &got, edge_slice(in.p, n)),
			EDGE_EFORMAT);
	ck_assert_int_eq(
		rfc_channel_decode(&channel, &got, vector_bytes("80010000")),
		EDGE_EFORMAT);
	ck_assert_int_eq(
		rfc_channel_decode(&channel, &got, vector_bytes("00010000")),
		EDGE_EFORMAT);
}
END_TEST

START_TEST(print_shows_no_secret)
{
	struct rfc_msg m;
	char line[1024];

	ck_assert_int_eq(rfc_msg_decode(&m, named("request-long-term")),
			 EDGE_OK);
	rfc_msg_print(line, sizeof(line), &m);
	ck_assert_str_eq(line, "Binding request, USERNAME 0x0006: (18 bytes), "
			       "NONCE 0x0015: (28 bytes), REALM 0x0014: "
			       "(11 bytes), MESSAGE-INTEGRITY 0x0008: "
			       "(20 bytes)");
	ck_assert_int_eq(rfc_msg_decode(&m, named("response-ipv4")), EDGE_OK);
	rfc_msg_print(line, sizeof(line), &m);
	ck_assert_ptr_nonnull(strstr(line, "Binding response"));
	ck_assert_ptr_nonnull(
		strstr(line, "XOR-MAPPED-ADDRESS 0x0020: 192.0.2.1:32853"));
	m.method = 0x777;
	rfc_msg_print(line, 20, &m);
	ck_assert_str_eq(line, "unknown method resp");
}
END_TEST

START_TEST(writing_past_the_end_gives_nothing)
{
	uint8_t buf[40];

	for (size_t cap = 0; cap < 32; cap++) {
		struct edge_put w = edge_put(buf, cap);

		rfc_begin(&w, RFC_ALLOCATE, RFC_SUCCESS, the_tid());
		rfc_put_addr(&w, RFC_XOR_MAPPED,
			     &(struct edge_addr){.family = AF_INET});
		ck_assert_uint_eq(edge_slice_len(rfc_end(&w)), 0);
	}
}
END_TEST

static void add_vectors(Suite *s)
{
	TCase *tc = tcase_create("vectors");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, decode_and_encode_give_the_same_bytes, 0,
			    VECTORS);
	tcase_add_loop_test(tc, encode_and_decode_give_the_same_message, 0,
			    VECTORS);
	tcase_add_loop_test(tc, decode_refuses_every_strict_prefix, 0, VECTORS);
	tcase_add_loop_test(tc, decode_is_total, 0, VECTORS);
	tcase_add_test(tc, decode_reads_what_the_vectors_say);
	tcase_add_test(tc, print_shows_no_secret);
	suite_add_tcase(s, tc);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("rfc_msg");
	TCase *tc = tcase_create("values");

	add_vectors(s);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, type_is_method_and_class);
	tcase_add_test(tc, every_method_and_class_comes_back);
	tcase_add_test(tc, numbers_are_written_as_they_are_read);
	tcase_add_test(tc, errors_have_no_reason_phrase);
	tcase_add_test(tc, addresses_come_back_one_by_one);
	tcase_add_test(tc, disguised_addresses_are_read_as_what_they_are);
	tcase_add_test(tc, only_the_right_ones_count_behind_integrity);
	tcase_add_test(tc, nothing_stands_behind_fingerprint);
	tcase_add_test(tc, indication_is_what_a_decoder_reads);
	tcase_add_test(tc, channel_data_is_cut_and_made);
	tcase_add_test(tc, writing_past_the_end_gives_nothing);
	suite_add_tcase(s, tc);
	return s;
}
