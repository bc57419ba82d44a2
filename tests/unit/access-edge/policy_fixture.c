#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/access-edge/policy_fixture.h"

static void address(struct edge_addr *out, const char *ip, uint16_t port)
{
	ck_assert_int_eq(edge_addr_parse(out, edge_slice_str(ip), port),
			 EDGE_OK);
}

void policy_init(struct policy *p)
{
	struct acc_route_key key = {.kid = "k1",
				    .not_before_s = POLICY_NOW_S - 1000,
				    .not_after_s = POLICY_NOW_S + 1000};

	for (size_t i = 0; i < sizeof(key.key); i++)
		key.key[i] = (uint8_t)i; /* sip-route-sig.json */
	sip_case_init(&p->in);
	sip_case_init(&p->out);
	p->topo = topo_fixture();
	p->options = (struct acc_options){.double_record_route = true,
					  .keep_alive_s = 300,
					  .srv_target_in_domain = true};
	ck_assert_int_eq(acc_route_keys_new(&p->keys, &key, 1), EDGE_OK);
	p->view = (struct acc_view){.topo = &p->topo,
				    .keys = p->keys,
				    .options = &p->options,
				    .wall_s = POLICY_NOW_S};
}

void policy_fini(struct policy *p)
{
	acc_route_keys_free(p->keys);
	sip_case_fini(&p->out);
	sip_case_fini(&p->in);
}

struct acc_source policy_user(void)
{
	struct acc_source s = {
		.role = ACC_ROLE_USR, .cid = 0x2A00, .signed_in = true};

	address(&s.remote, "198.51.100.77", 41833);
	address(&s.local, "198.51.100.5", 443);
	return s;
}

struct acc_source policy_inside(void)
{
	struct acc_source s = {.role = ACC_ROLE_INT, .cid = 0x5B00};

	address(&s.remote, "10.0.5.11", 51200);
	address(&s.local, "172.25.33.10", 5061);
	return s;
}

struct acc_source policy_partner(void)
{
	static char names[][EDGE_PEER_NAME_LEN] = {"sip.fabrikam.com"};
	static const struct edge_peer peer = {
		.fault = EDGE_PEER_FINE,
		.has_certificate = true,
		.names = names,
		.name_count = 1,
	};
	static const struct acc_facts facts = {.peer = &peer};
	struct acc_source s = {
		.role = ACC_ROLE_DIR, .cid = 0x7C00, .facts = &facts};

	address(&s.remote, "203.0.113.20", 49212);
	address(&s.local, "198.51.100.5", 5061);
	return s;
}

struct acc_stamp policy_stamp(const char *sent_by, edge_handle txn,
			      uint64_t hash, const char *tag)
{
	return (struct acc_stamp){.sent_by = sent_by,
				  .txn = txn,
				  .loop_hash = hash,
				  .route_tag = tag};
}

static void parse(struct policy *p, struct edge_slice text)
{
	enum edge_err err = sip_case_parse(&p->in, text);

	ck_assert_msg(err == EDGE_OK, "%s in %.*s: %.*s",
		      edge_sip_fault_str(p->in.msg.fault),
		      (int)edge_slice_len(p->in.msg.fault_at),
		      (const char *)p->in.msg.fault_at.p,
		      (int)edge_slice_len(text), (const char *)text.p);
}

void policy_text(struct policy *p, const char *fmt, ...)
{
	static char raw[32768];
	struct edge_put w = edge_put(p->text, sizeof(p->text));
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	ck_assert_int_lt(n, (int)sizeof(raw));
	for (int i = 0; i < n; i++) {
		if (raw[i] == '\n')
			edge_put_u8(&w, '\r');
		edge_put_u8(&w, (uint8_t)raw[i]);
	}
	ck_assert(!w.overflow);
	parse(p, edge_put_done(&w));
}

void policy_request(struct policy *p, const char *method, const char *ruri,
		    const char *lines)
{
	bool has_to = strstr(lines, "To: ") != NULL;
	bool has_from = strstr(lines, "From: ") != NULL;
	bool has_hops = strstr(lines, "Max-Forwards: ") != NULL;
	bool has_via = strstr(lines, "Via: ") || lines[0] == 'v';

	policy_text(p,
		    "%s %s SIP/2.0\n"
		    "%s%s%s%s%s"
		    "Call-ID: a84b4c76e66710\n"
		    "CSeq: 7 %s\n"
		    "Content-Length: 0\n\n",
		    method, ruri,
		    has_via ? "" : "Via: SIP/2.0/TLS 192.0.2.10:50012\n", lines,
		    has_from ? "" : "From: <sip:alice@contoso.com>;tag=1\n",
		    has_to ? "" : "To: <sip:bob@contoso.com>\n",
		    has_hops ? "" : "Max-Forwards: 70\n", method);
}

struct edge_slice policy_vector(struct policy *p, const char *name)
{
	struct edge_slice s = sip_file(name);

	parse(p, s);
	return s;
}

struct acc_rewrite policy_pass(struct policy *p, const struct acc_source *from)
{
	return (struct acc_rewrite){p->in.edit, &p->view, &p->in.msg, from};
}

bool policy_forward(struct policy *p, const struct acc_source *from,
		    const struct acc_stamp *stamp, struct edge_slice *out)
{
	const struct acc_rewrite r = policy_pass(p, from);
	struct acc_guard_verdict g;
	enum edge_err err;

	acc_guard_request(&g, &p->view, &p->in.msg, from,
			  acc_guard_loop_hash(&p->view, &p->in.msg, from));
	p->reason = g.reason;
	if (g.reason)
		return false;
	acc_route_decide(&p->decision, &p->view, &p->in.msg, from);
	p->reason = p->decision.reason;
	if (p->decision.reason)
		return false;
	err = acc_rewrite_request(&r, &p->decision, stamp, out, &p->reason);
	if (err)
		return false;
	err = sip_case_parse(&p->out, *out);
	ck_assert_msg(err == EDGE_OK, "unreadable: %.*s",
		      (int)edge_slice_len(*out), (const char *)out->p);
	return true;
}

enum acc_reason policy_decide(struct policy *p, const struct acc_source *from)
{
	acc_route_decide(&p->decision, &p->view, &p->in.msg, from);
	return p->decision.reason;
}

void policy_entry(struct policy *p, enum acc_token_kind kind, edge_handle cid,
		  uint32_t boot, char out[1024])
{
	struct acc_token t = {.kind = kind, .cid = cid, .boot = boot};

	ck_assert_int_eq(acc_token_print(&p->view, &t, out, 1024), EDGE_OK);
}

void policy_same(struct edge_slice got, struct edge_slice want)
{
	ck_assert_msg(edge_slice_eq(got, want), "got:\n%.*s\nwant:\n%.*s",
		      (int)edge_slice_len(got), (const char *)got.p,
		      (int)edge_slice_len(want), (const char *)want.p);
}

bool policy_contains(struct edge_slice s, const char *text)
{
	return memmem(s.p, edge_slice_len(s), text, strlen(text)) != NULL;
}
