/* Step 1, Install Local Configuration Store: who this host is, and the import
 * of its topology. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "edgectl/settings.h"
#include "edgectl/setup.h"
#include "edgectl/version.h"
#include "topology/bundle.h"
#include "topology/machines.h"

enum { LOCAL_MAX = 256 };

struct search {
	struct ctl_setup *s;
	struct topo_machines machines;
	struct edge_addr here[LOCAL_MAX];
	size_t here_count;
	const struct topo_machine *self;
};

static void look_here(struct search *h)
{
	struct topo_local_addr *local = calloc(LOCAL_MAX, sizeof(*local));

	h->here_count = local ? ctl_version_local(local, LOCAL_MAX) : 0;
	for (size_t i = 0; i < h->here_count; i++)
		h->here[i] = local[i].addr;
	free(local);
}

/* "edge01.corp.contoso.com (has 172.16.20.21; lacks 192.0.2.31)" */
static void describe(const struct search *h, const struct topo_machine *m,
		     char *out, size_t cap)
{
	size_t len = (size_t)snprintf(out, cap, "%.100s", m->fqdn);
	char text[EDGE_ADDR_STRLEN];

	for (size_t i = 0; i < m->addr_count && len < cap; i++) {
		const bool is_here = topo_machine_here(
			&(struct topo_machine){.addrs = {m->addrs[i]},
					       .addr_count = 1},
			h->here, h->here_count);

		edge_addr_print_ip(&m->addrs[i], false, text);
		len += (size_t)snprintf(out + len, cap - len, "%s%s%s",
					i ? ", " : " (",
					is_here ? "has " : "lacks ", text);
	}
	if (len < cap)
		(void)snprintf(out + len, cap - len, ")");
}

/* This call, as that machine. */
static void add_call(struct ctl_cure *k, struct ctl_setup *s, const char *name)
{
	const char *given = s->fqdn;
	char line[CTL_CURE_LINE];

	s->fqdn = name;
	if (ctl_setup_again(s, line))
		ctl_cure_add(k, CTL_ON_EDGE, "%s", line);
	else
		k->left_out++;
	s->fqdn = given;
}

static enum ctl_exit unknown(const struct search *h, const char *saw)
{
	struct ctl_cure cure = {0};
	char text[TOPO_FINDING_TEXT], one[400];
	size_t len;

	(void)snprintf(text, sizeof(text), "%s", saw);
	for (size_t i = 0; i < h->machines.count; i++) {
		const struct topo_machine *m = &h->machines.v[i];

		describe(h, m, one, sizeof(one));
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, "%s%s",
			       i ? "; " : ": ", one);
		add_call(&cure, h->s, m->fqdn);
	}
	len = strlen(text);
	if (h->machines.left_out)
		(void)snprintf(text + len, sizeof(text) - len,
			       "; %zu without an address or a name of DNS",
			       h->machines.left_out);
	ctl_find_show(h->s->c, &(struct ctl_finding){.level = TOPO_ERROR,
						     .id = "SETUP-001",
						     .place = "this host",
						     .saw = text,
						     .cure = &cure});
	return CTL_INVALID;
}

/* A name that was given counts; else addresses. */
static enum ctl_exit choose(struct search *h)
{
	const char *name = h->s->fqdn ? h->s->fqdn : h->s->c->config->fqdn;
	char saw[300];
	size_t found;

	if (name) {
		h->self = topo_machines_named(&h->machines, name);
		if (h->self)
			return CTL_GOOD;
		(void)snprintf(saw, sizeof(saw),
			       "%.100s is no Edge machine of the topology; it "
			       "has",
			       name);
		return unknown(h, saw);
	}
	h->self = topo_machines_find(&h->machines, h->here, h->here_count,
				     &found);
	if (h->self)
		return CTL_GOOD;
	return unknown(h, !h->machines.count ? "no Edge machine in the topology"
			  : found ? "addresses of more than one Edge machine"
				  : "addresses of no Edge machine, whole");
}

static enum ctl_exit read_machines(struct search *h,
				   const struct topo_bundle *b)
{
	struct topo_findings found;
	enum edge_err err;

	topo_findings_init(&found, "topology");
	err = topo_machines_read(
		&h->machines, edge_slice(b->source.p, b->source.len), &found);
	if (err)
		ctl_find_all(h->s->c, &found);
	topo_findings_fini(&found);
	return ctl_exit_of(err);
}

/* The name for now; edge.ini has it once the import is done. */
static enum ctl_exit take_name(struct search *h)
{
	struct edge_config *k = h->s->c->config;
	char *name = strdup(h->self->fqdn);

	if (!name)
		return CTL_IO;
	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
	free(k->fqdn);
	k->fqdn = name;
	ctl_say(h->s->c, "this host is %s of %s", name, h->self->pool);
	return CTL_GOOD;
}

static enum ctl_exit find_self(struct ctl_setup *s)
{
	struct search *h = calloc(1, sizeof(*h));
	struct topo_bundle *b = NULL;
	enum ctl_exit exit;

	if (!h)
		return CTL_IO;
	h->s = s;
	look_here(h);
	/* only who we are: the import sees to signatures */
	exit = ctl_version_source(s->c, &b, s->bundle, NULL);
	if (!exit)
		exit = read_machines(h, b);
	if (!exit)
		exit = choose(h);
	if (!exit)
		exit = take_name(h);
	topo_bundle_free(b);
	free(h);
	return exit;
}

static enum ctl_exit import(struct ctl_setup *s)
{
	char bundle[1024], hosts[1024];
	char unsigned_[] = "--unsigned", hosts_[] = "--hosts", end[] = "--";
	char *argv[6];
	int argc = 0;

	if (snprintf(bundle, sizeof(bundle), "%s", s->bundle) >=
		    (int)sizeof(bundle) ||
	    (s->hosts && snprintf(hosts, sizeof(hosts), "%s", s->hosts) >=
				 (int)sizeof(hosts)))
		return ctl_fail(s->c, EDGE_ELIMIT, "CTL-007", s->bundle,
				"path too long");
	if (s->is_unsigned)
		argv[argc++] = unsigned_;
	if (s->hosts) {
		argv[argc++] = hosts_;
		argv[argc++] = hosts;
	}
	argv[argc++] = end;
	argv[argc++] = bundle;
	return ctl_topology_import(s->c, argc, argv);
}

static enum ctl_exit keep_name(struct ctl_setup *s)
{
	char name[TOPO_MACHINE_NAME];
	const struct ctl_ini_set set = {"local", "fqdn", name};

	(void)snprintf(name, sizeof(name), "%s", s->c->config->fqdn);
	return ctl_settings_set(s->c, &set, 1);
}

static enum ctl_exit make_folder(struct ctl_setup *s, const char *path)
{
	if (!mkdir(path, 0755) || errno == EEXIST)
		return CTL_GOOD;
	return ctl_fail(s->c, EDGE_ESYS, "CTL-007", path, "%s",
			strerror(errno));
}

enum ctl_exit ctl_setup_store(struct ctl_setup *s)
{
	char why[256];
	enum ctl_exit exit = ctl_config(s->c);

	if (!exit)
		exit = make_folder(s, s->c->config->state);
	if (exit || !s->bundle)
		return exit;
	exit = find_self(s);
	if (!exit)
		exit = import(s);
	if (!exit)
		exit = keep_name(s);
	s->is_imported = !exit;
	if (!exit)
		ctl_setup_load(s, why, sizeof(why));
	return exit;
}
