/* The [limits] and [options] of this service; values live in edge_config. */
#include "webconf-edge/limits.h"

static const struct edge_limit_row limit_rows[WCE_LIMIT_COUNT] = {
#define LIMIT(id, name, min, def, max, unit, source) \
	[WCE_LIMIT_##id] = {name, min, def, max, unit, source},
#include "webconf-edge/wce_limits.def"
#undef LIMIT
};

static const struct edge_option_row option_rows[WCE_OPTION_COUNT] = {
#define OPTION(id, name, def, source) [WCE_OPTION_##id] = {name, def, source},
#include "webconf-edge/wce_options.def"
#undef OPTION
};

const struct edge_config_rows wce_config_rows = {limit_rows, WCE_LIMIT_COUNT,
						 option_rows, WCE_OPTION_COUNT};
