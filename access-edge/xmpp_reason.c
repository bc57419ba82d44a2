/* Names, texts and conditions of the XMPP proxy's closed list. */
#include "access-edge/xmpp_reason.h"

static const struct reason_row {
	const char *name, *stream, *stanza, *text;
	bool wait;
} rows[ACC_XMPP_REASONS] = {
#define XMPP_REASON(id, nm, sm, sz, wt, tx) \
	[ACC_XMPP_R_##id] = {.name = nm,    \
			     .stream = sm,  \
			     .stanza = sz,  \
			     .text = tx,    \
			     .wait = wt},
#include "access-edge/xmpp_reason.def"
#undef XMPP_REASON
};

static const struct reason_row *row_of(enum acc_xmpp_reason r)
{
	return (unsigned)r < ACC_XMPP_REASONS ? &rows[r]
					      : &rows[ACC_XMPP_R_INTERNAL];
}

const char *acc_xmpp_reason_name(enum acc_xmpp_reason r)
{
	return row_of(r)->name;
}

const char *acc_xmpp_reason_text(enum acc_xmpp_reason r)
{
	return row_of(r)->text;
}

const char *acc_xmpp_reason_stream(enum acc_xmpp_reason r)
{
	return row_of(r)->stream;
}

const char *acc_xmpp_reason_stanza(enum acc_xmpp_reason r)
{
	const char *stanza = row_of(r)->stanza;

	return *stanza ? stanza : "remote-server-timeout";
}

bool acc_xmpp_reason_is_wait(enum acc_xmpp_reason r)
{
	return row_of(r)->wait || !*row_of(r)->stanza;
}

enum acc_xmpp_reason acc_xmpp_reason_of(enum acc_xmpp_fault f)
{
	static const enum acc_xmpp_reason reasons[] = {
		[ACC_XMPP_FINE] = ACC_XMPP_R_INTERNAL,
		[ACC_XMPP_NOT_WELL_FORMED] = ACC_XMPP_R_NOT_WELL_FORMED,
		[ACC_XMPP_RESTRICTED] = ACC_XMPP_R_RESTRICTED,
		[ACC_XMPP_ENCODING] = ACC_XMPP_R_ENCODING,
		[ACC_XMPP_NAMESPACE] = ACC_XMPP_R_NAMESPACE,
		[ACC_XMPP_BAD_FORMAT] = ACC_XMPP_R_BAD_FORMAT,
		[ACC_XMPP_TOO_LARGE] = ACC_XMPP_R_TOO_LARGE,
		[ACC_XMPP_NO_MEMORY] = ACC_XMPP_R_INTERNAL,
	};

	return (unsigned)f < sizeof(reasons) / sizeof(*reasons)
		       ? reasons[f]
		       : ACC_XMPP_R_INTERNAL;
}
