/* A participant's place in a conference: through an edge to the conferencing
 * server, then EP1-DO both ways; WC 5.2, 5.3. */
#ifndef EDGECTL_DATACONF_SEAT_H
#define EDGECTL_DATACONF_SEAT_H

#include "common/err.h"
#include "edgectl/dataconf_do.h"
#include "edgectl/dataconf_xml.h"
#include "edgectl/line.h"

enum { CTL_SEAT_SESSION = 33 /* hex of a session id, with its NUL */ };

struct ctl_seat;

struct ctl_seat_fault {
	unsigned code; /* of a REJECT; 0: it was none */
	char why[256]; /* in words, for people */
};
/**
 * Dial, check the edge's name, HELLO, and wait for the answer: at->ms for each.
 * @param fault  written when it fails
 * @return EDGE_EREFUSED: there is a code; else what went wrong before one
 */
EDGE_MUST_CHECK enum edge_err ctl_seat_open(struct ctl_seat **out,
					    struct ctl_lines *lines,
					    const struct ctl_join *join,
					    const struct ctl_wire_plan *at,
					    struct ctl_seat_fault *fault);
void ctl_seat_close(struct ctl_seat *s); /* NULL is fine */
/** EDGE_EAGAIN: the queue is full, a turn may help. */
EDGE_MUST_CHECK enum edge_err ctl_seat_send(struct ctl_seat *s,
					    const struct ctl_do *d);
/** The next frame; borrowed until the next call. EDGE_EAGAIN: a turn may bring
 * it; EDGE_ECLOSED: the end; EDGE_EFORMAT, EDGE_ELIMIT: what came is none. */
EDGE_MUST_CHECK enum edge_err ctl_seat_next(struct ctl_seat *s,
					    struct ctl_do *out);
/** Bytes that wait for the other end. */
size_t ctl_seat_queued(const struct ctl_seat *s);
const char *ctl_seat_session(const struct ctl_seat *s); /* hex */
const char *ctl_seat_tls(const struct ctl_seat *s);

#endif
