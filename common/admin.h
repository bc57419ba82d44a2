/* The admin endpoint: HTTP/1.1 with JSON over a unix socket, SO_PEERCRED. */
#ifndef COMMON_ADMIN_H
#define COMMON_ADMIN_H

#include <stddef.h>

#include "common/err.h"
#include "common/slice.h"

struct edge_admin;
struct edge_loop;

struct edge_admin_request {
	const char *method, *path; /* path without query */
	const char *query;         /* "" when none */
	struct edge_slice body;
};

/* body: malloc'ed JSON text, freed by the endpoint; NULL gives {} */
struct edge_admin_answer {
	unsigned status;
	char *body;
};

typedef struct edge_admin_answer edge_admin_fn(const struct edge_admin_request *r,
					       void *arg);

struct edge_admin_route {
	const char *method, *path;
	edge_admin_fn *fn;
};

/** Opens <run>/<daemon>.sock, mode 0660, group lync-edge when it exists;
 * root, our own uid and members of that group may call. */
EDGE_MUST_CHECK enum edge_err
edge_admin_open(struct edge_admin **out, struct edge_loop *loop,
		const char *run, const char *daemon,
		const struct edge_admin_route *routes, size_t count, void *arg);
void edge_admin_close(struct edge_admin *a);

/** The caller's side (edgectl): one request, blocking, 15 s.
 * *body is malloc'ed. EDGE_ENOTFOUND: no such socket. */
EDGE_MUST_CHECK enum edge_err edge_admin_call(const char *run,
					      const char *daemon,
					      const char *method,
					      const char *path,
					      struct edge_slice json,
					      unsigned *status, char **body);

#endif
