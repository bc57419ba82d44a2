/* The [limits] and [options] of this service; values live in edge_config. */
#include "av-edge/limits.h"

static const struct edge_limit_row limit_rows[AVE_LIMIT_COUNT] = {
#define LIMIT(id, name, min, def, max, unit, source) \
	[AVE_LIMIT_##id] = {name, min, def, max, unit, source},
#include "av-edge/ave_limits.def"
#undef LIMIT
};

static const struct edge_option_row option_rows[AVE_OPTION_COUNT] = {
#define OPTION(id, name, def, source) [AVE_OPTION_##id] = {name, def, source},
#include "av-edge/ave_options.def"
#undef OPTION
};

const struct edge_config_rows ave_config_rows = {limit_rows, AVE_LIMIT_COUNT,
						 option_rows, AVE_OPTION_COUNT};
