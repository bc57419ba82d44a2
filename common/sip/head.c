/* The start line and the header lines of a message, cut but not understood. */
#include "common/sip/scan.h"

enum {
	STATUS_MIN = 100, /* RFC 3261 §7.2 */
	STATUS_MAX = 699
};

/* The first fault is the one that is told. */
void edge_sip_blame(struct edge_sip_msg *m, enum edge_sip_fault fault,
		    struct edge_slice at)
{
	if (m->fault != EDGE_SIP_FINE)
		return;
	m->fault = fault;
	m->fault_at = at;
}

/* SIP/2.0, or another version of a well-formed name (RFC 4475 §3.1.2.16) */
static enum edge_sip_fault version_fault(struct edge_slice v)
{
	struct edge_slice name;

	if (edge_slice_ieq_str(v, "SIP/2.0"))
		return EDGE_SIP_FINE;
	if (!edge_take_until(&v, '/', &name) ||
	    !edge_slice_ieq_str(name, "SIP") ||
	    edge_sip_span(&v, EDGE_SIP_DIGIT).p == v.p ||
	    !edge_sip_take_char(&v, '.') ||
	    edge_sip_span(&v, EDGE_SIP_DIGIT).p == v.p || v.p != v.end)
		return EDGE_SIP_BAD_START;
	return EDGE_SIP_BAD_VERSION;
}

bool edge_sip_scheme_ok(const struct edge_sip_uri *u)
{
	return u->is_sip || edge_slice_ieq_str(u->scheme, "tel");
}

static enum edge_sip_fault parse_ruri(struct edge_sip_msg *m,
				      struct edge_slice text)
{
	if (edge_sip_uri_parse(&m->ruri, text))
		return EDGE_SIP_BAD_URI;
	if (!edge_sip_scheme_ok(&m->ruri))
		return EDGE_SIP_BAD_SCHEME;
	if (edge_slice_len(m->ruri.headers)) /* RFC 4475 §3.1.2.11 */
		return EDGE_SIP_BAD_URI;
	return EDGE_SIP_FINE;
}

static enum edge_sip_fault parse_request_line(struct edge_sip_msg *m,
					      struct edge_slice s)
{
	enum edge_sip_fault fault;
	struct edge_slice uri;

	m->is_request = true;
	m->method_text = edge_sip_span(&s, EDGE_SIP_TOKEN);
	m->method = edge_sip_method_find(m->method_text);
	if (m->method_text.p == m->method_text.end ||
	    !edge_sip_take_char(&s, ' ') || !edge_take_until(&s, ' ', &uri))
		return EDGE_SIP_BAD_START;
	fault = version_fault(s);
	return fault ? fault : parse_ruri(m, uri);
}

static enum edge_sip_fault parse_status_line(struct edge_sip_msg *m,
					     struct edge_slice s)
{
	struct edge_slice version, code;
	enum edge_sip_fault fault;
	uint64_t status;

	if (!edge_take_until(&s, ' ', &version))
		return EDGE_SIP_BAD_START;
	fault = version_fault(version);
	if (fault)
		return fault;
	if (!edge_take_until(&s, ' ', &code) || edge_slice_len(code) != 3 ||
	    !edge_slice_u64(code, STATUS_MAX, &status) || status < STATUS_MIN)
		return EDGE_SIP_BAD_START;
	m->status = (unsigned)status;
	m->phrase = s;
	return edge_sip_text_ok(s) ? EDGE_SIP_FINE : EDGE_SIP_BAD_BYTES;
}

void edge_sip_start_read(struct edge_sip_msg *m)
{
	struct edge_slice s = m->start_line;
	enum edge_sip_fault fault;

	if (edge_slice_len(s) < 6 || s.end[-1] != '\n' || s.end[-2] != '\r') {
		edge_sip_blame(m, EDGE_SIP_BAD_START, s);
		return;
	}
	s.end -= 2;
	if (edge_slice_ieq_str((struct edge_slice){s.p, s.p + 4}, "SIP/"))
		fault = parse_status_line(m, s);
	else
		fault = parse_request_line(m, s);
	if (fault)
		edge_sip_blame(m, fault, s);
}

/* Up to the CR LF that no blank follows; the rest when there is none. */
struct edge_slice edge_sip_take_line(struct edge_slice *in, bool folds)
{
	struct edge_slice line = *in, rest = *in;
	const uint8_t *lf;

	while ((lf = edge_slice_find(rest, '\n'))) {
		rest.p = lf + 1;
		if (!folds || rest.p == rest.end ||
		    (*rest.p != ' ' && *rest.p != '\t'))
			break;
	}
	line.end = lf ? rest.p : in->end;
	in->p = line.end;
	return line;
}

static bool split_line(const struct edge_sip_names *n, struct edge_sip_line *l)
{
	struct edge_slice s = l->raw;

	s.end -= 2; /* CR LF */
	l->id = EDGE_SIP_OTHER;
	l->name = edge_sip_span(&s, EDGE_SIP_TOKEN);
	l->value = s;
	if (l->name.p == l->name.end)
		return false;
	while (s.p < s.end && (*s.p == ' ' || *s.p == '\t'))
		s.p++;
	if (!edge_sip_take_char(&s, ':'))
		return false;
	l->id = edge_sip_names_find(n, l->name);
	l->value = s;
	return true;
}

void edge_sip_lines_read(struct edge_sip_msg *m, const struct edge_sip_names *n,
			 struct edge_slice s)
{
	struct edge_sip_line *l;

	while (s.p < s.end && *s.p != '\r') {
		if (m->line_count == EDGE_SIP_LINES) {
			edge_sip_blame(m, EDGE_SIP_TOO_MANY,
				       (struct edge_slice){s.p, s.p});
			return;
		}
		l = &m->lines[m->line_count];
		l->raw = edge_sip_take_line(&s, true);
		if (edge_slice_len(l->raw) < 2 || l->raw.end[-1] != '\n' ||
		    l->raw.end[-2] != '\r') {
			edge_sip_blame(m, EDGE_SIP_BAD_BYTES, l->raw);
			return; /* not a line: never answered or edited */
		}
		if (!split_line(n, l))
			edge_sip_blame(m, EDGE_SIP_BAD_HEADER, l->name);
		else if (!edge_sip_text_ok(l->value))
			edge_sip_blame(m, EDGE_SIP_BAD_BYTES, l->name);
		l->value = edge_slice_trim(l->value);
		if (l->id && m->first[l->id] < 0)
			m->first[l->id] = (int16_t)m->line_count;
		else if (edge_sip_hdr_is_one(l->id))
			edge_sip_blame(m, EDGE_SIP_TWICE, l->name);
		m->line_count++;
	}
	if (s.p < s.end && (s.end - s.p != 2 || s.p[1] != '\n'))
		edge_sip_blame(m, EDGE_SIP_BAD_BYTES,
			       (struct edge_slice){s.p, s.p});
}
