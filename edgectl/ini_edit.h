/* Changes settings in the text of edge.ini and nothing else in it. PURE. */
#ifndef EDGECTL_INI_EDIT_H
#define EDGECTL_INI_EDIT_H

#include "common/err.h"
#include "common/slice.h"

struct ctl_ini_set {
	const char *section, *name;
	const char *value; /* NULL: its line is taken out */
};

/**
 * One text with the settings in it. A name that is there gets its value where
 * it stands, with the remark behind it; a new one goes below the last setting
 * of its section, a new section to the end. Comments, order, blank lines and
 * line ends stay as they are; a value that is there already changes no byte.
 * @param out  heap, a NUL behind it
 * @return EDGE_EFORMAT: a value that no line can hold; EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err ctl_ini_edit(char **out, size_t *len,
					   struct edge_slice text,
					   const struct ctl_ini_set *sets,
					   size_t count);

#endif
