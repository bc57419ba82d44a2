/* After a certificate was put in place: who has it, by what clients see. */
#include "edgectl/cert_services.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "edgectl/cert_seen.h"
#include "edgectl/daemons.h"

enum {
	TRIES = 40,	  /* ours: threads take it one after the other */
	TRY_MS = 50,	  /* ours: between two looks [ms] */
	ANSWER_MS = 3000, /* ours: of a listener of this host [ms] */
	NO_LISTENER = TOPO_PORT_KINDS,
};

static const struct user {
	enum edge_cert_use use;
	enum ctl_daemon daemon;
	enum topo_port_kind kind; /* where it is shown */
} users[] = {
	{EDGE_CERT_ACCESS, CTL_ACCESS, TOPO_PORT_ACCESS_CLIENT},
	{EDGE_CERT_WEBCONF, CTL_WEBCONF, TOPO_PORT_WEBCONF_CLIENT},
	{EDGE_CERT_AV_AUTH, CTL_AV, (enum topo_port_kind)NO_LISTENER},
	{EDGE_CERT_INTERNAL, CTL_ACCESS, TOPO_PORT_ACCESS_INSIDE},
	{EDGE_CERT_INTERNAL, CTL_WEBCONF, TOPO_PORT_WEBCONF_INSIDE},
	{EDGE_CERT_INTERNAL, CTL_AV, TOPO_PORT_AVAUTH},
	{EDGE_CERT_TURN, CTL_AV, TOPO_PORT_AV_OUTSIDE_TCP},
};

enum { USERS = sizeof(users) / sizeof(*users) };

enum ctl_exit ctl_cert_services_reload(struct ctl *c, enum edge_cert_use use)
{
	enum ctl_exit exit = CTL_GOOD;

	for (size_t i = 0; i < USERS && !exit; i++)
		if (users[i].use == use)
			exit = ctl_daemon_reload(c, users[i].daemon,
						 TOPO_ERROR);
	return exit;
}

static void rest(void)
{
	const struct timespec t = {0, TRY_MS * 1000000L};

	(void)nanosleep(&t, NULL);
}

/* Until the listener shows it; saw: what it showed at last. */
static bool is_shown(const struct edge_addr *at, const char *sha256, char *saw,
		     size_t cap)
{
	char seen[65] = "", why[160];

	for (int i = 0; i < TRIES; i++) {
		if (ctl_cert_seen(seen, at, ANSWER_MS, why, sizeof(why))) {
			(void)snprintf(saw, cap, "%s", why);
			return false;
		}
		if (!strcmp(seen, sha256))
			return true;
		(void)snprintf(saw, cap,
			       "a certificate with SHA-256 %.16s..., want "
			       "%.16s...",
			       seen, sha256);
		rest();
	}
	return false;
}

static enum ctl_exit prove_listener(struct ctl *c, const struct user *u,
				    const struct ctl_cert *x,
				    const struct topo *t)
{
	const struct topo_listen *l = &t->listen[u->kind];
	char place[EDGE_ADDR_STRLEN + 64], addr[EDGE_ADDR_STRLEN], saw[200];

	if (!l->present)
		return CTL_GOOD;
	edge_addr_print(&l->addr, addr);
	(void)snprintf(place, sizeof(place), "%s, %s", ctl_daemons[u->daemon],
		       addr);
	if (is_shown(&l->addr, x->sha256, saw, sizeof(saw))) {
		ctl_say(c, "%s shows it", place);
		return CTL_GOOD;
	}
	ctl_find(c, TOPO_ERROR, "CERT-020", place, "%s", saw);
	return CTL_REFUSED;
}

static enum ctl_exit prove_tokens(struct ctl *c, const json_t *status,
				  const struct ctl_cert *x)
{
	const char *spki = json_string_value(json_object_get(
		json_object_get(status, "relay"), "spki_sha256"));

	if (spki && !strcasecmp(spki, x->spki_sha256)) {
		ctl_say(c, "av-edge makes tokens with it");
		return CTL_GOOD;
	}
	ctl_find(c, TOPO_ERROR, "CERT-020", "av-edge, tokens",
		 "made with key %.16s..., want %.16s...", spki ? spki : "none",
		 x->spki_sha256);
	return CTL_REFUSED;
}

static enum ctl_exit prove(struct ctl *c, const struct user *u,
			   const struct ctl_cert *x, const struct topo *t)
{
	enum ctl_exit exit = CTL_GOOD;
	enum edge_err err;
	json_t *status =
		ctl_daemon_get(c, ctl_daemons[u->daemon], "/v1/status", &err);

	if (!status)
		return CTL_GOOD; /* it does not run, which was said */
	if (u->use == EDGE_CERT_AV_AUTH)
		exit = prove_tokens(c, status, x);
	else if (t)
		exit = prove_listener(c, u, x, t);
	json_decref(status);
	return exit;
}

enum ctl_exit ctl_cert_services_prove(struct ctl *c, enum edge_cert_use use,
				      const struct ctl_cert *x,
				      const struct topo *t)
{
	enum ctl_exit exit = CTL_GOOD;

	for (size_t i = 0; i < USERS; i++) {
		enum ctl_exit one = users[i].use == use
					    ? prove(c, &users[i], x, t)
					    : CTL_GOOD;

		exit = one ? one : exit;
	}
	return exit;
}
