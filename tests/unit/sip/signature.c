#include <check.h>

#include "tests/unit/sip/signature.h"

/* One item of the signature text: <value> */
static void put_item(struct edge_put *w, struct edge_slice v)
{
	edge_put_u8(w, '<');
	edge_put_slice(w, v);
	edge_put_u8(w, '>');
}

/* name="value" in an authentication header, without the quotes */
static struct edge_slice auth_item(struct edge_slice auth, const char *name)
{
	struct edge_slice rest = auth, part, key, v = edge_slice_str("");

	edge_take_until(&rest, ' ', &part);
	while (rest.p < rest.end) {
		if (!edge_take_until(&rest, ',', &part)) {
			part = rest;
			rest.p = rest.end;
		}
		if (!edge_take_until(&part, '=', &key) ||
		    !edge_slice_ieq_str(edge_slice_trim(key), name))
			continue;
		v = edge_slice_trim(part);
		if (v.p < v.end && *v.p == '"') {
			v.p++;
			v.end--;
		}
	}
	return v;
}

static struct edge_slice header(const struct edge_sip_msg *m,
				enum edge_sip_hdr id)
{
	const int i = edge_sip_find(m, id, 0);

	return i < 0 ? edge_slice_str("") : m->lines[i].value;
}

static struct edge_slice identity(const struct edge_sip_msg *m,
				  enum edge_sip_hdr id, const char *scheme)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t n;

	ck_assert_int_eq(edge_sip_addrs(m, id, list, NULL, &n), EDGE_OK);
	for (size_t i = 0; i < n; i++)
		if (edge_slice_ieq_str(list[i].uri.scheme, scheme))
			return list[i].uri.text;
	return edge_slice_str("");
}

static void put_identity(struct edge_put *w, const struct edge_sip_msg *m)
{
	const enum edge_sip_hdr id =
		edge_sip_find(m, EDGE_SIP_P_ASSERTED_IDENTITY, 0) >= 0
			? EDGE_SIP_P_ASSERTED_IDENTITY
			: EDGE_SIP_P_PREFERRED_IDENTITY;

	put_item(w, identity(m, id, "sip"));
	put_item(w, identity(m, id, "tel"));
}

static void put_dec_item(struct edge_put *w, uint64_t v)
{
	edge_put_u8(w, '<');
	edge_put_dec(w, v);
	edge_put_u8(w, '>');
}

/* The 16 items of AE 8.3 in order. */
struct edge_slice sip_signature(const struct edge_sip_msg *m, struct edge_put w,
				bool is_v2)
{
	struct edge_slice auth = header(m, EDGE_SIP_AUTHENTICATION_INFO), s;
	const bool of_server = edge_slice_len(auth) != 0;
	struct edge_slice scheme;

	if (!of_server)
		auth = header(m, EDGE_SIP_AUTHORIZATION);
	s = auth;
	if (!edge_take_until(&s, ' ', &scheme))
		scheme = s; /* unsigned: the other items count */
	put_item(&w, scheme);
	put_item(&w, auth_item(auth, of_server ? "srand" : "crand"));
	put_item(&w, auth_item(auth, of_server ? "snum" : "cnum"));
	put_item(&w, auth_item(auth, "realm"));
	put_item(&w, auth_item(auth, "targetname"));
	put_item(&w, m->call_id);
	put_dec_item(&w, m->cseq);
	put_item(&w, m->method_text);
	put_item(&w, m->from.uri.text);
	put_item(&w, m->from.tag);
	if (!is_v2)
		put_item(&w, m->to.uri.text);
	put_item(&w, m->to.tag);
	if (!is_v2)
		put_identity(&w, m);
	put_item(&w, header(m, EDGE_SIP_EXPIRES));
	if (!m->is_request)
		put_dec_item(&w, m->status);
	return edge_put_done(&w);
}
