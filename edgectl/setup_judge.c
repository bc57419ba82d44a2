/* Facts to marks: a step a function. */
#include "edgectl/setup_judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/err.h"

static const char *const services[CTL_SETUP_SERVICES] = {
	"access-edge", "webconf-edge", "av-edge"};

static const char *const uses[EDGE_CERT_USES] = {
	[EDGE_CERT_ACCESS] = "access",	 [EDGE_CERT_WEBCONF] = "webconf",
	[EDGE_CERT_AV_AUTH] = "av-auth", [EDGE_CERT_INTERNAL] = "internal",
	[EDGE_CERT_TURN] = "turn",
};

static void say(struct ctl_setup_step *s, enum ctl_setup_mark mark,
		const char *fmt, ...) EDGE_PRINTF(3, 4);

/* One more thing; the gravest mark counts, and what is done is only told when
 * nothing else is. */
static void say(struct ctl_setup_step *s, enum ctl_setup_mark mark,
		const char *fmt, ...)
{
	char text[CTL_SETUP_TEXT];
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (mark < s->mark)
		return;
	if (mark > s->mark && s->mark == CTL_SETUP_DONE)
		s->text[0] = '\0';
	s->mark = mark;
	len = strlen(s->text);
	(void)snprintf(s->text + len, sizeof(s->text) - len, "%s%s",
		       len ? "; " : "", text);
}

static void judge_store(struct ctl_setup_step *s,
			const struct ctl_setup_facts *f)
{
	if (f->store_why)
		say(s, CTL_SETUP_FAILED, "%s", f->store_why);
	else if (!f->self)
		say(s, CTL_SETUP_TODO, "no topology: give --bundle FILE");
	else if (f->fqdn && strcasecmp(f->fqdn, f->self))
		say(s, CTL_SETUP_FAILED,
		    "the topology is for %s, [local] fqdn is %s: import again, "
		    "with --fqdn NAME",
		    f->self, f->fqdn);
	else if (!f->fqdn)
		say(s, CTL_SETUP_TODO, "[local] fqdn is not set: %s", f->self);
	else if (!f->hosts)
		say(s, CTL_SETUP_TODO,
		    "no HOSTS came with the topology: edgectl hosts load FILE");
	else
		say(s, CTL_SETUP_DONE,
		    "%s, topology %" PRIu64 ", %zu names in HOSTS", f->self,
		    f->seq, f->hosts);
}

static void judge_secrets(struct ctl_setup_step *s,
			  const struct ctl_setup_facts *f)
{
	if (f->is_single && !f->has_psom_key)
		say(s, CTL_SETUP_TODO, "no key for conference tokens");
	else if (!f->is_single && (!f->has_route_key || !f->has_psom_key))
		say(s, CTL_SETUP_TODO,
		    "no %s of the pool: edgectl secrets export on a member "
		    "that has them, into the next bundle",
		    !f->has_route_key ? "route key" : "conference token key");
}

/* One that was masked is so by somebody's will, and enable would fail. */
static void judge_unit(struct ctl_setup_step *s, enum ctl_unit_state state,
		       const char *unit, const char *what)
{
	if (state == CTL_UNIT_DISABLED)
		say(s, CTL_SETUP_TODO, "%s: systemctl enable %s", what, unit);
	else if (state == CTL_UNIT_MASKED)
		say(s, CTL_SETUP_TODO,
		    "%s, for %s is masked: systemctl unmask "
		    "%s",
		    what, unit, unit);
}

static void judge_parts(struct ctl_setup_step *s,
			const struct ctl_setup_facts *f)
{
	say(s, CTL_SETUP_DONE, "settings, folders, network and secrets");
	if (!f->has_folders)
		say(s, CTL_SETUP_TODO, "folders of the store and of run files");
	if (!f->trusts_inside)
		say(s, CTL_SETUP_TODO,
		    "no root certificates of the inside: give "
		    "--trust-internal FILE");
	if (!f->self) {
		say(s, CTL_SETUP_TODO, "network and secrets want step 1");
		return;
	}
	judge_secrets(s, f);
	if (f->net_open)
		say(s, CTL_SETUP_TODO, "network: %u to mend, first: %.160s",
		    f->net_open, f->net_first ? f->net_first : "?");
	judge_unit(s, f->net, CTL_UNIT_NET,
		   "routes and rules are gone after a restart of this host");
}

static void judge_certificate(struct ctl_setup_step *s,
			      const struct ctl_setup_facts *f,
			      enum edge_cert_use use)
{
	switch (f->cert[use].state) {
	case CTL_CERT_GOOD:
		break;
	case CTL_CERT_ABSENT:
		say(s, CTL_SETUP_TODO, "%s: no request yet", uses[use]);
		break;
	case CTL_CERT_ASKED:
		say(s, CTL_SETUP_TODO, "%s: a request waits for an authority",
		    uses[use]);
		break;
	case CTL_CERT_ANSWERED:
		say(s, CTL_SETUP_TODO, "%s: an answer waits to be assigned",
		    uses[use]);
		break;
	case CTL_CERT_BAD:
	case CTL_CERT_STUCK:
		say(s, CTL_SETUP_FAILED, "%s: %s", uses[use], f->cert[use].why);
		break;
	}
}

static void judge_certificates(struct ctl_setup_step *s,
			       const struct ctl_setup_facts *f)
{
	say(s, CTL_SETUP_DONE, "access, webconf, av-auth and internal");
	if (!f->self)
		say(s, CTL_SETUP_TODO, "names are known after step 1");
	for (unsigned i = 0; i < EDGE_CERT_USES && f->self; i++)
		if (ctl_setup_wants((enum edge_cert_use)i))
			judge_certificate(s, f, (enum edge_cert_use)i);
}

static void judge_start(struct ctl_setup_step *s,
			const struct ctl_setup_facts *f)
{
	char what[64];

	say(s, CTL_SETUP_DONE, "access-edge, webconf-edge and av-edge run");
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++) {
		if (!f->service[i].runs)
			say(s, CTL_SETUP_TODO, "%s does not run%s", services[i],
			    ctl_setup_may_start(f, i)
				    ? ""
				    : ", and waits for the steps before");
		else if (!f->service[i].is_ready)
			say(s, CTL_SETUP_TODO, "%s is not ready", services[i]);
		else if (f->service[i].seq != f->seq)
			say(s, CTL_SETUP_FAILED,
			    "%s has topology %" PRIu64 ": systemctl reload %s",
			    services[i], f->service[i].seq, services[i]);
		(void)snprintf(what, sizeof(what),
			       "%s does not start with this host", services[i]);
		if (f->service[i].runs)
			judge_unit(s, f->service[i].unit, services[i], what);
	}
	judge_unit(s, f->target, CTL_UNIT_TARGET,
		   "no service starts with this host");
}

void ctl_setup_judge(struct ctl_setup_step out[CTL_SETUP_STEPS],
		     const struct ctl_setup_facts *f)
{
	memset(out, 0, CTL_SETUP_STEPS * sizeof(*out));
	judge_store(&out[CTL_SETUP_STORE], f);
	judge_parts(&out[CTL_SETUP_PARTS], f);
	judge_certificates(&out[CTL_SETUP_CERTIFICATES], f);
	judge_start(&out[CTL_SETUP_START], f);
}

const char *ctl_setup_step_name(size_t step)
{
	static const char *const names[CTL_SETUP_STEPS] = {
		"Install Local Configuration Store",
		"Setup Lync Server Components",
		"Request, Install or Assign Certificates",
		"Start Services",
	};

	return names[step];
}

const char *ctl_setup_mark_name(enum ctl_setup_mark mark)
{
	static const char *const names[] = {"done", "to do", "failed"};

	return names[mark];
}

bool ctl_setup_serves(const struct ctl_setup_facts *f)
{
	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		if (!f->service[i].runs || !f->service[i].is_ready ||
		    f->service[i].seq != f->seq)
			return false;
	return true;
}

bool ctl_setup_wants(enum edge_cert_use use)
{
	return use != EDGE_CERT_TURN && use != EDGE_CERT_USES;
}

bool ctl_setup_may_start(const struct ctl_setup_facts *f, size_t service)
{
	static const enum edge_cert_use own[CTL_SETUP_SERVICES] = {
		EDGE_CERT_ACCESS, EDGE_CERT_WEBCONF, EDGE_CERT_AV_AUTH};

	return f->self && !f->store_why && f->trusts_inside &&
	       f->cert[EDGE_CERT_INTERNAL].state == CTL_CERT_GOOD &&
	       f->cert[own[service]].state == CTL_CERT_GOOD;
}

size_t ctl_setup_units(const char *out[CTL_SETUP_UNITS],
		       const struct ctl_setup_facts *f, const bool *wanted,
		       enum ctl_unit_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < CTL_SETUP_SERVICES; i++)
		if (f->service[i].unit == state &&
		    (f->service[i].runs || wanted[i]))
			out[n++] = services[i];
	if (f->target == state)
		out[n++] = CTL_UNIT_TARGET;
	return n;
}
