/* Via and address header values as slices (RFC 3261 §20, §25.1). */
#include "common/sip/scan.h"

static struct edge_slice none_at(const uint8_t *p)
{
	return (struct edge_slice){p, p};
}

static bool take_protocol(struct edge_slice *s, struct edge_slice *transport)
{
	struct edge_slice t = edge_sip_span(s, EDGE_SIP_TOKEN);

	if (!edge_slice_ieq_str(t, "SIP") || !edge_sip_take_sep(s, '/'))
		return false;
	t = edge_sip_span(s, EDGE_SIP_TOKEN);
	if (!edge_slice_eq_str(t, "2.0") || !edge_sip_take_sep(s, '/'))
		return false;
	*transport = edge_sip_span(s, EDGE_SIP_TOKEN);
	return transport->p < transport->end && edge_sip_skip_lws(s);
}

bool edge_sip_take_via(struct edge_slice *in, struct edge_sip_via *out)
{
	struct edge_sip_wanted want[] = {{.name = "branch"},
					 {.name = "received"}};
	struct edge_sip_via v = {0};
	struct edge_slice s = *in;

	edge_sip_skip_lws(&s);
	v.text.p = s.p;
	if (!take_protocol(&s, &v.transport) ||
	    !edge_sip_take_host(&s, &v.host))
		return false;
	if (edge_sip_take_sep(&s, ':') && !edge_sip_take_port(&s, &v.port))
		return false;
	v.text.end = s.p;
	if (!edge_sip_take_params(&s, &v.params, want, 2))
		return false;
	v.branch = want[0].value;
	v.received = want[1].value;
	if (v.params.p < v.params.end)
		v.text.end = v.params.end;
	*in = s;
	*out = v;
	return true;
}

/* *(token LWS) before "<"; false when a URI without <> starts here */
static bool take_display(struct edge_slice *in, struct edge_slice *out)
{
	struct edge_slice s = *in;
	const uint8_t *end = s.p;

	if (s.p < s.end && *s.p == '"') {
		if (!edge_sip_take_quoted(&s, out))
			return false;
		edge_sip_skip_lws(&s);
	} else {
		while (s.p < s.end && edge_sip_is(*s.p, EDGE_SIP_TOKEN)) {
			end = edge_sip_span(&s, EDGE_SIP_TOKEN).end;
			edge_sip_skip_lws(&s);
		}
		*out = (struct edge_slice){in->p, end};
	}
	if (s.p == s.end || *s.p != '<')
		return false;
	*in = s;
	return true;
}

static bool take_bracketed(struct edge_slice *in, struct edge_sip_uri *out)
{
	const uint8_t *close = edge_slice_find(*in, '>');

	if (!close ||
	    edge_sip_uri_parse(out, (struct edge_slice){in->p + 1, close}))
		return false;
	in->p = close + 1;
	return true;
}

/* Without <>, ";" starts header parameters and "?" "," are not allowed
 * (RFC 3261 §20). */
static bool take_bare(struct edge_slice *in, struct edge_sip_uri *out)
{
	struct edge_slice u = {in->p, in->p};

	while (u.end < in->end && *u.end != ';' && *u.end != ',' &&
	       *u.end != ' ' && *u.end != '\t' && *u.end != '\r') {
		if (*u.end == '?')
			return false;
		u.end++;
	}
	if (edge_sip_uri_parse(out, u))
		return false;
	in->p = u.end;
	return true;
}

bool edge_sip_take_addr(struct edge_slice *in, struct edge_sip_addr *out)
{
	struct edge_sip_wanted tag = {.name = "tag"};
	struct edge_sip_addr a = {0};
	struct edge_slice s = *in;

	edge_sip_skip_lws(&s);
	a.text.p = s.p;
	a.display = none_at(s.p);
	a.bracketed = take_display(&s, &a.display);
	if (!a.bracketed)
		a.display = none_at(s.p);
	if (!(a.bracketed ? take_bracketed(&s, &a.uri) : take_bare(&s, &a.uri)))
		return false;
	a.text.end = s.p;
	if (!edge_sip_take_params(&s, &a.params, &tag, 1))
		return false;
	a.tag = tag.value;
	if (a.params.p < a.params.end)
		a.text.end = a.params.end;
	*in = s;
	*out = a;
	return true;
}
