/* Events and counters of a connection of A/V authentication. */
#include "av-edge/events.h"
#include "av-edge/mras_link.h"
#include "common/crypto.h"

enum { WORD = 128 };

static enum ave_stat row_of_status(unsigned status)
{
	switch (status) {
	case 400:
		return AVE_STAT_MRAS_SIP_400;
	case 403:
		return AVE_STAT_MRAS_SIP_403;
	case 404:
		return AVE_STAT_MRAS_SIP_404;
	case 405:
		return AVE_STAT_MRAS_SIP_405;
	case 413:
		return AVE_STAT_MRAS_SIP_413;
	case 415:
		return AVE_STAT_MRAS_SIP_415;
	case 503:
		return AVE_STAT_MRAS_SIP_503;
	default:
		return AVE_STAT_MRAS_SIP_OTHER;
	}
}

static void note_refused(struct mras_link *l, unsigned status)
{
	const struct edge_sip_msg *m = &l->door->msg;
	char peer[EDGE_ADDR_STRLEN], method[WORD], fault[WORD];

	mras_door_count(l->door, row_of_status(status));
	edge_addr_print(&l->from, peer);
	edge_log_escape(method, sizeof(method), m->method_text);
	edge_log_quote(
		fault, sizeof(fault),
		edge_slice_str(m->fault ? edge_sip_fault_str(m->fault) : "-"));
	edge_event(AVE_EV_MRAS_REFUSED, "peer=%s status=%u method=%s fault=%s",
		   peer, status, method, fault);
}

/* No name of a user: his pseudonym, as in the relay's events; AV 2.5. */
static void note_response(struct mras_link *l, const struct mras_answer *a)
{
	static const enum ave_stat rows[MRAS_PHRASES] = {
#define MRAS_PHRASE_STAT(id, text, label) [MRAS_##id] = AVE_STAT_MRAS_##id,
		MRAS_PHRASE_MAP(MRAS_PHRASE_STAT)
#undef MRAS_PHRASE_STAT
	};
	char peer[EDGE_ADDR_STRLEN], user[2 * MRAS_PSEUDONYM_LEN + 1];

	mras_door_count(l->door, rows[a->phrase]);
	mras_door_count_many(l->door, AVE_STAT_MRAS_MINTED, a->minted);
	edge_addr_print(&l->from, peer);
	edge_hex(user, edge_slice(a->pseudonym, sizeof(a->pseudonym)));
	if (a->phrase)
		edge_event(AVE_EV_MRAS_DENIED, "peer=%s reason=%s", peer,
			   mras_phrase_label(a->phrase));
	else
		edge_event(AVE_EV_MRAS_GIVEN, "peer=%s user=%s count=%zu", peer,
			   user, a->minted);
}

void mras_link_tell_answer(struct mras_link *l, const struct mras_answer *a)
{
	if (a->has_phrase)
		note_response(l, a);
	else if (a->status != 200) /* 0: there was nobody to answer */
		note_refused(l, a->status ? a->status : 400);
}

void mras_link_tell_stranger(struct mras_link *l)
{
	const struct edge_peer *p = edge_conn_peer(l->conn);
	char from[EDGE_ADDR_STRLEN], cn[WORD], why[WORD];
	enum edge_peer_fault fault = p->fault ? p->fault : EDGE_PEER_NAME;

	edge_addr_print(&l->from, from);
	edge_log_escape(cn, sizeof(cn), edge_slice_str(p->cn));
	edge_log_quote(why, sizeof(why),
		       edge_slice_str(edge_peer_fault_str(fault)));
	mras_door_count(l->door, AVE_STAT_MRAS_DISTRUSTED);
	edge_event(AVE_EV_MRAS_PEER, "peer=%s cn=%s san=%s reason=%s", from, cn,
		   p->name_count ? p->names[0] : "-", why);
}

void mras_link_tell_failed(struct mras_link *l)
{
	char from[EDGE_ADDR_STRLEN], why[WORD], detail[WORD];

	edge_addr_print(&l->from, from);
	edge_log_quote(
		why, sizeof(why),
		edge_slice_str(edge_conn_why_str(edge_conn_why(l->conn))));
	edge_log_quote(detail, sizeof(detail),
		       edge_slice_str(edge_conn_detail(l->conn)));
	mras_door_count(l->door, AVE_STAT_MRAS_FAILED);
	edge_event(AVE_EV_MRAS_FAILED, "peer=%s reason=%s detail=%s", from, why,
		   detail);
}

void mras_link_tell_slow(struct mras_link *l)
{
	char from[EDGE_ADDR_STRLEN];

	edge_addr_print(&l->from, from);
	mras_door_count(l->door, AVE_STAT_MRAS_SLOW);
	edge_event(AVE_EV_MRAS_SLOW, "peer=%s reason=%s", from,
		   l->part_ms	 ? "message"
		   : l->is_known ? "idle"
				 : "no_message");
}
