/* Text that others wrote, made harmless for a shell. PURE. */
#ifndef EDGECTL_QUOTE_H
#define EDGECTL_QUOTE_H

#include <stdbool.h>

#include "common/err.h"

enum { CTL_QUOTED = 320 };

struct ctl_quoted {
	char text[CTL_QUOTED];
};

/** One word as a shell takes it: as it stands when nothing in it means
 * anything to a shell, else in quotes. false: it has no room, or what ctl_clean
 * would change, so that what is shown would name something else; out is
 * empty. */
EDGE_MUST_CHECK bool ctl_quote(struct ctl_quoted *out, const char *word);

#endif
