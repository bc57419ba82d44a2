/* Lists of addresses and networks in edge.ini. */
#include <string.h>

#include "common/addr.h"
#include "common/config_parser.h"

static const char *const shapes[] = {"addresses as 192.0.2.1, with commas",
				     "networks as 10.0.0.0/8, with commas"};

/* One entry; bits of an address without any are its own. */
static bool parse(struct edge_slice word, struct edge_addr *net, unsigned *bits,
		  bool *has_bits)
{
	struct edge_slice addr = word;
	uint64_t n;

	*has_bits = edge_take_until(&word, '/', &addr);
	if (edge_addr_parse(net, addr, 0) || !net->family)
		return false;
	n = net->family == AF_INET ? 32 : 128;
	if (*has_bits && (!edge_slice_u64(word, n, &n) || !n))
		return false;
	*bits = (unsigned)n;
	return true;
}

/* 10.20.30.1/24 is a host's address: what was meant is a guess. */
static bool has_host_bits(const struct edge_addr *net, unsigned bits)
{
	unsigned len = net->family == AF_INET ? 32 : 128;

	for (unsigned i = bits; i < len; i++)
		if (net->ip[i / 8] & (0x80 >> i % 8))
			return true;
	return false;
}

static bool take(struct edge_slice *list, struct edge_slice *word)
{
	if (!edge_slice_len(*list))
		return false;
	if (!edge_take_until(list, ',', word)) {
		*word = *list;
		list->p = list->end;
	}
	*word = edge_slice_trim(*word);
	return true;
}

static bool is_good(struct edge_slice word, bool is_net)
{
	struct edge_addr net;
	unsigned bits;
	bool has_bits;

	return parse(word, &net, &bits, &has_bits) && has_bits == is_net &&
	       !has_host_bits(&net, bits);
}

int edge_config_nets(struct edge_config_parser *p, char **at, const char *value,
		     bool is_net)
{
	struct edge_slice list = edge_slice_str(value), word;
	bool good = *value && value[strlen(value) - 1] != ',';

	while (good && take(&list, &word))
		good = is_good(word, is_net);
	if (!good)
		return edge_config_fail(p, EDGE_EFORMAT, "\"%s\" is not %s",
					value, shapes[is_net]);
	return edge_config_keep(p, at, value);
}

/* "22 from 10.0.0.0/24" */
static bool parse_manage(struct edge_slice word, uint16_t *port,
			 struct edge_addr *net, unsigned *bits)
{
	static const char from[] = "from";
	struct edge_slice number;
	uint64_t n;
	bool has_bits;

	if (!edge_take_until(&word, ' ', &number) ||
	    !edge_slice_u64(number, UINT16_MAX, &n) || !n)
		return false;
	word = edge_slice_trim(word);
	if (edge_slice_len(word) < sizeof(from) ||
	    memcmp(word.p, from, sizeof(from) - 1) != 0 ||
	    word.p[sizeof(from) - 1] != ' ')
		return false;
	word.p += sizeof(from);
	*port = (uint16_t)n;
	return parse(edge_slice_trim(word), net, bits, &has_bits) &&
	       !has_host_bits(net, *bits);
}

bool edge_config_is_manage(const char *list)
{
	struct edge_slice all = edge_slice_str(list), word;
	bool good = *list && list[strlen(list) - 1] != ',';
	struct edge_addr net;
	uint16_t port;
	unsigned bits;

	if (!strcmp(list, "none"))
		return true;
	while (good && take(&all, &word))
		good = parse_manage(word, &port, &net, &bits);
	return good;
}

int edge_config_manage(struct edge_config_parser *p, char **at,
		       const char *value)
{
	if (!edge_config_is_manage(value))
		return edge_config_fail(p, EDGE_EFORMAT,
					"\"%s\" is neither none nor ports and "
					"networks as 22 from 10.0.0.0/24, with "
					"commas",
					value);
	return edge_config_keep(p, at, value);
}

bool edge_config_next_manage(const char **list, uint16_t *port,
			     struct edge_addr *net, unsigned *bits)
{
	struct edge_slice all = edge_slice_str(*list), word;

	if (!*list || !strcmp(*list, "none") || !take(&all, &word))
		return false;
	*list = (const char *)all.p;
	return parse_manage(word, port, net, bits);
}

bool edge_config_next_net(const char **list, struct edge_addr *net,
			  unsigned *bits)
{
	struct edge_slice all = edge_slice_str(*list), word;
	bool has_bits;

	if (!*list || !take(&all, &word))
		return false;
	*list = (const char *)all.p;
	return parse(word, net, bits, &has_bits);
}
