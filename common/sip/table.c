/* The closed lists of headers, methods and faults, and finding in them. */
#include <string.h>

#include "common/sip/scan.h"

/* clang-format off */
static const struct {
	const char *name, *compact;
	bool one;
} headers[EDGE_SIP_HDR_COUNT] = {
#define ONE true
#define MANY false
#define LIST false
#define HDR(id, name, compact, form) [EDGE_SIP_##id] = {name, compact, form},
#include "common/sip/header.def"
#undef HDR
#undef ONE
#undef MANY
#undef LIST
};

static const char *const methods[EDGE_SIP_METHOD_COUNT] = {
	[EDGE_SIP_UNKNOWN] = "", [EDGE_SIP_INVITE] = "INVITE",
	[EDGE_SIP_ACK] = "ACK", [EDGE_SIP_BYE] = "BYE",
	[EDGE_SIP_CANCEL] = "CANCEL", [EDGE_SIP_REGISTER] = "REGISTER",
	[EDGE_SIP_OPTIONS] = "OPTIONS", [EDGE_SIP_MESSAGE] = "MESSAGE",
	[EDGE_SIP_SUBSCRIBE] = "SUBSCRIBE", [EDGE_SIP_NOTIFY] = "NOTIFY",
	[EDGE_SIP_BENOTIFY] = "BENOTIFY", [EDGE_SIP_SERVICE] = "SERVICE",
	[EDGE_SIP_INFO] = "INFO", [EDGE_SIP_REFER] = "REFER",
	[EDGE_SIP_UPDATE] = "UPDATE", [EDGE_SIP_PRACK] = "PRACK",
	[EDGE_SIP_PUBLISH] = "PUBLISH", [EDGE_SIP_NEGOTIATE] = "NEGOTIATE",
};

static const struct {
	unsigned status;
	const char *text;
} faults[] = {
#define EDGE_SIP_FAULT_ROW(name, status, text) [name] = {status, text},
	EDGE_SIP_FAULT_MAP(EDGE_SIP_FAULT_ROW)
#undef EDGE_SIP_FAULT_ROW
};
/* clang-format on */

const char *edge_sip_fault_str(enum edge_sip_fault f)
{
	return (size_t)f < sizeof(faults) / sizeof(faults[0]) ? faults[f].text
							      : "unknown";
}

unsigned edge_sip_fault_status(enum edge_sip_fault f)
{
	return (size_t)f < sizeof(faults) / sizeof(faults[0]) ? faults[f].status
							      : 0;
}

const char *edge_sip_method_str(enum edge_sip_method m)
{
	return m > EDGE_SIP_UNKNOWN && m < EDGE_SIP_METHOD_COUNT ? methods[m]
								 : "unknown";
}

const char *edge_sip_hdr_str(enum edge_sip_hdr h)
{
	return h > EDGE_SIP_OTHER && h < EDGE_SIP_HDR_COUNT ? headers[h].name
							    : "other";
}

bool edge_sip_hdr_is_one(enum edge_sip_hdr h)
{
	return headers[h].one;
}

enum edge_sip_method edge_sip_method_find(struct edge_slice name)
{
	if (name.p == name.end)
		return EDGE_SIP_UNKNOWN;
	for (int i = EDGE_SIP_UNKNOWN + 1; i < EDGE_SIP_METHOD_COUNT; i++)
		if (*name.p == (uint8_t)methods[i][0] &&
		    edge_slice_eq_str(name, methods[i]))
			return (enum edge_sip_method)i;
	return EDGE_SIP_UNKNOWN;
}

_Static_assert(EDGE_SIP_HDR_COUNT * 2 <= UINT8_MAX, "slots are octets");

static unsigned name_hash(size_t len, uint8_t first)
{
	return (unsigned)(len * 31 + (first | 0x20u)) % EDGE_SIP_BUCKETS;
}

/* Slot 2 * id is the long name, 2 * id + 1 the compact one. */
static const char *slot_name(size_t slot)
{
	return slot % 2 ? headers[slot / 2].compact : headers[slot / 2].name;
}

void edge_sip_names_init(struct edge_sip_names *a)
{
	for (size_t slot = 2; slot < EDGE_SIP_HDR_COUNT * 2; slot++) {
		const char *n = slot_name(slot);
		unsigned h = name_hash(strlen(n), (uint8_t)n[0]);

		if (!n[0])
			continue;
		a->next[slot] = a->bucket[h];
		a->bucket[h] = (uint8_t)slot;
	}
}

enum edge_sip_hdr edge_sip_names_find(const struct edge_sip_names *a,
				      struct edge_slice name)
{
	size_t slot = a->bucket[name_hash(edge_slice_len(name), *name.p)];

	for (; slot; slot = a->next[slot])
		if (edge_slice_eq_str(name, slot_name(slot)) ||
		    edge_slice_ieq_str(name, slot_name(slot)))
			return (enum edge_sip_hdr)(slot / 2);
	return EDGE_SIP_OTHER;
}
