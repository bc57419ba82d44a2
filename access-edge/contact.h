/* PURE: Contact with proxy=replace, and hosts that must not leave; AE 2.7. */
#ifndef ACCESS_EDGE_CONTACT_H
#define ACCESS_EDGE_CONTACT_H

#include "common/addr.h"
#include "common/sip/edit.h"
#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "access-edge/view.h"

/** Has any Contact the header parameter proxy? */
bool acc_contact_has_proxy(const struct edge_sip_msg *m);

/** AE 2.7 steps 1-8 on a message of a remote user, into e. */
enum acc_reason acc_contact_replace(struct edge_sip_edit *e,
				    const struct edge_sip_msg *m,
				    const struct acc_source *from);

/** A 3xx toward outside (AE 2.10): Contacts with an internal host go; for
 * REGISTER one is enough for ACC_REASON_REDIRECT. */
enum acc_reason acc_contact_redirect(struct edge_sip_edit *e,
				     const struct acc_view *v,
				     const struct edge_sip_msg *m);

/** Does a URI lead inside, by its host or its maddr? */
bool acc_contact_leads_inside(const struct acc_view *v,
			      const struct edge_sip_uri *u);
/** Is it an address that is not of the open Internet? */
bool acc_contact_is_inside_address(const struct edge_addr *a);
/** Does a host name or address belong to the inside? */
bool acc_contact_is_inside(const struct acc_view *v, struct edge_slice host);
/** Does a URI name a place that the topology knows inside? Other than the two
 * above, private addresses are nobody's: partners have theirs. */
bool acc_contact_names_inside(const struct acc_view *v,
			      const struct edge_sip_uri *u);

#endif
