/* When a certificate needs attention: told at each mark, once. */
#ifndef COMMON_EXPIRY_H
#define COMMON_EXPIRY_H

#include <stdint.h>

/** AE 4.4: EDGE_EV_CERTIFICATE when 60, 30, 7 days are left, and when it has
 * ended.
 * @param told  which mark was told last; the caller keeps it, 0 at first
 * @param use   "access": whose certificate it is
 */
void edge_expiry_tell(unsigned *told, const char *use, int64_t not_after_s,
		      int64_t wall_s);

#endif
