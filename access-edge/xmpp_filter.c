/* Which stanzas are relayed; AE 6.4. */
#include "access-edge/xmpp_filter.h"

#include <string.h>

enum kind { MESSAGE, PRESENCE, IQ, KINDS };

static const char *const kinds[KINDS] = {"message", "presence", "iq"};

static const struct {
	const char *type; /* NULL: the attribute is absent */
	enum kind kind;
	enum acc_xmpp_fate fate;
} rows[] = {
	{NULL, MESSAGE, ACC_XMPP_PASS},
	{"normal", MESSAGE, ACC_XMPP_PASS},
	{"chat", MESSAGE, ACC_XMPP_PASS},
	{"error", MESSAGE, ACC_XMPP_PASS},
	{"headline", MESSAGE, ACC_XMPP_BOUNCE},
	{"groupchat", MESSAGE, ACC_XMPP_BOUNCE},
	{NULL, PRESENCE, ACC_XMPP_PASS},
	{"unavailable", PRESENCE, ACC_XMPP_PASS},
	{"subscribe", PRESENCE, ACC_XMPP_PASS},
	{"subscribed", PRESENCE, ACC_XMPP_PASS},
	{"unsubscribe", PRESENCE, ACC_XMPP_PASS},
	{"unsubscribed", PRESENCE, ACC_XMPP_PASS},
	{"probe", PRESENCE, ACC_XMPP_PASS},
	{"error", PRESENCE, ACC_XMPP_PASS},
};

static enum kind kind_of(const struct acc_xmpp_item *i)
{
	int k = 0;

	if (i->ns != ACC_NS_SERVER)
		return KINDS;
	while (k < KINDS && strcmp(i->name, kinds[k]) != 0)
		k++;
	return (enum kind)k;
}

static bool has_type(const struct acc_xmpp_item *i, const char *type)
{
	return type ? i->type.p && edge_slice_eq_str(i->type, type)
		    : !i->type.p;
}

/* What the iq carries: a child of its own, beside an error. */
static bool carries_known(const struct acc_xmpp_item *i, bool may_be_empty)
{
	unsigned children = 0;

	for (size_t n = 0; n < i->part_count; n++) {
		const struct acc_xmpp_part *p = &i->parts[n];

		if (p->depth != 2 ||
		    (p->ns == ACC_NS_SERVER && strcmp(p->name, "error") == 0))
			continue;
		if (!(p->ns == ACC_NS_PING && strcmp(p->name, "ping") == 0) &&
		    !(p->ns == ACC_NS_DISCO && strcmp(p->name, "query") == 0))
			return false;
		children++;
	}
	/* more than are told: what they are is not known */
	if (i->is_parts_cut)
		return false;
	return children == 1 || (may_be_empty && !children);
}

static enum acc_xmpp_fate iq_fate(const struct acc_xmpp_item *i)
{
	if (has_type(i, "get"))
		return carries_known(i, false) ? ACC_XMPP_PASS
					       : ACC_XMPP_BOUNCE;
	if (has_type(i, "result") || has_type(i, "error"))
		return carries_known(i, true) ? ACC_XMPP_PASS : ACC_XMPP_DROP;
	return ACC_XMPP_BOUNCE;
}

enum acc_xmpp_fate acc_xmpp_filter(const struct acc_xmpp_item *i)
{
	const enum kind kind = kind_of(i);

	if (kind == KINDS)
		return ACC_XMPP_ALIEN;
	if (i->is_edge_below) /* nobody but us speaks in that namespace */
		return acc_xmpp_is_answer(i) ? ACC_XMPP_DROP : ACC_XMPP_BOUNCE;
	if (kind == IQ)
		return iq_fate(i);
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++)
		if (rows[n].kind == kind && has_type(i, rows[n].type))
			return rows[n].fate;
	return ACC_XMPP_BOUNCE;
}

bool acc_xmpp_is_answer(const struct acc_xmpp_item *i)
{
	return has_type(i, "error") ||
	       (kind_of(i) == IQ && has_type(i, "result"));
}
