/* The only file that sees libxml2: bytes to element events, within limits. */
#include "topology/xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>

#include "topology/encoding.h"
#include "topology/read.h"

enum { ATTRS_MAX = 64 }; /* ours: attributes of one element */

struct parse {
	struct topo_reader reader;
	xmlParserCtxtPtr xml;
	size_t elements;
	bool stopped;
	enum edge_err err;
};

static void stop(struct parse *p)
{
	p->stopped = true;
	p->err = EDGE_EFORMAT;
	xmlStopParser(p->xml);
}

static unsigned line_of(const struct parse *p)
{
	int line = xmlSAX2GetLineNumber(p->xml);

	return line > 0 ? (unsigned)line : 0;
}

static void fatal(struct parse *p, const char *code, const char *text)
{
	struct topo_finding *at;
	int column = xmlSAX2GetColumnNumber(p->xml);

	if (p->stopped)
		return;
	at = topo_findings_add(p->reader.f, TOPO_FATAL, code, "%s", text);
	topo_finding_place(at, line_of(p), "%s", "");
	if (at && column > 0)
		at->column = (unsigned)column;
	stop(p);
}

static const char dtd_text[] = "document type declarations are not accepted";

/* Called on "<!DOCTYPE name", before anything inside it is read. */
static void on_doctype(void *ctx, const xmlChar *name, const xmlChar *id,
		       const xmlChar *uri)
{
	(void)name;
	(void)id;
	(void)uri;
	fatal(ctx, "TOPO-XML-002", dtd_text);
}

static xmlEntityPtr on_entity(void *ctx, const xmlChar *name)
{
	(void)ctx;
	return xmlGetPredefinedEntity(name);
}

static const char *text_of(const xmlChar *s)
{
	return s ? (const char *)s : "";
}

static bool is_too_long(const xmlChar *name)
{
	return name && strlen((const char *)name) > TOPO_XML_NAME_MAX;
}

/* libxml2 hands over five pointers an attribute: local name, prefix, URI,
 * value, end of value. Qualified ones are not ours. */
static size_t take_attrs(struct parse *p, const xmlChar **raw, int count,
			 struct topo_attr *out)
{
	size_t n = 0;

	for (int i = 0; i < count; i++, raw += 5) {
		size_t len = (size_t)(raw[4] - raw[3]);

		if (len > TOPO_XML_ATTR_MAX)
			fatal(p, "TOPO-XML-003",
			      "limit: an attribute longer than 64 KiB");
		if (is_too_long(raw[0]))
			fatal(p, "TOPO-XML-003",
			      "limit: a name longer than 1 KiB");
		if (raw[2])
			continue;
		if (n == ATTRS_MAX) {
			fatal(p, "TOPO-XML-003",
			      "limit: more than 64 attributes on an element");
			break;
		}
		out[n++] = (struct topo_attr){text_of(raw[0]),
					      edge_slice(raw[3], len)};
	}
	return n;
}

/* the parser sets the number of parameters
 * NOLINTNEXTLINE(readability-function-size) */
static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *uri, int ns_count, const xmlChar **ns,
		     int attr_count, int defaulted, const xmlChar **raw)
{
	struct parse *p = ctx;
	struct topo_attr attrs[ATTRS_MAX];
	struct topo_element el = {.ns = text_of(uri), .name = text_of(name)};

	(void)ns_count;
	(void)ns;
	(void)defaulted;
	if (p->stopped)
		return;
	if (p->reader.depth >= TOPO_XML_DEPTH_MAX)
		fatal(p, "TOPO-XML-003", "limit: deeper than 64 elements");
	if (++p->elements > TOPO_XML_ELEMENTS_MAX)
		fatal(p, "TOPO-XML-003", "limit: more than 200000 elements");
	if (is_too_long(name) || is_too_long(prefix))
		fatal(p, "TOPO-XML-003", "limit: a name longer than 1 KiB");
	el.attrs = attrs;
	el.attr_count = take_attrs(p, raw, attr_count, attrs);
	el.line = line_of(p);
	if (p->stopped)
		return;
	topo_read_start(&p->reader, &el);
	if (p->reader.fatal)
		stop(p);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *uri)
{
	struct parse *p = ctx;

	(void)name;
	(void)prefix;
	(void)uri;
	if (!p->stopped && p->reader.depth)
		topo_read_end(&p->reader);
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct parse *p = ctx;

	if (!p->stopped && len > 0)
		topo_read_text(&p->reader, edge_slice(text, (size_t)len));
}

static void on_error(void *ctx, xmlErrorPtr error)
{
	struct parse *p = ctx;
	struct topo_finding *at;
	char text[256] = "not well formed";
	size_t len;

	if (p->stopped || error->level < XML_ERR_ERROR)
		return;
	if (error->code == XML_ERR_NO_MEMORY) {
		stop(p);
		p->err = EDGE_ENOMEM;
		return;
	}
	if (error->message) {
		len = strcspn(error->message, "\r\n");
		if (len >= sizeof(text))
			len = sizeof(text) - 1;
		memcpy(text, error->message, len);
		text[len] = '\0';
	}
	at = topo_findings_add(p->reader.f, TOPO_FATAL, "TOPO-XML-001",
			       "not well formed: %s", text);
	if (at) {
		at->line = error->line > 0 ? (unsigned)error->line : 0;
		at->column = error->int2 > 0 ? (unsigned)error->int2 : 0;
	}
	stop(p);
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

static enum edge_err parse_utf8(struct parse *p, struct edge_slice utf8)
{
	p->xml = xmlCreateMemoryParserCtxt((const char *)utf8.p,
					   (int)edge_slice_len(utf8));
	if (!p->xml)
		return EDGE_ENOMEM;
	/* our own handlers build no tree; the encoding is settled already */
	(void)xmlCtxtUseOptions(p->xml, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
						XML_PARSE_NODICT);
	set_handlers(p->xml->sax);
	p->xml->userData = p;
	p->xml->replaceEntities = 1; /* &amp; as one byte; no other exists */
	if (xmlParseDocument(p->xml) && !p->stopped && !p->err)
		fatal(p, "TOPO-XML-001", "not well formed");
	if (p->xml->myDoc) {
		xmlFreeDoc(p->xml->myDoc);
		p->xml->myDoc = NULL;
	}
	xmlFreeParserCtxt(p->xml);
	return p->err;
}

static enum edge_err finish(struct parse *p)
{
	struct topo_draft *d = p->reader.d;
	enum edge_err err;

	if (!d->has_topology) {
		(void)topo_findings_add(p->reader.f, TOPO_FATAL, "TOPO-DOC-001",
					"no Topology in the %s",
					d->container ? d->container
						     : "document");
		return EDGE_EFORMAT;
	}
	err = topo_draft_index(d);
	if (err)
		return err;
	topo_read_finish(&p->reader);
	return d->arena.failed ? EDGE_ENOMEM : EDGE_OK;
}

static enum edge_err check_size(struct edge_slice bytes,
				struct topo_findings *f)
{
	size_t len = edge_slice_len(bytes);

	if (len && len <= TOPO_XML_BYTES_MAX)
		return EDGE_OK;
	(void)topo_findings_add(
		f, TOPO_FATAL, "TOPO-IO-001", "%s: %zu bytes; wanted: 1 to %d",
		f->source ? f->source : "input", len, TOPO_XML_BYTES_MAX);
	return EDGE_EFORMAT;
}

static enum edge_err decode(struct topo_encoding *e, struct edge_slice bytes,
			    struct topo_findings *f)
{
	enum edge_err err = topo_encoding_decode(e, bytes);

	if (err == EDGE_EFORMAT)
		(void)topo_findings_add(f, TOPO_FATAL, "TOPO-XML-004",
					"encoding not accepted: %s", e->why);
	if (err || e->utf8.p < e->utf8.end)
		return err;
	(void)topo_findings_add(f, TOPO_FATAL, "TOPO-XML-001",
				"not well formed: nothing after the byte "
				"order mark");
	return EDGE_EFORMAT;
}

enum edge_err topo_xml_parse(struct topo_draft **out, struct edge_slice bytes,
			     struct topo_findings *f)
{
	struct topo_encoding encoding = {0};
	struct parse *p = NULL;
	enum edge_err err = check_size(bytes, f);

	if (err)
		return err;
	err = decode(&encoding, bytes, f);
	if (err)
		goto out;
	err = EDGE_ENOMEM;
	p = calloc(1, sizeof(*p));
	if (!p)
		goto out;
	p->reader.f = f;
	p->reader.scope_is_global = true; /* a draft has settings inline */
	err = topo_draft_new(&p->reader.d);
	if (err)
		goto out;
	err = parse_utf8(p, encoding.utf8);
	if (!err && p->reader.d->arena.failed)
		err = EDGE_ENOMEM;
	if (!err)
		err = finish(p);
	if (err)
		goto out;
	*out = p->reader.d;
	p->reader.d = NULL;
out:
	if (p)
		topo_draft_free(p->reader.d);
	free(p);
	free(encoding.heap);
	return err;
}
