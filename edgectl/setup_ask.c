/* One question a thing that is missing; Enter takes what stands in brackets. */
#include "edgectl/setup_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/net_view.h"

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

/* The router in use on a side, as a suggestion; "": none is known. */
static void router(char out[EDGE_ADDR_STRLEN], bool is_default)
{
	struct ctl_net_view *v = NULL;

	out[0] = '\0';
	if (ctl_net_view_read(&v))
		return;
	for (size_t i = 0; i < v->routes && !*out; i++) {
		const struct ctl_net_route *r = &v->route[i];

		if (r->table == CTL_NET_MAIN && r->via.family &&
		    !r->bits == is_default)
			edge_addr_print_ip(&r->via, false, out);
	}
	free(v);
}

static void ask_network(struct asker *k, struct ctl_setup_answers *a)
{
	struct ctl_setup *s = k->s;
	char known[EDGE_ADDR_STRLEN];

	if (k->is_mute) /* the plan goes by what is in use, or says so */
		return;
	router(known, true);
	if (!s->outside_gateway && !s->c->config->network.outside_gateway)
		s->outside_gateway =
			ask(k, a->outside, "Router outside, to the Internet",
			    *known ? known : NULL, NULL);
	router(known, false);
	if (!s->inside_gateway && !s->c->config->network.inside_gateway)
		s->inside_gateway =
			ask(k, a->inside, "Router inside, to the servers",
			    *known ? known : NULL, NULL);
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
	if (!*k.missing)
		return CTL_GOOD;
	ctl_find(s->c, TOPO_ERROR, "SETUP-002", "setup",
		 "no terminal to ask on, and without: %s", k.missing);
	return CTL_USAGE;
}
