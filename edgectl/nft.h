/* The packet filter in force, as `nft -j list ruleset` tells it: what becomes
 * of one packet? PURE. */
#ifndef EDGECTL_NFT_H
#define EDGECTL_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

struct json_t;
struct ctl_nft;

enum { CTL_NFT_TEXT = 200 };

enum ctl_nft_hook { CTL_NFT_INPUT, CTL_NFT_OUTPUT, CTL_NFT_FORWARD };

struct ctl_nft_packet {
	enum ctl_nft_hook hook;
	const char *in, *out;	   /* devices; NULL where it has none */
	bool is_tcp;		   /* else UDP */
	bool is_answer;		   /* of an established connection, else new */
	struct edge_addr from, to; /* one family, with ports */
};

/* Bits: both together when it cannot be told. */
enum { CTL_NFT_PASSES = 1, CTL_NFT_DROPPED = 2 };

/* Who decided. */
struct ctl_nft_place {
	const char *family, *table, *chain; /* NULL: nobody */
	long long handle;		    /* 0: the policy */
	bool is_catch_all;		    /* no condition but the verdict */
	char text[CTL_NFT_TEXT];
};

struct ctl_nft_verdict {
	unsigned outcome;
	/* the first that may drop it, the last that may let it pass; each is
	 * somebody when its bit is set, but for a packet that no chain meets */
	struct ctl_nft_place dropped, passed;
};

/**
 * @param doc  borrowed, must outlive the filter
 * @return EDGE_EFORMAT not what nft prints; EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err ctl_nft_new(struct ctl_nft **out,
					  struct json_t *doc);
void ctl_nft_free(struct ctl_nft *n); /* NULL is fine */
/** Total: what it does not understand may match or not. */
struct ctl_nft_verdict ctl_nft_judge(const struct ctl_nft *n,
				     const struct ctl_nft_packet *p);
/** Is there any chain on the hook that filters? */
bool ctl_nft_has_hook(const struct ctl_nft *n, enum ctl_nft_hook hook);
/** The port numbers that rules and sets speak of, each with its neighbours,
 * sorted, each once; how many there are, of which the first cap are written. */
size_t ctl_nft_ports(const struct ctl_nft *n, uint16_t *ports, size_t cap);

#endif
