/* Edge machines out of a draft, and the one that lives here. */
#include "topology/machines.h"

#include <stdlib.h>
#include <string.h>

#include "topology/bundle.h"
#include "topology/name.h"
#include "topology/role.h"
#include "topology/xml.h"

static bool has(const struct edge_addr *list, size_t count,
		const struct edge_addr *a)
{
	for (size_t i = 0; i < count; i++)
		if (edge_addr_same_ip(&list[i], a))
			return true;
	return false;
}

static void add_addr(struct topo_machine *m, const char *text)
{
	struct edge_addr a;

	if (!text || m->addr_count == TOPO_MACHINE_ADDRS ||
	    edge_addr_parse(&a, edge_slice_str(text), 0) ||
	    edge_addr_classify(&a) == EDGE_ADDR_UNSPECIFIED ||
	    has(m->addrs, m->addr_count, &a))
		return;
	m->addrs[m->addr_count++] = a;
}

/* A name of DNS: it is shown, and put into commands, before anybody has looked
 * at the document's signature. */
static bool take_name(char out[TOPO_MACHINE_NAME], const char *text)
{
	const struct edge_slice name = edge_slice_str(text ? text : "");

	return topo_name_is_valid(name) &&
	       edge_slice_copy(out, TOPO_MACHINE_NAME, name);
}

/* Addresses as bound: those before NAT are on another machine. */
static void add_machine(struct topo_machines *out,
			const struct topo_draft_cluster *c,
			const struct topo_draft_machine *from)
{
	struct topo_machine *m = &out->v[out->count];
	bool fits;

	if (out->count == TOPO_MACHINES_MAX) {
		out->left_out++;
		return;
	}
	memset(m, 0, sizeof(*m));
	fits = take_name(m->fqdn, from->fqdn) && take_name(m->pool, c->fqdn);
	for (const struct topo_draft_nic *n = from->nics; n; n = n->next) {
		if (strcmp(n->side, "Internal") && strcmp(n->side, "External"))
			continue;
		add_addr(m, n->address);
		add_addr(m, n->address6);
	}
	if (fits && m->addr_count)
		out->count++;
	else
		out->left_out++;
}

static void fill(struct topo_machines *out, const struct topo_draft *d)
{
	const struct topo_draft_service *e = topo_role_edge(d->services);

	for (; e; e = topo_role_edge(e->next)) {
		const struct topo_draft_cluster *c =
			topo_draft_cluster(d, e->cluster_id);

		for (const struct topo_draft_machine *m = c ? c->machines
							    : NULL;
		     m; m = m->next)
			add_machine(out, c, m);
	}
}

enum edge_err topo_machines_read(struct topo_machines *out,
				 struct edge_slice source,
				 struct topo_findings *f)
{
	struct topo_draft *d = NULL;
	struct edge_slice doc;
	uint8_t *copy = NULL;
	char why[256] = "";
	enum edge_err err =
		topo_bundle_document(&doc, &copy, source, why, sizeof(why));

	out->count = out->left_out = 0;
	if (err)
		topo_findings_add(f, TOPO_FATAL, "TOPO-ZIP-001", "%s",
				  *why ? why : edge_err_str(err));
	else
		err = topo_xml_parse(&d, doc, f);
	if (!err)
		fill(out, d);
	topo_draft_free(d);
	free(copy);
	return err;
}

const struct topo_machine *topo_machines_named(const struct topo_machines *m,
					       const char *fqdn)
{
	for (size_t i = 0; i < m->count; i++)
		if (topo_name_eq(edge_slice_str(fqdn), m->v[i].fqdn))
			return &m->v[i];
	return NULL;
}

size_t topo_machine_here(const struct topo_machine *m,
			 const struct edge_addr *local, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < m->addr_count; i++)
		n += has(local, count, &m->addrs[i]);
	return n;
}

const struct topo_machine *topo_machines_find(const struct topo_machines *m,
					      const struct edge_addr *local,
					      size_t count, size_t *found)
{
	const struct topo_machine *one = NULL;

	*found = 0;
	for (size_t i = 0; i < m->count; i++) {
		if (topo_machine_here(&m->v[i], local, count) !=
		    m->v[i].addr_count)
			continue;
		one = &m->v[i];
		++*found;
	}
	return *found == 1 ? one : NULL;
}
