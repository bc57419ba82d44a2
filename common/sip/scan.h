/* Cutting header values into slices; inside common/sip only. */
#ifndef COMMON_SIP_SCAN_H
#define COMMON_SIP_SCAN_H

#include "common/sip/msg.h"

/* What an octet may be part of (RFC 3261 §25.1). */
enum edge_sip_class {
	EDGE_SIP_TOKEN = 1,
	EDGE_SIP_USER = 2,    /* user of a SIP URI, without "%" */
	EDGE_SIP_UPARAM = 4,  /* URI parameter, "=" and "&" tolerated */
	EDGE_SIP_UHEADER = 8, /* ?name=value&... of a URI */
	EDGE_SIP_URIC = 16,   /* any other URI, without "%" */
	EDGE_SIP_HOST = 32,   /* also "_": machines are named so */
	EDGE_SIP_VALUE = 64,  /* unquoted header parameter value */
	EDGE_SIP_WORD = 128,  /* Call-ID */
	EDGE_SIP_SCHEME = 256,
	EDGE_SIP_DIGIT = 512,
	EDGE_SIP_CONTROL = 1024, /* never in a header: 0-31 but HT, 127 */
	EDGE_SIP_HIGH = 2048,	 /* 128 and above */
	EDGE_SIP_PASSWORD = 4096
};

bool edge_sip_is(uint8_t c, unsigned classes);

/** Take the longest run of octets of these classes; may be empty. */
struct edge_slice edge_sip_span(struct edge_slice *in, unsigned classes);
/** Take one given octet; false when something else comes. */
bool edge_sip_take_char(struct edge_slice *in, char c);
/** Skip blanks and folding; true when there were any. */
bool edge_sip_skip_lws(struct edge_slice *in);
/** Take LWS, the separator, LWS; false (in untouched) when it is not there. */
bool edge_sip_take_sep(struct edge_slice *in, char sep);
/** Take a quoted string with its quotes. */
bool edge_sip_take_quoted(struct edge_slice *in, struct edge_slice *out);
/* A parameter looked for while the list is taken; empty when absent. */
struct edge_sip_wanted {
	const char *name; /* lower case */
	struct edge_slice value;
	bool found;
};
/** Take *(;name[=value]); out is from the first ";" or empty. False when
 * malformed or when one of the wanted comes twice or without a value. */
bool edge_sip_take_params(struct edge_slice *in, struct edge_slice *out,
			  struct edge_sip_wanted *wanted, size_t count);

/** sent-by and URI hosts; an IPv6 address with its brackets. */
bool edge_sip_take_host(struct edge_slice *in, struct edge_slice *out);
bool edge_sip_take_port(struct edge_slice *in, uint16_t *out); /* 1-65535 */

/** Take one entry; what follows (a comma or the end) stays in *in. */
bool edge_sip_take_via(struct edge_slice *in, struct edge_sip_via *out);
bool edge_sip_take_addr(struct edge_slice *in, struct edge_sip_addr *out);

/** Well-formed UTF-8 without control octets; blanks, HT and folding pass. */
bool edge_sip_text_ok(struct edge_slice s);

/* Header names by hash; slot 2 * id is the long name, 2 * id + 1 the compact
 * one, 0 ends a chain. */
enum { EDGE_SIP_BUCKETS = 128 };
struct edge_sip_names {
	uint8_t bucket[EDGE_SIP_BUCKETS];
	uint8_t next[EDGE_SIP_HDR_COUNT * 2];
};
void edge_sip_names_init(struct edge_sip_names *n); /* n is zero */
enum edge_sip_hdr edge_sip_names_find(const struct edge_sip_names *n,
				      struct edge_slice name);
bool edge_sip_hdr_is_one(enum edge_sip_hdr h);
enum edge_sip_method edge_sip_method_find(struct edge_slice name);

/** Note a fault; the first one is the one that is told. */
void edge_sip_blame(struct edge_sip_msg *m, enum edge_sip_fault fault,
		    struct edge_slice at);
/** sip, sips or tel. */
bool edge_sip_scheme_ok(const struct edge_sip_uri *u);
/** Up to the CR LF (that no blank follows); the rest when there is none. */
struct edge_slice edge_sip_take_line(struct edge_slice *in, bool folds);
/** m->start_line into method and Request-URI, or status and phrase. */
void edge_sip_start_read(struct edge_sip_msg *m);
/** All header lines of s into m->lines. */
void edge_sip_lines_read(struct edge_sip_msg *m, const struct edge_sip_names *n,
			 struct edge_slice s);

/** After an entry of a comma list: another one, the end, or false. */
bool edge_sip_next_entry(struct edge_slice *s, bool *more);

struct edge_sip_reader { /* zero but m before the first value */
	struct edge_sip_msg *m;
	size_t vias, routes, record_routes, contacts;
};
/** One header value into r->m; headers the edge does not look into pass. */
enum edge_sip_fault edge_sip_value_read(struct edge_sip_reader *r,
					enum edge_sip_hdr id,
					struct edge_slice s);

#endif
