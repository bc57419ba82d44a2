/* PURE: decision -> edited message, both ways; AE 2.4-2.7, 2.12. */
#ifndef ACCESS_EDGE_REWRITE_H
#define ACCESS_EDGE_REWRITE_H

#include "common/sip/edit.h"
#include "access-edge/route.h"
#include "access-edge/trust.h"

/* One message and what is needed to change it; out of every function is
 * memory of edit, valid until edit is used again. */
struct acc_rewrite {
	struct edge_sip_edit *edit;
	const struct acc_view *view;
	const struct edge_sip_msg *msg;
	const struct acc_source *from;
};

/* What the runtime knows about the way out. */
struct acc_stamp {
	const char *sent_by;   /* "172.25.33.10:60539": our end of that way */
	edge_handle txn;       /* first half of the branch, 8 hex digits */
	uint64_t loop_hash;    /* second half, 16 hex digits */
	const char *route_tag; /* Record-Route header parameter, hex */
	bool client_signed_in; /* ACC_TO_CLIENT: it may see ms-diagnostics */
	edge_handle peer;      /* ACC_TO_PARTNER: the connection to it */
};

/** Header firewall, Via received parameters, trust header, Contact
 * proxy=replace, Route pops, Max-Forwards, Record-Route, our Via. *reason
 * says why on any error: of the policy on EDGE_EDENIED, else INTERNAL. */
EDGE_MUST_CHECK enum edge_err acc_rewrite_request(const struct acc_rewrite *r,
						  const struct acc_decision *d,
						  const struct acc_stamp *stamp,
						  struct edge_slice *out,
						  enum acc_reason *reason);

/** Does a request that goes there lose the Vias it came with? The way back gets
 * them from the transaction. */
bool acc_rewrite_hides_via(const struct acc_view *v,
			   const struct acc_decision *d);

/* What a response meets on its way back. */
struct acc_back {
	enum acc_role to_role;	      /* who asked */
	enum topo_verification level; /* of the partner that answers, */
	const char *peer;	      /* and its FQDN; NULL: no partner */
	bool shares;	   /* who asked is a provider that shares our space */
	bool to_signed_in; /* may see ms-diagnostics (authenticated cid) */
	bool asked_keep_alive; /* request had ms-keep-alive: UAC;hop-hop=yes */
	enum edge_sip_method method; /* of the request */
	/* the request as it came, when its Vias were hidden; else NULL */
	const struct edge_sip_msg *request;
};

/** Top Via is ours (checked by the caller) and goes; firewall columns of the
 * direction; keep-alive answer; diagnostics; RemoteUser on a 200 to REGISTER;
 * trust header on responses from outside. */
EDGE_MUST_CHECK enum edge_err acc_rewrite_response(const struct acc_rewrite *r,
						   const struct acc_back *back,
						   struct edge_slice *out,
						   enum acc_reason *reason);

/* What an answer of our own says. */
struct acc_answer {
	enum acc_reason reason;
	const char *detail; /* more diagnostics attributes for the inside, each
			       ";name=\"value\"", or NULL */
	const char *extra;  /* header lines with CRLF, or "" */
};

/** The status that m is told for that reason; REGISTER never 503. */
unsigned acc_answer_status(const struct edge_sip_msg *m,
			   enum acc_reason reason);

/** An answer of our own to r->msg (AE 2.14, 4.1): status and diagnostics of
 * the reason. Retry-After and Allow come by themselves where the status wants
 * them. EDGE_ESTATE: the reason is one that is dropped without an answer. */
EDGE_MUST_CHECK enum edge_err acc_rewrite_answer(const struct acc_rewrite *r,
						 const struct acc_answer *a,
						 struct edge_slice *out);
/** 100 Trying, 200 to CANCEL and OPTIONS: status without diagnostics. */
EDGE_MUST_CHECK enum edge_err acc_rewrite_status(const struct acc_rewrite *r,
						 unsigned status,
						 struct edge_slice *out);

/* Requests the edge makes itself from one it forwarded (whose sent bytes are
 * fwd): CANCEL, and ACK to a non-2xx final (to_value: To of that final). */
EDGE_MUST_CHECK enum edge_err acc_rewrite_cancel(struct edge_sip_edit *e,
						 const struct edge_sip_msg *fwd,
						 struct edge_slice *out);
EDGE_MUST_CHECK enum edge_err acc_rewrite_ack(struct edge_sip_edit *e,
					      const struct edge_sip_msg *fwd,
					      struct edge_slice to_value,
					      struct edge_slice *out);

#endif
