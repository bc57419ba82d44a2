/* The edge is the hop whose connection a client keeps alive. */
#include "access-edge/keep_alive.h"

bool acc_keep_alive_asked(const struct edge_sip_msg *m)
{
	int line = edge_sip_find(m, EDGE_SIP_MS_KEEP_ALIVE, 0);
	struct edge_slice value, role, hop;
	const uint8_t *semi;

	if (line < 0)
		return false;
	value = m->lines[line].value;
	semi = edge_slice_find(value, ';');
	if (!semi)
		return false;
	role = edge_slice_trim((struct edge_slice){value.p, semi});
	return edge_slice_ieq_str(role, "UAC") &&
	       edge_sip_param((struct edge_slice){semi, value.end}, "hop-hop",
			      &hop) &&
	       edge_slice_ieq_str(hop, "yes");
}

static bool lists_outbound(const struct edge_sip_msg *m)
{
	int i = edge_sip_find(m, EDGE_SIP_SUPPORTED, 0);

	for (; i >= 0; i = edge_sip_find(m, EDGE_SIP_SUPPORTED, i + 1)) {
		struct edge_slice rest = m->lines[i].value;

		while (edge_slice_len(rest)) {
			const uint8_t *comma = edge_slice_find(rest, ',');
			const uint8_t *end = comma ? comma : rest.end;
			struct edge_slice tag = {rest.p, end};

			if (edge_slice_ieq_str(edge_slice_trim(tag),
					       "outbound"))
				return true;
			rest.p = comma ? comma + 1 : rest.end;
		}
	}
	return false;
}

bool acc_keep_alive_pings(const struct edge_sip_msg *m)
{
	struct edge_slice value;

	return edge_sip_param(m->via.params, "keep", &value) ||
	       (m->method == EDGE_SIP_REGISTER && lists_outbound(m));
}

unsigned acc_keep_alive_s(const struct acc_view *v)
{
	const struct topo_proxy_settings *p = &v->topo->proxy;
	unsigned most = 60 * p->keep_alive_min;

	if (p->no_white_space)
		return 0;
	return most && v->options->keep_alive_s > most
		       ? most
		       : v->options->keep_alive_s;
}

void acc_keep_alive_answer(struct edge_sip_edit *e, const struct acc_view *v,
			   const struct edge_sip_msg *m, bool asked)
{
	int line = edge_sip_find(m, EDGE_SIP_MS_KEEP_ALIVE, 0);
	bool offer =
		acc_keep_alive_s(v) != 0 && m->status >= 200 && m->status < 300;
	char text[96];
	struct edge_put w = edge_put(text, sizeof(text));

	edge_put_str(&w, "ms-keep-alive: UAS; tcp=no; hop-hop=yes; "
			 "end-end=no; timeout="); /* AE 2.12 */
	edge_put_dec(&w, acc_keep_alive_s(v));
	if (line < 0) {
		if (asked && offer)
			edge_sip_edit_append(e, "%.*s", (int)edge_put_len(&w),
					     text);
		return;
	}
	if (offer)
		edge_sip_edit_replace(e, line, "%.*s", (int)edge_put_len(&w),
				      text);
	else
		edge_sip_edit_delete(e, line);
	for (line = edge_sip_find(m, EDGE_SIP_MS_KEEP_ALIVE, line + 1);
	     line >= 0;
	     line = edge_sip_find(m, EDGE_SIP_MS_KEEP_ALIVE, line + 1))
		edge_sip_edit_delete(e, line);
}
