/* edgectl/probe_talk.c: what is said is what servers read, and what they say
 * is told from what others say. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "av-edge/mst_msg.h"
#include "av-edge/mst_tcp.h"
#include "av-edge/rfc_msg.h"
#include "edgectl/probe_talk.h"
#include "tests/support/suite.h"
#include "webconf-edge/ep1.h"

static const struct ctl_probe_ask ask = {
	.domain = "contoso.com",
	.host = "sip.contoso.com",
	.local = {.family = AF_INET, .ip = {192, 0, 2, 1}, .port = 50000},
	.id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
};
static const char id[] = "0102030405060708090a0b0c0d0e0f10";
static uint8_t said[CTL_PROBE_SAY_MAX];
static struct ctl_probe_heard heard;

static struct edge_slice say(enum ctl_probe_talk t)
{
	struct edge_slice s = ctl_probe_say(said, t, &ask);

	ck_assert_uint_gt(edge_slice_len(s), 0);
	return s;
}

static enum ctl_probe_verdict judge(enum ctl_probe_talk t, const void *p,
				    size_t len)
{
	heard = (struct ctl_probe_heard){0};
	return ctl_probe_judge(&heard, t, &ask, edge_slice(p, len));
}

/* Whole it is heard; each part of it may become an answer. */
static void hears(enum ctl_probe_talk t, struct edge_slice whole,
		  const char *text)
{
	size_t len = edge_slice_len(whole);

	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(judge(t, whole.p, n), CTL_PROBE_MORE);
	ck_assert_int_eq(judge(t, whole.p, len), CTL_PROBE_HEARD);
	ck_assert_str_eq(heard.text, text);
}

/* ---- SIP */

START_TEST(sip_asks_with_no_hop_left)
{
	struct edge_slice s = say(CTL_PROBE_SIP);
	const char *text = (const char *)said;

	said[edge_slice_len(s)] = '\0';
	ck_assert_ptr_eq(
		strstr(text, "OPTIONS sip:sip.contoso.com SIP/2.0\r\n"), text);
	ck_assert_ptr_nonnull(strstr(text, "\r\nMax-Forwards: 0\r\n"));
	ck_assert_ptr_nonnull(strstr(
		text, "\r\nVia: SIP/2.0/TLS 192.0.2.1:50000;branch=z9hG4bK"));
	ck_assert_ptr_nonnull(strstr(text, id));
	ck_assert_str_eq(text + strlen(text) - 4, "\r\n\r\n");
}
END_TEST

static const struct {
	const char *text, *told;
} sip_good[] = {
	{"SIP/2.0 200 OK\r\nCall-ID: %s\r\n\r\n", "answered 200 OK"},
	{"SIP/2.0 483 Too Many Hops\r\ni:%s \r\nCSeq: 1 OPTIONS\r\n\r\n",
	 "answered 483 Too Many Hops"},
	{"SIP/2.0 403\r\nVia: x\r\ncall-id :  %s\r\n\r\n", "answered 403"},
	{"SIP/2.0 503 a\x1b[2J\r\nCALL-ID: %s\r\n\r\n", "answered 503 a?[2J"},
	{"SIP/2.0 200 OK\nCall-ID: %s\n\n", "answered 200 OK"},
};

START_TEST(sip_hears_any_answer_to_us)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "%s", sip_good[_i].text);
	char *at = strstr(text, "%s");

	ck_assert_ptr_nonnull(at);
	len = snprintf(text + (at - text), sizeof(text) - (size_t)(at - text),
		       "%s%s", id, strstr(sip_good[_i].text, "%s") + 2);
	hears(CTL_PROBE_SIP, edge_slice(text, (size_t)(at - text + len)),
	      sip_good[_i].told);
}
END_TEST

static const char *const sip_bad[] = {
	"HTTP/1.1 200 OK\r\n\r\n",
	"SIP/1.0 200 OK\r\n\r\n",
	"\x15\x03\x01",
	"SIP/2.0 20 OK\r\n",
	"SIP/2.0 099 OK\r\n",
	"SIP/2.0 2x0 OK\r\n",
	"SIP/2.0 \r\n",
	"SIP/2.0 700 OK\r\n",
	"SIP/2.0 200 OK\r\n\r\n",
	"SIP/2.0 200 OK\r\nCall-ID: 01020304\r\n\r\n",
	"OPTIONS sip:a SIP/2.0\r\n\r\n",
};

START_TEST(sip_tells_what_is_foreign)
{
	ck_assert_int_eq(judge(CTL_PROBE_SIP, sip_bad[_i], strlen(sip_bad[_i])),
			 CTL_PROBE_FOREIGN);
	ck_assert_str_ne(heard.text, "");
}
END_TEST

START_TEST(sip_waits_for_no_end_without_end)
{
	static char text[CTL_PROBE_HEARD_MAX];
	static const char line[] = "SIP/2.0 200 OK\r\n";

	memset(text, 'x', sizeof(text));
	memcpy(text, line, strlen(line));
	ck_assert_int_eq(judge(CTL_PROBE_SIP, text, 1024), CTL_PROBE_MORE);
	ck_assert_int_eq(judge(CTL_PROBE_SIP, text, sizeof(text)),
			 CTL_PROBE_FOREIGN);
}
END_TEST

/* ---- PSOM */

START_TEST(psom_says_what_is_refused_before_any_token)
{
	struct edge_slice s = say(CTL_PROBE_PSOM);
	struct wce_opening o;
	uint8_t answer[WCE_ANSWER_MAX];
	size_t len;

	ck_assert(wce_ep1.begins(s));
	ck_assert_int_eq(wce_ep1.opening_parse(&o, s), WCE_REASON_VERSION);
	len = wce_ep1_reject(answer, sizeof(answer), WCE_REASON_VERSION);
	hears(CTL_PROBE_PSOM, edge_slice(answer, len),
	      "an unknown version is refused with 426, as it should be");
}
END_TEST

START_TEST(psom_tells_what_is_foreign)
{
	uint8_t answer[WCE_ANSWER_MAX];
	const uint8_t sid[PSOM_SESSION_LEN] = {0};
	size_t len = wce_ep1.accept(answer, sizeof(answer), sid);

	ck_assert_int_eq(judge(CTL_PROBE_PSOM, answer, len), CTL_PROBE_FOREIGN);
	ck_assert_int_eq(judge(CTL_PROBE_PSOM, "HTTP/1.1 400", 12),
			 CTL_PROBE_FOREIGN);
	ck_assert_int_eq(judge(CTL_PROBE_PSOM, "WCE1\x99", 5),
			 CTL_PROBE_FOREIGN);
}
END_TEST

/* ---- XMPP */

static const char *const xmpp_good[] = {
	"<?xml version='1.0'?><stream:stream",
	"<?xml version='1.0'?>\n\n <stream:stream",
	"<stream:stream",
	" \r\n<stream:stream",
};

START_TEST(xmpp_hears_a_stream)
{
	hears(CTL_PROBE_XMPP, edge_slice_str(xmpp_good[_i]),
	      "a stream is opened");
}
END_TEST

START_TEST(xmpp_tells_what_is_foreign)
{
	static char endless[CTL_PROBE_HEARD_MAX];

	ck_assert_int_eq(judge(CTL_PROBE_XMPP, "<html>", 6), CTL_PROBE_FOREIGN);
	ck_assert_int_eq(judge(CTL_PROBE_XMPP, "220 mail", 8),
			 CTL_PROBE_FOREIGN);
	ck_assert_int_eq(judge(CTL_PROBE_XMPP, "\0\0", 2), CTL_PROBE_FOREIGN);
	memset(endless, 'x', sizeof(endless));
	memcpy(endless, "<?", 2);
	ck_assert_int_eq(judge(CTL_PROBE_XMPP, endless, sizeof(endless)),
			 CTL_PROBE_FOREIGN);
	ck_assert_uint_gt(edge_slice_len(say(CTL_PROBE_XMPP)), 0);
	ck_assert_ptr_nonnull(strstr((char *)said, " to='contoso.com' "));
}
END_TEST

/* ---- STUN and MS-TURN */

static struct edge_slice binding_answer(uint8_t *out, size_t cap,
					enum rfc_class cls, bool is_v6)
{
	struct edge_addr a = {.family = AF_INET, .ip = {198, 51, 100, 7}};
	struct edge_put w = edge_put(out, cap);

	a.port = 4000;
	if (is_v6) {
		a.family = AF_INET6;
		memcpy(a.ip, "\x20\x01\x0d\xb8", 4);
		a.ip[15] = 9;
	}
	rfc_begin(&w, RFC_BINDING, cls, edge_slice(ask.id, RFC_TID_LEN));
	rfc_put_addr(&w, RFC_XOR_MAPPED, &a);
	return rfc_end(&w);
}

START_TEST(binding_tells_where_we_are_seen)
{
	uint8_t out[64];
	struct edge_slice s = say(CTL_PROBE_BINDING);
	struct rfc_msg m;

	ck_assert(!rfc_msg_decode(&m, s));
	ck_assert_uint_eq(m.method, RFC_BINDING);
	hears(CTL_PROBE_BINDING,
	      binding_answer(out, sizeof(out), RFC_SUCCESS, _i),
	      _i ? "it sees us at [2001:db8::9]:4000"
		 : "it sees us at 198.51.100.7:4000");
	ck_assert_uint_eq(heard.seen.port, 4000);
}
END_TEST

START_TEST(binding_passes_over_what_is_not_to_us)
{
	uint8_t out[64];
	struct edge_slice s =
		binding_answer(out, sizeof(out), RFC_SUCCESS, false);

	out[8] ^= 1; /* the transaction id */
	ck_assert_int_eq(judge(CTL_PROBE_BINDING, out, edge_slice_len(s)),
			 CTL_PROBE_MORE);
	ck_assert_int_eq(judge(CTL_PROBE_BINDING, "noise", 5), CTL_PROBE_MORE);
	s = binding_answer(out, sizeof(out), RFC_ERROR, false);
	ck_assert_int_eq(judge(CTL_PROBE_BINDING, out, edge_slice_len(s)),
			 CTL_PROBE_FOREIGN);
}
END_TEST

static struct edge_slice challenge(uint8_t *out, size_t cap, uint16_t type,
				   unsigned code)
{
	struct edge_put w = edge_put(out, cap);

	mst_begin(&w, type, edge_slice(ask.id, MST_TID_LEN));
	if (code) {
		mst_put_error(&w, code, "Unauthorized");
		mst_put_bytes(&w, MST_REALM, edge_slice_str("rtcmedia"));
	}
	return mst_end(&w);
}

START_TEST(allocate_wants_a_challenge)
{
	uint8_t out[256];
	struct edge_slice s = say(CTL_PROBE_ALLOCATE);
	struct mst_msg m;

	ck_assert(!mst_msg_decode(&m, s));
	ck_assert_uint_eq(m.type, MST_ALLOCATE);
	s = challenge(out, sizeof(out), MST_ALLOCATE_ERROR, 401);
	hears(CTL_PROBE_ALLOCATE, s, "challenged, realm rtcmedia");
	s = challenge(out, sizeof(out), MST_ALLOCATE_ERROR, 430);
	ck_assert_int_eq(judge(CTL_PROBE_ALLOCATE, s.p, edge_slice_len(s)),
			 CTL_PROBE_FOREIGN);
	ck_assert_str_eq(heard.text,
			 "Allocate is not challenged: type 0113, code 430");
	s = challenge(out, sizeof(out), MST_ALLOCATE_OK, 0);
	ck_assert_int_eq(judge(CTL_PROBE_ALLOCATE, s.p, edge_slice_len(s)),
			 CTL_PROBE_FOREIGN);
	s = challenge(out, sizeof(out), MST_SET_ACTIVE_ERROR, 401);
	ck_assert_int_eq(judge(CTL_PROBE_ALLOCATE, s.p, edge_slice_len(s)),
			 CTL_PROBE_FOREIGN);
	out[4] ^= 1;
	ck_assert_int_eq(judge(CTL_PROBE_ALLOCATE, s.p, edge_slice_len(s)),
			 CTL_PROBE_MORE);
}
END_TEST

START_TEST(hello_is_what_relays_take_and_answer)
{
	const uint8_t random[MST_HELLO_RANDOM_LEN] = {7, 8, 9};
	uint8_t reply[MST_HELLO_REPLY_LEN];
	static const uint8_t alert[] = {0x15, 3, 3, 0, 2, 2, 40};

	ck_assert(!mst_hello_check(say(CTL_PROBE_HELLO)));
	mst_hello_reply(reply, 0x60000000, random);
	hears(CTL_PROBE_HELLO, edge_slice(reply, sizeof(reply)),
	      "answered as a relay does");
	ck_assert_int_eq(judge(CTL_PROBE_HELLO, alert, sizeof(alert)),
			 CTL_PROBE_FOREIGN);
	ck_assert_str_eq(heard.text, "a TLS server is there, not a relay");
	reply[80] ^= 1;
	ck_assert_int_eq(judge(CTL_PROBE_HELLO, reply, sizeof(reply)),
			 CTL_PROBE_FOREIGN);
}
END_TEST

START_TEST(framed_is_the_same_in_a_frame)
{
	uint8_t out[256];
	struct edge_slice in = say(CTL_PROBE_FRAMED), s;
	struct mst_frame f;
	struct mst_msg m;

	ck_assert(!mst_frame_take(&f, &in));
	ck_assert(in.p == in.end && f.type == MST_FRAME_CONTROL);
	ck_assert(!mst_msg_decode(&m, f.payload));
	s = challenge(out + MST_FRAME_HEAD, sizeof(out) - MST_FRAME_HEAD,
		      MST_ALLOCATE_ERROR, 401);
	mst_frame_head(out, MST_FRAME_CONTROL, (uint16_t)edge_slice_len(s));
	hears(CTL_PROBE_FRAMED, edge_slice(out, (size_t)(s.end - out)),
	      "challenged, realm rtcmedia");
	ck_assert_int_eq(judge(CTL_PROBE_FRAMED, "HTTP", 4), CTL_PROBE_FOREIGN);
	out[0] = MST_FRAME_DATA;
	ck_assert_int_eq(judge(CTL_PROBE_FRAMED, out, (size_t)(s.end - out)),
			 CTL_PROBE_FOREIGN);
}
END_TEST

START_TEST(say_fits_the_longest_names)
{
	static char name[254];
	const struct ctl_probe_ask longest = {.domain = name, .host = name};

	memset(name, 'a', sizeof(name) - 1);
	for (int t = 0; t < CTL_PROBE_TALKS; t++)
		ck_assert_uint_gt(
			edge_slice_len(ctl_probe_say(
				said, (enum ctl_probe_talk)t, &longest)),
			0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("probe_talk");
	TCase *c = tcase_create("talks");

	tcase_set_timeout(c, 20);
	tcase_add_test(c, sip_asks_with_no_hop_left);
	tcase_add_loop_test(c, sip_hears_any_answer_to_us, 0,
			    sizeof(sip_good) / sizeof(*sip_good));
	tcase_add_loop_test(c, sip_tells_what_is_foreign, 0,
			    sizeof(sip_bad) / sizeof(*sip_bad));
	tcase_add_test(c, sip_waits_for_no_end_without_end);
	tcase_add_test(c, psom_says_what_is_refused_before_any_token);
	tcase_add_test(c, psom_tells_what_is_foreign);
	tcase_add_loop_test(c, xmpp_hears_a_stream, 0,
			    sizeof(xmpp_good) / sizeof(*xmpp_good));
	tcase_add_test(c, xmpp_tells_what_is_foreign);
	tcase_add_loop_test(c, binding_tells_where_we_are_seen, 0, 2);
	tcase_add_test(c, binding_passes_over_what_is_not_to_us);
	tcase_add_test(c, allocate_wants_a_challenge);
	tcase_add_test(c, hello_is_what_relays_take_and_answer);
	tcase_add_test(c, framed_is_the_same_in_a_frame);
	tcase_add_test(c, say_fits_the_longest_names);
	suite_add_tcase(s, c);
	return s;
}
