/* A probe's connection: one wait at a time, each with an end. */
#ifndef EDGECTL_PROBE_LINE_H
#define EDGECTL_PROBE_LINE_H

#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "edgectl/probe_talk.h"
#include "edgectl/reach.h"

struct ctl_probe_tls;

struct ctl_probe_line {
	int fd; /* -1: closed */
	bool is_udp;
	bool is_unroutable;	   /* this host has no way there */
	enum ctl_reach reach;	   /* with an error */
	struct ctl_probe_tls *tls; /* NULL: in the clear */
	struct edge_addr local;
	uint32_t ms;	/* for each wait */
	uint32_t spent; /* on the last one */
	char why[200];	/* after an error */
	uint8_t in[CTL_PROBE_HEARD_MAX];
};

struct ctl_probe_route {
	struct edge_addr local; /* family 0: any */
	struct edge_addr remote;
	uint32_t ms;
	bool is_udp;
};

uint64_t ctl_probe_now_ms(void);
/** Until fd is ready, or until_ms: false. */
bool ctl_probe_wait(int fd, short events, uint64_t until_ms);

/** Connected, or why says what happened. l is to be closed either way. */
EDGE_MUST_CHECK enum edge_err
ctl_probe_line_open(struct ctl_probe_line *l,
		    const struct ctl_probe_route *route);
void ctl_probe_line_close(struct ctl_probe_line *l);
/**
 * Say it and wait for the answer; UDP says it again.
 * @return EDGE_OK: such a server is there (heard has words); EDGE_EFORMAT:
 *         something else is; EDGE_ETIMEOUT, EDGE_ECLOSED, EDGE_ESYS. why has
 *         words with all but EDGE_OK.
 */
EDGE_MUST_CHECK enum edge_err
ctl_probe_line_ask(struct ctl_probe_line *l, enum ctl_probe_talk talk,
		   const struct ctl_probe_ask *ask,
		   struct ctl_probe_heard *heard);

#endif
