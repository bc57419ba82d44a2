/* The [limits] and [options] of this service; values live in edge_config. */
#ifndef AV_EDGE_LIMITS_H
#define AV_EDGE_LIMITS_H

#include "common/config.h"

enum ave_limit {
#define LIMIT(id, name, min, def, max, unit, source) AVE_LIMIT_##id,
#include "av-edge/ave_limits.def"
#undef LIMIT
	AVE_LIMIT_COUNT
};

enum ave_option {
#define OPTION(id, name, def, source) AVE_OPTION_##id,
#include "av-edge/ave_options.def"
#undef OPTION
	AVE_OPTION_COUNT
};

extern const struct edge_config_rows ave_config_rows;

#endif
