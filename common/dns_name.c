/* Host names and server lists as text, before c-ares sees them. */
#include "common/dns_name.h"

#include <stdio.h>
#include <string.h>

enum {
	LINE_LEN = 512,	     /* ours: of the resolv file */
	NAME_MAX_TEXT = 253, /* RFC 1035 2.3.4 [bytes] */
	LABEL_MAX = 63,	     /* RFC 1035 2.3.4 [bytes] */
	DNS_PORT = 53,	     /* RFC 1035 4.2 */
};

bool edge_dns_name_clean(char out[EDGE_DNS_NAME_LEN], const char *name)
{
	size_t len = strlen(name), label = 0;

	if (len && name[len - 1] == '.')
		len--;
	if (!len || len > NAME_MAX_TEXT)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (c == '.' ? label == 0 : ++label > LABEL_MAX)
			return false;
		if (c == '.')
			label = 0;
		else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			 c != '-' && c != '_')
			return false;
		out[i] = c;
	}
	out[len] = '\0';
	return label > 0;
}

/* One "nameserver" line ; false: another line, or a server that
 * cannot be reached from our address. */
static bool server_read(char out[EDGE_ADDR_STRLEN], char *line, uint8_t family)
{
	char *rest = NULL;
	const char *word = strtok_r(line, " \t\r\n", &rest);
	struct edge_slice text;
	struct edge_addr a;

	if (!word || strcmp(word, "nameserver") != 0)
		return false;
	text = edge_slice_str(strtok_r(NULL, " \t\r\n", &rest));
	if (edge_addr_parse(&a, text, DNS_PORT) &&
	    edge_addr_parse_port(&a, text))
		return false;
	if (!a.family || (family && a.family != family))
		return false;
	edge_addr_print(&a, out);
	return true;
}

enum edge_err edge_dns_servers_read(char out[EDGE_DNS_SERVERS_LEN],
				    const char *resolv, uint8_t family)
{
	char line[LINE_LEN], one[EDGE_ADDR_STRLEN];
	struct edge_put w = edge_put(out, EDGE_DNS_SERVERS_LEN - 1);
	FILE *f = fopen(resolv, "re");
	unsigned count = 0;

	if (!f)
		return EDGE_ESYS;
	while (count < EDGE_DNS_SERVERS_MAX && fgets(line, sizeof(line), f)) {
		if (!server_read(one, line, family))
			continue;
		if (count++)
			edge_put_u8(&w, ',');
		edge_put_str(&w, one);
	}
	fclose(f);
	out[edge_put_len(&w)] = '\0';
	return count ? EDGE_OK : EDGE_ENOTFOUND;
}
