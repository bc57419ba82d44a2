/* doctor, family TLS: each listener shows what lies on disk, and speaks no TLS
 * that is out of date. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/cert_file.h"
#include "edgectl/cert_shown.h"
#include "edgectl/cure_ini.h"
#include "edgectl/doctor_svc.h"
#include "edgectl/svc_judge.h"

struct job {
	struct ctl_doctor *d;
	const struct ctl_svc_door *door;
	struct ctl_shown_plan plan;
	struct ctl_local side;
	char place[EDGE_ADDR_STRLEN + 32];
	unsigned *told; /* a bit per certificate that a service has not taken */
};

/* As [tls] of edge.ini names it. */
static const char *profile_name(const struct ctl_svc_door *door)
{
	return door->use == EDGE_CERT_TURN ? "av-turn" : door->name;
}

static enum edge_tls_profile profile(const struct job *j)
{
	return edge_config_profile(j->d->c->config, profile_name(j->door));
}

/* -- checks -------------------------------------------------------------- */

/* The one on disk; false: not readable, which CRT says. */
static bool on_disk(struct ctl_cert *out, const struct job *j)
{
	const struct edge_config *c = j->d->c->config;
	const struct ctl_cert_files files = {
		.chain = c->certificate[j->door->use].chain,
		.key = c->certificate[j->door->use].key,
		.skips_chain = true,
	};
	char why[256];

	return files.chain &&
	       !ctl_cert_read(out, &files, (int64_t)j->d->c->now_s, why,
			      sizeof(why));
}

/* Once for all listeners of the service that show it. */
static void tell_other(struct job *j, const char *shown, const char *wanted)
{
	const char *service = ctl_daemons[j->door->daemon];

	if (*j->told & 1U << j->door->use)
		return;
	*j->told |= 1U << j->door->use;
	ctl_cure_add(&j->d->cure, CTL_ON_EDGE, "systemctl reload %s", service);
	ctl_doctor_bad(j->d, TOPO_ERROR, "TLS-002", service,
		       "%s: certificate %.16s... is shown, on disk is %.16s...",
		       j->place, shown, wanted);
}

static void check_shown(struct job *j, const struct ctl_shown *shown)
{
	struct ctl_cert *x = calloc(1, sizeof(*x));
	bool is_known = x && on_disk(x, j);

	if (is_known && !strcmp(x->sha256, shown->sha256))
		ctl_doctor_good(j->d, "%s: %s, the certificate on disk",
				j->place, shown->version);
	else if (is_known)
		tell_other(j, shown->sha256, x->sha256);
	free(x);
}

static void check_old(struct job *j)
{
	struct ctl_shown shown;
	char why[200], name[64];
	const struct ctl_ini_set set = {"tls", name, NULL};

	if (profile(j) == EDGE_TLS_LYNC2013) {
		snprintf(name, sizeof(name), "profile.%s",
			 profile_name(j->door));
		ctl_cure_set(&j->d->cure, j->d->c->config_path, &set);
		ctl_cure_add(&j->d->cure, CTL_ON_EDGE, "systemctl reload %s",
			     ctl_daemons[j->door->daemon]);
		ctl_doctor_bad(j->d, TOPO_WARN, "CTL-018", j->place,
			       "tls=lync2013");
		return;
	}
	j->plan.is_old = true;
	(void)!ctl_cert_shown(&shown, &j->plan, why, sizeof(why));
	if (!shown.is_done)
		return;
	ctl_cure_restart(&j->d->cure, CTL_ON_EDGE,
			 ctl_daemons[j->door->daemon]);
	ctl_doctor_bad(j->d, TOPO_ERROR, "TLS-003", j->place, "it takes %s",
		       shown.version);
}

static void check(struct job *j)
{
	struct ctl_shown shown;
	char why[200] = "";
	enum edge_err err = ctl_cert_shown(&shown, &j->plan, why, sizeof(why));

	if (err && !*shown.sha256) {
		if (j->d->is_firewall_bad)
			return; /* FW says it */
		ctl_cure_restart(&j->d->cure, CTL_ON_EDGE,
				 ctl_daemons[j->door->daemon]);
		ctl_doctor_bad(j->d, TOPO_ERROR, "TLS-001", j->place, "%s",
			       why);
		return;
	}
	check_shown(j, &shown);
	check_old(j);
}

/* -- which listeners ----------------------------------------------------- */

static bool is_wanted(const struct ctl_doctor *d,
		      const struct ctl_svc_door *door)
{
	const struct topo_listen *at = &d->topo->listen[door->kind];
	const json_t *status = d->status[door->daemon];
	const char *state = ctl_svc_door_state(status, at);

	if (door->use == EDGE_CERT_USES || !at->present || !state ||
	    strcmp(state, "open") != 0 || d->bad_certificates & 1U << door->use)
		return false; /* SVC or CRT says it */
	if (ctl_doctor_is_cut_off(d, &at->addr, door->is_inside))
		return false;
	return door->use != EDGE_CERT_TURN ||
	       json_is_true(json_object_get(json_object_get(status, "relay"),
					    "has_tls"));
}

/* Partners may share the clients' listener. */
static bool is_seen(const struct ctl_doctor *d, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_wanted(d, &ctl_svc_doors[k]) &&
		    edge_addr_eq(&d->topo->listen[ctl_svc_doors[k].kind].addr,
				 &d->topo->listen[ctl_svc_doors[i].kind].addr))
			return true;
	return false;
}

static void check_door(struct ctl_doctor *d, const struct ctl_svc_door *door,
		       unsigned *told)
{
	const struct edge_config *c = d->c->config;
	struct job j = {.d = d, .door = door, .told = told};
	char text[EDGE_ADDR_STRLEN];

	if (door->is_inside)
		ctl_local_inside(&j.side, d);
	else
		ctl_local_outside(&j.side, d, door->kind);
	if (!j.side.is_here)
		return;
	j.plan = (struct ctl_shown_plan){
		.server = d->topo->listen[door->kind].addr,
		.local = j.side.local,
		.device = j.side.device,
		.ms = CTL_SVC_MS,
	};
	if (door->is_inside) {
		j.plan.chain = c->certificate[EDGE_CERT_INTERNAL].chain;
		j.plan.key = c->certificate[EDGE_CERT_INTERNAL].key;
	}
	edge_addr_print(&j.plan.server, text);
	snprintf(j.place, sizeof(j.place), "%s %s", door->name, text);
	check(&j);
}

void ctl_doctor_tls(struct ctl_doctor *d)
{
	unsigned told[CTL_DAEMONS] = {0};

	for (size_t i = 0; i < CTL_SVC_DOORS; i++)
		if (is_wanted(d, &ctl_svc_doors[i]) && !is_seen(d, i))
			check_door(d, &ctl_svc_doors[i],
				   &told[ctl_svc_doors[i].daemon]);
}
