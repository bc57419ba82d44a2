/* The admin endpoint: HTTP/1.1 with JSON over a unix socket, SO_PEERCRED. */
#ifndef COMMON_ADMIN_H
#define COMMON_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/slice.h"

struct edge_admin; /* owner: the daemon; thread: the control loop */
struct edge_loop;

enum {
	EDGE_ADMIN_CLIENTS = 16,	 /* ours: callers at a time */
	EDGE_ADMIN_BODY_MAX = 1 << 20,	 /* ours: of a request [bytes] */
	EDGE_ADMIN_ANSWER_MAX = 1 << 23, /* ours: what a caller reads [bytes] */
	EDGE_ADMIN_DEADLINE_MS = 10000,	 /* ours: accept to last byte [ms] */
	EDGE_ADMIN_CALL_MS = 15000,	 /* ours: a whole call [ms] */
};

struct edge_admin_request {
	const char *method, *path; /* path without query */
	const char *query;	   /* "" when none */
	struct edge_slice body;
};

/* body: malloc'ed JSON text, freed by the endpoint; NULL gives {} */
struct edge_admin_answer {
	unsigned status;
	char *body;
};

typedef struct edge_admin_answer
edge_admin_fn(const struct edge_admin_request *r, void *arg);

struct edge_admin_route {
	const char *method, *path; /* exact, both */
	edge_admin_fn *fn;
};

struct edge_admin_plan {
	struct edge_loop *loop;
	const char *run, *daemon;
	const struct edge_admin_route *routes; /* outlive the endpoint */
	size_t count;
	void *arg; /* given to each of them */
};

/** Opens <run>/<daemon>.sock, mode 0660, group lync-edge when it exists;
 * root, our own uid and members of that group may call. Not answered by a
 * route: 404, 405. A socket file left by a dead process is replaced: the
 * caller holds the lock. */
EDGE_MUST_CHECK enum edge_err edge_admin_open(struct edge_admin **out,
					      const struct edge_admin_plan *p);
/** The socket file becomes that user's. */
EDGE_MUST_CHECK enum edge_err edge_admin_give(const struct edge_admin *a,
					      uid_t uid);
/** A second list of routes with an arg of its own; looked at first. */
void edge_admin_also(struct edge_admin *a,
		     const struct edge_admin_route *routes, size_t count,
		     void *arg);
void edge_admin_close(struct edge_admin *a);

/** {"refused":code,"why":why} with that status; for a route's answers. */
struct edge_admin_answer edge_admin_refuse(unsigned status, const char *code,
					   const char *why);
/** Is NAME=VALUE among the query's words? */
bool edge_admin_query_is(const char *query, const char *name,
			 const char *value);

/* The caller's side (edgectl). */
struct edge_admin_question {
	const char *run, *daemon;  /* whose socket */
	const char *method, *path; /* path with query */
	struct edge_slice json;	   /* empty: no body */
	unsigned ms;		   /* 0: EDGE_ADMIN_CALL_MS */
};

/** One request, blocking, for ms. The answer's body is the caller's to free.
 * EDGE_ENOTFOUND: no such socket or nobody behind it. EDGE_EDENIED: the
 * socket's mode keeps us out; refused later it is status 403. */
EDGE_MUST_CHECK enum edge_err
edge_admin_call(struct edge_admin_answer *out,
		const struct edge_admin_question *q);

#endif
