/* A topology store in place of the real one: the file <state>/current holds
 * the number of the current version; versions 1 to 9 can be loaded, 10 and
 * above are malformed. Linked instead of topology's store.c and arena. */
#ifndef TESTS_SUPPORT_FAKE_STORE_H
#define TESTS_SUPPORT_FAKE_STORE_H

#include "topology/store.h"

/** Writes <state>/current; 0 removes it. */
void fake_store_set(const char *state, unsigned seq);
/** Snapshots given out and not dropped. */
int fake_store_held(void);

#endif
