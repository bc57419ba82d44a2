/* Credentials for all that one request asks; AV 2.3, 2.4, 6.1. */
#include "av-edge/mras_mint.h"

#include <string.h>

#include "av-edge/mras_ms2_cred.h"
#include "common/crypto.h"
#include "common/sip/msg.h"

enum { DEFAULT_LIFETIME_S = 480 * 60 /* AV 2.3: 8 h */ };

struct minting {
	const struct mras_mint *c;
	const struct mras_keys *keys;
	uint32_t minutes_max;
	bool is_direct; /* addresses are asked for, not names */
	char internet[EDGE_ADDR_STRLEN], intranet[EDGE_ADDR_STRLEN];
};

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* No longer than the key lives that makes the tokens: who has one shall ask
 * again in time. */
static uint64_t seconds_of(const struct mras_mint *c,
			   const struct mras_keys *keys)
{
	uint64_t most = c->topo->token_lifetime_s ? c->topo->token_lifetime_s
						  : DEFAULT_LIFETIME_S;

	most = least(most, c->ring->lifetime_s);
	for (size_t i = 0; i < c->ring->count; i++)
		if (&c->ring->v[i].keys == keys)
			most = least(most, (uint64_t)(c->ring->v[i].until_s -
						      c->now_s));
	return most;
}

static bool begin(struct minting *g, const struct mras_request *r)
{
	const struct topo *t = g->c->topo;

	g->keys = mras_ring_minting(g->c->ring, g->c->now_s);
	if (!g->keys)
		return false;
	g->minutes_max = (uint32_t)(seconds_of(g->c, g->keys) / 60);
	g->is_direct = r->direct_ip;
	if (t->av_public.family)
		edge_addr_print_ip(&t->av_public, false, g->internet);
	if (t->internal.family)
		edge_addr_print_ip(&t->internal, false, g->intranet);
	return g->minutes_max > 0;
}

static uint16_t port_of(const struct topo *t, enum topo_port_kind kind)
{
	return t->listen[kind].present ? t->listen[kind].addr.port : 0;
}

static void add_relay(struct mras_grant *g, const struct mras_relay *r)
{
	if (r->host && *r->host && (r->udp || r->tcp))
		g->relays[g->relay_count++] = *r;
}

/* Names of the pool, or this very member's addresses: as hostName too, since
 * clients pass over entries without one (AV 2.4). */
static void list_relays(struct mras_grant *out, const struct minting *g,
			enum mras_location l)
{
	const struct topo *t = g->c->topo;
	const struct mras_relay outside = {
		.location = MRAS_AT_INTERNET,
		.host = g->is_direct ? g->internet : t->av_name,
		.udp = port_of(t, TOPO_PORT_AV_OUTSIDE_UDP),
		.tcp = port_of(t, TOPO_PORT_AV_OUTSIDE_TCP),
	};
	const struct mras_relay inside = {
		.location = MRAS_AT_INTRANET,
		.host = g->is_direct ? g->intranet : t->pool,
		.udp = port_of(t, TOPO_PORT_AV_INSIDE_UDP),
		.tcp = port_of(t, TOPO_PORT_AV_INSIDE_TCP),
	};

	if (l != MRAS_AT_INTRANET)
		add_relay(out, &outside);
	if (l != MRAS_AT_INTERNET)
		add_relay(out, &inside);
}

/* Good where the relays are that are listed, and nowhere else. */
static uint8_t flags_of(const struct mras_grant *grant, bool is_server)
{
	uint8_t flags = is_server ? MRAS_SERVER : 0;

	for (size_t i = 0; i < grant->relay_count; i++)
		flags |= grant->relays[i].location == MRAS_AT_INTERNET
				 ? MRAS_INTERNET
				 : MRAS_INTRANET;
	return flags;
}

struct edge_slice mras_account(uint8_t buf[MRAS_IDENTITY_MAX],
			       struct edge_slice identity)
{
	struct edge_put w = edge_put(buf, MRAS_IDENTITY_MAX);
	struct edge_sip_uri u;

	if (edge_sip_uri_parse(&u, identity) != EDGE_OK || !u.is_sip)
		return identity;
	edge_put_str(&w, "sip:");
	edge_put_slice(&w, u.user);
	if (edge_slice_len(u.user))
		edge_put_u8(&w, '@');
	edge_put_slice(&w, u.host);
	if (u.port) {
		edge_put_u8(&w, ':');
		edge_put_dec(&w, u.port);
	}
	return w.overflow ? identity : edge_put_done(&w);
}

static void mint(struct mras_ticket *out, const struct minting *g,
		 const struct mras_ask *a, const struct mras_grant *grant)
{
	const struct mras_token t = {
		.issued_s = (uint32_t)g->c->now_s,
		.expires_s = (uint32_t)g->c->now_s + grant->minutes * 60,
		.flags = flags_of(grant, g->c->is_server),
	};
	uint8_t random[8], name[MRAS_IDENTITY_MAX];

	const struct edge_slice who = mras_account(name, a->identity);

	g->c->random(random, sizeof(random));
	if (g->c->ring->format == MRAS_MS2)
		mras_ms2_mint(out, g->keys, &t, who, random);
	else
		mras_token_mint(out, g->keys, &t, who, random);
}

static void count(struct mras_minted *out, const struct mras_ticket *t)
{
	if (!out->count++)
		memcpy(out->pseudonym, t->pseudonym, sizeof(out->pseudonym));
}

static enum mras_phrase put_grant(struct edge_put *w, struct mras_minted *out,
				  const struct minting *g,
				  const struct mras_ask *a)
{
	enum mras_phrase phrase = MRAS_OK;
	struct mras_ticket ticket = {0};
	struct mras_grant grant = {
		.id = a->id,
		.password = edge_slice(ticket.password, MRAS_PASSWORD_LEN),
		.minutes = g->minutes_max,
	};

	list_relays(&grant, g, a->location);
	if (!grant.relay_count)
		return MRAS_INTERNAL; /* none for that location */
	if (a->minutes && a->minutes < grant.minutes)
		grant.minutes = a->minutes;
	mint(&ticket, g, a, &grant);
	grant.username = mras_ticket_name(&ticket);
	if (mras_ring_is_revoked(g->c->ring, ticket.pseudonym))
		phrase = MRAS_FORBIDDEN;
	else
		mras_xml_grant(w, &grant);
	count(out, &ticket);
	edge_wipe(&ticket, sizeof(ticket));
	return phrase;
}

enum mras_phrase mras_mint_all(struct edge_put *w, struct mras_minted *out,
			       const struct mras_mint *c,
			       const struct mras_request *r)
{
	struct minting g = {.c = c};
	enum mras_phrase phrase = MRAS_OK;

	if (!begin(&g, r))
		return MRAS_INTERNAL;
	mras_xml_open(w, r, MRAS_OK);
	for (size_t i = 0; i < r->count && !phrase; i++)
		phrase = put_grant(w, out, &g, &r->asks[i]);
	if (phrase)
		return phrase;
	mras_xml_close(w);
	return w->overflow ? MRAS_TOO_LARGE : MRAS_OK;
}
