/* Parsing: total; what is accepted can be listed, cut and printed unchanged,
 * and every view lies inside the input. */
#include <assert.h>

#include "common/sip/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void check_inside(const struct edge_sip_msg *m, struct edge_slice s)
{
	assert(s.p <= s.end);
	assert(!s.p || s.p == s.end ||
	       (s.p >= m->raw.p && s.end <= m->raw.end));
}

static void check_addr(const struct edge_sip_msg *m,
		       const struct edge_sip_addr *a)
{
	check_inside(m, a->text);
	check_inside(m, a->display);
	check_inside(m, a->params);
	check_inside(m, a->tag);
	check_inside(m, a->uri.text);
	check_inside(m, a->uri.user);
	check_inside(m, a->uri.host);
	check_inside(m, a->uri.params);
}

static void check_lists(const struct edge_sip_msg *m)
{
	static const enum edge_sip_hdr ids[] = {
		EDGE_SIP_CONTACT, EDGE_SIP_ROUTE, EDGE_SIP_RECORD_ROUTE};
	struct edge_sip_addr addrs[EDGE_SIP_LIST];
	struct edge_sip_via vias[EDGE_SIP_LIST];
	size_t n;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert(!edge_sip_addrs(m, ids[i], addrs, NULL, &n));
		for (size_t k = 0; k < n; k++)
			check_addr(m, &addrs[k]);
	}
	assert(!edge_sip_vias(m, vias, &n));
	assert(n > 0 && n == m->via_count);
	assert(edge_slice_eq(vias[0].text, m->via.text));
	for (size_t k = 0; k < n; k++)
		check_inside(m, vias[k].params);
	/* a header that nobody checked may fail, no more */
	if (!edge_sip_addrs(m, EDGE_SIP_P_ASSERTED_IDENTITY, addrs, NULL, &n))
		for (size_t k = 0; k < n; k++)
			check_addr(m, &addrs[k]);
}

static void check_accepted(const struct edge_sip_msg *m,
			   struct edge_sip_edit *e)
{
	struct edge_slice out;

	check_lists(m);
	check_addr(m, &m->from);
	check_addr(m, &m->to);
	assert(edge_slice_len(m->call_id) && m->cseq <= INT32_MAX);
	assert(m->is_request || (m->status >= 100 && m->status <= 699));
	edge_sip_edit_begin(e, m);
	assert(!edge_sip_edit_print(e, &out));
	assert(edge_slice_eq(out, m->raw));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct edge_sip_arena *a = NULL;
	struct edge_sip_edit *e = NULL;
	static struct edge_sip_msg m;
	enum edge_err err;

	if (edge_sip_arena_new(&a) || edge_sip_edit_new(&e))
		return 0;
	err = edge_sip_msg_parse(&m, a, edge_slice(p, len), len);
	assert((err == EDGE_OK) == (m.fault == EDGE_SIP_FINE));
	for (size_t i = 0; i < m.line_count; i++)
		check_inside(&m, m.lines[i].raw);
	if (!err)
		check_accepted(&m, e);
	edge_sip_edit_free(e);
	edge_sip_arena_free(a);
	return 0;
}
