/* What the log says while a test runs. */
#ifndef TESTS_SUPPORT_HEARD_H
#define TESTS_SUPPORT_HEARD_H

#include <stdbool.h>

#include "common/log.h"

/** Keep what the log says from now on, with that service's table (NULL: the
 * common one alone). HEARD_VERBOSE in the environment shows it as well. Other
 * threads may speak while a test asks; forget when they are at rest. */
void heard_start(const struct edge_event_row *events);
void heard_stop(void);
void heard_forget(void); /* what was said so far */

unsigned heard_count(void); /* lines */
/** A line by its number, from 0; the test fails when there is none. */
const char *heard_line(unsigned i);
/** Lines with these words; "" is in each. */
unsigned heard_with(const char *words);
bool heard(const char *words);
/** All lines, for a test that fails. */
const char *heard_all(void);

#endif
