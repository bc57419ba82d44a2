/* An element of a stream written anew: prefixes are declared where they are
 * used. */
#include "access-edge/xmpp_copy.h"

#include <stdio.h>
#include <string.h>

enum { SEPARATOR = '\n' };

void acc_xmpp_copy_clear(struct acc_xmpp_copy *c)
{
	edge_bytes_fini(&c->out);
	acc_scope_init(&c->scope);
	c->err = EDGE_OK;
	c->is_tag_open = false;
}

bool acc_xmpp_name_read(struct acc_xmpp_name *n, const char *triplet)
{
	struct edge_slice rest = edge_slice_str(triplet), uri;

	*n->uri = *n->prefix = '\0';
	if (!edge_take_until(&rest, SEPARATOR, &uri)) {
		n->local = rest;
		return true;
	}
	if (!edge_take_until(&rest, SEPARATOR, &n->local)) {
		n->local = rest;
		rest = (struct edge_slice){0};
	}
	return edge_slice_copy(n->uri, sizeof(n->uri), uri) &&
	       edge_slice_copy(n->prefix, sizeof(n->prefix), rest);
}

static void put(struct acc_xmpp_copy *c, struct edge_slice s)
{
	if (!c->err)
		c->err = edge_bytes_add(&c->out, s, c->max);
}

static void put_str(struct acc_xmpp_copy *c, const char *s)
{
	put(c, edge_slice_str(s));
}

static uint8_t last(const struct acc_xmpp_copy *c)
{
	const struct edge_slice s = edge_bytes_slice(&c->out);

	return edge_slice_len(s) ? s.end[-1] : 0;
}

/* RFC 7622 has no say here: XML 1.0 2.4 and 3.3.3. */
static const char *escape_of(uint8_t byte, uint8_t before, bool is_attribute)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return is_attribute || before == ']' ? "&gt;" : NULL;
	case '\r':
		return "&#13;";
	case '\'':
		return is_attribute ? "&#39;" : NULL;
	case '\t':
		return is_attribute ? "&#9;" : NULL;
	case '\n':
		return is_attribute ? "&#10;" : NULL;
	default:
		return NULL;
	}
}

static void put_escaped(struct acc_xmpp_copy *c, struct edge_slice s,
			bool is_attribute)
{
	const uint8_t *plain = s.p;
	uint8_t before = last(c);

	for (const uint8_t *p = s.p; p < s.end; p++) {
		const char *escape = escape_of(*p, before, is_attribute);

		before = *p;
		if (!escape)
			continue;
		put(c, edge_slice(plain, (size_t)(p - plain)));
		put_str(c, escape);
		plain = p + 1;
	}
	put(c, edge_slice(plain, (size_t)(s.end - plain)));
}

static void put_name(struct acc_xmpp_copy *c, const struct acc_xmpp_name *n)
{
	if (*n->prefix) {
		put_str(c, n->prefix);
		put_str(c, ":");
	}
	put(c, n->local);
}

void acc_xmpp_copy_put_declaration(struct acc_xmpp_copy *c, const char *prefix,
				   const char *uri)
{
	put_str(c, *prefix ? " xmlns:" : " xmlns");
	put_str(c, prefix);
	put_str(c, "='");
	put_escaped(c, edge_slice_str(uri), true);
	put_str(c, "'");
}

static bool means(const struct acc_xmpp_copy *c, const char *prefix,
		  const char *uri)
{
	const char *now = acc_scope_find(&c->scope, prefix);

	return now && strcmp(now, uri) == 0;
}

static void bind(struct acc_xmpp_copy *c, unsigned level, const char *prefix,
		 const char *uri)
{
	if (!c->err)
		c->err = acc_scope_bind(&c->scope, (uint8_t)level, prefix, uri);
}

void acc_xmpp_copy_declare(struct acc_xmpp_copy *c, unsigned level,
			   const char *prefix, const char *uri)
{
	const enum acc_xmpp_ns ns = acc_xmpp_ns_of(uri);

	if (ns != ACC_NS_EDGE && ns != ACC_NS_XML && !means(c, prefix, uri))
		bind(c, level, prefix, uri);
}

/* The name's prefix means here what it meant there. */
static void need(struct acc_xmpp_copy *c, unsigned level,
		 const struct acc_xmpp_name *n)
{
	if (means(c, n->prefix, n->uri))
		return;
	bind(c, level, n->prefix, n->uri);
	acc_xmpp_copy_put_declaration(c, n->prefix, n->uri);
}

static void close_tag(struct acc_xmpp_copy *c)
{
	if (c->is_tag_open)
		put_str(c, ">");
	c->is_tag_open = false;
}

/* What was declared right here, as it was. */
static void put_declared(struct acc_xmpp_copy *c, unsigned level)
{
	for (unsigned i = 0; i < c->scope.count; i++) {
		const struct acc_scope_binding *b = &c->scope.bindings[i];

		if (b->depth == level)
			acc_xmpp_copy_put_declaration(c,
						      c->scope.text + b->prefix,
						      c->scope.text + b->uri);
	}
}

void acc_xmpp_copy_start(struct acc_xmpp_copy *c, unsigned level,
			 const struct acc_xmpp_name *n)
{
	close_tag(c);
	put_str(c, "<");
	put_name(c, n);
	put_declared(c, level);
	need(c, level, n);
	c->is_tag_open = true;
}

void acc_xmpp_copy_use(struct acc_xmpp_copy *c, unsigned level,
		       const struct acc_xmpp_name *n)
{
	const enum acc_xmpp_ns ns = acc_xmpp_ns_of(n->uri);

	if (ns != ACC_NS_EDGE && ns != ACC_NS_NONE && ns != ACC_NS_XML)
		need(c, level, n);
}

void acc_xmpp_copy_attribute(struct acc_xmpp_copy *c, unsigned level,
			     const struct acc_xmpp_name *n, const char *value)
{
	if (acc_xmpp_ns_of(n->uri) == ACC_NS_EDGE)
		return;
	acc_xmpp_copy_use(c, level, n); /* if it was not before */
	put_str(c, " ");
	put_name(c, n);
	put_str(c, "='");
	put_escaped(c, edge_slice_str(value), true);
	put_str(c, "'");
}

void acc_xmpp_copy_text(struct acc_xmpp_copy *c, struct edge_slice s)
{
	close_tag(c);
	put_escaped(c, s, false);
}

void acc_xmpp_copy_end(struct acc_xmpp_copy *c, unsigned level,
		       const struct acc_xmpp_name *n)
{
	if (c->is_tag_open) {
		put_str(c, "/>");
	} else {
		put_str(c, "</");
		put_name(c, n);
		put_str(c, ">");
	}
	c->is_tag_open = false;
	acc_scope_leave(&c->scope, (uint8_t)level);
}

void acc_xmpp_copy_prefix(const struct acc_xmpp_copy *c,
			  char out[ACC_XMPP_PREFIX_LEN])
{
	snprintf(out, ACC_XMPP_PREFIX_LEN, "le");
	for (unsigned n = 1; acc_scope_has_at(&c->scope, 1, out); n++)
		snprintf(out, ACC_XMPP_PREFIX_LEN, "le%u", n);
}
