/* What an XMPP stream says, looked at. */
#include "access-edge/xmpp_item.h"

#include <string.h>

static const char *const uris[ACC_NS_COUNT] = {
#define ACC_XMPP_NS_URI(id, uri) [id] = uri,
	ACC_XMPP_NS_MAP(ACC_XMPP_NS_URI)
#undef ACC_XMPP_NS_URI
};

const char *acc_xmpp_ns_uri(enum acc_xmpp_ns ns)
{
	return (unsigned)ns < ACC_NS_COUNT && uris[ns] ? uris[ns] : "";
}

enum acc_xmpp_ns acc_xmpp_ns_of(const char *uri)
{
	if (!uri || !*uri)
		return ACC_NS_NONE;
	for (int i = 0; i < ACC_NS_COUNT; i++)
		if (uris[i] && strcmp(uris[i], uri) == 0)
			return (enum acc_xmpp_ns)i;
	return ACC_NS_OTHER;
}

bool acc_xmpp_item_is(const struct acc_xmpp_item *i, enum acc_xmpp_ns ns,
		      const char *name)
{
	return i->kind == ACC_XMPP_ELEMENT && i->ns == ns &&
	       strcmp(i->name, name) == 0;
}

unsigned acc_xmpp_item_version(const struct acc_xmpp_item *i)
{
	const uint8_t *p = i->version.p;
	unsigned major = 0;

	for (; p < i->version.end && *p >= '0' && *p <= '9'; p++)
		major = major < 1000 ? major * 10 + (unsigned)(*p - '0')
				     : major;
	return p < i->version.end && *p == '.' ? major : 0;
}

const struct acc_xmpp_part *acc_xmpp_item_part(const struct acc_xmpp_item *i,
					       enum acc_xmpp_ns ns,
					       const char *name)
{
	for (size_t n = 0; n < i->part_count; n++)
		if (i->parts[n].ns == ns && strcmp(i->parts[n].name, name) == 0)
			return &i->parts[n];
	return NULL;
}
