/* Step 2, Setup Lync Server Components: folders, network, secrets. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/net_plan.h"
#include "edgectl/setup.h"
#include "edgectl/units.h"
#include "topology/secrets.h"

/* As the packages make them, when none has: what services put there belongs to
 * their group, and the others cannot take it away. */
static enum ctl_exit make_folder(struct ctl_setup *s, const char *path,
				 const struct group *g)
{
	if (mkdir(path, 0755)) {
		if (errno == EEXIST)
			return CTL_GOOD;
	} else if (!g || (!chown(path, geteuid(), g->gr_gid) &&
			  !chmod(path, 03770))) {
		return CTL_GOOD;
	}
	return ctl_fail(s->c, EDGE_ESYS, "CTL-007", path, "%s",
			strerror(errno));
}

/* Routes and rules live in the kernel: the unit sets them again. A host where
 * it does not serves nevertheless, for now. */
static void keep_network(struct ctl_setup *s)
{
	static const char *const unit = CTL_UNIT_NET;
	struct ctl_net_view *v = NULL;
	bool is_ours;
	int status;

	if (ctl_net_view_read(&v))
		return; /* the plan has said so */
	is_ours = ctl_net_is_ours(v);
	free(v);
	if (!is_ours || ctl_unit_state(unit) != CTL_UNIT_DISABLED)
		return;
	status = ctl_units_do("enable", &unit, 1);
	if (!status)
		ctl_say(s->c, "%s sets this again when this host starts", unit);
	else
		ctl_find(s->c, TOPO_ERROR, "SETUP-005", "systemctl enable",
			 status < 0 ? "%s cannot be run: %s"
				    : "%s: exit status %.0s%d",
			 unit, status < 0 ? strerror(errno) : "", status);
}

/* What it cannot do it has said; services may run nevertheless. */
static void plan_network(struct ctl_setup *s)
{
	char apply[] = "--apply";
	char *argv[] = {apply, NULL};

	if (ctl_net_plan_verb(s->c, 1, argv))
		ctl_setup_left(s, CTL_ON_EDGE, "net plan --apply");
	keep_network(s);
}

static bool has_key(const struct ctl_setup *s, const char *kind)
{
	struct topo_keyring *r = NULL;
	const enum edge_err err =
		topo_keyring_load(&r, s->c->config->state, kind, NULL, 0);

	topo_keyring_free(r);
	return err != EDGE_ENOTFOUND; /* a bad one is for doctor to name */
}

/* 0600, for the one service that reads it. */
static enum ctl_exit make_psom_key(struct ctl_setup *s)
{
	char psom[] = "--psom", path[1100];
	char *argv[] = {psom, NULL};
	const struct passwd *p = getpwnam("webconf-edge");
	const enum ctl_exit exit = ctl_secrets_new(s->c, 1, argv);

	(void)snprintf(path, sizeof(path), "%.1024s/secrets/psom.keys",
		       s->c->config->state);
	if (exit || !p || !lchown(path, p->pw_uid, p->pw_gid))
		return exit;
	return ctl_fail(s->c, EDGE_ESYS, "CTL-007", path, "%s",
			strerror(errno));
}

/* A single edge makes what a pool shares, access-edge its route key itself;
 * members have it from a bundle. */
static enum ctl_exit make_secrets(struct ctl_setup *s)
{
	const bool route = has_key(s, "route"), psom = has_key(s, "psom");

	if (!s->topo->member_count)
		return psom ? CTL_GOOD : make_psom_key(s);
	if (!route || !psom)
		ctl_setup_left_keys(s, route, psom);
	return CTL_GOOD;
}

enum ctl_exit ctl_setup_parts(struct ctl_setup *s)
{
	const struct edge_config *k = s->c->config;
	enum ctl_exit exit = make_folder(s, k->state, NULL);

	if (!exit)
		exit = make_folder(s, k->run, getgrnam("lync-edge"));
	if (!exit && !k->trust.internal_ca && !k->lab)
		ctl_setup_left(s, CTL_ON_EDGE,
			       "setup --trust-internal FILE # the roots of the "
			       "inside's authority, PEM");
	if (exit || !s->topo)
		return exit;
	plan_network(s);
	return make_secrets(s);
}
