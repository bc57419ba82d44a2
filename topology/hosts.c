/* HOSTS parser and look-up (TO 3.3, 3.5): total, capped, whole file or none. */
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "topology/hosts.h"

/* One (name, address) of one line, before names are gathered. */
struct row {
	size_t name; /* offset into names */
	struct edge_addr addr;
	unsigned line;
	bool in_block, has_underscore;
};

struct topo_hosts {
	char *names; /* all names, NUL after each */
	struct edge_addr *addrs;
	struct topo_hosts_entry *entries;
	size_t count;
};

struct parser {
	struct topo_hosts_fault *fault;
	char *names;
	size_t names_len, names_cap;
	struct row *rows;
	size_t row_count, row_cap;
	unsigned line;
	bool in_block;
	unsigned block_line;
};

EDGE_PRINTF(3, 4)
static enum edge_err refuse(struct parser *p, enum edge_err err,
			    const char *fmt, ...)
{
	va_list ap;

	if (!p->fault)
		return err;
	p->fault->code = "HOSTS-001";
	p->fault->line = p->line;
	va_start(ap, fmt);
	vsnprintf(p->fault->text, sizeof(p->fault->text), fmt, ap);
	va_end(ap);
	return err;
}

/* A word of the file as it may be shown: printable, short. */
static const char *shown(char dst[48], struct edge_slice s)
{
	size_t n = 0;

	for (; s.p < s.end && n < 44; s.p++)
		dst[n++] = *s.p > 0x20 && *s.p < 0x7f ? (char)*s.p : '?';
	if (s.p < s.end) {
		memcpy(dst + n, "...", 3);
		n += 3;
	}
	dst[n] = '\0';
	return dst;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct edge_slice take_word(struct edge_slice *in)
{
	struct edge_slice w;

	while (in->p < in->end && is_blank(*in->p))
		in->p++;
	w.p = in->p;
	while (in->p < in->end && !is_blank(*in->p))
		in->p++;
	w.end = in->p;
	return w;
}

/* Writes the folded name; returns what is wrong with it, NULL when fine. */
static const char *fold_name(char *dst, struct edge_slice in, bool *underscore)
{
	size_t n = 0, label = 0;

	if (edge_slice_len(in) > 1 && in.end[-1] == '.')
		in.end--;
	if (edge_slice_len(in) > TOPO_HOSTS_MAX_NAME)
		return "name longer than 253 characters";
	for (; in.p < in.end; in.p++) {
		uint8_t c = *in.p;

		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c + 32);
		if (c == '.' && !label)
			return "empty label in name";
		if (c != '.' && c != '-' && c != '_' &&
		    !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			return "character that no host name has";
		*underscore |= c == '_';
		label = c == '.' ? 0 : label + 1;
		if (label > TOPO_HOSTS_MAX_LABEL)
			return "label longer than 63 characters";
		dst[n++] = (char)c;
	}
	dst[n] = '\0';
	return n && label ? NULL : "empty name";
}

static enum edge_err add_row(struct parser *p, const char *name,
			     const struct edge_addr *addr, bool underscore)
{
	size_t len = strlen(name) + 1;

	if (p->row_count == p->row_cap) {
		size_t cap = p->row_cap ? 2 * p->row_cap : 64;
		struct row *r = reallocarray(p->rows, cap, sizeof(*r));

		if (!r)
			return EDGE_ENOMEM;
		p->rows = r;
		p->row_cap = cap;
	}
	/* names_cap holds the whole text, and names are never longer */
	assert(p->names_len + len <= p->names_cap);
	memcpy(p->names + p->names_len, name, len);
	p->rows[p->row_count++] = (struct row){
		.name = p->names_len,
		.addr = *addr,
		.line = p->line,
		.in_block = p->in_block,
		.has_underscore = underscore,
	};
	p->names_len += len;
	return EDGE_OK;
}

static bool starts_with(struct edge_slice s, const char *text)
{
	size_t n = strlen(text);

	return edge_slice_len(s) >= n && !memcmp(s.p, text, n);
}

/* A comment line may open or close the managed block. */
static enum edge_err see_marker(struct parser *p, struct edge_slice comment)
{
	if (starts_with(comment, "# BEGIN lync-edge generated")) {
		if (p->in_block)
			return refuse(p, EDGE_EFORMAT,
				      "managed block opened again; the one of "
				      "line %u has no END line",
				      p->block_line);
		p->in_block = true;
		p->block_line = p->line;
	} else if (starts_with(comment, "# END lync-edge generated")) {
		if (!p->in_block)
			return refuse(p, EDGE_EFORMAT,
				      "END of a managed block without BEGIN");
		p->in_block = false;
	}
	return EDGE_OK;
}

static enum edge_err parse_names(struct parser *p, struct edge_slice in,
				 const struct edge_addr *addr)
{
	struct edge_slice word = take_word(&in);
	char name[TOPO_HOSTS_MAX_NAME + 2], text[48];
	enum edge_err err = EDGE_OK;

	if (word.p == word.end)
		return refuse(p, EDGE_EFORMAT, "address without a name");
	for (; !err && word.p < word.end; word = take_word(&in)) {
		bool underscore = false;
		const char *wrong = fold_name(name, word, &underscore);

		if (wrong)
			return refuse(p, EDGE_EFORMAT, "\"%s\": %s",
				      shown(text, word), wrong);
		err = add_row(p, name, addr, underscore);
	}
	return err;
}

static enum edge_err parse_line(struct parser *p, struct edge_slice line)
{
	const uint8_t *hash = edge_slice_find(line, '#');
	struct edge_slice body = line, word;
	struct edge_addr addr;
	char text[48];

	if (hash)
		body.end = hash;
	word = take_word(&body);
	if (word.p == word.end)
		return hash ? see_marker(p, (struct edge_slice){hash, line.end})
			    : EDGE_OK;
	if (edge_addr_parse(&addr, word, 0))
		return refuse(p, EDGE_EFORMAT,
			      "\"%s\" is no address: want four decimal numbers "
			      "without leading zeros, or IPv6 without zone",
			      shown(text, word));
	if (!addr.family)
		return refuse(
			p, EDGE_EFORMAT,
			"\"%s\" is the unspecified address: no host has it",
			shown(text, word));
	return parse_names(p, body, &addr);
}

static enum edge_err parse_text(struct parser *p, struct edge_slice in)
{
	static const uint8_t bom[] = {0xef, 0xbb, 0xbf};
	enum edge_err err = EDGE_OK;

	if (edge_slice_len(in) >= sizeof(bom) &&
	    !memcmp(in.p, bom, sizeof(bom)))
		in.p += sizeof(bom);
	while (!err && in.p < in.end) {
		struct edge_slice line = in;

		p->line++;
		if (p->line > TOPO_HOSTS_MAX_LINES)
			return refuse(p, EDGE_ELIMIT, "more than %d lines",
				      TOPO_HOSTS_MAX_LINES);
		if (!edge_take_until(&in, '\n', &line))
			in.p = in.end;
		err = parse_line(p, line);
	}
	if (!err && p->in_block) {
		p->line = p->block_line;
		err = refuse(p, EDGE_EFORMAT, "managed block without END line");
	}
	return err;
}

static int by_name(const void *a, const void *b, void *names)
{
	const struct row *x = a, *y = b;
	const char *n = names;
	int c = strcmp(n + x->name, n + y->name);

	if (c)
		return c;
	if (x->in_block != y->in_block)
		return x->in_block ? -1 : 1;
	/* offsets grow with the file, so this keeps file order */
	return x->name < y->name ? -1 : x->name > y->name;
}

static bool has_addr(const struct topo_hosts_entry *e,
		     const struct edge_addr *addr)
{
	for (size_t i = 0; i < e->count; i++)
		if (edge_addr_eq(&e->addrs[i], addr))
			return true;
	return false;
}

/* Rows of one name, from row i on, become one entry; returns the next row. */
static size_t gather(struct parser *p, struct topo_hosts *h, size_t i,
		     struct edge_addr **next)
{
	const struct row *first = &p->rows[i];
	struct topo_hosts_entry *e = &h->entries[h->count];
	const char *name = h->names + first->name;

	*e = (struct topo_hosts_entry){
		.name = name,
		.addrs = *next,
		.in_block = first->in_block,
		.has_underscore = first->has_underscore,
		.line = first->line,
	};
	for (; i < p->row_count && !strcmp(h->names + p->rows[i].name, name);
	     i++) {
		if (p->rows[i].in_block != e->in_block ||
		    has_addr(e, &p->rows[i].addr))
			continue;
		if (e->count == TOPO_HOSTS_MAX_ADDRS) {
			p->line = p->rows[i].line;
			return 0;
		}
		*(*next)++ = p->rows[i].addr;
		e->count++;
	}
	h->count++;
	return i;
}

static enum edge_err build(struct parser *p, struct topo_hosts *h)
{
	struct edge_addr *next;
	char text[48];

	if (!p->row_count)
		return EDGE_OK;
	qsort_r(p->rows, p->row_count, sizeof(*p->rows), by_name, p->names);
	h->names = p->names;
	p->names = NULL;
	h->addrs = calloc(p->row_count, sizeof(*h->addrs));
	h->entries = calloc(p->row_count, sizeof(*h->entries));
	if (!h->addrs || !h->entries)
		return EDGE_ENOMEM;
	next = h->addrs;
	for (size_t i = 0; i < p->row_count;) {
		const char *name = h->names + p->rows[i].name;

		i = gather(p, h, i, &next);
		if (!i)
			return refuse(p, EDGE_ELIMIT,
				      "more than %d addresses for %s",
				      TOPO_HOSTS_MAX_ADDRS,
				      shown(text, edge_slice_str(name)));
	}
	return EDGE_OK;
}

enum edge_err topo_hosts_parse(struct topo_hosts **out, struct edge_slice text,
			       struct topo_hosts_fault *fault)
{
	struct parser p = {.fault = fault};
	struct topo_hosts *h = calloc(1, sizeof(*h));
	enum edge_err err = EDGE_ENOMEM;

	if (!h)
		goto out;
	if (edge_slice_len(text) > TOPO_HOSTS_MAX_BYTES) {
		err = refuse(&p, EDGE_ELIMIT, "file over %d bytes",
			     TOPO_HOSTS_MAX_BYTES);
		goto out;
	}
	/* each name is followed by a blank or the end: one more byte is enough
	 */
	p.names_cap = edge_slice_len(text) + 1;
	p.names = malloc(p.names_cap);
	if (!p.names)
		goto out;
	err = parse_text(&p, text);
	if (!err)
		err = build(&p, h);
	if (err)
		goto out;
	*out = h;
	h = NULL;
out:
	topo_hosts_free(h);
	free(p.names);
	free(p.rows);
	return err;
}

void topo_hosts_free(struct topo_hosts *h)
{
	if (!h)
		return;
	free(h->names);
	free(h->addrs);
	free(h->entries);
	free(h);
}

bool topo_hosts_find(const struct topo_hosts *h, struct edge_slice name,
		     const struct edge_addr **addrs, size_t *count)
{
	char key[TOPO_HOSTS_MAX_NAME + 2];
	bool underscore = false;
	size_t low = 0, high = h ? h->count : 0;

	if (fold_name(key, name, &underscore))
		return false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(key, h->entries[mid].name);

		if (!c) {
			*addrs = h->entries[mid].addrs;
			*count = h->entries[mid].count;
			return true;
		}
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}

size_t topo_hosts_count(const struct topo_hosts *h)
{
	return h ? h->count : 0;
}

struct topo_hosts_entry topo_hosts_at(const struct topo_hosts *h, size_t i)
{
	assert(i < h->count);
	return h->entries[i];
}

enum edge_err topo_hosts_source(struct edge_addr *out,
				const struct edge_addr *addr)
{
	struct edge_addr to = *addr;
	struct sockaddr_storage sa;
	socklen_t len;
	enum edge_err err = EDGE_ESYS;
	int fd = -1;

	to.port = 9; /* any port: no packet is sent */
	len = edge_addr_to_sockaddr(&to, &sa);
	fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, len))
		goto out;
	len = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &len))
		goto out;
	err = edge_addr_from_sockaddr(out, (struct sockaddr *)&sa);
	if (!err)
		out->port = 0;
out:
	if (fd >= 0)
		close(fd);
	return err;
}

enum topo_hosts_side topo_hosts_route(const struct edge_addr *addr,
				      const struct edge_addr *internal)
{
	struct edge_addr from;

	if (edge_addr_same_ip(addr, internal))
		return TOPO_HOSTS_INSIDE; /* our own internal address */
	if (topo_hosts_source(&from, addr))
		return TOPO_HOSTS_NO_ROUTE;
	return edge_addr_same_ip(&from, internal) ? TOPO_HOSTS_INSIDE
						  : TOPO_HOSTS_OUTSIDE;
}
