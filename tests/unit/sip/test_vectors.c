/* Laws over every sample message, and the signature strings of AE 8.3. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/sip/fixture.h"
#include "tests/unit/sip/signature.h"

static const char *const samples[] = {
	"sip-ack-client.msg",	"sip-ack-edge.msg",    "sip-bye-in.msg",
	"sip-bye-out.msg",	"sip-fed-504.msg",     "sip-fed-in.msg",
	"sip-fed-out.msg",	"sip-fed-reject.msg",  "sip-inv-200-out.msg",
	"sip-inv-client.msg",	"sip-inv-edge.msg",    "sip-mras-200-out.msg",
	"sip-mras-client.msg",	"sip-notify-out.msg",  "sip-reg1-401-in.msg",
	"sip-reg1-401-out.msg", "sip-reg1-client.msg", "sip-reg1-edge.msg",
	"sip-reg3-200-out.msg", "sip-reg3-edge.msg",
};
enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static struct sip_case c;

static void setup(void)
{
	sip_case_init(&c);
}

static void teardown(void)
{
	sip_case_fini(&c);
}

START_TEST(sample_is_accepted_and_printed_unchanged)
{
	struct edge_slice in = sip_file(samples[_i]), out;
	const enum edge_err err = sip_case_parse(&c, in);

	ck_assert_msg(err == EDGE_OK, "%s: %s in %.*s", samples[_i],
		      edge_sip_fault_str(c.msg.fault),
		      (int)edge_slice_len(c.msg.fault_at),
		      (const char *)c.msg.fault_at.p);
	ck_assert_uint_eq(c.frame.consumed, edge_slice_len(in));
	edge_sip_edit_begin(c.edit, &c.msg);
	ck_assert_int_eq(edge_sip_edit_print(c.edit, &out), EDGE_OK);
	ck_assert(edge_slice_eq(in, out));
	sip_file_free(in);
}
END_TEST

START_TEST(sample_prefix_is_never_a_message)
{
	struct edge_slice in = sip_file(samples[_i]);
	struct edge_sip_frame out;

	for (size_t n = 0; n < edge_slice_len(in); n++) {
		struct edge_sip_framer f = {0};

		ck_assert_int_eq(edge_sip_frame_next(&f, &sip_limits,
						     edge_slice(in.p, n), &out),
				 EDGE_EAGAIN);
		/* nor is it one for the parser alone */
		ck_assert_int_ne(edge_sip_msg_parse(&c.msg, c.arena,
						    edge_slice(in.p, n),
						    c.frame.head_len + n + 1),
				 EDGE_OK);
	}
	sip_file_free(in);
}
END_TEST

START_TEST(signature_strings_come_out_as_in_the_vectors)
{
	struct edge_slice text = sip_file("sip-signature-strings.json"), got;
	json_t *list =
		json_loadb((const char *)text.p, edge_slice_len(text), 0, NULL);
	json_t *row;
	size_t i;

	ck_assert_uint_ge(json_array_size(list), 4);
	json_array_foreach(list, i, row)
	{
		const char *want =
			json_string_value(json_object_get(row, "string"));
		const char *what =
			json_string_value(json_object_get(row, "what"));
		struct edge_slice in = sip_file(
			json_string_value(json_object_get(row, "file")));
		char buf[2048];

		ck_assert_int_eq(sip_case_parse(&c, in), EDGE_OK);
		got = sip_signature(&c.msg, edge_put(buf, sizeof(buf)),
				    strstr(what, " v2 ") != NULL);
		ck_assert_msg(edge_slice_eq_str(got, want), "%s: %.*s", what,
			      (int)edge_slice_len(got), (const char *)got.p);
		sip_file_free(in);
	}
	json_decref(list);
	sip_file_free(text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sip vectors");
	TCase *t = tcase_create("samples");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, sample_is_accepted_and_printed_unchanged, 0,
			    SAMPLES);
	tcase_add_loop_test(t, sample_prefix_is_never_a_message, 0, SAMPLES);
	tcase_add_test(t, signature_strings_come_out_as_in_the_vectors);
	suite_add_tcase(s, t);
	return s;
}
