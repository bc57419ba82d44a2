/* TCP, TLS, certificate, protocol: each step only when the last one did. */
#include <stdio.h>
#include <string.h>

#include "common/crypto.h"
#include "edgectl/probe_tls.h"
#include "edgectl/probe_walk.h"

enum {
	STUN_PORT = 3478, /* RFC 8489 §18.6 */
	DAYS_LEAST = 7,	  /* as access-edge's last warning */
	ALERT_MS = 1000,  /* ours: until one is not waited for */
	TEXT = CTL_PROBE_TEXT,
};

/* clang-format off */
static const char *const ids[CTL_PROBE_PARTS][CTL_PROBE_FAULTS] = {
	/*                       record       address      TCP          TLS          chain        name         validity     answer */
	[CTL_PROBE_SIGN_IN] =    {"PROBE-101", "PROBE-102", "PROBE-103", "PROBE-104", "PROBE-105", "PROBE-106", "PROBE-107", "PROBE-108"},
	[CTL_PROBE_FEDERATION] = {"PROBE-201", "PROBE-202", "PROBE-203", "PROBE-204", "PROBE-205", "PROBE-206", "PROBE-207", "PROBE-208"},
	[CTL_PROBE_WEBCONF] =    {NULL,        "PROBE-302", "PROBE-303", "PROBE-304", "PROBE-305", "PROBE-306", "PROBE-307", "PROBE-308"},
	[CTL_PROBE_AV] =         {NULL,        "PROBE-402", "PROBE-403", NULL,        NULL,        NULL,        NULL,        "PROBE-408"},
	[CTL_PROBE_PARTNERS] =   {NULL,        "PROBE-502", "PROBE-503", NULL,        NULL,        NULL,        NULL,        "PROBE-508"},
};
/* clang-format on */
static const char no_stun[] = "PROBE-409", no_turn[] = "PROBE-410",
		  soon_over[] = "PROBE-006";

static const enum ctl_probe_talk talks[CTL_PROBE_PARTS] = {
	[CTL_PROBE_SIGN_IN] = CTL_PROBE_SIP,
	[CTL_PROBE_FEDERATION] = CTL_PROBE_SIP,
	[CTL_PROBE_WEBCONF] = CTL_PROBE_PSOM,
	[CTL_PROBE_AV] = CTL_PROBE_HELLO,
	[CTL_PROBE_PARTNERS] = CTL_PROBE_XMPP,
};

const char *ctl_probe_id(enum ctl_probe_part p, enum ctl_probe_fault f)
{
	return ids[p][f];
}

size_t ctl_probe_bad(struct ctl_probe_run *r, size_t parent, const char *id,
		     const char *saw, const char *text)
{
	struct ctl_probe_node n = {.state = CTL_PROBE_BAD, .id = id};

	snprintf(n.text, sizeof(n.text), "%s", text);
	snprintf(n.saw, sizeof(n.saw), "%s", saw);
	return ctl_probe_tell(r->tree, parent, &n);
}

static void skip(struct ctl_probe_run *r, size_t parent, const char *what)
{
	ctl_probe_add(r->tree, parent, CTL_PROBE_SKIPPED, "%s: not tried",
		      what);
}

static struct ctl_probe_ask ask_of(const struct ctl_probe_run *r,
				   const char *name)
{
	struct ctl_probe_ask a = {.domain = r->plan->domain,
				  .host = name,
				  .local = r->line.local};

	edge_random(a.id, sizeof(a.id));
	return a;
}

/* Where we stand, for one step at one address. */
struct end {
	struct ctl_probe_run *r;
	enum ctl_probe_part part;
	const char *name;
	struct edge_addr at;
	char place[EDGE_ADDR_STRLEN];
};

static enum edge_err dial(struct end *e, bool is_udp)
{
	const struct ctl_probe_route route = {.local = e->r->plan->local,
					      .remote = e->at,
					      .ms = e->r->plan->ms,
					      .is_udp = is_udp};

	edge_addr_print(&e->at, e->place);
	return ctl_probe_line_open(&e->r->line, &route);
}

/* No IPv6 here, say: nothing is known of the other end. */
static bool cannot_reach(struct end *e, size_t node, const char *what)
{
	if (e->r->line.is_unroutable)
		ctl_probe_add(e->r->tree, node, CTL_PROBE_SKIPPED,
			      "%s: this host has no route there", what);
	return e->r->line.is_unroutable;
}

/* It was not reached: what came back, and what that says of the way. */
static size_t tell_unreached(struct end *e, size_t node, const char *id,
			     const char *text)
{
	const struct ctl_probe_line *l = &e->r->line;
	char saw[TEXT];

	snprintf(saw, sizeof(saw), "%s%s", l->why, ctl_reach_meaning(l->reach));
	return ctl_probe_bad(e->r, node, id, saw, text);
}

/* The node of a TCP connection, with line open; false: told why not. */
static bool connect_to(struct end *e, size_t *node)
{
	char text[TEXT];

	if (dial(e, false)) {
		snprintf(text, sizeof(text), "TCP %s", e->place);
		if (cannot_reach(e, *node, text))
			return false;
		*node = tell_unreached(e, *node,
				       ctl_probe_id(e->part, CTL_PROBE_NO_TCP),
				       text);
		return false;
	}
	*node = ctl_probe_add(e->r->tree, *node, CTL_PROBE_GOOD,
			      "TCP %s connected (%u ms)", e->place,
			      e->r->line.spent);
	return true;
}

/* One talk on the open line; its node. false: told as id why not. */
static bool talk(struct end *e, size_t *node, enum ctl_probe_talk t,
		 const char *id)
{
	struct ctl_probe_ask ask = ask_of(e->r, e->name);
	struct ctl_probe_heard heard;

	if (ctl_probe_line_ask(&e->r->line, t, &ask, &heard)) {
		*node = ctl_probe_bad(e->r, *node, id, e->r->line.why,
				      ctl_probe_talk_name(t));
		return false;
	}
	*node = ctl_probe_add(e->r->tree, *node, CTL_PROBE_GOOD,
			      "%s: %s (%u ms)", ctl_probe_talk_name(t),
			      heard.text, e->r->line.spent);
	return true;
}

/* ---- TLS */

static void tell_certificate(struct end *e, size_t *node,
			     enum ctl_probe_fault fault, const char *saw,
			     const char *text)
{
	*node = ctl_probe_bad(e->r, *node, ctl_probe_id(e->part, fault), saw,
			      text);
}

/* Each fault of the certificate below the last one. */
static void tell_faults(struct end *e, size_t *node,
			const struct ctl_probe_seen *s)
{
	char saw[TEXT], text[TEXT];

	snprintf(text, sizeof(text), "%s: chain of %s", s->version, e->name);
	if (*s->chain)
		tell_certificate(e, node, CTL_PROBE_CHAIN, s->chain, text);
	snprintf(text, sizeof(text), "%s: certificate for %s", s->version,
		 e->name);
	snprintf(saw, sizeof(saw), "%s%s",
		 *s->names ? "it names " : "it names no server at all",
		 s->names);
	if (!s->has_name)
		tell_certificate(e, node, CTL_PROBE_NAME, saw, text);
	snprintf(text, sizeof(text), "%s: validity of the certificate",
		 s->version);
	snprintf(saw, sizeof(saw), "%s (days left %d)", s->validity,
		 s->days_left);
	if (*s->validity)
		tell_certificate(e, node, CTL_PROBE_VALIDITY, saw, text);
}

static void judge_certificate(struct end *e, size_t *node,
			      const struct ctl_probe_seen *s)
{
	struct ctl_probe_node soon = {.state = CTL_PROBE_WARN, .id = soon_over};

	if (*s->chain || !s->has_name || *s->validity) {
		tell_faults(e, node, s);
		return;
	}
	if (s->days_left >= DAYS_LEAST) {
		*node = ctl_probe_add(e->r->tree, *node, CTL_PROBE_GOOD,
				      "%s, chain ends at a trusted root, names "
				      "%s (days left %d)",
				      s->version, e->name, s->days_left);
		return;
	}
	snprintf(soon.text, sizeof(soon.text),
		 "%s, chain ends at a trusted root, names %s", s->version,
		 e->name);
	snprintf(soon.saw, sizeof(soon.saw), "days left %d", s->days_left);
	*node = ctl_probe_tell(e->r->tree, *node, &soon);
}

/* With TLS 1.3 the server says only after our handshake that it misses our
 * certificate. What we write before that may have its words lost. */
static void wait_for_alert(struct ctl_probe_line *l)
{
	const uint32_t ms = l->ms < ALERT_MS ? l->ms : ALERT_MS;
	size_t len = 0;
	const struct ctl_probe_room room = {l->in, &len, sizeof(l->in)};

	if (ctl_probe_tls_read(l->tls, &room, ctl_probe_now_ms() + ms, l->why,
			       sizeof(l->why)) == EDGE_ETIMEOUT)
		*l->why = '\0'; /* it may do without */
}

/* A server of federation wants to see a certificate, and we have none: that it
 * ends for this is what it should do. */
static void judge_federation(struct end *e, size_t node,
			     const struct ctl_probe_seen *s)
{
	const char *id = ctl_probe_id(e->part, CTL_PROBE_NO_ANSWER);
	struct ctl_probe_line *l = &e->r->line;
	struct ctl_probe_ask ask = ask_of(e->r, e->name);
	struct ctl_probe_heard heard;
	enum ctl_probe_parting parting = s->parting;

	if (!s->asks_for_ours) {
		ctl_probe_bad(e->r, node, id,
			      "the server does not ask for a certificate",
			      "mutual TLS");
		return;
	}
	if (l->tls) {
		wait_for_alert(l);
		if (ctl_probe_tls_parting(l->tls) == CTL_PROBE_STAYS &&
		    !ctl_probe_line_ask(l, CTL_PROBE_SIP, &ask, &heard)) {
			ctl_probe_add(e->r->tree, node, CTL_PROBE_GOOD,
				      "mutual TLS: asks for a certificate; "
				      "without one SIP OPTIONS is %s",
				      heard.text);
			return;
		}
		parting = ctl_probe_tls_parting(l->tls);
	}
	if (parting == CTL_PROBE_WANTS_OURS || parting == CTL_PROBE_CUT)
		ctl_probe_add(e->r->tree, node, CTL_PROBE_GOOD,
			      "mutual TLS: asks for a certificate; without one "
			      "it ends (%s), as it should: partners have one",
			      l->tls ? l->why : s->why);
	else
		ctl_probe_bad(e->r, node, id, l->tls ? l->why : s->why,
			      "mutual TLS: after it asked for a certificate");
}

static void tls_end(struct end *e, size_t node)
{
	const char *name = ctl_probe_talk_name(talks[e->part]);
	struct ctl_probe_line *l = &e->r->line;
	struct ctl_probe_seen seen;
	const struct ctl_probe_shake shake = {.roots = e->r->roots,
					      .fd = l->fd,
					      .name = e->name,
					      .until_ms = ctl_probe_now_ms() +
							  l->ms};
	enum edge_err err = ctl_probe_tls_new(&l->tls, &seen, &shake);

	if (err && !(seen.has_certificate && seen.asks_for_ours)) {
		node = ctl_probe_bad(
			e->r, node, ctl_probe_id(e->part, CTL_PROBE_NO_TLS),
			*seen.why ? seen.why : edge_err_str(err), "TLS");
		skip(e->r, node, name);
		return;
	}
	judge_certificate(e, &node, &seen);
	if (e->part == CTL_PROBE_FEDERATION)
		judge_federation(e, node, &seen);
	else
		talk(e, &node, talks[e->part],
		     ctl_probe_id(e->part, CTL_PROBE_NO_ANSWER));
}

/* ---- A/V */

static void tell_reflexive(struct end *e, size_t *node,
			   const struct ctl_probe_heard *heard)
{
	const struct edge_addr *here = &e->r->line.local;
	char local[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(here, false, local);
	*node = ctl_probe_add(
		e->r->tree, *node, CTL_PROBE_GOOD,
		"STUN Binding, UDP %s: %s: %s%s (%u ms)", e->place, heard->text,
		edge_addr_same_ip(here, &heard->seen) ? "no NAT on the way"
						      : "NAT, here it is ",
		edge_addr_same_ip(here, &heard->seen) ? "" : local,
		e->r->line.spent);
}

static void udp_end(struct end *e, size_t node)
{
	struct ctl_probe_heard heard;
	struct ctl_probe_ask ask;
	char text[TEXT];
	enum edge_err err;

	e->at.port = STUN_PORT;
	err = dial(e, true);
	ask = ask_of(e->r, e->name);
	if (!err)
		err = ctl_probe_line_ask(&e->r->line, CTL_PROBE_BINDING, &ask,
					 &heard);
	if (err) {
		snprintf(text, sizeof(text), "STUN Binding, UDP %s", e->place);
		if (cannot_reach(e, node, text))
			return;
		node = tell_unreached(e, node, no_stun, text);
		skip(e->r, node, ctl_probe_talk_name(CTL_PROBE_ALLOCATE));
		return;
	}
	tell_reflexive(e, &node, &heard);
	talk(e, &node, CTL_PROBE_ALLOCATE, no_turn);
}

static void av_end(struct end *e, size_t parent)
{
	const char *id = ctl_probe_id(e->part, CTL_PROBE_NO_ANSWER);
	uint16_t port = e->at.port;
	size_t node = parent;

	udp_end(e, parent);
	ctl_probe_line_close(&e->r->line);
	e->at.port = port;
	if (!connect_to(e, &node)) {
		skip(e->r, node, ctl_probe_talk_name(CTL_PROBE_HELLO));
		return;
	}
	if (talk(e, &node, CTL_PROBE_HELLO, id))
		talk(e, &node, CTL_PROBE_FRAMED, id);
	else
		skip(e->r, node, ctl_probe_talk_name(CTL_PROBE_FRAMED));
}

void ctl_probe_end(struct ctl_probe_run *r, size_t parent,
		   enum ctl_probe_part p, const char *name,
		   const struct edge_addr *at)
{
	struct end e = {.r = r, .part = p, .name = name, .at = *at};
	size_t node = parent;
	char what[64];

	if (p == CTL_PROBE_AV) {
		av_end(&e, parent);
	} else if (!connect_to(&e, &node)) {
		snprintf(what, sizeof(what), "%s%s",
			 p == CTL_PROBE_PARTNERS ? "" : "TLS, ",
			 ctl_probe_talk_name(talks[p]));
		skip(r, node, what);
	} else if (p == CTL_PROBE_PARTNERS) {
		talk(&e, &node, CTL_PROBE_XMPP,
		     ctl_probe_id(p, CTL_PROBE_NO_ANSWER));
	} else {
		tls_end(&e, node);
	}
	ctl_probe_line_close(&r->line);
}
