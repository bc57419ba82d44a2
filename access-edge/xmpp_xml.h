/* Reads an XMPP stream from bytes: a push parser that gives one item at a
 * time. */
#ifndef ACCESS_EDGE_XMPP_XML_H
#define ACCESS_EDGE_XMPP_XML_H

#include "access-edge/xmpp_item.h"
#include "common/err.h"

struct acc_xmpp_xml; /* owner: its link; thread: its loop */

enum {
	ACC_XMPP_HEADER_LEN = 4096, /* ours: of a stream header [bytes] */
	ACC_XMPP_JID_LEN = 3071,    /* RFC 7622 3.1 [bytes] */
	ACC_XMPP_RENEW_LEN = 131072 /* ours: expat keeps each name it has seen,
				     * so it begins anew after [bytes] */
};

struct acc_xmpp_xml_limits {
	uint32_t stanza_len; /* of an element as it came [bytes]; anew it may
				have twice as many */
	uint8_t depth;	     /* of an element, itself included */
};

EDGE_MUST_CHECK enum edge_err
acc_xmpp_xml_new(struct acc_xmpp_xml **out,
		 const struct acc_xmpp_xml_limits *l);
void acc_xmpp_xml_free(struct acc_xmpp_xml *x); /* NULL is fine */
/** Larger or smaller elements from now on. */
void acc_xmpp_xml_allow(struct acc_xmpp_xml *x, uint32_t stanza_len);
/** Bytes of the stream; all are taken. Only when acc_xmpp_xml_next has said
 * ACC_XMPP_NOTHING since the last time, or never was asked. */
void acc_xmpp_xml_feed(struct acc_xmpp_xml *x, struct edge_slice bytes);
/**
 * What comes next in what was fed. How it was cut into pieces makes no
 * difference. Refused, as AE 6.3 has it: DTD, entities beyond the five,
 * processing instructions, comments, what is not UTF-8, and what passes the
 * limits.
 * @return the item, borrowed until the next call; after END and FAULT there is
 *         nothing else
 */
const struct acc_xmpp_item *acc_xmpp_xml_next(struct acc_xmpp_xml *x);
/** Bytes were fed that stand behind the item told last. */
bool acc_xmpp_xml_has_rest(const struct acc_xmpp_xml *x);
/** A new stream begins: what was fed and not told is forgotten. EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_xml_restart(struct acc_xmpp_xml *x);

#endif
