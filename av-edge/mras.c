/* One request of A/V authentication and its answer; AV 2. */
#include "av-edge/mras.h"

#include <stdlib.h>
#include <string.h>

#include "av-edge/mras_caller.h"
#include "av-edge/mras_mint.h"
#include "common/crypto.h"
#include "common/sip/edit.h"

static const char BODY_TYPE[] = "application/msrtc-media-relay-auth+xml";

enum {
	TAG_LEN = 16,	 /* hex digits; RFC 3261 19.3 */
	SUFFIX_CAP = 96, /* ";received=" address */
	EXTRA_CAP = 256,
};

struct mras {
	struct edge_sip_edit *edit;
	struct mras_request request;
	uint8_t body[MRAS_RESPONSE_MAX];
};

enum edge_err mras_new(struct mras **out)
{
	struct mras *m = calloc(1, sizeof(*m));
	enum edge_err err = EDGE_ENOMEM;

	if (m)
		err = edge_sip_edit_new(&m->edit);
	if (err) {
		free(m);
		return err;
	}
	*out = m;
	return EDGE_OK;
}

void mras_free(struct mras *m)
{
	if (!m)
		return;
	edge_sip_edit_wipe(m->edit);
	edge_sip_edit_free(m->edit);
	edge_wipe(m->body, sizeof(m->body));
	free(m);
}

bool mras_is_trusted(const struct topo *t, const struct edge_peer *p)
{
	if (p->fault != EDGE_PEER_FINE)
		return false;
	for (size_t i = 0; i < p->name_count; i++)
		if (topo_is_trusted(t, edge_slice_str(p->names[i]),
				    TOPO_TRUST_SIP))
			return true;
	return false;
}

static struct edge_slice answer_body(struct mras_answer *out, struct mras *m,
				     const struct mras_case *c,
				     const struct edge_sip_msg *msg)
{
	struct edge_put w = edge_put(m->body, sizeof(m->body));
	struct mras_mint mint = {.topo = c->topo,
				 .ring = c->ring,
				 .now_s = c->now_s,
				 .random = c->random};
	struct mras_minted minted = {0};

	out->has_phrase = true;
	out->phrase = mras_xml_read(&m->request, msg->body);
	if (!out->phrase)
		out->phrase = mras_caller_check(&mint.is_server, c->topo, msg,
						&m->request);
	if (!out->phrase)
		out->phrase = mras_mint_all(&w, &minted, &mint, &m->request);
	if (!out->phrase) {
		out->minted = minted.count;
		memcpy(out->pseudonym, minted.pseudonym,
		       sizeof(out->pseudonym));
		return edge_put_done(&w);
	}
	w = edge_put(m->body, sizeof(m->body));
	mras_xml_open(&w, &m->request, out->phrase);
	mras_xml_close(&w);
	return edge_put_done(&w);
}

/* -- SIP ---------------------------------------------------------------- */

static bool is_body_type(const struct edge_sip_msg *m)
{
	int i = edge_sip_find(m, EDGE_SIP_CONTENT_TYPE, 0);
	struct edge_slice value, type;

	if (i < 0)
		return false;
	value = m->lines[i].value;
	if (!edge_take_until(&value, ';', &type))
		type = value;
	return edge_slice_ieq_str(edge_slice_trim(type), BODY_TYPE);
}

static bool begins(struct edge_slice s, const char *text)
{
	struct edge_slice first;

	return edge_take(&s, strlen(text), &first) &&
	       edge_slice_ieq_str(first, text);
}

/* TO 1.7: whatever token the MRAS URI has; older ones have a user of their
 * own, and proxies may put our address in its place. */
static bool is_for_us(const struct topo *t, const struct edge_sip_uri *u)
{
	struct edge_slice opaque;
	struct edge_addr ip;

	return (edge_sip_param(u->params, "opaque", &opaque) &&
		begins(opaque, "srvr:MRAS")) ||
	       begins(u->user, "MRASLoc.") || topo_is_our_machine(t, u->user) ||
	       topo_is_our_machine(t, u->host) ||
	       (edge_addr_parse(&ip, u->host, 0) == EDGE_OK &&
		edge_addr_same_ip(&ip, &t->internal));
}

/* 200 also for what is refused in the body; AV 2.2. */
static unsigned status_of(const struct mras_case *c,
			  const struct edge_sip_msg *m)
{
	if (!mras_is_trusted(c->topo, c->peer))
		return 403;
	if (c->is_cut)
		return 400;
	if (m->fault)
		return edge_sip_fault_status(m->fault);
	if (m->method != EDGE_SIP_SERVICE && m->method != EDGE_SIP_OPTIONS)
		return 405;
	if (c->is_busy)
		return 503;
	if (m->method == EDGE_SIP_OPTIONS)
		return 200;
	if (!is_for_us(c->topo, &m->ruri) && !is_for_us(c->topo, &m->to.uri))
		return 404;
	if (!is_body_type(m))
		return 415;
	return c->is_too_big ? 413 : 200;
}

static const char *phrase_of(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} rows[] = {
		{200, "OK"},
		{400, "Bad Request"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{413, "Request Entity Too Large"},
		{415, "Unsupported Media Type"},
		{416, "Unsupported URI Scheme"},
		{503, "Service Unavailable"},
		{505, "Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Server Internal Error";
}

static void put_extra(char out[EXTRA_CAP], unsigned status,
		      const struct edge_sip_msg *m, bool has_body)
{
	struct edge_put w = edge_put(out, EXTRA_CAP - 1);
	bool options = status == 200 && m->method == EDGE_SIP_OPTIONS;

	edge_put_str(&w, "Server: lync-edge\r\n");
	if (options || status == 405)
		edge_put_str(&w, "Allow: SERVICE, OPTIONS\r\n");
	if (options || status == 415 || has_body) {
		edge_put_str(&w, has_body ? "Content-Type: " : "Accept: ");
		edge_put_str(&w, BODY_TYPE);
		edge_put_str(&w, "\r\n");
	}
	if (status == 503)
		edge_put_str(&w, "Retry-After: 30\r\n"); /* as AE 5 [s] */
	out[edge_put_len(&w)] = '\0';
}

/* RFC 3261 18.2.1 */
static void put_received(char out[SUFFIX_CAP], const struct mras_case *c,
			 const struct edge_sip_msg *m)
{
	struct edge_put w = edge_put(out, SUFFIX_CAP - 1);
	struct edge_slice host = m->via.host, seen;
	char ip[EDGE_ADDR_STRLEN];
	struct edge_addr said;

	out[0] = '\0';
	if (edge_slice_len(host) > 2 && *host.p == '[') {
		host.p++;
		host.end--;
	}
	if (edge_sip_param(m->via.params, "received", &seen) ||
	    (edge_addr_parse(&said, host, 0) == EDGE_OK &&
	     edge_addr_same_ip(&said, &c->from)))
		return;
	edge_addr_print_ip(&c->from, false, ip);
	edge_put_str(&w, ";received=");
	edge_put_str(&w, ip);
	out[edge_put_len(&w)] = '\0';
}

/* The same for each answer to one request, also when it comes again. */
static void put_tag(char out[TAG_LEN + 1], const struct mras_case *c,
		    const struct edge_sip_msg *m)
{
	uint64_t sum = edge_siphash(c->key, m->call_id) * 31;

	sum = (sum + edge_siphash(c->key, m->from.tag)) * 31 + m->cseq;
	for (int i = 0; i < TAG_LEN; i++)
		out[i] = "0123456789ABCDEF"[sum >> (60 - 4 * i) & 15];
	out[TAG_LEN] = '\0';
}

enum edge_err mras_answer(struct mras_answer *out, struct mras *m,
			  const struct mras_case *c,
			  const struct edge_sip_msg *msg)
{
	char extra[EXTRA_CAP], suffix[SUFFIX_CAP], tag[TAG_LEN + 1];
	struct edge_sip_answer a = {
		.to_tag = tag, .via_suffix = suffix, .extra = extra};
	enum edge_err err;

	*out = (struct mras_answer){0};
	if (!msg->is_request || msg->method == EDGE_SIP_ACK || !msg->via_count)
		return EDGE_OK;
	a.status = status_of(c, msg);
	a.phrase = phrase_of(a.status);
	if (a.status == 200 && msg->method == EDGE_SIP_SERVICE)
		a.body = answer_body(out, m, c, msg);
	put_extra(extra, a.status, msg, out->has_phrase);
	put_received(suffix, c, msg);
	put_tag(tag, c, msg);
	out->status = a.status;
	err = edge_sip_answer_print(m->edit, msg, &a, &out->bytes);
	if (edge_slice_len(a.body))
		edge_wipe(m->body, edge_slice_len(a.body));
	return err;
}

void mras_forget(struct mras *m)
{
	edge_sip_edit_wipe(m->edit);
}
