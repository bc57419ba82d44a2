/* From nft's JSON back to the words that an administrator wrote. */
#include "edgectl/nft_text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"

struct text {
	char *dst;
	size_t cap, len;
};

static void put(struct text *t, const char *fmt, ...) EDGE_PRINTF(2, 3);

static void put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len + 1 >= t->cap)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->dst + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
}

static const char *string(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "?";
}

/* A name, a number, or "..." for what is made of others. */
static void put_plain(struct text *t, const json_t *o)
{
	if (json_is_string(o))
		put(t, "%s", json_string_value(o));
	else if (json_is_integer(o))
		put(t, "%lld", (long long)json_integer_value(o));
	else
		put(t, "...");
}

/* Two plain values with a sign between them: a range, a prefix. */
static bool put_pair(struct text *t, const json_t *o)
{
	const json_t *range = json_object_get(o, "range");
	const json_t *prefix = json_object_get(o, "prefix");

	if (!json_is_array(range) && !json_is_object(prefix))
		return false;
	put_plain(t, range ? json_array_get(range, 0)
			   : json_object_get(prefix, "addr"));
	put(t, "%s", range ? "-" : "/");
	put_plain(t, range ? json_array_get(range, 1)
			   : json_object_get(prefix, "len"));
	return true;
}

static void put_value(struct text *t, const json_t *o)
{
	const json_t *set = json_is_array(o) ? o : json_object_get(o, "set");

	if (!json_is_array(set)) {
		if (!put_pair(t, o))
			put_plain(t, o);
		return;
	}
	put(t, "{");
	for (size_t i = 0; i < json_array_size(set); i++) {
		put(t, i ? ", " : " ");
		if (!put_pair(t, json_array_get(set, i)))
			put_plain(t, json_array_get(set, i));
	}
	put(t, " }");
}

/* What is looked at: "tcp dport", "iifname", "ct state". */
static void put_left(struct text *t, const json_t *left)
{
	const json_t *payload = json_object_get(left, "payload");
	const json_t *meta = json_object_get(left, "meta");
	const json_t *ct = json_object_get(left, "ct");

	if (payload)
		put(t, "%s %s", string(payload, "protocol"),
		    string(payload, "field"));
	else if (meta)
		put(t, "%s", string(meta, "key"));
	else if (ct)
		put(t, "ct %s", string(ct, "key"));
	else
		put(t, "...");
}

static void put_match(struct text *t, const json_t *match)
{
	const char *op = string(match, "op");

	put_left(t, json_object_get(match, "left"));
	put(t, " ");
	if (strcmp(op, "==") != 0 && strcmp(op, "in") != 0)
		put(t, "%s ", op);
	put_value(t, json_object_get(match, "right"));
}

static void put_one(struct text *t, const char *name, const json_t *what)
{
	if (!strcmp(name, "match"))
		put_match(t, what);
	else if (json_is_string(json_object_get(what, "target")))
		put(t, "%s %s", name, string(what, "target"));
	else
		put(t, "%s", name);
}

void ctl_nft_text(char *dst, size_t cap, const struct json_t *expr)
{
	struct text t = {.dst = dst, .cap = cap};
	size_t i;
	json_t *o, *what;
	const char *name;

	if (cap)
		*dst = '\0';
	json_array_foreach(expr, i, o)
	{
		json_object_foreach(o, name, what)
		{
			put(&t, t.len ? " " : "");
			put_one(&t, name, what);
		}
	}
}
