/* The times of a roll-over, and what is staged on this machine. */
#include "edgectl/cert_roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/cert_topology.h"
#include "edgectl/offer.h"
#include "topology/utc.h"

const char ctl_roll_place[] = "av-auth";
const char ctl_roll_service[] = "av-edge";

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum ctl_roll_time ctl_roll_judge(const struct ctl_roll_times *t)
{
	if (t->effective_s > t->old_ends_s)
		return CTL_ROLL_TOO_LATE;
	return t->effective_s > ctl_roll_latest(t) ? CTL_ROLL_LATE
						   : CTL_ROLL_GOOD;
}

int64_t ctl_roll_latest(const struct ctl_roll_times *t)
{
	return t->old_ends_s - t->lifetime_s;
}

int64_t ctl_roll_over_at(const struct ctl_roll_times *t)
{
	return smaller(t->old_ends_s,
		       t->effective_s + t->lifetime_s + CTL_ROLL_SKEW_S);
}

enum ctl_exit ctl_roll_find(struct ctl *c, struct ctl_roll *out)
{
	char why[512] = "";
	enum edge_err err;

	*out = (struct ctl_roll){
		.chain = c->config->certificate[EDGE_CERT_AV_AUTH].chain,
		.key = c->config->certificate[EDGE_CERT_AV_AUTH].key,
	};
	if (!out->chain || !out->key)
		return CTL_GOOD;
	err = topo_roll_load(&out->staged, out->chain, out->key, why,
			     sizeof(why));
	if (err == EDGE_ENOTFOUND)
		return CTL_GOOD;
	if (err)
		return ctl_fail(c, err, "CERT-001", ctl_roll_place, "%s", why);
	out->has_staged = true;
	out->is_effective = out->staged.effective_s <= c->now_s;
	return CTL_GOOD;
}

void ctl_roll_print(char out[32], int64_t wall_s)
{
	topo_utc_print(out, wall_s > 0 ? (uint64_t)wall_s : 0);
}

enum ctl_exit ctl_roll_only_av_auth(struct ctl *c, const char *use)
{
	if (!use || !strcmp(use, ctl_roll_place))
		return CTL_GOOD;
	return ctl_usage(
		c,
		"--use %.20s: only av-auth is staged; any other is put "
		"in place under its name, and the service reloaded",
		use);
}

/* Settings, what is staged, the certificate of edge.ini. */
enum ctl_exit ctl_roll_begin(struct ctl_roll_job *j)
{
	struct ctl_cert_files files = {.skips_chain = true};
	enum ctl_exit exit = ctl_config(j->c);
	const struct topo *t;
	enum edge_err err;
	char why[256] = "";

	if (!exit)
		exit = ctl_roll_find(j->c, &j->roll);
	if (exit)
		return exit;
	if (!j->roll.chain)
		return ctl_fail(j->c, EDGE_EFORMAT, "CERT-001", ctl_roll_place,
				"no [certificate.av-auth] in edge.ini");
	files.chain = j->roll.chain;
	files.key = j->roll.key;
	err = ctl_cert_read(&j->old, &files, (int64_t)j->c->now_s, why,
			    sizeof(why));
	if (err)
		return ctl_fail(j->c, err, "CERT-001", ctl_roll_place, "%s",
				why);
	t = ctl_cert_topology(j->c, "tokens are taken to live 8 h");
	j->times.lifetime_s = t && t->token_lifetime_s ? t->token_lifetime_s
						       : CTL_ROLL_LIFETIME_S;
	j->members = t ? t->member_count : 0;
	topo_drop(t);
	j->times.old_ends_s = j->old.ends_s;
	j->times.effective_s = (int64_t)j->roll.staged.effective_s;
	return CTL_GOOD;
}

/* A running service reads its keys again; one that does not run will. */
void ctl_roll_reload(struct ctl *c)
{
	/* it has them at its next start, too */
	(void)ctl_daemon_reload(c, CTL_AV, TOPO_WARN);
}
