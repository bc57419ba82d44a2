/* Unzip, parse, check, build: one call for import, check and hosts load. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/bundle.h"
#include "topology/hosts_check.h"
#include "topology/import.h"
#include "topology/snap.h"
#include "topology/xml.h"

void topo_import_hash(char out[2 * EDGE_SHA256_LEN + 1], struct edge_slice in)
{
	uint8_t digest[EDGE_SHA256_LEN];

	edge_sha256(in, digest);
	edge_hex(out, edge_slice(digest, sizeof(digest)));
}

static enum edge_err parse_hosts(struct topo_hosts **out, struct edge_slice in,
				 struct topo_findings *f)
{
	struct topo_hosts_fault fault = {0};
	enum edge_err err;

	if (!in.p)
		return EDGE_OK;
	err = topo_hosts_parse(out, in, &fault);
	if (err == EDGE_EFORMAT || err == EDGE_ELIMIT) {
		topo_finding_place(topo_findings_add(f, TOPO_FATAL, fault.code,
						     "%s", fault.text),
				   fault.line, "hosts");
		return EDGE_EFORMAT;
	}
	return err;
}

static enum edge_err parse_source(struct topo_draft **out,
				  struct edge_slice source,
				  struct topo_findings *f)
{
	uint8_t *copy = NULL;
	struct edge_slice doc;
	enum edge_err err;
	char why[256] = "";

	err = topo_bundle_document(&doc, &copy, source, why, sizeof(why));
	if (err && err != EDGE_ENOMEM) {
		topo_findings_add(f, TOPO_FATAL, "TOPO-ZIP-001", "%s",
				  *why ? why : edge_err_str(err));
		return EDGE_EFORMAT;
	}
	if (!err)
		err = topo_xml_parse(out, doc, f);
	free(copy);
	return err;
}

/* One inside name: each of its addresses must be reached on the inside. */
static void check_route(const struct topo *t, const char *name,
			struct topo_findings *f, enum topo_level level)
{
	const struct topo_host *h = topo_find_host(t, edge_slice_str(name));

	for (size_t i = 0; h && i < h->addr_count; i++) {
		enum topo_hosts_side side =
			topo_hosts_route(&h->addrs[i], &t->internal);
		char addr[EDGE_ADDR_STRLEN], own[EDGE_ADDR_STRLEN];

		if (side == TOPO_HOSTS_INSIDE)
			continue;
		edge_addr_print_ip(&h->addrs[i], false, addr);
		edge_addr_print_ip(&t->internal, false, own);
		topo_findings_add(
			f, level, "HOSTS-005",
			side == TOPO_HOSTS_NO_ROUTE
				? "no route to %s (%s); want one that leaves "
				  "from the internal address %s: add a static "
				  "route on the internal NIC"
				: "the route to %s (%s) does not leave from "
				  "the internal address %s: inside traffic "
				  "would go out of the wrong NIC; add a static "
				  "route on the internal NIC",
			name, addr, own);
	}
}

/* Only where the internal address is ours can routes be judged. */
static void check_routes(const struct topo *t,
			 const struct topo_import_plan *plan,
			 struct topo_findings *f)
{
	enum topo_level level = plan->lab ? TOPO_WARN : TOPO_ERROR;
	struct edge_addr from;

	if (!plan->check_routes || topo_hosts_source(&from, &t->internal) ||
	    !edge_addr_same_ip(&from, &t->internal))
		return;
	for (size_t i = 0; i < t->trusted_count; i++)
		check_route(t, t->trusted[i].fqdn, f, level);
}

static enum edge_err build(struct topo_import *i, const struct topo_draft *d,
			   const struct topo_check_plan *check,
			   const struct topo_import_plan *plan,
			   struct topo_findings *f)
{
	char why[256] = "";
	enum edge_err err;

	err = topo_check(d, check, f);
	if (!err)
		err = topo_snap_build(&i->snap, &i->snap_len, d, check, f);
	if (err)
		return err;
	err = topo_snap_decode(&i->topo, edge_slice(i->snap, i->snap_len), 0,
			       why, sizeof(why));
	if (err) { /* built by us, so our own fault; still no crash */
		topo_findings_add(f, TOPO_FATAL, "TOPO-SNAP-001", "%s", why);
		return err;
	}
	topo_import_hash(i->snap_sha256, edge_slice(i->snap, i->snap_len));
	topo_hosts_check(check->hosts, i->topo, f);
	check_routes(i->topo, plan, f);
	return topo_findings_refuse(f) ? EDGE_EFORMAT : EDGE_OK;
}

enum edge_err topo_import_build(struct topo_import **out,
				struct edge_slice source,
				struct edge_slice hosts,
				const struct topo_import_plan *plan,
				struct topo_findings *f)
{
	struct topo_import *i = calloc(1, sizeof(*i));
	struct topo_check_plan check = {
		.self = plan->self,
		.lab = plan->lab,
		.allow_draft = plan->allow_draft,
		.local = plan->local,
		.local_count = plan->local_count,
	};
	struct topo_hosts *h = NULL;
	struct topo_draft *d = NULL;
	enum edge_err err = EDGE_ENOMEM;

	if (!i)
		goto out;
	topo_import_hash(i->source_sha256, source);
	if (hosts.p)
		topo_import_hash(i->hosts_sha256, hosts);
	err = parse_hosts(&h, hosts, f);
	if (!err)
		err = parse_source(&d, source, f);
	if (err)
		goto out;
	check.sha256 = i->source_sha256;
	check.hosts = h;
	err = build(i, d, &check, plan, f);
	if (err)
		goto out;
	*out = i;
	i = NULL;
out:
	topo_import_free(i);
	topo_draft_free(d);
	topo_hosts_free(h);
	return err;
}

void topo_import_free(struct topo_import *i)
{
	if (!i)
		return;
	topo_drop(i->topo);
	if (i->snap)
		edge_wipe(i->snap, i->snap_len);
	free(i->snap);
	free(i);
}
