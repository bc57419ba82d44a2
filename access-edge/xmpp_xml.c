/* Reads an XMPP stream from bytes; the only file that sees expat. */
#include "access-edge/xmpp_xml.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "access-edge/xmpp_copy.h"

/* Newer ones put a token off that comes in parts, as security updates of older
 * ones do: whether it is there shows at run time. */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser, XML_Bool)
	__attribute__((weak));

enum {
	SEPARATOR = '\n',
	ATTRS_MAX = 8192,    /* ours: three JIDs of full length do not fit */
	HEAD_MAX = 2 * 8192, /* ours: a header written anew */
	SCANS = 256 /* ours: of an element at its longest, while it is read */
};

struct acc_xmpp_xml {
	XML_Parser parser;
	struct acc_xmpp_xml_limits limits;
	struct acc_xmpp_item item;
	struct acc_xmpp_part parts[ACC_XMPP_PARTS];
	char text[ACC_XMPP_TEXT_LEN], attrs[ATTRS_MAX];
	size_t text_len, attrs_len;
	struct acc_xmpp_copy copy; /* the element anew */
	struct edge_bytes head;	   /* a header with the same declarations */
	unsigned level; /* open elements: 0 none, 1 the stream, 2 a stanza */
	uint64_t fed, begun;	 /* of this parser; where the item begins */
	uint64_t stuck, scanned; /* since expat told anything */
	enum acc_xmpp_kind ready;
	enum acc_xmpp_fault fault;
	bool is_suspended, is_poisoned, has_begun, has_ended, is_renewing;
	bool is_server; /* the content namespace is jabber:server */
};

static void fail(struct acc_xmpp_xml *x, enum acc_xmpp_fault fault)
{
	if (x->fault == ACC_XMPP_FINE)
		x->fault = fault;
	XML_StopParser(x->parser, XML_FALSE);
}

static void moved(struct acc_xmpp_xml *x)
{
	x->stuck = x->scanned = 0;
}

static void yield(struct acc_xmpp_xml *x, enum acc_xmpp_kind kind)
{
	x->ready = kind;
	x->is_suspended = true;
	XML_StopParser(x->parser, XML_TRUE);
}

/* Where the parser stands: begin and end of what it is telling. */
static uint64_t told_from(const struct acc_xmpp_xml *x)
{
	const XML_Index at = XML_GetCurrentByteIndex(x->parser);

	return at < 0 ? 0 : (uint64_t)at;
}

static uint64_t told_to(const struct acc_xmpp_xml *x)
{
	return told_from(x) + (uint64_t)XML_GetCurrentByteCount(x->parser);
}

static uint64_t len_max(const struct acc_xmpp_xml *x)
{
	return x->level ? x->limits.stanza_len : ACC_XMPP_HEADER_LEN;
}

/* Is it too long by now, as it came or anew? */
static void check(struct acc_xmpp_xml *x)
{
	if (x->copy.err == EDGE_ENOMEM)
		fail(x, ACC_XMPP_NO_MEMORY);
	else if (x->copy.err || told_to(x) - x->begun > len_max(x))
		fail(x, ACC_XMPP_TOO_LARGE);
}

/* -- names and attributes ----------------------------------------------- */

static void name_copy(char out[ACC_XMPP_NAME_LEN], struct edge_slice local)
{
	if (!edge_slice_copy(out, ACC_XMPP_NAME_LEN, local))
		*out = '\0';
}

/* What of the item an attribute without a namespace is kept in. */
static struct edge_slice *slot_of(struct acc_xmpp_item *i, const char *name)
{
	const struct {
		const char *name;
		struct edge_slice *slot;
	} slots[] = {
		{"from", &i->from},	  {"to", &i->to},
		{"id", &i->id},		  {"type", &i->type},
		{"version", &i->version}, {"mechanism", &i->mechanism},
	};

	for (size_t n = 0; n < sizeof(slots) / sizeof(*slots); n++)
		if (strcmp(slots[n].name, name) == 0)
			return slots[n].slot;
	return NULL;
}

static void keep_attribute(struct acc_xmpp_xml *x, const char *name,
			   const char *value)
{
	struct edge_slice *slot = slot_of(&x->item, name);
	const size_t len = strlen(value);

	if (!slot)
		return;
	if (len > ACC_XMPP_JID_LEN || x->attrs_len + len > ATTRS_MAX) {
		fail(x, ACC_XMPP_TOO_LARGE);
		return;
	}
	memcpy(x->attrs + x->attrs_len, value, len);
	*slot = edge_slice(x->attrs + x->attrs_len, len);
	x->attrs_len += len;
}

/* -- items -------------------------------------------------------------- */

static void item_begin(struct acc_xmpp_xml *x, const struct acc_xmpp_name *n)
{
	x->item = (struct acc_xmpp_item){.ns = acc_xmpp_ns_of(n->uri),
					 .parts = x->parts};
	name_copy(x->item.name, n->local);
	x->attrs_len = x->text_len = 0;
	x->begun = told_from(x);
}

static void part_begin(struct acc_xmpp_xml *x, const struct acc_xmpp_name *n)
{
	struct acc_xmpp_item *i = &x->item;
	struct acc_xmpp_part *p = &x->parts[i->part_count];
	const enum acc_xmpp_ns ns = acc_xmpp_ns_of(n->uri);
	const bool is_deep = x->level > 2;

	if (ns == ACC_NS_EDGE)
		i->is_edge_below = true;
	if (x->level > ACC_XMPP_PART_DEPTH ||
	    (is_deep && i->deep_count >= ACC_XMPP_PARTS_DEEP))
		return;
	if (i->part_count >= ACC_XMPP_PARTS) {
		i->is_parts_cut |= !is_deep;
		return;
	}
	p->depth = (uint8_t)x->level;
	p->ns = (uint8_t)ns;
	name_copy(p->name, n->local);
	*p->text = '\0';
	i->part_count++;
	i->deep_count += is_deep;
}

static void element_begin(struct acc_xmpp_xml *x, const struct acc_xmpp_name *n,
			  const char **attrs)
{
	struct acc_xmpp_name a;

	if (x->level == 1)
		item_begin(x, n);
	else
		part_begin(x, n);
	acc_xmpp_copy_start(&x->copy, x->level, n);
	for (size_t i = 0; attrs[i]; i += 2)
		if (acc_xmpp_name_read(&a, attrs[i]))
			acc_xmpp_copy_use(&x->copy, x->level, &a);
		else
			fail(x, ACC_XMPP_TOO_LARGE);
	for (size_t i = 0; attrs[i] && x->fault == ACC_XMPP_FINE; i += 2) {
		if (x->level == 1)
			keep_attribute(x, attrs[i], attrs[i + 1]);
		if (acc_xmpp_name_read(&a, attrs[i]))
			acc_xmpp_copy_attribute(&x->copy, x->level, &a,
						attrs[i + 1]);
	}
	if (x->level != 1)
		return;
	x->item.mark = x->copy.out.len;
	acc_xmpp_copy_prefix(&x->copy, x->item.prefix);
}

static void head_put(struct acc_xmpp_xml *x, struct edge_slice text)
{
	if (!x->copy.err)
		x->copy.err = edge_bytes_add(&x->head, text, HEAD_MAX);
}

/* "<PREFIX:stream", and what it declares. */
static void head_keep(struct acc_xmpp_xml *x, const struct acc_xmpp_name *n)
{
	head_put(x, edge_slice_str("<"));
	head_put(x, edge_slice_str(n->prefix));
	head_put(x, edge_slice_str(":stream"));
	head_put(x, edge_bytes_slice(&x->copy.out));
	head_put(x, edge_slice_str(">"));
}

/* The header: <stream:stream> whose content is jabber:server. */
static void header_begin(struct acc_xmpp_xml *x, const struct acc_xmpp_name *n,
			 const char **attrs)
{
	if (x->is_renewing)
		return;
	head_keep(x, n);
	item_begin(x, n);
	if (x->item.ns != ACC_NS_STREAM ||
	    strcmp(x->item.name, "stream") != 0 || !x->is_server) {
		fail(x, ACC_XMPP_NAMESPACE);
		return;
	}
	x->begun = 0;
	for (size_t i = 0; attrs[i]; i += 2)
		keep_attribute(x, attrs[i], attrs[i + 1]);
	check(x);
	if (x->fault == ACC_XMPP_FINE)
		yield(x, ACC_XMPP_HEADER);
}

static void on_start(void *arg, const char *name, const char **attrs)
{
	struct acc_xmpp_xml *x = arg;
	struct acc_xmpp_name n;

	moved(x);
	if (x->fault)
		return;
	if (!acc_xmpp_name_read(&n, name) || x->level > x->limits.depth) {
		fail(x, ACC_XMPP_TOO_LARGE);
		return;
	}
	if (x->level) {
		element_begin(x, &n, attrs);
		check(x);
	} else {
		header_begin(x, &n, attrs);
	}
	x->level++;
}

static void on_end(void *arg, const char *name)
{
	struct acc_xmpp_xml *x = arg;
	struct acc_xmpp_name n;

	moved(x);
	if (x->fault)
		return;
	x->level--;
	if (!x->level) { /* what stands behind it is nobody's */
		x->has_ended = true;
		if (!x->is_suspended)
			yield(x, ACC_XMPP_NOTHING);
		return;
	}
	if (acc_xmpp_name_read(&n, name))
		acc_xmpp_copy_end(&x->copy, x->level, &n);
	check(x);
	if (x->level == 1 && x->fault == ACC_XMPP_FINE)
		yield(x, ACC_XMPP_ELEMENT);
}

static void keep_text(struct acc_xmpp_xml *x, struct edge_slice s)
{
	const size_t room = sizeof(x->text) - x->text_len;
	size_t len = edge_slice_len(s);

	if (len > room) {
		len = room;
		x->item.is_text_cut = true;
	}
	memcpy(x->text + x->text_len, s.p, len);
	x->text_len += len;
}

static void keep_part_text(struct acc_xmpp_xml *x, struct edge_slice s)
{
	struct acc_xmpp_part *p = &x->parts[x->item.part_count - 1];
	const size_t used = strlen(p->text);
	size_t len = edge_slice_len(s);

	if (p->depth != x->level - 1)
		return;
	if (len > sizeof(p->text) - 1 - used)
		len = sizeof(p->text) - 1 - used;
	memcpy(p->text + used, s.p, len);
	p->text[used + len] = '\0';
}

static void on_text(void *arg, const char *text, int len)
{
	struct acc_xmpp_xml *x = arg;
	const struct edge_slice s = edge_slice(text, (size_t)len);

	moved(x);
	if (x->fault)
		return;
	if (x->level == 1) {
		x->begun = told_to(x);
		if (edge_slice_len(edge_slice_trim(s)))
			fail(x, ACC_XMPP_BAD_FORMAT);
		return;
	}
	if (x->level == 2)
		keep_text(x, s);
	else if (x->item.part_count)
		keep_part_text(x, s);
	acc_xmpp_copy_text(&x->copy, s);
	check(x);
}

/* Of a header they are kept for a later parser, else they are in scope. */
static void on_declaration(void *arg, const char *prefix, const char *uri)
{
	struct acc_xmpp_xml *x = arg;
	const char *p = prefix ? prefix : "", *u = uri ? uri : "";

	if (x->fault || x->is_renewing)
		return;
	if (x->level) {
		acc_xmpp_copy_declare(&x->copy, x->level, p, u);
		return;
	}
	if (!prefix)
		x->is_server = acc_xmpp_ns_of(u) == ACC_NS_SERVER;
	acc_xmpp_copy_put_declaration(&x->copy, p, u);
}

static void on_restricted_pi(void *arg, const char *target, const char *text)
{
	(void)target;
	(void)text;
	fail(arg, ACC_XMPP_RESTRICTED);
}

static void on_restricted_comment(void *arg, const char *text)
{
	(void)text;
	fail(arg, ACC_XMPP_RESTRICTED);
}

static void on_restricted_dtd(void *arg, const char *name, const char *system,
			      const char *public, int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	fail(arg, ACC_XMPP_RESTRICTED);
}

static void on_xml_declaration(void *arg, const char *version,
			       const char *encoding, int standalone)
{
	(void)version;
	(void)standalone;
	if (encoding && !edge_slice_ieq_str(edge_slice_str(encoding), "utf-8"))
		fail(arg, ACC_XMPP_ENCODING);
}

/* -- the parser --------------------------------------------------------- */

static enum edge_err parser_new(struct acc_xmpp_xml *x)
{
	XML_Parser p = XML_ParserCreateNS("UTF-8", SEPARATOR);

	if (!p)
		return EDGE_ENOMEM;
	if (x->parser)
		XML_ParserFree(x->parser);
	x->parser = p;
	/* what is whole is told at once: the other end waits for an answer.
	 * parse() bounds what that costs when little comes at a time */
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(p, XML_FALSE);
	XML_SetReturnNSTriplet(p, 1);
	XML_SetUserData(p, x);
	XML_SetElementHandler(p, on_start, on_end);
	XML_SetCharacterDataHandler(p, on_text);
	XML_SetStartNamespaceDeclHandler(p, on_declaration);
	XML_SetProcessingInstructionHandler(p, on_restricted_pi);
	XML_SetCommentHandler(p, on_restricted_comment);
	XML_SetStartDoctypeDeclHandler(p, on_restricted_dtd);
	XML_SetXmlDeclHandler(p, on_xml_declaration);
	x->fed = x->begun = 0;
	x->is_suspended = false;
	return EDGE_OK;
}

enum edge_err acc_xmpp_xml_restart(struct acc_xmpp_xml *x)
{
	enum edge_err err = parser_new(x);

	if (err)
		return err;
	acc_xmpp_copy_clear(&x->copy);
	edge_bytes_fini(&x->head);
	moved(x);
	x->item = (struct acc_xmpp_item){0};
	x->level = 0;
	x->ready = ACC_XMPP_NOTHING;
	x->fault = ACC_XMPP_FINE;
	x->is_poisoned = x->has_begun = x->has_ended = x->is_server = false;
	return EDGE_OK;
}

enum edge_err acc_xmpp_xml_new(struct acc_xmpp_xml **out,
			       const struct acc_xmpp_xml_limits *l)
{
	struct acc_xmpp_xml *x = calloc(1, sizeof(*x));
	enum edge_err err;

	if (!x)
		return EDGE_ENOMEM;
	x->limits = *l;
	x->copy.max = 2 * l->stanza_len;
	err = acc_xmpp_xml_restart(x);
	if (err) {
		free(x);
		return err;
	}
	*out = x;
	return EDGE_OK;
}

void acc_xmpp_xml_free(struct acc_xmpp_xml *x)
{
	if (!x)
		return;
	XML_ParserFree(x->parser);
	acc_xmpp_copy_clear(&x->copy);
	edge_bytes_fini(&x->head);
	free(x);
}

void acc_xmpp_xml_allow(struct acc_xmpp_xml *x, uint32_t stanza_len)
{
	x->limits.stanza_len = stanza_len;
	x->copy.max = 2 * stanza_len;
}

static enum acc_xmpp_fault fault_of(enum XML_Error error)
{
	switch ((int)error) {
	case XML_ERROR_NO_MEMORY:
		return ACC_XMPP_NO_MEMORY;
	case XML_ERROR_UNDEFINED_ENTITY:
		return ACC_XMPP_RESTRICTED;
	case XML_ERROR_UNKNOWN_ENCODING:
	case XML_ERROR_INCORRECT_ENCODING:
		return ACC_XMPP_ENCODING;
	default:
		return ACC_XMPP_NOT_WELL_FORMED;
	}
}

static void on_status(struct acc_xmpp_xml *x, enum XML_Status status)
{
	if (status == XML_STATUS_ERROR && x->fault == ACC_XMPP_FINE)
		x->fault = fault_of(XML_GetErrorCode(x->parser));
}

/* Half a tag is read from its beginning again with each part of it. */
static void parse(struct acc_xmpp_xml *x, struct edge_slice bytes)
{
	x->fed += edge_slice_len(bytes);
	x->stuck += edge_slice_len(bytes);
	x->scanned += x->stuck;
	if (x->scanned > SCANS * len_max(x)) {
		fail(x, ACC_XMPP_TOO_LARGE);
		return;
	}
	on_status(x, XML_Parse(x->parser, (const char *)bytes.p,
			       (int)edge_slice_len(bytes), 0));
}

/* UTF-8 has no NUL byte in it, nor a byte like those that mark another
 * encoding; expat would take what has for UTF-16. */
void acc_xmpp_xml_feed(struct acc_xmpp_xml *x, struct edge_slice bytes)
{
	const uint8_t *nul = edge_slice_find(bytes, 0);

	assert(!x->is_suspended || x->fault || x->has_ended);
	if (x->fault || x->has_ended || x->is_poisoned ||
	    !edge_slice_len(bytes))
		return;
	if (!x->has_begun && *bytes.p >= 0xfe)
		nul = bytes.p;
	if (nul)
		bytes.end = nul;
	x->is_poisoned = nul != NULL; /* told behind what came before it */
	x->has_begun = true;
	parse(x, bytes);
}

/* A new parser for the same stream, with what the old one has not read. */
static void renew(struct acc_xmpp_xml *x, struct edge_slice unread)
{
	struct edge_bytes rest = {0};
	enum edge_err err = edge_bytes_add(&rest, unread, UINT32_MAX);

	if (!err)
		err = parser_new(x);
	if (err) {
		x->fault = ACC_XMPP_NO_MEMORY;
		edge_bytes_fini(&rest);
		return;
	}
	x->level = 0;
	x->is_renewing = true;
	parse(x, edge_bytes_slice(&x->head));
	x->is_renewing = false;
	x->begun = x->fed;
	parse(x, edge_bytes_slice(&rest));
	edge_bytes_fini(&rest);
}

static void resume(struct acc_xmpp_xml *x)
{
	int offset = 0, size = 0;
	const char *context;
	uint64_t done;

	context = XML_GetInputContext(x->parser, &offset, &size);
	done = (uint64_t)offset + (uint64_t)XML_GetCurrentByteCount(x->parser);
	acc_xmpp_copy_clear(&x->copy);
	if (x->level == 1 && told_to(x) > ACC_XMPP_RENEW_LEN && context &&
	    (uint64_t)size - done == x->fed - told_to(x)) {
		renew(x, edge_slice(context + done, (size_t)size - done));
		return;
	}
	x->is_suspended = false;
	x->begun = told_to(x);
	on_status(x, XML_ResumeParser(x->parser));
}

static const struct acc_xmpp_item *tell(struct acc_xmpp_xml *x,
					enum acc_xmpp_kind kind)
{
	struct acc_xmpp_item *i = &x->item;

	i->kind = kind;
	i->fault = x->fault;
	i->text = edge_slice(x->text, x->text_len);
	i->bytes = kind == ACC_XMPP_ELEMENT ? edge_bytes_slice(&x->copy.out)
					    : (struct edge_slice){0};
	return i;
}

const struct acc_xmpp_item *acc_xmpp_xml_next(struct acc_xmpp_xml *x)
{
	const enum acc_xmpp_kind ready = x->ready;

	x->ready = ACC_XMPP_NOTHING;
	if (x->fault == ACC_XMPP_FINE && ready)
		return tell(x, ready);
	if (x->fault == ACC_XMPP_FINE && x->is_suspended && !x->has_ended) {
		resume(x);
		if (x->ready && x->fault == ACC_XMPP_FINE) {
			const enum acc_xmpp_kind kind = x->ready;

			x->ready = ACC_XMPP_NOTHING;
			return tell(x, kind);
		}
	}
	if (x->fault == ACC_XMPP_FINE && !x->has_ended && x->is_poisoned)
		x->fault = ACC_XMPP_ENCODING;
	if (x->fault == ACC_XMPP_FINE && !x->has_ended &&
	    x->fed - x->begun > len_max(x))
		x->fault = ACC_XMPP_TOO_LARGE;
	if (x->fault)
		return tell(x, ACC_XMPP_FAULT);
	return tell(x, x->has_ended ? ACC_XMPP_END : ACC_XMPP_NOTHING);
}

bool acc_xmpp_xml_has_rest(const struct acc_xmpp_xml *x)
{
	return x->is_suspended && x->fed > told_to(x);
}
