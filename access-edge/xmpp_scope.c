/* What prefixes mean at a point of what is written. */
#include "access-edge/xmpp_scope.h"

#include <string.h>

#include "access-edge/xmpp_item.h"

void acc_scope_init(struct acc_scope *s)
{
	s->count = s->used = 0;
}

static const char *text_at(const struct acc_scope *s, uint16_t at)
{
	return s->text + at;
}

const char *acc_scope_find(const struct acc_scope *s, const char *prefix)
{
	for (uint16_t i = s->count; i > 0; i--)
		if (strcmp(text_at(s, s->bindings[i - 1].prefix), prefix) == 0)
			return text_at(s, s->bindings[i - 1].uri);
	return *prefix ? NULL : acc_xmpp_ns_uri(ACC_NS_SERVER);
}

static uint16_t keep(struct acc_scope *s, const char *text, size_t len)
{
	const uint16_t at = s->used;

	memcpy(s->text + at, text, len + 1);
	s->used = (uint16_t)(s->used + len + 1);
	return at;
}

enum edge_err acc_scope_bind(struct acc_scope *s, uint8_t depth,
			     const char *prefix, const char *uri)
{
	const size_t prefix_len = strlen(prefix), uri_len = strlen(uri);
	struct acc_scope_binding *b;

	if (s->count >= ACC_SCOPE_BINDINGS ||
	    prefix_len > ACC_SCOPE_PREFIX_MAX || uri_len > ACC_SCOPE_BYTES ||
	    s->used + prefix_len + uri_len + 2 > ACC_SCOPE_BYTES)
		return EDGE_ELIMIT;
	b = &s->bindings[s->count++];
	b->depth = depth;
	b->prefix = keep(s, prefix, prefix_len);
	b->uri = keep(s, uri, uri_len);
	return EDGE_OK;
}

void acc_scope_leave(struct acc_scope *s, uint8_t depth)
{
	while (s->count && s->bindings[s->count - 1].depth >= depth)
		s->used = s->bindings[--s->count].prefix;
}

bool acc_scope_has_at(const struct acc_scope *s, uint8_t depth,
		      const char *prefix)
{
	for (uint16_t i = s->count; i > 0; i--)
		if (s->bindings[i - 1].depth == depth &&
		    strcmp(text_at(s, s->bindings[i - 1].prefix), prefix) == 0)
			return true;
	return false;
}
