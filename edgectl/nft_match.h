/* One condition of a rule against one packet. PURE. */
#ifndef EDGECTL_NFT_MATCH_H
#define EDGECTL_NFT_MATCH_H

#include "edgectl/nft.h"

enum ctl_nft_fits { CTL_NFT_NO, CTL_NFT_YES, CTL_NFT_MAYBE };

/* Elements of a named set or map of the rule's table; NULL: none such. */
typedef const struct json_t *ctl_nft_set_fn(void *arg, const char *name);

struct ctl_nft_sets {
	ctl_nft_set_fn *find;
	void *arg;
};

/** A "match" statement. */
enum ctl_nft_fits ctl_nft_match(const struct ctl_nft_packet *p,
				const struct json_t *match,
				const struct ctl_nft_sets *sets);
/** Does the value of an expression equal that of a map's key? */
enum ctl_nft_fits ctl_nft_equals(const struct ctl_nft_packet *p,
				 const struct json_t *expression,
				 const struct json_t *key,
				 const struct ctl_nft_sets *sets);

#endif
