/* Saying no: one reason in answer, event, counter and the recent list. */
#ifndef ACCESS_EDGE_REFUSE_H
#define ACCESS_EDGE_REFUSE_H

#include "access-edge/link.h"
#include "access-edge/verdict.h"

/** Count and tell; no answer. from may be another shard's link. */
void acc_refuse_note(struct acc_shard *s, const struct acc_source *from,
		     const struct edge_sip_msg *m, enum acc_reason reason);
/** Note, and answer m on the link it came on unless the reason or the method
 * forbids it (AE 2.10). extra: header lines with CRLF, or "". */
void acc_refuse(struct acc_link *l, const struct edge_sip_msg *m,
		enum acc_reason reason, const char *extra);
struct acc_refusal { /* with what is known besides its reason */
	enum acc_reason reason;
	const struct acc_verdict *verdict; /* the way to it, or NULL */
	const char *detail;		   /* attributes for the inside, "" */
	const char *extra;		   /* header lines with CRLF, "" */
};

/** Same, and tells the way: rule= of the event, and for the inside in its
 * ms-diagnostics. */
void acc_refuse_by(struct acc_link *l, const struct edge_sip_msg *m,
		   const struct acc_refusal *r);
/** An answer without refusal: 100, 200, 487. */
void acc_refuse_status(struct acc_link *l, const struct edge_sip_msg *m,
		       unsigned status);

#endif
