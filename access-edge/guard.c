/* Validity by role, loops and hops: what comes before any policy. */
#include "access-edge/guard.h"

#include <string.h>

#include "common/crypto.h"
#include "access-edge/contact.h"
#include "access-edge/route_token.h"

enum {
	BRANCH_TXN_LEN = 8,   /* DESIGN 5: hex digits before the dot */
	BRANCH_HASH_LEN = 16, /* and after it */
};

/* Fields are hashed apart and folded in order, so no text can move from one
 * to the next. The odd factor is 2^64 over the golden ratio. */
static uint64_t fold(uint64_t sum, const uint8_t *key, struct edge_slice s)
{
	return sum * 0x9e3779b97f4a7c15u + edge_siphash(key, s);
}

static uint64_t fold_lines(uint64_t sum, const uint8_t *key,
			   const struct edge_sip_msg *m, enum edge_sip_hdr id)
{
	for (int i = edge_sip_find(m, id, 0); i >= 0;
	     i = edge_sip_find(m, id, i + 1))
		sum = fold(sum, key, m->lines[i].value);
	return sum * 0x9e3779b97f4a7c15u + 1;
}

uint64_t acc_guard_loop_hash(const struct acc_view *v,
			     const struct edge_sip_msg *m,
			     const struct acc_source *from)
{
	static const uint8_t no_key[16] = {0};
	const uint8_t *key = acc_route_keys_loop_key(v->keys, v->wall_s);
	uint8_t cseq[4] = {(uint8_t)(m->cseq >> 24), (uint8_t)(m->cseq >> 16),
			   (uint8_t)(m->cseq >> 8), (uint8_t)m->cseq};
	/* what came in and leaves by the same edge is a spiral */
	uint64_t sum = from->role == ACC_ROLE_INT;

	if (!key)
		key = no_key;
	sum = fold(sum, key, m->ruri.text);
	sum = fold(sum, key, m->from.tag);
	sum = fold(sum, key, m->to.tag);
	sum = fold(sum, key, m->call_id);
	sum = fold(sum, key, edge_slice(cseq, sizeof(cseq)));
	sum = fold_lines(sum, key, m, EDGE_SIP_ROUTE);
	return fold_lines(sum, key, m, EDGE_SIP_PROXY_REQUIRE);
}

static uint64_t fold_lower(uint64_t sum, const uint8_t *key,
			   struct edge_slice s)
{
	uint8_t text[64];
	size_t n = 0;

	for (; s.p < s.end; s.p++) {
		text[n++] = *s.p >= 'A' && *s.p <= 'Z' ? *s.p | 0x20 : *s.p;
		if (n < sizeof(text))
			continue;
		sum = fold(sum, key, edge_slice(text, n));
		n = 0;
	}
	return fold(sum, key, edge_slice(text, n));
}

static uint64_t fold_sender(uint64_t sum, const uint8_t *key,
			    const struct edge_sip_via *v)
{
	uint8_t port[2] = {(uint8_t)(v->port >> 8), (uint8_t)v->port};

	sum = fold_lower(sum, key, v->transport);
	sum = fold_lower(sum, key, v->host);
	sum = fold(sum, key, edge_slice(port, sizeof(port)));
	return fold(sum, key, v->branch);
}

/* What else leads a response, in any order, and nothing put to it. */
static uint64_t fold_way(uint64_t sum, const uint8_t *key,
			 struct edge_slice params)
{
	static const char *const names[] = {"received", "rport", "maddr",
					    "ms-received-port",
					    "ms-received-cid"};
	struct edge_slice value;
	uint8_t count = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		sum = fold(sum, key,
			   edge_sip_param(params, names[i], &value)
				   ? value
				   : edge_slice_str("-"));
	while (edge_take_until(&params, ';', &value))
		count++;
	return fold(sum, key, edge_slice(&count, 1));
}

uint64_t acc_guard_via_sum(const uint8_t key[16], const struct edge_sip_msg *m,
			   size_t skip)
{
	struct edge_sip_via vias[EDGE_SIP_LIST];
	size_t count;
	uint64_t sum = 0;

	if (edge_sip_vias(m, vias, &count))
		return 0; /* the parser counted them: cannot happen */
	for (size_t i = skip; i < count; i++) {
		sum = fold_sender(sum, key, &vias[i]);
		if (i > skip) /* its own Via leads nobody, and has our stamp */
			sum = fold_way(sum, key, vias[i].params);
	}
	return sum;
}

/* One of our pool's branches, with that loop hash in its second part. */
static bool branch_has_hash(struct edge_slice branch, uint64_t hash)
{
	static const char cookie[] = "z9hG4bK"; /* RFC 3261 8.1.1.7 */
	struct edge_slice head;
	uint64_t seen;

	if (!edge_take(&branch, sizeof(cookie) - 1, &head) ||
	    !edge_slice_ieq_str(head, cookie) ||
	    edge_slice_len(branch) != BRANCH_TXN_LEN + 1 + BRANCH_HASH_LEN ||
	    branch.p[BRANCH_TXN_LEN] != '.')
		return false;
	branch.p += BRANCH_TXN_LEN + 1;
	return edge_slice_hex(branch, &seen) && seen == hash;
}

static bool was_here(const struct edge_sip_msg *m, uint64_t hash)
{
	struct edge_sip_via vias[EDGE_SIP_LIST];
	size_t count;

	if (m->via_count <= 1)
		return branch_has_hash(m->via.branch, hash);
	if (edge_sip_vias(m, vias, &count))
		return false; /* the parser counted them: cannot happen */
	for (size_t i = 0; i < count; i++)
		if (branch_has_hash(vias[i].branch, hash))
			return true;
	return false;
}

static bool tag_in_list(struct edge_slice tag, const char *list)
{
	struct edge_slice rest = edge_slice_str(list), one;

	while (edge_take_until(&rest, ',', &one))
		if (edge_slice_ieq(tag, edge_slice_trim(one)))
			return true;
	return edge_slice_ieq(tag, edge_slice_trim(rest));
}

static bool is_understood(const struct acc_view *v, struct edge_slice tag)
{
	const char *more = v->options ? v->options->proxy_require : NULL;

	return edge_slice_len(tag) == 0 ||
	       edge_slice_ieq_str(tag, "ms-benotify") || /* AE 2.3 */
	       (more && tag_in_list(tag, more));
}

/* All tags that are not understood; what does not fit is left out. */
static bool requires_unknown(const struct acc_view *v,
			     const struct edge_sip_msg *m, char *out,
			     size_t cap)
{
	struct edge_put w = edge_put(out, cap - 1);
	bool unknown = false;

	for (int i = edge_sip_find(m, EDGE_SIP_PROXY_REQUIRE, 0); i >= 0;
	     i = edge_sip_find(m, EDGE_SIP_PROXY_REQUIRE, i + 1)) {
		struct edge_slice rest = m->lines[i].value, tag;
		bool more = true;

		while (more) {
			more = edge_take_until(&rest, ',', &tag);
			tag = edge_slice_trim(more ? tag : rest);
			if (is_understood(v, tag))
				continue;
			unknown = true;
			if (edge_slice_len(tag) + 2 > (size_t)(w.end - w.p))
				continue;
			edge_put_str(&w, edge_put_len(&w) ? ", " : "");
			edge_put_slice(&w, tag);
		}
	}
	out[edge_put_len(&w)] = '\0';
	return unknown;
}

static bool hops_used_up(const struct edge_sip_msg *m)
{
	if (m->max_forwards != 0)
		return false;
	/* answered here, or judged where "addressed to us" is known */
	return m->method != EDGE_SIP_NEGOTIATE && m->method != EDGE_SIP_OPTIONS;
}

static bool may_require(const struct edge_sip_msg *m)
{ /* RFC 3261 20.29: not in ACK or CANCEL, and no answer there */
	return m->method != EDGE_SIP_ACK && m->method != EDGE_SIP_CANCEL;
}

void acc_guard_request(struct acc_guard_verdict *out, const struct acc_view *v,
		       const struct edge_sip_msg *m,
		       const struct acc_source *from, uint64_t hash)
{
	out->unsupported[0] = '\0';
	if (edge_slice_len(m->from.tag) == 0 && from->role != ACC_ROLE_INT)
		out->reason = ACC_REASON_NO_FROM_TAG;
	else if (!edge_slice_ieq_str(m->via.transport, "TLS"))
		out->reason = ACC_REASON_TOP_VIA;
	else if (from->role != ACC_ROLE_INT &&
		 (m->via_count > 1 || from->role != ACC_ROLE_USR) &&
		 acc_contact_has_proxy(m))
		out->reason = ACC_REASON_NOT_FIRST_HOP;
	else if (hops_used_up(m))
		out->reason = ACC_REASON_HOPS;
	else if (was_here(m, hash))
		out->reason = ACC_REASON_LOOP;
	else if (may_require(m) && requires_unknown(v, m, out->unsupported,
						    sizeof(out->unsupported)))
		out->reason = ACC_REASON_EXTENSION;
	else
		out->reason = ACC_REASON_OK;
}
