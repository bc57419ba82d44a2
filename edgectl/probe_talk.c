/* A row a protocol: what is said, how the answer is told. */
#include "edgectl/probe_talk.h"

#include <stdio.h>
#include <string.h>

#include "av-edge/mst_msg.h"
#include "av-edge/mst_tcp.h"
#include "av-edge/rfc_msg.h"
#include "common/crypto.h"
#include "edgectl/probe_tree.h"
#include "webconf-edge/psom_frame.h"

enum {
	MS_VERSION = 1,	      /* AV 1.7, as clients say */
	CHALLENGE = 401,      /* RFC 5389 §10.2.2 */
	NO_VERSION = 0xffff,  /* ours: EP1 has no such version */
	STATUS_LINE_MIN = 12, /* "SIP/2.0 200 " */
	HEAD_MAX = 8 * 1024,  /* ours: of a SIP answer [bytes] */
	OPENING_MAX = 2048,   /* ours: before an XMPP stream [bytes] */
};

typedef struct edge_slice say_fn(uint8_t *out, const struct ctl_probe_ask *a);
typedef enum ctl_probe_verdict judge_fn(struct ctl_probe_heard *out,
					const struct ctl_probe_ask *a,
					struct edge_slice in);

static enum ctl_probe_verdict foreign(struct ctl_probe_heard *out,
				      const char *text)
{
	snprintf(out->text, sizeof(out->text), "%s", text);
	return CTL_PROBE_FOREIGN;
}

static struct edge_slice printed(uint8_t *out, int len)
{
	return edge_slice(out,
			  len > 0 && len < CTL_PROBE_SAY_MAX ? (size_t)len : 0);
}

/* Do the bytes begin with the text, as far as they go? */
static bool may_begin(struct edge_slice in, const char *text)
{
	size_t len = strlen(text), have = edge_slice_len(in);

	return !memcmp(in.p, text, have < len ? have : len);
}

/* ---- SIP */

/* Max-Forwards 0: who gets it answers it, and nothing passes inward. */
static struct edge_slice sip_say(uint8_t *out, const struct ctl_probe_ask *a)
{
	char local[EDGE_ADDR_STRLEN], id[2 * CTL_PROBE_ID_LEN + 1];

	edge_addr_print(&a->local, local);
	edge_hex(id, edge_slice(a->id, sizeof(a->id)));
	return printed(out, snprintf((char *)out, CTL_PROBE_SAY_MAX,
				     "OPTIONS sip:%s SIP/2.0\r\n"
				     "Via: SIP/2.0/TLS %s;branch=z9hG4bK%s\r\n"
				     "Max-Forwards: 0\r\n"
				     "From: <sip:probe@%s>;tag=%.8s\r\n"
				     "To: <sip:%s>\r\n"
				     "Call-ID: %s\r\n"
				     "CSeq: 1 OPTIONS\r\n"
				     "Content-Length: 0\r\n\r\n",
				     a->host, local, id, a->domain, id, a->host,
				     id));
}

/* The line without its end; false: not whole yet. */
static bool take_line(struct edge_slice *in, struct edge_slice *line)
{
	return edge_take_until(in, '\n', line);
}

/* "Call-ID: x", also "i: x"; false: another header. */
static bool has_value(struct edge_slice line, const char *name,
		      const char *compact, struct edge_slice *value)
{
	struct edge_slice word;

	if (!edge_take_until(&line, ':', &word))
		return false;
	word = edge_slice_trim(word);
	*value = edge_slice_trim(line);
	return edge_slice_ieq_str(word, name) ||
	       edge_slice_ieq_str(word, compact);
}

/* Headers up to the empty line: is there one with our Call-ID? */
static enum ctl_probe_verdict sip_head(const struct ctl_probe_ask *a,
				       struct edge_slice in)
{
	char id[2 * CTL_PROBE_ID_LEN + 1];
	struct edge_slice line, value;
	bool is_ours = false;

	edge_hex(id, edge_slice(a->id, sizeof(a->id)));
	while (take_line(&in, &line)) {
		line = edge_slice_trim(line);
		if (line.p == line.end)
			return is_ours ? CTL_PROBE_HEARD : CTL_PROBE_FOREIGN;
		if (has_value(line, "Call-ID", "i", &value))
			is_ours = edge_slice_eq_str(value, id);
	}
	return CTL_PROBE_MORE;
}

static enum ctl_probe_verdict sip_judge(struct ctl_probe_heard *out,
					const struct ctl_probe_ask *a,
					struct edge_slice in)
{
	struct edge_slice all = in, line, rest, code;
	enum ctl_probe_verdict v;
	char reason[64];
	uint64_t number;

	if (!may_begin(in, "SIP/2.0 "))
		return foreign(out, "the answer is not SIP");
	if (edge_slice_len(all) > HEAD_MAX)
		return foreign(out, "the answer's head has no end");
	if (!take_line(&in, &line))
		return CTL_PROBE_MORE;
	rest = edge_slice_trim(line);
	if (edge_slice_len(line) < STATUS_LINE_MIN ||
	    !edge_take(&rest, 8, &code) || !edge_take(&rest, 3, &code) ||
	    !edge_slice_u64(code, 699, &number) || number < 100)
		return foreign(out, "the answer's status line is malformed");
	v = sip_head(a, in);
	if (v == CTL_PROBE_FOREIGN)
		return foreign(out, "the answer is not to what was asked");
	ctl_probe_clean(reason, sizeof(reason), edge_slice_trim(rest));
	if (v == CTL_PROBE_HEARD)
		snprintf(out->text, sizeof(out->text), "answered %u%s%s",
			 (unsigned)number, *reason ? " " : "", reason);
	return v;
}

/* ---- PSOM */

/* Whole but for its version, which is looked at before any token: nothing is
 * asked of a server inside. */
static struct edge_slice psom_say(uint8_t *out, const struct ctl_probe_ask *a)
{
	static const uint8_t token[PSOM_TOKEN_LEN];
	struct psom_put w;

	psom_put_start(&w, out, CTL_PROBE_SAY_MAX, PSOM_HELLO);
	psom_put_number(&w, PSOM_TAG_VERSION, NO_VERSION);
	psom_put_bytes(&w, PSOM_TAG_TOKEN, edge_slice(token, sizeof(token)));
	psom_put_bytes(&w, PSOM_TAG_MCU, edge_slice_str(a->host));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, edge_slice_str("sip:probe"));
	psom_put_bytes(&w, PSOM_TAG_INNER, edge_slice_str("-"));
	return psom_put_end(&w);
}

static enum ctl_probe_verdict psom_judge(struct ctl_probe_heard *out,
					 const struct ctl_probe_ask *a,
					 struct edge_slice in)
{
	struct psom_frame f;
	size_t used;
	enum psom_verdict v = psom_frame_decode(&f, &used, in, PSOM_LEG_CLIENT,
						PSOM_FROM_EDGE);

	(void)a;
	if (v == PSOM_MORE)
		return CTL_PROBE_MORE;
	if (v != PSOM_FINE || f.type != PSOM_REJECT)
		return foreign(out, "the answer is not PSOM");
	snprintf(out->text, sizeof(out->text),
		 "an unknown version is refused with %u, as it should be",
		 (unsigned)psom_frame_number(&f, PSOM_TAG_CODE));
	return CTL_PROBE_HEARD;
}

/* ---- XMPP */

static struct edge_slice xmpp_say(uint8_t *out, const struct ctl_probe_ask *a)
{
	return printed(
		out,
		snprintf((char *)out, CTL_PROBE_SAY_MAX,
			 "<?xml version='1.0'?><stream:stream to='%s' "
			 "version='1.0' xmlns='jabber:server' xmlns:stream="
			 "'http://etherx.jabber.org/streams'>",
			 a->domain));
}

static struct edge_slice skip_blanks(struct edge_slice s)
{
	while (s.p < s.end && strchr(" \t\r\n", *s.p) && *s.p)
		s.p++;
	return s;
}

static enum ctl_probe_verdict xmpp_judge(struct ctl_probe_heard *out,
					 const struct ctl_probe_ask *a,
					 struct edge_slice in)
{
	struct edge_slice declaration;

	(void)a;
	if (edge_slice_len(in) > OPENING_MAX)
		in.end = in.p + OPENING_MAX;
	in = skip_blanks(in);
	if (edge_slice_len(in) >= 2 && may_begin(in, "<?")) {
		if (!edge_take_until(&in, '>', &declaration))
			return edge_slice_len(in) < OPENING_MAX / 2
				       ? CTL_PROBE_MORE
				       : foreign(out, "the answer is not XMPP");
		in = skip_blanks(in);
	}
	if (!may_begin(in, "<stream:stream"))
		return foreign(out, "the answer is not an XMPP stream");
	if (edge_slice_len(in) < strlen("<stream:stream"))
		return CTL_PROBE_MORE;
	snprintf(out->text, sizeof(out->text), "a stream is opened");
	return CTL_PROBE_HEARD;
}

/* ---- STUN */

/* SOFTWARE makes it long enough for an answer with an IPv6 address: relays
 * give strangers little more than they sent. */
static struct edge_slice binding_say(uint8_t *out,
				     const struct ctl_probe_ask *a)
{
	struct edge_put w = edge_put(out, CTL_PROBE_SAY_MAX);

	rfc_begin(&w, RFC_BINDING, RFC_REQUEST, edge_slice(a->id, RFC_TID_LEN));
	rfc_put_bytes(&w, RFC_SOFTWARE, edge_slice_str("edge-probe"));
	return rfc_end(&w);
}

static enum ctl_probe_verdict binding_judge(struct ctl_probe_heard *out,
					    const struct ctl_probe_ask *a,
					    struct edge_slice in)
{
	struct rfc_msg m;
	char text[EDGE_ADDR_STRLEN];

	if (rfc_msg_decode(&m, in) || m.method != RFC_BINDING ||
	    !edge_slice_eq(m.tid, edge_slice(a->id, RFC_TID_LEN)))
		return CTL_PROBE_MORE; /* not to us: somebody else's */
	if (m.cls != RFC_SUCCESS ||
	    (!rfc_has(&m, RFC_XOR_MAPPED) && !rfc_has(&m, RFC_MAPPED)))
		return foreign(out, "the answer gives no address");
	out->seen = rfc_has(&m, RFC_XOR_MAPPED) ? m.v[RFC_XOR_MAPPED].addr
						: m.v[RFC_MAPPED].addr;
	edge_addr_print(&out->seen, text);
	snprintf(out->text, sizeof(out->text), "it sees us at %s", text);
	return CTL_PROBE_HEARD;
}

/* ---- MS-TURN */

static struct edge_slice allocate_say(uint8_t *out,
				      const struct ctl_probe_ask *a)
{
	struct edge_put w = edge_put(out, CTL_PROBE_SAY_MAX);

	mst_begin(&w, MST_ALLOCATE, edge_slice(a->id, MST_TID_LEN));
	mst_put_u32(&w, MST_MS_VERSION, MS_VERSION);
	return mst_end(&w);
}

static enum ctl_probe_verdict allocate_judge(struct ctl_probe_heard *out,
					     const struct ctl_probe_ask *a,
					     struct edge_slice in)
{
	struct mst_msg m;
	char realm[80];

	if (mst_msg_decode(&m, in) ||
	    !edge_slice_eq(m.tid, edge_slice(a->id, MST_TID_LEN)))
		return CTL_PROBE_MORE;
	if (m.type == MST_ALLOCATE_OK)
		return foreign(out, "it gives relays to anybody, without a "
				    "challenge");
	if (m.type != MST_ALLOCATE_ERROR || !mst_has(&m, MST_ERROR_CODE) ||
	    m.v[MST_ERROR_CODE].number != CHALLENGE ||
	    !mst_has(&m, MST_REALM)) {
		snprintf(out->text, sizeof(out->text),
			 "Allocate is not challenged: type %04x, code %u",
			 m.type,
			 mst_has(&m, MST_ERROR_CODE)
				 ? m.v[MST_ERROR_CODE].number
				 : 0);
		return CTL_PROBE_FOREIGN;
	}
	ctl_probe_clean(realm, sizeof(realm), m.v[MST_REALM].bytes);
	snprintf(out->text, sizeof(out->text), "challenged, realm %s", realm);
	return CTL_PROBE_HEARD;
}

/* AV 1.3; the time and random bytes are those of the id, twice. */
static struct edge_slice hello_say(uint8_t *out, const struct ctl_probe_ask *a)
{
	static const uint8_t head[] = {0x16, 3, 1,    0, 0x2d, 1,
				       0,    0, 0x29, 3, 1};
	static const uint8_t tail[] = {0, 0, 2, 0, 0x18, 1, 0};
	struct edge_put w = edge_put(out, CTL_PROBE_SAY_MAX);

	edge_put_bytes(&w, head, sizeof(head));
	edge_put_bytes(&w, a->id, CTL_PROBE_ID_LEN);
	edge_put_bytes(&w, a->id, CTL_PROBE_ID_LEN);
	edge_put_bytes(&w, tail, sizeof(tail));
	return edge_put_done(&w);
}

static enum ctl_probe_verdict hello_judge(struct ctl_probe_heard *out,
					  const struct ctl_probe_ask *a,
					  struct edge_slice in)
{
	static const uint8_t none[MST_HELLO_RANDOM_LEN];
	uint8_t wanted[MST_HELLO_REPLY_LEN];
	size_t len = edge_slice_len(in);

	(void)a;
	mst_hello_reply(wanted, 0, none);
	for (size_t i = 0; i < len && i < MST_HELLO_REPLY_LEN; i++) {
		/* time and random; session id */
		if ((i >= 11 && i < 43) || (i >= 44 && i < 76))
			continue;
		if (in.p[i] != wanted[i])
			return foreign(out, in.p[0] == 0x15
						    ? "a TLS server is there, "
						      "not a relay"
						    : "the answer is not that "
						      "of a relay");
	}
	if (len < MST_HELLO_REPLY_LEN)
		return CTL_PROBE_MORE;
	snprintf(out->text, sizeof(out->text), "answered as a relay does");
	return CTL_PROBE_HEARD;
}

static struct edge_slice framed_say(uint8_t *out, const struct ctl_probe_ask *a)
{
	uint8_t inner[CTL_PROBE_SAY_MAX];
	struct edge_slice m = allocate_say(inner, a);
	size_t len = edge_slice_len(m);

	mst_frame_head(out, MST_FRAME_CONTROL, (uint16_t)len);
	memcpy(out + MST_FRAME_HEAD, m.p, len);
	return edge_slice(out, MST_FRAME_HEAD + len);
}

static enum ctl_probe_verdict framed_judge(struct ctl_probe_heard *out,
					   const struct ctl_probe_ask *a,
					   struct edge_slice in)
{
	struct mst_frame f;
	enum edge_err err = mst_frame_take(&f, &in);

	if (err == EDGE_EAGAIN)
		return CTL_PROBE_MORE;
	if (err || f.type != MST_FRAME_CONTROL ||
	    allocate_judge(out, a, f.payload) == CTL_PROBE_MORE)
		return foreign(out, "the answer is not MS-TURN");
	return allocate_judge(out, a, f.payload);
}

static const struct row {
	const char *name;
	say_fn *say;
	judge_fn *judge;
} rows[CTL_PROBE_TALKS] = {
	/* clang-format off */
	[CTL_PROBE_SIP]      = {"SIP OPTIONS",        sip_say,      sip_judge},
	[CTL_PROBE_PSOM]     = {"PSOM",               psom_say,     psom_judge},
	[CTL_PROBE_XMPP]     = {"XMPP",               xmpp_say,     xmpp_judge},
	[CTL_PROBE_BINDING]  = {"STUN Binding",       binding_say,  binding_judge},
	[CTL_PROBE_ALLOCATE] = {"MS-TURN Allocate",   allocate_say, allocate_judge},
	[CTL_PROBE_HELLO]    = {"pseudo-TLS",         hello_say,    hello_judge},
	[CTL_PROBE_FRAMED]   = {"MS-TURN Allocate",   framed_say,   framed_judge},
	/* clang-format on */
};

const char *ctl_probe_talk_name(enum ctl_probe_talk t)
{
	return rows[t].name;
}

struct edge_slice ctl_probe_say(uint8_t out[CTL_PROBE_SAY_MAX],
				enum ctl_probe_talk t,
				const struct ctl_probe_ask *a)
{
	return rows[t].say(out, a);
}

enum ctl_probe_verdict ctl_probe_judge(struct ctl_probe_heard *out,
				       enum ctl_probe_talk t,
				       const struct ctl_probe_ask *a,
				       struct edge_slice in)
{
	return rows[t].judge(out, a, in);
}
