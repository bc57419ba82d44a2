/* Between the files that judge the packet filter. */
#ifndef EDGECTL_FW_PARTS_H
#define EDGECTL_FW_PARTS_H

#include "edgectl/fw_judge.h"

enum {
	CTL_FW_PORTS = 2048,
	CTL_FW_OWNS = 64,
	CTL_FW_SAMPLES = 16,
};

/* Addresses of this host, of either family, each once; first those of rows. */
struct ctl_fw_owns {
	struct edge_addr v[CTL_FW_OWNS];
	size_t count, of_rows;
	bool is_cut; /* there are more */
};

struct ctl_fw_maker {
	struct ctl_fw_report *report;
	const struct ctl_fw_view *view;
	struct ctl_ports rows;
	struct ctl_fw_owns owns;
	uint16_t ports[CTL_FW_PORTS];  /* that the ruleset speaks of */
	size_t port_count, port_total; /* that are kept; that there are */
	bool is_open;		       /* or may be: somebody is let in */
};

/* What a place of the filter does wrong, or may do. */
struct ctl_fw_kind {
	const char *id, *verb; /* "blocks" */
	enum topo_level level;
};

/** A new finding; NULL: there is no room. Text may be added to its saw. */
struct ctl_fw_finding *ctl_fw_found(struct ctl_fw_maker *m,
				    const struct ctl_fw_kind *k,
				    const struct ctl_nft_place *at);
/** The finding of that id and verb about the same place; NULL: none yet. */
struct ctl_fw_finding *ctl_fw_find(struct ctl_fw_maker *m,
				   const struct ctl_fw_kind *k,
				   const struct ctl_nft_place *at);
void ctl_fw_good(struct ctl_fw_maker *m, const char *fmt, ...)
	EDGE_PRINTF(2, 3);
/** Adds a word to a list in a text, ", " between; once, and as long as it has
 * room. */
void ctl_fw_join(char *list, size_t cap, const char *word);
/** Our own table, made and loaded anew. */
void ctl_fw_cure_ours(const struct ctl_fw_maker *m, struct ctl_cure *k);
/** So that it is loaded at boot; nothing where that is so. */
void ctl_fw_cure_boot(const struct ctl_fw_maker *m, struct ctl_cure *k);
bool ctl_fw_is_ours(const struct ctl_nft_place *at);

/** Is he named who manages the host by that port of TCP? */
bool ctl_fw_is_managed(const struct ctl_fw_view *v,
		       const struct edge_addr *from, uint16_t port);
/** Without that rule or policy, might who manages the host be shut out? By
 * what is named, and by who listens. */
bool ctl_fw_lets_manage(const struct ctl_fw_maker *m,
			const struct ctl_nft_place *at);

/** Somebody on that side whom no rule knows. */
struct edge_addr ctl_fw_stranger(enum ctl_net_side side, uint8_t family);
void ctl_fw_owns_of(struct ctl_fw_maker *m);
bool ctl_fw_is_own(const struct ctl_fw_owns *o, const struct edge_addr *at);
bool ctl_fw_has_six(const struct ctl_fw_owns *o);

/* The parts. */
void ctl_fw_blocked(struct ctl_fw_maker *m);
void ctl_fw_open(struct ctl_fw_maker *m);
void ctl_fw_forward(struct ctl_fw_maker *m);
void ctl_fw_boot(struct ctl_fw_maker *m);

#endif
