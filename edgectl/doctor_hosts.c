/* doctor, family DNS: names of the inside, which come from HOSTS alone. */
#include "edgectl/doctor_dns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/cure_ini.h"
#include "edgectl/hosts_judge.h"
#include "edgectl/quote.h"
#include "topology/store.h"

struct job {
	struct ctl_doctor *d;
	struct topo_store *store;
	struct topo_hosts *hosts;
	struct ctl_hosts_rows rows;
	struct ctl_quoted kept, next; /* HOSTS in the store, and the change */
};

static enum edge_err parse_version(struct topo_hosts **out,
				   const struct topo_store *s, uint64_t seq)
{
	uint8_t *text = NULL;
	size_t len = 0;
	enum edge_err err = topo_store_read(s, seq, "hosts", &text, &len);

	if (!err)
		err = topo_hosts_parse(out, edge_slice(text, len), NULL);
	free(text);
	return err;
}

/* -- an address that the store knew before ------------------------------- */

static bool knew(struct edge_addr *out, const struct topo_store *s,
		 uint64_t seq, const char *name)
{
	struct topo_hosts *h = NULL;
	const struct edge_addr *addrs;
	size_t count = 0;
	bool found;

	if (parse_version(&h, s, seq))
		return false;
	found = topo_hosts_find(h, edge_slice_str(name), &addrs, &count) &&
		count;
	if (found)
		*out = addrs[0];
	topo_hosts_free(h);
	return found;
}

static void look_back(struct edge_addr *out, const struct job *j,
		      const char *name)
{
	uint64_t *seqs = NULL;
	size_t count = 0;

	if (topo_store_list(j->store, &seqs, &count))
		return;
	while (count-- > 0)
		if (knew(out, j->store, seqs[count], name))
			break;
	free(seqs);
}

/* -- cures --------------------------------------------------------------- */

static bool has_block(const struct topo_hosts *h)
{
	for (size_t i = 0; i < topo_hosts_count(h); i++)
		if (topo_hosts_at(h, i).in_block)
			return true;
	return false;
}

/* Their names as a shell takes them; false: nobody should paste them. */
static bool name_files(struct job *j)
{
	const char *state = j->d->c->config->state;
	char kept[CTL_QUOTED], next[CTL_QUOTED];

	return snprintf(kept, sizeof(kept), "%s/replica/current/hosts", state) <
		       CTL_QUOTED &&
	       snprintf(next, sizeof(next), "%s/hosts.new", state) <
		       CTL_QUOTED &&
	       ctl_quote(&j->kept, kept) && ctl_quote(&j->next, next);
}

/* A copy of HOSTS with one change; the first one is made from the store's. */
static void cure_line(struct job *j, const char *address, const char *name)
{
	struct ctl_cure *k = &j->d->cure;

	if (!name_files(j)) {
		k->left_out++;
		return;
	}
	if (!k->count)
		ctl_cure_add(k, CTL_ON_EDGE, "cat %s > %s", j->kept.text,
			     j->next.text);
	if (has_block(j->hosts))
		ctl_cure_add(k, CTL_ON_EDGE,
			     "sed -i '/^# END lync-edge generated/i %s %s' %s",
			     address, name, j->next.text);
	else
		ctl_cure_add(k, CTL_ON_EDGE, "echo '%s %s' >> %s", address,
			     name, j->next.text);
}

static void cure_load(struct job *j)
{
	if (!name_files(j)) {
		j->d->cure.left_out++;
		return;
	}
	ctl_cure_end(&j->d->cure, CTL_ON_EDGE, "%s hosts load %s", j->d->tool,
		     j->next.text);
}

static void cure_row(struct job *j, const struct ctl_hosts_row *r)
{
	char text[EDGE_ADDR_STRLEN] = "ADDRESS";
	struct edge_addr at = r->addr;

	if (!at.family)
		look_back(&at, j, r->name);
	if (at.family)
		edge_addr_print_ip(&at, false, text);
	else
		ctl_cure_add(&j->d->cure, CTL_ON_INSIDE,
			     "on %s: Get-NetIPAddress -AddressFamily IPv4 "
			     "(ADDRESS below)",
			     r->name);
	cure_line(j, text, r->name);
}

static void cure_surplus(struct job *j, const struct ctl_hosts_row *r)
{
	char name[320];

	if (!name_files(j)) {
		j->d->cure.left_out++;
		return;
	}
	ctl_cure_pattern(name, sizeof(name), r->name);
	ctl_cure_add(&j->d->cure, CTL_ON_EDGE,
		     "sed -E -e 's/\\s%s(\\s|$)/ /Ig' -e "
		     "'/^\\s*[0-9A-Fa-f.:]+\\s*(#.*)?$/d' "
		     "%s > %s",
		     name, j->kept.text, j->next.text);
}

/* -- findings ------------------------------------------------------------ */

/* Whole names, and dots for those that have no room. */
static void append(char *dst, size_t cap, const char *name)
{
	static const char more[] = ", ...";
	size_t len = strlen(dst);

	if (len + 2 + strlen(name) + sizeof(more) < cap)
		snprintf(dst + len, cap - len, "%s%s", len ? ", " : "", name);
	else if (len < sizeof(more) || strcmp(dst + len - 3, "...") != 0)
		snprintf(dst + len, cap - len, "%s", more);
}

static void tell_missing(struct job *j)
{
	char names[320] = "";
	size_t count = j->rows.left_out;

	for (size_t i = 0; i < j->rows.count; i++) {
		const struct ctl_hosts_row *r = &j->rows.v[i];

		if (r->fault != CTL_HOSTS_MISSING)
			continue;
		append(names, sizeof(names), r->name);
		cure_row(j, r);
		count++;
	}
	if (!count)
		return;
	cure_load(j);
	ctl_doctor_bad(j->d, TOPO_WARN, "HOSTS-002", "hosts",
		       "%zu names missing: %s", count, names);
}

static void tell_row(struct job *j, const struct ctl_hosts_row *r)
{
	char text[EDGE_ADDR_STRLEN];

	if (r->fault == CTL_HOSTS_PARTIAL) {
		edge_addr_print_ip(&r->addr, false, text);
		cure_row(j, r);
		cure_load(j);
		ctl_doctor_bad(j->d, TOPO_WARN, "HOSTS-006", r->name,
			       "%s lacks %s, a member's address", r->name,
			       text);
	} else if (r->fault == CTL_HOSTS_SURPLUS) {
		cure_surplus(j, r);
		cure_load(j);
		ctl_doctor_bad(j->d, TOPO_WARN, "HOSTS-003", r->name,
			       "%s is in the managed block; the topology "
			       "needs no such name",
			       r->name);
	}
}

static void judge(struct job *j)
{
	ctl_hosts_judge(&j->rows, j->hosts, j->d->topo);
	tell_missing(j);
	for (size_t i = 0; i < j->rows.count; i++)
		tell_row(j, &j->rows.v[i]);
	if (!j->rows.count)
		ctl_doctor_good(j->d,
				"HOSTS has every inside name that is needed, "
				"and no other");
}

void ctl_dns_hosts(struct ctl_doctor *d)
{
	struct job j = {.d = d};
	enum edge_err err = topo_store_open(&j.store, d->c->config->state);

	if (!err)
		err = parse_version(&j.hosts, j.store, d->topo->seq);
	if (!err || err == EDGE_ENOTFOUND)
		judge(&j); /* a version without HOSTS has none of the names */
	else
		ctl_doctor_bad(d, TOPO_ERROR, "HOSTS-001", "hosts",
			       "in the store: %s", ctl_reason(err));
	topo_hosts_free(j.hosts);
	topo_store_free(j.store);
}
