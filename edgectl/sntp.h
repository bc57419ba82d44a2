/* A question of SNTP and its answer, RFC 4330, RFC 5905. PURE. */
#ifndef EDGECTL_SNTP_H
#define EDGECTL_SNTP_H

#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum { CTL_SNTP_LEN = 48, CTL_SNTP_PORT = 123 };

/* Times are of NTP: seconds since 1900 modulo 2^32, and 32 bits of a second. */
struct ctl_sntp {
	uint8_t stratum;
	uint64_t received, sent; /* by the server's clock */
};

/** nonce: random, comes back; it tells nobody our time. */
void ctl_sntp_encode(uint8_t out[CTL_SNTP_LEN], uint64_t nonce);
/** EDGE_EFORMAT: no answer of a server to that question; EDGE_EDENIED: it says
 * go away (stratum 0); EDGE_ESTATE: it has no time itself. */
EDGE_MUST_CHECK enum edge_err
ctl_sntp_decode(struct ctl_sntp *out, struct edge_slice in, uint64_t nonce);
/** By how much our clock is behind; asked, answered: when, by our clock. */
int64_t ctl_sntp_behind_ms(const struct ctl_sntp *s, uint64_t asked,
			   uint64_t answered);
/** Wall time as NTP has it. */
uint64_t ctl_sntp_time(int64_t wall_s, uint32_t ns);

#endif
