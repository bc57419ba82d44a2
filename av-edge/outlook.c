/* A relay's view and all that it points to, made for one worker. */
#include "av-edge/outlook.h"

#include <stdlib.h>
#include <string.h>

#include "av-edge/mras_ring.h"
#include "av-edge/policy.h"
#include "av-edge/settings.h"
#include "common/crypto.h"

enum { WHY_LEN = 256 /* settings were checked before */ };

static size_t slot_of(const struct edge_addr *a)
{
	return a->family == AF_INET6;
}

static struct edge_addr with_port(const struct edge_addr *a, uint16_t port)
{
	struct edge_addr b = *a;

	b.port = port;
	return b;
}

/* What peers see of an address: the public one, when there is one of that
 * family. */
static const struct edge_addr *told(const struct topo *t,
				    const struct edge_addr *at)
{
	return t->av_public.family == at->family ? &t->av_public : at;
}

static const struct edge_addr *told6(const struct topo *t,
				     const struct edge_addr *twin)
{
	return t->av_public6.family ? &t->av_public6 : twin;
}

static void set_relay(struct ave_view *v, const struct topo *t)
{
	const struct topo_listen *l = &t->listen[TOPO_PORT_AV_RANGE];
	const struct edge_addr twin = topo_av_twin(t, TOPO_PORT_AV_RANGE);
	const size_t slot = slot_of(&l->addr);

	v->relay_at[slot] = with_port(&l->addr, 0);
	v->relay_told[slot] = with_port(told(t, &l->addr), 0);
	if (!twin.family)
		return;
	v->relay_at[1] = with_port(&twin, 0);
	v->relay_told[1] = with_port(told6(t, &twin), 0);
}

static void set_twin(struct edge_addr *out, const struct topo *t,
		     enum topo_port_kind kind)
{
	const struct edge_addr twin = topo_av_twin(t, kind);

	if (twin.family)
		*out = with_port(told6(t, &twin), twin.port);
}

static void set_servers(struct ave_view *v, const struct topo *t)
{
	const struct edge_addr *out_udp =
		&t->listen[TOPO_PORT_AV_OUTSIDE_UDP].addr;
	const struct edge_addr *out_tcp =
		&t->listen[TOPO_PORT_AV_OUTSIDE_TCP].addr;

	v->server_udp[AVE_OUTSIDE] = with_port(told(t, out_udp), out_udp->port);
	v->server_tcp[AVE_OUTSIDE] = with_port(told(t, out_tcp), out_tcp->port);
	set_twin(&v->server6_udp[AVE_OUTSIDE], t, TOPO_PORT_AV_OUTSIDE_UDP);
	set_twin(&v->server6_tcp[AVE_OUTSIDE], t, TOPO_PORT_AV_OUTSIDE_TCP);
	v->server6_udp[AVE_INSIDE] = topo_av_twin(t, TOPO_PORT_AV_INSIDE_UDP);
	v->server6_tcp[AVE_INSIDE] = topo_av_twin(t, TOPO_PORT_AV_INSIDE_TCP);
	v->server_udp[AVE_INSIDE] = t->listen[TOPO_PORT_AV_INSIDE_UDP].addr;
	v->server_tcp[AVE_INSIDE] = t->listen[TOPO_PORT_AV_INSIDE_TCP].addr;
}

static enum edge_err set_members(struct ave_outlook *o, const struct topo *t)
{
	const size_t n = t->av_member_count;
	const uint16_t port = t->listen[TOPO_PORT_AV_OUTSIDE_UDP].addr.port;

	o->view.names_members = n > 0;
	if (!n)
		return EDGE_OK;
	o->members = calloc(n, sizeof(*o->members));
	if (!o->members)
		return EDGE_ENOMEM;
	for (size_t i = 0; i < n; i++)
		o->members[i] = with_port(&t->av_members[i], port);
	o->view.members = o->members;
	o->view.member_count = n;
	return EDGE_OK;
}

enum { NAMES = 4 /* of a listener: bound and told, of each family */ };

/* Sockets of ours that are no relayed address, by each name they have. */
static size_t own_listeners(struct edge_addr out[NAMES * TOPO_PORT_KINDS],
			    const struct topo *t)
{
	size_t n = 0;

	for (int k = 0; k < TOPO_PORT_KINDS; k++) {
		const struct topo_listen *l = &t->listen[k];
		const struct edge_addr twin =
			topo_av_twin(t, (enum topo_port_kind)k);
		const bool is_told = k == TOPO_PORT_AV_OUTSIDE_TCP ||
				     k == TOPO_PORT_AV_OUTSIDE_UDP;

		if (!l->present || k == TOPO_PORT_AV_RANGE)
			continue;
		out[n++] = l->addr;
		if (is_told)
			out[n++] = with_port(told(t, &l->addr), l->addr.port);
		if (twin.family)
			out[n++] = twin;
		if (twin.family && is_told)
			out[n++] = with_port(told6(t, &twin), twin.port);
	}
	return n;
}

static enum edge_err set_policy(struct ave_outlook *o,
				const struct ave_outlook_source *s,
				const struct ave_settings *settings)
{
	const struct topo_listen *range = &s->topo->listen[TOPO_PORT_AV_RANGE];
	struct edge_addr listeners[NAMES * TOPO_PORT_KINDS];
	const struct ave_policy_plan p = {
		.inside = s->inside,
		.own = o->view.relay_told, /* a family without: skipped */
		.own_count = 2,
		.members = o->members,
		.member_count = o->view.member_count,
		.port_low = range->addr.port,
		.port_high = (uint16_t)(range->addr.port + range->count - 1),
		.listeners = listeners,
		.listener_count = own_listeners(listeners, s->topo),
		.allowed = settings->peer_networks,
		.allowed_count = settings->peer_network_count,
		.ports = settings->peer_ports,
		.port_count = settings->peer_port_count,
		.is_lab = s->config->lab,
	};
	enum edge_err err = ave_policy_new(&o->policy, &p);

	o->view.policy = o->policy;
	return err;
}

static enum edge_err copy_ring(struct ave_outlook *o, const struct mras_ring *r)
{
	o->ring = malloc(sizeof(*o->ring));
	if (!o->ring)
		return EDGE_ENOMEM;
	*o->ring = *r;
	o->view.ring = o->ring;
	o->view.not_before_s = r->not_before_s;
	o->view.revoked = o->ring->revoked[0];
	o->view.revoked_count = o->ring->revoked_count;
	return EDGE_OK;
}

static void set_settings(struct ave_view *v, const struct ave_settings *s,
			 const struct edge_config *c)
{
	memcpy(v->realm, s->realm, sizeof(v->realm));
	v->ms_version = s->ms_version;
	v->has_rfc = s->has_rfc;
	memcpy(v->limits, c->limits, sizeof(v->limits));
}

enum edge_err ave_outlook_new(struct ave_outlook **out,
			      const struct ave_outlook_source *s)
{
	struct ave_outlook *o = calloc(1, sizeof(*o));
	struct ave_settings settings;
	char why[WHY_LEN];
	enum edge_err err = EDGE_ENOMEM;

	if (!o)
		return err;
	o->view.is_draining = s->is_draining;
	set_relay(&o->view, s->topo);
	set_servers(&o->view, s->topo);
	err = ave_settings_read(&settings, s->config, why, sizeof(why));
	if (!err)
		err = set_members(o, s->topo);
	if (!err)
		err = set_policy(o, s, &settings);
	if (!err)
		err = copy_ring(o, s->ring);
	if (err) {
		ave_outlook_free(o);
		return err;
	}
	set_settings(&o->view, &settings, s->config);
	*out = o;
	return EDGE_OK;
}

void ave_outlook_free(struct ave_outlook *o)
{
	if (!o)
		return;
	if (o->ring)
		edge_wipe(o->ring, sizeof(*o->ring));
	free(o->ring);
	ave_policy_free(o->policy);
	free(o->members);
	free(o);
}
