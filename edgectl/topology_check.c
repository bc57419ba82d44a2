/* topology check, topology sign: nothing of the store is touched. */
#include <stdlib.h>
#include <string.h>

#include "edgectl/facts.h"
#include "edgectl/version.h"
#include "topology/bundle.h"

enum { SIGN_IN_PORT = 443 /* what every firewall lets out */ };

struct check {
	const char *hosts, *self;
	bool facts, local;
};

/* TO 6.3: one external address has 443 for the relay; sign-in is elsewhere. */
static void note_sign_in(struct ctl *c, const struct topo *t)
{
	const struct topo_listen *l = &t->listen[TOPO_PORT_ACCESS_CLIENT];

	if (l->present && l->addr.port != SIGN_IN_PORT)
		ctl_find(c, TOPO_INFO, "NOTE-PORT-443", "sign-in", "at port %u",
			 l->addr.port);
}

static enum ctl_exit check(struct ctl *c, const struct check *k,
			   const struct topo_bundle *b)
{
	struct topo_import *built = NULL;
	struct ctl_build build = {
		.source = edge_slice(b->source.p, b->source.len),
		.self = k->self,
		.how = CTL_BUILD_DRAFT | (k->local ? CTL_BUILD_HERE : 0),
	};
	enum ctl_exit exit;

	if (b->hosts.p)
		build.hosts = edge_slice(b->hosts.p, b->hosts.len);
	exit = ctl_version_build(c, &built, &build);
	if (exit)
		return exit;
	if (k->facts)
		ctl_facts_print(c, edge_slice(built->snap, built->snap_len),
				true);
	else
		ctl_say(c, "%s: good for %s, signature %s", b->name, k->self,
			built->topo->signature);
	note_sign_in(c, built->topo);
	ctl_put_text(c, "sha256", built->source_sha256);
	ctl_put_text(c, "self", k->self);
	topo_import_free(built);
	return CTL_GOOD;
}

enum ctl_exit ctl_topology_check(struct ctl *c, int argc, char **argv)
{
	struct check k = {0};
	const struct ctl_option options[] = {
		{"hosts", &k.hosts, NULL},
		{"self", &k.self, NULL},
		{"facts", NULL, &k.facts},
		{"local", NULL, &k.local},
	};
	enum ctl_exit exit = ctl_options(c, options, 4, &argc, argv);
	struct topo_bundle *b = NULL;

	if (exit)
		return exit;
	if (argc != 1)
		return ctl_usage(c, "topology check wants one FILE");
	k.self = ctl_self(c, k.self);
	if (!k.self)
		return CTL_INVALID;
	exit = ctl_version_source(c, &b, argv[0], k.hosts);
	if (!exit)
		exit = check(c, &k, b);
	topo_bundle_free(b);
	return exit;
}

enum ctl_exit ctl_topology_sign(struct ctl *c, int argc, char **argv)
{
	struct topo_signing how = {.created_s = c->now_s};
	const char *number = NULL;
	const struct ctl_option options[] = {
		{"key", &how.key, NULL},
		{"seq", &number, NULL},
	};
	enum ctl_exit exit = ctl_options(c, options, 2, &argc, argv);
	enum edge_err err;
	char why[256] = "";

	if (exit)
		return exit;
	if (argc != 1 || !how.key || !number)
		return ctl_usage(c, "topology sign wants FOLDER, --key PEM and "
				    "--seq N");
	if (!ctl_number(c, "--seq", number, &how.seq))
		return CTL_USAGE;
	how.folder = argv[0];
	err = topo_bundle_sign(&how, why, sizeof(why));
	if (err)
		return ctl_fail(c, err,
				err == EDGE_EAUTH ? "CTL-004" : "CTL-010",
				argv[0], "%s", *why ? why : ctl_reason(err));
	ctl_say(c, "%s: manifest and manifest.sig written, sequence %s",
		argv[0], number);
	ctl_put_number(c, "seq", how.seq);
	return CTL_GOOD;
}
