/* JSON vectors of tests/vectors: fields by path, hex as bytes. */
#ifndef TESTS_SUPPORT_VECTOR_H
#define TESTS_SUPPORT_VECTOR_H

#include <jansson.h>

#include "common/slice.h"

/** The whole file; ends the test program when it is not there. */
json_t *vector_load(const char *file);
/** Hex text of object[name] as bytes in a buffer of the helper's that lives
 * until the process ends; an absent name fails the test. */
struct edge_slice vector_hex(const json_t *object, const char *name);
struct edge_slice vector_bytes(const char *hex);
/** object[name] as text. */
const char *vector_text(const json_t *object, const char *name);
/** The element of an array whose "name" is that; fails when there is none. */
const json_t *vector_named(const json_t *array, const char *name);

#endif
