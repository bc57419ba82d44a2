/* The [limits] of this service, by name; values live in edge_config. */
#include "access-edge/limits.h"

const struct edge_limit_row acc_limit_rows[ACC_LIMIT_COUNT] = {
#define LIMIT(id, name, min, def, max, unit, source)                           \
	[ACC_LIMIT_##id] = {name, min, def, max, unit, source},
#include "access-edge/acc_limits.def"
#undef LIMIT
};
