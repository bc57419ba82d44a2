/* What partners may send: rates, users they name, look-ups, faults; AE 3.1,
 * 4.4, 5. All connections of a peer count together. */
#include "access-edge/inbound.h"

#include <string.h>

#include "access-edge/events.h"
#include "access-edge/host.h"
#include "access-edge/limits.h"
#include "common/crypto.h"
#include "topology/name.h"

enum {
	CONTACT_LEN = 512,
	CONTACTS_OF_ALL = 2000000, /* ours: users that all have named */
	IDLE_MS = 3600000,	   /* ours: a partner is forgotten [ms] */
	ASKED_IDLE_MS = 60000,	   /* ours: what it asked and did wrong [ms] */
	FAULTS_MS = 60000,	   /* AE 4.4: faults a minute [ms] */
};

static uint32_t limit(const struct acc_shared *s, enum acc_limit which)
{
	return (uint32_t)atomic_load_explicit(&s->limits[which],
					      memory_order_relaxed);
}

static struct edge_quota_limits messages(const struct acc_shared *s,
					 const struct topo *t)
{
	const struct topo_access_settings *a = &t->access;

	return (struct edge_quota_limits){
		.rate = a->discovered_rate,
		.burst = a->discovered_rate,
		.items = a->limits_contacts ? a->contacts_max : 0,
		.all_items = CONTACTS_OF_ALL,
		.keys = limit(s, ACC_LIMIT_PARTNERS),
		.idle_ms = IDLE_MS,
	};
}

static struct edge_quota_limits questions(const struct acc_shared *s)
{
	return (struct edge_quota_limits){
		.rate = limit(s, ACC_LIMIT_PARTNER_LOOKUPS),
		.keys = limit(s, ACC_LIMIT_PARTNERS),
		.idle_ms = ASKED_IDLE_MS,
		.fault_ms = FAULTS_MS,
	};
}

enum edge_err acc_inbound_quotas_new(struct acc_shared *s, const struct topo *t)
{
	const struct edge_quota_limits m = messages(s, t), q = questions(s);
	enum edge_err err = edge_quota_new(&s->quota, &m);

	return err ? err : edge_quota_new(&s->asked, &q);
}

void acc_inbound_quotas_set(struct acc_shared *s, const struct topo *t)
{
	const struct edge_quota_limits m = messages(s, t), q = questions(s);

	edge_quota_limits_set(s->quota, &m);
	edge_quota_limits_set(s->asked, &q);
}

void acc_inbound_quotas_free(struct acc_shared *s)
{
	edge_quota_free(s->quota);
	edge_quota_free(s->asked);
	s->quota = s->asked = NULL;
}

/* -- a request ---------------------------------------------------------- */

static const char *name_of(const struct acc_link *l)
{
	return l->facts.peer->names[0];
}

/* One line a second for a peer, wherever it comes from. */
static bool may_tell(struct acc_link *l, uint32_t event, uint32_t *more)
{
	static const struct edge_addr anywhere;

	return acc_shard_may_tell(l->shard, event, name_of(l), &anywhere, more);
}

static void tell_rate(struct acc_link *l, const char *what)
{
	uint32_t more;

	if (may_tell(l, ACC_EV_PARTNER_RATE, &more))
		edge_event(ACC_EV_PARTNER_RATE,
			   "lync=14603 peer=%s cid=%X of=%s suppressed=%u",
			   name_of(l), l->source.cid, what, more);
}

static void tell_contacts(struct acc_link *l)
{
	uint32_t more;

	if (may_tell(l, ACC_EV_PARTNER_CONTACTS, &more))
		edge_event(ACC_EV_PARTNER_CONTACTS,
			   "lync=14508 peer=%s cid=%X users=%u suppressed=%u",
			   name_of(l), l->source.cid,
			   l->shard->view.topo->access.contacts_max, more);
}

/* The user's name in one spelling: without password and parameters, which name
 * nobody, without escapes, in lower case. */
static void put_user(struct edge_put *w, struct edge_slice user)
{
	uint64_t c;

	for (; user.p < user.end && *user.p != ':' && *user.p != ';';
	     user.p++) {
		c = *user.p;
		if (c == '%' && edge_slice_len(user) > 2 &&
		    edge_slice_hex(edge_slice(user.p + 1, 2), &c))
			user.p += 2;
		edge_put_u8(w, (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
	}
}

/* "sip:a@b": a in one spelling, and b; "tel:+1 (2)": its digits. */
static void put_address(struct edge_put *w, const struct edge_sip_uri *u)
{
	struct edge_slice text = u->text;

	if (u->is_sip) {
		put_user(w, u->user);
		edge_put_str(w, "@");
		put_user(w, topo_name_trim(u->host));
		return;
	}
	text.p = u->scheme.end + (u->scheme.end < text.end);
	for (; text.p < text.end && *text.p != ';'; text.p++)
		if (!strchr("-.() ", *text.p))
			edge_put_u8(w, *text.p);
}

/* Whom it wants, by the Request-URI that will be sent, for To may say anything;
 * where that is no user of ours, by both. Empty: longer than any user. */
static struct edge_slice contact(char out[CONTACT_LEN],
				 const struct acc_link *l,
				 const struct edge_sip_msg *m,
				 const struct acc_decision *d)
{
	struct edge_put w = edge_put(out, CONTACT_LEN);
	const struct edge_sip_uri *u =
		d->replace_ruri ? &d->last_route : &m->ruri;

	put_address(&w, u);
	if (!u->is_sip || !acc_host_is_own(l->shard->view.topo, u->host)) {
		edge_put_str(&w, " ");
		put_address(&w, &m->to.uri);
	}
	return w.overflow ? edge_slice(out, 0) : edge_put_done(&w);
}

static enum acc_reason over(const struct acc_link *l, struct acc_decision *d,
			    enum acc_check check, enum acc_reason why)
{
	acc_verdict_step(&d->verdict, check, edge_slice_str(name_of(l)),
			 "used_up");
	d->verdict.reason = why;
	return why;
}

enum acc_reason acc_inbound_limit(struct acc_link *l,
				  const struct edge_sip_msg *m,
				  struct acc_decision *d)
{
	struct edge_quota *q = l->shard->shared->quota;
	uint64_t now = edge_loop_now_ms(l->shard->loop);
	char item[CONTACT_LEN];
	struct edge_slice whom;

	if (!d->verdict.is_limited)
		return ACC_REASON_OK;
	if (!edge_quota_take(q, name_of(l), now)) {
		tell_rate(l, "messages");
		return over(l, d, ACC_CHECK_RATE, ACC_REASON_PARTNER_RATE);
	}
	if (d->in_dialog)
		return ACC_REASON_OK;
	whom = contact(item, l, m, d);
	if (!edge_slice_len(whom) ||
	    !edge_quota_meet(q, name_of(l), whom, now)) {
		tell_contacts(l);
		return over(l, d, ACC_CHECK_CONTACTS,
			    ACC_REASON_PARTNER_CONTACTS);
	}
	return ACC_REASON_OK;
}

bool acc_inbound_may_ask(struct acc_link *l)
{
	if (edge_quota_take(l->shard->shared->asked, name_of(l),
			    edge_loop_now_ms(l->shard->loop)))
		return true;
	tell_rate(l, "lookups");
	return false;
}

/* -- faults ------------------------------------------------------------- */

/* AE 5: who passes for a partner and asks for what is not his is put on the
 * watch list; the certificate says who that was. */
static void suspect(struct acc_link *l, enum acc_reason reason, uint32_t faults)
{
	struct acc_shared *s = l->shard->shared;
	uint64_t now = edge_loop_now_ms(l->shard->loop);
	uint32_t watch = edge_quota_knows(s->quota, name_of(l))
				 ? limit(s, ACC_LIMIT_PARTNER_WATCH_MS)
				 : 0;
	char cert[2 * EDGE_SHA256_LEN + 1];

	if (watch && !edge_quota_watch(s->quota, name_of(l), now + watch, now))
		watch = 0;
	edge_hex(cert, edge_slice(l->facts.peer->sha256, EDGE_SHA256_LEN));
	edge_event(ACC_EV_PARTNER_DOMAINS,
		   "lync=14501 peer=%s cid=%X reason=%s count=%u "
		   "watched_ms=%u certificate=%s",
		   name_of(l), l->source.cid, acc_reason_name(reason), faults,
		   watch, cert);
}

void acc_inbound_refused(struct acc_link *l, enum acc_reason reason)
{
	uint64_t now = edge_loop_now_ms(l->shard->loop);
	struct acc_shared *s = l->shard->shared;
	uint32_t faults;

	if (!l->facts.peer || reason == ACC_REASON_PARTNER_CONTACTS ||
	    (acc_reason_errid(reason) != 1015 &&
	     acc_reason_errid(reason) != 1005))
		return;
	faults = edge_quota_fault(s->asked, name_of(l), now);
	if (faults == limit(s, ACC_LIMIT_PARTNER_FAULTS) + 1)
		suspect(l, reason, faults);
}
