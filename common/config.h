/* edge.ini: local settings and the [limits] and [options] X-lists. */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/tls.h"

enum edge_cert_use {
	EDGE_CERT_ACCESS,
	EDGE_CERT_WEBCONF,
	EDGE_CERT_AV_AUTH,
	EDGE_CERT_INTERNAL,
	EDGE_CERT_TURN,
	EDGE_CERT_USES
};

/* One row of a service's limits.def: a number in a range. */
struct edge_limit_row {
	const char *name;
	uint64_t min, def, max;
	const char *unit, *source; /* "ms", "AE 5" */
};

struct edge_config {
	char *fqdn, *state, *run, *resolv, *hep_dir;
	unsigned shards; /* 0: one per core */
	bool lab;
	struct { char *chain, *key; } certificate[EDGE_CERT_USES];
	struct {
		char *public_roots, *internal_ca, *operator_keys, *internal_crl;
		bool internal_cn_fallback;
	} trust;
	struct { char *listener; enum edge_tls_profile profile; } profile[8];
	size_t profile_count;
	char *device_external, *device_internal; /* [local]; NULL: found by address */
	const struct edge_limit_row *limit_rows;
	uint64_t *limits; /* value a row */
	size_t limit_count;
	struct { char *name, *value; } option[64];
	size_t option_count;
};

/**
 * Read and check. Unknown sections and names are errors, as are limits out of
 * range. why gets "line N: text".
 */
EDGE_MUST_CHECK enum edge_err edge_config_load(struct edge_config **out,
					       const char *path,
					       const struct edge_limit_row *rows,
					       size_t row_count,
					       char *why, size_t why_cap);
EDGE_MUST_CHECK enum edge_err edge_config_parse(struct edge_config **out,
						const char *text, size_t len,
						const struct edge_limit_row *rows,
						size_t row_count,
						char *why, size_t why_cap);
void edge_config_free(struct edge_config *c);
enum edge_tls_profile edge_config_profile(const struct edge_config *c,
					  const char *listener);
/** NULL when not set. */
const char *edge_config_option(const struct edge_config *c, const char *name);

#endif
