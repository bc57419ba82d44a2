/* A request's body read within limits; the only file of the service that sees
 * libxml2. */
#include "av-edge/mras_xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <string.h>

enum { DECLARATION_MAX = 256 /* ours: of <?xml ...?> [bytes] */ };

enum leaf { NO_LEAF, IDENTITY, LOCATION, DURATION, LEAVES };

enum { REQUEST_DEPTH = 1, ASK_DEPTH = 2, LEAF_DEPTH = 3 };

struct reader {
	struct mras_request *r;
	xmlParserCtxtPtr xml;
	enum mras_phrase fault;
	unsigned depth;	  /* elements that are open */
	unsigned unknown; /* depth of the one passed over; 0: none */
	enum leaf leaf;	  /* whose text is kept */
	size_t text_at;	  /* where that began */
	bool seen[LEAVES];
	bool has_ended; /* the root, and nothing is missing */
};

static void stop(struct reader *d, enum mras_phrase fault)
{
	if (d->fault)
		return;
	d->fault = fault;
	xmlStopParser(d->xml);
}

/* Never longer than what it was written as, so it fits. */
static struct edge_slice keep(struct reader *d, struct edge_slice s)
{
	struct mras_request *r = d->r;
	struct edge_put w =
		edge_put(r->text + r->text_len, MRAS_BODY_MAX - r->text_len);

	edge_put_slice(&w, s);
	if (w.overflow)
		stop(d, MRAS_TOO_LARGE);
	r->text_len += edge_put_len(&w);
	return edge_put_done(&w);
}

static bool is_ours(const xmlChar *uri)
{
	return uri && !strcmp((const char *)uri, MRAS_NAMESPACE);
}

static bool is_named(const xmlChar *name, const char *text)
{
	return !strcmp((const char *)name, text);
}

/* libxml2 hands over five pointers an attribute: local name, prefix, URI,
 * value, end of value. One of another namespace is not ours. */
static struct edge_slice attr(const xmlChar **raw, int count, const char *name)
{
	for (int i = 0; i < count; i++, raw += 5)
		if (!raw[2] && is_named(raw[0], name))
			return edge_slice(raw[3], (size_t)(raw[4] - raw[3]));
	return (struct edge_slice){0};
}

static size_t characters(struct edge_slice utf8)
{
	size_t n = 0;

	for (; utf8.p < utf8.end; utf8.p++)
		n += (*utf8.p & 0xc0) != 0x80;
	return n;
}

/* Kept, or empty when it is missing or too long: then it is not echoed. */
static struct edge_slice take_id(struct reader *d, struct edge_slice s)
{
	if (!edge_slice_len(s) || characters(s) > MRAS_ID_MAX)
		return (struct edge_slice){0};
	return keep(d, s);
}

static struct edge_slice take_uri(struct reader *d, struct edge_slice s)
{
	if (edge_slice_len(s) > MRAS_URI_MAX)
		return (struct edge_slice){0};
	return keep(d, edge_slice_trim(s));
}

/* major "." minor */
static bool is_version(struct edge_slice s, uint64_t *major, uint64_t *minor)
{
	struct edge_slice first;

	return edge_take_until(&s, '.', &first) && edge_slice_len(first) &&
	       edge_slice_len(s) && edge_slice_u64(first, UINT32_MAX, major) &&
	       edge_slice_u64(s, UINT32_MAX, minor);
}

static bool take_route(struct mras_request *r, struct edge_slice route)
{
	r->direct_ip = edge_slice_eq_str(route, "directip");
	return r->direct_ip || !route.p ||
	       edge_slice_eq_str(route, "loadbalanced");
}

static void start_request(struct reader *d, const xmlChar **raw, int count)
{
	struct mras_request *r = d->r;
	struct edge_slice version = attr(raw, count, "version");
	uint64_t major = 0, minor = 0;
	bool whole = true;

	r->id = take_id(d, attr(raw, count, "requestID"));
	r->to = take_uri(d, attr(raw, count, "to"));
	r->from = take_uri(d, attr(raw, count, "from"));
	if (is_version(version, &major, &minor))
		r->version = take_id(d, version);
	if (!edge_slice_len(r->id) || !edge_slice_len(r->to) ||
	    !edge_slice_len(r->from) || !edge_slice_len(r->version))
		whole = false;
	if (!take_route(r, attr(raw, count, "route")) || !whole)
		stop(d, MRAS_MALFORMED);
	else if (major < 1 || major > 3 || minor) /* AV 2.3 */
		stop(d, MRAS_VERSION);
}

static void start_ask(struct reader *d, const xmlChar **raw, int count)
{
	struct mras_request *r = d->r;
	struct mras_ask a = {.location = MRAS_ANYWHERE};

	if (r->count == MRAS_ASKS_MAX) {
		stop(d, MRAS_TOO_LARGE);
		return;
	}
	a.id = take_id(d, attr(raw, count, "credentialsRequestID"));
	if (!edge_slice_len(a.id)) {
		stop(d, MRAS_MALFORMED);
		return;
	}
	memset(d->seen, 0, sizeof(d->seen));
	r->asks[r->count++] = a;
}

static enum leaf leaf_of(const xmlChar *name)
{
	if (is_named(name, "identity"))
		return IDENTITY;
	if (is_named(name, "location"))
		return LOCATION;
	return is_named(name, "duration") ? DURATION : NO_LEAF;
}

static void start_leaf(struct reader *d, enum leaf leaf)
{
	if (d->seen[leaf]) {
		stop(d, MRAS_MALFORMED);
		return;
	}
	d->seen[leaf] = true;
	d->leaf = leaf;
	d->text_at = d->r->text_len;
}

/* false: not ours, to be passed over with all that is in it */
static bool start_element(struct reader *d, const xmlChar *name,
			  const xmlChar **raw, int count)
{
	enum leaf leaf = leaf_of(name);

	if (d->depth == REQUEST_DEPTH) {
		if (is_named(name, "request"))
			start_request(d, raw, count);
		else
			stop(d, MRAS_MALFORMED);
	} else if (d->depth == ASK_DEPTH &&
		   is_named(name, "credentialsRequest")) {
		start_ask(d, raw, count);
	} else if (d->depth == LEAF_DEPTH && leaf) {
		start_leaf(d, leaf);
	} else {
		return false;
	}
	return true;
}

/* the parser sets the number of parameters
 * NOLINTNEXTLINE(readability-function-size) */
static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *uri, int ns_count, const xmlChar **ns,
		     int attr_count, int defaulted, const xmlChar **raw)
{
	struct reader *d = ctx;

	(void)prefix;
	(void)ns_count;
	(void)ns;
	(void)defaulted;
	if (d->fault)
		return;
	if (++d->depth > MRAS_DEPTH_MAX || attr_count > MRAS_ATTRS_MAX ||
	    (d->depth == REQUEST_DEPTH && !is_ours(uri))) {
		stop(d, MRAS_MALFORMED);
		return;
	}
	if (d->unknown)
		return;
	if (!is_ours(uri) || !start_element(d, name, raw, attr_count))
		d->unknown = d->depth;
}

/* xs:positiveInteger of any length; more than fits is as good as the most */
static bool take_minutes(struct mras_ask *a, struct edge_slice s)
{
	uint64_t n = 0;

	if (edge_slice_len(s) && *s.p == '+')
		s.p++;
	if (!edge_slice_len(s))
		return false;
	for (; s.p < s.end; s.p++) {
		if (*s.p < '0' || *s.p > '9')
			return false;
		n = n * 10 + (unsigned)(*s.p - '0');
		if (n > UINT32_MAX)
			n = UINT32_MAX;
	}
	a->minutes = (uint32_t)n;
	return n > 0;
}

static bool take_location(struct mras_ask *a, struct edge_slice s)
{
	if (edge_slice_eq_str(s, "internet"))
		a->location = MRAS_AT_INTERNET;
	else if (edge_slice_eq_str(s, "intranet"))
		a->location = MRAS_AT_INTRANET;
	else
		return false;
	return true;
}

static void end_leaf(struct reader *d)
{
	struct mras_request *r = d->r;
	struct mras_ask *a = &r->asks[r->count - 1];
	struct edge_slice text = edge_slice_trim(
		edge_slice(r->text + d->text_at, r->text_len - d->text_at));
	bool good = true;

	if (d->leaf == IDENTITY) {
		a->identity = text;
		good = edge_slice_len(text) > 0;
	} else if (d->leaf == LOCATION) {
		good = take_location(a, text);
	} else if (d->leaf == DURATION) {
		good = take_minutes(a, text);
	}
	d->leaf = NO_LEAF;
	if (!good)
		stop(d, MRAS_MALFORMED);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *uri)
{
	struct reader *d = ctx;
	unsigned depth = d->depth;

	(void)name;
	(void)prefix;
	(void)uri;
	if (d->fault)
		return;
	d->depth--;
	if (d->unknown) {
		if (d->unknown == depth)
			d->unknown = 0;
		return;
	}
	if (depth == LEAF_DEPTH)
		end_leaf(d);
	else if (depth == ASK_DEPTH ? !d->seen[IDENTITY] : !d->r->count)
		stop(d, MRAS_MALFORMED);
	else
		d->has_ended = depth == REQUEST_DEPTH;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct reader *d = ctx;

	if (!d->fault && !d->unknown && d->leaf && len > 0)
		(void)keep(d, edge_slice(text, (size_t)len));
}

/* Told at "<!DOCTYPE name", before anything inside it is read. */
static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *id,
		       const xmlChar *uri)
{
	(void)name;
	(void)id;
	(void)uri;
	stop(ctx, MRAS_MALFORMED);
}

static xmlEntityPtr on_entity(void *ctx, const xmlChar *name)
{
	(void)ctx;
	return xmlGetPredefinedEntity(name);
}

static void on_error(void *ctx, xmlErrorPtr error)
{
	if (error->level >= XML_ERR_ERROR)
		stop(ctx, error->code == XML_ERR_NO_MEMORY ? MRAS_INTERNAL
							   : MRAS_MALFORMED);
}

static void set_handlers(xmlSAXHandler *sax)
{
	*sax = (xmlSAXHandler){
		.initialized = XML_SAX2_MAGIC,
		.internalSubset = on_doctype,
		.externalSubset = on_doctype,
		.getEntity = on_entity,
		.getParameterEntity = on_entity,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.serror = on_error,
	};
}

static void parse(struct reader *d, struct edge_slice body)
{
	d->xml = xmlCreateMemoryParserCtxt((const char *)body.p,
					   (int)edge_slice_len(body));
	if (!d->xml) {
		d->fault = MRAS_INTERNAL;
		return;
	}
	/* our own handlers build no tree; the encoding is settled already */
	(void)xmlCtxtUseOptions(d->xml, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
						XML_PARSE_NODICT);
	set_handlers(d->xml->sax);
	d->xml->userData = d;
	d->xml->replaceEntities = 1; /* &amp; as one byte; no other exists */
	if ((xmlParseDocument(d->xml) || !d->has_ended) && !d->fault)
		d->fault = MRAS_MALFORMED;
	if (d->xml->myDoc) {
		xmlFreeDoc(d->xml->myDoc);
		d->xml->myDoc = NULL;
	}
	xmlFreeParserCtxt(d->xml);
}

static const uint8_t *find_text(struct edge_slice s, const char *text)
{
	return memmem(s.p, edge_slice_len(s), text, strlen(text));
}

/* The declared encoding is looked at here, so that the parser asks no
 * converter; UTF-8 wrongly coded is its own to refuse. */
static bool is_utf8_declared(struct edge_slice body)
{
	struct edge_slice head = body, value;
	const uint8_t *at;
	uint8_t quote;

	if (edge_slice_len(head) > DECLARATION_MAX)
		head.end = head.p + DECLARATION_MAX;
	at = find_text(head, "<?xml ");
	if (!at)
		return true;
	head.p = at;
	at = find_text(head, "?>");
	if (!at)
		return false;
	head.end = at;
	at = find_text(head, "encoding");
	if (!at)
		return true;
	head.p = at;
	if (!edge_take_until(&head, '=', &value))
		return false;
	head = edge_slice_trim(head);
	return edge_take_u8(&head, &quote) &&
	       edge_take_until(&head, quote, &value) &&
	       (edge_slice_ieq_str(value, "utf-8") ||
		edge_slice_ieq_str(value, "us-ascii"));
}

/* No octet that UTF-8 never has, where another encoding would be guessed. */
static bool may_be_utf8(struct edge_slice body)
{
	return edge_slice_len(body) && body.p[0] < 0xfe && body.p[0] != 'L' &&
	       !edge_slice_find(body, 0) && is_utf8_declared(body);
}

enum mras_phrase mras_xml_read(struct mras_request *r, struct edge_slice body)
{
	struct reader d = {.r = r};

	memset(r, 0, offsetof(struct mras_request, text));
	if (edge_slice_len(body) > MRAS_BODY_MAX)
		return MRAS_TOO_LARGE;
	if (!may_be_utf8(body))
		return MRAS_MALFORMED;
	parse(&d, body);
	return d.fault;
}
