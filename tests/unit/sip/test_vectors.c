/* Laws over every sample message, and the signature strings of AE 8.3. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/sip/fixture.h"

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

/* One item of the signature text: <value> */
static void put_item(struct edge_put *w, struct edge_slice v)
{
	edge_put_u8(w, '<');
	edge_put_slice(w, v);
	edge_put_u8(w, '>');
}

/* name="value" in an authentication header, without the quotes */
static struct edge_slice auth_item(struct edge_slice auth, const char *name)
{
	struct edge_slice rest = auth, part, key, v = edge_slice_str("");

	edge_take_until(&rest, ' ', &part);
	while (rest.p < rest.end) {
		if (!edge_take_until(&rest, ',', &part)) {
			part = rest;
			rest.p = rest.end;
		}
		if (!edge_take_until(&part, '=', &key) ||
		    !edge_slice_ieq_str(edge_slice_trim(key), name))
			continue;
		v = edge_slice_trim(part);
		if (v.p < v.end && *v.p == '"') {
			v.p++;
			v.end--;
		}
	}
	return v;
}

static struct edge_slice header(enum edge_sip_hdr id)
{
	const int i = edge_sip_find(&c.msg, id, 0);

	return i < 0 ? edge_slice_str("") : c.msg.lines[i].value;
}

static struct edge_slice identity(enum edge_sip_hdr id, const char *scheme)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t n;

	ck_assert_int_eq(edge_sip_addrs(&c.msg, id, list, NULL, &n), EDGE_OK);
	for (size_t i = 0; i < n; i++)
		if (edge_slice_ieq_str(list[i].uri.scheme, scheme))
			return list[i].uri.text;
	return edge_slice_str("");
}

static void put_identity(struct edge_put *w)
{
	const enum edge_sip_hdr id =
		edge_sip_find(&c.msg, EDGE_SIP_P_ASSERTED_IDENTITY, 0) >= 0
			? EDGE_SIP_P_ASSERTED_IDENTITY
			: EDGE_SIP_P_PREFERRED_IDENTITY;

	put_item(w, identity(id, "sip"));
	put_item(w, identity(id, "tel"));
}

static void put_dec_item(struct edge_put *w, uint64_t v)
{
	edge_put_u8(w, '<');
	edge_put_dec(w, v);
	edge_put_u8(w, '>');
}

/* The 16 items of AE 8.3 in order. */
static struct edge_slice signature_text(struct edge_put w, bool is_v2)
{
	struct edge_slice auth = header(EDGE_SIP_AUTHENTICATION_INFO), s,
			  scheme;

	if (edge_slice_len(auth) == 0)
		auth = header(EDGE_SIP_AUTHORIZATION);
	s = auth;
	ck_assert(edge_take_until(&s, ' ', &scheme));
	put_item(&w, scheme);
	put_item(&w, auth_item(auth, c.msg.is_request ? "crand" : "srand"));
	put_item(&w, auth_item(auth, c.msg.is_request ? "cnum" : "snum"));
	put_item(&w, auth_item(auth, "realm"));
	put_item(&w, auth_item(auth, "targetname"));
	put_item(&w, c.msg.call_id);
	put_dec_item(&w, c.msg.cseq);
	put_item(&w, c.msg.method_text);
	put_item(&w, c.msg.from.uri.text);
	put_item(&w, c.msg.from.tag);
	if (!is_v2)
		put_item(&w, c.msg.to.uri.text);
	put_item(&w, c.msg.to.tag);
	if (!is_v2)
		put_identity(&w);
	put_item(&w, header(EDGE_SIP_EXPIRES));
	if (!c.msg.is_request)
		put_dec_item(&w, c.msg.status);
	return edge_put_done(&w);
}

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
		got = signature_text(edge_put(buf, sizeof(buf)),
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
