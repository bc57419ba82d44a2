/* connection-info of an addUser response: where and with what a participant
 * joins; WC 1.5.3, 5.3. */
#ifndef EDGECTL_DATACONF_XML_H
#define EDGECTL_DATACONF_XML_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	CTL_JOIN_PROXIES = 16, /* ours: edges of a pool */
	CTL_JOIN_TOKEN = 84,   /* WC 5.4 [bytes] */
	CTL_JOIN_MAX_BYTES = 64 * 1024,
};

struct ctl_proxy {
	char host[256];
	uint16_t port;
};

/* Wipe it. */
struct ctl_join {
	char mcu[256];	      /* of serverURL */
	char conference[513]; /* Mcu-Conference-Uri */
	char inner[1025];     /* sAuthId */
	uint8_t token[CTL_JOIN_TOKEN];
	struct ctl_proxy proxies[CTL_JOIN_PROXIES];
	size_t proxy_count; /* 0: nobody outside can join */
};

/**
 * The one connection-info in a document, which it may be itself.
 * @param why  what is missing or wrong; never a value
 * @return EDGE_EFORMAT, EDGE_EDUP (key twice), EDGE_ENOTFOUND (no
 *         connection-info, or a key is missing), EDGE_ELIMIT, EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err ctl_join_decode(struct ctl_join *out,
					      struct edge_slice body, char *why,
					      size_t why_cap);

#endif
