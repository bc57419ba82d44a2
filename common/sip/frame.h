/* Cuts a TLS byte stream into SIP messages; knows lengths, not meanings. */
#ifndef COMMON_SIP_FRAME_H
#define COMMON_SIP_FRAME_H

#include "common/err.h"
#include "common/slice.h"

struct edge_sip_frame_limits {
	uint32_t head_len, line_len, lines; /* AE 2.2: 32 KiB, 16 KiB, 200 */
	uint32_t vias, record_routes, routes; /* 40, 20, 20 */
	uint32_t body_len;                  /* 413 beyond */
};

#define EDGE_SIP_FRAME_FAULT_MAP(X)                                      \
	X(EDGE_SIP_FRAME_FINE, "ok")                                     \
	X(EDGE_SIP_FRAME_HEAD, "header block too long")                  \
	X(EDGE_SIP_FRAME_LINE, "header line too long")                   \
	X(EDGE_SIP_FRAME_LINES, "too many header lines")                 \
	X(EDGE_SIP_FRAME_VIAS, "too many Via")                           \
	X(EDGE_SIP_FRAME_ROUTES, "too many Route or Record-Route")       \
	X(EDGE_SIP_FRAME_BARE_LF, "line feed without carriage return")   \
	X(EDGE_SIP_FRAME_NUL, "NUL in header block")                     \
	X(EDGE_SIP_FRAME_NO_LENGTH, "no Content-Length")                 \
	X(EDGE_SIP_FRAME_TWO_LENGTHS, "more than one Content-Length")    \
	X(EDGE_SIP_FRAME_BAD_LENGTH, "Content-Length not a number")      \
	X(EDGE_SIP_FRAME_BODY, "body too long")                          \
	X(EDGE_SIP_FRAME_GARBAGE, "not SIP")

enum edge_sip_frame_fault {
#define EDGE_SIP_FRAME_NAME(name, text) name,
	EDGE_SIP_FRAME_FAULT_MAP(EDGE_SIP_FRAME_NAME)
#undef EDGE_SIP_FRAME_NAME
};

const char *edge_sip_frame_fault_str(enum edge_sip_frame_fault f);

/* How far the scan of an unfinished head has come; zero to start, and after
 * each whole message. Feeding byte by byte costs no quadratic time. */
struct edge_sip_framer {
	size_t scanned;
	size_t line_start;
	uint32_t lines;
	bool head_done; /* the start line and headers are complete */
	size_t head_len, body_len;
};

struct edge_sip_frame {
	struct edge_slice msg;  /* start line to the end of the body */
	size_t head_len;        /* with the empty line */
	size_t skipped;         /* CR LF before the start line (keep-alive) */
	size_t consumed;        /* skipped + message */
	bool double_crlf;       /* a CRLFCRLF ping was among what was skipped */
	enum edge_sip_frame_fault fault; /* also the head slice in msg when
					    the head itself was cut */
};

/**
 * Cut one message off in. EDGE_EAGAIN: more bytes wanted (out->consumed may
 * be above 0 for skipped CR LF; framer state is kept); EDGE_EFORMAT or
 * EDGE_ELIMIT: out->fault says why, framing may be lost; for
 * EDGE_SIP_FRAME_BODY the head is in out->msg and consumed covers the head,
 * out->skip_body the bytes to skip.
 */
EDGE_MUST_CHECK enum edge_err
edge_sip_frame_next(struct edge_sip_framer *f,
		    const struct edge_sip_frame_limits *l, struct edge_slice in,
		    struct edge_sip_frame *out);

#endif
