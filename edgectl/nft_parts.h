/* Between the files that read a ruleset. */
#ifndef EDGECTL_NFT_PARTS_H
#define EDGECTL_NFT_PARTS_H

struct ctl_nft;
struct json_t;

/** All that nft listed. */
const struct json_t *ctl_nft_list(const struct ctl_nft *n);

#endif
