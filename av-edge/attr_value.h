/* Values that attributes of both dialects have in common: addresses. */
#ifndef AV_EDGE_ATTR_VALUE_H
#define AV_EDGE_ATTR_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/slice.h"

enum { AVE_VALUE_V4 = 1, AVE_VALUE_V6 = 2 }; /* AV 1.8, RFC 8489 §14.1 */

/** Zero, family, port, address: all of v. mask: 16 bytes that it was XORed
 * with, the port with the first two of them; NULL: it was not. */
bool ave_value_take_addr(struct edge_addr *out, struct edge_slice v,
			 const uint8_t *mask);
/** The same, written: ave_value_addr_len bytes. */
void ave_value_put_addr(struct edge_put *w, const struct edge_addr *addr,
			const uint8_t *mask);
uint16_t ave_value_addr_len(const struct edge_addr *addr); /* 8 or 20 */

#endif
