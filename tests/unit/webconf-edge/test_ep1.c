/* EP1 through the profile's slot: every recorded opening, every answer. */
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/psom_vectors.h"
#include "webconf-edge/ep1.h"

static struct psom_vectors v;

static void setup(void)
{
	psom_vectors_load(&v);
}

static void teardown(void)
{
	psom_vectors_fini(&v);
}

/* An opening as a worker treats it, of the first len bytes. */
static enum wce_reason opening(const struct psom_vector *one, size_t len,
			       struct wce_opening *o)
{
	struct edge_slice in = edge_slice(one->bytes.p, len);
	const struct wce_profile *profile = wce_profile_find(in);
	enum wce_reason why;
	struct psom_token t;

	if (!profile)
		return WCE_REASON_NOT_OURS;
	why = profile->opening_parse(o, in);
	return why != WCE_REASON_OK
		       ? why
		       : profile->token_check(&t, o, &v.keys,
					      &psom_vectors_rule, v.clock_s);
}

/* Registration is not the profile's: 503 is fine for it. */
static unsigned wanted_code(const struct psom_vector *one)
{
	unsigned code = psom_vector_code(one);

	return code == 503 ? 0 : code;
}

/* "detail BAD_MAC in log only" */
static void check_detail(const struct psom_vector *one, enum wce_reason why)
{
	char detail[64];

	if (sscanf(one->note, "detail %63[A-Z_]", detail) == 1)
		ck_assert_str_eq(wce_reason_detail(why), detail);
	else
		ck_assert_uint_ne(wce_reason_code(why), 401);
}

START_TEST(opening_gets_what_its_vector_expects)
{
	const struct psom_vector *one = psom_vectors_client(&v, (size_t)_i);
	struct wce_opening o;
	enum wce_reason why = opening(one, edge_slice_len(one->bytes), &o);
	const char *first = strcmp(one->expect, "CLOSE") ? "ok" : "not_ours";

	ck_assert_msg(wce_reason_code(why) == wanted_code(one), "%s: %s",
		      one->file, wce_reason_name(why));
	if (!wanted_code(one))
		ck_assert_str_eq(wce_reason_name(why), first);
	check_detail(one, why);
}
END_TEST

START_TEST(opening_in_two_parts_gets_the_same)
{
	const struct psom_vector *one = psom_vectors_client(&v, (size_t)_i);
	size_t len = edge_slice_len(one->bytes);
	struct wce_opening o;
	enum wce_reason all = opening(one, len, &o);

	for (size_t n = 1; n < len; n++) {
		enum wce_reason part = opening(one, n, &o);

		if (part != WCE_REASON_MORE)
			ck_assert_int_eq(part, all);
	}
}
END_TEST

START_TEST(opening_says_where_the_clients_own_bytes_begin)
{
	const struct psom_vector *one =
		psom_vectors_named(&v, "psom-hello-pipelined.hex");
	struct wce_opening o;

	ck_assert_int_eq(opening(one, edge_slice_len(one->bytes), &o),
			 WCE_REASON_OK);
	ck_assert_uint_eq(edge_slice_len(one->bytes) - o.used, 96);
	ck_assert(!o.forward_verbatim);
	ck_assert(edge_slice_eq(o.mcu, psom_vectors_text(&v, "mcu")));
	ck_assert(edge_slice_eq(o.conference, psom_vectors_text(&v, "conf")));
	ck_assert(edge_slice_eq_str(o.inner, "7301884412"));
	ck_assert_ptr_null(o.agent.p);
	ck_assert_uint_eq(edge_slice_len(o.token), PSOM_TOKEN_LEN);
}
END_TEST

START_TEST(accept_is_the_recorded_one)
{
	const struct psom_vector *one =
		psom_vectors_named(&v, "psom-hello-ok.hex");
	struct edge_slice sid = vector_hex(v.manifest, "session_id");
	uint8_t out[WCE_ANSWER_MAX];

	ck_assert_uint_eq(wce_ep1.accept(out, sizeof(out), sid.p),
			  edge_slice_len(one->bytes));
	ck_assert_mem_eq(out, one->bytes.p, edge_slice_len(one->bytes));
	ck_assert_uint_eq(wce_ep1.accept(out, 33, sid.p), 0);
}
END_TEST

START_TEST(reject_is_the_recorded_one)
{
	static const char *const files[2] = {"psom-reject-401.hex",
					     "psom-reject-503.hex"};
	static const unsigned codes[2] = {401, 503};
	const struct psom_vector *one = psom_vectors_named(&v, files[_i]);
	uint8_t out[WCE_ANSWER_MAX];
	unsigned seen = 0;

	for (unsigned r = 0; r < WCE_REASONS; r++) {
		size_t len;

		if (wce_reason_code((enum wce_reason)r) != codes[_i])
			continue;
		seen++;
		len = wce_ep1.reject(out, sizeof(out), (enum wce_reason)r);
		ck_assert(edge_slice_eq(edge_slice(out, len), one->bytes));
	}
	ck_assert_uint_ge(seen, 9);
}
END_TEST

START_TEST(reject_of_every_reason_can_be_read)
{
	uint8_t out[WCE_ANSWER_MAX];

	for (unsigned i = 0; i < WCE_REASONS; i++) {
		enum wce_reason r = (enum wce_reason)i;
		size_t len = wce_ep1.reject(out, sizeof(out), r), used;
		struct psom_frame f;

		ck_assert_int_eq(len != 0, wce_reason_code(r) != 0);
		if (!len)
			continue;
		ck_assert_int_eq(
			psom_frame_decode(&f, &used, edge_slice(out, len),
					  PSOM_LEG_CLIENT, PSOM_FROM_EDGE),
			PSOM_FINE);
		ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_CODE),
				  wce_reason_code(r));
		ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_RETRY),
				  wce_reason_retry_s(r));
		ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_VERSION),
				  r == WCE_REASON_VERSION);
		ck_assert_uint_eq(wce_ep1.reject(out, 8, r), 0);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("ep1");
	TCase *t = tcase_create("vectors");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, opening_gets_what_its_vector_expects, 0,
			    PSOM_VECTORS_CLIENT);
	tcase_add_loop_test(t, opening_in_two_parts_gets_the_same, 0,
			    PSOM_VECTORS_CLIENT);
	tcase_add_test(t, opening_says_where_the_clients_own_bytes_begin);
	tcase_add_test(t, accept_is_the_recorded_one);
	tcase_add_loop_test(t, reject_is_the_recorded_one, 0, 2);
	tcase_add_test(t, reject_of_every_reason_can_be_read);
	suite_add_tcase(s, t);
	return s;
}
