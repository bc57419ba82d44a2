/* What HOSTS should hold, as the topology has it. */
#include <stdio.h>
#include <string.h>

#include "topology/hosts_check.h"

struct missing {
	const struct topo_hosts *hosts;
	unsigned count;
	char names[320]; /* the first of them */
};

static void want(struct missing *m, const char *name)
{
	const struct edge_addr *addrs;
	size_t count, len = strlen(m->names);

	if (topo_hosts_find(m->hosts, edge_slice_str(name), &addrs, &count))
		return;
	m->count++;
	if (len + strlen(name) + 8 < sizeof(m->names))
		snprintf(m->names + len, sizeof(m->names) - len, "%s%s",
			 len ? ", " : "", name);
	else if (!strstr(m->names, "..."))
		snprintf(m->names + len, sizeof(m->names) - len, ", ...");
}

/* Central management is needed only to check a pusher's address. */
static bool is_needed(const struct topo_trusted *x)
{
	return x->listeners & (TOPO_TRUST_SIP | TOPO_TRUST_WEBCONF);
}

static void check_missing(const struct topo_hosts *h, const struct topo *t,
			  struct topo_findings *f)
{
	struct missing m = {.hosts = h};

	for (size_t i = 0; i < t->trusted_count; i++)
		if (is_needed(&t->trusted[i]))
			want(&m, t->trusted[i].fqdn);
	want(&m, t->pool);
	if (strcmp(t->self, t->pool) != 0)
		want(&m, t->self);
	for (size_t i = 0; i < t->member_count; i++)
		want(&m, t->members[i].fqdn);
	if (m.count)
		topo_finding_place(topo_findings_add(f, TOPO_WARN, "HOSTS-002",
						     "%u names missing: %s",
						     m.count, m.names),
				   0, "hosts");
}

/* The name itself, or its first label alone. */
static bool is_name_of(const char *name, const char *fqdn)
{
	size_t n = strcspn(fqdn, ".");

	return !strcmp(name, fqdn) ||
	       (strlen(name) == n && !strncmp(name, fqdn, n));
}

bool topo_hosts_is_known(const struct topo *t, const char *name)
{
	if (is_name_of(name, t->pool) || is_name_of(name, t->self))
		return true;
	for (size_t i = 0; i < t->member_count; i++)
		if (is_name_of(name, t->members[i].fqdn))
			return true;
	for (size_t i = 0; i < t->trusted_count; i++)
		if (is_name_of(name, t->trusted[i].fqdn))
			return true;
	return false;
}

static void check_surplus(const struct topo_hosts *h, const struct topo *t,
			  struct topo_findings *f)
{
	for (size_t i = 0; i < topo_hosts_count(h); i++) {
		struct topo_hosts_entry e = topo_hosts_at(h, i);

		if (e.in_block && !topo_hosts_is_known(t, e.name))
			topo_finding_place(
				topo_findings_add(f, TOPO_WARN, "HOSTS-003",
						  "%s is in the managed block; "
						  "the topology needs no such "
						  "name",
						  e.name),
				e.line, "hosts");
	}
}

/* An inside name right below a SIP domain: its suffix cannot tell inside from
 * outside, so the snapshot lists it by name instead. */
static bool is_below(const struct topo *t, const char *domain)
{
	for (size_t i = 0; i < t->inside_names.count; i++) {
		const char *dot = strchr(t->inside_names.v[i], '.');

		if (dot && !strcmp(dot + 1, domain))
			return true;
	}
	return false;
}

static void check_suffixes(const struct topo *t, struct topo_findings *f)
{
	for (size_t i = 0; i < t->domain_count; i++)
		if (is_below(t, t->domains[i].name))
			topo_findings_add(f, TOPO_WARN, "HOSTS-004",
					  "%s is the suffix of inside names "
					  "and a SIP domain",
					  t->domains[i].name);
}

void topo_hosts_check(const struct topo_hosts *h, const struct topo *t,
		      struct topo_findings *f)
{
	check_suffixes(t, f);
	if (!h)
		return;
	check_missing(h, t, f);
	check_surplus(h, t, f);
}
