/* PURE: ms-diagnostics and ms-diagnostics-public lines; AE 4.1. */
#ifndef ACCESS_EDGE_DIAGNOSTICS_H
#define ACCESS_EDGE_DIAGNOSTICS_H

#include "common/slice.h"
#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "access-edge/view.h"

/** The line, without CRLF, that tells a peer of that role the reason: public
 * and without detail toward outside. source is always the public name. */
void acc_diagnostics_put(struct edge_put *w, const struct acc_view *v,
			 enum acc_role to, enum acc_reason reason,
			 const char *detail);
/** What the edge adds to an error of an outside peer that explained nothing
 * (ids 1034 to 1037); detail: more attributes, or NULL. */
void acc_diagnostics_put_silent(struct edge_put *w, const struct acc_view *v,
				enum acc_role from, const char *detail);

#endif
