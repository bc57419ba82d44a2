/* The servers behind both proxies: mutual TLS, each request gets its 200. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/bench/peer.h"

struct reply {
	char text[16384];
	size_t len;
};

static void add(struct reply *r, const char *text, size_t len)
{
	if (r->len + len > sizeof(r->text))
		bench_die("answer too long");
	memcpy(r->text + r->len, text, len);
	r->len += len;
}

static bool is_header(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && line[n] == ':' && strncasecmp(line, name, n) == 0;
}

/* What an answer takes over from its request (RFC 3261 8.2.6.2). */
static bool is_copied(const char *line, size_t len)
{
	static const char *const names[] = {"Via",    "From", "Call-ID",
					    "CSeq",   "To",   "Record-Route",
					    "Contact"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is_header(line, len, names[i]))
			return true;
	return false;
}

static void copy_line(struct reply *r, const char *line, size_t len)
{
	add(r, line, len);
	if (is_header(line, len, "To") && !memmem(line, len, ";tag=", 5))
		add(r, ";tag=5b1e", 9);
	add(r, "\r\n", 2);
}

/* Length of the body; the answer is made on the way. */
static size_t walk(struct reply *r, const char *head, const char *end)
{
	const char *eol;
	size_t body = 0;

	add(r, "SIP/2.0 200 OK\r\n", 16);
	for (const char *line = head; line < end; line = eol + 2) {
		size_t len;

		eol = memmem(line, (size_t)(end - line) + 2, "\r\n", 2);
		len = (size_t)(eol - line);
		if (is_header(line, len, "Content-Length"))
			body = strtoul(line + 15, NULL, 10);
		else if (line != head && is_copied(line, len))
			copy_line(r, line, len);
	}
	add(r, "Content-Length: 0\r\n\r\n", 21);
	return body;
}

static size_t on_bytes(struct bench_peer *p, const char *in, size_t len)
{
	const char *at = in, *all = in + len;
	struct reply r;

	while (at < all) {
		const char *end = memmem(at, (size_t)(all - at), "\r\n\r\n", 4);
		size_t body;

		if (*at == '\r' || *at == '\n') {
			at++;
			continue;
		}
		if (!end)
			break;
		r.len = 0;
		body = walk(&r, at, end);
		if (body > (size_t)(all - end) - 4)
			break;
		if (strncmp(at, "ACK ", 4) != 0 && strncmp(at, "SIP/", 4) != 0)
			bench_peer_send(p, r.text, r.len);
		at = end + 4 + body;
	}
	return (size_t)(at - in);
}

static void on_lost(struct bench_peer *p)
{
	(void)p;
}

int main(int argc, char **argv)
{
	struct bench_tls tls = {0};
	struct bench_loop *l;

	if (argc != 6) {
		fputs("usage: bench_sip_sink IP PORT CA CHAIN KEY\n", stderr);
		return 2;
	}
	tls.ca = argv[3];
	tls.chain = argv[4];
	tls.key = argv[5];
	l = bench_loop_new(&tls, on_bytes, on_lost);
	bench_loop_listen(l, argv[1], (unsigned)atoi(argv[2]));
	for (;;)
		bench_loop_turn(l, -1);
}
