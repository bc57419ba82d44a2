/* URIs and their parameters as slices (RFC 3261 §19.1, §25.1). */
#include <arpa/inet.h>
#include <string.h>

#include "common/sip/scan.h"

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* A run of octets of these classes and %HH escapes, which stay escaped. */
static struct edge_slice take_escaped(struct edge_slice *in, unsigned classes)
{
	struct edge_slice out = {in->p, in->p};

	for (;;) {
		edge_sip_span(in, classes);
		if (in->end - in->p < 3 || *in->p != '%' || !is_hex(in->p[1]) ||
		    !is_hex(in->p[2]))
			break;
		in->p += 3;
	}
	out.end = in->p;
	return out;
}

static bool take_ipv6(struct edge_slice *in, struct edge_slice *out)
{
	const uint8_t *close = edge_slice_find(*in, ']');
	char text[INET6_ADDRSTRLEN];
	struct in6_addr a;

	if (!close ||
	    !edge_slice_copy(text, sizeof(text),
			     (struct edge_slice){in->p + 1, close}) ||
	    inet_pton(AF_INET6, text, &a) != 1)
		return false;
	*out = (struct edge_slice){in->p, close + 1};
	in->p = close + 1;
	return true;
}

bool edge_sip_take_host(struct edge_slice *in, struct edge_slice *out)
{
	struct edge_slice h;

	if (in->p < in->end && *in->p == '[')
		return take_ipv6(in, out);
	h = edge_sip_span(in, EDGE_SIP_HOST);
	if (h.p == h.end || *h.p == '.' || *h.p == '-')
		return false;
	for (const uint8_t *p = h.p; p + 1 < h.end; p++)
		if (p[0] == '.' && p[1] == '.')
			return false;
	*out = h;
	return true;
}

bool edge_sip_take_port(struct edge_slice *in, uint16_t *out)
{
	struct edge_slice d = edge_sip_span(in, EDGE_SIP_DIGIT);
	uint64_t v;

	if (!edge_slice_u64(d, UINT16_MAX, &v) || v == 0)
		return false;
	*out = (uint16_t)v;
	return true;
}

static bool take_uri_params(struct edge_slice *in, struct edge_slice *out)
{
	*out = (struct edge_slice){in->p, in->p};
	while (edge_sip_take_char(in, ';')) {
		struct edge_slice p = take_escaped(in, EDGE_SIP_UPARAM);

		if (p.p == p.end || *p.p == '=')
			return false;
	}
	out->end = in->p;
	return true;
}

/* user[:password]@, if there is one: no other "@" is legal in a SIP URI */
static bool take_user(struct edge_slice *in, struct edge_slice *out)
{
	const uint8_t *at = edge_slice_find(*in, '@');
	struct edge_slice s;

	*out = (struct edge_slice){in->p, in->p};
	if (!at)
		return true;
	s = (struct edge_slice){in->p, at};
	*out = take_escaped(&s, EDGE_SIP_USER);
	if (out->p == out->end)
		return false;
	if (edge_sip_take_char(&s, ':'))
		take_escaped(&s, EDGE_SIP_PASSWORD);
	if (s.p != s.end)
		return false;
	in->p = at + 1;
	return true;
}

static bool parse_sip(struct edge_sip_uri *u, struct edge_slice s)
{
	if (!take_user(&s, &u->user) || !edge_sip_take_host(&s, &u->host))
		return false;
	if (edge_sip_take_char(&s, ':') && !edge_sip_take_port(&s, &u->port))
		return false;
	if (!take_uri_params(&s, &u->params))
		return false;
	u->headers = (struct edge_slice){s.p, s.p};
	if (edge_sip_take_char(&s, '?')) {
		u->headers = take_escaped(&s, EDGE_SIP_UHEADER);
		if (u->headers.p == u->headers.end)
			return false;
	}
	return s.p == s.end;
}

enum edge_err edge_sip_uri_parse(struct edge_sip_uri *out,
				 struct edge_slice text)
{
	struct edge_slice s = text, rest;
	struct edge_sip_uri u = {.text = text};

	u.scheme = edge_sip_span(&s, EDGE_SIP_SCHEME);
	if (u.scheme.p == u.scheme.end ||
	    edge_sip_is(*u.scheme.p, EDGE_SIP_DIGIT) ||
	    !edge_sip_take_char(&s, ':'))
		return EDGE_EFORMAT;
	u.is_sip = edge_slice_ieq_str(u.scheme, "sip") ||
		   edge_slice_ieq_str(u.scheme, "sips");
	if (u.is_sip) {
		if (!parse_sip(&u, s))
			return EDGE_EFORMAT;
	} else {
		rest = take_escaped(&s, EDGE_SIP_URIC);
		if (rest.p == rest.end || s.p != s.end)
			return EDGE_EFORMAT;
	}
	*out = u;
	return EDGE_OK;
}

/* One ";name=value" off text that was checked before; quotes hide ";". */
static bool next_param(struct edge_slice *in, struct edge_slice *raw,
		       struct edge_slice *name, struct edge_slice *value)
{
	const uint8_t *p = in->p, *eq = NULL;
	bool quoted = false;

	if (p == in->end || *p != ';')
		return false;
	for (p++; p < in->end && (quoted || *p != ';'); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p + 1 < in->end)
			p++;
		else if (*p == '=' && !quoted && !eq)
			eq = p;
	}
	*raw = edge_slice_trim((struct edge_slice){in->p, p});
	*name = edge_slice_trim((struct edge_slice){in->p + 1, eq ? eq : p});
	*value = eq ? edge_slice_trim((struct edge_slice){eq + 1, p})
		    : (struct edge_slice){p, p};
	in->p = p;
	return true;
}

static bool find_param(struct edge_slice params, const char *want,
		       struct edge_slice *raw, struct edge_slice *value)
{
	struct edge_slice r, n, v;

	while (next_param(&params, &r, &n, &v)) {
		if (!edge_slice_ieq_str(n, want))
			continue;
		*raw = r;
		*value = v;
		return true;
	}
	return false;
}

bool edge_sip_param(struct edge_slice params, const char *name,
		    struct edge_slice *value)
{
	struct edge_slice raw;

	return find_param(params, name, &raw, value);
}

bool edge_sip_param_raw(struct edge_slice params, const char *name,
			struct edge_slice *raw)
{
	struct edge_slice value;

	return find_param(params, name, raw, &value);
}
