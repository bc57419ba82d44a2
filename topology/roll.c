/* The staged certificate: names of its files, the line with its time. */
#include "topology/roll.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "topology/file.h"
#include "topology/utc.h"

enum { CHAIN_MAX = 1 << 20 /* ours: no chain is that long [bytes] */ };

static const char SUFFIX[] = ".staged";
static const char WORD[] = "effective ";

static bool staged_name(char out[TOPO_ROLL_PATH], const char *path)
{
	int len = snprintf(out, TOPO_ROLL_PATH, "%s%s", path, SUFFIX);

	return len > 0 && len < TOPO_ROLL_PATH;
}

enum edge_err topo_roll_name(struct topo_roll *out, const char *chain,
			     const char *key)
{
	struct topo_roll r = {.effective_s = 0};

	if (!staged_name(r.chain, chain) || !staged_name(r.key, key))
		return EDGE_ELIMIT;
	*out = r;
	return EDGE_OK;
}

bool topo_roll_is_half_dropped(const struct topo_roll *r, uint64_t now_s)
{
	return r->effective_s <= now_s && access(r->key, F_OK) &&
	       errno == ENOENT;
}

void topo_roll_head(char out[TOPO_ROLL_HEAD], uint64_t effective_s)
{
	char utc[TOPO_UTC_STRLEN];

	topo_utc_print(utc, effective_s);
	snprintf(out, TOPO_ROLL_HEAD, "%s%s\n", WORD, utc);
}

enum edge_err topo_roll_head_parse(uint64_t *effective_s,
				   struct edge_slice text)
{
	struct edge_slice line, word;

	if (!edge_take_until(&text, '\n', &line) ||
	    !edge_take(&line, sizeof(WORD) - 1, &word) ||
	    !edge_slice_eq_str(word, WORD))
		return EDGE_EFORMAT;
	return topo_utc_parse(effective_s, edge_slice_trim(line));
}

enum edge_err topo_roll_load(struct topo_roll *out, const char *chain,
			     const char *key, char *why, size_t why_cap)
{
	struct topo_roll r;
	enum edge_err err = topo_roll_name(&r, chain, key);
	uint8_t *text = NULL;
	size_t len = 0;

	if (err) {
		snprintf(why, why_cap, "%s: path too long", chain);
		return err;
	}
	err = topo_file_read(&text, &len, AT_FDCWD, r.chain, CHAIN_MAX);
	if (err) {
		snprintf(why, why_cap, "%s: %s", r.chain, edge_err_str(err));
		return err;
	}
	err = topo_roll_head_parse(&r.effective_s, edge_slice(text, len));
	free(text);
	if (!err)
		*out = r;
	else
		snprintf(why, why_cap,
			 "%s: the first line is not \"%s"
			 "2026-07-22T06:00:00Z\"",
			 r.chain, WORD);
	return err;
}
