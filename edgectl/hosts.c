/* hosts load: the same topology with other HOSTS, as a new version. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/version.h"
#include "topology/file.h"
#include "topology/hosts.h"

struct load {
	struct ctl *c;
	struct topo_writer *writer;
	uint8_t *hosts, *source, *manifest, *sig;
	struct topo_import *built;
	struct ctl_version v; /* its meta begins as the current one's */
};

static enum edge_err read_back(struct load *l, const char *name, uint8_t **p,
			       struct edge_slice *out)
{
	size_t len = 0;
	enum edge_err err = topo_store_read(topo_writer_store(l->writer),
					    l->v.meta.seq, name, p, &len);

	if (err == EDGE_ENOTFOUND)
		return EDGE_OK;
	if (!err)
		*out = edge_slice(*p, len);
	return err;
}

static enum ctl_exit read_current(struct load *l)
{
	const struct topo_store *s = topo_writer_store(l->writer);
	struct ctl_version *v = &l->v;
	enum edge_err err;
	char why[256] = "";
	uint64_t seq = 0;

	err = topo_store_seq(s, &seq);
	if (!err && !seq)
		return ctl_fail(l->c, EDGE_ENOTFOUND, "CTL-009",
				l->c->config->state, "no current version");
	if (!err)
		err = topo_store_meta(s, seq, &v->meta, why, sizeof(why));
	if (!err)
		err = read_back(l, "source", &l->source, &v->source);
	if (!err)
		err = read_back(l, "manifest", &l->manifest, &v->manifest);
	if (!err)
		err = read_back(l, "manifest.sig", &l->sig, &v->sig);
	if (err || !v->source.p)
		return ctl_fail(l->c, err ? err : EDGE_ENOTFOUND, "CTL-003",
				"the current version", "%s",
				*why ? why
				     : ctl_reason(err ? err : EDGE_ENOTFOUND));
	return CTL_GOOD;
}

static void tell(struct load *l, bool is_new)
{
	ctl_put_number(l->c, "seq", l->v.meta.seq);
	ctl_put_text(l->c, "change", is_new ? "taken" : "none");
	ctl_say(l->c,
		is_new ? "version %" PRIu64 " taken with these HOSTS"
		       : "version %" PRIu64 " has these HOSTS already",
		l->v.meta.seq);
}

static enum ctl_exit take(struct load *l)
{
	struct topo_meta *m = &l->v.meta;
	uint64_t was = m->seq;
	enum ctl_exit exit;

	if (!strcmp(m->hosts_sha256, l->built->hosts_sha256) &&
	    !strcmp(m->snap_sha256, l->built->snap_sha256)) {
		ctl_version_catch_up(l->c, m->seq);
		tell(l, false);
		return CTL_GOOD;
	}
	l->v.snap = edge_slice(l->built->snap, l->built->snap_len);
	memcpy(m->hosts_sha256, l->built->hosts_sha256, TOPO_META_HEX);
	memcpy(m->snap_sha256, l->built->snap_sha256, TOPO_META_HEX);
	snprintf(m->self, sizeof(m->self), "%.250s", l->built->topo->self);
	snprintf(m->reason, sizeof(m->reason), "hosts, topology of %" PRIu64,
		 was);
	exit = ctl_version_take(l->c, l->writer, &l->v);
	if (!exit)
		tell(l, true);
	return exit;
}

static enum ctl_exit build_and_take(struct load *l, const char *self)
{
	const struct ctl_build build = {
		.source = l->v.source,
		.hosts = l->v.hosts,
		.self = self,
		.how = CTL_BUILD_HERE,
	};
	enum ctl_exit exit = ctl_version_build(l->c, &l->built, &build);

	return exit ? exit : take(l);
}

static enum ctl_exit run(struct load *l, const char *path)
{
	enum ctl_exit exit = ctl_config(l->c);
	const char *self;
	enum edge_err err;
	size_t len;

	if (exit)
		return exit;
	self = ctl_self(l->c, NULL);
	if (!self)
		return CTL_INVALID;
	err = topo_file_read(&l->hosts, &len, AT_FDCWD, path,
			     TOPO_HOSTS_MAX_BYTES);
	if (err)
		return ctl_fail(l->c, err, "CTL-007", path, "%s",
				ctl_reason(err));
	l->v.hosts = edge_slice(l->hosts, len);
	exit = ctl_writer_open(l->c, &l->writer);
	if (!exit)
		exit = read_current(l);
	return exit ? exit : build_and_take(l, self);
}

enum ctl_exit ctl_hosts_load(struct ctl *c, int argc, char **argv)
{
	enum ctl_exit exit = ctl_options(c, NULL, 0, &argc, argv);
	struct load l = {.c = c};

	if (exit)
		return exit;
	if (argc != 1)
		return ctl_usage(c, "hosts load wants one FILE");
	exit = run(&l, argv[0]);
	topo_import_free(l.built);
	topo_writer_free(l.writer);
	free(l.hosts);
	free(l.source);
	free(l.manifest);
	free(l.sig);
	return exit;
}
