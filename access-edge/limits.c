/* The [limits] and [options] of this service; values live in edge_config. */
#include "access-edge/limits.h"

static const struct edge_limit_row limit_rows[ACC_LIMIT_COUNT] = {
#define LIMIT(id, name, min, def, max, unit, source) \
	[ACC_LIMIT_##id] = {name, min, def, max, unit, source},
#include "access-edge/acc_limits.def"
#undef LIMIT
};

static const struct edge_option_row option_rows[ACC_OPTION_COUNT] = {
#define OPTION(id, name, def, source) [ACC_OPTION_##id] = {name, def, source},
#include "access-edge/acc_options.def"
#undef OPTION
};

const struct edge_config_rows acc_config_rows = {limit_rows, ACC_LIMIT_COUNT,
						 option_rows, ACC_OPTION_COUNT};
