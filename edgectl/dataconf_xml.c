/* Keys and values by libxml2 without network and entities. */
#include "edgectl/dataconf_xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum {
	ENTRIES_MAX = 64, /* ours */
	KEY_LEN = 64,
	VALUE_LEN = 1100,
};

struct entry {
	char key[KEY_LEN], value[VALUE_LEN];
};

struct entries {
	struct entry entry[ENTRIES_MAX];
	size_t count;
	char *why;
	size_t why_cap;
};

EDGE_PRINTF(3, 4)
static enum edge_err refuse(const struct entries *e, enum edge_err err,
			    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->why, e->why_cap, fmt, ap);
	va_end(ap);
	return err;
}

/* ---- the document: any namespace, so that drafts and releases do ---- */

static bool is_named(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE &&
	       !strcmp((const char *)n->name, name);
}

static const xmlNode *child(const xmlNode *n, const char *name)
{
	for (n = n->children; n; n = n->next)
		if (is_named(n, name))
			return n;
	return NULL;
}

/* Next element in document order below root. */
static const xmlNode *after(const xmlNode *n, const xmlNode *root)
{
	if (n->children)
		return n->children;
	while (n != root && !n->next)
		n = n->parent;
	return n == root ? NULL : n->next;
}

static bool text_of(const xmlNode *n, char *out, size_t cap)
{
	xmlChar *text = n ? xmlNodeGetContent(n) : NULL;
	bool fits = text && edge_slice_copy(out, cap,
					    edge_slice_trim(edge_slice_str(
						    (const char *)text)));

	if (text)
		edge_wipe(text, strlen((const char *)text));
	xmlFree(text);
	return fits;
}

static const char *find(const struct entries *e, const char *key, bool any_case)
{
	for (size_t i = 0; i < e->count; i++)
		if (any_case ? edge_slice_ieq_str(
				       edge_slice_str(e->entry[i].key), key)
			     : !strcmp(e->entry[i].key, key))
			return e->entry[i].value;
	return NULL;
}

static enum edge_err read_entry(struct entries *e, const xmlNode *n)
{
	struct entry *to = &e->entry[e->count];

	if (e->count == ENTRIES_MAX)
		return refuse(e, EDGE_ELIMIT, "more than %d entries",
			      ENTRIES_MAX);
	if (!text_of(child(n, "key"), to->key, sizeof(to->key)) ||
	    !text_of(child(n, "value"), to->value, sizeof(to->value)))
		return refuse(e, EDGE_EFORMAT,
			      "an entry without key and value, or with one "
			      "that is too long");
	if (find(e, to->key, true))
		return refuse(e, EDGE_EDUP, "entry %s is there twice", to->key);
	e->count++;
	return EDGE_OK;
}

static enum edge_err read_entries(struct entries *e, const xmlNode *root)
{
	const xmlNode *info = root;
	enum edge_err err = EDGE_OK;

	while (info && !is_named(info, "connection-info"))
		info = after(info, root);
	if (!info)
		return refuse(e, EDGE_ENOTFOUND, "no connection-info in it");
	for (const xmlNode *n = info->children; n && !err; n = n->next)
		if (is_named(n, "entry"))
			err = read_entry(e, n);
	return err;
}

/* ---- its meaning ---- */

static enum edge_err copy(const struct entries *e, const char *key, char *out,
			  size_t cap)
{
	const char *value = find(e, key, !strncmp(key, "Mcu-", 4));

	if (!value || !*value)
		return refuse(e, EDGE_ENOTFOUND, "entry %s is missing or empty",
			      key);
	return edge_slice_copy(out, cap, edge_slice_str(value))
		       ? EDGE_OK
		       : refuse(e, EDGE_EFORMAT, "entry %s is too long", key);
}

/* "host:port" */
static bool read_proxy(struct ctl_proxy *p, const char *text)
{
	const char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon || colon == text ||
	    !edge_slice_u64(edge_slice_str(colon + 1), 65535, &port) || !port)
		return false;
	p->port = (uint16_t)port;
	return edge_slice_copy(p->host, sizeof(p->host),
			       edge_slice(text, (size_t)(colon - text)));
}

static enum edge_err read_proxies(struct ctl_join *out, const struct entries *e)
{
	const char *text = find(e, "numberOfProxies", false);
	uint64_t count;

	if (!text || !edge_slice_u64(edge_slice_str(text), UINT32_MAX, &count))
		return refuse(e, EDGE_EFORMAT,
			      "entry numberOfProxies: want a number");
	if (count > CTL_JOIN_PROXIES)
		return refuse(e, EDGE_ELIMIT, "more than %d proxies",
			      CTL_JOIN_PROXIES);
	for (; out->proxy_count < count; out->proxy_count++) {
		char key[32];

		snprintf(key, sizeof(key), "proxy.%zu", out->proxy_count);
		text = find(e, key, false);
		if (!text || !read_proxy(&out->proxies[out->proxy_count], text))
			return refuse(e, EDGE_EFORMAT,
				      "entry %s: want HOST:PORT", key);
	}
	return EDGE_OK;
}

static enum edge_err read_server(struct ctl_join *out, const struct entries *e)
{
	static const char scheme[] = "psom://";
	const char *url = find(e, "serverURL", false);
	struct ctl_proxy server;

	if (!url || !*url)
		return refuse(e, EDGE_ENOTFOUND,
			      "missing or invalid property: serverURL");
	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 ||
	    !read_proxy(&server, url + sizeof(scheme) - 1))
		return refuse(e, EDGE_EFORMAT,
			      "entry serverURL: want psom://HOST:PORT");
	memcpy(out->mcu, server.host, sizeof(out->mcu));
	return EDGE_OK;
}

static enum edge_err read_token(struct ctl_join *out, const struct entries *e)
{
	const char *text = find(e, "wceToken", false);
	size_t len = 0;

	if (!text)
		return refuse(e, EDGE_ENOTFOUND, "entry wceToken is missing");
	if (edge_base64url_decode(out->token, sizeof(out->token), &len,
				  edge_slice_str(text)) ||
	    len != CTL_JOIN_TOKEN)
		return refuse(e, EDGE_EFORMAT,
			      "entry wceToken: want base64url of %d bytes",
			      CTL_JOIN_TOKEN);
	return EDGE_OK;
}

static bool is_digits(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

static enum edge_err read_join(struct ctl_join *out, const struct entries *e)
{
	enum edge_err err = read_server(out, e);

	if (!err)
		err = copy(e, "Mcu-Conference-Uri", out->conference,
			   sizeof(out->conference));
	if (!err)
		err = copy(e, "sAuthId", out->inner, sizeof(out->inner));
	if (!err && !is_digits(out->inner))
		err = refuse(e, EDGE_EFORMAT, "entry sAuthId: want digits");
	if (!err)
		err = read_proxies(out, e);
	/* no edge is listed: there is no token for one either */
	return err || !out->proxy_count ? err : read_token(out, e);
}

static enum edge_err decode(struct ctl_join *out, struct entries *e,
			    struct edge_slice body)
{
	xmlDoc *doc = NULL;
	enum edge_err err;

	if (edge_slice_len(body) > CTL_JOIN_MAX_BYTES)
		return refuse(e, EDGE_ELIMIT, "over %d bytes",
			      CTL_JOIN_MAX_BYTES);
	if (edge_slice_len(body))
		doc = xmlReadMemory((const char *)body.p,
				    (int)edge_slice_len(body), NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR |
					    XML_PARSE_NOWARNING);
	if (!doc || xmlGetIntSubset(doc) || !xmlDocGetRootElement(doc))
		err = refuse(e, EDGE_EFORMAT,
			     "not an XML document without DTD");
	else
		err = read_entries(e, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	return err ? err : read_join(out, e);
}

enum edge_err ctl_join_decode(struct ctl_join *out, struct edge_slice body,
			      char *why, size_t why_cap)
{
	struct ctl_join *join = calloc(1, sizeof(*join));
	struct entries *e = calloc(1, sizeof(*e));
	enum edge_err err = EDGE_ENOMEM;

	if (!join || !e)
		goto out;
	e->why = why;
	e->why_cap = why_cap;
	err = decode(join, e, body);
	if (!err)
		*out = *join;
	edge_wipe(join, sizeof(*join));
	edge_wipe(e, sizeof(*e));
out:
	free(join);
	free(e);
	return err;
}
