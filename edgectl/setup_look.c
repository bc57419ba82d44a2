/* The facts of setting up, read from the world: no file says how far it is. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/daemons.h"
#include "edgectl/net_plan.h"
#include "edgectl/setup.h"
#include "edgectl/units.h"
#include "topology/secrets.h"

static bool has_key(const struct ctl_setup *s, const char *kind)
{
	struct topo_keyring *r = NULL;
	const enum edge_err err =
		topo_keyring_load(&r, s->c->config->state, kind, NULL, 0);

	topo_keyring_free(r);
	return !err;
}

static void look_at_network(struct ctl_setup *s, struct ctl_setup_world *w)
{
	const struct ctl_net_wants wants =
		ctl_net_wants_of(s->topo, s->c->config);
	struct ctl_net_plan *p = calloc(1, sizeof(*p));
	struct ctl_net_view *v = NULL;

	if (!p || ctl_net_view_read(&v)) {
		free(p);
		return;
	}
	ctl_net_plan(p, &wants, v);
	for (size_t i = 0; i < p->findings; i++) {
		if (p->finding[i].level < TOPO_WARN)
			continue;
		if (!w->facts.net_open++)
			(void)snprintf(w->net_first, sizeof(w->net_first),
				       "%.40s: %.110s", p->finding[i].place,
				       p->finding[i].saw);
	}
	w->facts.net_first = w->net_first;
	w->facts.net = ctl_net_is_ours(v) ? ctl_unit_state(CTL_UNIT_NET)
					  : CTL_UNIT_UNKNOWN;
	free(p);
	free(v);
}

static void look_at_service(struct ctl_setup *s, struct ctl_setup_facts *f,
			    size_t i)
{
	enum edge_err err;
	json_t *o = ctl_daemon_get(s->c, ctl_daemons[i], "/v1/status", &err);
	const char *state = json_string_value(json_object_get(o, "state"));
	char unit[40];

	f->service[i].runs = o != NULL;
	f->service[i].is_ready = state && !strcmp(state, "ready");
	f->service[i].seq = (uint64_t)json_integer_value(
		json_object_get(json_object_get(o, "topology"), "seq"));
	json_decref(o);
	(void)snprintf(unit, sizeof(unit), "%s.service", ctl_daemons[i]);
	f->service[i].unit = ctl_unit_state(unit);
}

static void look_at_topology(struct ctl_setup *s, struct ctl_setup_world *w)
{
	struct ctl_setup_facts *f = &w->facts;

	f->self = s->topo->self;
	f->seq = s->topo->seq;
	f->hosts = s->topo->host_count;
	f->is_single = !s->topo->member_count;
	look_at_network(s, w);
	for (unsigned i = 0; i < EDGE_CERT_USES; i++)
		f->cert[i].state = ctl_setup_cert_state(
			s, (enum edge_cert_use)i, f->cert[i].why,
			sizeof(f->cert[i].why));
}

void ctl_setup_look(struct ctl_setup *s, struct ctl_setup_world *w)
{
	const struct edge_config *k = s->c->config;
	struct ctl_setup_facts *f = &w->facts;

	memset(w, 0, sizeof(*w));
	ctl_setup_load(s, w->store_why, sizeof(w->store_why));
	f->store_why = *w->store_why ? w->store_why : NULL;
	f->fqdn = k->fqdn;
	f->has_folders = !access(k->state, F_OK) && !access(k->run, F_OK);
	f->trusts_inside =
		k->trust.internal_ca && !access(k->trust.internal_ca, R_OK);
	f->has_route_key = has_key(s, "route");
	f->has_psom_key = has_key(s, "psom");
	for (unsigned i = 0; i < EDGE_CERT_USES; i++)
		f->cert[i].state = CTL_CERT_ABSENT;
	if (s->topo)
		look_at_topology(s, w);
	f->target = ctl_unit_state(CTL_UNIT_TARGET);
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		look_at_service(s, f, i);
}
