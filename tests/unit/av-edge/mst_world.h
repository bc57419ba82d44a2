/* An MS-TURN server without sockets, and what its clients hear. */
#ifndef TESTS_UNIT_AV_EDGE_MST_WORLD_H
#define TESTS_UNIT_AV_EDGE_MST_WORLD_H

#include "av-edge/allocation.h"
#include "tests/support/fake_net.h"
#include "tests/unit/av-edge/mst_client.h"

struct mst_world {
	struct fake_net net;
	struct mras_ring ring; /* its key is that of av-token.json */
};

void mst_world_open(struct mst_world *w);
void mst_world_close(struct mst_world *w);
/** A client outside, at that address and port, with a token. */
void mst_world_client(struct mst_world *w, struct mst_client *c,
		      const char *name, const char *at);
/** A stream from now on. */
void mst_world_stream(struct mst_client *c);

/** A control message of the client. false: its stream was closed. */
bool mst_world_give(struct mst_world *w, const struct mst_client *c,
		    struct edge_slice bytes);
/** What was answered since, without its frame; fails when nothing was. */
struct edge_slice mst_world_told(struct mst_world *w);
bool mst_world_is_told(struct mst_world *w);
struct mst_msg mst_world_answer(struct mst_world *w); /* the same, decoded */
/** Challenge, then allocation: the answer, which the client learns from. */
struct mst_msg mst_granted(struct mst_world *w, struct mst_client *c);
/** The same; nothing of it is among what was sent. */
struct ave_alloc *mst_world_allocate(struct mst_world *w, struct mst_client *c);
/* A request and its answer. */
struct mst_msg mst_ask(struct mst_world *w, const struct mst_client *c,
		       struct edge_slice request);
/** An error without integrity or words; with_login: with nonce and realm. */
void mst_expect_challenge(struct mst_world *w, const struct mst_client *c,
			  struct edge_slice request, unsigned code,
			  bool with_login);
/** An error that the client's key fits. */
struct mst_msg mst_expect_refusal(struct mst_world *w,
				  const struct mst_client *c,
				  struct edge_slice request, unsigned code);
/** A success that its key fits. */
struct mst_msg mst_expect_success(struct mst_world *w,
				  const struct mst_client *c,
				  struct edge_slice request);
/** The client learns a nonce. */
void mst_say_hello(struct mst_world *w, struct mst_client *c);
uint32_t mst_live(const struct mst_world *w); /* allocations */
uint64_t mst_world_count(const struct mst_world *w, enum ave_reason why);

#endif
