/* Applies firewall.def to a message, one line after the other. */
#include "access-edge/firewall.h"

#include <string.h>

#include "access-edge/contact.h"
#include "access-edge/reveal.h"

enum {
	HISTORY_CAP = 20, /* AE 2.4 [entries] */
};

/* clang-format off */
static const uint8_t table[EDGE_SIP_HDR_COUNT][ACC_FW_COLUMNS] = {
#define FIREWALL(id, a, b, c, d, e, f, g, h)                       \
	[EDGE_SIP_##id] = {ACC_FW_##a, ACC_FW_##b, ACC_FW_##c,     \
			   ACC_FW_##d, ACC_FW_##e, ACC_FW_##f,     \
			   ACC_FW_##g, ACC_FW_##h},
#define FIREWALL_PREFIX(text, a, b, c, d, e, f, g, h)
#include "access-edge/firewall.def"
#undef FIREWALL
#undef FIREWALL_PREFIX
};

static const struct prefix_row {
	const char *text;
	uint8_t cell[ACC_FW_COLUMNS];
} prefixes[] = {
#define FIREWALL(id, a, b, c, d, e, f, g, h)
#define FIREWALL_PREFIX(begin, a, b, c, d, e, f, g, h)             \
	{.text = begin, .cell = {ACC_FW_##a, ACC_FW_##b, ACC_FW_##c, \
				 ACC_FW_##d, ACC_FW_##e, ACC_FW_##f, \
				 ACC_FW_##g, ACC_FW_##h}},
#include "access-edge/firewall.def"
#undef FIREWALL
#undef FIREWALL_PREFIX
};
/* clang-format on */

enum acc_fw_column acc_firewall_column(const struct acc_fw_way *way,
				       bool is_request)
{
	unsigned column = way->inward ? ACC_FW_IN_USR_REQ : ACC_FW_OUT_USR_REQ;

	if (acc_role_is_partner(way->outside))
		column += ACC_FW_IN_PARTNER_REQ - ACC_FW_IN_USR_REQ;
	return (enum acc_fw_column)(column + (is_request ? 0 : 1));
}

static bool begins(struct edge_slice name, const char *with)
{
	struct edge_slice w = edge_slice_str(with), head;

	return edge_take(&name, edge_slice_len(w), &head) &&
	       edge_slice_ieq(head, w);
}

enum acc_fw_action acc_firewall_action(const struct edge_sip_line *line,
				       enum acc_fw_column column)
{
	if (line->id != EDGE_SIP_OTHER)
		return (enum acc_fw_action)table[line->id][column];
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (begins(line->name, prefixes[i].text))
			return (enum acc_fw_action)prefixes[i].cell[column];
	return ACC_FW_KEEP;
}

/* The message while its lines are walked. */
struct walk {
	struct edge_sip_edit *e;
	const struct acc_view *v;
	const struct edge_sip_msg *m;
	const struct acc_fw_way *way;
	size_t history; /* entries so far */
};

/* P-Asserted-Identity: the hosts of all its sip: URIs (a tel: URI follows the
 * sip: URI of the same user) against From, or To of a response. */
static bool identity_fits(const struct walk *w, int line,
			  enum acc_fw_action action)
{
	const struct edge_sip_addr *speaker =
		w->m->is_request ? &w->m->from : &w->m->to;
	struct edge_sip_addr list[EDGE_SIP_LIST];
	int at[EDGE_SIP_LIST];
	size_t count, seen = 0;

	if (edge_sip_addrs(w->m, EDGE_SIP_P_ASSERTED_IDENTITY, list, at,
			   &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct edge_slice host = list[i].uri.host;

		if (at[i] != line || !list[i].uri.is_sip)
			continue;
		seen++;
		if (action == ACC_FW_IF_FROM
			    ? !edge_slice_ieq(host, speaker->uri.host)
			    : !topo_find_domain(w->v->topo, host))
			return false;
	}
	return seen != 0;
}

static bool wants_privacy(const struct edge_sip_msg *m)
{
	for (int i = edge_sip_find(m, EDGE_SIP_PRIVACY, 0); i >= 0;
	     i = edge_sip_find(m, EDGE_SIP_PRIVACY, i + 1)) {
		struct edge_slice rest = m->lines[i].value, one;
		bool more = true;

		while (more) {
			more = edge_take_until(&rest, ';', &one);
			if (edge_slice_ieq_str(
				    edge_slice_trim(more ? one : rest), "id"))
				return true;
		}
	}
	return false;
}

/* ";ms-identity", ";ms-identity-info", ... up to the next ";" outside quotes;
 * the line's own text, since Referred-By may not parse as an address here.
 * False: a quote stays open, and who knows what is inside it. */
static bool cut_identity(struct edge_sip_edit *e, struct edge_slice value)
{
	const uint8_t *p = value.p, *start = NULL;
	bool quoted = false;

	for (;; p++) {
		bool at_end = p == value.end;

		if (quoted && !at_end && *p == '\\' && p + 1 < value.end) {
			p++; /* a quoted pair */
			continue;
		}
		if (!at_end && *p == '"')
			quoted = !quoted;
		if (!at_end && (quoted || (*p != ';' && *p != ',')))
			continue;
		if (start)
			edge_sip_edit_cut(e, (struct edge_slice){start, p});
		if (at_end)
			return !quoted;
		start = *p == ';' && begins(edge_slice_trim((struct edge_slice){
						    p + 1, value.end}),
					    "ms-identity")
				? p
				: NULL;
	}
}

static void strip_inside(const struct walk *w, int line)
{
	struct edge_slice rest = w->m->lines[line].value, one;
	struct edge_sip_uri uri;
	const uint8_t *open;
	bool more = true;

	/* one inside or unreadable entry takes its whole line along */
	while (more) {
		more = edge_take_until(&rest, ',', &one);
		one = more ? one : rest;
		open = edge_slice_find(one, '<');
		if (open) {
			one.p = open + 1;
			open = edge_slice_find(one, '>');
			one.end = open ? open : one.end;
		}
		if (edge_sip_uri_parse(&uri, edge_slice_trim(one)) ||
		    acc_contact_is_inside(w->v, uri.host)) {
			edge_sip_edit_delete(w->e, line);
			return;
		}
	}
}

static size_t entries(struct edge_slice value)
{
	size_t n = 1;
	bool quoted = false;

	for (; value.p < value.end; value.p++) {
		quoted ^= *value.p == '"';
		n += *value.p == ',' && !quoted;
	}
	return n;
}

static enum acc_reason split_info(const struct walk *w, int line)
{
	if (w->way->shares)
		return ACC_REASON_OK;
	if (w->way->inward)
		return ACC_REASON_TRAFFIC_TYPE;
	edge_sip_edit_delete(w->e, line);
	return ACC_REASON_OK;
}

static enum acc_reason act(struct walk *w, int line, enum acc_fw_action action)
{
	const struct edge_sip_line *l = &w->m->lines[line];
	bool keep = true;

	switch (action) {
	case ACC_FW_KEEP:
	case ACC_FW_ANSWER:
		break;
	case ACC_FW_DELETE:
		keep = false;
		break;
	case ACC_FW_IF_FROM:
		keep = identity_fits(w, line, action);
		break;
	case ACC_FW_IF_OWN:
		keep = !wants_privacy(w->m) && identity_fits(w, line, action);
		break;
	case ACC_FW_IF_SEEN:
		keep = w->way->sees_diagnostics;
		break;
	case ACC_FW_IF_OUTSIDE:
		keep = !acc_text_reveals(w->v, l->value);
		break;
	case ACC_FW_IF_SPLIT:
		return split_info(w, line);
	case ACC_FW_CAP:
		w->history += entries(l->value);
		keep = w->history <= HISTORY_CAP;
		break;
	case ACC_FW_STRIP:
		strip_inside(w, line);
		break;
	case ACC_FW_NO_ID:
		keep = cut_identity(w->e, l->value);
		break;
	}
	if (!keep)
		edge_sip_edit_delete(w->e, line);
	return ACC_REASON_OK;
}

enum acc_reason acc_firewall_apply(struct edge_sip_edit *e,
				   const struct acc_view *v,
				   const struct edge_sip_msg *m,
				   const struct acc_fw_way *way)
{
	enum acc_fw_column column = acc_firewall_column(way, m->is_request);
	struct walk w = {.e = e, .v = v, .m = m, .way = way};

	for (size_t i = 0; i < m->line_count; i++) {
		enum acc_fw_action a =
			acc_firewall_action(&m->lines[i], column);
		enum acc_reason why;

		if (column >= ACC_FW_OUT_PARTNER_REQ &&
		    acc_line_reveals(v, &m->lines[i])) {
			edge_sip_edit_delete(e, (int)i);
			continue;
		}
		if (a == ACC_FW_KEEP)
			continue;
		why = act(&w, (int)i, a);
		if (why)
			return why;
	}
	return ACC_REASON_OK;
}
