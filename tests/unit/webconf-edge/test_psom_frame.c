/* The EP1 codec over every recorded frame, and over broken ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/psom_vectors.h"

static struct psom_vectors v;

static void setup(void)
{
	psom_vectors_load(&v);
}

static void teardown(void)
{
	psom_vectors_fini(&v);
}

/* What the decoder has to say to a vector; later checks are others'. */
static enum psom_verdict wanted(const struct psom_vector *one)
{
	switch (psom_vector_code(one)) {
	case 400:
		return PSOM_MALFORMED;
	case 413:
		return PSOM_TOO_LARGE;
	case 426:
		return PSOM_VERSION;
	default:
		return strcmp(one->expect, "CLOSE") ? PSOM_FINE : PSOM_NOT_OURS;
	}
}

static enum psom_verdict decode(struct psom_frame *f, size_t *used,
				const struct psom_vector *one, size_t len)
{
	enum psom_leg leg;
	unsigned from;

	ck_assert(psom_vector_leg(one, &leg, &from));
	return psom_frame_decode(f, used, edge_slice(one->bytes.p, len), leg,
				 from);
}

static bool is_frame(const struct psom_vector *one)
{
	enum psom_leg leg;
	unsigned from;

	return psom_vector_leg(one, &leg, &from);
}

START_TEST(decode_says_what_the_vector_expects)
{
	const struct psom_vector *one = &v.all[_i];
	struct psom_frame f;
	size_t used = 0;

	if (!is_frame(one))
		return;
	ck_assert_msg(decode(&f, &used, one, edge_slice_len(one->bytes)) ==
			      wanted(one),
		      "%s: %s", one->file, one->note);
	if (wanted(one) == PSOM_FINE &&
	    strcmp(one->file, "psom-hello-pipelined.hex") != 0)
		ck_assert_uint_eq(used, edge_slice_len(one->bytes));
}
END_TEST

START_TEST(decode_of_a_cut_frame_waits_or_says_the_same)
{
	const struct psom_vector *one = &v.all[_i];
	enum psom_verdict last = PSOM_MORE;
	struct psom_frame f;
	size_t used = 0;

	if (!is_frame(one))
		return;
	for (size_t n = 0; n < edge_slice_len(one->bytes); n++) {
		enum psom_verdict now = decode(&f, &used, one, n);

		ck_assert(now != PSOM_FINE || used <= n);
		if (last != PSOM_MORE)
			ck_assert_int_eq(now, last);
		last = now;
	}
	if (last != PSOM_MORE)
		ck_assert_int_eq(last, wanted(one));
}
END_TEST

START_TEST(encode_gives_the_bytes_that_were_decoded)
{
	const struct psom_vector *one = &v.all[_i];
	uint8_t buf[8192];
	struct edge_slice out;
	struct psom_frame f;
	size_t used;

	if (!is_frame(one) || wanted(one) != PSOM_FINE ||
	    !strcmp(one->file, "psom-hello-valid-optional-tlv.hex"))
		return;
	ck_assert_int_eq(decode(&f, &used, one, edge_slice_len(one->bytes)),
			 PSOM_FINE);
	out = psom_frame_encode(buf, sizeof(buf), &f);
	ck_assert_uint_eq(edge_slice_len(out), used);
	ck_assert_mem_eq(out.p, one->bytes.p, used);
	for (size_t cap = 0; cap < used; cap++)
		ck_assert_uint_eq(
			edge_slice_len(psom_frame_encode(buf, cap, &f)), 0);
}
END_TEST

START_TEST(encode_leaves_out_what_was_skipped)
{
	const struct psom_vector *one =
		psom_vectors_named(&v, "psom-hello-valid-optional-tlv.hex");
	uint8_t buf[512];
	struct edge_slice out;
	struct psom_frame f, again;
	size_t used;

	ck_assert_int_eq(decode(&f, &used, one, edge_slice_len(one->bytes)),
			 PSOM_FINE);
	ck_assert(
		edge_slice_eq_str(f.value[PSOM_TAG_AGENT], "test-client/1.0"));
	out = psom_frame_encode(buf, sizeof(buf), &f);
	ck_assert_uint_eq(edge_slice_len(out), used - 6);
	ck_assert_int_eq(psom_frame_decode(&again, &used, out, PSOM_LEG_CLIENT,
					   PSOM_FROM_CLIENT),
			 PSOM_FINE);
	for (unsigned t = 0; t < PSOM_TAG_COUNT; t++) {
		ck_assert_int_eq(psom_frame_has(&f, t),
				 psom_frame_has(&again, t));
		ck_assert(edge_slice_eq(f.value[t], again.value[t]));
	}
}
END_TEST

START_TEST(decode_is_total)
{
	const struct psom_vector *one = &v.all[_i];
	size_t len = edge_slice_len(one->bytes);
	struct psom_frame f;
	uint8_t *bytes;
	char line[4096];
	enum psom_leg leg;
	unsigned from;
	size_t used;

	if (!psom_vector_leg(one, &leg, &from))
		return;
	bytes = malloc(len); /* sanitizers see its ends */
	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, one->bytes.p, len);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (psom_frame_decode(&f, &used, edge_slice(bytes, len), leg,
				      from) == PSOM_FINE) {
			ck_assert_uint_le(used, len);
			ck_assert_uint_lt(
				psom_frame_print(line, sizeof(line), &f),
				sizeof(line));
		}
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(bytes);
}
END_TEST

START_TEST(print_shows_no_secret)
{
	const struct psom_vector *one = &v.all[_i];
	struct psom_frame f;
	char line[4096], hex[2 * PSOM_TOKEN_LEN + 1];
	size_t used;

	if (!is_frame(one) || wanted(one) != PSOM_FINE)
		return;
	ck_assert_int_eq(decode(&f, &used, one, edge_slice_len(one->bytes)),
			 PSOM_FINE);
	ck_assert_uint_eq(psom_frame_print(line, sizeof(line), &f),
			  strlen(line));
	ck_assert_int_eq(strncmp(line, psom_type_name(f.type),
				 strlen(psom_type_name(f.type))),
			 0);
	ck_assert_ptr_null(strstr(line, "7301884412"));
	ck_assert_ptr_null(strstr(line, "alice"));
	edge_hex(hex,
		 edge_slice(f.value[PSOM_TAG_TOKEN].p,
			    edge_slice_len(f.value[PSOM_TAG_TOKEN]) ? 8 : 0));
	if (*hex)
		ck_assert_ptr_null(strstr(line, hex));
	for (size_t cap = 1; cap < strlen(line); cap++) {
		char cut[4096];

		ck_assert_uint_eq(psom_frame_print(cut, cap, &f), cap - 1);
		ck_assert_uint_eq(strlen(cut), cap - 1);
	}
}
END_TEST

static void check_print(const char *file, const char *want)
{
	const struct psom_vector *one = psom_vectors_named(&v, file);
	struct psom_frame f;
	char line[512];
	size_t used;

	ck_assert_int_eq(decode(&f, &used, one, edge_slice_len(one->bytes)),
			 PSOM_FINE);
	psom_frame_print(line, sizeof(line), &f);
	ck_assert_str_eq(line, want);
}

START_TEST(print_tells_people)
{
	check_print("psom-hello-valid.hex",
		    "HELLO version=1 token=(84 bytes) "
		    "mcu=\"fe01.contoso.local\" conference=(68 bytes) "
		    "inner=(10 bytes)");
	check_print("psom-reject-503.hex",
		    "REJECT code=503 retry_after_s=5 text=\"try again\"");
	check_print("psom-assign-v6.hex",
		    "ASSIGN conference=(68 bytes) inner=(10 bytes) "
		    "session=11223344556677889900aabbccddeeff nonce=(16 bytes) "
		    "client=[2001:db8::9]:51234 tls=771");
	check_print("psom-ping.hex", "PING echo=72623859790382856");
}
END_TEST

START_TEST(numbers_and_the_client_are_read)
{
	const struct psom_vector *one =
		psom_vectors_named(&v, "psom-register.hex");
	struct edge_addr a;
	struct psom_frame f;
	char text[EDGE_ADDR_STRLEN];
	size_t used;

	ck_assert_int_eq(decode(&f, &used, one, edge_slice_len(one->bytes)),
			 PSOM_FINE);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_GENERATION), 7);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_CAPACITY), 2000);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_ACTIVE), 0);
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_NAME), 0);
	ck_assert(!psom_frame_client(&a, &f));

	one = psom_vectors_named(&v, "psom-assign.hex");
	ck_assert_int_eq(decode(&f, &used, one, edge_slice_len(one->bytes)),
			 PSOM_FINE);
	ck_assert(psom_frame_client(&a, &f));
	edge_addr_print(&a, text);
	ck_assert_str_eq(text, "203.0.113.9:51234");
	ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_TLS), 0x0304);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("psom_frame");
	TCase *t = tcase_create("vectors");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, decode_says_what_the_vector_expects, 0,
			    PSOM_VECTORS);
	tcase_add_loop_test(t, decode_of_a_cut_frame_waits_or_says_the_same, 0,
			    PSOM_VECTORS);
	tcase_add_loop_test(t, encode_gives_the_bytes_that_were_decoded, 0,
			    PSOM_VECTORS);
	tcase_add_test(t, encode_leaves_out_what_was_skipped);
	tcase_add_loop_test(t, decode_is_total, 0, PSOM_VECTORS);
	tcase_add_loop_test(t, print_shows_no_secret, 0, PSOM_VECTORS);
	tcase_add_test(t, print_tells_people);
	tcase_add_test(t, numbers_and_the_client_are_read);
	suite_add_tcase(s, t);
	return s;
}
