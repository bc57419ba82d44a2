/* Shards of access-edge in one process, with the world around them. */
#ifndef TESTS_SUPPORT_SHARD_FIXTURE_H
#define TESTS_SUPPORT_SHARD_FIXTURE_H

#include "access-edge/limits.h"
#include "access-edge/shard.h"
#include "tests/support/certs.h"
#include "tests/support/sip_peer.h"

struct edge_crew;

/* Where the partner's certificate says that its authority's list is. */
#define SHARDS_CRL "http://crl.fabrikam.com/ca.crl"

enum { SHARDS_MAX = 2, SHARDS_HOPS = 16, SHARDS_MEMBERS = 2, SHARDS_TOPOS = 8 };

/* The edge of topo_fixture on loopback: its next hop's members dir01 and dir02
 * are 127.0.0.1 and 127.0.0.2 on one port, where the test listens. */
struct shards {
	struct certs *certs;
	struct edge_loop *loop; /* the test's, and a still shard's */
	_Atomic uint64_t limits[ACC_LIMIT_COUNT];
	struct acc_shared shared;
	struct edge_crew *crew;	 /* threads, or */
	struct acc_shard *still; /* one shard on the test's own thread */
	const struct topo *topo;
	struct topo_host members[SHARDS_MEMBERS];
	struct edge_addr member_addrs[SHARDS_MEMBERS];
	struct topo_cluster clusters[SHARDS_TOPOS]; /* one a snapshot */
	unsigned cluster_count;
	uint16_t hop_port;
	struct edge_addr client_at[SHARDS_MAX], inside_at[SHARDS_MAX];
	struct edge_addr partner_at[SHARDS_MAX];
	void (*amend)(struct topo *t); /* of each snapshot; NULL: as it is */
	struct edge_tls *client_tls, *inside_tls, *hop_tls, *stranger_tls;
	struct edge_tls *partner_tls; /* sip.fabrikam.com, see SHARDS_CRL */
	bool checks_nobody; /* set before they start: KeepCrls.. is off */
	int door_fds[SHARDS_MAX][ACC_LISTEN_KINDS]; /* until they are taken */
	int hop_fd[SHARDS_MEMBERS];
	struct sip_peer hops[SHARDS_HOPS]; /* accepted, in order */
	unsigned hop_member[SHARDS_HOPS];
	unsigned hop_count;
	bool hop_refuses; /* closes what it accepts */
};

struct shards_limit {
	enum acc_limit limit;
	uint64_t value;
};

/** Shows that certificate of the folder; NULL: none. Wants one of the other
 * side. */
struct edge_tls *shards_tls(struct shards *f, const char *name, bool is_client);
/** Everything but the shards; limits have their defaults, two are short. */
void shards_init(struct shards *f);
/** Threads: count shards. Waits until each has its connections to members. */
void shards_start(struct shards *f, unsigned count);
/** One shard on this thread and loop, nothing dialled yet. */
struct acc_shard *shards_still(struct shards *f);
void shards_fini(struct shards *f);

/** A snapshot of the fixture's with other members; the caller's. */
const struct topo *shards_topo(struct shards *f, unsigned first_member,
			       unsigned member_count, uint64_t seq);
/** Stop, or begin again, to take connections to a member. */
void shards_hop_listen(struct shards *f, unsigned member, bool on);
/** Wait until so many next-hop connections are secured and live. */
void shards_wait_hops(struct shards *f, unsigned count);
unsigned shards_live_hops(const struct shards *f);
/** The connection of the next hop on which the next message comes; waits. */
struct sip_peer *shards_hop_with_message(struct shards *f);

void shards_dial_client(struct shards *f, struct sip_peer *p, unsigned shard);
void shards_dial_inside(struct shards *f, struct sip_peer *p, unsigned shard);
/** sip.fabrikam.com, a direct partner; it may be turned away at once. */
void shards_dial_partner(struct shards *f, struct sip_peer *p, unsigned shard);
uint64_t shards_stat(struct shards *f, size_t row);
/** Wait until the counter has that value. */
void shards_wait_stat(struct shards *f, size_t row, uint64_t value);
/** Wait until no shard has a transaction. */
void shards_wait_no_transactions(struct shards *f);

/* Requests as users send them. */
void shards_register(struct sip_peer *p, const char *user, unsigned cseq);
/** REGISTER and 200: the Route toward the client, as the inside keeps it. */
void shards_sign_in(struct shards *f, struct sip_peer *p, const char *user,
		    char route[1024], char contact[1024]);
/** method, to the next hop, Via branch. */
void shards_request(struct sip_peer *p, const char *method, const char *branch,
		    unsigned cseq, const char *extra);
/** From the inside to a client by its Route. */
void shards_inside_request(struct sip_peer *p, const char *method,
			   const char *branch, const char *route,
			   const char *extra);

#endif
