/* What crosses between partners and gateways. */
#include "access-edge/xmpp_proxy.h"

#include "access-edge/xmpp_filter.h"
#include "access-edge/xmpp_gateway.h"
#include "access-edge/xmpp_out.h"
#include "access-edge/xmpp_say.h"
#include "access-edge/xmpp_tell.h"
#include "common/bytes.h"

enum { MARK_LEN = 256, BOUNCE_LEN = 65536 };

bool acc_xmpp_is_stanza(const struct acc_xmpp_item *i)
{
	return acc_xmpp_filter(i) != ACC_XMPP_ALIEN;
}

bool acc_xmpp_domain_of(char out[ACC_XMPP_DOMAIN_LEN], struct edge_slice jid)
{
	struct acc_xmpp_jid j;

	return acc_xmpp_jid_read(&j, jid) &&
	       acc_xmpp_domain_read(out, j.domain);
}

static void tell(struct acc_xmpp_core *c, const char *way,
		 const struct acc_xmpp_item *i, enum acc_xmpp_reason r)
{
	const struct acc_xmpp_stanza_told told = {
		way, i->name, i->from, i->to, r, !acc_xmpp_is_answer(i)};

	acc_xmpp_tell_stanza(c, &told);
}

/* -- inward ------------------------------------------------------------- */

/* s2s is one-way: the answer goes on a stream that we open. */
static void bounce_to_partner(struct acc_xmpp_core *c,
			      const struct acc_xmpp_item *i,
			      const struct acc_xmpp_speaker *s,
			      enum acc_xmpp_reason r)
{
	struct acc_xmpp_parcel *p;

	tell(c, "in", i, r);
	if (acc_xmpp_is_answer(i) ||
	    acc_xmpp_parcel_bounce(&p, i, r) != EDGE_OK)
		return;
	acc_xmpp_out_send(c, s->own, edge_slice_str(s->domain), p);
}

/* AE 6.4: what we know of the speaker, in a namespace nobody else speaks in. */
static struct edge_slice marks(char buf[MARK_LEN],
			       const struct acc_xmpp_item *i,
			       const struct acc_xmpp_speaker *s)
{
	struct edge_put w = edge_put(buf, MARK_LEN);
	const struct {
		const char *name, *value;
	} all[] = {
		{"verified",
		 acc_xmpp_is_verified(s->partner) ? "true" : "false"},
		{"partner-type", acc_xmpp_trust_str(s->partner->trust)},
		{"auth", s->is_external ? "external" : "dialback"},
	};

	edge_put_str(&w, " xmlns:");
	edge_put_str(&w, i->prefix);
	edge_put_str(&w, "='");
	edge_put_str(&w, acc_xmpp_ns_uri(ACC_NS_EDGE));
	edge_put_str(&w, "'");
	for (size_t n = 0; n < sizeof(all) / sizeof(*all); n++) {
		edge_put_str(&w, " ");
		edge_put_str(&w, i->prefix);
		edge_put_str(&w, ":");
		edge_put_str(&w, all[n].name);
		edge_put_str(&w, "='");
		edge_put_str(&w, all[n].value);
		edge_put_str(&w, "'");
	}
	return edge_put_done(&w);
}

/* At once: half a stanza would end a gateway's stream for all. */
static enum edge_err write_marked(struct acc_xmpp_link *g,
				  const struct acc_xmpp_item *i,
				  struct edge_slice mark)
{
	const struct edge_slice parts[] = {
		edge_slice(i->bytes.p, i->mark),
		mark,
		{i->bytes.p + i->mark, i->bytes.end},
	};
	struct edge_bytes whole = {0};
	enum edge_err err = EDGE_OK;

	for (size_t n = 0; !err && n < sizeof(parts) / sizeof(*parts); n++)
		err = edge_bytes_add(&whole, parts[n], UINT32_MAX);
	if (!err)
		err = acc_xmpp_link_write(g, edge_bytes_slice(&whole));
	edge_bytes_fini(&whole);
	return err;
}

static void pass_inward(struct acc_xmpp_link *l, const struct acc_xmpp_item *i,
			const struct acc_xmpp_speaker *s)
{
	struct acc_xmpp_core *c = l->core;
	struct acc_xmpp_link *g = acc_xmpp_gateway_choose(c, i->to);
	char buf[MARK_LEN];

	if (!g || write_marked(g, i, marks(buf, i, s)) != EDGE_OK) {
		bounce_to_partner(c, i, s,
				  g ? ACC_XMPP_R_QUEUE
				    : ACC_XMPP_R_GATEWAY_ABSENT);
		return;
	}
	l->taken++;
	g->given++;
	acc_xmpp_count(c, ACC_STAT_XMPP_STANZAS_IN);
	if (edge_conn_above_high_water(g->conn))
		acc_xmpp_link_wait_for(l, g);
}

void acc_xmpp_inward(struct acc_xmpp_link *l, const struct acc_xmpp_item *i,
		     const struct acc_xmpp_speaker *s)
{
	acc_xmpp_link_touch(l);
	switch (acc_xmpp_filter(i)) {
	case ACC_XMPP_PASS:
		pass_inward(l, i, s);
		return;
	case ACC_XMPP_BOUNCE:
		bounce_to_partner(l->core, i, s, ACC_XMPP_R_STANZA_KIND);
		return;
	case ACC_XMPP_DROP:
	case ACC_XMPP_ALIEN:
		tell(l->core, "in", i, ACC_XMPP_R_STANZA_KIND);
		return;
	}
}

/* -- outward ------------------------------------------------------------ */

static void bounce_to_gateway(struct acc_xmpp_link *g,
			      const struct acc_xmpp_item *i,
			      enum acc_xmpp_reason r)
{
	struct acc_xmpp_parcel *p;

	tell(g->core, "out", i, r);
	if (acc_xmpp_is_answer(i) ||
	    acc_xmpp_parcel_bounce(&p, i, r) != EDGE_OK)
		return;
	acc_xmpp_link_offer(g, p->bytes);
	acc_xmpp_parcel_free(p);
}

/* What speaks against it before it is known whether it can be sent. */
static enum acc_xmpp_reason outward_reason(const struct acc_xmpp_core *c,
					   const struct acc_xmpp_item *i,
					   char own[ACC_XMPP_DOMAIN_LEN],
					   char domain[ACC_XMPP_DOMAIN_LEN])
{
	struct acc_xmpp_who w;

	if (!acc_xmpp_domain_of(own, i->from) ||
	    !acc_xmpp_is_own(own, c->topo, edge_slice_str(own)))
		return ACC_XMPP_R_NOT_OWN;
	if (!acc_xmpp_domain_of(domain, i->to) ||
	    acc_xmpp_partner_find(&w, c->topo, edge_slice_str(domain)) !=
		    ACC_XMPP_R_OK)
		return ACC_XMPP_R_NOT_PARTNER;
	if (acc_xmpp_filter(i) != ACC_XMPP_PASS)
		return ACC_XMPP_R_STANZA_KIND;
	return ACC_XMPP_R_OK;
}

void acc_xmpp_outward(struct acc_xmpp_link *gateway,
		      const struct acc_xmpp_item *i)
{
	char own[ACC_XMPP_DOMAIN_LEN], domain[ACC_XMPP_DOMAIN_LEN];
	struct acc_xmpp_parcel *p;
	enum acc_xmpp_reason r = outward_reason(gateway->core, i, own, domain);

	if (!r && acc_xmpp_parcel_new(&p, i, gateway->id) != EDGE_OK)
		r = ACC_XMPP_R_INTERNAL;
	if (r) {
		bounce_to_gateway(gateway, i, r);
		return;
	}
	gateway->taken++;
	acc_xmpp_out_send(gateway->core, own, edge_slice_str(domain), p);
}
