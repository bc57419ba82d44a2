/* One way for every change of the topology to become the current one. */
#include <ifaddrs.h>
#include <jansson.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/admin.h"
#include "edgectl/offer.h"
#include "edgectl/version.h"
#include "topology/bundle.h"

enum { LOCAL_ADDRS_MAX = 256 /* ours */ };

enum ctl_exit ctl_writer_open(struct ctl *c, struct topo_writer **out)
{
	enum edge_err err;
	char why[256] = "";

	err = topo_writer_open(out, c->config->state, why, sizeof(why));
	return err ? ctl_fail(c, err, "CTL-003", c->config->state, "%s", why)
		   : CTL_GOOD;
}

static enum edge_err add_file(struct topo_writer *w, const char *name,
			      struct edge_slice bytes)
{
	return bytes.p ? topo_writer_add(w, name, bytes) : EDGE_OK;
}

static enum edge_err write_version(struct topo_writer *w,
				   const struct ctl_version *v)
{
	enum edge_err err = topo_writer_stage(w);

	if (!err)
		err = add_file(w, "source", v->source);
	if (!err)
		err = add_file(w, "hosts", v->hosts);
	if (!err)
		err = add_file(w, "manifest", v->manifest);
	if (!err)
		err = add_file(w, "manifest.sig", v->sig);
	if (!err)
		err = add_file(w, "topology.snap", v->snap);
	if (!err)
		err = topo_writer_finish(w, &v->meta);
	return err;
}

/* The change is made even when its note cannot be: a warning. */
static void audit(struct ctl *c, struct topo_writer *w,
		  const struct ctl_version *v, const char *result)
{
	const struct topo_meta *m = &v->meta;
	enum edge_err err;
	char text[900];

	snprintf(text, sizeof(text),
		 "seq=%llu result=%s reason=\"%.60s\" signer=\"%.100s\" "
		 "source=\"%.100s\" sha256=%.64s by=\"%.100s\"",
		 (unsigned long long)m->seq, result, m->reason, m->signer,
		 m->source, m->source_sha256, m->by);
	err = topo_writer_audit(w, c->now_s, text);
	if (err)
		ctl_find(c, TOPO_WARN, "CTL-007", "replica/audit",
			 "no line written: %s", ctl_reason(err));
}

static void fill_by(struct topo_meta *m)
{
	const char *login = getenv("SUDO_USER");
	const char *tty = isatty(STDIN_FILENO) ? ttyname(STDIN_FILENO) : NULL;

	snprintf(m->by, sizeof(m->by), "uid %u%s%.60s on %.60s",
		 (unsigned)getuid(), login ? ", sudo of " : "",
		 login ? login : "", tty ? tty : "no terminal");
}

static enum ctl_exit store_fault(struct ctl *c, enum edge_err err,
				 const char *what)
{
	return ctl_fail(c, err, "CTL-007", c->config->state, "%s: %s", what,
			ctl_reason(err));
}

/* From a written version to the current one. */
static enum ctl_exit take(struct ctl *c, struct topo_writer *w,
			  struct ctl_version *v)
{
	struct ctl_offer offer;
	enum ctl_exit exit;
	enum edge_err err;

	exit = ctl_offer_prepare(c, &offer, v->meta.seq);
	if (exit) {
		err = topo_writer_remove(w, v->meta.seq);
		if (err)
			store_fault(c, err, "removing the refused version");
		audit(c, w, v, "refused");
		return exit;
	}
	err = topo_writer_activate(w, v->meta.seq);
	if (err) {
		ctl_offer_abort(c, &offer);
		return store_fault(c, err, "making the version current");
	}
	ctl_offer_commit(c, &offer);
	audit(c, w, v, "taken");
	err = topo_writer_prune(w);
	if (err)
		ctl_find(c, TOPO_WARN, "CTL-007", c->config->state,
			 "removing old versions: %s", ctl_reason(err));
	return CTL_GOOD;
}

enum ctl_exit ctl_version_take(struct ctl *c, struct topo_writer *w,
			       struct ctl_version *v)
{
	enum edge_err err;
	uint64_t seq;

	err = topo_writer_next(w, v->meta.bundle_seq, &seq);
	if (err)
		return store_fault(c, err, "finding a sequence");
	v->meta.seq = seq;
	v->meta.imported_s = c->now_s;
	fill_by(&v->meta);
	err = write_version(w, v);
	if (err)
		return store_fault(c, err, "writing the version");
	return take(c, w, v);
}

/* Sequence a running daemon is on; 0: not running, or no answer. */
static uint64_t daemon_seq(struct ctl *c, size_t i)
{
	const struct edge_admin_question q = {.run = c->config->run,
					      .daemon = ctl_daemons[i],
					      .method = "GET",
					      .path = "/v1/status"};
	struct edge_admin_answer a;
	uint64_t seq;
	json_t *o;

	if (edge_admin_call(&a, &q))
		return 0;
	o = json_loads(a.body, 0, NULL);
	seq = (uint64_t)json_integer_value(
		json_object_get(json_object_get(o, "topology"), "seq"));
	json_decref(o);
	free(a.body);
	return seq;
}

void ctl_version_catch_up(struct ctl *c, uint64_t seq)
{
	for (size_t i = 0; i < CTL_DAEMONS; i++) {
		uint64_t has = daemon_seq(c, i);
		struct edge_admin_answer answer = {0};

		if (!has || has == seq)
			continue;
		if (!ctl_daemon_post(c, i, "/v1/reload", 0, &answer))
			free(answer.body);
		has = daemon_seq(c, i);
		if (has && has != seq)
			ctl_find(c, TOPO_WARN, "CTL-013", ctl_daemons[i],
				 "is on version %llu, the store on %llu",
				 (unsigned long long)has,
				 (unsigned long long)seq);
	}
}

static unsigned prefix_of(const struct sockaddr *mask)
{
	const uint8_t *p;
	size_t len;
	unsigned bits = 0;

	if (!mask)
		return 0;
	if (mask->sa_family == AF_INET) {
		p = (const uint8_t *)&(
			    (const struct sockaddr_in *)(const void *)mask)
			    ->sin_addr;
		len = 4;
	} else {
		p = (const uint8_t *)&(
			    (const struct sockaddr_in6 *)(const void *)mask)
			    ->sin6_addr;
		len = 16;
	}
	for (size_t i = 0; i < len; i++)
		bits += (unsigned)__builtin_popcount(p[i]);
	return bits;
}

size_t ctl_version_local(struct topo_local_addr *out, size_t cap)
{
	struct ifaddrs *list = NULL;
	size_t count = 0;

	if (getifaddrs(&list))
		return 0;
	for (const struct ifaddrs *i = list; i && count < cap;
	     i = i->ifa_next) {
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
		    (i->ifa_addr->sa_family != AF_INET &&
		     i->ifa_addr->sa_family != AF_INET6))
			continue;
		if (edge_addr_from_sockaddr(&out[count].addr, i->ifa_addr))
			continue;
		out[count].addr.port = 0;
		out[count++].prefix = prefix_of(i->ifa_netmask);
	}
	freeifaddrs(list);
	return count;
}

enum ctl_exit ctl_version_build(struct ctl *c, struct topo_import **out,
				const struct ctl_build *b)
{
	struct topo_local_addr local[LOCAL_ADDRS_MAX];
	struct topo_import_plan plan = {
		.self = b->self,
		.lab = c->config && c->config->lab,
		.check_routes = b->how & CTL_BUILD_HERE,
		.allow_draft = b->how & CTL_BUILD_DRAFT,
	};
	struct topo_findings found;
	enum edge_err err;

	if (b->how & CTL_BUILD_HERE) {
		plan.local = local;
		plan.local_count = ctl_version_local(local, LOCAL_ADDRS_MAX);
	}
	topo_findings_init(&found, "topology");
	err = topo_import_build(out, b->source, b->hosts, &plan, &found);
	ctl_find_all(c, &found);
	if (err && !topo_findings_refuse(&found)) /* not explained yet */
		ctl_fail(c, err, "CTL-010", "the document", "%s",
			 ctl_reason(err));
	topo_findings_fini(&found);
	if (err == EDGE_ENOTFOUND)
		err = EDGE_EFORMAT; /* self or next hop not in the document */
	return ctl_exit_of(err);
}

enum ctl_exit ctl_version_source(struct ctl *c, struct topo_bundle **out,
				 const char *path, const char *hosts)
{
	/* a look at content: whose signature it bears does not matter */
	struct topo_bundle_plan plan = {
		.path = path, .hosts = hosts, .allow_unsigned = true};
	enum edge_err err;
	char why[256] = "";

	err = topo_bundle_read(out, &plan, why, sizeof(why));
	if (!err)
		return CTL_GOOD;
	return ctl_fail(c, err,
			ctl_exit_of(err) == CTL_IO ? "CTL-007" : "CTL-010",
			path, "%s", *why ? why : ctl_reason(err));
}
