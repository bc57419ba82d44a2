/* The [limits] and [options] of this service; values live in edge_config. */
#ifndef WEBCONF_EDGE_LIMITS_H
#define WEBCONF_EDGE_LIMITS_H

#include "common/config.h"

enum wce_limit {
#define LIMIT(id, name, min, def, max, unit, source) WCE_LIMIT_##id,
#include "webconf-edge/wce_limits.def"
#undef LIMIT
	WCE_LIMIT_COUNT
};

enum wce_option {
#define OPTION(id, name, def, source) WCE_OPTION_##id,
#include "webconf-edge/wce_options.def"
#undef OPTION
	WCE_OPTION_COUNT
};

extern const struct edge_config_rows wce_config_rows;

#endif
