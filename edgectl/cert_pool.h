/* cert check --pool: one A/V authentication key on all members; TO 5.3. */
#ifndef EDGECTL_CERT_POOL_H
#define EDGECTL_CERT_POOL_H

#include "edgectl/ctl.h"

/**
 * Compare this machine's A/V authentication keys with those of members.
 * @param words  NAME=HEX, NAME=FILE, HEX or FILE each; FILE is a PEM
 *               certificate or JSON of `cert list` or `status`
 * @param spki   more HEX, parted by commas; or NULL
 */
enum ctl_exit ctl_cert_pool(struct ctl *c, int count, char **words,
			    const char *spki);

#endif
