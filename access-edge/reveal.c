/* Does a header line tell of the inside? */
#include "access-edge/reveal.h"

#include "access-edge/contact.h"

/* Lines that stay, whatever is in them. */
static bool is_needed(const struct edge_sip_line *line)
{
	static const bool ids[EDGE_SIP_HDR_COUNT] = {
		[EDGE_SIP_VIA] = true,
		[EDGE_SIP_FROM] = true,
		[EDGE_SIP_TO] = true,
		[EDGE_SIP_CALL_ID] = true,
		[EDGE_SIP_CSEQ] = true,
		[EDGE_SIP_MAX_FORWARDS] = true,
		[EDGE_SIP_CONTENT_LENGTH] = true,
		[EDGE_SIP_EXPIRES] = true,
		[EDGE_SIP_EVENT] = true,
		[EDGE_SIP_ROUTE] = true,
		[EDGE_SIP_RECORD_ROUTE] = true,
		[EDGE_SIP_CONTACT] = true,
		[EDGE_SIP_PROXY_REQUIRE] = true,
		[EDGE_SIP_REQUIRE] = true,
		[EDGE_SIP_CONTENT_TYPE] = true,
	};
	/* RFC 3515, 3891, 3911, 4538: a dialog's Call-ID, or who is meant */
	static const char *const names[] = {"Refer-To", "r", "Replaces", "Join",
					    "Target-Dialog"};

	if (line->id != EDGE_SIP_OTHER)
		return ids[line->id];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (edge_slice_ieq_str(line->name, names[i]))
			return true;
	return false;
}

static bool is_host_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

/* The next host, dotted or in brackets; what is between is passed over. */
static bool next_host(struct edge_slice *rest, struct edge_slice *host)
{
	const uint8_t *p = rest->p, *end;

	while (p < rest->end && *p != '[' && !is_host_char(*p))
		p++;
	end = p;
	if (end < rest->end && *end == '[') {
		while (end < rest->end && *end != ']')
			end++;
		end += end < rest->end;
	} else {
		while (end < rest->end && is_host_char(*end))
			end++;
	}
	*host = (struct edge_slice){p, end};
	rest->p = end;
	return p < end;
}

bool acc_line_reveals(const struct acc_view *v,
		      const struct edge_sip_line *line)
{
	struct edge_slice rest = line->value, host;

	if (is_needed(line))
		return false;
	while (next_host(&rest, &host))
		if ((*host.p == '[' || edge_slice_find(host, '.')) &&
		    acc_contact_is_inside(v, host))
			return true;
	return false;
}
