/* The topology whose policy is meant: in force, or of a file. */
#include <stdlib.h>

#include "edgectl/policy.h"
#include "edgectl/version.h"
#include "topology/bundle.h"
#include "topology/store.h"

static enum ctl_exit current(struct ctl *c, const struct topo **out)
{
	enum ctl_exit exit = ctl_config(c);
	struct topo_store *s = NULL;
	char why[256] = "";
	enum edge_err err;

	if (exit)
		return exit;
	err = topo_store_open(&s, c->config->state);
	if (!err)
		err = topo_store_current(s, out, why, sizeof(why));
	topo_store_free(s);
	if (!err)
		return CTL_GOOD;
	return ctl_fail(c, err, err == EDGE_ENOTFOUND ? "CTL-009" : "CTL-003",
			c->config->state, "%s", *why ? why : ctl_reason(err));
}

static enum ctl_exit built(struct ctl *c, const struct topo **out,
			   const struct topo_bundle *b, const char *self)
{
	struct ctl_build build = {
		.source = edge_slice(b->source.p, b->source.len),
		.self = self,
		.how = CTL_BUILD_DRAFT,
	};
	struct topo_import *made = NULL;
	enum ctl_exit exit = ctl_version_build(c, &made, &build);

	if (exit)
		return exit;
	*out = topo_hold(made->topo);
	topo_import_free(made);
	return CTL_GOOD;
}

enum ctl_exit ctl_policy_topology(struct ctl *c, const struct topo **out,
				  const struct ctl_policy_source *source)
{
	struct topo_bundle *b = NULL;
	const char *self;
	enum ctl_exit exit;

	if (!source->file)
		return current(c, out);
	self = ctl_self(c, source->self);
	if (!self)
		return CTL_INVALID;
	exit = ctl_version_source(c, &b, source->file, NULL);
	if (!exit)
		exit = built(c, out, b, self);
	topo_bundle_free(b);
	return exit;
}
