/* One question a thing that is missing; Enter takes what stands in brackets. */
#include "edgectl/setup_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/net_plan.h"
#include "edgectl/ssh_session.h"

struct asker {
	struct ctl_setup *s;
	bool is_mute;
	char missing[300]; /* options, when nobody can be asked */
};

static void miss(struct asker *k, const char *option)
{
	const size_t len = strlen(k->missing);

	(void)snprintf(k->missing + len, sizeof(k->missing) - len, "%s%s",
		       len ? ", " : "", option);
}

/* One line; NULL: an empty answer and no default. */
static const char *read_answer(char out[CTL_ANSWER], const char *def)
{
	size_t len;

	out[0] = '\0';
	if (!fgets(out, CTL_ANSWER, stdin))
		clearerr(stdin);
	len = strcspn(out, "\n");
	while (len && (out[len - 1] == ' ' || out[len - 1] == '\t'))
		len--;
	out[len] = '\0';
	if (!len && def)
		(void)snprintf(out, CTL_ANSWER, "%s", def);
	return *out ? out : NULL;
}

/* option NULL: it may stay open. */
static const char *ask(struct asker *k, char out[CTL_ANSWER],
		       const char *question, const char *def,
		       const char *option)
{
	if (k->is_mute) {
		if (option && !def)
			miss(k, option);
		return NULL;
	}
	printf(def ? "%s [%s]: " : "%s%.0s: ", question, def ? def : "");
	fflush(stdout);
	return read_answer(out, def);
}

/* The routers in use, each on the device of its side, as suggestions; "": none
 * is known. Which device is whose the topology tells, and nothing else does: a
 * default route may leave by the wrong one. */
static void routers(const struct asker *k,
		    char out[CTL_SIDES][EDGE_ADDR_STRLEN])
{
	struct ctl_net_plan *p = calloc(1, sizeof(*p));
	const struct ctl_net_wants wants =
		ctl_net_wants_of(k->s->topo, k->s->c->config);
	struct ctl_net_view *v = NULL;

	out[CTL_OUTSIDE][0] = out[CTL_INSIDE][0] = '\0';
	if (p && k->s->topo && !ctl_net_view_read(&v))
		ctl_net_plan(p, &wants, v);
	for (int i = 0; v && i < CTL_SIDES; i++) {
		const struct edge_addr at =
			ctl_net_router(p, v, (enum ctl_net_side)i);

		if (at.family)
			edge_addr_print_ip(&at, false, out[i]);
	}
	free(v);
	free(p);
}

static void ask_network(struct asker *k, struct ctl_setup_answers *a)
{
	struct ctl_setup *s = k->s;
	char known[CTL_SIDES][EDGE_ADDR_STRLEN];

	if (k->is_mute) /* the plan goes by what is in use, or says so */
		return;
	routers(k, known);
	if (!s->topo)
		ctl_say(s->c, "which device is outside is known with the "
			      "topology: no router is suggested; empty: the "
			      "one in use on its side");
	if (!s->outside_gateway && !s->c->config->network.outside_gateway)
		s->outside_gateway = ask(
			k, a->outside, "Router outside, to the Internet",
			*known[CTL_OUTSIDE] ? known[CTL_OUTSIDE] : NULL, NULL);
	if (!s->inside_gateway && !s->c->config->network.inside_gateway)
		s->inside_gateway = ask(
			k, a->inside, "Router inside, to the servers",
			*known[CTL_INSIDE] ? known[CTL_INSIDE] : NULL, NULL);
}

/* Whoever types this over SSH, as a suggestion; "": nobody does. */
static void find_session(char out[CTL_ANSWER])
{
	struct ctl_ssh_session of;
	const char *text = ctl_ssh_session(&of, getenv("SSH_CONNECTION"),
					   "/proc", getppid());
	const char *port = text ? strrchr(text, ' ') : NULL;

	out[0] = '\0';
	if (port)
		(void)snprintf(out, CTL_ANSWER, "%s from %.*s", port + 1,
			       (int)strcspn(text, " "), text);
	if (!edge_config_is_manage(out))
		out[0] = '\0';
}

static void ask_manage(struct asker *k, struct ctl_setup_answers *a)
{
	struct ctl_setup *s = k->s;
	char known[CTL_ANSWER];

	if (k->is_mute || s->manage || s->c->config->network.manage)
		return;
	find_session(known);
	s->manage = *known ? ask(k, a->manage,
				 "Who manages this host over the network, or "
				 "none",
				 known, NULL)
			   : ask(k, a->manage,
				 "Who manages this host over the network, as "
				 "\"22 from 10.0.0.0/24\", or none (empty: "
				 "asked for when the filter is made)",
				 NULL, NULL);
}

static void ask_store(struct asker *k, struct ctl_setup_answers *a,
		      const struct ctl_setup_facts *f)
{
	struct ctl_setup *s = k->s;

	if (f->self || s->bundle)
		return;
	s->bundle =
		ask(k, a->bundle, "Topology bundle, or export of the topology",
		    NULL, "--bundle FILE");
	if (s->bundle && s->is_unsigned && !s->hosts)
		s->hosts = ask(k, a->hosts, "HOSTS file for it", NULL, NULL);
	if (s->bundle && !s->fqdn && !s->c->config->fqdn)
		s->fqdn = ask(k, a->fqdn,
			      "Name of this machine in it (empty: found by its "
			      "addresses)",
			      NULL, NULL);
}

static void ask_trust(struct asker *k, struct ctl_setup_answers *a)
{
	struct ctl_setup *s = k->s;

	if (!s->trust_internal && !s->c->config->trust.internal_ca && !s->lab &&
	    !s->c->config->lab)
		s->trust_internal =
			ask(k, a->trust,
			    "Root certificates of the inside's authority (PEM)",
			    NULL, "--trust-internal FILE");
}

enum ctl_exit ctl_setup_ask(struct ctl_setup *s, struct ctl_setup_answers *a,
			    const struct ctl_setup_facts *f)
{
	struct asker k = {.s = s,
			  .is_mute = a->is_mute || s->c->json ||
				     !isatty(STDIN_FILENO)};

	ask_store(&k, a, f);
	ask_trust(&k, a);
	ask_network(&k, a);
	ask_manage(&k, a);
	if (!*k.missing)
		return CTL_GOOD;
	ctl_find(s->c, TOPO_ERROR, "SETUP-002", "setup",
		 "no terminal to ask on, and without: %s", k.missing);
	return CTL_USAGE;
}
