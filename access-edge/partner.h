/* PURE: who a partner is and what it may send inward; AE 2.1, 2.8, 3.6. */
#ifndef ACCESS_EDGE_PARTNER_H
#define ACCESS_EDGE_PARTNER_H

#include "access-edge/source.h"
#include "access-edge/verdict.h"
#include "access-edge/view.h"
#include "common/dns.h"
#include "common/peer.h"
#include "common/sip/msg.h"

enum acc_srv_state {
	ACC_SRV_UNASKED,
	ACC_SRV_FOUND,
	ACC_SRV_ABSENT, /* no such record */
	ACC_SRV_FAILED, /* no server gave an answer */
};

struct acc_srv { /* _sipfederationtls._tcp of a domain; borrowed */
	enum acc_srv_state state;
	const struct edge_dns_srv *rows;
	size_t count;
};

struct acc_facts { /* what is known of a partner beside its message */
	const struct edge_peer *peer; /* its certificate */
	struct acc_srv srv;	      /* of the From domain, when wanted */
};

/** Steps 3 to 9 of AE 2.1 for a verified certificate: its role by the first
 * list that has one of its names; ACC_ROLE_COUNT when none has. */
enum acc_role acc_partner_role(struct acc_verdict *out, const struct topo *t,
			       const struct edge_peer *p);
/** Must the SRV record of that From domain be known for a partner of that
 * role? */
bool acc_partner_wants_srv(const struct topo *t, enum acc_role role,
			   struct edge_slice domain);
/** A request of a partner, in the order of AE 3.6 without the limits of step 7:
 * out->is_limited says whether they hold. in_dialog: a To tag and a valid own
 * Route token. from->facts NULL: nothing is known, nothing passes. */
enum acc_reason acc_partner_inbound(struct acc_verdict *out,
				    const struct acc_view *v,
				    const struct edge_sip_msg *m,
				    const struct acc_source *from,
				    bool in_dialog);
/** May a partner's request go on with that Request-URI, which the inside would
 * follow? In a dialog it is a Contact of the inside: sealed by us, a user's
 * address, or a place outside. A refusal is a step of out, and its end. */
enum acc_reason acc_partner_target(struct acc_verdict *out,
				   const struct acc_view *v,
				   const struct edge_sip_uri *u,
				   bool in_dialog);
/** The level that holds for what a partner of that role sends in the name of
 * that domain, request or answer: its row's, and that of strangers for those
 * without; never believed when the row has gone. */
enum topo_verification acc_partner_level(const struct topo *t,
					 const struct acc_source *from,
					 struct edge_slice domain);
/** Is that peer a hosting provider that shares our address space? By its
 * ProxyFqdn, or by the certificate of who sends. */
bool acc_partner_shares(const struct topo *t, enum acc_role role,
			const char *proxy);
bool acc_partner_source_shares(const struct topo *t,
			       const struct acc_source *from);
/** ms-remote-fqdn of a public provider's message; NULL: none. */
const char *acc_partner_remote(const struct topo *t,
			       const struct acc_source *from);
/** AE 3.6 step 1, both ways: a step of out. */
enum acc_reason acc_partner_federation(struct acc_verdict *out,
				       const struct topo *t);
/** AE 3.6 step 6: methods that are routed for federation. */
bool acc_partner_method(enum edge_sip_method method);
/** The first provider whose ProxyFqdn that is; NULL: none. */
const struct topo_provider *acc_partner_provider(const struct topo *t,
						 const char *proxy);
/** Does an SRV target lie in the domain it is for? "x.a.b" for "a.b". */
bool acc_partner_target_fits(const struct acc_view *v, const char *target,
			     struct edge_slice domain);

#endif
