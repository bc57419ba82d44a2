/* The one line that a session leaves, and its counters: WC 4.9. */
#include "webconf-edge/client_tell.h"

#include <stdio.h>
#include <string.h>

#include "common/crypto.h"
#include "common/loop.h"
#include "webconf-edge/events.h"

static const char *state_name(enum wce_client_state s)
{
	static const char *const names[WCE_CLIENT_STATES] = {
		[WCE_CLIENT_TLS] = "tls",
		[WCE_CLIENT_OPENING] = "opening",
		[WCE_CLIENT_WAITING] = "waiting",
		[WCE_CLIENT_ASSIGNING] = "assigning",
		[WCE_CLIENT_RELAY] = "relay",
		[WCE_CLIENT_HALF] = "half",
		[WCE_CLIENT_CLOSED] = "closed",
	};

	return names[s];
}

/* From one step to the next; 0 when the next was not reached [ms] */
static unsigned long step(uint64_t from, uint64_t to)
{
	return from && to > from ? (unsigned long)(to - from) : 0;
}

static const char *truncated(const struct wce_client *c)
{
	if (c->pair.from[WCE_CLIENT].is_truncated)
		return "client";
	return c->pair.from[WCE_MCU].is_truncated ? "mcu" : "-";
}

/* What identifies the session; 8 bytes of nonce and hash, never the token. */
struct names {
	char sid[2 * PSOM_SESSION_LEN + 1], nonce[17], conference[17];
	char client[EDGE_ADDR_STRLEN], mcu[WCE_NAME_LEN + 64];
};

static void name(struct names *n, const struct wce_client *c)
{
	*n = (struct names){.nonce = "-", .conference = "-", .mcu = "-"};
	edge_hex(n->sid, edge_slice(c->session, sizeof(c->session)));
	edge_addr_print(&c->from, n->client);
	if (!c->at.opened)
		return;
	edge_hex(n->nonce, edge_slice(c->token.nonce, 8));
	edge_hex(n->conference, edge_slice(c->token.conference, 8));
	edge_log_escape(n->mcu, sizeof(n->mcu), edge_slice_str(c->mcu));
}

static void log_end(const struct wce_client *c, enum wce_reason why)
{
	const struct wce_client_times *t = &c->at;
	const uint64_t now = edge_loop_now_ms(c->shard->loop);
	const struct wce_flow *in = &c->pair.from[WCE_CLIENT];
	const struct wce_flow *out = &c->pair.from[WCE_MCU];
	struct names n;

	name(&n, c);
	edge_event(
		WCE_EV_SESSION,
		"sid=%s state_end=%s end=%s code=%u detail=%s client=%s tls=%s "
		"sni=%s kid=%u nonce=%s mcu=%s conf=%s leg_port=%u "
		"t_tls_ms=%lu "
		"t_open_ms=%lu t_pair_ms=%lu t_assign_ms=%lu t_total_ms=%lu "
		"c2m_bytes=%llu m2c_bytes=%llu c2m_stall_ms=%llu "
		"m2c_stall_ms=%llu trunc=%s ktls=no",
		n.sid, state_name(c->state), wce_reason_name(why),
		wce_reason_code(why), wce_reason_detail(why), n.client,
		c->tls_text, c->sni, c->token.kid, n.nonce, n.mcu, n.conference,
		c->leg_port, step(t->accepted, t->secured),
		step(t->secured, t->opened), step(t->opened, t->assigned),
		step(t->assigned, t->paired), step(t->accepted, now),
		(unsigned long long)in->bytes, (unsigned long long)out->bytes,
		(unsigned long long)in->stall_ms,
		(unsigned long long)out->stall_ms, truncated(c));
}

static void keep_refusal(const struct wce_client *c, enum wce_reason why)
{
	char from[EDGE_ADDR_STRLEN];

	edge_addr_print(&c->from, from);
	edge_recent_add(c->shard->shared->refusals,
			"{\"client\":\"%s\",\"state\":\"%s\",\"reason\":\"%s\","
			"\"code\":%u,\"detail\":\"%s\"}",
			from, state_name(c->state), wce_reason_name(why),
			wce_reason_code(why), wce_reason_detail(why));
}

static void tell_refused(struct wce_client *c, enum wce_reason why)
{
	const struct edge_quiet_line line = {WCE_EV_REFUSED,
					     wce_reason_name(why), &c->from};
	char from[EDGE_ADDR_STRLEN], detail[160];
	uint32_t more;

	keep_refusal(c, why);
	if (!edge_quiet_may_tell(&c->shard->quiet, &line,
				 edge_loop_now_ms(c->shard->loop), &more))
		return;
	edge_addr_print(&c->from, from);
	edge_event(WCE_EV_REFUSED,
		   "client=%s state=%s reason=%s code=%u detail=%s "
		   "suppressed=%u words=%s",
		   from, state_name(c->state), wce_reason_name(why),
		   wce_reason_code(why), wce_reason_detail(why), more,
		   edge_log_quote(detail, sizeof(detail),
				  edge_slice_str(edge_conn_detail(c->conn))));
}

void wce_client_tell_end(struct wce_client *c, enum wce_reason why)
{
	struct wce_shard *s = c->shard;

	if (c->state == WCE_CLIENT_TLS)
		wce_shard_count(s, WCE_STAT_HANDSHAKE_FAIL, 1);
	if (!c->at.paired) {
		wce_shard_count(s, WCE_STAT_REJECT + why, 1);
		tell_refused(c, why);
		if (c->at.opened)
			log_end(c, why);
		return;
	}
	wce_shard_count(s, WCE_STAT_ENDED + why, 1);
	wce_shard_count(s, WCE_STAT_BYTES_IN, c->pair.from[WCE_CLIENT].bytes);
	wce_shard_count(s, WCE_STAT_BYTES_OUT, c->pair.from[WCE_MCU].bytes);
	wce_shard_count(s, WCE_STAT_STALL_MS_IN,
			c->pair.from[WCE_CLIENT].stall_ms);
	wce_shard_count(s, WCE_STAT_STALL_MS_OUT,
			c->pair.from[WCE_MCU].stall_ms);
	log_end(c, why);
}

/* WC 4.9: hashed, unless the operator wants to read it. The opening is in the
 * input still. */
static const char *uri_of(const struct wce_client *c, char *text, size_t cap)
{
	struct wce_opening o;

	if (!atomic_load(&c->shard->shared->logs_uri) ||
	    c->profile->opening_parse(&o, edge_conn_input(c->conn)) !=
		    WCE_REASON_OK)
		return "-";
	return edge_log_escape(text, cap, o.conference);
}

void wce_client_tell_paired(struct wce_client *c)
{
	struct names n;
	char uri[PSOM_CONFERENCE_MAX + 64];

	wce_shard_count(c->shard, WCE_STAT_SESSIONS, 1);
	wce_shard_count(c->shard, wce_stats_pair(c->at.paired - c->at.opened),
			1);
	name(&n, c);
	edge_event(WCE_EV_PAIRED,
		   "sid=%s client=%s mcu=%s conf=%s leg_port=%u uri=%s", n.sid,
		   n.client, n.mcu, n.conference, c->leg_port,
		   uri_of(c, uri, sizeof(uri)));
}

void wce_client_tell_refused(struct wce_shard *s, enum wce_stat row,
			     const char *reason, const struct edge_addr *from)
{
	const struct edge_quiet_line line = {WCE_EV_LINK_REFUSED, reason, from};
	char text[EDGE_ADDR_STRLEN];
	uint32_t more;

	wce_shard_count(s, row, 1);
	if (!edge_quiet_may_tell(&s->quiet, &line, edge_loop_now_ms(s->loop),
				 &more))
		return;
	edge_addr_print(from, text);
	edge_event(WCE_EV_LINK_REFUSED, "client=%s reason=%s suppressed=%u",
		   text, reason, more);
}
