/* edge.ini changed on disk: edited, read back, renamed into place. */
#ifndef EDGECTL_SETTINGS_H
#define EDGECTL_SETTINGS_H

#include "edgectl/ctl.h"
#include "edgectl/ini_edit.h"

/** FOLDER of edge.ini + "/" + name; reported when it is too long. */
enum ctl_exit ctl_settings_beside(struct ctl *c, char *out, size_t cap,
				  const char *name);

/**
 * These settings from now on, in the file and in c->config, which is read
 * anew: what points into the old one is gone. A file that is not there is
 * made. Nothing is written when nothing changes, or when what comes of it
 * could not be read. Of several at once each sees what the one before wrote.
 */
enum ctl_exit ctl_settings_set(struct ctl *c, const struct ctl_ini_set *sets,
			       size_t count);
/** The same in c->config alone: nothing is written. */
enum ctl_exit ctl_settings_try(struct ctl *c, const struct ctl_ini_set *sets,
			       size_t count);

#endif
