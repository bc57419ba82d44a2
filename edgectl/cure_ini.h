/* Steps of a cure that change a line of a text file. PURE. */
#ifndef EDGECTL_CURE_INI_H
#define EDGECTL_CURE_INI_H

#include "edgectl/finding.h"
#include "edgectl/ini_edit.h"

/** Text as an extended regular expression that fits itself alone, between
 * slashes in quotes of a shell; empty when it has no room. */
void ctl_cure_pattern(char *out, size_t cap, const char *text);
/** That setting of edge.ini, in the section it is of and in no other; value
 * NULL: taken out. The section is there. */
void ctl_cure_set(struct ctl_cure *k, const char *file,
		  const struct ctl_ini_set *s);
/** The section is there from then on. */
void ctl_cure_section(struct ctl_cure *k, const char *file,
		      const char *section);

#endif
