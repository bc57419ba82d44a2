/* A user signed in at the Access Edge, for tests of the way there and back. */
#ifndef EDGECTL_SESSION_H
#define EDGECTL_SESSION_H

#include "edgectl/wire.h"

struct ctl_session;

struct ctl_user {
	const char *aor;	     /* "sip:alice@contoso.com" */
	const char *name, *password; /* of the digest */
};

/** TLS, REGISTER, digest. EDGE_EAUTH, EDGE_EDENIED: refused; why says how. */
EDGE_MUST_CHECK enum edge_err ctl_session_open(struct ctl_session **out,
					       const struct ctl_wire_plan *p,
					       const struct ctl_user *u,
					       char *why, size_t why_cap);
/** SERVICE with a body of that type, a challenge answered once; *answer is the
 * 200's body, valid until the next call. */
EDGE_MUST_CHECK enum edge_err
ctl_session_service(struct ctl_session *s, const char *uri, const char *type,
		    struct edge_slice body, struct edge_slice *answer);
/** Why the last call failed. */
const char *ctl_session_why(const struct ctl_session *s);
const char *ctl_session_tls(const struct ctl_session *s);
/** Signs out. NULL is fine. */
void ctl_session_close(struct ctl_session *s);

#endif
