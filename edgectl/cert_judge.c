/* The rules that a certificate and its key must stand, one function a rule. */
#include "edgectl/cert_judge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WARN_DAYS = 30 /* TO 5.5, CERT-009 */ };

const char *ctl_cert_roots(const struct ctl *c, enum edge_cert_use use)
{
	return use == EDGE_CERT_INTERNAL ? c->config->trust.internal_ca
					 : c->config->trust.public_roots;
}

static const char *name_of(const struct ctl_cert_judge *j)
{
	return ctl_cert_use_name(j->use);
}

static bool has_name(const struct ctl_cert_names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (!strcasecmp(n->v[i], name))
			return true;
	return false;
}

static void check_missing(const struct ctl_cert_judge *j,
			  const struct ctl_cert *x)
{
	struct ctl_cert_names *wanted = calloc(1, sizeof(*wanted));
	char missing[400] = "";

	if (wanted && j->topo)
		ctl_cert_names(wanted, j->use, j->topo);
	for (size_t i = 0; wanted && i < wanted->count; i++)
		if (!has_name(&x->names, wanted->v[i]))
			ctl_cert_names_append(missing, sizeof(missing),
					      wanted->v[i]);
	free(wanted);
	if (*missing)
		ctl_find(j->c, j->is_name_forced ? TOPO_WARN : TOPO_ERROR,
			 "CERT-003", name_of(j), "missing: %s", missing);
}

static void check_names(const struct ctl_cert_judge *j,
			const struct ctl_cert *x)
{
	if (j->use == EDGE_CERT_INTERNAL && !x->names.count) {
		ctl_find(j->c, j->is_name_forced ? TOPO_WARN : TOPO_ERROR,
			 "CERT-010", name_of(j),
			 "no DNS subjectAltName at all, subject %s",
			 x->subject);
		return;
	}
	check_missing(j, x);
	if (x->has_wildcard)
		ctl_find(j->c, TOPO_WARN, "CERT-006", name_of(j),
			 "a name with a wildcard");
}

/* Which certificates are also shown when the edge dials. */
static void check_usage(const struct ctl_cert_judge *j,
			const struct ctl_cert *x)
{
	if (!x->has_eku)
		return;
	if (!x->server_auth)
		ctl_find(j->c, TOPO_ERROR, "CERT-005", name_of(j),
			 "extended key usage without serverAuth");
	else if (!x->client_auth && j->use == EDGE_CERT_ACCESS && j->topo &&
		 j->topo->federation_ports)
		ctl_find(j->c, TOPO_WARN, "CERT-005", name_of(j),
			 "no clientAuth: partners may refuse it when this edge "
			 "dials them");
	else if (!x->client_auth && j->use == EDGE_CERT_INTERNAL)
		ctl_find(j->c, TOPO_INFO, "CERT-005", name_of(j),
			 "no clientAuth: a strict inside server may refuse it "
			 "when this edge dials");
}

static void check_time(const struct ctl_cert_judge *j, const struct ctl_cert *x)
{
	if (!x->is_begun)
		ctl_find(j->c, TOPO_ERROR, "CERT-009", name_of(j),
			 "not valid yet");
	else if (x->days_left < 0)
		ctl_find(j->c, TOPO_ERROR, "CERT-009", name_of(j),
			 "expired at %s", x->not_after);
	else if (x->days_left < WARN_DAYS)
		ctl_find(j->c, TOPO_WARN, "CERT-009", name_of(j),
			 "%" PRId64 " days left, until %s", x->days_left,
			 x->not_after);
}

static void check_key(const struct ctl_cert_judge *j, const struct ctl_cert *x,
		      const char *why)
{
	if (!x->has_key)
		ctl_find(j->c, TOPO_ERROR, "CERT-001", name_of(j), "%s", why);
	else if (!x->key_matches)
		ctl_find(j->c, TOPO_ERROR, "CERT-002", name_of(j),
			 "%s does not belong to the certificate",
			 j->files->key);
	if (j->use != EDGE_CERT_AV_AUTH)
		return;
	if (!strncmp(x->key_type, "ED", 2))
		ctl_find(j->c, TOPO_ERROR, "CERT-001", name_of(j),
			 "key type %s, want RSA or EC for A/V tokens",
			 x->key_type);
	if (j->spki && strcasecmp(j->spki, x->spki_sha256) != 0)
		ctl_find(j->c, TOPO_ERROR, "CERT-004", name_of(j),
			 "public key %.16s..., the pool's is %.16s...",
			 x->spki_sha256, j->spki);
}

static void check_chain(const struct ctl_cert_judge *j,
			const struct ctl_cert *x)
{
	/* which roots clients outside have is not known here */
	if (*x->chain_fault)
		ctl_find(j->c,
			 j->use == EDGE_CERT_INTERNAL ? TOPO_ERROR : TOPO_WARN,
			 "CERT-011", name_of(j), "%s, against %s",
			 x->chain_fault,
			 j->files->roots ? j->files->roots
					 : "the system's roots");
}

void ctl_cert_judge(const struct ctl_cert_judge *j, const struct ctl_cert *x,
		    const char *why)
{
	check_key(j, x, why);
	check_names(j, x);
	check_usage(j, x);
	check_chain(j, x);
	if (!j->is_previous)
		check_time(j, x);
}
