/* Partners' streams to us: who is let in, and how he ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/limits.h"
#include "access-edge/xmpp_in_link.h"
#include "access-edge/xmpp_tell.h"

static struct acc_xmpp_in_link *of(struct acc_xmpp_link *l)
{
	return (struct acc_xmpp_in_link *)l;
}

/* -- room --------------------------------------------------------------- */

struct tally {
	const struct acc_xmpp_core *core;
	const struct topo_xmpp_partner *partner;
	unsigned count;
};

static void count_one(void *thing, void *arg)
{
	const struct acc_xmpp_link *l = thing;
	struct tally *t = arg;

	if (l->kind != ACC_XMPP_LINK_GATEWAY && *l->domain &&
	    topo_find_xmpp(t->core->topo, edge_slice_str(l->domain)) ==
		    t->partner)
		t->count++;
}

enum acc_xmpp_reason acc_xmpp_in_room(struct acc_xmpp_core *c,
				      const struct acc_xmpp_who *w,
				      bool is_there)
{
	struct tally t = {.core = c, .partner = w->partner};

	if (c->streams - is_there >= c->topo->xmpp_gateway.connections)
		return ACC_XMPP_R_CONNECTIONS;
	edge_handles_each(c->links, count_one, &t);
	return t.count < acc_xmpp_partner_limit(c->topo, w->partner)
		       ? ACC_XMPP_R_OK
		       : ACC_XMPP_R_PARTNER_LIMIT;
}

/* -- domains on the stream ---------------------------------------------- */

struct acc_xmpp_pair *acc_xmpp_pair_find(struct acc_xmpp_in_link *n,
					 const char *domain, const char *own)
{
	for (size_t i = 0; i < n->pair_count; i++)
		if (strcmp(n->pairs[i].domain, domain) == 0 &&
		    strcmp(n->pairs[i].own, own) == 0)
			return &n->pairs[i];
	return NULL;
}

struct acc_xmpp_pair *acc_xmpp_pair_add(struct acc_xmpp_in_link *n,
					const char *domain, const char *own)
{
	struct acc_xmpp_pair *p = acc_xmpp_pair_find(n, domain, own);

	if (p)
		return p;
	if (n->pair_count == ACC_XMPP_PAIRS)
		return NULL;
	p = &n->pairs[n->pair_count++];
	*p = (struct acc_xmpp_pair){0};
	snprintf(p->domain, sizeof(p->domain), "%s", domain);
	snprintf(p->own, sizeof(p->own), "%s", own);
	return p;
}

void acc_xmpp_in_ready(struct acc_xmpp_in_link *n, bool is_external)
{
	struct acc_xmpp_link *l = &n->link;
	const struct topo_xmpp_gateway *g = &l->core->topo->xmpp_gateway;
	const bool keeps = n->who.partner && n->who.partner->keep_alive;

	if (!n->was_secured)
		edge_admit_secured(l->core->admit, &n->source);
	n->was_secured = true;
	acc_xmpp_link_ready(l, (uint64_t)g->idle_s * 1000,
			    keeps ? (uint64_t)g->keep_alive_s * 500 : 0);
	acc_xmpp_count(l->core, is_external ? ACC_STAT_XMPP_IN_EXTERNAL
					    : ACC_STAT_XMPP_IN_DIALBACK);
	acc_xmpp_tell_ready(l, is_external ? "external" : "dialback");
}

static void on_over(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	(void)r;
	edge_admit_leave(l->core->admit, &of(l)->source, of(l)->was_secured);
}

static const struct acc_xmpp_role role = {
	.name = "in",
	.opened = acc_xmpp_in_opened,
	.item = acc_xmpp_in_item,
	.over = on_over,
};

/* -- its beginning ------------------------------------------------------ */

static void on_late(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_xmpp_link *l = acc_xmpp_link_of_deadline(t);

	(void)now_ms;
	/* who only asks about our keys has had what he came for */
	acc_xmpp_link_end(l, of(l)->has_answered ? ACC_XMPP_R_IDLE
						 : ACC_XMPP_R_ESTABLISH_TIME);
}

static const char *verdict_str(enum edge_admit_verdict v)
{
	static const char *const texts[] = {
		[EDGE_ADMIT_OK] = "memory",
		[EDGE_ADMIT_TOTAL] = "total",
		[EDGE_ADMIT_SOURCE] = "source",
		[EDGE_ADMIT_HANDSHAKES] = "handshakes",
		[EDGE_ADMIT_PENALTY] = "penalty",
		[EDGE_ADMIT_UNKNOWN] = "unknown",
		[EDGE_ADMIT_BUSY] = "busy",
		[EDGE_ADMIT_RATE] = "rate",
	};

	return texts[v];
}

static bool begin(struct acc_xmpp_core *c, int fd, const struct edge_addr *from)
{
	struct acc_xmpp_in_link *n = calloc(1, sizeof(*n));

	if (!n || acc_xmpp_link_init(&n->link, c, &role, ACC_XMPP_LINK_IN) !=
			  EDGE_OK) {
		free(n);
		close(fd);
		return false;
	}
	n->source = *from;
	n->in.mode = acc_xmpp_mode_unknown();
	if (acc_xmpp_link_accept(&n->link, fd, NULL) != EDGE_OK) {
		acc_xmpp_link_undo(&n->link);
		return false;
	}
	acc_xmpp_link_expect(&n->link,
			     (uint64_t)c->topo->xmpp_gateway.establish_s * 1000,
			     on_late);
	return true;
}

bool acc_xmpp_in_accept(struct acc_xmpp_core *c, int fd,
			const struct edge_addr *from)
{
	enum edge_admit_verdict v =
		c->is_draining
			? EDGE_ADMIT_TOTAL
			: edge_admit_enter(c->admit, from, acc_xmpp_now(c));

	if (v != EDGE_ADMIT_OK) {
		acc_xmpp_tell_refused(c, from, verdict_str(v));
		close(fd);
		return false;
	}
	if (!begin(c, fd, from)) {
		edge_admit_leave(c->admit, from, false);
		acc_xmpp_tell_refused(c, from, verdict_str(v));
		return false;
	}
	acc_xmpp_count(c, ACC_STAT_XMPP_ACCEPTED);
	return true;
}

void acc_xmpp_in_topology(struct acc_xmpp_link *l)
{
	struct acc_xmpp_in_link *n = of(l);
	struct acc_xmpp_who w;
	char own[ACC_XMPP_DOMAIN_LEN];
	enum acc_xmpp_reason r = ACC_XMPP_R_OK;

	if (*l->domain)
		r = acc_xmpp_partner_find(&w, l->core->topo,
					  edge_slice_str(l->domain));
	if (!r && *l->own &&
	    !acc_xmpp_is_own(own, l->core->topo, edge_slice_str(l->own)))
		r = ACC_XMPP_R_HOST_UNKNOWN;
	if (r) {
		acc_xmpp_link_end(l, r);
		return;
	}
	if (*l->domain)
		n->who = w;
}
