/* Addresses as STUN has had them from its first draft on. */
#include "av-edge/attr_value.h"

#include <string.h>

enum { HEAD = 4 /* zero, family, port */ };

/* IPv4-mapped ones become IPv4: nothing behind here sees two spellings. */
static bool normal(struct edge_addr *out, const uint8_t ip[16], size_t len,
		   uint16_t port)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	const struct sockaddr *sa = (const struct sockaddr *)(void *)&six;

	memcpy(&four.sin_addr, ip, 4);
	four.sin_port = htons(port);
	memcpy(&six.sin6_addr, ip, len);
	six.sin6_port = htons(port);
	if (len == 4)
		sa = (const struct sockaddr *)(void *)&four;
	return edge_addr_from_sockaddr(out, sa) == EDGE_OK;
}

bool ave_value_take_addr(struct edge_addr *out, struct edge_slice v,
			 const uint8_t *mask)
{
	uint8_t zero, family, ip[16];
	struct edge_slice rest;
	uint16_t port;
	size_t len;

	if (!edge_take_u8(&v, &zero) || !edge_take_u8(&v, &family) ||
	    !edge_take_u16(&v, &port))
		return false;
	len = family == AVE_VALUE_V4 ? 4 : 16;
	if ((family != AVE_VALUE_V4 && family != AVE_VALUE_V6) ||
	    !edge_take(&v, len, &rest) || v.p != v.end)
		return false;
	for (size_t i = 0; i < len; i++)
		ip[i] = (uint8_t)(rest.p[i] ^ (mask ? mask[i] : 0));
	if (mask)
		port ^= (uint16_t)(mask[0] << 8 | mask[1]);
	return normal(out, ip, len, port);
}

static size_t ip_len(const struct edge_addr *addr)
{
	return addr->family == AF_INET6 ? 16 : 4;
}

uint16_t ave_value_addr_len(const struct edge_addr *addr)
{
	return (uint16_t)(HEAD + ip_len(addr));
}

void ave_value_put_addr(struct edge_put *w, const struct edge_addr *addr,
			const uint8_t *mask)
{
	static const uint8_t none[16];
	const size_t len = ip_len(addr);

	if (!mask)
		mask = none;
	edge_put_u8(w, 0);
	edge_put_u8(w, len == 4 ? AVE_VALUE_V4 : AVE_VALUE_V6);
	edge_put_u16(w, (uint16_t)(addr->port ^ (mask[0] << 8 | mask[1])));
	for (size_t i = 0; i < len; i++)
		edge_put_u8(w, (uint8_t)(addr->ip[i] ^ mask[i]));
}
