/* Error codes of Allocate and errors of sockets, each with its cure. */
#include "edgectl/relay_judge.h"

#include <stdio.h>
#include <string.h>

#include "common/config.h"
#include "edgectl/av_pair_cure.h"
#include "edgectl/reach.h"

/* -- what it means ------------------------------------------------------- */

static enum ctl_relay_fault of_code(unsigned code)
{
	static const struct {
		unsigned code;
		enum ctl_relay_fault fault;
	} rows[] = {
		{431, CTL_RELAY_OTHER_KEY}, /* integrity does not fit */
		{436, CTL_RELAY_OTHER_KEY}, /* ours: no token of its keys */
		{437, CTL_RELAY_PASSING},   /* a port that was used before */
		{438, CTL_RELAY_PASSING},   /* stale nonce */
		{441, CTL_RELAY_PASSING},   /* another's allocation there */
		{486, CTL_RELAY_FULL},	    {500, CTL_RELAY_FULL},
		{508, CTL_RELAY_FULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].code == code)
			return rows[i].fault;
	return CTL_RELAY_STRANGE;
}

enum ctl_relay_fault ctl_relay_judge(const struct ctl_relay_said *s)
{
	if (s->code)
		return of_code(s->code);
	switch (ctl_reach_of(s->err, s->error)) {
	case CTL_REACH_SILENT:
		return CTL_RELAY_SILENT;
	case CTL_REACH_NO_WAY:
		return CTL_RELAY_NO_WAY;
	case CTL_REACH_REFUSED:
		return CTL_RELAY_NOBODY;
	case CTL_REACHED:
		break;
	}
	return s->err == EDGE_ECLOSED || s->err == EDGE_ESYS
		       ? CTL_RELAY_NOBODY
		       : CTL_RELAY_STRANGE;
}

bool ctl_relay_is_refusal(enum ctl_relay_fault f)
{
	return f == CTL_RELAY_FULL || f == CTL_RELAY_PASSING ||
	       f == CTL_RELAY_STRANGE;
}

/* -- what to run --------------------------------------------------------- */

static void allow(struct ctl_cure *k, const struct ctl_relay_place *at)
{
	ctl_cure_add(k, CTL_ON_FIREWALL, "allow %s %s -> %s out",
		     at->is_tcp ? "tcp" : "udp", at->us, at->text);
}

void ctl_relay_cure(struct ctl_cure *k, enum ctl_relay_fault f,
		    const struct ctl_relay_place *at)
{
	const char *port = strrchr(at->text, ':');

	switch (f) {
	case CTL_RELAY_OTHER_KEY:
		ctl_cure_add(k, at->hands, "systemctl reload av-edge");
		break;
	case CTL_RELAY_FULL:
		ctl_cure_add(k, at->hands, "edgectl status --limits");
		ctl_cure_add(k, at->hands, "journalctl -u av-edge -n 100");
		break;
	case CTL_RELAY_PASSING:
		ctl_cure_add(k, CTL_ON_EDGE, "edgectl doctor --family SVC");
		break;
	case CTL_RELAY_STRANGE:
		ctl_cure_add(k, at->hands, "ss -%snp 'sport = %s'",
			     at->is_tcp ? "tl" : "ul", port ? port : ":3478");
		ctl_cure_add(k, at->hands, "journalctl -u av-edge -n 100");
		break;
	case CTL_RELAY_NO_WAY:
		allow(k, at);
		break;
	case CTL_RELAY_SILENT:
		if (at->hands == CTL_ON_MEMBER)
			allow(k, at);
		ctl_cure_restart(k, at->hands, "av-edge");
		break;
	case CTL_RELAY_NOBODY:
	case CTL_RELAY_FAULTS:
		ctl_cure_restart(k, at->hands, "av-edge");
		break;
	}
}

/* Of a key that systemd hands over: while av-edge runs it is a file. */
static const char *file_of(char *dst, size_t cap, const char *key)
{
	const char *name = edge_config_credential(key);

	if (!name)
		return key;
	(void)snprintf(dst, cap, "/run/credentials/av-edge.service/%s", name);
	return dst;
}

void ctl_relay_cure_key(struct ctl_cure *k, const struct ctl_relay_pair *p)
{
	char held[320];
	const char *key = p->key ? file_of(held, sizeof(held), p->key) : NULL;
	const struct ctl_av_pair pair = {
		.host = p->self, .chain = p->chain, .key = key, .is_now = true};

	if (!p->chain || !key)
		return;
	ctl_av_pair_share(k, &pair, p->member);
	ctl_cure_add(k, CTL_ON_MEMBER, "systemctl reload av-edge");
}
