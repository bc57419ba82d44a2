/* Pool secrets as they come with a bundle. */
#ifndef EDGECTL_SECRETS_H
#define EDGECTL_SECRETS_H

#include "common/slice.h"
#include "edgectl/ctl.h"

struct ctl_pool_secrets;

/** text.p NULL: the bundle holds none, *out NULL. Faults are reported. */
enum ctl_exit ctl_pool_secrets_parse(struct ctl *c,
				     struct ctl_pool_secrets **out,
				     struct edge_slice text);
/** Adds what is new to <state>/secrets; s may be NULL. */
enum ctl_exit ctl_pool_secrets_install(struct ctl *c,
				       const struct ctl_pool_secrets *s);
void ctl_pool_secrets_free(struct ctl_pool_secrets *s); /* wiped */

#endif
