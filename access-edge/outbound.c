/* Connections to partners: found by DNS, opened on need, checked, kept. */
#include "access-edge/outbound.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "access-edge/events.h"
#include "access-edge/inbound.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/outbound_find.h"
#include "access-edge/proxy.h"
#include "access-edge/refuse.h"
#include "access-edge/reply.h"
#include "access-edge/revoked.h"
#include "common/crypto.h"

enum {
	BUCKETS = 256,	      /* ours: of the table of partners */
	CONNS = 4,	      /* AE 2.11: to one partner */
	DISTRUST_MS = 600000, /* AE 4.4: events of 14428 [ms] */
	DETAIL = 96,
};

LIST_HEAD(bucket, acc_outbound);
TAILQ_HEAD(ages, acc_outbound);

struct acc_outbound {
	struct acc_outbounds *set;
	LIST_ENTRY(acc_outbound) entry;
	TAILQ_ENTRY(acc_outbound) age; /* used last at the end */
	struct acc_destination to;
	struct acc_finding finding;   /* its targets and addresses */
	char peer[EDGE_DNS_NAME_LEN]; /* connected last; "": never */
	struct acc_link *links[CONNS];
	struct acc_txn_queue waiting;
	enum acc_reason failure; /* OK: none of late */
	char detail[DETAIL];	 /* the system's or OpenSSL's words */
	uint64_t retry_at_ms, distrust_told_ms;
	unsigned distrusted;
	bool is_connecting; /* being found or dialled */
	bool is_gone;	    /* out of the table; freed when nothing is owed */
};

struct acc_outbounds {
	struct acc_shard *shard;
	struct bucket table[BUCKETS];
	struct ages ages;
	size_t count;
};

static uint64_t now_of(const struct acc_outbounds *o)
{
	return edge_loop_now_ms(o->shard->loop);
}

/* -- the table ---------------------------------------------------------- */

static struct bucket *bucket_of(struct acc_outbounds *o, const char *name)
{
	static const uint8_t key[16] = {'p', 'a', 'r', 't', 'n', 'e', 'r'};

	return &o->table[edge_siphash(key, edge_slice_str(name)) % BUCKETS];
}

static struct acc_outbound *find(struct acc_outbounds *o,
				 const struct acc_destination *to)
{
	struct acc_outbound *up;

	LIST_FOREACH(up, bucket_of(o, to->name), entry)
	if (up->to.by_srv == to->by_srv && strcmp(up->to.name, to->name) == 0)
		return up;
	return NULL;
}

static bool has_links(const struct acc_outbound *up)
{
	for (int i = 0; i < CONNS; i++)
		if (up->links[i])
			return true;
	return false;
}

static bool is_idle(const struct acc_outbound *up)
{
	return !has_links(up) && !up->is_connecting && !up->waiting.count;
}

static void free_when_idle(struct acc_outbound *up)
{
	if (up->is_gone && is_idle(up))
		edge_loop_defer_free(up->set->shard->loop, up, free);
}

/* Nobody picks it any more. */
static void forget(struct acc_outbound *up)
{
	LIST_REMOVE(up, entry);
	TAILQ_REMOVE(&up->set->ages, up, age);
	up->set->count--;
	up->is_gone = true;
	free_when_idle(up);
}

/* The one that has been idle longest makes room. */
static bool make_room(struct acc_outbounds *o)
{
	struct acc_outbound *up;
	size_t cap = acc_shard_limit(o->shard, ACC_LIMIT_PARTNERS) /
		     o->shard->shared->shard_count;

	if (o->count < (cap ? cap : 1))
		return true;
	TAILQ_FOREACH(up, &o->ages, age)
	if (is_idle(up)) {
		forget(up);
		return true;
	}
	return false;
}

static struct acc_outbound *make(struct acc_outbounds *o,
				 const struct acc_destination *to)
{
	struct acc_outbound *up = make_room(o) ? calloc(1, sizeof(*up)) : NULL;

	if (!up)
		return NULL;
	up->set = o;
	up->to = *to;
	acc_txn_queue_init(&up->waiting);
	LIST_INSERT_HEAD(bucket_of(o, to->name), up, entry);
	TAILQ_INSERT_TAIL(&o->ages, up, age);
	o->count++;
	return up;
}

/* -- failure ------------------------------------------------------------ */

static void give_up_waiting(struct acc_outbound *up)
{
	struct acc_txn_queue lost;
	char detail[ACC_OUTBOUND_DETAIL];
	struct acc_txn *x;

	acc_outbound_detail(up, detail);
	acc_txn_queue_init(&lost);
	acc_txn_queue_move(&lost, &up->waiting);
	while ((x = acc_txn_queue_first(&lost))) {
		acc_txn_unqueue(x);
		acc_reply_fail_for(x, up->failure, detail);
	}
}

static void out_of_reach(struct acc_outbound *up, enum acc_reason why,
			 const char *words)
{
	struct acc_shard *s = up->set->shard;
	const struct edge_addr nowhere = {0};
	char escaped[DETAIL];
	uint32_t more;

	up->is_connecting = false;
	up->failure = why;
	up->retry_at_ms = now_of(up->set) +
			  acc_shard_limit(s, ACC_LIMIT_PARTNER_RETRY_MS);
	edge_log_escape(up->detail, sizeof(up->detail), edge_slice_str(words));
	acc_shard_count(s, ACC_STAT_PARTNER_FAILED);
	edge_log_escape(escaped, sizeof(escaped), edge_slice_str(words));
	if (acc_shard_may_tell(s, ACC_EV_PARTNER_FAILED, up->to.name, &nowhere,
			       &more))
		edge_event(ACC_EV_PARTNER_FAILED,
			   "partner=%s peer=%s errid=%u reason=%s "
			   "suppressed=%u detail=%s",
			   up->to.name, acc_finding_peer(&up->finding),
			   acc_reason_errid(why), acc_reason_name(why), more,
			   escaped);
	give_up_waiting(up);
	free_when_idle(up);
}

/* -- leaving ------------------------------------------------------------ */

static void on_settled(struct edge_task *t)
{
	struct acc_link *l =
		(struct acc_link *)(void *)((char *)t -
					    offsetof(struct acc_link, doom));

	if (l->state == ACC_LINK_OPEN && LIST_EMPTY(&l->asking))
		acc_link_finish(l);
}

static void leave_when_settled(struct acc_link *l)
{
	if (l->state != ACC_LINK_OPEN || !LIST_EMPTY(&l->asking))
		return; /* what is asked calls again */
	l->doom.fn = on_settled;
	edge_loop_defer(l->shard->loop, &l->doom);
}

void acc_outbound_answered(struct acc_link *l)
{
	if (l->outbound && l->outbound->is_gone && !l->shard->is_ending)
		leave_when_settled(l);
}

/* -- finding and dialling ----------------------------------------------- */

static const struct acc_dialler dialler;

static int free_slot(const struct acc_outbound *up)
{
	for (int i = 0; i < CONNS; i++)
		if (!up->links[i])
			return i;
	return -1;
}

/* The next address of the next target; none left: why says what the last one
 * failed by. */
static void dial_next(struct acc_outbound *up, enum acc_reason why,
		      const char *words)
{
	struct edge_addr to;
	int slot = free_slot(up);

	while (acc_finding_next(&up->finding, &to)) {
		const struct acc_dial d = {
			.kind = ACC_LINK_OUTBOUND,
			.dialler = &dialler,
			.outbound = up,
			.to = &to,
			.name = acc_finding_peer(&up->finding),
		};
		enum edge_err err = slot < 0
					    ? EDGE_ELIMIT
					    : acc_link_dial(&up->links[slot],
							    up->set->shard, &d);

		acc_shard_count(up->set->shard, ACC_STAT_PARTNER_DIALS);
		if (!err)
			return; /* secured or lost comes */
		why = ACC_REASON_PARTNER_CONNECT;
		words = edge_err_str(err);
	}
	if (acc_finding_more(&up->finding))
		return; /* on_found comes again */
	out_of_reach(up, why, words);
}

static void on_found(void *arg, enum acc_reason why)
{
	dial_next(arg, why, "");
}

static void begin(struct acc_outbound *up)
{
	up->is_connecting = true;
	up->finding = (struct acc_finding){
		.shard = up->set->shard,
		.to = &up->to,
		.found = on_found,
		.arg = up,
	};
	acc_finding_begin(&up->finding); /* may have failed on return */
}

/* -- choosing ----------------------------------------------------------- */

static unsigned conns_wanted(const struct acc_outbounds *o)
{
	unsigned n = o->shard->view.topo->access.tls_count /
		     o->shard->shared->shard_count;

	return n < 1 ? 1 : n > CONNS ? CONNS : n;
}

/* AE 2.11: the one with the least queued; one more when all are busy. */
static struct acc_link *least_loaded(struct acc_outbound *up)
{
	struct acc_link *best = NULL;
	unsigned count = 0;

	for (int i = 0; i < CONNS; i++) {
		struct acc_link *l = up->links[i];

		count += l != NULL;
		if (!l || l->state != ACC_LINK_OPEN)
			continue;
		if (!best ||
		    edge_conn_queued(l->conn) < edge_conn_queued(best->conn))
			best = l;
	}
	if (best && edge_conn_above_high_water(best->conn) &&
	    count < conns_wanted(up->set) && !up->is_connecting)
		begin(up);
	return best;
}

static enum acc_pick fast_failure(struct acc_outbound *up, enum acc_reason *why)
{
	*why = up->failure;
	return ACC_PICK_NONE;
}

enum acc_pick acc_outbound_pick(struct acc_outbounds *o,
				const struct acc_destination *to,
				struct acc_outbound **out,
				struct acc_link **link, enum acc_reason *why)
{
	struct acc_outbound *up = find(o, to);

	*why = ACC_REASON_PARTNERS_FULL;
	if (!up)
		up = make(o, to);
	*out = up;
	if (!up)
		return ACC_PICK_NONE;
	TAILQ_REMOVE(&o->ages, up, age);
	TAILQ_INSERT_TAIL(&o->ages, up, age);
	if (!to->by_srv || !has_links(up)) /* else they are the target's */
		up->to = *to;
	*link = least_loaded(up);
	if (*link)
		return ACC_PICK_READY;
	*why = ACC_REASON_PARTNERS_FULL;
	if (up->waiting.count >=
	    acc_shard_limit(o->shard, ACC_LIMIT_LINK_TRANSACTIONS))
		return ACC_PICK_NONE;
	if (up->is_connecting)
		return ACC_PICK_WAIT;
	if (up->failure && now_of(o) < up->retry_at_ms)
		return fast_failure(up, why);
	begin(up);
	return up->is_connecting ? ACC_PICK_WAIT : fast_failure(up, why);
}

void acc_outbound_wait(struct acc_outbound *up, struct acc_txn *x)
{
	acc_txn_queue(x, &up->waiting);
}

const char *acc_outbound_name(const struct acc_outbound *up)
{
	return *up->peer ? up->peer : up->to.name;
}

void acc_outbound_detail(const struct acc_outbound *up,
			 char out[ACC_OUTBOUND_DETAIL])
{
	struct edge_put w = edge_put(out, ACC_OUTBOUND_DETAIL - 1);

	if (up) {
		edge_put_str(&w, ";fqdn=\"");
		edge_put_str(&w, *acc_finding_peer(&up->finding)
					 ? acc_finding_peer(&up->finding)
					 : up->to.name);
		edge_put_str(&w, "\";peer-type=\"FederatedPartner\"");
	}
	if (up && *up->detail && !strchr(up->detail, '"')) {
		edge_put_str(&w, ";winsock-info=\"");
		edge_put_str(&w, up->detail);
		edge_put_str(&w, "\"");
	}
	out[w.overflow ? 0 : edge_put_len(&w)] = '\0';
}

/* -- what links tell ---------------------------------------------------- */

static void distrust(struct acc_link *l, const char *why)
{
	struct acc_outbound *up = l->outbound;
	const struct edge_peer *p = edge_conn_peer(l->conn);
	uint64_t now = now_of(up->set);

	l->is_distrusted = true;
	up->distrusted++;
	if (up->distrust_told_ms && now - up->distrust_told_ms < DISTRUST_MS)
		return;
	edge_event(ACC_EV_PARTNER_TLS,
		   "lync=14428 errid=1010 partner=%s peer=%s san=%s reason=%s "
		   "count=%u",
		   up->to.name, acc_finding_peer(&up->finding),
		   p->name_count ? p->names[0] : "-", why, up->distrusted);
	up->distrust_told_ms = now;
	up->distrusted = 0;
}

/* AE 1.3: the name that was dialled, exactly; AE 1.5: not revoked. */
static bool is_right(struct acc_link *l)
{
	struct acc_outbound *up = l->outbound;
	const struct edge_peer *p = edge_conn_peer(l->conn);
	enum edge_peer_fault fault = p->fault;
	const char *why = NULL;

	if (fault == EDGE_PEER_FINE &&
	    !edge_peer_has_name(p, acc_finding_peer(&up->finding)))
		fault = EDGE_PEER_NAME;
	if (fault != EDGE_PEER_FINE)
		why = edge_peer_fault_str(fault);
	else
		fault = acc_revoked_fault(l->shard, p, &why);
	acc_revoked_note(l->shard, p, fault);
	if (fault != EDGE_PEER_FINE)
		distrust(l, why);
	return fault == EDGE_PEER_FINE;
}

static void secured(struct acc_link *l)
{
	struct acc_outbound *up = l->outbound;
	struct acc_txn_queue ready;
	struct acc_txn *x;
	char to[EDGE_ADDR_STRLEN];

	up->is_connecting = false;
	up->failure = ACC_REASON_OK;
	memcpy(up->peer, acc_finding_peer(&up->finding), sizeof(up->peer));
	if (up->to.by_srv) /* role and level are of the target at hand */
		(void)acc_destination_target(&l->shard->view, &up->to,
					     up->peer);
	l->source.role = up->to.role;
	if (up->is_gone)
		leave_when_settled(l);
	l->facts.peer = edge_conn_peer(l->conn);
	l->source.facts = &l->facts;
	edge_addr_print(&l->source.remote, to);
	edge_event(ACC_EV_PARTNER_OUT, "partner=%s peer=%s address=%s role=%s",
		   up->to.name, acc_finding_peer(&up->finding), to,
		   acc_role_name(l->source.role));
	acc_txn_queue_init(&ready);
	acc_txn_queue_move(&ready, &up->waiting);
	while ((x = acc_txn_queue_first(&ready))) {
		acc_txn_unqueue(x);
		acc_proxy_resume(x);
	}
}

static void heard(struct acc_link *l)
{
	(void)l;
}

static void release(struct acc_link *l, void *arg)
{
	(void)arg;
	acc_link_release_for_hop(l);
}

static void drained(struct acc_link *l)
{
	acc_linktab_each(l->shard->links, release, NULL);
}

static enum acc_reason failure_of(const struct acc_link *l)
{
	if (l->is_distrusted)
		return ACC_REASON_PARTNER_TLS;
	return l->never_connected ? ACC_REASON_PARTNER_CONNECT
				  : ACC_REASON_PARTNER_HANDSHAKE;
}

/* One that was never of use: the next address, the next target. One that was:
 * what it owed is told by the link, and the next request dials anew. */
static void lost(struct acc_link *l, const char *why)
{
	struct acc_outbound *up = l->outbound;

	for (int i = 0; i < CONNS; i++)
		if (up->links[i] == l)
			up->links[i] = NULL;
	if (!l->shard->is_ending) {
		drained(l);
		if (!l->opened)
			dial_next(up, failure_of(l), why);
	}
	free_when_idle(up);
}

static const struct acc_dialler dialler = {
	.is_right = is_right,
	.distrust = distrust,
	.secured = secured,
	.heard = heard,
	.lost = lost,
	.drained = drained,
};

/* -- the set ------------------------------------------------------------ */

enum edge_err acc_outbounds_new(struct acc_outbounds **out, struct acc_shard *s)
{
	struct acc_outbounds *o = calloc(1, sizeof(*o));

	if (!o)
		return EDGE_ENOMEM;
	o->shard = s;
	TAILQ_INIT(&o->ages);
	for (int i = 0; i < BUCKETS; i++)
		LIST_INIT(&o->table[i]);
	*out = o;
	return EDGE_OK;
}

void acc_outbounds_free(struct acc_outbounds *o)
{
	struct acc_outbound *up;

	if (!o)
		return;
	while ((up = TAILQ_FIRST(&o->ages))) {
		TAILQ_REMOVE(&o->ages, up, age);
		free(up);
	}
	free(o);
}

/* The topology has made a stranger of it: what it was asked it may answer. */
static void leave(struct acc_outbound *up)
{
	forget(up);
	for (int i = 0; i < CONNS; i++) {
		struct acc_link *l = up->links[i];

		if (!l || l->state != ACC_LINK_OPEN)
			continue;
		acc_inbound_distrust(l, "no_longer_known");
		leave_when_settled(l);
	}
}

static void follow(struct acc_outbound *up)
{
	const struct acc_view *v = &up->set->shard->view;

	if (acc_destination_again(v, &up->to, up->peer)) {
		leave(up);
		return;
	}
	for (int i = 0; i < CONNS; i++)
		if (up->links[i])
			up->links[i]->source.role = up->to.role;
}

void acc_outbounds_topology(struct acc_outbounds *o)
{
	struct acc_outbound *up, *next;

	for (up = TAILQ_FIRST(&o->ages); up; up = next) {
		next = TAILQ_NEXT(up, age);
		up->failure = ACC_REASON_OK; /* what was wrong may be mended */
		if (is_idle(up))
			forget(up);
		else
			follow(up);
	}
}

size_t acc_outbounds_count(const struct acc_outbounds *o)
{
	return o->count;
}
