/* What an XMPP stream says: its header and first-level elements, as values. */
#ifndef ACCESS_EDGE_XMPP_ITEM_H
#define ACCESS_EDGE_XMPP_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

/* Namespaces that we know by sight. ACC_XMPP_NS(id, "uri")   Source: RFC 6120,
 * XEP-0220, XEP-0199, XEP-0030, AE 6.4 */
#define ACC_XMPP_NS_MAP(X)                                       \
	X(ACC_NS_SERVER, "jabber:server")                        \
	X(ACC_NS_STREAM, "http://etherx.jabber.org/streams")     \
	X(ACC_NS_TLS, "urn:ietf:params:xml:ns:xmpp-tls")         \
	X(ACC_NS_SASL, "urn:ietf:params:xml:ns:xmpp-sasl")       \
	X(ACC_NS_DIALBACK, "jabber:server:dialback")             \
	X(ACC_NS_DIALBACK_FEATURE, "urn:xmpp:features:dialback") \
	X(ACC_NS_STREAMS, "urn:ietf:params:xml:ns:xmpp-streams") \
	X(ACC_NS_STANZAS, "urn:ietf:params:xml:ns:xmpp-stanzas") \
	X(ACC_NS_PING, "urn:xmpp:ping")                          \
	X(ACC_NS_DISCO, "http://jabber.org/protocol/disco#info") \
	X(ACC_NS_XML, "http://www.w3.org/XML/1998/namespace")    \
	X(ACC_NS_EDGE, "urn:lync-edge:xmpp:1")

enum acc_xmpp_ns {
	ACC_NS_NONE,
	ACC_NS_OTHER,
#define ACC_XMPP_NS_NAME(id, uri) id,
	ACC_XMPP_NS_MAP(ACC_XMPP_NS_NAME)
#undef ACC_XMPP_NS_NAME
		ACC_NS_COUNT
};

const char *acc_xmpp_ns_uri(enum acc_xmpp_ns ns); /* "" for the first two */
enum acc_xmpp_ns acc_xmpp_ns_of(const char *uri); /* NULL: none */

enum {
	ACC_XMPP_NAME_LEN = 32,
	ACC_XMPP_PARTS = 64,	  /* ours: told of one element */
	ACC_XMPP_PARTS_DEEP = 32, /* ours: those of them below a child */
	ACC_XMPP_PART_DEPTH = 3,  /* ours: mechanisms/mechanism is there */
	ACC_XMPP_TEXT_LEN = 1024, /* ours: text told of one element */
	ACC_XMPP_PREFIX_LEN = 12,
};

enum acc_xmpp_kind {
	ACC_XMPP_NOTHING, /* more bytes are needed */
	ACC_XMPP_HEADER,  /* <stream:stream ...> */
	ACC_XMPP_ELEMENT, /* a whole one of the first level */
	ACC_XMPP_END,	  /* </stream:stream> */
	ACC_XMPP_FAULT,	  /* fault says what; there is no more */
};

/* Why bytes are no stream of ours: a closed list. */
enum acc_xmpp_fault {
	ACC_XMPP_FINE,
	ACC_XMPP_NOT_WELL_FORMED,
	ACC_XMPP_RESTRICTED, /* DTD, entity, PI, comment */
	ACC_XMPP_ENCODING,   /* not UTF-8 */
	ACC_XMPP_NAMESPACE,  /* no stream of jabber:server */
	ACC_XMPP_BAD_FORMAT, /* text between elements */
	ACC_XMPP_TOO_LARGE,  /* stanza, depth, names, namespaces */
	ACC_XMPP_NO_MEMORY,
};

/* A descendant of the element, in document order. */
struct acc_xmpp_part {
	uint8_t depth; /* 2: child, 3: grandchild */
	uint8_t ns;
	char name[ACC_XMPP_NAME_LEN]; /* "" when longer */
	char text[ACC_XMPP_NAME_LEN]; /* cut */
};

/* Slices live until the reader is asked again. An attribute that is absent has
 * p NULL; one that is there and empty has not. */
struct acc_xmpp_item {
	enum acc_xmpp_kind kind;
	enum acc_xmpp_fault fault;
	enum acc_xmpp_ns ns;
	char name[ACC_XMPP_NAME_LEN]; /* local; "" when longer */
	struct edge_slice from, to, id, type, version, mechanism;
	struct edge_slice text; /* directly in it; cut */
	bool is_text_cut;
	const struct acc_xmpp_part *parts;
	size_t part_count, deep_count; /* deep: of ACC_XMPP_PARTS_DEEP */
	bool is_parts_cut;	       /* it has more children than are told */
	bool is_edge_below;	       /* an element of ACC_NS_EDGE is in it */
	/* The element anew: it means the same on any stream whose content is
	 * jabber:server, and has no attribute of ACC_NS_EDGE. Attributes may
	 * be added at mark, with a prefix that it does not use. */
	struct edge_slice bytes;
	size_t mark;
	char prefix[ACC_XMPP_PREFIX_LEN];
};

/** Is it that element? */
bool acc_xmpp_item_is(const struct acc_xmpp_item *i, enum acc_xmpp_ns ns,
		      const char *name);
/** The major number of its version, RFC 6120 4.7.5; 0: none that can be read.
 */
unsigned acc_xmpp_item_version(const struct acc_xmpp_item *i);
/** First part of that name; NULL when it has none. */
const struct acc_xmpp_part *acc_xmpp_item_part(const struct acc_xmpp_item *i,
					       enum acc_xmpp_ns ns,
					       const char *name);

#endif
