/* A parsed SIP message: typed views into the bytes it came in. */
#ifndef COMMON_SIP_MSG_H
#define COMMON_SIP_MSG_H

#include <stdbool.h>

#include "common/err.h"
#include "common/slice.h"

enum edge_sip_hdr {
	EDGE_SIP_OTHER, /* no row in header.def */
#define HDR(id, name, compact, form) EDGE_SIP_##id,
#include "common/sip/header.def"
#undef HDR
	EDGE_SIP_HDR_COUNT
};

enum edge_sip_method {
	EDGE_SIP_UNKNOWN,
	EDGE_SIP_INVITE,
	EDGE_SIP_ACK,
	EDGE_SIP_BYE,
	EDGE_SIP_CANCEL,
	EDGE_SIP_REGISTER,
	EDGE_SIP_OPTIONS,
	EDGE_SIP_MESSAGE,
	EDGE_SIP_SUBSCRIBE,
	EDGE_SIP_NOTIFY,
	EDGE_SIP_BENOTIFY,
	EDGE_SIP_SERVICE,
	EDGE_SIP_INFO,
	EDGE_SIP_REFER,
	EDGE_SIP_UPDATE,
	EDGE_SIP_PRACK,
	EDGE_SIP_PUBLISH,
	EDGE_SIP_NEGOTIATE,
	EDGE_SIP_METHOD_COUNT
};

/* Why a message is not accepted (AE 2.3), a closed list. */
#define EDGE_SIP_FAULT_MAP(X)                                         \
	X(EDGE_SIP_FINE, 0, "ok")                                     \
	X(EDGE_SIP_BAD_START, 400, "malformed start line")            \
	X(EDGE_SIP_BAD_VERSION, 505, "SIP version not supported")     \
	X(EDGE_SIP_MISSING, 400, "mandatory header missing")          \
	X(EDGE_SIP_TWICE, 400, "single-value header repeated")        \
	X(EDGE_SIP_BAD_HEADER, 400, "malformed header")               \
	X(EDGE_SIP_BAD_CSEQ, 400, "CSeq does not fit the request")    \
	X(EDGE_SIP_BAD_URI, 400, "malformed URI")                     \
	X(EDGE_SIP_BAD_SCHEME, 416, "URI scheme not supported")       \
	X(EDGE_SIP_BAD_BYTES, 400, "control octet or invalid escape") \
	X(EDGE_SIP_TOO_MANY, 400, "too many header lines")

enum edge_sip_fault {
#define EDGE_SIP_FAULT_NAME(name, status, text) name,
	EDGE_SIP_FAULT_MAP(EDGE_SIP_FAULT_NAME)
#undef EDGE_SIP_FAULT_NAME
};

const char *edge_sip_fault_str(enum edge_sip_fault f);
unsigned edge_sip_fault_status(enum edge_sip_fault f);

struct edge_sip_uri {
	struct edge_slice text; /* whole, without <> */
	struct edge_slice scheme, user, host, params, headers;
	uint16_t port; /* 0: none given */
	bool is_sip;   /* sip or sips */
};

struct edge_sip_addr {		/* From, To, Contact, Route entry */
	struct edge_slice text; /* the whole value of this entry */
	struct edge_slice display;
	struct edge_sip_uri uri;
	struct edge_slice
		params;	       /* header parameters after the URI, from ';' */
	struct edge_slice tag; /* empty when absent */
	bool bracketed;
};

struct edge_sip_via {
	struct edge_slice text; /* value of this Via, without header name */
	struct edge_slice transport; /* "TLS" */
	struct edge_slice host;
	uint16_t port;
	struct edge_slice branch; /* empty when absent */
	struct edge_slice received;
	struct edge_slice params; /* from ';' */
};

enum { EDGE_SIP_LINES = 200, EDGE_SIP_LIST = 40 };

struct edge_sip_line {
	enum edge_sip_hdr id;
	struct edge_slice raw;	       /* with folding and its CRLF */
	struct edge_slice name, value; /* value trimmed; may hold folding */
};

struct edge_sip_msg {
	struct edge_slice raw, start_line, body; /* start_line with CRLF */
	bool is_request;
	enum edge_sip_method method; /* of a response: CSeq's */
	struct edge_slice method_text;
	struct edge_sip_uri ruri; /* requests */
	unsigned status;	  /* responses */
	struct edge_slice phrase;
	struct edge_sip_via via; /* topmost */
	size_t via_count;	 /* values, not lines */
	struct edge_sip_addr from, to;
	struct edge_slice call_id;
	uint32_t cseq;
	int max_forwards; /* -1: absent */
	enum edge_sip_fault fault;
	struct edge_slice fault_at;	   /* name of the header at fault */
	int16_t first[EDGE_SIP_HDR_COUNT]; /* its first line, -1: none */
	size_t line_count;
	struct edge_sip_line lines[EDGE_SIP_LINES]; /* in order */
};

struct edge_sip_arena; /* memory of one message at a time; one a shard */
EDGE_MUST_CHECK enum edge_err edge_sip_arena_new(struct edge_sip_arena **out);
void edge_sip_arena_free(struct edge_sip_arena *a);

/**
 * Parse one framed message; head_len as the frame tells it. A header in the
 * list of AE 2.3 is accepted when our scanner cuts it and sofia-sip's parser
 * of that header accepts it too. Schemes: the Request-URI, From, To and a
 * REGISTER's Contact may be sip, sips or tel (so ruri.is_sip may be false);
 * Route and Record-Route sip or sips in <>; other Contacts any. The views
 * borrow raw and a until the next parse with the same arena. EDGE_EFORMAT:
 * m->fault says why, and whatever could be read (start line, lines, Via,
 * From...) is there so that an answer can be built. From tag, top transport,
 * loops and policy are not looked at here.
 */
EDGE_MUST_CHECK enum edge_err edge_sip_msg_parse(struct edge_sip_msg *m,
						 struct edge_sip_arena *a,
						 struct edge_slice raw,
						 size_t head_len);

/** First line of that header at or after index from; -1 when none. */
int edge_sip_find(const struct edge_sip_msg *m, enum edge_sip_hdr id, int from);
/** Same by name for headers without a row (case-insensitive). */
int edge_sip_find_name(const struct edge_sip_msg *m, const char *name,
		       int from);

/** All values of a header (also of one that parse does not look into, such as
 * P-Asserted-Identity; Contact "*" is an entry with that text and no URI: lines
 * and comma lists, in order); EDGE_ELIMIT past EDGE_SIP_LIST, EDGE_EFORMAT when
 * one does not parse. line[] gets each entry's line index; may be NULL. */
EDGE_MUST_CHECK enum edge_err
edge_sip_addrs(const struct edge_sip_msg *m, enum edge_sip_hdr id,
	       struct edge_sip_addr out[EDGE_SIP_LIST], int *line,
	       size_t *count);
/** The entries of one such list, out of any header. */
EDGE_MUST_CHECK enum edge_err
edge_sip_addr_list(struct edge_slice value,
		   struct edge_sip_addr out[EDGE_SIP_LIST], size_t *count);
EDGE_MUST_CHECK enum edge_err
edge_sip_vias(const struct edge_sip_msg *m,
	      struct edge_sip_via out[EDGE_SIP_LIST], size_t *count);

EDGE_MUST_CHECK enum edge_err edge_sip_uri_parse(struct edge_sip_uri *out,
						 struct edge_slice text);
/** Parameter in ";a=b;c" text: false when absent; *value empty when it has
 * none; quotes are kept. Names compare without case. */
bool edge_sip_param(struct edge_slice params, const char *name,
		    struct edge_slice *value);
/** Like it, but the whole ";name=value" text (to cut it out). */
bool edge_sip_param_raw(struct edge_slice params, const char *name,
			struct edge_slice *raw);
const char *edge_sip_method_str(enum edge_sip_method m);
const char *edge_sip_hdr_str(enum edge_sip_hdr h);

#endif
