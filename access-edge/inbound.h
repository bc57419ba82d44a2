/* Partners that came to us: their role, and what DNS says of their domains. */
#ifndef ACCESS_EDGE_INBOUND_H
#define ACCESS_EDGE_INBOUND_H

#include "access-edge/link.h"
#include "access-edge/route.h"

/** AE 2.1 steps 3 to 9 once its handshake is done: role, limits; false: event
 * and counter say why it may not stay. */
bool acc_inbound_begin(struct acc_link *l);
/** The topology has changed: a partner that has another role now, or none, is
 * cut off. */
void acc_inbound_recheck(struct acc_link *l);

/** Its certificate is not accepted any more; the caller closes. */
void acc_inbound_distrust(struct acc_link *l, const char *why);

enum acc_inbound { ACC_INBOUND_READY, ACC_INBOUND_WAIT, ACC_INBOUND_TOO_MANY };

/** Are the facts known that a request of a partner is judged by? READY: they
 * are in l->facts; WAIT: DNS is asked, and the link is read again when it
 * has answered. TOO_MANY: AE 5, five unknown domains a second. */
enum acc_inbound acc_inbound_facts(struct acc_link *l,
				   const struct edge_sip_msg *m);

enum { ACC_RECALLED = EDGE_PEER_NAMES }; /* all of a certificate */
/** A request that was let in before is taken up again, while DNS may have been
 * asked about another domain since: its peer's own names are what let it in.
 * rows lives as long as the facts are used. */
void acc_inbound_recall(struct acc_link *l,
			struct edge_dns_srv rows[ACC_RECALLED]);

/** AE 3.1, 3.6 step 7: may a partner whose verdict is limited send that? It is
 * counted; a refusal is a step of the verdict, and told. */
enum acc_reason acc_inbound_limit(struct acc_link *l,
				  const struct edge_sip_msg *m,
				  struct acc_decision *d);
/** AE 5: one more look-up of a domain that is not known; false: told. */
bool acc_inbound_may_ask(struct acc_link *l);
/** A request of a partner was refused: too many for their domains are told
 * (AE 4.4, 14501), and a discovered partner is watched for a while (AE 5). */
void acc_inbound_refused(struct acc_link *l, enum acc_reason reason);
/** Counts of partners that all shards share: what [limits] and the snapshot
 * allow. Thread: control. */
EDGE_MUST_CHECK enum edge_err acc_inbound_quotas_new(struct acc_shared *s,
						     const struct topo *t);
void acc_inbound_quotas_set(struct acc_shared *s, const struct topo *t);
void acc_inbound_quotas_free(struct acc_shared *s);

/** The shard's resolver, for the snapshot that is now; old: the one before, or
 * NULL. Without a server there is none, and an event says so. */
void acc_inbound_dns(struct acc_shard *s, const struct topo *old);

#endif
