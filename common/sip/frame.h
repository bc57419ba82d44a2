/* Cuts a TLS byte stream into SIP messages; knows lengths, not meanings. */
#ifndef COMMON_SIP_FRAME_H
#define COMMON_SIP_FRAME_H

#include "common/err.h"
#include "common/slice.h"

struct edge_sip_frame_limits {
	uint32_t head_len, line_len, lines;   /* AE 2.2: 32 KiB, 16 KiB, 200 */
	uint32_t vias, record_routes, routes; /* values: 40, 20, 20 */
	uint32_t body_len;		      /* 413 beyond */
};

#define EDGE_SIP_FRAME_FAULT_MAP(X)                                    \
	X(EDGE_SIP_FRAME_FINE, "ok")                                   \
	X(EDGE_SIP_FRAME_HEAD, "header block too long")                \
	X(EDGE_SIP_FRAME_LINE, "header line too long")                 \
	X(EDGE_SIP_FRAME_LINES, "too many header lines")               \
	X(EDGE_SIP_FRAME_VIAS, "too many Via")                         \
	X(EDGE_SIP_FRAME_ROUTES, "too many Route or Record-Route")     \
	X(EDGE_SIP_FRAME_BARE_LF, "line feed without carriage return") \
	X(EDGE_SIP_FRAME_NUL, "NUL in header block")                   \
	X(EDGE_SIP_FRAME_NO_LENGTH, "no Content-Length")               \
	X(EDGE_SIP_FRAME_TWO_LENGTHS, "more than one Content-Length")  \
	X(EDGE_SIP_FRAME_BAD_LENGTH, "Content-Length not a number")    \
	X(EDGE_SIP_FRAME_BODY, "body too long")                        \
	X(EDGE_SIP_FRAME_GARBAGE, "not SIP")

enum edge_sip_frame_fault {
#define EDGE_SIP_FRAME_NAME(name, text) name,
	EDGE_SIP_FRAME_FAULT_MAP(EDGE_SIP_FRAME_NAME)
#undef EDGE_SIP_FRAME_NAME
};

const char *edge_sip_frame_fault_str(enum edge_sip_frame_fault f);

/* How far the scan of an unfinished message has come; zero to start. It is
 * reset after each message and each fault. Every octet is looked at once,
 * however the stream is cut. Offsets count from the start line. */
struct edge_sip_framer {
	size_t scanned;	 /* octets looked at */
	size_t line;	 /* start of the header line, before its folding */
	size_t physical; /* start of its last piece */
	uint32_t lines, vias, record_routes, routes, lengths;
	bool bad_length;
	uint64_t body_len;
	size_t head_len; /* 0 until the empty line was seen */
	unsigned ping;	 /* how much of CRLFCRLF was skipped last */
};

struct edge_sip_frame {
	struct edge_slice msg; /* start line to the end of the body */
	size_t head_len;       /* with the empty line, if it was reached */
	size_t skipped;	       /* CR LF before the start line (keep-alive) */
	size_t consumed;       /* skipped + message: to be dropped from in */
	uint64_t skip_body;    /* EDGE_SIP_FRAME_BODY: octets that follow what
				  was consumed and have to be thrown away */
	bool double_crlf;      /* a CRLFCRLF ping was among what was skipped */
	enum edge_sip_frame_fault fault;
};

/**
 * Cut one message off in (AE 2.2). Out is always written.
 * EDGE_OK: a whole message; the start line and the lengths are checked, no
 * more. EDGE_EAGAIN: more octets wanted; drop out->consumed (skipped CR LF)
 * and call again with the rest and what came after it.
 * EDGE_EFORMAT, EDGE_ELIMIT: out->fault says why. out->msg holds the head, or
 * the whole lines of it before the fault (no empty line then), so that an
 * answer can be made. For EDGE_SIP_FRAME_BODY go on after out->skip_body more
 * octets; for all others framing is lost and the connection must be closed.
 */
EDGE_MUST_CHECK enum edge_err
edge_sip_frame_next(struct edge_sip_framer *f,
		    const struct edge_sip_frame_limits *l, struct edge_slice in,
		    struct edge_sip_frame *out);

#endif
