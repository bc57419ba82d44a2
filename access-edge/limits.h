/* The [limits] and [options] of this service; values live in edge_config. */
#ifndef ACCESS_EDGE_LIMITS_H
#define ACCESS_EDGE_LIMITS_H

#include "common/config.h"

enum acc_limit {
#define LIMIT(id, name, min, def, max, unit, source) ACC_LIMIT_##id,
#include "access-edge/acc_limits.def"
#undef LIMIT
	ACC_LIMIT_COUNT
};

enum acc_option {
#define OPTION(id, name, def, source) ACC_OPTION_##id,
#include "access-edge/acc_options.def"
#undef OPTION
	ACC_OPTION_COUNT
};

extern const struct edge_config_rows acc_config_rows;

#endif
