/* PURE: which partner a request of the inside is for; AE 2.8, 2.9. */
#ifndef ACCESS_EDGE_DESTINATION_H
#define ACCESS_EDGE_DESTINATION_H

#include "access-edge/partner.h"

struct acc_destination {
	enum acc_role role; /* of who is dialled; by SRV: DSC until known */
	bool by_srv;	    /* name is a domain, else the peer's FQDN */
	bool is_listed;	    /* the domain is on the allowed list */
	char name[EDGE_DNS_NAME_LEN]; /* lower case */
	enum topo_verification level;
};

struct acc_leaving { /* a request of the inside that would leave */
	const struct edge_sip_msg *m;
	/* its Route entry with ms-edge-route behind ours, or NULL: one that
	 * names a provider with a shared address space sends it there, whatever
	 * its To (split domain) */
	const struct edge_sip_uri *edge_route;
	bool in_dialog;
};

/** Where it goes, in the order of AE 3.6 as far as it goes without DNS. */
enum acc_reason acc_destination_find(struct acc_verdict *out,
				     struct acc_destination *to,
				     const struct acc_view *v,
				     const struct acc_leaving *l);
/** May this SRV target be dialled for that destination; role and level become
 * those of a provider that it is. */
enum acc_reason acc_destination_target(const struct acc_view *v,
				       struct acc_destination *to,
				       const char *target);
/** The topology is another one: may that peer still be dialled for a
 * destination that acc_destination_find once gave, whatever the message? Role,
 * level and is_listed become those of now. peer: its FQDN; "": none yet. */
enum acc_reason acc_destination_again(const struct acc_view *v,
				      struct acc_destination *to,
				      const char *peer);
/** That target, or the record, is why it does not go: a step that says so, and
 * the reason. Its row is borrowed from to. */
void acc_destination_tell(struct acc_verdict *out,
			  const struct acc_destination *to,
			  enum acc_reason why);

#endif
