/* Between the two files that read edge.ini: the parser's state. */
#ifndef COMMON_CONFIG_PARSER_H
#define COMMON_CONFIG_PARSER_H

#include "common/config.h"

enum {
	EDGE_CONFIG_SETTINGS = 48, /* room for the table in config_names.c */
	EDGE_CONFIG_TRACE_MB = 64, /* ours: [trace] size when not given */
};

struct edge_config_parser {
	struct edge_config *c;
	struct edge_slice text; /* what inih has not seen yet */
	unsigned line;
	bool seen[EDGE_CONFIG_SETTINGS];
	bool *limit_seen;
	enum edge_err err;
	char *why;
	size_t why_cap;
};

/* All of these return 1 to go on and 0 for a fault, as inih wants it. */

/** Remember the first fault with its line. Always 0. */
int edge_config_fail(struct edge_config_parser *p, enum edge_err err,
		     const char *fmt, ...) EDGE_PRINTF(3, 4);
/** A name of any section but [limits] and [options]. */
int edge_config_setting(struct edge_config_parser *p, const char *section,
			const char *name, const char *value);
/** A decimal number in the row's range. */
int edge_config_number(struct edge_config_parser *p,
		       const struct edge_limit_row *r, uint64_t *at,
		       const char *value);
/** Copy value to *at, freeing what was there. */
int edge_config_keep(struct edge_config_parser *p, char **at,
		     const char *value);

/** Only a-z, 0-9 and the characters in more; not empty. */
bool edge_config_is_word(const char *s, const char *more);
/** Addresses, or networks as 10.0.0.0/8, with commas between them. */
int edge_config_nets(struct edge_config_parser *p, char **at, const char *value,
		     bool is_net);
/** "none", or who may manage the host: see edge_config_is_manage. */
int edge_config_manage(struct edge_config_parser *p, char **at,
		       const char *value);
/** Each certificate has its chain and its key, or neither. */
void edge_config_check_pairs(struct edge_config_parser *p);
void edge_config_free_settings(struct edge_config *c);

/** credential:NAME, or a path; 0: refused. */
int edge_config_set_key(struct edge_config_parser *p, char **at,
			const char *value);

#endif
