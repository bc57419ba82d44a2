/* 48 bytes there, 48 bytes back. */
#include "edgectl/sntp.h"

#include <string.h>

enum {
	MODE_CLIENT = 3,
	MODE_SERVER = 4,
	VERSION = 4,
	NOT_SET = 3,	  /* leap indicator: no time */
	STRATUM_MAX = 15, /* RFC 5905 7.3 */
};

static const uint32_t since_1900 = 2208988800U; /* of 1970 [s] */

void ctl_sntp_encode(uint8_t out[CTL_SNTP_LEN], uint64_t nonce)
{
	memset(out, 0, CTL_SNTP_LEN);
	out[0] = VERSION << 3 | MODE_CLIENT;
	for (int i = 0; i < 8; i++)
		out[40 + i] = (uint8_t)(nonce >> (56 - 8 * i));
}

static uint64_t number(const uint8_t *p)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

enum edge_err ctl_sntp_decode(struct ctl_sntp *out, struct edge_slice in,
			      uint64_t nonce)
{
	struct edge_slice head;
	const uint8_t *p;
	struct ctl_sntp s;

	if (!edge_take(&in, CTL_SNTP_LEN, &head))
		return EDGE_EFORMAT;
	p = head.p;
	if ((p[0] & 7) != MODE_SERVER || (p[0] >> 3 & 7) < 3 ||
	    number(p + 24) != nonce || p[1] > STRATUM_MAX)
		return EDGE_EFORMAT;
	s = (struct ctl_sntp){
		.stratum = p[1],
		.received = number(p + 32),
		.sent = number(p + 40),
	};
	if (!s.stratum)
		return EDGE_EDENIED; /* a kiss of death, RFC 5905 7.4 */
	if (p[0] >> 6 == NOT_SET || !s.received || !s.sent)
		return EDGE_ESTATE;
	*out = s;
	return EDGE_OK;
}

/* Whole turns of 136 years apart do not count: the difference is signed. */
static int64_t difference_ms(uint64_t a, uint64_t b)
{
	const int64_t d = (int64_t)(a - b);

	return d / 4294967296 * 1000 + d % 4294967296 * 1000 / 4294967296;
}

int64_t ctl_sntp_behind_ms(const struct ctl_sntp *s, uint64_t asked,
			   uint64_t answered)
{
	return (difference_ms(s->received, asked) +
		difference_ms(s->sent, answered)) /
	       2;
}

uint64_t ctl_sntp_time(int64_t wall_s, uint32_t ns)
{
	const uint32_t s = (uint32_t)((uint64_t)wall_s + since_1900);

	return (uint64_t)s << 32 | ((uint64_t)ns << 32) / 1000000000U;
}
