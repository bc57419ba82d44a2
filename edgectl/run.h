/* Programs of the system, run to their end and without a shell. */
#ifndef EDGECTL_RUN_H
#define EDGECTL_RUN_H

#include <stddef.h>

#include "common/err.h"

enum { CTL_RUN_WORDS = 32, CTL_RUN_WHY = 256, CTL_RUN_MAX = 64 << 20 };

struct ctl_run {
	char *out; /* what it printed, NUL behind; ctl_run_fini frees it */
	size_t len;
	int status;	       /* exit status; 128 and more: a signal */
	char why[CTL_RUN_WHY]; /* first line of its complaints */
};

/**
 * @param line  words with one space between; the first is a program of
 *              /usr/sbin, /usr/bin, /sbin or /bin
 * @return EDGE_ENOTFOUND no such program, EDGE_ELIMIT too many words or too
 *         much output, EDGE_ESYS; with any of these r is empty, but for why
 */
EDGE_MUST_CHECK enum edge_err ctl_run(struct ctl_run *r, const char *line);
void ctl_run_fini(struct ctl_run *r);

#endif
