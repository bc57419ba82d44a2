/* Inside tls.c: what a recipe's files give to its context. */
#ifndef COMMON_TLS_LOAD_H
#define COMMON_TLS_LOAD_H

#include "common/tls_files.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

struct edge_tls_load {
	struct ssl_ctx_st *ctx;
	struct edge_tls_files files;
	bool is_client;
	/* other contexts, whose parts are shared where bytes are the same */
	struct edge_tls_like {
		struct ssl_ctx_st *ctx; /* or NULL */
		const struct edge_tls_sums *sums;
		bool has_trust, has_names;
	} like[EDGE_TLS_LIKE];
	char *why; /* which file, what is wrong with it */
	size_t why_cap;
};

/** Chain and key. EDGE_ETLS */
EDGE_MUST_CHECK enum edge_err edge_tls_load_own(const struct edge_tls_load *l);
/** Trust store and revocation list. EDGE_ETLS */
EDGE_MUST_CHECK enum edge_err
edge_tls_load_trust(const struct edge_tls_load *l);
/** OpenSSL's word for what went wrong last; its queue is empty afterwards. */
const char *edge_tls_load_reason(void);

#endif
