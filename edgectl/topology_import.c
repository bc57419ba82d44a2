/* topology import, topology rollback: a new current version. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/secrets.h"
#include "edgectl/version.h"
#include "topology/bundle.h"

struct import {
	struct ctl *c;
	bool is_unsigned, may_be_older;
	const char *hosts, *self;
	struct topo_bundle *bundle;
	struct topo_import *built;
	struct topo_writer *writer;
	struct topo_meta current; /* seq 0: there is none */
	struct ctl_pool_secrets *secrets;
};

static struct edge_slice bytes_of(const struct topo_blob *b)
{
	/* p NULL says that it is not there */
	return b->p ? edge_slice(b->p, b->len) : (struct edge_slice){0};
}

/* Lab, or a person with all rights: TO 4.3 step 2, DESIGN 7. */
static enum ctl_exit may_be_unsigned(struct import *i)
{
	if (i->c->config->lab || (!geteuid() && isatty(STDIN_FILENO)))
		return CTL_GOOD;
	return ctl_fail(i->c, EDGE_EAUTH, "CTL-008", "--unsigned",
			"lab = no, and %s",
			geteuid() ? "this user is not root"
				  : "standard input is no terminal");
}

static enum ctl_exit read_bundle(struct import *i, const char *path)
{
	struct topo_bundle_plan plan = {
		.path = path,
		.hosts = i->hosts,
		.keys = i->c->config->trust.operator_keys,
		.allow_unsigned = i->is_unsigned,
	};
	enum edge_err err;
	char why[256] = "";

	err = topo_bundle_read(&i->bundle, &plan, why, sizeof(why));
	if (!err)
		return CTL_GOOD;
	return ctl_fail(i->c, err,
			err == EDGE_EAUTH	     ? "CTL-004"
			: err == EDGE_EUSAGE	     ? "CTL-001"
			: ctl_exit_of(err) == CTL_IO ? "CTL-007"
						     : "CTL-010",
			path, "%s", *why ? why : ctl_reason(err));
}

static enum ctl_exit read_current(struct ctl *c, struct topo_writer *w,
				  struct topo_meta *out)
{
	const struct topo_store *s = topo_writer_store(w);
	enum edge_err err;
	char why[256] = "";
	uint64_t seq = 0;

	*out = (struct topo_meta){0};
	err = topo_store_seq(s, &seq);
	if (!err && seq)
		err = topo_store_meta(s, seq, out, why, sizeof(why));
	return err ? ctl_fail(c, err, "CTL-003", "the current version", "%s",
			      *why ? why : ctl_reason(err))
		   : CTL_GOOD;
}

/* A topology that brings no HOSTS goes with those that are there. */
static enum ctl_exit keep_hosts(struct import *i)
{
	enum edge_err err;

	if (i->bundle->hosts.p || !*i->current.hosts_sha256)
		return CTL_GOOD;
	err = topo_store_read(topo_writer_store(i->writer), i->current.seq,
			      "hosts", &i->bundle->hosts.p,
			      &i->bundle->hosts.len);
	return err ? ctl_fail(i->c, err, "CTL-003",
			      "hosts of the current "
			      "version",
			      "%s", ctl_reason(err))
		   : CTL_GOOD;
}

static bool is_same(const struct import *i)
{
	const struct topo_meta *m = &i->current;

	return m->seq && !strcmp(m->source_sha256, i->built->source_sha256) &&
	       !strcmp(m->hosts_sha256, i->built->hosts_sha256) &&
	       !strcmp(m->snap_sha256, i->built->snap_sha256);
}

static enum ctl_exit check_age(const struct import *i)
{
	const struct topo_meta *m = &i->current;

	if (!i->bundle->seq || i->may_be_older ||
	    i->bundle->seq > m->bundle_high)
		return CTL_GOOD;
	return ctl_fail(i->c, EDGE_EOLDER, "CTL-005", i->bundle->name,
			"manifest sequence %llu; %llu was accepted already",
			(unsigned long long)i->bundle->seq,
			(unsigned long long)m->bundle_high);
}

static void fill_meta(const struct import *i, struct topo_meta *m)
{
	const struct topo_bundle *b = i->bundle;

	*m = (struct topo_meta){
		.bundle_seq = b->seq,
		.bundle_high = b->seq > i->current.bundle_high
				       ? b->seq
				       : i->current.bundle_high,
		.created_s = b->created_s,
	};
	snprintf(m->signature, sizeof(m->signature), "%.250s",
		 i->built->topo->signature);
	snprintf(m->source, sizeof(m->source), "%.250s", b->name);
	snprintf(m->signer, sizeof(m->signer), "%.250s", b->signer);
	snprintf(m->reason, sizeof(m->reason), "import");
	snprintf(m->self, sizeof(m->self), "%.250s", i->built->topo->self);
	memcpy(m->source_sha256, i->built->source_sha256, TOPO_META_HEX);
	memcpy(m->snap_sha256, i->built->snap_sha256, TOPO_META_HEX);
	memcpy(m->hosts_sha256, i->built->hosts_sha256, TOPO_META_HEX);
}

static void tell(struct ctl *c, const struct topo_meta *m, bool is_new)
{
	ctl_put_number(c, "seq", m->seq);
	ctl_put_text(c, "sha256", m->source_sha256);
	ctl_put_text(c, "signer", m->signer);
	ctl_put_text(c, "change", is_new ? "taken" : "none");
	ctl_say(c,
		is_new ? "version %llu taken (%s, signer %s)"
		       : "version %llu is that already (%s, signer %s)",
		(unsigned long long)m->seq, m->source, m->signer);
}

static enum ctl_exit take(struct import *i)
{
	struct ctl_version v = {
		.snap = edge_slice(i->built->snap, i->built->snap_len),
		.source = bytes_of(&i->bundle->source),
		.hosts = bytes_of(&i->bundle->hosts),
		.manifest = bytes_of(&i->bundle->manifest),
		.sig = bytes_of(&i->bundle->sig),
	};
	enum ctl_exit exit;

	if (is_same(i)) {
		exit = ctl_pool_secrets_install(i->c, i->secrets);
		ctl_version_catch_up(i->c, i->current.seq);
		tell(i->c, &i->current, false);
		return exit;
	}
	exit = check_age(i);
	if (exit)
		return exit;
	/* keys are only added, so they may come first: services find them
	 * when they take the version */
	exit = ctl_pool_secrets_install(i->c, i->secrets);
	if (exit)
		return exit;
	fill_meta(i, &v.meta);
	exit = ctl_version_take(i->c, i->writer, &v);
	if (!exit)
		tell(i->c, &v.meta, true);
	return exit;
}

static enum ctl_exit build_and_take(struct import *i)
{
	const struct ctl_build build = {
		.source = bytes_of(&i->bundle->source),
		.hosts = bytes_of(&i->bundle->hosts),
		.self = i->self,
		.how = CTL_BUILD_HERE,
	};
	enum ctl_exit exit = ctl_version_build(i->c, &i->built, &build);

	return exit ? exit : take(i);
}

static enum ctl_exit run(struct import *i, const char *path)
{
	enum ctl_exit exit = ctl_config(i->c);

	if (!exit && i->is_unsigned)
		exit = may_be_unsigned(i);
	if (exit)
		return exit;
	i->self = ctl_self(i->c, NULL);
	if (!i->self)
		return CTL_INVALID;
	exit = ctl_writer_open(i->c, &i->writer);
	if (!exit)
		exit = read_current(i->c, i->writer, &i->current);
	if (!exit)
		exit = read_bundle(i, path);
	if (!exit)
		exit = keep_hosts(i);
	if (!exit)
		exit = ctl_pool_secrets_parse(i->c, &i->secrets,
					      bytes_of(&i->bundle->secrets));
	return exit ? exit : build_and_take(i);
}

enum ctl_exit ctl_topology_import(struct ctl *c, int argc, char **argv)
{
	struct import i = {.c = c};
	const struct ctl_option options[] = {
		{"unsigned", NULL, &i.is_unsigned},
		{"rollback", NULL, &i.may_be_older},
		{"hosts", &i.hosts, NULL},
	};
	enum ctl_exit exit = ctl_options(c, options, 3, &argc, argv);

	if (exit)
		return exit;
	if (argc != 1)
		return ctl_usage(c, "topology import wants one BUNDLE");
	exit = run(&i, argv[0]);
	ctl_pool_secrets_free(i.secrets);
	topo_import_free(i.built);
	topo_bundle_free(i.bundle);
	topo_writer_free(i.writer);
	return exit;
}

/* What a version holds, read back for a new one. */
struct held {
	uint8_t *snap, *source, *hosts, *manifest, *sig;
	char why[256];
};

static enum edge_err read_back(const struct topo_store *s, uint64_t seq,
			       const char *name, uint8_t **p,
			       struct edge_slice *out)
{
	size_t len = 0;
	enum edge_err err = topo_store_read(s, seq, name, p, &len);

	if (err == EDGE_ENOTFOUND) {
		*out = (struct edge_slice){0};
		return EDGE_OK;
	}
	if (!err)
		*out = edge_slice(*p, len);
	return err;
}

/* All files of the old version; its snapshot must decode. */
static enum edge_err read_version(const struct topo_store *s, uint64_t seq,
				  struct held *h, struct ctl_version *v)
{
	const struct topo *t = NULL;
	enum edge_err err;

	err = topo_store_meta(s, seq, &v->meta, h->why, sizeof(h->why));
	if (!err)
		err = topo_store_load(s, seq, &t, h->why, sizeof(h->why));
	topo_drop(t);
	if (!err)
		err = read_back(s, seq, "topology.snap", &h->snap, &v->snap);
	if (!err)
		err = read_back(s, seq, "source", &h->source, &v->source);
	if (!err)
		err = read_back(s, seq, "hosts", &h->hosts, &v->hosts);
	if (!err)
		err = read_back(s, seq, "manifest", &h->manifest, &v->manifest);
	if (!err)
		err = read_back(s, seq, "manifest.sig", &h->sig, &v->sig);
	return err;
}

/* The one before the current when none is asked for. */
static enum ctl_exit choose(struct ctl *c, const struct topo_store *s,
			    uint64_t current, uint64_t *seq)
{
	uint64_t *seqs = NULL, before = 0;
	size_t count = 0;
	bool found = false;
	enum edge_err err = topo_store_list(s, &seqs, &count);

	for (size_t i = 0; !err && i < count; i++) {
		if (seqs[i] < current)
			before = seqs[i];
		found |= seqs[i] == *seq;
	}
	free(seqs);
	if (err)
		return ctl_fail(c, err, "CTL-003", "replica/versions", "%s",
				ctl_reason(err));
	if (*seq ? !found : !before)
		return ctl_fail(c, EDGE_EFORMAT, "CTL-012", "rollback",
				"no version %s",
				*seq ? "of that number" : "before the current");
	if (!*seq)
		*seq = before;
	return CTL_GOOD;
}

static enum ctl_exit roll_back(struct ctl *c, struct topo_writer *w,
			       struct held *h, uint64_t seq)
{
	const struct topo_store *s = topo_writer_store(w);
	struct ctl_version v = {0};
	struct topo_meta current;
	enum ctl_exit exit;
	enum edge_err err;

	exit = read_current(c, w, &current);
	if (!exit)
		exit = choose(c, s, current.seq, &seq);
	if (exit)
		return exit;
	if (seq == current.seq) {
		tell(c, &current, false);
		return CTL_GOOD;
	}
	err = read_version(s, seq, h, &v);
	if (err)
		return ctl_fail(c, err, "CTL-012", "rollback",
				"version %llu: %s", (unsigned long long)seq,
				*h->why ? h->why : ctl_reason(err));
	/* a new sequence: what is current is always the highest */
	v.meta.bundle_high = current.bundle_high;
	snprintf(v.meta.reason, sizeof(v.meta.reason),
		 "rollback of %llu to %llu", (unsigned long long)current.seq,
		 (unsigned long long)seq);
	exit = ctl_version_take(c, w, &v);
	if (!exit)
		tell(c, &v.meta, true);
	return exit;
}

enum ctl_exit ctl_topology_rollback(struct ctl *c, int argc, char **argv)
{
	enum ctl_exit exit = ctl_options(c, NULL, 0, &argc, argv);
	struct topo_writer *w = NULL;
	struct held h = {0};
	uint64_t seq = 0;

	if (exit)
		return exit;
	if (argc > 1)
		return ctl_usage(c, "topology rollback wants one SEQ at most");
	if (argc && !ctl_number(c, "SEQ", argv[0], &seq))
		return CTL_USAGE;
	exit = ctl_config(c);
	if (!exit)
		exit = ctl_writer_open(c, &w);
	if (!exit)
		exit = roll_back(c, w, &h, seq);
	topo_writer_free(w);
	free(h.snap);
	free(h.source);
	free(h.hosts);
	free(h.manifest);
	free(h.sig);
	return exit;
}
