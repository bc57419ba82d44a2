/* EP1-DO, what test participants say to a stand-in of the conferencing server
 * once the edge relays; WC Appendix B. Not the encoding of [MS-PSOM]. */
#ifndef EDGECTL_DATACONF_DO_H
#define EDGECTL_DATACONF_DO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/slice.h"

enum {
	CTL_DO_FRAME_MAX = 64 * 1024, /* with its length [bytes] */
	CTL_DO_CHUNK_MAX = 48 * 1024, /* of a content in one frame [bytes] */
	CTL_DO_MANAGER = 1,	      /* object number of the ContentManager */
};

enum ctl_do_op { /* WC Appendix B */
		 CTL_DO_CONNECT = 1,
		 CTL_DO_DISCONNECT,
		 CTL_DO_INVOKE,
		 CTL_DO_BEAT,
		 CTL_DO_ERROR,
};

enum ctl_do_method {			    /* ours, shared with the stand-in */
		     CTL_DO_UPLOAD = 1,	    /* title, chunk, is_last */
		     CTL_DO_PRESENT = 2,    /* title */
		     CTL_DO_RESERVE = 4,    /* title, cookie */
		     CTL_DO_CONTENT = 101,  /* title, chunk, is_last */
		     CTL_DO_ACTIVE = 102,   /* title */
		     CTL_DO_RESERVED = 104, /* cookie */
};

/* One frame; what it has no use for is zero. Slices are borrowed. */
struct ctl_do {
	enum ctl_do_op op;
	uint32_t object;
	enum ctl_do_method method; /* INVOKE */
	struct edge_slice title;   /* also the words of ERROR */
	struct edge_slice chunk;
	bool is_last;
	int32_t cookie; /* also the code of ERROR */
};

/**
 * The next frame. A method or operation that is not in the lists, and a
 * connect, are EDGE_EFORMAT: nobody sends them to a participant.
 * @param used  its length; only with EDGE_OK
 * @return EDGE_EAGAIN, EDGE_EFORMAT, EDGE_ELIMIT (longer than a frame may be)
 */
EDGE_MUST_CHECK enum edge_err ctl_do_decode(struct ctl_do *out, size_t *used,
					    struct edge_slice in);
/** Empty when it does not fit. A connect is that of the ContentManager,
 * version 10. */
struct edge_slice ctl_do_encode(uint8_t *out, size_t cap,
				const struct ctl_do *d);

#endif
