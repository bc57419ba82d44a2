/* Partners that came to us: their role, and what DNS says of their domains. */
#include "access-edge/inbound.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/link_limits.h"
#include "access-edge/revoked.h"

enum {
	LOOKUPS = 5,	    /* AE 5: unknown domains of a peer [1/s] */
	NEGATIVE_S = 300,   /* AE 2.8: no record is remembered [s] */
	TTL_MAX_S = 3600,   /* AE 2.8 [s] */
	DNS_RECORDS = 3000, /* AE 3.2 DnsCacheRecordCount */
	SRV_NAME = 2 * EDGE_DNS_NAME_LEN,
	CONTACT_LEN = 512,
	CONTACTS_OF_ALL = 2000000, /* ours: users that all have named */
	QUOTA_IDLE_MS = 3600000,   /* ours: a partner is forgotten [ms] */
	DOMAIN_FAULTS = 11,	   /* AE 4.4: more than ten a minute */
	DOMAIN_WINDOW_MS = 60000,
};

/* What DNS said of the domain that a partner spoke for last. */
struct acc_known {
	char domain[EDGE_DNS_NAME_LEN];
	bool is_fresh; /* not looked at yet: whatever its time to live */
	enum acc_srv_state state;
	size_t count;
	struct edge_dns_srv rows[EDGE_DNS_RECORDS_MAX];
};

/* -- who it is ---------------------------------------------------------- */

static void tell(const struct acc_link *l, uint32_t event, const char *reason,
		 const struct acc_verdict *v)
{
	const struct edge_peer *p = edge_conn_peer(l->conn);
	char from[EDGE_ADDR_STRLEN], cn[128], rule[ACC_RULE_LEN];

	edge_addr_print(&l->source.remote, from);
	edge_log_escape(cn, sizeof(cn), edge_slice_str(p->cn));
	acc_verdict_print(v, rule);
	edge_event(event,
		   "peer=%s san=%s cn=%s role=%s cid=%X reason=%s rule=%s",
		   from, p->name_count ? p->names[0] : "-", cn,
		   l->source.facts ? acc_role_name(l->source.role) : "-",
		   l->source.cid, reason, rule);
}

static bool refuse(struct acc_link *l, const char *reason,
		   const struct acc_verdict *v)
{
	uint32_t more;

	acc_shard_count(l->shard, ACC_STAT_REJECTED_PARTNER);
	if (acc_shard_may_tell(l->shard, ACC_EV_PARTNER_REFUSED, reason,
			       &l->source.remote, &more))
		tell(l, ACC_EV_PARTNER_REFUSED, reason, v);
	return false;
}

/* Its first handshake says no; fault: what is wrong with the certificate. */
static bool turn_away(struct acc_link *l, enum edge_peer_fault fault,
		      const char *reason, const struct acc_verdict *v)
{
	acc_revoked_note(l->shard, edge_conn_peer(l->conn), fault);
	return refuse(l, reason, v);
}

/* AE 1.2: it came by the clients' door, and is none. */
static void leave_clients(struct acc_link *l)
{
	struct acc_gauges *g = &l->shard->gauges;
	struct edge_sip_frame_limits f;

	if (l->kind == ACC_LINK_PARTNER)
		return;
	atomic_fetch_sub_explicit(&g->links[l->kind], 1, memory_order_relaxed);
	l->kind = ACC_LINK_PARTNER;
	atomic_fetch_add_explicit(&g->links[l->kind], 1, memory_order_relaxed);
	l->body_room = 0;
	acc_link_frame_limits(l, &f);
	l->body_room = (uint32_t)f.body_len;
	edge_conn_set_in_cap(l->conn, f.head_len + f.body_len + 4096);
}

bool acc_inbound_begin(struct acc_link *l)
{
	const struct edge_peer *p = edge_conn_peer(l->conn);
	struct acc_verdict v = {0};
	enum edge_peer_fault fault;
	enum acc_role role;
	const char *why;

	if (p->fault != EDGE_PEER_FINE)
		return turn_away(l, p->fault, edge_peer_fault_str(p->fault),
				 &v);
	role = acc_partner_role(&v, l->shard->view.topo, p);
	if (role == ACC_ROLE_COUNT)
		return turn_away(l, EDGE_PEER_NAME, acc_reason_name(v.reason),
				 &v);
	fault = acc_revoked_fault(l->shard, p, &why);
	if (fault != EDGE_PEER_FINE)
		return turn_away(l, fault, why, &v);
	acc_revoked_note(l->shard, p, EDGE_PEER_FINE);
	leave_clients(l);
	l->facts.peer = p;
	l->source.role = role;
	l->source.facts = &l->facts;
	edge_bucket_init(&l->lookups, LOOKUPS, LOOKUPS,
			 edge_loop_now_ms(l->shard->loop));
	tell(l, ACC_EV_PARTNER_IN, "ok", &v);
	return true;
}

void acc_inbound_recheck(struct acc_link *l)
{
	struct acc_verdict v;

	if (acc_partner_role(&v, l->shard->view.topo, l->facts.peer) ==
	    l->source.role)
		return;
	(void)refuse(l, "no_longer_known", &v);
	acc_link_finish(l);
}

void acc_inbound_distrust(struct acc_link *l, const char *why)
{
	const struct acc_verdict v = {0};

	(void)refuse(l, why, &v);
}

/* -- how much ----------------------------------------------------------- */

struct edge_quota_limits acc_inbound_quota(const struct topo *t,
					   const struct acc_shared *shared)
{
	const struct topo_access_settings *a = &t->access;

	return (struct edge_quota_limits){
		.rate = a->discovered_rate,
		.burst = a->discovered_rate,
		.items = a->limits_contacts ? a->contacts_max : 0,
		.all_items = CONTACTS_OF_ALL,
		.keys = (uint32_t)shared->limits[ACC_LIMIT_PARTNERS],
		.idle_ms = QUOTA_IDLE_MS,
	};
}

/* Whom it wants: the user's name in one spelling. */
static struct edge_slice contact(char out[CONTACT_LEN],
				 const struct edge_sip_msg *m)
{
	struct edge_put w = edge_put(out, CONTACT_LEN);
	const struct edge_sip_uri *u = &m->to.uri;

	edge_put_slice(&w, u->is_sip ? u->user : u->text);
	edge_put_str(&w, "@");
	edge_put_slice(&w, u->host);
	for (size_t i = 0; i < edge_put_len(&w); i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	return edge_slice(out, edge_put_len(&w));
}

static enum acc_reason over(struct acc_link *l, struct acc_verdict *v,
			    enum acc_check check, enum acc_reason why)
{
	static const struct {
		uint32_t event;
		const char *lync;
	} rows[] = {
		{ACC_EV_PARTNER_RATE, "14603"},
		{ACC_EV_PARTNER_CONTACTS, "14508"},
	};
	bool contacts = check == ACC_CHECK_CONTACTS;
	const char *peer = l->facts.peer->names[0];
	uint32_t more;

	acc_verdict_step(v, check, edge_slice_str(peer), "used_up");
	v->reason = why;
	if (acc_shard_may_tell(l->shard, rows[contacts].event, peer,
			       &l->source.remote, &more))
		edge_event(rows[contacts].event,
			   "lync=%s peer=%s cid=%X suppressed=%u",
			   rows[contacts].lync, peer, l->source.cid, more);
	return why;
}

enum acc_reason acc_inbound_limit(struct acc_link *l,
				  const struct edge_sip_msg *m,
				  struct acc_verdict *v)
{
	struct edge_quota *q = l->shard->shared->quota;
	uint64_t now = edge_loop_now_ms(l->shard->loop);
	char item[CONTACT_LEN];

	if (!v->is_limited)
		return ACC_REASON_OK;
	if (!edge_quota_take(q, l->facts.peer->names[0], now))
		return over(l, v, ACC_CHECK_RATE, ACC_REASON_PARTNER_RATE);
	if (!edge_slice_len(m->to.tag) &&
	    !edge_quota_meet(q, l->facts.peer->names[0], contact(item, m), now))
		return over(l, v, ACC_CHECK_CONTACTS,
			    ACC_REASON_PARTNER_CONTACTS);
	return ACC_REASON_OK;
}

void acc_inbound_refused(struct acc_link *l, enum acc_reason reason)
{
	uint64_t now = edge_loop_now_ms(l->shard->loop);
	const struct edge_peer *p = l->facts.peer;

	if (!p || (acc_reason_errid(reason) != 1015 &&
		   acc_reason_errid(reason) != 1005))
		return;
	if (now - l->domain_faults_since_ms > DOMAIN_WINDOW_MS) {
		l->domain_faults_since_ms = now;
		l->domain_faults = 0;
	}
	if (++l->domain_faults == DOMAIN_FAULTS)
		edge_event(ACC_EV_PARTNER_DOMAINS,
			   "lync=14501 peer=%s cid=%X reason=%s count=%u",
			   p->name_count ? p->names[0] : "-", l->source.cid,
			   acc_reason_name(reason), l->domain_faults);
}

/* -- what DNS says ------------------------------------------------------ */

struct question {
	struct acc_shard *shard;
	edge_handle cid;
	bool is_asking, is_answered; /* inside the call; answered in it */
	char domain[EDGE_DNS_NAME_LEN];
};

static void keep(struct acc_link *l, const struct question *q,
		 const struct edge_dns_answer *a)
{
	struct acc_known *k = l->known;

	if (!k)
		l->known = k = malloc(sizeof(*k));
	if (!k)
		return; /* asked again */
	memcpy(k->domain, q->domain, sizeof(k->domain));
	k->is_fresh = true;
	k->count = a->err ? 0 : a->srv_count;
	if (k->count)
		memcpy(k->rows, a->srv, k->count * sizeof(*k->rows));
	k->state =
		k->count ? ACC_SRV_FOUND
		: a->err == EDGE_ENOTFOUND || a->err == EDGE_EDENIED || !a->err
			? ACC_SRV_ABSENT
			: ACC_SRV_FAILED;
}

static void on_srv(const struct edge_dns_answer *a, void *arg)
{
	struct question *q = arg;
	struct acc_link *l =
		q->shard->is_ending ? NULL
				    : acc_linktab_find(q->shard->links, q->cid);

	if (l && l->state == ACC_LINK_OPEN)
		keep(l, q, a);
	q->is_answered = true;
	if (q->is_asking)
		return;
	if (l)
		acc_link_release_for_dns(l);
	free(q);
}

static enum acc_inbound ask(struct acc_link *l, const char *domain)
{
	struct acc_shard *s = l->shard;
	char name[SRV_NAME];
	struct question *q;

	snprintf(name, sizeof(name), "_sipfederationtls._tcp.%s", domain);
	if (!edge_dns_srv_is_known(s->dns, name) &&
	    !edge_bucket_take(&l->lookups, edge_loop_now_ms(s->loop)))
		return ACC_INBOUND_TOO_MANY;
	q = calloc(1, sizeof(*q));
	if (!q)
		return ACC_INBOUND_TOO_MANY;
	q->shard = s;
	q->cid = l->source.cid;
	q->is_asking = true;
	memcpy(q->domain, domain, strlen(domain) + 1);
	edge_dns_srv(s->dns, name, on_srv, q);
	q->is_asking = false;
	if (q->is_answered) {
		free(q);
		return ACC_INBOUND_READY;
	}
	acc_link_hold_for_dns(l);
	return ACC_INBOUND_WAIT;
}

static void take(struct acc_link *l)
{
	struct acc_known *k = l->known;

	k->is_fresh = false;
	l->facts.srv = (struct acc_srv){k->state, k->rows, k->count};
}

enum acc_inbound acc_inbound_facts(struct acc_link *l,
				   const struct edge_sip_msg *m)
{
	const struct topo *t = l->shard->view.topo;
	struct edge_slice host =
		m->from.uri.is_sip ? m->from.uri.host : edge_slice(NULL, 0);
	char domain[EDGE_DNS_NAME_LEN];
	enum acc_inbound got;

	l->facts.srv = (struct acc_srv){.state = ACC_SRV_FAILED};
	if (!acc_partner_wants_srv(t, l->source.role, host) || !l->shard->dns ||
	    !edge_slice_copy(domain, sizeof(domain), host))
		return ACC_INBOUND_READY;
	if (l->known && l->known->is_fresh &&
	    edge_slice_ieq_str(host, l->known->domain)) {
		take(l);
		return ACC_INBOUND_READY;
	}
	got = ask(l, domain);
	if (got == ACC_INBOUND_READY && l->known)
		take(l);
	return got;
}

static bool is_inside(struct edge_slice name, void *arg)
{
	const struct acc_shard *s = arg;

	return topo_is_inside_name(s->view.topo, name);
}

static unsigned records(const struct topo *t)
{
	return t->proxy.dns_records ? t->proxy.dns_records : DNS_RECORDS;
}

static bool is_same(const struct topo *a, const struct topo *b)
{
	return edge_addr_eq(&a->listen[TOPO_PORT_ACCESS_CLIENT].addr,
			    &b->listen[TOPO_PORT_ACCESS_CLIENT].addr) &&
	       records(a) == records(b);
}

void acc_inbound_dns(struct acc_shard *s, const struct topo *old)
{
	const struct topo *t = s->view.topo;
	struct edge_dns_plan p = {
		.loop = s->loop,
		.local = t->listen[TOPO_PORT_ACCESS_CLIENT].addr,
		.device = *s->device_outside ? s->device_outside : NULL,
		.resolv = s->shared->resolv,
		.cache_records = records(t),
		.negative_s = NEGATIVE_S,
		.ttl_max_s = TTL_MAX_S,
		.is_lab = s->shared->is_lab,
		.is_inside = is_inside,
		.arg = s,
	};
	struct edge_dns *ended = s->dns;
	enum edge_err err;

	if (old && s->dns && is_same(old, t))
		return;
	s->dns = NULL; /* who hears of its end must not ask it again */
	edge_dns_free(ended);
	p.local.port = 0;
	err = edge_dns_new(&s->dns, &p);
	if (err && t->access.federated_users)
		edge_event(ACC_EV_NO_DNS, "shard=%u file=%s reason=%s",
			   s->index, p.resolv, edge_err_str(err));
}
