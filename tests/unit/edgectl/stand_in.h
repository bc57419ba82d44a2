/* Services as far as edgectl sees them: sockets in a run folder, whose answers
 * are written down before. */
#ifndef TESTS_UNIT_EDGECTL_STAND_IN_H
#define TESTS_UNIT_EDGECTL_STAND_IN_H

#include <sys/types.h>

struct stand_in;

enum { STAND_IN_HANGS_UP = 0 }; /* as a status: the caller gets no answer */

struct stand_in *stand_in_new(const char *run);
void stand_in_free(struct stand_in *s);
/** One more answer of that service to "GET /v1/status" and the like; they are
 * given in order, the last one again and again. It has a socket from now on. */
void stand_in_answers(struct stand_in *s, const char *service, const char *what,
		      unsigned status, const char *body);
/** The process is killed before the answer that was written down last. */
void stand_in_kills(struct stand_in *s, pid_t pid);
/** The socket is closed behind the answer that was written down last. */
void stand_in_leaves(struct stand_in *s);
/** How often it was asked that. */
unsigned stand_in_asked(struct stand_in *s, const char *service,
			const char *what);

#endif
