/* Keyrings: lines of kid, key and validity; wiped wherever they leave us. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "topology/secrets.h"
#include "topology/utc.h"

EDGE_PRINTF(4, 5)
static enum edge_err refuse(char *why, size_t cap, enum edge_err err,
			    const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return err;
	va_start(ap, fmt);
	vsnprintf(why, cap, fmt, ap);
	va_end(ap);
	return err;
}

static struct edge_slice take_word(struct edge_slice *in)
{
	struct edge_slice w;

	*in = edge_slice_trim(*in);
	w.p = in->p;
	while (in->p < in->end && *in->p != ' ' && *in->p != '\t')
		in->p++;
	w.end = in->p;
	return w;
}

static bool is_kid(struct edge_slice s)
{
	if (s.p == s.end || edge_slice_len(s) >= TOPO_KID_LEN)
		return false;
	for (; s.p < s.end; s.p++)
		if (!(*s.p >= '0' && *s.p <= '9') &&
		    !(*s.p >= 'a' && *s.p <= 'z') &&
		    !(*s.p >= 'A' && *s.p <= 'Z') && *s.p != '-' && *s.p != '_')
			return false;
	return true;
}

/* A byte of the token: decimal without leading zeros. */
static bool is_psom_kid(const char *kid)
{
	uint64_t n;

	return *kid != '0' &&
	       edge_slice_u64(edge_slice_str(kid), TOPO_PSOM_KID_MAX, &n);
}

/* One line's four words; what is wrong with them, NULL when nothing. */
static const char *parse_key(struct topo_key *k, bool is_psom,
			     struct edge_slice line)
{
	struct edge_slice kid = take_word(&line), hex = take_word(&line);
	struct edge_slice from = take_word(&line), to = take_word(&line);
	size_t len = 0;

	if (edge_slice_len(edge_slice_trim(line)))
		return "more than four words: want kid, key, not-before, "
		       "not-after";
	if (!is_kid(kid) || !edge_slice_copy(k->kid, sizeof(k->kid), kid))
		return "kid: want 1 to 31 letters, digits, '-' or '_'";
	if (is_psom && !is_psom_kid(k->kid))
		return "kid: want a number from 1 to 255";
	if (edge_slice_len(hex) != 2 * TOPO_KEY_LEN ||
	    edge_unhex(k->key, sizeof(k->key), &len, hex) ||
	    len != TOPO_KEY_LEN)
		return "key: want 64 hexadecimal digits";
	if (topo_utc_parse(&k->not_before_s, from) ||
	    topo_utc_parse(&k->not_after_s, to))
		return "times: want 2026-07-22T06:00:00Z, twice";
	if (k->not_after_s <= k->not_before_s)
		return "not-after is not later than not-before";
	return NULL;
}

static const struct topo_key *by_kid(const struct topo_keyring *r,
				     const char *kid)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->keys[i].kid, kid))
			return &r->keys[i];
	return NULL;
}

/* Newest first; the ring is small, so it is kept sorted by insertion. */
static void insert(struct topo_keyring *r, const struct topo_key *k)
{
	size_t i = r->count++;

	for (; i && r->keys[i - 1].not_before_s < k->not_before_s; i--)
		r->keys[i] = r->keys[i - 1];
	r->keys[i] = *k;
}

static enum edge_err parse_lines(struct topo_keyring *r, bool is_psom,
				 struct edge_slice in, char *why, size_t cap)
{
	struct topo_key k = {0};
	enum edge_err err = EDGE_OK;

	for (unsigned n = 1; !err && in.p < in.end; n++) {
		struct edge_slice line = in;
		const char *wrong;

		if (!edge_take_until(&in, '\n', &line))
			in.p = in.end;
		line = edge_slice_trim(line);
		if (line.p == line.end || *line.p == '#')
			continue;
		wrong = parse_key(&k, is_psom, line);
		if (wrong)
			err = refuse(why, cap, EDGE_EFORMAT, "line %u: %s", n,
				     wrong);
		else if (by_kid(r, k.kid))
			err = refuse(why, cap, EDGE_EDUP,
				     "line %u: kid %s is there already", n,
				     k.kid);
		else if (r->count == TOPO_KEYS_MAX)
			err = refuse(why, cap, EDGE_ELIMIT,
				     "line %u: more than %d keys", n,
				     TOPO_KEYS_MAX);
		else
			insert(r, &k);
	}
	edge_wipe(&k, sizeof(k));
	return err;
}

enum edge_err topo_keyring_new(struct topo_keyring **out)
{
	struct topo_keyring *r = calloc(1, sizeof(*r));

	if (!r)
		return EDGE_ENOMEM;
	*out = r;
	return EDGE_OK;
}

enum edge_err topo_keyring_parse(struct topo_keyring **out,
				 struct edge_slice text, char *why,
				 size_t why_cap)
{
	return topo_keyring_parse_kind(out, "route", text, why, why_cap);
}

enum edge_err topo_keyring_parse_kind(struct topo_keyring **out,
				      const char *kind, struct edge_slice text,
				      char *why, size_t why_cap)
{
	struct topo_keyring *r = NULL;
	enum edge_err err = EDGE_ELIMIT;

	if (edge_slice_len(text) > TOPO_KEYS_MAX_BYTES)
		return refuse(why, why_cap, err, "over %d bytes",
			      TOPO_KEYS_MAX_BYTES);
	err = topo_keyring_new(&r);
	if (!err)
		err = parse_lines(r, !strcmp(kind, "psom"), text, why, why_cap);
	if (err)
		goto out;
	*out = r;
	r = NULL;
out:
	topo_keyring_free(r);
	return err;
}

void topo_keyring_free(struct topo_keyring *r)
{
	if (!r)
		return;
	edge_wipe(r, sizeof(*r));
	free(r);
}

enum edge_err topo_keyring_print(char *out, size_t cap, size_t *len,
				 const struct topo_keyring *r)
{
	struct edge_put w = edge_put(out, cap);

	edge_put_str(&w, "# lync-edge pool secret: kid key not-before "
			 "not-after\n");
	for (size_t i = 0; i < r->count; i++) {
		const struct topo_key *k = &r->keys[i];
		char hex[2 * TOPO_KEY_LEN + 1];
		char from[TOPO_UTC_STRLEN], to[TOPO_UTC_STRLEN];

		edge_hex(hex, edge_slice(k->key, sizeof(k->key)));
		topo_utc_print(from, k->not_before_s);
		topo_utc_print(to, k->not_after_s);
		edge_put_str(&w, k->kid);
		edge_put_str(&w, " ");
		edge_put_str(&w, hex);
		edge_put_str(&w, " ");
		edge_put_str(&w, from);
		edge_put_str(&w, " ");
		edge_put_str(&w, to);
		edge_put_str(&w, "\n");
		edge_wipe(hex, sizeof(hex));
	}
	if (w.overflow)
		return EDGE_ELIMIT;
	*len = edge_put_len(&w);
	return EDGE_OK;
}

static bool is_valid(const struct topo_key *k, uint64_t now_s)
{
	return k->not_before_s <= now_s && now_s <= k->not_after_s;
}

const struct topo_key *topo_keyring_current(const struct topo_keyring *r,
					    uint64_t now_s)
{
	for (size_t i = 0; i < r->count; i++)
		if (is_valid(&r->keys[i], now_s))
			return &r->keys[i];
	return NULL;
}

const struct topo_key *topo_keyring_find(const struct topo_keyring *r,
					 struct edge_slice kid, uint64_t now_s)
{
	for (size_t i = 0; i < r->count; i++)
		if (edge_slice_eq_str(kid, r->keys[i].kid))
			return is_valid(&r->keys[i], now_s) ? &r->keys[i]
							    : NULL;
	return NULL;
}

static void drop_last(struct topo_keyring *r)
{
	r->count--;
	edge_wipe(&r->keys[r->count], sizeof(r->keys[0]));
}

static void drop_ended(struct topo_keyring *r, uint64_t now_s)
{
	for (size_t i = 0; i < r->count;) {
		if (r->keys[i].not_after_s >= now_s) {
			i++;
			continue;
		}
		for (size_t j = i + 1; j < r->count; j++)
			r->keys[j - 1] = r->keys[j];
		drop_last(r);
	}
}

static void add(struct topo_keyring *r, const struct topo_key *k)
{
	if (r->count == TOPO_KEYS_MAX)
		drop_last(r);
	insert(r, k);
}

void topo_keyring_rotate(struct topo_keyring *r, uint64_t from_s,
			 uint64_t now_s)
{
	struct topo_key k = {
		.not_before_s = from_s,
		.not_after_s = from_s + TOPO_KEY_WEEK_S + TOPO_KEY_GRACE_S,
	};

	drop_ended(r, now_s);
	edge_random(k.key, sizeof(k.key));
	do
		snprintf(k.kid, sizeof(k.kid), "k%08x", edge_random_u32());
	while (by_kid(r, k.kid));
	add(r, &k);
	edge_wipe(&k, sizeof(k));
}

static void next_number(char kid[TOPO_KID_LEN], const struct topo_keyring *r,
			uint64_t newest)
{
	uint64_t n = newest ? newest : edge_random_u32();

	do {
		n = n % TOPO_PSOM_KID_MAX + 1;
		snprintf(kid, TOPO_KID_LEN, "%u", (unsigned)n);
	} while (by_kid(r, kid));
}

void topo_keyring_rotate_psom(struct topo_keyring *r, uint64_t from_s,
			      uint64_t now_s)
{
	struct topo_key k = {
		.not_before_s = from_s,
		.not_after_s = from_s + TOPO_PSOM_DAY_S + TOPO_PSOM_GRACE_S,
	};
	uint64_t newest = 0;

	if (r->count)
		(void)edge_slice_u64(edge_slice_str(r->keys[0].kid),
				     TOPO_PSOM_KID_MAX, &newest);
	drop_ended(r, now_s);
	edge_random(k.key, sizeof(k.key));
	next_number(k.kid, r, newest);
	add(r, &k);
	edge_wipe(&k, sizeof(k));
}

enum edge_err topo_keyring_merge(size_t *added, struct topo_keyring *r,
				 const struct topo_keyring *from,
				 uint64_t now_s)
{
	for (size_t i = 0; i < from->count; i++) {
		const struct topo_key *k = by_kid(r, from->keys[i].kid);

		if (k && !edge_ct_eq(k->key, from->keys[i].key, TOPO_KEY_LEN))
			return EDGE_EDUP;
	}
	*added = 0;
	drop_ended(r, now_s);
	/* oldest first, so that a full ring keeps the newest */
	for (size_t i = from->count; i--;) {
		const struct topo_key *k = &from->keys[i];

		if (k->not_after_s < now_s || by_kid(r, k->kid))
			continue;
		add(r, k);
		++*added;
	}
	return EDGE_OK;
}
