/* The closed list of refusals: one value for answer, event and counter. */
#ifndef ACCESS_EDGE_REASON_H
#define ACCESS_EDGE_REASON_H

enum acc_reason {
#define ACC_REASON(id, name, status, errid, text) ACC_REASON_##id,
#include "access-edge/acc_reason.def"
#undef ACC_REASON
	ACC_REASON_COUNT
};

const char *acc_reason_name(enum acc_reason r); /* "client_gone" */
const char *acc_reason_text(enum acc_reason r);
unsigned acc_reason_status(enum acc_reason r); /* 0: dropped */
unsigned acc_reason_errid(enum acc_reason r);
/** SIP reason phrase of a status code the edge makes. */
const char *acc_reason_phrase(unsigned status);

#endif
