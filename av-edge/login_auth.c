/* Long-term keys of both dialects; nothing is allocated. */
#define OPENSSL_SUPPRESS_DEPRECATED 1 /* MD5_Update: EVP allocates */
#include "av-edge/login_auth.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "common/crypto.h"

void ave_login_md5(uint8_t out[AVE_MD5_KEY_LEN], const struct ave_login *l)
{
	MD5_CTX c;

	MD5_Init(&c);
	MD5_Update(&c, l->username.p, edge_slice_len(l->username));
	MD5_Update(&c, ":", 1);
	MD5_Update(&c, l->realm.p, edge_slice_len(l->realm));
	MD5_Update(&c, ":", 1);
	MD5_Update(&c, l->password.p, edge_slice_len(l->password));
	MD5_Final(out, &c);
	edge_wipe(&c, sizeof(c));
}

void ave_login_sha256(uint8_t out[AVE_SHA256_KEY_LEN],
		      const struct ave_login *l)
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, l->username.p, edge_slice_len(l->username));
	SHA256_Update(&c, ":", 1);
	SHA256_Update(&c, l->realm.p, edge_slice_len(l->realm));
	SHA256_Update(&c, ":", 1);
	SHA256_Update(&c, l->password.p, edge_slice_len(l->password));
	SHA256_Final(out, &c);
	edge_wipe(&c, sizeof(c));
}
