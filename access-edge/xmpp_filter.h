/* PURE: which stanzas are relayed; AE 6.4. */
#ifndef ACCESS_EDGE_XMPP_FILTER_H
#define ACCESS_EDGE_XMPP_FILTER_H

#include "access-edge/xmpp_item.h"

enum acc_xmpp_fate {
	ACC_XMPP_PASS,
	ACC_XMPP_BOUNCE, /* answered service-unavailable */
	ACC_XMPP_DROP,	 /* may not be answered: an error, an iq's result */
	ACC_XMPP_ALIEN,	 /* no stanza at all */
};

/** Either way: message (chat, normal, error), presence (all types of
 * RFC 6121), iq of ping and of disco#info with their answers. */
enum acc_xmpp_fate acc_xmpp_filter(const struct acc_xmpp_item *i);
/** Is it one that no error may answer? */
bool acc_xmpp_is_answer(const struct acc_xmpp_item *i);

#endif
