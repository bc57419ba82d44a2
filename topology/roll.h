/* A certificate staged beside the current one, from its time on used instead;
 * TO 5.4. Files only: what certificates say is for their readers. */
#ifndef TOPOLOGY_ROLL_H
#define TOPOLOGY_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	TOPO_ROLL_PATH = 4096,
	TOPO_ROLL_HEAD = 64, /* the line that tells the time, with its NUL */
};

/*
 * Beside CHAIN and KEY of edge.ini lie CHAIN.staged and KEY.staged. The first
 * line of CHAIN.staged, "effective 2026-07-22T06:00:00Z", stands above the
 * certificates; readers of PEM pass it over. CHAIN.staged is written last and
 * is what counts: a KEY.staged alone is nothing. When the time has come the
 * staged pair is the current one and that of edge.ini the previous one; files
 * move only when the operator drops the previous.
 */
struct topo_roll {
	char chain[TOPO_ROLL_PATH], key[TOPO_ROLL_PATH]; /* the staged pair */
	uint64_t effective_s;				 /* wall */
};

/** Where the staged pair of these would lie; EDGE_ELIMIT: path too long.
 * effective_s is 0. */
EDGE_MUST_CHECK enum edge_err
topo_roll_name(struct topo_roll *out, const char *chain, const char *key);
/**
 * What is staged beside chain and key, as edge.ini has them.
 * @param why  which file, what is wrong with it
 * @return EDGE_ENOTFOUND: nothing is staged; EDGE_EFORMAT (no time in the
 *         first line), EDGE_ELIMIT, EDGE_EDENIED, EDGE_ESYS, EDGE_ENOMEM
 */
EDGE_MUST_CHECK enum edge_err topo_roll_load(struct topo_roll *out,
					     const char *chain, const char *key,
					     char *why, size_t why_cap);
/** cert drop-previous, which waits for the effective time, moves the key, then
 * the chain: killed between them it leaves a staged chain that goes with the
 * key of edge.ini, and no previous pair. now_s: wall */
bool topo_roll_is_half_dropped(const struct topo_roll *r, uint64_t now_s);
/** The first line of a staged chain, with its line end. */
void topo_roll_head(char out[TOPO_ROLL_HEAD], uint64_t effective_s);
/** Read it. EDGE_EFORMAT: not such a line. */
EDGE_MUST_CHECK enum edge_err topo_roll_head_parse(uint64_t *effective_s,
						   struct edge_slice text);

#endif
