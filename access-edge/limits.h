/* The [limits] of this service, by name; values live in edge_config. */
#ifndef ACCESS_EDGE_LIMITS_H
#define ACCESS_EDGE_LIMITS_H

#include "common/config.h"

enum acc_limit {
#define LIMIT(id, name, min, def, max, unit, source) ACC_LIMIT_##id,
#include "access-edge/acc_limits.def"
#undef LIMIT
	ACC_LIMIT_COUNT
};

extern const struct edge_limit_row acc_limit_rows[ACC_LIMIT_COUNT];

#endif
