/* What the edge says itself: answers, and requests of its own leg. */
#include "access-edge/rewrite.h"

#include <string.h>

#include "common/crypto.h"
#include "access-edge/diagnostics.h"
#include "access-edge/host.h"
#include "access-edge/trust.h"

enum {
	EXTRA_CAP = 4096, /* ours: our lines and the caller's */
	SUFFIX_CAP = 128, /* ";received=" address ";ms-received-..." */
	TO_TAG_LEN = 16,  /* hex digits; RFC 3261 19.3 wants 32 bits */
};

/* AE 2.14: only what the sender's Via lacks, so nothing stands twice. */
static void via_suffix(char out[SUFFIX_CAP], const struct edge_sip_msg *m,
		       const struct acc_source *from)
{
	struct edge_put w = edge_put(out, SUFFIX_CAP - 1);
	struct edge_slice seen;
	char ip[EDGE_ADDR_STRLEN];

	if (!acc_host_is_ip(m->via.host, &from->remote) &&
	    !edge_sip_param(m->via.params, "received", &seen)) {
		edge_addr_print_ip(&from->remote, false, ip);
		edge_put_str(&w, ";received=");
		edge_put_str(&w, ip);
	}
	if (!edge_sip_param(m->via.params, "ms-received-port", &seen)) {
		edge_put_str(&w, ";ms-received-port=");
		edge_put_dec(&w, from->remote.port);
	}
	if (!edge_sip_param(m->via.params, "ms-received-cid", &seen)) {
		edge_put_str(&w, ";ms-received-cid=");
		edge_put_hex(&w, from->cid);
	}
	out[edge_put_len(&w)] = '\0';
}

/* The same for each answer to one request, also to a retransmission. */
static void to_tag(char out[TO_TAG_LEN + 1], const struct acc_view *v,
		   const struct edge_sip_msg *m, const struct acc_source *from)
{
	uint8_t key[16] = {0}, ids[16] = {0};
	uint64_t sum;

	memcpy(key, &v->boot, sizeof(v->boot));
	memcpy(ids, &m->cseq, sizeof(m->cseq));
	memcpy(ids + sizeof(m->cseq), &from->cid, sizeof(from->cid));
	sum = edge_siphash(key, m->call_id) * 31;
	sum = (sum + edge_siphash(key, m->from.tag)) * 31;
	sum += edge_siphash(key, edge_slice(ids, sizeof(ids)));
	for (int i = 0; i < TO_TAG_LEN; i++)
		out[i] = "0123456789ABCDEF"[sum >> (60 - 4 * i) & 15];
	out[TO_TAG_LEN] = '\0';
}

static void line(struct edge_put *w, const char *text)
{
	edge_put_str(w, text);
	edge_put_str(w, "\r\n");
}

/* Toward the inside: the edge's mark and name. */
static void put_own(struct edge_put *w, const struct acc_view *v,
		    const struct acc_source *from)
{
	if (from->role != ACC_ROLE_INT)
		return;
	acc_trust_put_own(w, v->topo);
	line(w, "");
	line(w, "Server: lync-edge");
}

static enum edge_err print(const struct acc_rewrite *r, unsigned status,
			   const char *extra, struct edge_slice *out)
{
	char suffix[SUFFIX_CAP], tag[TO_TAG_LEN + 1];
	const struct edge_sip_answer a = {
		.status = status,
		.phrase = acc_reason_phrase(status),
		.to_tag = status > 100 ? tag : NULL,
		.via_suffix = suffix,
		.extra = extra,
	};

	via_suffix(suffix, r->msg, r->from);
	to_tag(tag, r->view, r->msg, r->from);
	return edge_sip_answer_print(r->edit, r->msg, &a, out);
}

/* DESIGN 10: REGISTER is never told 503, clients would give up on it. */
unsigned acc_answer_status(const struct edge_sip_msg *m, enum acc_reason reason)
{
	unsigned status = acc_reason_status(reason);

	return status == 503 && m->method == EDGE_SIP_REGISTER ? 504 : status;
}

enum edge_err acc_rewrite_answer(const struct acc_rewrite *r,
				 const struct acc_answer *a,
				 struct edge_slice *out)
{
	char extra[EXTRA_CAP];
	struct edge_put w = edge_put(extra, sizeof(extra));
	unsigned status = acc_answer_status(r->msg, a->reason);

	if (status == 0)
		return EDGE_ESTATE;
	acc_diagnostics_put(&w, r->view, r->from->role, a->reason, a->detail);
	line(&w, "");
	put_own(&w, r->view, r->from);
	if (status == 503)
		line(&w, "Retry-After: 30"); /* AE 5 [s] */
	if (status == 405)		     /* RFC 3261 21.4.6 */
		line(&w, "Allow: INVITE, ACK, BYE, CANCEL, REGISTER, OPTIONS, "
			 "MESSAGE, SUBSCRIBE, NOTIFY, BENOTIFY, SERVICE, INFO, "
			 "REFER, UPDATE, PRACK, PUBLISH");
	edge_put_str(&w, a->extra ? a->extra : "");
	edge_put_u8(&w, 0);
	return w.overflow ? EDGE_ELIMIT : print(r, status, extra, out);
}

enum edge_err acc_rewrite_status(const struct acc_rewrite *r, unsigned status,
				 struct edge_slice *out)
{
	char extra[EXTRA_CAP];
	struct edge_put w = edge_put(extra, sizeof(extra));

	put_own(&w, r->view, r->from);
	edge_put_u8(&w, 0);
	return w.overflow ? EDGE_ELIMIT : print(r, status, extra, out);
}

/* Lines of a forwarded request that its CANCEL and ACK repeat (RFC 3261 9.1,
 * 17.1.1.3); the trust header, since both pass the inside's first check. */
static bool repeats(enum edge_sip_hdr id)
{
	switch ((int)id) {
	case EDGE_SIP_FROM:
	case EDGE_SIP_TO:
	case EDGE_SIP_CALL_ID:
	case EDGE_SIP_CSEQ:
	case EDGE_SIP_MAX_FORWARDS:
	case EDGE_SIP_ROUTE:
	case EDGE_SIP_MS_TRUST:
		return true;
	default:
		return false;
	}
}

static void swap(struct edge_sip_edit *e, struct edge_slice old,
		 struct edge_slice text)
{
	edge_sip_edit_cut(e, old);
	edge_sip_edit_put(e, old.p, "%.*s", (int)edge_slice_len(text),
			  (const char *)text.p);
}

/* Keep the top Via only: what is behind its text goes. */
static void keep_top_via(struct edge_sip_edit *e, const struct edge_sip_msg *m,
			 int line)
{
	struct edge_slice rest = {m->via.text.end, m->lines[line].value.end};

	if (edge_slice_len(rest))
		edge_sip_edit_cut(e, rest);
}

/* fwd under another method, without body; to is the To value or empty. */
static enum edge_err own_leg(struct edge_sip_edit *e,
			     const struct edge_sip_msg *fwd, const char *method,
			     struct edge_slice to, struct edge_slice *out)
{
	struct edge_sip_msg m = *fwd;
	int via = edge_sip_find(&m, EDGE_SIP_VIA, 0);

	m.raw.end = m.body.p;
	m.body.end = m.body.p;
	edge_sip_edit_begin(e, &m);
	swap(e,
	     edge_slice(m.start_line.p,
			(size_t)(edge_slice_find(m.start_line, ' ') -
				 m.start_line.p)),
	     edge_slice_str(method));
	for (int i = 0; i < (int)m.line_count; i++) {
		enum edge_sip_hdr id = m.lines[i].id;

		if (i == via)
			keep_top_via(e, &m, i);
		else if (id == EDGE_SIP_CSEQ)
			edge_sip_edit_replace(e, i, "CSeq: %u %s", m.cseq,
					      method);
		else if (id == EDGE_SIP_CONTENT_LENGTH)
			edge_sip_edit_replace(e, i, "Content-Length: 0");
		else if (id == EDGE_SIP_TO && edge_slice_len(to))
			swap(e, m.lines[i].value, to);
		else if (!repeats(id))
			edge_sip_edit_delete(e, i);
	}
	return edge_sip_edit_print(e, out);
}

enum edge_err acc_rewrite_cancel(struct edge_sip_edit *e,
				 const struct edge_sip_msg *fwd,
				 struct edge_slice *out)
{
	return own_leg(e, fwd, "CANCEL", (struct edge_slice){0}, out);
}

enum edge_err acc_rewrite_ack(struct edge_sip_edit *e,
			      const struct edge_sip_msg *fwd,
			      struct edge_slice to_value,
			      struct edge_slice *out)
{
	return own_leg(e, fwd, "ACK", to_value, out);
}
