/* Names that are needed, pools with all their members, and no others. */
#include "edgectl/hosts_judge.h"

#include <string.h>
#include <strings.h>

#include "topology/hosts_check.h"

struct job {
	struct ctl_hosts_rows *out;
	const struct topo_hosts *hosts;
	const struct topo *topo;
};

static void add(struct job *j, enum ctl_hosts_fault fault, const char *name,
		const struct edge_addr *addr)
{
	struct ctl_hosts_rows *o = j->out;

	for (size_t i = 0; i < o->count; i++)
		if (!strcmp(o->v[i].name, name) && o->v[i].fault == fault &&
		    (!addr || edge_addr_same_ip(addr, &o->v[i].addr)))
			return;
	if (o->count == CTL_HOSTS_ROWS) {
		o->left_out += fault == CTL_HOSTS_MISSING;
		return;
	}
	o->v[o->count] = (struct ctl_hosts_row){.fault = fault, .name = name};
	if (addr)
		o->v[o->count].addr = *addr;
	o->count++;
}

struct addresses {
	const struct edge_addr *v;
	size_t count;
};

static struct addresses find(const struct job *j, const char *name)
{
	struct addresses a = {NULL, 0};

	if (!topo_hosts_find(j->hosts, edge_slice_str(name), &a.v, &a.count))
		a.count = 0;
	return a;
}

static bool has(struct addresses a, const struct edge_addr *at)
{
	for (size_t i = 0; i < a.count; i++)
		if (edge_addr_same_ip(&a.v[i], at))
			return true;
	return false;
}

/* -- names --------------------------------------------------------------- */

static void want(struct job *j, const char *name, const struct edge_addr *known)
{
	if (!find(j, name).count)
		add(j, CTL_HOSTS_MISSING, name,
		    known && known->family ? known : NULL);
}

/* The one address of the pool that no other member has. */
static const struct edge_addr *left_over(const struct job *j,
					 const struct topo_cluster *c)
{
	struct addresses pool = find(j, c->fqdn);
	const struct edge_addr *left = NULL;

	for (size_t i = 0; i < pool.count; i++) {
		bool is_taken = false;

		for (size_t m = 0; m < c->member_count && !is_taken; m++)
			is_taken = has(find(j, c->members[m].fqdn), &pool.v[i]);
		if (!is_taken && left)
			return NULL; /* two: no telling */
		if (!is_taken)
			left = &pool.v[i];
	}
	return left;
}

/* Of an inside name: guessed from its pool, when that leaves no choice. */
static const struct edge_addr *guess(const struct job *j, const char *name)
{
	for (size_t i = 0; i < j->topo->registrar_count; i++) {
		const struct topo_cluster *c = &j->topo->registrars[i];

		for (size_t m = 0; m < c->member_count; m++)
			if (!strcmp(c->members[m].fqdn, name))
				return left_over(j, c);
	}
	return NULL;
}

static void check_names(struct job *j)
{
	const struct topo *t = j->topo;

	for (size_t i = 0; i < t->trusted_count; i++)
		if (t->trusted[i].listeners &
		    (TOPO_TRUST_SIP | TOPO_TRUST_WEBCONF))
			want(j, t->trusted[i].fqdn,
			     guess(j, t->trusted[i].fqdn));
	want(j, t->pool, &t->internal);
	want(j, t->self, &t->internal);
	for (size_t i = 0; i < t->member_count; i++)
		want(j, t->members[i].fqdn, NULL);
}

/* -- pools --------------------------------------------------------------- */

/* With none of its members' addresses it is a balancer's. */
static void check_pool(struct job *j, const char *pool,
		       const struct topo_host *members, size_t count)
{
	struct addresses have = find(j, pool);
	bool is_of_members = false;

	for (size_t m = 0; m < count; m++) {
		struct addresses a = find(j, members[m].fqdn);

		for (size_t i = 0; i < a.count; i++)
			is_of_members |= has(have, &a.v[i]);
	}
	for (size_t m = 0; m < count && is_of_members; m++) {
		struct addresses a = find(j, members[m].fqdn);

		for (size_t i = 0; i < a.count; i++)
			if (!has(have, &a.v[i]))
				add(j, CTL_HOSTS_PARTIAL, pool, &a.v[i]);
	}
}

static void check_pools(struct job *j)
{
	const struct topo *t = j->topo;

	for (size_t i = 0; i < t->registrar_count; i++)
		check_pool(j, t->registrars[i].fqdn, t->registrars[i].members,
			   t->registrars[i].member_count);
	if (t->member_count)
		check_pool(j, t->pool, t->members, t->member_count);
}

/* -- surplus ------------------------------------------------------------- */

static void check_surplus(struct job *j)
{
	for (size_t i = 0; i < topo_hosts_count(j->hosts); i++) {
		struct topo_hosts_entry e = topo_hosts_at(j->hosts, i);

		if (e.in_block && !topo_hosts_is_known(j->topo, e.name))
			add(j, CTL_HOSTS_SURPLUS, e.name, NULL);
	}
}

void ctl_hosts_judge(struct ctl_hosts_rows *out, const struct topo_hosts *h,
		     const struct topo *t)
{
	struct job j = {out, h, t};

	out->count = out->left_out = 0;
	check_names(&j);
	check_pools(&j);
	check_surplus(&j);
}
