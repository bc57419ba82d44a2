/* The recorded frames of EP1 with what is expected of each. */
#ifndef TESTS_UNIT_WEBCONF_EDGE_PSOM_VECTORS_H
#define TESTS_UNIT_WEBCONF_EDGE_PSOM_VECTORS_H

#include "tests/support/vector.h"
#include "webconf-edge/psom_frame.h"
#include "webconf-edge/psom_login.h"

enum { PSOM_VECTORS = 46, PSOM_VECTORS_CLIENT = 24 };

struct psom_vector {
	const char *file, *leg, *expect, *note;
	struct edge_slice bytes;
};

struct psom_vectors {
	json_t *manifest;
	struct psom_vector all[PSOM_VECTORS];
	size_t count;
	uint64_t clock_s;
	struct psom_keys keys; /* 1 and 2 of the manifest, in date at clock_s */
};

/** Length and SHA-256 of each file are checked against the manifest. */
void psom_vectors_load(struct psom_vectors *v);
void psom_vectors_fini(struct psom_vectors *v);
const struct psom_vector *psom_vectors_named(const struct psom_vectors *v,
					     const char *file);
/** The index-th of those sent by a client. */
const struct psom_vector *psom_vectors_client(const struct psom_vectors *v,
					      size_t index);
struct edge_slice psom_vectors_text(const struct psom_vectors *v,
				    const char *name);

extern const struct psom_token_rule psom_vectors_rule;

/** Leg and sender of a vector; false: it is no frame. */
bool psom_vector_leg(const struct psom_vector *v, enum psom_leg *leg,
		     unsigned *from);
/** "REJECT 413" gives 413; 0 for anything else. */
unsigned psom_vector_code(const struct psom_vector *v);

#endif
