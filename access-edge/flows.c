/* Who talked with whom in the last hour, by domains. */
#include "access-edge/flows.h"

#include <string.h>

#include "access-edge/explain.h"

enum { NAMES_ROOM = EDGE_LATELY_LEN / 2 };

static bool concerns_partners(const struct acc_journey *j)
{
	return acc_role_is_partner(j->l->source.role) ||
	       j->d.to == ACC_TO_PARTNER ||
	       (j->l->source.role == ACC_ROLE_INT && j->d.verdict.count);
}

static void put_domain(struct edge_put *w, const struct edge_sip_uri *u)
{
	edge_put_u8(w, '\t');
	for (const uint8_t *c = u->host.p; c < u->host.end; c++)
		edge_put_u8(w,
			    *c >= 'A' && *c <= 'Z' ? (uint8_t)(*c + 32) : *c);
}

/* As many names as fit; the rest of the row has its room kept. */
static void put_names(struct edge_put *w, const struct edge_peer *p)
{
	for (size_t i = 0; i < p->name_count && i < ACC_EXPLAIN_NAMES; i++) {
		if (edge_put_len(w) + strlen(p->names[i]) > NAMES_ROOM)
			break;
		edge_put_str(w, i ? "," : "");
		edge_put_str(w, p->names[i]);
	}
}

static void put_peer(struct edge_put *w, const struct acc_journey *j)
{
	const struct acc_facts *f = j->l->source.facts;

	edge_put_str(w, j->l->source.role == ACC_ROLE_INT ? "out\t" : "in\t");
	if (j->l->source.role != ACC_ROLE_INT) {
		if (f && f->peer)
			put_names(w, f->peer);
	} else if (j->d.to == ACC_TO_PARTNER && j->m->to.uri.is_sip &&
		   topo_find_domain(j->s->view.topo, j->m->to.uri.host)) {
		edge_put_str(w, j->d.partner.name);
	}
}

void acc_flows_note(const struct acc_journey *j)
{
	char text[EDGE_LATELY_LEN];
	struct edge_put w = edge_put(text, sizeof(text) - 1);

	if (!concerns_partners(j) || !j->s->shared->flows)
		return;
	put_peer(&w, j);
	put_domain(&w, &j->m->from.uri);
	put_domain(&w, &j->m->to.uri);
	edge_put_u8(&w, '\t');
	edge_put_slice(&w, j->m->method_text);
	if (w.overflow)
		return; /* nobody asks about names of that length */
	text[edge_put_len(&w)] = '\0';
	edge_lately_add(j->s->shared->flows, text, acc_reason_name(j->d.reason),
			edge_loop_now_ms(j->s->loop));
}

bool acc_flow_read(struct acc_flow *out, char *text)
{
	const char *way = text;
	const char **const fields[] = {&out->peer, &out->from, &out->to,
				       &out->method};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		text = strchr(text, '\t');
		if (!text)
			return false;
		*text++ = '\0';
		*fields[i] = text;
	}
	out->is_outward = strcmp(way, "out") == 0;
	return out->is_outward || strcmp(way, "in") == 0;
}
