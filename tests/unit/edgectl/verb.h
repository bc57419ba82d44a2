/* A verb of edgectl called as main does, nothing on the terminal. */
#ifndef TESTS_UNIT_EDGECTL_VERB_H
#define TESTS_UNIT_EDGECTL_VERB_H

#include "edgectl/ctl.h"
#include "tests/support/certs.h"

enum { VERB_WORDS = 12 };

/** A folder with an edge.ini that knows its FQDN and has no store. */
struct certs *verb_folder(void);
/** words end with NULL; "@name" stands for that file of the folder.
 * @param id  of the first finding, or ""; until the next call */
enum ctl_exit verb_call(ctl_verb_fn *fn, struct certs *folder,
			const char *const words[VERB_WORDS], const char **id);

#endif
