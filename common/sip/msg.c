/* Parsing: start line, header lines, and the values the edge decides on.
 *
 * Two judges look at each value that counts. Our scanner (scan, uri, field)
 * gives slices of the bytes received, which sofia-sip cannot: it parses a
 * copy in place, closes up blanks and decodes escapes. sofia-sip then parses
 * the same value, and what it refuses is refused. Our scanner is the stricter
 * one (RFC 4475), so sofia never sees a NUL, a control octet or a broken
 * escape, which is what its known crashes were about.
 */
#include "common/sip/msg.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_alloc.h>
#include <sofia-sip/url.h>

#include "common/sip/scan.h"

enum {
	ARENA_LEN = 16384, /* ours: a usual message needs 3 KiB [bytes] */
	VALUE_LEN = 65536  /* ours: above any head that was framed [bytes] */
};

struct edge_sip_arena {
	struct edge_sip_names names;
	su_home_t *home; /* lives in area */
	_Alignas(max_align_t) char area[ARENA_LEN];
	char text[VALUE_LEN];
};

static bool arena_reset(struct edge_sip_arena *a)
{
	if (a->home)
		su_home_deinit(a->home);
	a->home = su_home_auto(a->area, sizeof(a->area));
	return a->home;
}

enum edge_err edge_sip_arena_new(struct edge_sip_arena **out)
{
	struct edge_sip_arena *a = calloc(1, sizeof(*a));

	if (!a || !arena_reset(a)) {
		free(a);
		return EDGE_ENOMEM;
	}
	edge_sip_names_init(&a->names);
	*out = a;
	return EDGE_OK;
}

void edge_sip_arena_free(struct edge_sip_arena *a)
{
	if (!a)
		return;
	su_home_deinit(a->home);
	free(a);
}

/* A private copy for sofia-sip, unfolded, NUL at the end. */
static char *lend(struct edge_sip_arena *a, struct edge_slice s)
{
	const size_t len = edge_slice_len(s);
	char *lf;

	if (len >= sizeof(a->text) || !edge_slice_copy(a->text, len + 1, s))
		return NULL;
	for (lf = a->text;
	     (lf = memchr(lf, '\n', len - (size_t)(lf - a->text)));)
		lf[0] = lf[-1] = ' '; /* CR LF: a value starts with none */
	return a->text;
}

/* Not CSeq: sofia refuses every unknown method that begins with "S", such as
 * SERVICE; a number and a token need no second judge. */
static bool sofia_takes(struct edge_sip_arena *a, enum edge_sip_hdr id,
			struct edge_slice value)
{
	static msg_hclass_t *const classes[EDGE_SIP_HDR_COUNT] = {
		[EDGE_SIP_VIA] = sip_via_class,
		[EDGE_SIP_FROM] = sip_from_class,
		[EDGE_SIP_TO] = sip_to_class,
		[EDGE_SIP_CALL_ID] = sip_call_id_class,
		[EDGE_SIP_MAX_FORWARDS] = sip_max_forwards_class,
		[EDGE_SIP_CONTACT] = sip_contact_class,
		[EDGE_SIP_ROUTE] = sip_route_class,
		[EDGE_SIP_RECORD_ROUTE] = sip_record_route_class,
	};
	msg_hclass_t *hc = classes[id];
	msg_header_t *h;
	char *s;

	if (!hc)
		return true;
	s = lend(a, value);
	h = s ? msg_header_alloc(a->home, hc, 0) : NULL;
	return h &&
	       hc->hc_parse(a->home, h, s, (isize_t)edge_slice_len(value)) >= 0;
}

static bool sofia_takes_url(struct edge_sip_arena *a, struct edge_slice text)
{
	char *s = lend(a, text);
	url_t url;

	return s && url_d(&url, s) == 0 && url.url_type != url_invalid &&
	       url.url_type != url_unknown;
}

static void read_values(struct edge_sip_msg *m, struct edge_sip_arena *a)
{
	struct edge_sip_reader r = {.m = m};
	enum edge_sip_fault fault;

	for (size_t i = 0; i < m->line_count; i++) {
		const struct edge_sip_line *l = &m->lines[i];

		if (edge_sip_hdr_is_one(l->id) && m->first[l->id] != (int)i)
			continue;
		fault = edge_sip_value_read(&r, l->id, l->value);
		if (!fault && !sofia_takes(a, l->id, l->value))
			fault = EDGE_SIP_BAD_HEADER;
		if (fault)
			edge_sip_blame(m, fault, l->name);
	}
}

/* Max-Forwards may be missing: 70 is put in (AE 2.3). */
static void check_present(struct edge_sip_msg *m)
{
	static const enum edge_sip_hdr must[] = {EDGE_SIP_VIA, EDGE_SIP_FROM,
						 EDGE_SIP_TO, EDGE_SIP_CALL_ID,
						 EDGE_SIP_CSEQ};

	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		if (m->first[must[i]] < 0)
			edge_sip_blame(
				m, EDGE_SIP_MISSING,
				edge_slice_str(edge_sip_hdr_str(must[i])));
}

enum edge_err edge_sip_msg_parse(struct edge_sip_msg *m,
				 struct edge_sip_arena *a,
				 struct edge_slice raw, size_t head_len)
{
	struct edge_slice head;

	memset(m, 0, offsetof(struct edge_sip_msg, lines));
	m->raw = raw;
	m->body = raw;
	m->max_forwards = -1;
	memset(m->first, 0xff, sizeof(m->first)); /* all -1 */
	if (!arena_reset(a))
		return EDGE_ENOMEM;
	if (!edge_take(&m->body, head_len, &head))
		return EDGE_ERANGE;
	m->start_line = edge_sip_take_line(&head, false);
	edge_sip_start_read(m);
	if (m->is_request && !m->fault && !sofia_takes_url(a, m->ruri.text))
		edge_sip_blame(m, EDGE_SIP_BAD_URI, m->ruri.text);
	edge_sip_lines_read(m, &a->names, head);
	read_values(m, a);
	check_present(m);
	return m->fault ? EDGE_EFORMAT : EDGE_OK;
}

int edge_sip_find(const struct edge_sip_msg *m, enum edge_sip_hdr id, int from)
{
	int i = m->first[id];

	if (i < 0 || i >= from)
		return i;
	for (i = from; (size_t)i < m->line_count; i++)
		if (m->lines[i].id == id)
			return i;
	return -1;
}

int edge_sip_find_name(const struct edge_sip_msg *m, const char *name, int from)
{
	for (int i = from; (size_t)i < m->line_count; i++)
		if (edge_slice_ieq_str(m->lines[i].name, name))
			return i;
	return -1;
}
