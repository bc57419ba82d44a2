/* Vectors and the objects every test of edge_sip needs. */
#ifndef TESTS_UNIT_SIP_FIXTURE_H
#define TESTS_UNIT_SIP_FIXTURE_H

#include "common/sip/edit.h"
#include "common/sip/frame.h"
#include "common/sip/msg.h"

/* Lines of a small valid request. */
#define SIP_VIA	    "Via: SIP/2.0/TLS h.example;branch=z9hG4bK1\r\n"
#define SIP_FROM    "From: <sip:a@x.example>;tag=f1\r\n"
#define SIP_TO	    "To: <sip:b@y.example>\r\n"
#define SIP_CALL_ID "Call-ID: c1@h\r\n"
#define SIP_CSEQ    "CSeq: 7 INVITE\r\n"
#define SIP_MAXF    "Max-Forwards: 70\r\n"
#define SIP_LENGTH  "Content-Length: 0\r\n"
#define SIP_START   "INVITE sip:b@y.example SIP/2.0\r\n"
#define SIP_BASE    SIP_START SIP_VIA SIP_FROM SIP_TO SIP_CALL_ID SIP_CSEQ SIP_MAXF
#define SIP_END	    SIP_LENGTH "\r\n"

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
