/* Codes and texts of the reasons. */
#include "webconf-edge/reason.h"

static const struct {
	const char *name;
	unsigned code, retry_s;
	const char *text, *detail;
} rows[WCE_REASONS] = {
#define WCE_REASON(id, label, code, retry_s, text, detail) \
	[WCE_REASON_##id] = {label, code, retry_s, text, detail},
#include "webconf-edge/wce_reason.def"
#undef WCE_REASON
};

const char *wce_reason_name(enum wce_reason r)
{
	return rows[r].name;
}

unsigned wce_reason_code(enum wce_reason r)
{
	return rows[r].code;
}

unsigned wce_reason_retry_s(enum wce_reason r)
{
	return rows[r].retry_s;
}

const char *wce_reason_text(enum wce_reason r)
{
	return rows[r].text;
}

const char *wce_reason_detail(enum wce_reason r)
{
	return rows[r].detail;
}
