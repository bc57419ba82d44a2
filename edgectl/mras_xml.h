/* What A/V authentication is asked and what it answers; AV 2.3, 2.4. */
#ifndef EDGECTL_MRAS_XML_H
#define EDGECTL_MRAS_XML_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

#define CTL_MRAS_TYPE "application/msrtc-media-relay-auth+xml"

enum { CTL_MRAS_RELAYS = 8, CTL_MRAS_SECRET = 512 };

struct ctl_mras_relay {
	char location[16]; /* "internet" or "intranet" */
	char host[256];
	uint16_t udp_port, tcp_port; /* 0: not offered */
};

/* Wipe it. */
struct ctl_mras_answer {
	char reason[64]; /* "OK" */
	uint8_t username[CTL_MRAS_SECRET], password[CTL_MRAS_SECRET];
	size_t username_len, password_len;
	uint32_t minutes;
	struct ctl_mras_relay relays[CTL_MRAS_RELAYS];
	size_t relay_count;
};

/** Empty when cap is too small. location NULL: both. */
struct edge_slice ctl_mras_ask(char *out, size_t cap, const char *aor,
			       const char *uri, const char *location);
/** EDGE_EFORMAT: not such an answer. A reason other than OK is no error, and
 * has no credentials. */
EDGE_MUST_CHECK enum edge_err ctl_mras_decode(struct ctl_mras_answer *out,
					      struct edge_slice body);

#endif
