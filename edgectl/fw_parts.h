/* Between the files that judge the packet filter. */
#ifndef EDGECTL_FW_PARTS_H
#define EDGECTL_FW_PARTS_H

#include "edgectl/fw_judge.h"

enum { CTL_FW_PORTS = 512, CTL_FW_PLACES = 16, CTL_FW_SAMPLES = 16 };

struct ctl_fw_maker {
	struct ctl_fw_report *report;
	const struct ctl_fw_view *view;
	struct ctl_ports rows;
	uint16_t ports[CTL_FW_PORTS]; /* that the ruleset speaks of */
	size_t port_count;
};

/** A new finding; NULL: there is no room. Text may be added to its saw. */
struct ctl_fw_finding *ctl_fw_found(struct ctl_fw_maker *m, const char *id,
				    enum topo_level level,
				    const struct ctl_nft_place *at);
/** The finding of that id about the same place; NULL: none yet. */
struct ctl_fw_finding *ctl_fw_find(struct ctl_fw_maker *m, const char *id,
				   const struct ctl_nft_place *at);
void ctl_fw_good(struct ctl_fw_maker *m, const char *fmt, ...)
	EDGE_PRINTF(2, 3);
/** Adds a word to a list in a text, ", " between; once, and as long as it has
 * room. */
void ctl_fw_join(char *list, size_t cap, const char *word);
/** Our own table, made and loaded anew. */
void ctl_fw_cure_ours(struct ctl_cure *k);
bool ctl_fw_is_ours(const struct ctl_nft_place *at);

/* The parts. */
void ctl_fw_blocked(struct ctl_fw_maker *m);
void ctl_fw_open(struct ctl_fw_maker *m);
void ctl_fw_forward(struct ctl_fw_maker *m);

#endif
