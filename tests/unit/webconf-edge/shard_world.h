/* One shard on the test's own thread, clients around it, and a desk that does
 * what the test says. */
#ifndef TESTS_UNIT_WEBCONF_EDGE_SHARD_WORLD_H
#define TESTS_UNIT_WEBCONF_EDGE_SHARD_WORLD_H

#include <check.h>

#include "tests/unit/webconf-edge/ep1_peer.h"
#include "webconf-edge/client.h"
#include "webconf-edge/shard.h"

enum { SHARD_MAILS = 256, SHARD_LEGS = 8 };

#define SHARD_URI \
	"sip:alice@contoso.com;gruu;opaque=app:conf:data-conf:id:5D3747C0QQ"
#define SHARD_INNER "7301884412"
#define SHARD_MCU   "fe01.contoso.net"

struct shard_world {
	struct certs *certs;
	struct edge_loop *loop;
	_Atomic uint64_t limits[WCE_LIMIT_COUNT];
	struct wce_shared shared;
	struct wce_shard *shard;
	struct edge_addr at; /* of its door */
	struct edge_tls *client_tls, *mcu_tls, *inside_tls;
	struct psom_keys keys;
	struct edge_mailbox *box;
	struct wce_mail *mails[SHARD_MAILS]; /* to the desk, in order */
	unsigned mail_count, mails_read;
	int leg_fd;
	struct edge_addr leg_at;
	struct edge_conn *legs[SHARD_LEGS]; /* the edge's ends, not given yet */
	unsigned leg_count, leg_secured, legs_given;
	uint8_t token[PSOM_TOKEN_LEN]; /* the last one made */
};

extern struct shard_world shard_w; /* of the running test */
/** A case with a shard around each test. At the end all its counts must be
 * zero, and no line of the log may hold a token, inner token or URI. */
TCase *shard_case(Suite *s, const char *name);

/* -- clients ------------------------------------------------------------ */

struct shard_hello {	       /* what differs from a good one */
	const char *mcu, *uri; /* NULL: SHARD_MCU, SHARD_URI */
	const char *inner;     /* NULL: SHARD_INNER */
	const char *token_mcu; /* the token is for; NULL: mcu */
	const char *token_uri;
	int issued_s, life_s; /* from now; life 0: 300 */
	uint8_t nonce, kid;   /* kid 0: that of the key */
	uint16_t version;     /* of the profile; 0: 1 */
	bool has_bad_mac;
};
/** Bytes of HELLO; valid until the next call. */
struct edge_slice shard_hello(const struct shard_hello *h);
void shard_dial(struct ep1_peer *p); /* secured when this returns */
/** A TCP connection that says nothing; its fd is the caller's. */
int shard_dial_silent(void);
/** A good HELLO, then what the desk was asked: the client's handle. */
edge_handle shard_join(struct ep1_peer *p);
/** The same and all that follows, until HELLO_OK was taken; leg is the MCU's
 * end. */
edge_handle shard_pair(struct ep1_peer *p, struct ep1_peer *leg);

/* -- the desk ----------------------------------------------------------- */

/** The next mail to the desk; it must be of that kind. Freed by the world. */
const struct wce_mail *shard_take(enum wce_mail_kind kind);
void shard_no_mail(void);
void shard_mail(struct wce_mail *m); /* to the shard */
void shard_refuse(edge_handle client, enum wce_reason why);
/** A data leg, parked as the desk would have it; leg is the MCU's end. */
void shard_give_leg(edge_handle client, struct ep1_peer *leg);
/** ASSIGN is there: its session, so that it can be answered. */
void shard_take_assign(struct ep1_peer *leg, uint8_t session[PSOM_SESSION_LEN]);
/** ASSIGN_OK with no code, ASSIGN_NO with one; more: bytes behind it. */
void shard_answer(struct ep1_peer *leg, const uint8_t *session, unsigned code,
		  const char *more);
/** A snapshot; the caller's. */
const struct topo *shard_topo(void);

struct wce_client *shard_client(edge_handle h); /* NULL: none */
/** Wait until nobody is there any more. */
void shard_wait_empty(void);
uint64_t shard_stat(size_t row);
void shard_wait_stat(size_t row, uint64_t n);

#endif
