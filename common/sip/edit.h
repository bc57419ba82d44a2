/* Changes to a message by line: what is not named passes byte for byte. */
#ifndef COMMON_SIP_EDIT_H
#define COMMON_SIP_EDIT_H

#include "common/sip/msg.h"

enum { EDGE_SIP_EDITS = 256, EDGE_SIP_EDIT_TEXT = 65536 };

struct edge_sip_edit; /* one a shard, reused; borrows its message */

EDGE_MUST_CHECK enum edge_err edge_sip_edit_new(struct edge_sip_edit **out);
void edge_sip_edit_free(struct edge_sip_edit *e);
/** What was printed last is wiped: its owner is done with it. */
void edge_sip_edit_wipe(struct edge_sip_edit *e);
void edge_sip_edit_begin(struct edge_sip_edit *e, const struct edge_sip_msg *m);

/* Edits may be called in any order: the result depends on it only for texts of
 * one kind at one place, which come in call order. A text put inside bytes that
 * are cut or a line that is deleted goes with them; a text put where a cut
 * begins stays. Only the head can be edited (EDGE_ERANGE). Each is EDGE_ELIMIT
 * past EDGE_SIP_EDITS or EDGE_SIP_EDIT_TEXT; the fault is kept and told by
 * print, so callers may look once at the end. Texts are copied; line
 * texts come without CRLF. A text that holds control octets or a line end
 * (folding is fine) is EDGE_EFORMAT. */
void edge_sip_edit_delete(struct edge_sip_edit *e, int line);
void edge_sip_edit_replace(struct edge_sip_edit *e, int line, const char *fmt,
			   ...) EDGE_PRINTF(3, 4);
void edge_sip_edit_before(struct edge_sip_edit *e, int line, const char *fmt,
			  ...) EDGE_PRINTF(3, 4); /* several: in call order */
/** At the end of the header block, but before a Content-Length line. */
void edge_sip_edit_append(struct edge_sip_edit *e, const char *fmt, ...)
	EDGE_PRINTF(2, 3);
/** Cut bytes out of / put text into the raw bytes of a kept line. at points
 * into m->raw. */
void edge_sip_edit_cut(struct edge_sip_edit *e, struct edge_slice bytes);
/** Cut that parameter out of params, however often it stands there: readers
 * differ on which one counts. */
void edge_sip_edit_cut_param(struct edge_sip_edit *e, struct edge_slice params,
			     const char *name);
void edge_sip_edit_put(struct edge_sip_edit *e, const uint8_t *at,
		       const char *fmt, ...) EDGE_PRINTF(3, 4);

/** Every line of that header. */
void edge_sip_edit_delete_all(struct edge_sip_edit *e, enum edge_sip_hdr id);

/** The whole edited message in memory of e, valid until begin. */
EDGE_MUST_CHECK enum edge_err edge_sip_edit_print(struct edge_sip_edit *e,
						  struct edge_slice *out);

/* An answer made here (AE 2.14): all Via lines as received, the first From, To,
 * Call-ID and CSeq lines, extra lines, Content-Length, body. What is missing in
 * a malformed request is missing in its answer. NULL texts count as "". */
struct edge_sip_answer {
	unsigned status;
	const char *phrase;
	const char *to_tag;	/* used when To has none */
	const char *via_suffix; /* ";received=..." for the top Via */
	const char *extra;	/* header lines with CRLF each */
	struct edge_slice body; /* empty: none */
};
EDGE_MUST_CHECK enum edge_err
edge_sip_answer_print(struct edge_sip_edit *e, const struct edge_sip_msg *m,
		      const struct edge_sip_answer *a, struct edge_slice *out);

#endif
