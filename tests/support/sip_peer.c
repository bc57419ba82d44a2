/* The other end of a SIP connection, on the test's own loop. */
#include "tests/support/sip_peer.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/turns.h"

enum { TEXT = 256 * 1024 };

static const struct edge_sip_frame_limits limits = {
	.head_len = 65536,
	.line_len = 32768,
	.lines = 200,
	.vias = 40,
	.record_routes = 40,
	.routes = 40,
	.body_len = SIP_PEER_BYTES,
};

static void take(struct sip_peer *p)
{
	struct edge_slice in = edge_conn_input(p->conn);
	size_t len = edge_slice_len(in);

	ck_assert_uint_le(p->in_len + len, SIP_PEER_BYTES);
	memcpy(p->in + p->in_len, in.p, len);
	p->in_len += len;
	edge_conn_consume(p->conn, len);
}

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	struct sip_peer *p = arg;

	(void)c;
	switch (ev) {
	case EDGE_CONN_SECURED:
		p->secured = true;
		break;
	case EDGE_CONN_DATA:
		take(p);
		break;
	case EDGE_CONN_DRAINED:
		break;
	case EDGE_CONN_EOF:
	case EDGE_CONN_TIMEOUT:
	case EDGE_CONN_FAILED:
		take(p);
		p->closed = true;
		sip_peer_close(p);
		break;
	}
	edge_loop_stop(p->loop);
}

static struct edge_conn_plan plan_of(struct sip_peer *p, struct edge_tls *tls)
{
	static const struct edge_peer_policy policy;

	return (struct edge_conn_plan){.loop = p->loop,
				       .tls = tls,
				       .policy = &policy,
				       .in_cap = SIP_PEER_BYTES,
				       .out_cap = SIP_PEER_BYTES,
				       .high_water = SIP_PEER_BYTES,
				       .low_water = SIP_PEER_BYTES / 2,
				       .handshake_ms = SIP_PEER_WAIT_MS,
				       .fn = on_event,
				       .arg = p};
}

void sip_peer_init(struct sip_peer *p, struct edge_loop *loop)
{
	*p = (struct sip_peer){.loop = loop};
	p->in = malloc(SIP_PEER_BYTES);
	ck_assert_ptr_nonnull(p->in);
	ck_assert_int_eq(edge_sip_arena_new(&p->arena), EDGE_OK);
}

void sip_peer_fini(struct sip_peer *p)
{
	if (!p->in)
		return;
	sip_peer_close(p);
	edge_sip_arena_free(p->arena);
	free(p->in);
	for (int i = 0; i < SIP_PEER_TEXTS; i++)
		free(p->texts[i]);
	*p = (struct sip_peer){0};
}

void sip_peer_dial(struct sip_peer *p, struct edge_tls *tls,
		   const struct edge_addr *to)
{
	const struct edge_conn_plan plan = plan_of(p, tls);

	p->closed = p->secured = false;
	p->in_len = 0;
	ck_assert_int_eq(edge_conn_dial(&p->conn, &plan, NULL, NULL, to,
					"sip.contoso.com"),
			 EDGE_OK);
}

void sip_peer_accept(struct sip_peer *p, struct edge_tls *tls, int fd)
{
	const struct edge_conn_plan plan = plan_of(p, tls);

	p->closed = p->secured = false;
	p->in_len = 0;
	ck_assert_int_eq(edge_conn_accept(&p->conn, &plan, fd), EDGE_OK);
}

void sip_peer_close(struct sip_peer *p)
{
	edge_conn_close(p->conn);
	p->conn = NULL;
}

void sip_peer_send(struct sip_peer *p, const char *fmt, ...)
{
	char *text = malloc(TEXT), *wire = malloc(2 * TEXT);
	size_t n = 0;
	va_list args;
	int len;

	ck_assert(text && wire && p->conn);
	va_start(args, fmt);
	len = vsnprintf(text, TEXT, fmt, args);
	va_end(args);
	ck_assert_int_lt(len, TEXT);
	for (const char *c = text; *c; c++) {
		if (*c == '\n')
			wire[n++] = '\r';
		wire[n++] = *c;
	}
	ck_assert_int_eq(edge_conn_write(p->conn, edge_slice(wire, n)),
			 EDGE_OK);
	free(text);
	free(wire);
}

/* -- waiting ------------------------------------------------------------ */

void sip_peer_wait(struct edge_loop *loop, bool (*done)(void *arg), void *arg,
		   const char *what)
{
	turns_until(loop, done, arg, SIP_PEER_WAIT_MS, what);
}

static bool is_secured(void *arg)
{
	const struct sip_peer *p = arg;

	ck_assert_msg(!p->closed, "closed instead of secured");
	return p->secured;
}

void sip_peer_wait_secured(struct sip_peer *p)
{
	sip_peer_wait(p->loop, is_secured, p, "a handshake");
}

static bool is_closed(void *arg)
{
	return ((const struct sip_peer *)arg)->closed;
}

void sip_peer_wait_closed(struct sip_peer *p)
{
	sip_peer_wait(p->loop, is_closed, p, "the end of the connection");
}

/* -- messages ----------------------------------------------------------- */

static void count_pongs(struct sip_peer *p)
{
	size_t n = 0;

	while (n < p->in_len && (p->in[n] == '\r' || p->in[n] == '\n'))
		n++;
	p->pongs += n;
	p->in_len -= n;
	memmove(p->in, p->in + n, p->in_len);
}

static bool frame(struct sip_peer *p, struct edge_sip_frame *f)
{
	struct edge_sip_framer framer = {0};
	enum edge_err err;

	count_pongs(p);
	if (!p->in_len)
		return false;
	err = edge_sip_frame_next(&framer, &limits,
				  edge_slice(p->in, p->in_len), f);
	ck_assert_msg(!err || err == EDGE_EAGAIN, "framing: %s",
		      edge_sip_frame_fault_str(f->fault));
	return !err;
}

bool sip_peer_has_message(const struct sip_peer *p)
{
	struct edge_sip_frame f;

	return frame((struct sip_peer *)(uintptr_t)p, &f);
}

static bool has_message(void *arg)
{
	return sip_peer_has_message(arg);
}

const struct edge_sip_msg *sip_peer_expect(struct sip_peer *p,
					   const char *start)
{
	struct edge_sip_frame f;
	enum edge_err err;
	char **text;
	size_t len;

	sip_peer_wait(p->loop, has_message, p, start);
	ck_assert(frame(p, &f));
	len = edge_slice_len(f.msg);
	text = &p->texts[p->text_count++ % SIP_PEER_TEXTS];
	free(*text);
	*text = malloc(len + 1);
	ck_assert_ptr_nonnull(*text);
	memcpy(*text, f.msg.p, len);
	(*text)[len] = 0;
	p->in_len -= f.consumed;
	memmove(p->in, p->in + f.consumed, p->in_len);
	ck_assert_msg(strncmp(*text, start, strlen(start)) == 0,
		      "wanted %s, got\n%s", start, *text);
	err = edge_sip_msg_parse(&p->msg, p->arena, edge_slice(*text, len),
				 f.head_len);
	ck_assert_msg(!err, "%s: %s", edge_sip_fault_str(p->msg.fault), *text);
	return &p->msg;
}

const char *sip_peer_header(const struct edge_sip_msg *m, const char *name,
			    int nth, char out[1024])
{
	int i = edge_sip_find_name(m, name, 0);

	*out = 0;
	while (i >= 0 && nth--)
		i = edge_sip_find_name(m, name, i + 1);
	if (i >= 0)
		snprintf(out, 1024, "%.*s",
			 (int)edge_slice_len(m->lines[i].value),
			 (const char *)m->lines[i].value.p);
	return out;
}

/* Via, From, To, Call-ID, CSeq and Record-Route as they came. */
void sip_peer_answer(struct sip_peer *p, const struct edge_sip_msg *request,
		     const char *status, const char *extra)
{
	char *text = malloc(TEXT);
	size_t n;

	ck_assert(text);
	n = (size_t)snprintf(text, TEXT, "SIP/2.0 %s\n", status);
	for (size_t i = 0; i < request->line_count; i++) {
		const struct edge_sip_line *l = &request->lines[i];

		if (l->id != EDGE_SIP_VIA && l->id != EDGE_SIP_FROM &&
		    l->id != EDGE_SIP_TO && l->id != EDGE_SIP_CALL_ID &&
		    l->id != EDGE_SIP_CSEQ && l->id != EDGE_SIP_RECORD_ROUTE)
			continue;
		n += (size_t)snprintf(
			text + n, TEXT - n, "%.*s: %.*s%s\n",
			(int)edge_slice_len(l->name), (const char *)l->name.p,
			(int)edge_slice_len(l->value), (const char *)l->value.p,
			l->id == EDGE_SIP_TO && !edge_slice_len(request->to.tag)
				? ";tag=answer"
				: "");
	}
	sip_peer_send(p, "%s%sContent-Length: 0\n\n", text, extra);
	free(text);
}
