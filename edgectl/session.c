/* Requests with a challenge each, on one wire. */
#include "edgectl/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "edgectl/digest_auth.h"

enum {
	REQUEST_MAX = 80 * 1024,
	HEADER_MAX = 1400, /* of Authorization */
	EXPIRES_S = 300,   /* ours: gone soon, also when we are killed */
	ANSWERS_MAX = 32,  /* ours: what may come before the one wanted */
	WHY_MAX = 256,
};

struct ctl_session {
	struct ctl_wire *wire;
	const struct ctl_user *user;
	char domain[256];
	char tag[17], epid[17], instance[37], call_id[33];
	unsigned cseq;
	bool is_registered;
	char why[WHY_MAX];
	char request[REQUEST_MAX];
};

struct ask {
	const char *method, *uri, *to, *type;
	struct edge_slice body;
	unsigned expires_s;
};

static void random_hex(char *out, size_t octets)
{
	uint8_t b[16];

	edge_random(b, octets);
	edge_hex(out, edge_slice(b, octets));
}

static void session_names(struct ctl_session *s)
{
	char hex[33];

	random_hex(s->tag, 8);
	random_hex(s->epid, 6);
	random_hex(s->call_id, 16);
	random_hex(hex, 16);
	snprintf(s->instance, sizeof(s->instance), "%.8s-%.4s-%.4s-%.4s-%.12s",
		 hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

/* Headers that only a REGISTER has. */
static int put_registration(const struct ctl_session *s, char *out, size_t cap,
			    unsigned expires_s)
{
	char local[EDGE_ADDR_STRLEN];

	edge_addr_print(ctl_wire_local(s->wire), local);
	return snprintf(out, cap,
			"Contact: <sip:%s;transport=tls;ms-opaque=%.10s>;"
			"methods=\"SERVICE, NOTIFY, BENOTIFY, OPTIONS\";"
			"proxy=replace;+sip.instance=\"<urn:uuid:%s>\"\r\n"
			"Supported: gruu-10\r\nEvent: registration\r\n"
			"Expires: %u\r\n",
			local, s->epid, s->instance, expires_s);
}

/* The request into s->request; 0: too long. */
static size_t build(struct ctl_session *s, const struct ask *a,
		    const char *proof)
{
	char local[EDGE_ADDR_STRLEN], branch[33], extra[HEADER_MAX] = "";
	size_t body_len = edge_slice_len(a->body);
	int n;

	edge_addr_print(ctl_wire_local(s->wire), local);
	random_hex(branch, 16);
	if (!strcmp(a->method, "REGISTER"))
		put_registration(s, extra, sizeof(extra), a->expires_s);
	n = snprintf(s->request, sizeof(s->request),
		     "%s %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%s\r\n"
		     "From: <%s>;tag=%s;epid=%.12s\r\nTo: <%s>\r\n"
		     "Max-Forwards: 70\r\nCSeq: %u %s\r\nCall-ID: %s\r\n"
		     "User-Agent: edgectl/" EDGE_VERSION "\r\n%s%s"
		     "%s%s%sContent-Length: %zu\r\n\r\n",
		     a->method, a->uri, local, branch, s->user->aor, s->tag,
		     s->epid, a->to, ++s->cseq, a->method, s->call_id, extra,
		     proof, a->type ? "Content-Type: " : "",
		     a->type ? a->type : "", a->type ? "\r\n" : "", body_len);
	if (n < 0 || (size_t)n + body_len >= sizeof(s->request))
		return 0;
	if (body_len)
		memcpy(s->request + n, a->body.p, body_len);
	return (size_t)n + body_len;
}

/* Reads on until the final answer to what was sent last. */
static enum edge_err final(struct ctl_session *s,
			   const struct edge_sip_msg **out)
{
	enum edge_err err = EDGE_ETIMEOUT;

	for (int i = 0; i < ANSWERS_MAX; i++) {
		err = ctl_wire_receive(s->wire, out);
		if (err)
			break;
		if (!(*out)->is_request && (*out)->status >= 200 &&
		    (*out)->cseq == s->cseq)
			return EDGE_OK;
	}
	snprintf(s->why, sizeof(s->why), "no answer: %s", edge_err_str(err));
	return err;
}

/* Header line that answers the challenge m. */
static enum edge_err prove(struct ctl_session *s, const struct ask *a,
			   const struct edge_sip_msg *m, char *out, size_t cap)
{
	char cnonce[17], value[HEADER_MAX - 64];
	const bool is_proxy = m->status == 407;
	const char *asked =
		is_proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
	const struct ctl_digest d = {.user = s->user->name,
				     .password = s->user->password,
				     .method = a->method,
				     .uri = a->uri,
				     .cnonce = cnonce};
	enum edge_err err = EDGE_ENOTFOUND;
	int i = edge_sip_find_name(m, asked, 0);

	random_hex(cnonce, 8);
	for (; i >= 0 && err == EDGE_ENOTFOUND;
	     i = edge_sip_find_name(m, asked, i + 1))
		err = ctl_digest_answer(value, sizeof(value), &d,
					m->lines[i].value);
	if (err) {
		snprintf(s->why, sizeof(s->why),
			 "%u to %s: no Digest challenge that can be answered",
			 m->status, a->method);
		return err;
	}
	snprintf(out, cap, "%sAuthorization: %s\r\n", is_proxy ? "Proxy-" : "",
		 value);
	edge_wipe(value, sizeof(value));
	return EDGE_OK;
}

/* The words of whoever refused; ms-diagnostics tell more than the phrase. */
static void explain(struct ctl_session *s, const struct ask *a,
		    const struct edge_sip_msg *m)
{
	char phrase[64] = "", told[128] = "";
	int i = edge_sip_find_name(m, "ms-diagnostics", 0);

	if (i < 0)
		i = edge_sip_find_name(m, "ms-diagnostics-public", 0);
	edge_slice_copy(phrase, sizeof(phrase), m->phrase);
	if (i >= 0)
		edge_slice_copy(told, sizeof(told), m->lines[i].value);
	snprintf(s->why, sizeof(s->why), "%s answered with %u %s%s%s",
		 a->method, m->status, phrase, *told ? "; " : "", told);
}

static enum edge_err ask(struct ctl_session *s, const struct ask *a,
			 const struct edge_sip_msg **out)
{
	char proof[HEADER_MAX] = "";
	enum edge_err err;

	for (int i = 0; i < 2; i++) {
		size_t len = build(s, a, proof);

		if (!len)
			return EDGE_ELIMIT;
		err = ctl_wire_send(s->wire, edge_slice(s->request, len));
		if (!err)
			err = final(s, out);
		if (err)
			return err;
		if ((*out)->status == 200)
			return EDGE_OK;
		if (i || ((*out)->status != 401 && (*out)->status != 407))
			break;
		err = prove(s, a, *out, proof, sizeof(proof));
		if (err)
			return err;
	}
	explain(s, a, *out);
	return (*out)->status == 401 || (*out)->status == 407 ? EDGE_EAUTH
							      : EDGE_EDENIED;
}

static enum edge_err sign(struct ctl_session *s, unsigned expires_s)
{
	char uri[300];
	const struct edge_sip_msg *m;

	snprintf(uri, sizeof(uri), "sip:%s", s->domain);
	return ask(s,
		   &(struct ask){.method = "REGISTER",
				 .uri = uri,
				 .to = s->user->aor,
				 .expires_s = expires_s},
		   &m);
}

enum edge_err ctl_session_open(struct ctl_session **out,
			       const struct ctl_wire_plan *p,
			       const struct ctl_user *u, char *why,
			       size_t why_cap)
{
	struct ctl_session *s = calloc(1, sizeof(*s));
	const char *at = strchr(u->aor, '@');
	enum edge_err err = EDGE_ENOMEM;

	if (!s)
		goto out;
	s->user = u;
	session_names(s);
	err = at ? EDGE_OK : EDGE_EFORMAT;
	if (err)
		goto out;
	snprintf(s->domain, sizeof(s->domain), "%s", at + 1);
	err = ctl_wire_open(&s->wire, p, why, why_cap);
	if (err)
		goto out;
	err = sign(s, EXPIRES_S);
	if (err) {
		snprintf(why, why_cap, "%s", s->why);
		goto out;
	}
	s->is_registered = true;
	*out = s;
	s = NULL;
out:
	if (err && !*why)
		snprintf(why, why_cap, "%s", edge_err_str(err));
	ctl_session_close(s);
	return err;
}

enum edge_err ctl_session_service(struct ctl_session *s, const char *uri,
				  const char *type, struct edge_slice body,
				  struct edge_slice *answer)
{
	const struct edge_sip_msg *m;
	enum edge_err err = ask(s,
				&(struct ask){.method = "SERVICE",
					      .uri = uri,
					      .to = uri,
					      .type = type,
					      .body = body},
				&m);

	if (!err)
		*answer = m->body;
	return err;
}

const char *ctl_session_why(const struct ctl_session *s)
{
	return s->why;
}

const char *ctl_session_tls(const struct ctl_session *s)
{
	return ctl_wire_tls(s->wire);
}

void ctl_session_close(struct ctl_session *s)
{
	if (!s)
		return;
	if (s->is_registered && sign(s, 0))
		s->is_registered = false; /* it lapses by itself */
	ctl_wire_close(s->wire);
	edge_wipe(s, sizeof(*s));
	free(s);
}
