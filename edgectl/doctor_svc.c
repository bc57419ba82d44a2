/* doctor, family SVC: the services run and listen, their neighbours answer. */
#include "edgectl/doctor_svc.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/sock.h"
#include "edgectl/cure_ini.h"
#include "edgectl/keyring.h"
#include "edgectl/svc_judge.h"

/* -- sides --------------------------------------------------------------- */

static void fill_side(struct ctl_local *s, const char *set,
		      const struct edge_addr *at)
{
	char found[16] = "";

	s->local = *at;
	s->local.port = 0;
	s->is_here = edge_sock_device(&s->local, found) &&
		     (!set || !strcmp(set, found));
	snprintf(s->name, sizeof(s->name), "%s", set ? set : found);
	s->device = *s->name ? s->name : NULL;
}

void ctl_local_inside(struct ctl_local *out, const struct ctl_doctor *d)
{
	fill_side(out, d->c->config->device_internal, &d->topo->internal);
}

void ctl_local_outside(struct ctl_local *out, const struct ctl_doctor *d,
		       enum topo_port_kind kind)
{
	fill_side(out, d->c->config->device_external,
		  &d->topo->listen[kind].addr);
}

/* -- the services themselves --------------------------------------------- */

/* Not a running service, or one that does not say. */
static void silent(struct ctl_doctor *d, enum ctl_daemon i)
{
	const char *name = ctl_daemons[i];

	if (d->silent[i] == EDGE_EDENIED) {
		ctl_doctor_bad(d, TOPO_INFO, "CTL-016", name,
			       "%s/%s.sock: not allowed to ask",
			       d->c->config->run, name);
		return;
	}
	if (d->silent[i] == EDGE_ENOTFOUND) {
		ctl_cure_add(&d->cure, CTL_ON_EDGE, "systemctl start %s", name);
		ctl_doctor_bad(d, TOPO_ERROR, "SVC-001", name,
			       "nobody listens at %s/%s.sock",
			       d->c->config->run, name);
		return;
	}
	ctl_cure_restart(&d->cure, CTL_ON_EDGE, name);
	ctl_doctor_bad(d, TOPO_ERROR, "SVC-002", name, "its answer: %s",
		       ctl_reason(d->silent[i]));
}

/* XMPP has doors of its own only while there is a partner. */
static bool is_served(const struct topo *t, enum topo_port_kind kind)
{
	return t->xmpp_count || (kind != TOPO_PORT_XMPP_OUTSIDE &&
				 kind != TOPO_PORT_XMPP_INSIDE);
}

/* Partners are recognised by public roots alone. */
static void tell_unserved(struct ctl_doctor *d, const struct ctl_svc_door *door,
			  const char *at)
{
	static const struct ctl_ini_set roots = {
		"trust", "public", "/etc/ssl/certs/ca-certificates.crt"};
	const struct edge_config *c = d->c->config;

	if (!c->trust.public_roots)
		ctl_cure_set(&d->cure, d->c->config_path, &roots);
	ctl_cure_restart(&d->cure, CTL_ON_EDGE, ctl_daemons[door->daemon]);
	ctl_doctor_bad(d, TOPO_WARN, "SVC-014", door->name,
		       "%s is open, and nobody is served there", at);
}

static void check_door(struct ctl_doctor *d, const struct ctl_svc_door *door,
		       unsigned *good)
{
	const struct topo_listen *at = &d->topo->listen[door->kind];
	char text[EDGE_ADDR_STRLEN];
	const char *state;

	if (!at->present || !is_served(d->topo, door->kind))
		return;
	state = ctl_svc_door_state(d->status[door->daemon], at);
	edge_addr_print(&at->addr, text);
	if (state && !strcmp(state, "open")) {
		++*good;
		return;
	}
	if (state && !strcmp(state, "notserved")) {
		tell_unserved(d, door, text);
		return;
	}
	ctl_cure_restart(&d->cure, CTL_ON_EDGE, ctl_daemons[door->daemon]);
	ctl_doctor_bad(d, TOPO_ERROR, "SVC-003", door->name,
		       "%s has %s listener at %s/%s", ctl_daemons[door->daemon],
		       state ? state : "no", text, at->protocol);
}

/* The same version: else it is TOP-002, and its listeners are the old ones. */
static bool has_version(const struct ctl_doctor *d, enum ctl_daemon i)
{
	const json_t *t = json_object_get(d->status[i], "topology");

	return (uint64_t)json_integer_value(json_object_get(t, "seq")) ==
	       d->topo->seq;
}

static void check_service(struct ctl_doctor *d, enum ctl_daemon i)
{
	const char *name = ctl_daemons[i];
	unsigned good = 0;
	const char *state;

	if (!d->status[i]) {
		silent(d, i);
		return;
	}
	state = ctl_json_text(d->status[i], "state");
	if (strcmp(state, "ready") != 0) {
		ctl_cure_restart(&d->cure, CTL_ON_EDGE, name);
		ctl_doctor_bad(d, TOPO_ERROR, "SVC-002", name, "it is %s",
			       state);
		return;
	}
	for (size_t k = 0; k < CTL_SVC_DOORS && has_version(d, i); k++)
		if (ctl_svc_doors[k].daemon == i)
			check_door(d, &ctl_svc_doors[k], &good);
	ctl_doctor_good(d, "%s is ready, %u listeners open", name, good);
}

/* -- conferencing servers ------------------------------------------------ */

static void absent(struct ctl_doctor *d, const json_t *row)
{
	const char *name = ctl_json_text(row, "member");
	char edge[EDGE_ADDR_STRLEN];

	edge_addr_print(&d->topo->listen[TOPO_PORT_WEBCONF_INSIDE].addr, edge);
	ctl_cure_add(&d->cure, CTL_ON_INSIDE,
		     "on %s: Start-CsWindowsService RTCDATAMCU", name);
	ctl_cure_add(&d->cure, CTL_ON_FIREWALL, "allow tcp %s -> %s in", name,
		     edge);
	ctl_doctor_bad(d, TOPO_WARN, "SVC-010", name,
		       "the Data MCU of %s is %s at %s", name,
		       ctl_json_text(row, "state"), edge);
}

/* A certificate that no server accepts keeps them away too, and CRT says it. */
static void check_conferencing(struct ctl_doctor *d)
{
	const json_t *status = d->status[CTL_WEBCONF], *row;
	const bool is_said = d->is_way_in_bad ||
			     d->bad_certificates & 1U << EDGE_CERT_INTERNAL;
	unsigned up = 0;
	size_t i;

	json_array_foreach(json_object_get(status, "upstreams"), i, row)
	{
		if (ctl_svc_mcu_state(row) == CTL_MCU_UP)
			up++;
		else if (!is_said)
			absent(d, row);
	}
	if (up)
		ctl_doctor_good(d, "%u Data MCU%s registered", up,
				up == 1 ? "" : "s");
}

/* -- keys ---------------------------------------------------------------- */

/* A new key, in use here and at each Data MCU: what they sign with the old one
 * is refused. */
static void cure_token_key(struct ctl_doctor *d)
{
	const char *path = d->c->config_path, *slash = strrchr(path, '/');
	const json_t *row;
	char file[CTL_CURE_LINE / 2];
	size_t i;
	int n = snprintf(file, sizeof(file), "%.*spsom.export",
			 slash ? (int)(slash + 1 - path) : 0, path);

	ctl_cure_add(&d->cure, CTL_ON_EDGE, "%s secrets new --psom", d->tool);
	ctl_cure_add(&d->cure, CTL_ON_EDGE, "systemctl reload webconf-edge");
	if (n < 0 || (size_t)n >= sizeof(file))
		return; /* the finding's own words say it */
	ctl_cure_add(&d->cure, CTL_ON_EDGE, "%s secrets export --psom --out %s",
		     d->tool, file);
	json_array_foreach(json_object_get(d->status[CTL_WEBCONF], "upstreams"),
			   i, row)
	{
		ctl_cure_add(&d->cure, CTL_ON_INSIDE,
			     "on %s: scp %s:%s .; "
			     "Stop-CsWindowsService RTCDATAMCU; "
			     "Start-CsWindowsService RTCDATAMCU",
			     ctl_json_text(row, "member"), d->topo->self, file);
	}
	ctl_cure_end(&d->cure, CTL_ON_EDGE, "rm %s", file);
}

static void check_keys(struct ctl_doctor *d)
{
	const json_t *conference =
		json_object_get(d->status[CTL_WEBCONF], "conference");
	struct ctl_key_cure how = {.tool = d->tool,
				   .kind = "route",
				   .service = "access-edge",
				   .members =
					   d->topo ? d->topo->member_count : 0};
	char saw[128];

	if (ctl_route_key_fault(d->c, saw, sizeof(saw))) {
		ctl_key_cure(&d->cure, &how);
		ctl_doctor_bad(d, TOPO_WARN, "CTL-017", "secrets/route.keys",
			       "%s", saw);
	}
	if (!json_is_false(json_object_get(conference, "has_key")))
		return;
	if (how.members) {
		how.kind = "psom";
		how.service = "webconf-edge";
		ctl_key_cure(&d->cure, &how);
	} else {
		cure_token_key(d);
	}
	ctl_doctor_bad(d, TOPO_ERROR, "CTL-022", "webconf-edge",
		       "no token key in date: every client is refused");
}

void ctl_doctor_svc(struct ctl_doctor *d)
{
	for (size_t i = 0; i <= CTL_AV; i++)
		check_service(d, (enum ctl_daemon)i);
	check_conferencing(d);
	check_keys(d);
	ctl_svc_next_hop(d);
	ctl_svc_relay(d);
}
