/* The parts of a Jabber identifier. */
#include "access-edge/xmpp_jid.h"

enum { LABEL_MAX = 63 /* RFC 1035 2.3.4 [bytes] */ };

/* RFC 7622 3.2: the resource begins at the first '/', the local part ends at
 * the first '@' before it. */
bool acc_xmpp_jid_read(struct acc_xmpp_jid *j, struct edge_slice text)
{
	struct edge_slice rest = text, head;
	const bool has_resource = edge_take_until(&rest, '/', &head);

	*j = (struct acc_xmpp_jid){0};
	if (has_resource && !edge_slice_len(rest))
		return false;
	j->bare = has_resource ? head : text;
	j->domain = j->bare;
	if (edge_take_until(&j->domain, '@', &j->local) &&
	    !edge_slice_len(j->local))
		return false;
	return edge_slice_len(j->domain) && !edge_slice_find(j->domain, '@');
}

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_' || c == '.';
}

bool acc_xmpp_domain_read(char out[ACC_XMPP_DOMAIN_LEN], struct edge_slice text)
{
	size_t len = edge_slice_len(text), label = 0;

	if (len && text.end[-1] == '.')
		len--;
	if (!len || len >= ACC_XMPP_DOMAIN_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = (char)text.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		label = c == '.' ? 0 : label + 1;
		if (!is_host_byte(c) || label > LABEL_MAX ||
		    (c == '.' && (!i || out[i - 1] == '.')))
			return false;
		out[i] = c;
	}
	out[len] = '\0';
	return label > 0;
}
