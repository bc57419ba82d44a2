/* Verdicts on a certificate: one check a finding. */
#include "edgectl/cert_judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WARN_DAYS = 30 /* TO 5.5, CERT-009 */ };

struct job {
	struct ctl_verdicts *out;
	const struct ctl_cert_case *of;
};

static void say(const struct job *j, enum topo_level level, const char *id,
		const char *fmt, ...) EDGE_PRINTF(4, 5);

static void say(const struct job *j, enum topo_level level, const char *id,
		const char *fmt, ...)
{
	struct ctl_verdict *v = &j->out->v[j->out->count];
	va_list ap;

	if (j->out->count == CTL_VERDICTS)
		return;
	v->level = level;
	v->id = id;
	va_start(ap, fmt);
	vsnprintf(v->text, sizeof(v->text), fmt, ap);
	va_end(ap);
	j->out->count++;
}

static void append(char *dst, size_t cap, const char *name)
{
	size_t len = strlen(dst);

	snprintf(dst + len, cap - len, "%s%s", len ? ", " : "", name);
}

static bool has_name(const struct ctl_cert_names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (!strcasecmp(n->v[i], name))
			return true;
	return false;
}

static void check_names(const struct job *j, const struct ctl_cert *x,
			const struct ctl_cert_names *wanted)
{
	char missing[400] = "";

	if (j->of->use == EDGE_CERT_INTERNAL && !x->names.count) {
		say(j, TOPO_ERROR, "CERT-010",
		    "no DNS subjectAltName at all, subject %s", x->subject);
		return;
	}
	for (size_t i = 0; i < wanted->count; i++)
		if (!has_name(&x->names, wanted->v[i]))
			append(missing, sizeof(missing), wanted->v[i]);
	if (*missing)
		say(j, TOPO_ERROR, "CERT-003", "missing: %s", missing);
	if (x->has_wildcard)
		say(j, TOPO_WARN, "CERT-006", "a name with a wildcard");
}

/* Which certificates are also shown when the edge dials. */
static void check_usage(const struct job *j, const struct ctl_cert *x)
{
	if (!x->has_eku)
		return;
	if (!x->server_auth)
		say(j, TOPO_ERROR, "CERT-005",
		    "extended key usage without serverAuth");
	else if (!x->client_auth && j->of->use == EDGE_CERT_ACCESS &&
		 j->of->dials_partners)
		say(j, TOPO_WARN, "CERT-005",
		    "no clientAuth: partners may refuse it when this edge "
		    "dials them");
	else if (!x->client_auth && j->of->use == EDGE_CERT_INTERNAL)
		say(j, TOPO_INFO, "CERT-005",
		    "no clientAuth: a strict inside server may refuse it "
		    "when this edge dials");
}

static void check_time(const struct job *j, const struct ctl_cert *x)
{
	if (!x->is_begun)
		say(j, TOPO_ERROR, "CERT-009", "not valid yet");
	else if (x->days_left < 0)
		say(j, TOPO_ERROR, "CERT-009", "expired at %s", x->not_after);
	else if (x->days_left < WARN_DAYS)
		say(j, TOPO_WARN, "CERT-009", "%" PRId64 " days left, until %s",
		    x->days_left, x->not_after);
}

static void check_key(const struct job *j, const struct ctl_cert *x,
		      const char *why)
{
	if (!x->has_key && edge_config_credential(j->of->key_file))
		say(j, TOPO_INFO, "CERT-001",
		    "%s is not judged, %s; systemd may have it elsewhere",
		    j->of->key_file, why);
	else if (!x->has_key)
		say(j, TOPO_ERROR, "CERT-001", "%s", why);
	else if (!x->key_matches)
		say(j, TOPO_ERROR, "CERT-002",
		    "%s does not belong to the certificate", j->of->key_file);
	if (j->of->use != EDGE_CERT_AV_AUTH)
		return;
	if (!strncmp(x->key_type, "ED", 2))
		say(j, TOPO_ERROR, "CERT-001",
		    "key type %s, want RSA or EC for A/V tokens", x->key_type);
	if (j->of->spki && j->of->is_current &&
	    strcasecmp(j->of->spki, x->spki_sha256) != 0)
		say(j, TOPO_ERROR, "CERT-004",
		    "public key %.16s..., the pool's is %.16s...",
		    x->spki_sha256, j->of->spki);
}

static void check_chain(const struct job *j, const struct ctl_cert *x)
{
	/* which roots clients outside have is not known here */
	if (*x->chain_fault)
		say(j,
		    j->of->use == EDGE_CERT_INTERNAL ? TOPO_ERROR : TOPO_WARN,
		    "CERT-011", "%s, against %s", x->chain_fault,
		    j->of->roots ? j->of->roots : "the system's roots");
}

void ctl_cert_judge(struct ctl_verdicts *out, const struct ctl_cert_case *c)
{
	const struct job j = {out, c};

	check_key(&j, c->cert, c->why);
	check_names(&j, c->cert, c->wanted);
	check_usage(&j, c->cert);
	check_chain(&j, c->cert);
	if (!c->is_previous) /* its end is what is waited for */
		check_time(&j, c->cert);
}
