/* TLS connections of a tool on one loop: bytes, one wait at a time. */
#ifndef EDGECTL_LINE_H
#define EDGECTL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"

enum { CTL_LINE_MAX = 128 * 1024 /* either way, of what is waiting [bytes] */ };

struct ctl_lines; /* the loop of its thread: one at a time */
struct ctl_line;

EDGE_MUST_CHECK enum edge_err ctl_lines_new(struct ctl_lines **out);
void ctl_lines_free(struct ctl_lines *l); /* after its lines; NULL is fine */
/** From now on there are ms for what is awaited. */
void ctl_lines_start_clock(struct ctl_lines *l, uint32_t ms);
/** Until something happens on one of the lines; false: the time is over. */
bool ctl_lines_turn(struct ctl_lines *l);

struct ctl_wire_plan {
	struct edge_addr server;
	const char *name;	 /* in the server's certificate */
	const char *other;	 /* or this one; NULL: none */
	const char *trust;	 /* PEM bundle; NULL: the system's */
	const char *chain, *key; /* shown when asked for; NULL: none */
	struct edge_addr local;	 /* to dial from; family 0: any */
	const char *device;	 /* NULL: any */
	uint32_t ms;		 /* for connecting, and for each answer */
};
/** Connected, and the other end is who it should be. why gets words.
 * EDGE_EAUTH: it is not. */
EDGE_MUST_CHECK enum edge_err ctl_line_open(struct ctl_line **out,
					    struct ctl_lines *at,
					    const struct ctl_wire_plan *p,
					    char *why, size_t why_cap);
void ctl_line_close(struct ctl_line *l); /* NULL is fine */

/** EDGE_ELIMIT: more than CTL_LINE_MAX would wait; nothing is taken. */
EDGE_MUST_CHECK enum edge_err ctl_line_write(struct ctl_line *l,
					     struct edge_slice bytes);
/** Bytes that wait for the other end. */
size_t ctl_line_queued(const struct ctl_line *l);
/** What has come; borrowed until the next call. */
struct edge_slice ctl_line_input(const struct ctl_line *l);
void ctl_line_consume(struct ctl_line *l, size_t len);
/** More is wanted than has come: the next turn may bring it. */
void ctl_line_resume(struct ctl_line *l);
bool ctl_line_is_ended(const struct ctl_line *l); /* nothing more comes */
const struct edge_addr *ctl_line_local(const struct ctl_line *l);
/** For people: the TLS version and suite in use. */
const char *ctl_line_tls(const struct ctl_line *l);

#endif
