/* Texts of the reasons. */
#include "av-edge/reason.h"

static const struct {
	const char *label, *words;
} rows[AVE_REASONS] = {
#define AVE_REASON(id, label, words) [AVE_##id] = {label, words},
#include "av-edge/ave_reason.def"
#undef AVE_REASON
};

const char *ave_reason_label(enum ave_reason r)
{
	return rows[r].label;
}

const char *ave_reason_str(enum ave_reason r)
{
	return rows[r].words;
}
