/* doctor, family CRT: the certificate of each use, and whom this host trusts;
 * one finding a certificate, what weighs most first. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "edgectl/av_pair_cure.h"
#include "edgectl/cert_judge.h"
#include "edgectl/cert_roll.h"
#include "edgectl/cert_trust.h"
#include "edgectl/doctor.h"

struct job {
	struct ctl_doctor *d;
	enum edge_cert_use use;
	const char *name; /* of the use */
	struct ctl_cert_files files;
	bool is_staged, is_previous;
	bool is_key_kept; /* by systemd, for the service alone */
	struct ctl_cert *cert;
	struct ctl_cert_names *wanted;
};

/* -- cures --------------------------------------------------------------- */

static const struct {
	const char *services[3];
} readers[EDGE_CERT_USES] = {
	[EDGE_CERT_ACCESS] = {{"access-edge"}},
	[EDGE_CERT_WEBCONF] = {{"webconf-edge"}},
	[EDGE_CERT_AV_AUTH] = {{"av-edge"}},
	[EDGE_CERT_INTERNAL] = {{"access-edge", "webconf-edge", "av-edge"}},
	[EDGE_CERT_TURN] = {{"av-edge"}},
};

static void cure_reload(struct ctl_doctor *d, enum edge_cert_use use)
{
	for (size_t i = 0; i < 3 && readers[use].services[i]; i++)
		ctl_cure_add(&d->cure, CTL_ON_EDGE, "systemctl reload %s",
			     readers[use].services[i]);
}

/* Beside the chain that is there, or where a new one would lie; the time in
 * the name, for nothing is written over. */
static void new_files(char *out, size_t cap, const struct job *j)
{
	const char *chain = j->files.chain;
	const char *slash = chain ? strrchr(chain, '/') : NULL;
	const time_t now = (time_t)j->d->c->now_s;
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	snprintf(out, cap, "%.*s/%s-%s", slash ? (int)(slash - chain) : 14,
		 slash ? chain : "/etc/lync-edge", j->name, when);
}

static void ask(const struct job *j, const char *base)
{
	struct ctl_cure *k = &j->d->cure;

	ctl_cure_add(k, CTL_ON_EDGE,
		     "%s cert csr %s --out %s.csr --key-out %s.key", j->d->tool,
		     j->name, base, base);
	ctl_cure_add(k, CTL_ON_CA, "sign %s.csr as %s.pem (%s, with its chain)",
		     base, base,
		     j->use == EDGE_CERT_INTERNAL || j->use == EDGE_CERT_AV_AUTH
			     ? "authority of the inside"
			     : "public authority");
}

static void cure_renew(const struct job *j)
{
	char base[CTL_CURE_LINE / 4];

	new_files(base, sizeof(base), j);
	ask(j, base);
	ctl_cure_add(&j->d->cure, CTL_ON_EDGE,
		     "%s cert assign %s --chain %s.pem --key %s.key",
		     j->d->tool, j->name, base, base);
	cure_reload(j->d, j->use);
}

/* -- of A/V authentication: one pair for a pool, with a time to change ---- */

/* What is staged already, at once. */
static void cure_times(const struct job *j, const char *now)
{
	const struct ctl_av_pair p = {
		.chain = j->files.chain, .key = j->files.key, .effective = now};

	ctl_av_pair_use(&j->d->cure, CTL_ON_EDGE, j->d->tool, &p);
	for (size_t i = 0; i < j->d->topo->member_count; i++)
		ctl_cure_add(&j->d->cure, CTL_ON_MEMBER,
			     "edgectl cert stage --use av-auth --chain CHAIN "
			     "--key KEY --effective %s # at %s, whose `cert "
			     "list` names both",
			     now, j->d->topo->members[i].fqdn);
}

/* Tokens of a pair that is good live on while the next one is staged. */
static void cure_next(const struct job *j, const char *now, bool is_good)
{
	const struct topo *t = j->d->topo;
	char base[CTL_CURE_LINE / 4], chain[CTL_CURE_LINE], key[CTL_CURE_LINE];
	const struct ctl_av_pair p = {
		.host = t->self,
		.chain = chain,
		.key = key,
		.effective = is_good ? now : NULL,
		.is_now = !is_good,
	};

	new_files(base, sizeof(base), j);
	snprintf(chain, sizeof(chain), "%s.pem", base);
	snprintf(key, sizeof(key), "%s.key", base);
	ask(j, base);
	for (size_t i = 0; i < t->member_count; i++)
		ctl_av_pair_share(&j->d->cure, &p, t->members[i].fqdn);
	ctl_av_pair_use(&j->d->cure, CTL_ON_EDGE, j->d->tool, &p);
}

static void cure_av(const struct job *j, const char *id)
{
	const struct topo *t = j->d->topo;
	const bool is_broken =
		!strcmp(id, "CERT-001") || !strcmp(id, "CERT-002");
	char now[32];

	ctl_roll_print(now, (int64_t)j->d->c->now_s);
	if (!strcmp(id, "CERT-007") || !strcmp(id, "CERT-008"))
		cure_times(j, now);
	else if (is_broken && t->member_count)
		ctl_av_pair_fetch(&j->d->cure, j->d->tool, t->members[0].fqdn,
				  t->self);
	else
		cure_next(j, now, !is_broken && j->cert->days_left >= 0);
}

static void cure_of(const struct job *j, const char *id)
{
	if (!strcmp(id, "CERT-012"))
		ctl_cure_add(&j->d->cure, CTL_ON_EDGE, "%s cert drop-previous",
			     j->d->tool);
	else if (!strcmp(id, "CERT-016"))
		cure_reload(j->d, j->use);
	else if (j->use == EDGE_CERT_AV_AUTH)
		cure_av(j, id);
	else
		cure_renew(j);
}

/* -- verdicts ------------------------------------------------------------ */

static void tell(const struct job *j, enum topo_level level, const char *id,
		 const char *saw)
{
	if (level >= TOPO_ERROR)
		j->d->bad_certificates |= 1U << j->use;
	cure_of(j, id);
	ctl_doctor_bad(j->d, level, id, j->name, "%s", saw);
}

/* A clock that is wrong makes a good certificate begin too late; a key that
 * nobody can read but the service is no fault. */
static bool counts(const struct job *j, const struct ctl_verdict *v)
{
	if (j->is_key_kept && !j->cert->has_key && !strcmp(v->id, "CERT-001"))
		return false;
	return v->level >= TOPO_WARN &&
	       !(j->d->is_clock_bad && !strcmp(v->id, "CERT-009"));
}

/* The first of the worst; the others beside it. false: nothing. */
static bool tell_worst(const struct job *j, const struct ctl_verdicts *said)
{
	const struct ctl_verdict *worst = NULL;
	char saw[TOPO_FINDING_TEXT];
	size_t len;

	for (size_t i = 0; i < said->count; i++)
		if (counts(j, &said->v[i]) &&
		    (!worst || said->v[i].level > worst->level))
			worst = &said->v[i];
	if (!worst)
		return false;
	len = (size_t)snprintf(saw, sizeof(saw), "%s", worst->text);
	for (size_t i = 0; i < said->count; i++)
		if (&said->v[i] != worst && counts(j, &said->v[i]) &&
		    len < sizeof(saw))
			len += (size_t)snprintf(saw + len, sizeof(saw) - len,
						"; %s", said->v[i].text);
	tell(j, worst->level, worst->id, saw);
	return true;
}

static bool judge(const struct job *j, const char *why)
{
	const struct ctl_cert_case k = {
		.use = j->use,
		.is_current = !j->is_staged && !j->is_previous,
		.is_previous = j->is_previous,
		.cert = j->cert,
		.wanted = j->wanted,
		.key_file = j->files.key,
		.why = why,
		.roots = j->files.roots,
		.dials_partners = j->d->topo->federation_ports,
	};
	struct ctl_verdicts *said = calloc(1, sizeof(*said));
	bool is_bad = false;

	if (said) {
		ctl_cert_judge(said, &k);
		is_bad = tell_worst(j, said);
	}
	free(said);
	return !is_bad;
}

/* Read and judged; false: not good, which is told. */
static bool look(const struct job *j)
{
	char why[256] = "";
	enum edge_err err = ctl_cert_read(
		j->cert, &j->files, (int64_t)j->d->c->now_s, why, sizeof(why));

	if (err) {
		tell(j, TOPO_ERROR, "CERT-001", *why ? why : ctl_reason(err));
		return false;
	}
	ctl_cert_names(j->wanted, j->use, j->d->topo);
	return judge(j, why);
}

/* What makes tokens is never shown, so it is asked for. */
static bool is_in_use(const struct job *j)
{
	const json_t *relay = json_object_get(j->d->status[CTL_AV], "relay");
	const char *spki =
		json_string_value(json_object_get(relay, "spki_sha256"));
	char saw[160];

	if (j->use != EDGE_CERT_AV_AUTH || j->is_staged || j->is_previous ||
	    !spki || !strcasecmp(spki, j->cert->spki_sha256))
		return true;
	snprintf(saw, sizeof(saw),
		 "av-edge works with public key %.16s..., on disk is %.16s...",
		 spki, j->cert->spki_sha256);
	tell(j, TOPO_ERROR, "CERT-016", saw);
	return false;
}

static void good(const struct job *j)
{
	ctl_doctor_good(j->d, "%s%s: %" PRId64 " days left, until %s", j->name,
			j->is_staged ? ", staged" : "", j->cert->days_left,
			j->cert->not_after);
}

/* -- the A/V key and its next one ---------------------------------------- */

static void check_times(const struct job *j, const struct ctl_roll *r,
			int64_t old_ends_s)
{
	const struct ctl_roll_times t = {
		.effective_s = (int64_t)r->staged.effective_s,
		.old_ends_s = old_ends_s,
		.lifetime_s = j->d->topo->token_lifetime_s
				      ? j->d->topo->token_lifetime_s
				      : CTL_ROLL_LIFETIME_S,
	};
	const enum ctl_roll_time fault = ctl_roll_judge(&t);
	char effective[32], ends[32], saw[128];

	ctl_roll_print(effective, t.effective_s);
	ctl_roll_print(ends, old_ends_s);
	snprintf(saw, sizeof(saw), "effective %s, the old one ends %s",
		 effective, ends);
	if (fault == CTL_ROLL_LATE)
		tell(j, TOPO_WARN, "CERT-007", saw);
	else if (fault)
		tell(j, TOPO_ERROR, "CERT-008", saw);
	else if (r->is_effective &&
		 ctl_roll_over_at(&t) <= (int64_t)j->d->c->now_s)
		tell(j, TOPO_WARN, "CERT-012",
		     "no token of the previous one is left");
}

static void check_roll(const struct job *of, const struct ctl_roll *r)
{
	const int64_t old_ends_s = of->cert->ends_s;
	struct job j = *of;

	j.files.chain = r->staged.chain;
	j.files.key = r->staged.key;
	j.is_staged = !r->is_effective;
	j.is_previous = false;
	if (look(&j) && is_in_use(&j)) {
		good(&j);
		check_times(&j, r, old_ends_s);
	}
}

/* The previous pair is none any more, and need not be looked at. */
static void check_half_dropped(struct job *j, const struct ctl_roll *r)
{
	j->files.chain = r->staged.chain;
	if (look(j) && is_in_use(j))
		good(j);
	tell(j, TOPO_WARN, "CERT-012", "the previous one was dropped by half");
}

/* -- each use ------------------------------------------------------------ */

static void check_use(struct job *j)
{
	struct ctl_roll r = {0};

	if (!j->files.chain) {
		if (j->use != EDGE_CERT_TURN)
			tell(j, TOPO_ERROR, "CERT-001",
			     "no chain and key of it in edge.ini");
		return;
	}
	if (j->use == EDGE_CERT_AV_AUTH &&
	    ctl_roll_find(j->d->c, &r) != CTL_GOOD)
		return; /* told */
	if (r.has_staged &&
	    topo_roll_is_half_dropped(&r.staged, j->d->c->now_s)) {
		check_half_dropped(j, &r);
		return;
	}
	j->is_previous = r.has_staged && r.is_effective;
	if (look(j) && is_in_use(j) && !j->is_previous)
		good(j);
	if (r.has_staged)
		check_roll(j, &r);
}

static void check_each(struct ctl_doctor *d, const bool is_readable[2])
{
	const struct edge_config *c = d->c->config;
	struct job j = {.d = d,
			.cert = calloc(1, sizeof(*j.cert)),
			.wanted = calloc(1, sizeof(*j.wanted))};

	for (unsigned i = 0; j.cert && j.wanted && i < EDGE_CERT_USES; i++) {
		const bool is_inside = i == EDGE_CERT_INTERNAL;

		j.use = (enum edge_cert_use)i;
		j.name = ctl_cert_use_name(j.use);
		j.is_staged = j.is_previous = false;
		j.is_key_kept =
			c->certificate[i].key && *c->certificate[i].key != '/';
		j.files = (struct ctl_cert_files){
			.chain = c->certificate[i].chain,
			.key = j.is_key_kept ? NULL : c->certificate[i].key,
			.roots = is_inside ? c->trust.internal_ca
					   : c->trust.public_roots,
			/* nobody is shown what makes tokens */
			.skips_chain = i == EDGE_CERT_AV_AUTH ||
				       !is_readable[is_inside],
		};
		check_use(&j);
	}
	free(j.cert);
	free(j.wanted);
}

/* -- whom this host trusts ----------------------------------------------- */

static bool check_store(struct ctl_doctor *d, const char *name,
			const char *path)
{
	char why[256] = "";
	size_t count = 0;

	if (!path)
		return true; /* the system's roots, or a service says it */
	if (!ctl_cert_count(&count, path, why, sizeof(why))) {
		ctl_doctor_good(d, "[trust] %s: %zu roots", name, count);
		return true;
	}
	ctl_cure_add(&d->cure, CTL_ON_CA,
		     "copy the roots of the %s side, PEM, to %s of the edge",
		     name, path);
	ctl_doctor_bad(d, TOPO_ERROR, "CERT-014", name, "%s", why);
	if (!strcmp(name, "internal"))
		d->bad_certificates |= 1U << EDGE_CERT_INTERNAL;
	return false;
}

static void check_list(struct ctl_doctor *d)
{
	const char *path = d->c->config->trust.internal_crl;
	char why[256] = "", text[32];
	int64_t ends_s = 0;
	enum edge_err err;

	if (!path) {
		ctl_doctor_good(d, "no [trust] internal-crl: a certificate of "
				   "the inside counts until it ends");
		return;
	}
	err = ctl_cert_crl_ends(&ends_s, path, why, sizeof(why));
	ctl_roll_print(text, ends_s);
	if (!err && ends_s > (int64_t)d->c->now_s) {
		ctl_doctor_good(d, "revocation list of the inside until %s",
				text);
		return;
	}
	if (!err)
		snprintf(why, sizeof(why), "%s: ended at %s", path, text);
	ctl_cure_add(&d->cure, CTL_ON_CA,
		     "publish a new list of the inside, copy it to %s of the "
		     "edge",
		     path);
	cure_reload(d, EDGE_CERT_INTERNAL);
	ctl_doctor_bad(d, TOPO_ERROR, "CERT-015", "internal-crl", "%s", why);
	d->bad_certificates |= 1U << EDGE_CERT_INTERNAL;
}

void ctl_doctor_crt(struct ctl_doctor *d)
{
	const bool is_readable[2] = {
		check_store(d, "public", d->c->config->trust.public_roots),
		check_store(d, "internal", d->c->config->trust.internal_ca),
	};

	check_each(d, is_readable);
	check_list(d);
}
