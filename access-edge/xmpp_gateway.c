/* The links of the XMPP gateways inside. */
#include "access-edge/xmpp_gateway.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/limits.h"
#include "access-edge/xmpp_filter.h"
#include "access-edge/xmpp_proxy.h"
#include "access-edge/xmpp_say.h"
#include "access-edge/xmpp_tell.h"
#include "common/log.h"

enum { /* ours: connections that have not said their name yet */
       NAMELESS_PER_SOURCE = 4,
       NAMELESS = 256
};

struct acc_xmpp_gateway {
	struct acc_xmpp_link link; /* first */
	struct acc_xmpp_gateway *next;
	struct edge_addr source;
	struct edge_timer patience;
};

static struct acc_xmpp_gateway *of(struct acc_xmpp_link *l)
{
	return (struct acc_xmpp_gateway *)l;
}

size_t acc_xmpp_gateway_count(const struct acc_xmpp_core *c)
{
	size_t n = 0;

	for (const struct acc_xmpp_gateway *g = c->gateways; g; g = g->next)
		n++;
	return n;
}

/* Those whose certificate has said a name; that is when a place is taken. */
static size_t named(const struct acc_xmpp_core *c)
{
	size_t n = 0;

	for (const struct acc_xmpp_gateway *g = c->gateways; g; g = g->next)
		n += *g->link.domain != '\0';
	return n;
}

static bool is_full(const struct acc_xmpp_core *c)
{
	return named(c) >= acc_xmpp_limit(c, ACC_LIMIT_XMPP_GATEWAYS);
}

/* May one more come in that says its name later? */
static bool may_come(const struct acc_xmpp_core *c,
		     const struct edge_addr *from)
{
	size_t all = 0, same = 0;

	for (const struct acc_xmpp_gateway *g = c->gateways; g; g = g->next)
		if (!*g->link.domain) {
			all++;
			same += edge_addr_same_ip(&g->source, from);
		}
	return all < NAMELESS && same < NAMELESS_PER_SOURCE;
}

/* A name of its certificate that may be here: the machine's own, if it has one
 * beside its pool's, for users are shared out by it. */
static const char *trusted_name(const struct acc_xmpp_link *l)
{
	const struct edge_peer *p = edge_conn_peer(l->conn);
	const struct topo *t = l->core->topo;
	const char *found = NULL;

	for (size_t i = 0; p->fault == EDGE_PEER_FINE && i < p->name_count;
	     i++) {
		const struct edge_slice name = edge_slice_str(p->names[i]);
		const struct topo_host *member = NULL;

		if (!topo_is_trusted(t, name, TOPO_TRUST_XMPP))
			continue;
		if (topo_find_registrar(t, name, &member) && member)
			return p->names[i];
		if (!found)
			found = p->names[i];
	}
	return found;
}

static void on_opened(struct acc_xmpp_link *l)
{
	const struct edge_peer *peer = edge_conn_peer(l->conn);
	const char *name = trusted_name(l);

	if (!name) {
		edge_log_escape(
			l->detail, sizeof(l->detail),
			edge_slice_str(
				peer->fault ? edge_peer_fault_str(peer->fault)
				: peer->name_count ? peer->names[0]
						   : ""));
		acc_xmpp_link_end(l, ACC_XMPP_R_GATEWAY_NAME);
		return;
	}
	if (is_full(l->core)) {
		acc_xmpp_link_end(l, ACC_XMPP_R_CONNECTIONS);
		return;
	}
	strncpy(l->domain, name, sizeof(l->domain) - 1);
}

static const char *default_domain(const struct topo *t)
{
	for (size_t i = 0; i < t->domain_count; i++)
		if (t->domains[i].is_default)
			return t->domains[i].name;
	return t->domain_count ? t->domains[0].name : "";
}

static void on_header(struct acc_xmpp_link *l)
{
	char buf[256];
	struct edge_put w = edge_put(buf, sizeof(buf));
	const struct acc_xmpp_features none = {0};
	const uint64_t beat_s = l->core->topo->xmpp_gateway.keep_alive_s / 2;

	strncpy(l->own, default_domain(l->core->topo), sizeof(l->own) - 1);
	acc_xmpp_link_say_header(l, true, true);
	acc_xmpp_put_features(&w, &none);
	acc_xmpp_link_say(l, &w);
	if (l->is_over)
		return;
	acc_xmpp_link_ready(l, 0, beat_s * 1000);
	acc_xmpp_tell_ready(l, "mtls");
}

static void on_item(struct acc_xmpp_link *l, const struct acc_xmpp_item *i)
{
	if (i->kind == ACC_XMPP_HEADER && !l->is_ready)
		on_header(l);
	else if (i->kind == ACC_XMPP_ELEMENT && acc_xmpp_is_stanza(i))
		acc_xmpp_outward(l, i);
	else if (acc_xmpp_item_is(i, ACC_NS_STREAM, "error"))
		acc_xmpp_link_error(l, i);
	else
		acc_xmpp_link_end(l, ACC_XMPP_R_OUT_OF_ORDER);
}

static void on_over(struct acc_xmpp_link *l, enum acc_xmpp_reason r)
{
	struct acc_xmpp_gateway **at = &l->core->gateways;

	(void)r;
	edge_wheel_stop(&of(l)->patience);
	while (*at && *at != of(l))
		at = &(*at)->next;
	if (*at)
		*at = of(l)->next;
}

static const struct acc_xmpp_role role = {
	.name = "gateway",
	.opened = on_opened,
	.item = on_item,
	.over = on_over,
};

static void on_late(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	acc_xmpp_link_end(acc_xmpp_link_of_deadline(t),
			  ACC_XMPP_R_ESTABLISH_TIME);
}

/* What speaks against one more. */
static enum acc_xmpp_reason refusal(const struct acc_xmpp_core *c,
				    const struct edge_addr *from)
{
	if (c->is_draining)
		return ACC_XMPP_R_SHUTDOWN;
	return is_full(c) || !may_come(c, from) ? ACC_XMPP_R_GATEWAYS
						: ACC_XMPP_R_OK;
}

bool acc_xmpp_gateway_accept(struct acc_xmpp_core *c, int fd,
			     const struct edge_addr *from)
{
	const enum acc_xmpp_reason r = refusal(c, from);
	struct acc_xmpp_gateway *g;

	if (r) {
		acc_xmpp_tell_refused(c, from, role.name, r);
		close(fd);
		return false;
	}
	g = calloc(1, sizeof(*g));
	if (!g || acc_xmpp_link_init(&g->link, c, &role,
				     ACC_XMPP_LINK_GATEWAY) != EDGE_OK) {
		acc_xmpp_tell_refused(c, from, role.name, ACC_XMPP_R_INTERNAL);
		free(g);
		close(fd);
		return false;
	}
	g->source = *from;
	if (acc_xmpp_link_accept(&g->link, fd, c->tls_gateway) != EDGE_OK) {
		acc_xmpp_tell_refused(c, from, role.name, ACC_XMPP_R_INTERNAL);
		acc_xmpp_link_undo(&g->link);
		return false;
	}
	acc_xmpp_count(c, ACC_STAT_XMPP_ACCEPTED_GATEWAY);
	g->next = c->gateways;
	c->gateways = g;
	acc_xmpp_link_expect(&g->link,
			     (uint64_t)c->topo->xmpp_gateway.establish_s * 1000,
			     on_late);
	return true;
}

/* -- which one ---------------------------------------------------------- */

/* Highest of the hashes over (gateway, user): who leaves or comes moves no
 * user of the others. The key is no secret: all edges may choose alike. */
static uint64_t weight(const struct acc_xmpp_gateway *g, struct edge_slice bare)
{
	static const uint8_t key[16] = {'x', 'm', 'p', 'p', 'g', 'w'};
	char buf[4096];
	struct edge_put w = edge_put(buf, sizeof(buf));

	edge_put_str(&w, g->link.domain);
	edge_put_str(&w, " ");
	for (const uint8_t *p = bare.p; p < bare.end; p++)
		edge_put_u8(&w, *p >= 'A' && *p <= 'Z'
					? (uint8_t)(*p - 'A' + 'a')
					: *p);
	return edge_siphash(key, edge_put_done(&w));
}

struct acc_xmpp_link *acc_xmpp_gateway_choose(const struct acc_xmpp_core *c,
					      struct edge_slice jid)
{
	struct acc_xmpp_gateway *best = NULL;
	uint64_t most = 0;
	struct acc_xmpp_jid j;

	if (!acc_xmpp_jid_read(&j, jid))
		return NULL;
	for (struct acc_xmpp_gateway *g = c->gateways; g; g = g->next) {
		uint64_t w;

		if (!g->link.is_ready)
			continue;
		w = weight(g, j.bare); /* the newest of a name's comes first */
		if (!best || w > most) {
			best = g;
			most = w;
		}
	}
	return best ? &best->link : NULL;
}

/* -- what comes back ---------------------------------------------------- */

void acc_xmpp_gateway_return(struct acc_xmpp_core *c,
			     const struct acc_xmpp_parcel *p,
			     enum acc_xmpp_reason r)
{
	struct acc_xmpp_link *g = acc_xmpp_link_find(c, p->gateway);
	const struct acc_xmpp_stanza_told told = {
		"out", p->name, p->from, p->to, r, p->gateway && !p->is_answer};
	const struct acc_xmpp_bounce b = {p->name, p->from, p->to, p->id, r};
	const size_t len = 65536; /* two JIDs and an id, escaped */
	struct edge_put w;
	char *buf;

	acc_xmpp_tell_stanza(c, &told);
	if (!told.is_bounced)
		return;
	if (!g)
		g = acc_xmpp_gateway_choose(c, p->from);
	buf = g ? malloc(len) : NULL;
	if (!buf)
		return;
	w = edge_put(buf, len);
	acc_xmpp_put_bounce(&w, &b);
	acc_xmpp_link_offer(g, edge_put_done(&w));
	free(buf);
}

static void on_patience(struct edge_timer *t, uint64_t now_ms)
{
	struct acc_xmpp_gateway *g =
		(void *)((char *)t -
			 offsetof(struct acc_xmpp_gateway, patience));

	(void)now_ms;
	g->link.waits_for = 0;
	acc_xmpp_link_release(&g->link, ACC_XMPP_HOLD_QUEUE);
}

void acc_xmpp_gateway_wait(struct acc_xmpp_core *c, edge_handle gateway,
			   struct acc_xmpp_link *full)
{
	struct acc_xmpp_link *l = acc_xmpp_link_find(c, gateway);
	const uint64_t ms = acc_xmpp_limit(c, ACC_LIMIT_XMPP_SLOW_MS);

	if (!l || !ms)
		return;
	acc_xmpp_link_wait_for(l, full);
	edge_wheel_start(edge_loop_wheel(c->loop), &of(l)->patience,
			 acc_xmpp_now(c) + ms, on_patience);
}

void acc_xmpp_gateway_topology(struct acc_xmpp_link *l)
{
	if (*l->domain && !trusted_name(l))
		acc_xmpp_link_end(l, ACC_XMPP_R_GATEWAY_NAME);
}
