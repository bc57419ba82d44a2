/* Text of others, made fit for a terminal and for JSON. PURE. */
#ifndef EDGECTL_CLEAN_H
#define EDGECTL_CLEAN_H

#include <stdbool.h>

/** In place: what is no UTF-8, and what moves a terminal's cursor or turns the
 * direction of writing, becomes "?"; ends of lines become blanks. Gives text
 * back. */
char *ctl_clean(char *text);
/** The same, but ends of lines and tabs stay. */
char *ctl_clean_lines(char *text);
/** It would change nothing. */
bool ctl_is_clean(const char *text);

#endif
