/* What the XMPP proxy tells its operator. */
#include "access-edge/xmpp_tell.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "access-edge/events.h"
#include "access-edge/xmpp_proxy.h"
#include "common/recent.h"

enum { WORD = 128 };

static const char *or_dash(const char *s)
{
	return *s ? s : "-";
}

static const char *tls_of(const struct acc_xmpp_link *l)
{
	if (!l->conn || edge_conn_is_plain(l->conn))
		return "none";
	return edge_conn_tls_version(l->conn);
}

void acc_xmpp_tell_ready(const struct acc_xmpp_link *l, const char *auth)
{
	char peer[EDGE_ADDR_STRLEN];

	edge_addr_print(&l->remote, peer);
	edge_event(l->kind == ACC_XMPP_LINK_GATEWAY ? ACC_EV_XMPP_GATEWAY
						    : ACC_EV_XMPP_STREAM,
		   "link=%s peer=%s domain=%s own=%s auth=%s tls=%s",
		   l->role->name, peer, or_dash(l->domain), or_dash(l->own),
		   auth, tls_of(l));
}

/* Endings that are nobody's fault once the stream has been of use. */
static bool is_orderly(const struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	if (r == ACC_XMPP_R_OK || r == ACC_XMPP_R_IDLE ||
	    r == ACC_XMPP_R_SHUTDOWN)
		return true;
	return r == ACC_XMPP_R_REMOTE_CLOSED &&
	       (l->is_ready || l->has_answered);
}

static unsigned event_of(const struct acc_xmpp_link *l)
{
	switch (l->kind) {
	case ACC_XMPP_LINK_GATEWAY:
		return l->is_ready ? ACC_EV_XMPP_GATEWAY_GONE
				   : ACC_EV_XMPP_GATEWAY_REFUSED;
	case ACC_XMPP_LINK_OUT:
	case ACC_XMPP_LINK_VERIFY:
		return ACC_EV_XMPP_UNREACHED;
	case ACC_XMPP_LINK_IN:
		break;
	}
	return ACC_EV_XMPP_REFUSED;
}

void acc_xmpp_tell_lost(struct acc_xmpp_link *l)
{
	edge_log_escape(l->detail, sizeof(l->detail),
			edge_slice_str(edge_conn_detail(l->conn)));
}

/* A row of the list of refusals; "": not known. */
static void keep(const struct acc_xmpp_core *c, enum acc_xmpp_reason r,
		 const char *role, const char *peer, const char *domain)
{
	edge_recent_add(c->refusals,
			"{\"time\":%lld,\"reason\":\"%s\",\"role\":\"xmpp-%s\","
			"\"client\":\"%s\",\"domain\":\"%s\",\"text\":\"%s\"}",
			(long long)time(NULL), acc_xmpp_reason_name(r), role,
			peer, domain, acc_xmpp_reason_text(r));
}

void acc_xmpp_tell_end(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	const char *name = acc_xmpp_reason_name(r);
	char peer[EDGE_ADDR_STRLEN];

	edge_addr_print(&l->remote, peer);
	if (is_orderly(l, r)) {
		edge_event(l->kind == ACC_XMPP_LINK_GATEWAY
				   ? ACC_EV_XMPP_GATEWAY_GONE
				   : ACC_EV_XMPP_CLOSED,
			   "link=%s peer=%s domain=%s own=%s reason=%s "
			   "taken=%" PRIu64 " given=%" PRIu64,
			   l->role->name, peer, or_dash(l->domain),
			   or_dash(l->own), name, l->taken, l->given);
		return;
	}
	acc_xmpp_count(l->core, ACC_STAT_XMPP_REFUSED + (size_t)r);
	edge_event(event_of(l),
		   "reason=%s link=%s peer=%s domain=%s own=%s detail=%s", name,
		   l->role->name, peer, or_dash(l->domain), or_dash(l->own),
		   or_dash(l->detail));
	keep(l->core, r, l->role->name, peer, l->domain);
}

static struct edge_slice partners_jid(const struct acc_xmpp_stanza_told *s)
{
	return strcmp(s->way, "in") == 0 ? s->from : s->to;
}

void acc_xmpp_tell_stanza(struct acc_xmpp_core *c,
			  const struct acc_xmpp_stanza_told *s)
{
	const char *name = acc_xmpp_reason_name(s->reason);
	char from[WORD], to[WORD], domain[ACC_XMPP_DOMAIN_LEN];

	if (!acc_xmpp_domain_of(domain, partners_jid(s)))
		*domain = '\0';
	acc_xmpp_count(c, (s->is_bounced ? ACC_STAT_XMPP_BOUNCED
					 : ACC_STAT_XMPP_DROPPED) +
				  (size_t)s->reason);
	edge_log_escape(from, sizeof(from), s->from);
	edge_log_escape(to, sizeof(to), s->to);
	edge_event(s->is_bounced ? ACC_EV_XMPP_BOUNCED : ACC_EV_XMPP_DROPPED,
		   "reason=%s way=%s stanza=%s from=%s to=%s", name, s->way,
		   s->name, or_dash(from), or_dash(to));
	keep(c, s->reason, s->way, "", domain);
}

void acc_xmpp_tell_refused(struct acc_xmpp_core *c,
			   const struct edge_addr *from, const char *role,
			   enum acc_xmpp_reason r)
{
	char peer[EDGE_ADDR_STRLEN];

	acc_xmpp_count(c, ACC_STAT_XMPP_NOT_LET_IN);
	acc_xmpp_count(c, ACC_STAT_XMPP_REFUSED + (size_t)r);
	edge_addr_print(from, peer);
	edge_event(ACC_EV_XMPP_LIMIT, "peer=%s reason=%s", peer,
		   acc_xmpp_reason_name(r));
	keep(c, r, role, peer, "");
}
