/* Several values of one header, across its lines. */
#include "common/sip/scan.h"

bool edge_sip_next_entry(struct edge_slice *s, bool *more)
{
	*more = edge_sip_take_sep(s, ',');
	if (!*more)
		edge_sip_skip_lws(s);
	return *more || s->p == s->end;
}

/* An entry of Contact: "*" is one, with no URI. */
static bool take_entry(struct edge_slice *s, struct edge_sip_addr *out)
{
	struct edge_slice star = edge_slice_trim(*s);

	if (!edge_slice_eq_str(star, "*"))
		return edge_sip_take_addr(s, out);
	*out = (struct edge_sip_addr){.text = star};
	s->p = star.end;
	return true;
}

enum edge_err edge_sip_addrs(const struct edge_sip_msg *m, enum edge_sip_hdr id,
			     struct edge_sip_addr out[EDGE_SIP_LIST], int *line,
			     size_t *count)
{
	size_t n = 0;
	bool more;

	for (int i = edge_sip_find(m, id, 0); i >= 0;
	     i = edge_sip_find(m, id, i + 1)) {
		struct edge_slice s = m->lines[i].value;

		do {
			if (n == EDGE_SIP_LIST)
				return EDGE_ELIMIT;
			if (!take_entry(&s, &out[n]) ||
			    !edge_sip_next_entry(&s, &more))
				return EDGE_EFORMAT;
			if (line)
				line[n] = i;
			n++;
		} while (more);
	}
	*count = n;
	return EDGE_OK;
}

enum edge_err edge_sip_addr_list(struct edge_slice value,
				 struct edge_sip_addr out[EDGE_SIP_LIST],
				 size_t *count)
{
	size_t n = 0;
	bool more;

	do {
		if (n == EDGE_SIP_LIST)
			return EDGE_ELIMIT;
		if (!take_entry(&value, &out[n++]) ||
		    !edge_sip_next_entry(&value, &more))
			return EDGE_EFORMAT;
	} while (more);
	*count = n;
	return EDGE_OK;
}

enum edge_err edge_sip_vias(const struct edge_sip_msg *m,
			    struct edge_sip_via out[EDGE_SIP_LIST],
			    size_t *count)
{
	size_t n = 0;
	bool more;

	for (int i = edge_sip_find(m, EDGE_SIP_VIA, 0); i >= 0;
	     i = edge_sip_find(m, EDGE_SIP_VIA, i + 1)) {
		struct edge_slice s = m->lines[i].value;

		do {
			if (n == EDGE_SIP_LIST)
				return EDGE_ELIMIT;
			if (!edge_sip_take_via(&s, &out[n]) ||
			    !edge_sip_next_entry(&s, &more))
				return EDGE_EFORMAT;
			n++;
		} while (more);
	}
	*count = n;
	return EDGE_OK;
}
