/* The vectors' edge with its keys: what every test of acc_policy needs. */
#ifndef TESTS_UNIT_ACCESS_EDGE_POLICY_FIXTURE_H
#define TESTS_UNIT_ACCESS_EDGE_POLICY_FIXTURE_H

#include "access-edge/guard.h"
#include "access-edge/rewrite.h"
#include "access-edge/route_token.h"
#include "tests/support/topo_fixture.h"
#include "tests/unit/sip/fixture.h"

enum { POLICY_NOW_S = 1380000000 }; /* wall clock of the fixture */

struct policy {
	struct sip_case in;  /* what came; its edit does the rewriting */
	struct sip_case out; /* what went */
	struct topo topo;
	struct acc_options options;
	struct acc_route_keys *keys;
	struct acc_view view;
	struct acc_decision decision;
	enum acc_reason reason;
	char text[65536]; /* text made by policy_text */
};

void policy_init(struct policy *p);
void policy_fini(struct policy *p);

/* Sources of the vectors: alice's client (signed in), a Front End, the
 * partner's edge. */
struct acc_source policy_user(void);
struct acc_source policy_inside(void);
struct acc_source policy_partner(void);

/** The stamp of the vectors' outgoing connection inward or to the client. */
struct acc_stamp policy_stamp(const char *sent_by, edge_handle txn,
			      uint64_t hash, const char *tag);

/** printf into p->text with each LF made CR LF; parsed into p->in, which must
 * succeed. */
void policy_text(struct policy *p, const char *fmt, ...) EDGE_PRINTF(2, 3);

/** A request in a few words: R-URI, and header lines beyond the usual ones,
 * each with LF. From alice@contoso.com, To bob@contoso.com. */
void policy_request(struct policy *p, const char *method, const char *ruri,
		    const char *lines);

/** Parse a vector into p->in; the caller frees it with sip_file_free. */
struct edge_slice policy_vector(struct policy *p, const char *name);

/** p->in through guard, decision and rewriting: sets decision and reason; on
 * success p->out is the parsed result and out its bytes. */
bool policy_forward(struct policy *p, const struct acc_source *from,
		    const struct acc_stamp *stamp, struct edge_slice *out);

/** Route decision alone on p->in; returns p->decision.reason. */
enum acc_reason policy_decide(struct policy *p, const struct acc_source *from);

/** p->in as the rewriting functions want it. */
struct acc_rewrite policy_pass(struct policy *p, const struct acc_source *from);

/** A signed entry "<sip:...>" of ours. */
void policy_entry(struct policy *p, enum acc_token_kind kind, edge_handle cid,
		  uint32_t boot, char out[1024]);

/** Fails with both texts unless they are equal. */
void policy_same(struct edge_slice got, struct edge_slice want);
bool policy_contains(struct edge_slice s, const char *text);

#endif
