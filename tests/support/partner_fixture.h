/* Partners of the edge of shard_fixture: what DNS says of them, where they are,
 * and who comes as one. */
#ifndef TESTS_SUPPORT_PARTNER_FIXTURE_H
#define TESTS_SUPPORT_PARTNER_FIXTURE_H

#include "tests/support/fake_dns.h"
#include "tests/support/shard_fixture.h"

enum { PARTNER_DOORS = 2, PARTNER_CAME = 8, PARTNER_ROWS = 32 };

/* Where a partner listens; who came is accepted in order. */
struct partner_door {
	struct partners *of;
	struct edge_addr at;
	int fd; /* -1: closed */
	struct edge_tls *tls;
	bool refuses; /* closes what it accepts: no handshake */
	struct sip_peer came[PARTNER_CAME];
	unsigned count;
};

/*
 * On the list: fabrikam.com with sip.fabrikam.com (no address in DNS);
 * listed.test by SRV: first.listed.test at door 0, second.listed.test at door
 * 1. By SRV alone: new.test (sip.new.test, at door 0), d0.test to d7.test,
 * far.test (target elsewhere), lost.test (target without address), off.test (a
 * disabled provider), im.test (an enabled one, at door 0). fails.test is
 * answered SERVFAIL; slow.test has two targets, and of the first one's address
 * nothing is said. Blocked: adatum.com. Discovery is on, level
 * UseSourceVerification.
 */
struct partners {
	struct shards *f;
	struct fake_dns *dns;
	struct fake_dns_row rows[PARTNER_ROWS];
	char values[PARTNER_ROWS][96];
	size_t row_count;
	char resolv[32];
	struct partner_door doors[PARTNER_DOORS];
	struct edge_tls *as[8]; /* made by partner_dial, freed at the end */
	unsigned as_count;
};

/** After shards_init: doors, DNS, topology; certificates
 * "listed" (both of listed.test, and sip.new.test), "fabrikam", "new" and
 * "other" (sip.other.test). */
void partners_init(struct partners *p, struct shards *f);
/** What partners_init has the topology say; a test may amend more. */
void partners_amend(struct topo *t);
/** The one shard on this thread, doors open, its next hop there. */
struct acc_shard *partners_begin(struct partners *p);
/** Before shards_fini. */
void partners_fini(struct partners *p);
/** Open again, or close, a door on its port. */
void partner_door_open(struct partner_door *d, bool open);
/** What it shows from now on; name of a certificate. */
void partner_door_show(struct partner_door *d, const char *name);
/** Come to the edge with that certificate. */
void partner_dial(struct partners *p, struct sip_peer *as, const char *name);
/** A new topology for the still shard, amended anew; waits until it is there.
 */
void partners_retopo(struct partners *p, uint64_t seq);
/** The connection at a door with a message; waits. */
struct sip_peer *partner_with_message(struct partners *p);
/** A request of a partner; Via branch; extra lines with LF. */
void partner_request(struct sip_peer *p, const char *method, const char *branch,
		     const char *from, const char *to);
/** A request of the inside for a partner. */
void partner_inside_request(struct sip_peer *p, const char *method,
			    const char *branch, const char *to);

#endif
