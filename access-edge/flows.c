/* Who talked with whom in the last hour, by domains. */
#include "access-edge/flows.h"

#include <string.h>

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

void acc_flows_note(const struct acc_journey *j)
{
	const struct acc_facts *f = j->l->source.facts;
	char text[EDGE_LATELY_LEN];
	struct edge_put w = edge_put(text, sizeof(text) - 1);

	if (!concerns_partners(j) || !j->s->shared->flows)
		return;
	if (f && f->peer && f->peer->name_count)
		edge_put_str(&w, f->peer->names[0]);
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
	const char **const fields[] = {&out->from, &out->to, &out->method};

	out->peer = text;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		text = strchr(text, '\t');
		if (!text)
			return false;
		*text++ = '\0';
		*fields[i] = text;
	}
	return true;
}
