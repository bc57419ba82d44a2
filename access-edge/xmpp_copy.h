/* PURE: an element of a stream written anew, so that it means the same on any
 * stream whose content is jabber:server. */
#ifndef ACCESS_EDGE_XMPP_COPY_H
#define ACCESS_EDGE_XMPP_COPY_H

#include "access-edge/xmpp_item.h"
#include "access-edge/xmpp_scope.h"
#include "common/bytes.h"

enum { ACC_XMPP_URI_LEN = 1024 /* ours: of a namespace [bytes] */ };

/* A name as its parser knows it. */
struct acc_xmpp_name {
	char uri[ACC_XMPP_URI_LEN + 1], prefix[ACC_SCOPE_PREFIX_MAX + 1];
	struct edge_slice local;
};

/* Zero-initialised is empty; max is the owner's. After an error nothing more is
 * written: EDGE_ELIMIT (max, or too many namespaces), EDGE_ENOMEM. */
struct acc_xmpp_copy {
	struct edge_bytes out;
	struct acc_scope scope;
	uint32_t max;
	enum edge_err err;
	bool is_tag_open;
};

/** Forget what was written. */
void acc_xmpp_copy_clear(struct acc_xmpp_copy *c);
/** "uri\nlocal\nprefix", fewer parts when there are fewer. false: too long. */
bool acc_xmpp_name_read(struct acc_xmpp_name *n, const char *triplet);

/* The element itself is level 1, its children 2. Declarations come before
 * their element, attributes behind it. */

/** A declaration of the element that begins next; not kept when it says
 * nothing new, or is of ACC_NS_EDGE. */
void acc_xmpp_copy_declare(struct acc_xmpp_copy *c, unsigned level,
			   const char *prefix, const char *uri);
void acc_xmpp_copy_start(struct acc_xmpp_copy *c, unsigned level,
			 const struct acc_xmpp_name *n);
/** What the attributes' names need is declared before the first of them, so
 * that what is written is written the same again. */
void acc_xmpp_copy_use(struct acc_xmpp_copy *c, unsigned level,
		       const struct acc_xmpp_name *n);
/** One of ACC_NS_EDGE is left out: nobody but us says those. */
void acc_xmpp_copy_attribute(struct acc_xmpp_copy *c, unsigned level,
			     const struct acc_xmpp_name *n, const char *value);
void acc_xmpp_copy_text(struct acc_xmpp_copy *c, struct edge_slice s);
void acc_xmpp_copy_end(struct acc_xmpp_copy *c, unsigned level,
		       const struct acc_xmpp_name *n);
/** A prefix that the element of level 1, attributes and all, does not bind. */
void acc_xmpp_copy_prefix(const struct acc_xmpp_copy *c,
			  char out[ACC_XMPP_PREFIX_LEN]);
/** ` xmlns:PREFIX='URI'`, whatever is in scope. */
void acc_xmpp_copy_put_declaration(struct acc_xmpp_copy *c, const char *prefix,
				   const char *uri);

#endif
