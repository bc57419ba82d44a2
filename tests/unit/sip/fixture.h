/* Vectors and the objects every test of edge_sip needs. */
#ifndef TESTS_UNIT_SIP_FIXTURE_H
#define TESTS_UNIT_SIP_FIXTURE_H

#include "common/sip/edit.h"
#include "common/sip/frame.h"
#include "common/sip/msg.h"

extern const struct edge_sip_frame_limits sip_limits; /* AE 2.2 */

/** Whole file below EDGE_VECTORS; the caller frees .p; fails the test. */
struct edge_slice sip_file(const char *name);
void sip_file_free(struct edge_slice s);

struct sip_case {
	struct edge_sip_arena *arena;
	struct edge_sip_edit *edit;
	struct edge_sip_msg msg;
	struct edge_sip_frame frame;
};
void sip_case_init(struct sip_case *c);
void sip_case_fini(struct sip_case *c);

/** Frame and parse text that must be one whole message; parse's result. */
enum edge_err sip_case_parse(struct sip_case *c, struct edge_slice text);

/** A copy of s with all "from" replaced; the caller frees .p. */
struct edge_slice sip_swap(struct edge_slice s, const char *from,
			   const char *to);

#endif
