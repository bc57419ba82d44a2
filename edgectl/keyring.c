/* A pool lives on a shared route key; it must not run out unseen. */
#include "edgectl/keyring.h"

#include <stdio.h>
#include <string.h>

#include "topology/secrets.h"

bool ctl_route_key_fault(const struct ctl *c, char *saw, size_t cap)
{
	struct topo_keyring *r = NULL;
	const struct topo_key *k;
	bool is_ending;

	if (topo_keyring_load(&r, c->config->state, "route", NULL, 0))
		return false; /* none, or no right to read it */
	k = topo_keyring_current(r, c->now_s);
	is_ending = k && k->not_after_s < c->now_s + TOPO_KEY_GRACE_S;
	if (!k)
		snprintf(saw, cap, "no key is valid now");
	else if (is_ending)
		snprintf(saw, cap, "the newest key, %s, ends within 48 h",
			 k->kid);
	topo_keyring_free(r);
	return !k || is_ending;
}

void ctl_key_cure(struct ctl_cure *out, const struct ctl_key_cure *k)
{
	if (!k->members) {
		ctl_cure_add(out, CTL_ON_EDGE, "%s secrets new --%s", k->tool,
			     k->kind);
	} else {
		ctl_cure_add(
			out, CTL_ON_MEMBER,
			"edgectl secrets new --%s # on one alone, and only "
			"when none has a key in date",
			k->kind);
		ctl_cure_add(out, CTL_ON_MEMBER,
			     "edgectl secrets export --out secrets");
		ctl_cure_add(out, CTL_ON_INSIDE,
			     "edgectl topology sign FOLDER --key PEM --seq N # "
			     "with secrets in FOLDER");
		ctl_cure_add(out, CTL_ON_EDGE, "%s topology import FOLDER",
			     k->tool);
	}
	ctl_cure_add(out, CTL_ON_EDGE, "systemctl reload %s", k->service);
}
