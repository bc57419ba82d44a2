/* HTTP/1.1 message codec: libre's grammar, our limits and strictness. */
#include "common/http.h"

#include <re.h>
#include <string.h>

/* clang-format off */
static const struct reason {
	unsigned status;
	const char *text;
} reasons[] = { /* RFC 9110 15 */
	{200, "OK"},
	{202, "Accepted"},
	{400, "Bad Request"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{408, "Request Timeout"},
	{409, "Conflict"},
	{413, "Content Too Large"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
};
/* clang-format on */

const char *edge_http_reason(unsigned status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}

/* Length of the head with its empty line; 0 when it has not all come. */
static size_t empty_line(struct edge_slice in)
{
	static const char end[] = "\r\n\r\n";
	const uint8_t *hit =
		memmem(in.p, edge_slice_len(in), end, sizeof(end) - 1);

	return hit ? (size_t)(hit - in.p) + sizeof(end) - 1 : 0;
}

/* CRLF ends each line, no line is folded, nothing else below a blank. */
static enum edge_err head_check(struct edge_slice head)
{
	unsigned lines = 0;

	for (const uint8_t *p = head.p; p < head.end; p++) {
		if (*p == '\r') {
			if (p + 1 == head.end || p[1] != '\n')
				return EDGE_EFORMAT;
			if (++lines > EDGE_HTTP_LINES_MAX + 2)
				return EDGE_ELIMIT;
			if (p + 2 < head.end && (p[2] == ' ' || p[2] == '\t'))
				return EDGE_EFORMAT;
			p++;
		} else if ((*p < ' ' && *p != '\t') || *p == 0x7f) {
			return EDGE_EFORMAT;
		}
	}
	return EDGE_OK;
}

/* The whole head, within its limits. */
static enum edge_err head_find(struct edge_slice *out, struct edge_slice in)
{
	const size_t len = empty_line(in);

	if (len > EDGE_HTTP_HEAD_MAX ||
	    (!len && edge_slice_len(in) > EDGE_HTTP_HEAD_MAX))
		return EDGE_ELIMIT;
	if (!len)
		return EDGE_EAGAIN;
	*out = edge_slice(in.p, len);
	return head_check(*out);
}

/* The same bytes in the caller's memory. */
static struct edge_slice back(const struct pl *pl, const struct mbuf *mb,
			      struct edge_slice head)
{
	size_t at;

	if (!pl->p || !pl->l)
		return edge_slice(head.p, 0);
	at = (size_t)((const uint8_t *)pl->p - mb->buf);
	return edge_slice(head.p + at, pl->l);
}

/* *is_said: there is one. */
static enum edge_err length_read(uint64_t *out, bool *is_said,
				 const struct http_msg *h,
				 const struct mbuf *mb, struct edge_slice head)
{
	const struct http_hdr *length = http_msg_xhdr(h, "Content-Length");

	*out = 0;
	*is_said = length;
	if (!length)
		return EDGE_OK;
	if (http_msg_xhdr_count(h, "Content-Length") != 1)
		return EDGE_EDUP;
	return edge_slice_u64(back(&length->val, mb, head), UINT32_MAX, out)
		       ? EDGE_OK
		       : EDGE_EFORMAT;
}

static enum edge_err body_len(size_t *out, const struct http_msg *h,
			      const struct mbuf *mb, struct edge_slice head,
			      size_t max)
{
	enum edge_err err;
	bool is_said;
	uint64_t n;

	if (http_msg_xhdr(h, "Transfer-Encoding") || http_msg_xhdr(h, "Expect"))
		return EDGE_EFORMAT;
	err = length_read(&n, &is_said, h, mb, head);
	if (err)
		return err;
	if (n > max)
		return EDGE_ELIMIT;
	*out = (size_t)n;
	return EDGE_OK;
}

static bool is_version_ok(const struct pl *ver)
{
	return !pl_strcmp(ver, "1.1") || !pl_strcmp(ver, "1.0");
}

static enum edge_err start_read(struct edge_http_msg *m,
				enum edge_http_kind kind,
				const struct http_msg *h, const struct mbuf *mb,
				struct edge_slice head)
{
	if (!is_version_ok(&h->ver))
		return EDGE_EFORMAT;
	if (kind == EDGE_HTTP_ANSWER) {
		if (h->scode < 100 || h->scode > 599)
			return EDGE_EFORMAT;
		m->status = h->scode;
		return EDGE_OK;
	}
	m->method = back(&h->met, mb, head);
	m->path = back(&h->path, mb, head);
	m->query = back(&h->prm, mb, head);
	if (m->method.p != head.p || !edge_slice_len(m->path) ||
	    *m->path.p != '/')
		return EDGE_EFORMAT;
	if (edge_slice_len(m->query))
		m->query.p++; /* libre leaves the '?' on */
	return EDGE_OK;
}

/* By libre, which wants bytes of its own; both are the caller's to drop. */
static enum edge_err head_parse(struct http_msg **h, struct mbuf **mb,
				enum edge_http_kind kind,
				struct edge_slice head)
{
	const size_t len = edge_slice_len(head);
	int e;

	*mb = mbuf_alloc(len);
	if (!*mb || mbuf_write_mem(*mb, head.p, len))
		return EDGE_ENOMEM;
	(*mb)->pos = 0;
	e = http_msg_decode(h, *mb, kind == EDGE_HTTP_REQUEST);
	if (e)
		return e == ENOMEM ? EDGE_ENOMEM : EDGE_EFORMAT;
	return EDGE_OK;
}

static enum edge_err head_decode(struct edge_http_msg *m, size_t *length,
				 enum edge_http_kind kind,
				 struct edge_slice head, size_t body_max)
{
	struct http_msg *h = NULL;
	struct mbuf *mb;
	const struct http_hdr *type;
	enum edge_err err = head_parse(&h, &mb, kind, head);

	m->method = m->path = m->query = m->type = edge_slice(head.p, 0);
	if (err)
		goto out;
	err = start_read(m, kind, h, mb, head);
	if (err)
		goto out;
	err = body_len(length, h, mb, head, body_max);
	if (err)
		goto out;
	type = http_msg_xhdr(h, "Content-Type");
	if (type)
		m->type = back(&type->val, mb, head);
out:
	mem_deref(h);
	mem_deref(mb);
	return err;
}

enum edge_err edge_http_decode(struct edge_http_msg *out,
			       enum edge_http_kind kind, struct edge_slice in,
			       size_t body_max)
{
	struct edge_http_msg m = {0};
	struct edge_slice head;
	size_t length = 0;
	enum edge_err err = head_find(&head, in);

	if (err)
		return err;
	err = head_decode(&m, &length, kind, head, body_max);
	if (err)
		return err;
	if ((size_t)(in.end - head.end) < length)
		return EDGE_EAGAIN;
	m.body = edge_slice(head.end, length);
	m.len = edge_slice_len(head) + length;
	*out = m;
	return EDGE_OK;
}

/* ---- heads of answers from others */

static bool is_header(const struct http_msg *h, const char *name,
		      const char *value)
{
	const struct http_hdr *hdr = http_msg_xhdr(h, name);

	return http_msg_xhdr_count(h, name) == 1 &&
	       !pl_strcasecmp(&hdr->val, value);
}

static enum edge_err framing_read(struct edge_http_head *o,
				  const struct http_msg *h,
				  const struct mbuf *mb, struct edge_slice head)
{
	enum edge_err err =
		length_read(&o->length, &o->has_length, h, mb, head);

	if (err)
		return err;
	if (http_msg_xhdr(h, "Content-Encoding") &&
	    !is_header(h, "Content-Encoding", "identity"))
		return EDGE_EDENIED;
	o->is_chunked = http_msg_xhdr(h, "Transfer-Encoding");
	if (o->is_chunked && (o->has_length || pl_strcmp(&h->ver, "1.1") != 0 ||
			      !is_header(h, "Transfer-Encoding", "chunked")))
		return EDGE_EFORMAT;
	return EDGE_OK;
}

static enum edge_err answer_read(struct edge_http_head *o,
				 const struct http_msg *h,
				 const struct mbuf *mb, struct edge_slice head)
{
	const struct http_hdr *location = http_msg_xhdr(h, "Location");
	struct edge_http_msg m;
	enum edge_err err = start_read(&m, EDGE_HTTP_ANSWER, h, mb, head);

	if (err)
		return err;
	o->status = m.status;
	o->location = edge_slice(head.p, 0);
	if (location)
		o->location = back(&location->val, mb, head);
	return framing_read(o, h, mb, head);
}

enum edge_err edge_http_head_decode(struct edge_http_head *out,
				    struct edge_slice in)
{
	struct edge_http_head o = {0};
	struct edge_slice head;
	struct http_msg *h = NULL;
	struct mbuf *mb;
	enum edge_err err = head_find(&head, in);

	if (err)
		return err;
	o.len = edge_slice_len(head);
	err = head_parse(&h, &mb, EDGE_HTTP_ANSWER, head);
	if (!err)
		err = answer_read(&o, h, mb, head);
	if (!err)
		*out = o;
	mem_deref(h);
	mem_deref(mb);
	return err;
}

void edge_http_put_get(struct edge_put *w, struct edge_slice host,
		       const char *path)
{
	edge_put_str(w, "GET ");
	edge_put_str(w, path);
	edge_put_str(w, " HTTP/1.1\r\nHost: ");
	edge_put_slice(w, host);
	edge_put_str(w, "\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
			"Connection: close\r\n\r\n");
}

static void put_tail(struct edge_put *w, size_t length)
{
	edge_put_str(w, "Content-Type: application/json\r\nContent-Length: ");
	edge_put_dec(w, length);
	edge_put_str(w, "\r\nConnection: close\r\n\r\n");
}

void edge_http_put_request(struct edge_put *w, const char *method,
			   const char *path, size_t length)
{
	edge_put_str(w, method);
	edge_put_str(w, " ");
	edge_put_str(w, path);
	edge_put_str(w, " HTTP/1.1\r\nHost: localhost\r\n");
	put_tail(w, length);
}

void edge_http_put_answer(struct edge_put *w, unsigned status, size_t length)
{
	edge_put_str(w, "HTTP/1.1 ");
	edge_put_dec(w, status);
	edge_put_str(w, " ");
	edge_put_str(w, edge_http_reason(status));
	edge_put_str(w, "\r\n");
	put_tail(w, length);
}
