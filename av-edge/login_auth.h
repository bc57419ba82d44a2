/* Long-term keys: a hash of who, where and the password; both dialects. */
#ifndef AV_EDGE_LOGIN_AUTH_H
#define AV_EDGE_LOGIN_AUTH_H

#include "common/slice.h"

enum { AVE_MD5_KEY_LEN = 16, AVE_SHA256_KEY_LEN = 32 };

/* Borrowed; bytes as they are: text in the RFC dialect, raw in MS-TURN (AV
 * 0.5). */
struct ave_login {
	struct edge_slice username, realm, password;
};

/** Hash of username ":" realm ":" password; RFC 8489 9.2.2, AV 1.11. */
void ave_login_md5(uint8_t out[AVE_MD5_KEY_LEN], const struct ave_login *l);
void ave_login_sha256(uint8_t out[AVE_SHA256_KEY_LEN],
		      const struct ave_login *l);

#endif
