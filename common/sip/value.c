/* The values the edge decides on: cut, checked, put into the message. */
#include "common/sip/scan.h"

enum { MAX_FORWARDS_MAX = 255 }; /* RFC 3261 §20.22 [hops] */

static enum edge_sip_fault count_one(size_t *count)
{
	return ++*count > EDGE_SIP_LIST ? EDGE_SIP_TOO_MANY : EDGE_SIP_FINE;
}

static enum edge_sip_fault read_via(struct edge_sip_reader *r,
				    struct edge_slice s)
{
	struct edge_sip_via v;
	bool more = true;

	while (more) {
		if (!edge_sip_take_via(&s, &v) ||
		    !edge_sip_next_entry(&s, &more))
			return EDGE_SIP_BAD_HEADER;
		if (r->vias == 0)
			r->m->via = v;
		if (count_one(&r->vias))
			return EDGE_SIP_TOO_MANY;
		r->m->via_count = r->vias;
	}
	return EDGE_SIP_FINE;
}

static enum edge_sip_fault read_party(struct edge_sip_addr *out,
				      struct edge_slice s)
{
	struct edge_sip_addr a;

	if (!edge_sip_take_addr(&s, &a) || s.p != s.end)
		return EDGE_SIP_BAD_HEADER;
	*out = a;
	return edge_sip_scheme_ok(&a.uri) ? EDGE_SIP_FINE : EDGE_SIP_BAD_URI;
}

static enum edge_sip_fault read_routes(size_t *count, struct edge_slice s)
{
	struct edge_sip_addr a;
	bool more = true;

	while (more) {
		if (!edge_sip_take_addr(&s, &a) || !a.bracketed ||
		    !edge_sip_next_entry(&s, &more))
			return EDGE_SIP_BAD_HEADER;
		if (!a.uri.is_sip)
			return EDGE_SIP_BAD_URI;
		if (count_one(count))
			return EDGE_SIP_TOO_MANY;
	}
	return EDGE_SIP_FINE;
}

/* "*" stands alone and only in REGISTER (RFC 3261 §10.2.2). */
static enum edge_sip_fault read_contact(struct edge_sip_reader *r,
					struct edge_slice s)
{
	const bool is_register =
		r->m->is_request && r->m->method == EDGE_SIP_REGISTER;
	struct edge_sip_addr a;
	bool more = true;

	if (edge_slice_eq_str(s, "*"))
		return is_register && r->contacts++ == 0 ? EDGE_SIP_FINE
							 : EDGE_SIP_BAD_HEADER;
	while (more) {
		if (!edge_sip_take_addr(&s, &a) ||
		    !edge_sip_next_entry(&s, &more))
			return EDGE_SIP_BAD_HEADER;
		if (is_register && !edge_sip_scheme_ok(&a.uri))
			return EDGE_SIP_BAD_URI;
		if (count_one(&r->contacts))
			return EDGE_SIP_TOO_MANY;
	}
	return EDGE_SIP_FINE;
}

static enum edge_sip_fault read_call_id(struct edge_sip_msg *m,
					struct edge_slice s)
{
	struct edge_slice value = s;
	struct edge_slice a = edge_sip_span(&s, EDGE_SIP_WORD), b;

	if (a.p == a.end)
		return EDGE_SIP_BAD_HEADER;
	if (edge_sip_take_char(&s, '@')) {
		b = edge_sip_span(&s, EDGE_SIP_WORD);
		if (b.p == b.end)
			return EDGE_SIP_BAD_HEADER;
	}
	if (s.p != s.end)
		return EDGE_SIP_BAD_HEADER;
	m->call_id = value;
	return EDGE_SIP_FINE;
}

static enum edge_sip_fault read_cseq(struct edge_sip_msg *m,
				     struct edge_slice s)
{
	struct edge_slice digits = edge_sip_span(&s, EDGE_SIP_DIGIT), method;
	uint64_t n;

	if (!edge_slice_u64(digits, INT32_MAX, &n) || !edge_sip_skip_lws(&s))
		return EDGE_SIP_BAD_CSEQ;
	method = edge_sip_span(&s, EDGE_SIP_TOKEN);
	if (method.p == method.end || s.p != s.end)
		return EDGE_SIP_BAD_CSEQ;
	if (m->is_request && !edge_slice_eq(method, m->method_text))
		return EDGE_SIP_BAD_CSEQ;
	m->cseq = (uint32_t)n;
	m->method_text = method;
	m->method = edge_sip_method_find(method);
	return EDGE_SIP_FINE;
}

static enum edge_sip_fault read_max_forwards(struct edge_sip_msg *m,
					     struct edge_slice s)
{
	uint64_t n;

	if (!edge_slice_u64(s, MAX_FORWARDS_MAX, &n))
		return EDGE_SIP_BAD_HEADER;
	m->max_forwards = (int)n;
	return EDGE_SIP_FINE;
}

static enum edge_sip_fault read_digits(struct edge_slice s)
{
	return edge_sip_span(&s, EDGE_SIP_DIGIT).p < s.end && s.p == s.end
		       ? EDGE_SIP_FINE
		       : EDGE_SIP_BAD_HEADER;
}

static enum edge_sip_fault read_tokens(struct edge_slice s)
{
	bool more = true;
	struct edge_slice t;

	while (more) {
		t = edge_sip_span(&s, EDGE_SIP_TOKEN);
		if (t.p == t.end || !edge_sip_next_entry(&s, &more))
			return EDGE_SIP_BAD_HEADER;
	}
	return EDGE_SIP_FINE;
}

enum edge_sip_fault edge_sip_value_read(struct edge_sip_reader *r,
					enum edge_sip_hdr id,
					struct edge_slice s)
{
	switch ((int)id) { /* the other headers are not looked into */
	case EDGE_SIP_VIA:
		return read_via(r, s);
	case EDGE_SIP_FROM:
		return read_party(&r->m->from, s);
	case EDGE_SIP_TO:
		return read_party(&r->m->to, s);
	case EDGE_SIP_CALL_ID:
		return read_call_id(r->m, s);
	case EDGE_SIP_CSEQ:
		return read_cseq(r->m, s);
	case EDGE_SIP_MAX_FORWARDS:
		return read_max_forwards(r->m, s);
	case EDGE_SIP_CONTENT_LENGTH:
	case EDGE_SIP_EXPIRES:
		return read_digits(s);
	case EDGE_SIP_ROUTE:
		return read_routes(&r->routes, s);
	case EDGE_SIP_RECORD_ROUTE:
		return read_routes(&r->record_routes, s);
	case EDGE_SIP_CONTACT:
		return read_contact(r, s);
	case EDGE_SIP_PROXY_REQUIRE:
		return read_tokens(s);
	case EDGE_SIP_EVENT:
		return edge_sip_span(&s, EDGE_SIP_TOKEN).p < s.p
			       ? EDGE_SIP_FINE
			       : EDGE_SIP_BAD_HEADER;
	default:
		return EDGE_SIP_FINE;
	}
}
