/* nftables.conf, and what systemd says of its service. */
#include "edgectl/nft_boot.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edgectl/file_put.h"
#include "edgectl/render.h"
#include "edgectl/units.h"

enum { CONF_MAX = 1 << 20, PATTERN = 512 };

/* The word in quotes behind "include "; one that is no whole path lies in
 * /etc, see nft(8). */
static bool take_pattern(char out[PATTERN], struct edge_slice line)
{
	static const char word[] = "include";
	struct edge_slice inner;
	int n;

	if (edge_slice_len(line) < sizeof(word) ||
	    memcmp(line.p, word, sizeof(word) - 1) != 0)
		return false;
	line.p += sizeof(word) - 1;
	line = edge_slice_trim(line);
	if (!edge_slice_len(line) || (*line.p != '"' && *line.p != '\''))
		return false;
	line.p++;
	if (!edge_take_until(&line, line.p[-1], &inner))
		return false;
	n = snprintf(out, PATTERN, "%s%.*s",
		     edge_slice_len(inner) && *inner.p == '/' ? "" : "/etc/",
		     (int)edge_slice_len(inner), (const char *)inner.p);
	return n > 0 && n < PATTERN;
}

static bool is_flush(struct edge_slice line)
{
	static const char words[] = "flush ruleset";

	return edge_slice_len(line) >= sizeof(words) - 1 &&
	       !memcmp(line.p, words, sizeof(words) - 1);
}

bool ctl_nft_boot_includes(struct edge_slice conf, const char *file)
{
	char pattern[PATTERN];
	bool is_included = false;

	while (edge_slice_len(conf)) {
		struct edge_slice line;

		if (!edge_take_until(&conf, '\n', &line)) {
			line = conf;
			conf.p = conf.end;
		}
		line = edge_slice_trim(line);
		if (is_flush(line))
			is_included = false;
		else if (take_pattern(pattern, line))
			is_included |= !fnmatch(pattern, file,
						FNM_PATHNAME | FNM_PERIOD);
	}
	return is_included;
}

bool ctl_nft_boot_read(struct ctl_nft_boot *b)
{
	uint8_t *text = NULL;
	size_t len = 0;
	enum edge_err err = ctl_file_read(&text, &len, CTL_NFT_CONF, CONF_MAX);

	if (err && err != EDGE_ENOTFOUND)
		return false;
	*b = (struct ctl_nft_boot){
		.has_file = !access(CTL_NFT_FILE, R_OK),
		.is_included =
			!err && ctl_nft_boot_includes(edge_slice(text, len),
						      CTL_NFT_FILE),
		.is_enabled =
			ctl_unit_state("nftables.service") == CTL_UNIT_ENABLED,
	};
	free(text);
	return true;
}
