/* Transactions: who asked, whom we asked, what is still owed. */
#include "access-edge/txn.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1 /* uthash: leaves hh.tbl NULL instead of exit() */
#include <uthash.h>

#include "access-edge/guard.h"
#include "access-edge/limits.h"
#include "access-edge/linktab.h"
#include "access-edge/outbound.h"
#include "access-edge/upstream.h"
#include "common/crypto.h"

enum { KEY_TEXT = 4096, BRANCH_LEN = 7 + 8 + 1 + 16 };

/* A transaction as the table holds it; txn is first, so one is the other. */
struct node {
	struct acc_txn txn;
	UT_hash_handle hh;
};

struct acc_txntab {
	struct acc_shard *shard;
	struct edge_handles *handles;
	struct node *by_key;	    /* uthash */
	struct acc_txn_list remote; /* written to links of other shards */
	uint8_t hash_key[16];
};

enum edge_err acc_txntab_new(struct acc_txntab **out, struct acc_shard *s,
			     size_t cap)
{
	struct acc_txntab *t = calloc(1, sizeof(*t));
	enum edge_err err;

	if (!t)
		return EDGE_ENOMEM;
	if (cap > EDGE_HANDLE_SLOTS)
		cap = EDGE_HANDLE_SLOTS;
	err = edge_handles_new(&t->handles, s->index, cap, EDGE_HANDLE_SLOTS);
	if (err) {
		free(t);
		return err;
	}
	t->shard = s;
	LIST_INIT(&t->remote);
	edge_random(t->hash_key, sizeof(t->hash_key));
	*out = t;
	return EDGE_OK;
}

static void free_thing(void *thing, void *arg)
{
	(void)arg;
	acc_txn_free(thing);
}

void acc_txntab_free(struct acc_txntab *t)
{
	if (!t)
		return;
	edge_handles_each(t->handles, free_thing, NULL);
	edge_handles_free(t->handles);
	free(t);
}

size_t acc_txntab_count(const struct acc_txntab *t)
{
	return edge_handles_count(t->handles);
}

static bool has_cookie(struct edge_slice branch)
{
	return edge_slice_len(branch) > 7 &&
	       edge_slice_ieq(edge_slice(branch.p, 7),
			      edge_slice_str("z9hG4bK"));
}

/* INVITE, its ACK and its CANCEL share a class; others stand for themselves. */
static void put_method_class(struct edge_put *w, const struct edge_sip_msg *m)
{
	if (m->method == EDGE_SIP_ACK || m->method == EDGE_SIP_CANCEL)
		edge_put_str(w, "INVITE");
	else
		edge_put_slice(w, m->method_text);
	edge_put_u8(w, 0);
}

/* RFC 3261 17.2.3, last part: for clients without (or with a bare) branch. */
static void put_rfc2543_key(struct edge_put *w, const struct edge_sip_msg *m)
{
	edge_put_slice(w, m->ruri.text);
	edge_put_u8(w, 0);
	edge_put_slice(w, m->from.tag);
	edge_put_u8(w, 0);
	edge_put_slice(w, m->call_id);
	edge_put_u8(w, 0);
	edge_put_u32(w, m->cseq);
	edge_put_slice(w, m->via.text);
}

uint64_t acc_txn_key(const struct acc_txntab *t, const struct edge_sip_msg *m,
		     edge_handle cid)
{
	uint8_t text[KEY_TEXT];
	struct edge_put w = edge_put(text, sizeof(text));

	edge_put_u32(&w, cid);
	put_method_class(&w, m);
	if (has_cookie(m->via.branch)) {
		edge_put_u8(&w, 1);
		edge_put_slice(&w, m->via.branch);
		edge_put_u8(&w, 0);
		edge_put_slice(&w, m->via.host);
		edge_put_u16(&w, m->via.port);
	} else {
		edge_put_u8(&w, 0);
		put_rfc2543_key(&w, m);
	}
	if (w.overflow) /* over-long: whole start line and head decide */
		return edge_siphash(t->hash_key, m->raw) ^ cid;
	return edge_siphash(t->hash_key, edge_put_done(&w));
}

/* NOLINTBEGIN: uthash's macros nest deep and confuse the analyzer */
static struct node *key_find(const struct acc_txntab *t, uint64_t key)
{
	struct node *n;

	HASH_FIND(hh, t->by_key, &key, sizeof(key), n);
	return n;
}

static bool key_add(struct acc_txntab *t, struct node *n)
{
	HASH_ADD(hh, t->by_key, txn.key, sizeof(n->txn.key), n);
	return n->hh.tbl != NULL;
}

static void key_drop(struct acc_txntab *t, struct node *n)
{
	HASH_DELETE(hh, t->by_key, n);
}
/* NOLINTEND */

struct acc_txn *acc_txn_find_key(const struct acc_txntab *t, uint64_t key)
{
	struct node *n = key_find(t, key);

	return n ? &n->txn : NULL;
}

uint64_t acc_txn_via_sum(const struct acc_txntab *t,
			 const struct edge_sip_msg *m, size_t skip)
{
	return acc_guard_via_sum(t->hash_key, m, skip);
}

struct acc_txn *acc_txn_find(const struct acc_txntab *t, edge_handle id)
{
	return edge_handles_find(t->handles, id);
}

static enum edge_err keep_request(struct acc_txn *x,
				  const struct edge_sip_msg *m, size_t head_len)
{
	x->request_len = edge_slice_len(m->raw);
	x->request_head_len = head_len;
	x->request = malloc(x->request_len);
	if (!x->request)
		return EDGE_ENOMEM;
	memcpy(x->request, m->raw.p, x->request_len);
	return EDGE_OK;
}

static bool own_by_asker(struct acc_txntab *t, struct acc_txn *x,
			 struct acc_link *from, uint64_t key)
{
	if (!from) {
		x->is_probe = true;
		return true;
	}
	x->from = from->source;
	x->from.facts = NULL; /* those are the link's */
	x->key = key;
	if (!key_add(t, (struct node *)x))
		return false;
	LIST_INSERT_HEAD(&from->asked, x, asked);
	x->in_asked = true;
	from->txn_count++;
	if (x->method == EDGE_SIP_REGISTER)
		from->registers_in_flight++;
	return true;
}

static bool link_is_full(const struct acc_txntab *t, const struct acc_link *l)
{
	return l && acc_link_is_outside(l) &&
	       l->txn_count >=
		       acc_shard_limit(t->shard, ACC_LIMIT_LINK_TRANSACTIONS);
}

enum edge_err acc_txn_new(struct acc_txn **out, struct acc_txntab *t,
			  const struct acc_txn_plan *p)
{
	struct acc_shard *s = t->shard;
	struct acc_txn *x;
	struct node *n;
	enum edge_err err;

	if (link_is_full(t, p->from))
		return EDGE_ELIMIT;
	n = calloc(1, sizeof(*n));
	if (!n)
		return EDGE_ENOMEM;
	x = &n->txn;
	x->shard = s;
	x->method = p->msg->method;
	x->begun_ms = edge_loop_now_ms(s->loop);
	err = keep_request(x, p->msg, p->head_len);
	if (p->from && p->from->source.role == ACC_ROLE_INT)
		x->via_sum = acc_txn_via_sum(t, p->msg, 0);
	if (!err)
		err = edge_handles_put(t->handles, x, &x->id);
	if (!err && !own_by_asker(t, x, p->from, p->key)) {
		edge_handles_drop(t->handles, x->id);
		err = EDGE_ENOMEM;
	}
	if (err) {
		free(x->request);
		free(n);
		return err;
	}
	atomic_fetch_add_explicit(&s->gauges.transactions, 1,
				  memory_order_relaxed);
	*out = x;
	return EDGE_OK;
}

static void keep_sent(struct acc_txn *x, struct edge_slice sent,
		      size_t head_len)
{
	free(x->sent);
	x->sent = malloc(head_len);
	x->sent_len = x->sent ? head_len : 0;
	if (x->sent)
		memcpy(x->sent, sent.p, head_len);
}

/* The body has gone out; the head is wanted for what may follow. */
static void forget_body(struct acc_txn *x)
{
	char *head;

	if (x->request_len == x->request_head_len)
		return;
	x->request_len = x->request_head_len;
	head = realloc(x->request, x->request_len);
	if (head)
		x->request = head;
}

void acc_txn_written(struct acc_txn *x, edge_handle to, struct acc_link *link,
		     struct edge_slice sent, size_t sent_head_len)
{
	x->state = ACC_TXN_TRYING;
	x->to = to;
	x->to_is_remote = !link;
	LIST_INSERT_HEAD(link ? &link->asking : &x->shard->txns->remote, x,
			 asking);
	x->in_asking = true;
	forget_body(x);
	if (x->method == EDGE_SIP_INVITE)
		keep_sent(x, sent, sent_head_len);
}

void acc_txn_orphan(struct acc_txn *x)
{
	struct node *n = (struct node *)x;
	struct acc_link *l;

	if (!x->in_asked)
		return;
	l = acc_linktab_find(x->shard->links, x->from.cid);
	LIST_REMOVE(x, asked);
	key_drop(x->shard->txns, n);
	x->in_asked = false;
	if (!l)
		return;
	l->txn_count--;
	if (x->method == EDGE_SIP_REGISTER)
		l->registers_in_flight--;
}

void acc_txn_unask(struct acc_txn *x)
{
	struct acc_link *l;

	if (!x->in_asking)
		return;
	LIST_REMOVE(x, asking);
	x->in_asking = false;
	acc_upstream_end(x);
	l = x->to_is_remote ? NULL : acc_linktab_find(x->shard->links, x->to);
	if (!l)
		return;
	acc_upstream_answered(l);
	acc_outbound_answered(l);
}

void acc_txn_free(struct acc_txn *x)
{
	struct acc_txntab *t = x->shard->txns;

	edge_wheel_stop(&x->timer);
	acc_txn_unqueue(x);
	acc_txn_orphan(x);
	acc_txn_unask(x);
	edge_handles_drop(t->handles, x->id);
	atomic_fetch_sub_explicit(&x->shard->gauges.transactions, 1,
				  memory_order_relaxed);
	free(x->request);
	free(x->sent);
	free(x);
}

void acc_txn_queue_init(struct acc_txn_queue *q)
{
	TAILQ_INIT(&q->list);
	q->count = 0;
}

void acc_txn_queue(struct acc_txn *x, struct acc_txn_queue *q)
{
	acc_txn_unqueue(x);
	TAILQ_INSERT_TAIL(&q->list, x, waiting);
	q->count++;
	x->queue = q;
}

void acc_txn_queue_move(struct acc_txn_queue *to, struct acc_txn_queue *from)
{
	struct acc_txn *x;

	while ((x = acc_txn_queue_first(from)))
		acc_txn_queue(x, to);
}

struct acc_txn *acc_txn_queue_first(const struct acc_txn_queue *q)
{
	return TAILQ_FIRST(&q->list);
}

void acc_txn_unqueue(struct acc_txn *x)
{
	if (!x->queue)
		return;
	TAILQ_REMOVE(&x->queue->list, x, waiting);
	x->queue->count--;
	x->queue = NULL;
}

void acc_txn_timer(struct acc_txn *x, uint64_t in_ms,
		   void (*fn)(struct edge_timer *t, uint64_t now_ms))
{
	struct edge_loop *l = x->shard->loop;

	edge_wheel_start(edge_loop_wheel(l), &x->timer,
			 edge_loop_now_ms(l) + in_ms, fn);
}

struct acc_txn *acc_txn_of_timer(struct edge_timer *t)
{
	return (struct acc_txn *)(void *)((char *)t -
					  offsetof(struct acc_txn, timer));
}

void acc_txn_each_remote(struct acc_txntab *t, edge_handle cid,
			 void (*fn)(struct acc_txn *x))
{
	struct acc_txn *x = LIST_FIRST(&t->remote), *next;

	for (; x; x = next) {
		next = LIST_NEXT(x, asking);
		if (x->to == cid)
			fn(x);
	}
}

bool acc_txn_branch_parse(struct edge_slice branch, edge_handle *id,
			  uint64_t *loop_hash)
{
	uint64_t handle;

	if (edge_slice_len(branch) != BRANCH_LEN || !has_cookie(branch) ||
	    branch.p[15] != '.' ||
	    !edge_slice_hex(edge_slice(branch.p + 7, 8), &handle) ||
	    !edge_slice_hex(edge_slice(branch.p + 16, 16), loop_hash))
		return false;
	*id = (edge_handle)handle;
	return true;
}
