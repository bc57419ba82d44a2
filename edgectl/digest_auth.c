/* Cuts the challenge, makes the three hashes, writes the answer. */
#include "edgectl/digest_auth.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/crypto.h"

enum { MD5_LEN = 16, TEXT_MAX = 1024 };

struct challenge {
	char realm[256], nonce[256], opaque[256], qop[64], algorithm[32];
};

/* One name=value or name="value" off in. */
static bool take_field(struct edge_slice *in, struct edge_slice *name,
		       struct edge_slice *value)
{
	const uint8_t *end;

	while (in->p < in->end &&
	       (*in->p == ',' || *in->p == ' ' || *in->p == '\t' ||
		*in->p == '\r' || *in->p == '\n'))
		in->p++;
	if (!edge_take_until(in, '=', name))
		return false;
	*name = edge_slice_trim(*name);
	if (in->p < in->end && *in->p == '"') {
		in->p++;
		return edge_take_until(in, '"', value);
	}
	end = edge_slice_find(*in, ',');
	*value = (struct edge_slice){in->p, end ? end : in->end};
	in->p = value->end;
	*value = edge_slice_trim(*value);
	return true;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)); p += len)
		if ((p == list || strchr(" ,", p[-1])) &&
		    (!p[len] || strchr(" ,", p[len])))
			return true;
	return false;
}

static enum edge_err cut(struct challenge *c, struct edge_slice in)
{
	static const char scheme[] = "Digest ";
	struct edge_slice first, name, value;
	const struct {
		const char *name;
		char *dst;
		size_t cap;
	} wanted[] = {
		{"realm", c->realm, sizeof(c->realm)},
		{"nonce", c->nonce, sizeof(c->nonce)},
		{"opaque", c->opaque, sizeof(c->opaque)},
		{"qop", c->qop, sizeof(c->qop)},
		{"algorithm", c->algorithm, sizeof(c->algorithm)},
	};

	if (!edge_take(&in, sizeof(scheme) - 1, &first) ||
	    !edge_slice_ieq_str(first, scheme))
		return EDGE_ENOTFOUND;
	while (take_field(&in, &name, &value))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
			if (edge_slice_ieq_str(name, wanted[i].name) &&
			    !edge_slice_copy(wanted[i].dst, wanted[i].cap,
					     value))
				return EDGE_ELIMIT;
	if (!*c->realm || !*c->nonce)
		return EDGE_EFORMAT;
	if (*c->algorithm &&
	    !edge_slice_ieq_str(edge_slice_str(c->algorithm), "MD5"))
		return EDGE_EDENIED;
	return EDGE_OK;
}

/* Hash of a text, as hex. */
static bool md5(char out[2 * MD5_LEN + 1], const char *fmt, ...)
	EDGE_PRINTF(2, 3);

static bool md5(char out[2 * MD5_LEN + 1], const char *fmt, ...)
{
	char text[TEXT_MAX];
	uint8_t hash[MD5_LEN];
	va_list ap;
	bool good;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	good = n >= 0 && (size_t)n < sizeof(text) &&
	       EVP_Digest(text, (size_t)n, hash, NULL, EVP_md5(), NULL) > 0;
	edge_wipe(text, sizeof(text));
	if (good)
		edge_hex(out, edge_slice(hash, sizeof(hash)));
	return good;
}

enum edge_err ctl_digest_answer(char *out, size_t cap,
				const struct ctl_digest *d,
				struct edge_slice challenge)
{
	struct challenge c = {{0}, {0}, {0}, {0}, {0}};
	char one[2 * MD5_LEN + 1], two[2 * MD5_LEN + 1];
	char last[2 * MD5_LEN + 1];
	enum edge_err err = cut(&c, challenge);
	bool qop = has_word(c.qop, "auth"), good;
	int n;

	if (err)
		return err;
	good = md5(one, "%s:%s:%s", d->user, c.realm, d->password) &&
	       md5(two, "%s:%s", d->method, d->uri);
	if (good && qop)
		good = md5(last, "%s:%s:00000001:%s:auth:%s", one, c.nonce,
			   d->cnonce, two);
	else if (good)
		good = md5(last, "%s:%s:%s", one, c.nonce, two);
	edge_wipe(one, sizeof(one));
	if (!good)
		return EDGE_ELIMIT;
	n = snprintf(out, cap,
		     "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", "
		     "uri=\"%s\", response=\"%s\", algorithm=MD5%s%s%s%s%s%s",
		     d->user, c.realm, c.nonce, d->uri, last,
		     *c.opaque ? ", opaque=\"" : "", c.opaque,
		     *c.opaque ? "\"" : "",
		     qop ? ", qop=auth, nc=00000001, cnonce=\"" : "",
		     qop ? d->cnonce : "", qop ? "\"" : "");
	return n >= 0 && (size_t)n < cap ? EDGE_OK : EDGE_ELIMIT;
}
