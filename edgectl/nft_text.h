/* A rule of a packet filter in the words of nft, as far as they are known. */
#ifndef EDGECTL_NFT_TEXT_H
#define EDGECTL_NFT_TEXT_H

#include <stddef.h>

struct json_t;

/** The expressions of a rule, as "tcp dport 443 drop"; of one that is not known
 * only its name. Total; cut at cap. */
void ctl_nft_text(char *dst, size_t cap, const struct json_t *expr);

#endif
