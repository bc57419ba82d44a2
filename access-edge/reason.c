/* Names, texts, status codes and diagnostic ids of the closed list. */
#include "access-edge/reason.h"

#include <stddef.h>

struct reason_row {
	const char *name, *text;
	unsigned status, errid;
};

static const struct reason_row rows[ACC_REASON_COUNT] = {
#define ACC_REASON(id, nm, st, err, tx) \
	[ACC_REASON_##                  \
		id] = {.name = nm, .text = tx, .status = st, .errid = err},
#include "access-edge/acc_reason.def"
#undef ACC_REASON
};

static const struct reason_row *row_of(enum acc_reason r)
{
	return (unsigned)r < ACC_REASON_COUNT ? &rows[r]
					      : &rows[ACC_REASON_INTERNAL];
}

const char *acc_reason_name(enum acc_reason r)
{
	return row_of(r)->name;
}

const char *acc_reason_text(enum acc_reason r)
{
	return row_of(r)->text;
}

unsigned acc_reason_status(enum acc_reason r)
{
	return row_of(r)->status;
}

unsigned acc_reason_errid(enum acc_reason r)
{
	return row_of(r)->errid;
}

const char *acc_reason_phrase(unsigned status)
{
	static const struct {
		unsigned status;
		const char *phrase; /* RFC 3261 21; 504 as AE 7.3 spells it */
	} phrases[] = {
		{100, "Trying"},
		{200, "OK"},
		{400, "Bad Request"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Request Entity Too Large"},
		{416, "Unsupported URI Scheme"},
		{420, "Bad Extension"},
		{480, "Temporarily Unavailable"},
		{481, "Call/Transaction Does Not Exist"},
		{482, "Loop Detected"},
		{483, "Too Many Hops"},
		{487, "Request Terminated"},
		{500, "Server Internal Error"},
		{503, "Service Unavailable"},
		{504, "Server time-out"},
		{505, "Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "Error";
}
