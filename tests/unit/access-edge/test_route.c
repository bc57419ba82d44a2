/* Where requests go: from users inward, from the inside to clients. */
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;
static char client[1024], inside[1024];

static void setup(void)
{
	policy_init(&p);
	p.view.boot = 0x1A2B3C4D;
	policy_entry(&p, ACC_TOKEN_CLIENT, 0x2A00, 0x1A2B3C4D, client);
	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2A00, 0x1A2B3C4D, inside);
}

static void teardown(void)
{
	policy_fini(&p);
}

/* A request whose Route values are given one by one, "" for none. */
static void routed(const char *method, const char *ruri, const char *to_tag,
		   const char *r1, const char *r2, const char *r3,
		   const char *r4)
{
	const char *routes[] = {r1, r2, r3, r4};
	char lines[8192];
	size_t n;

	n = (size_t)snprintf(lines, sizeof(lines),
			     "To: <sip:bob@contoso.com>%s%s\n",
			     *to_tag ? ";tag=" : "", to_tag);
	for (size_t i = 0; i < 4 && routes[i]; i++)
		if (*routes[i])
			n += (size_t)snprintf(lines + n, sizeof(lines) - n,
					      "Route: %s\n", routes[i]);
	policy_request(&p, method, ruri, lines);
}

static enum acc_to decide(struct acc_source from)
{
	policy_decide(&p, &from);
	return p.decision.to;
}

START_TEST(user_without_route_goes_to_the_next_hop)
{
	routed("MESSAGE", "sip:bob@contoso.com", "", "", "", "", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_str_eq(p.decision.cluster->fqdn, "dirpool.contoso.net");
	ck_assert_ptr_null(p.decision.member);
	ck_assert(!p.decision.in_dialog);
	ck_assert(!p.decision.record_route);
	ck_assert_uint_eq(p.decision.pop, 0);
}
END_TEST

START_TEST(user_route_set_is_popped_and_followed)
{
	routed("BYE", "sip:bob@contoso.com;gruu", "2", client, inside,
	       "<sip:fepool.contoso.net:5061;transport=tls;"
	       "ms-fe=fe01.contoso.net;lr>",
	       "<sip:dir01.contoso.net;lr>");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_uint_eq(p.decision.pop, 2);
	ck_assert(p.decision.in_dialog);
	ck_assert_str_eq(p.decision.cluster->fqdn, "fepool.contoso.net");
	ck_assert_str_eq(p.decision.member->fqdn, "fe01.contoso.net");
}
END_TEST

START_TEST(user_route_may_name_registrars_only)
{
	static const struct {
		const char *route, *member; /* "": pool */
		enum acc_reason want;
	} rows[] = {
		{"<sip:dirpool.contoso.net:5061;transport=tls;lr>", "", 0},
		{"<sip:dir01.contoso.net;lr>", "dir01.contoso.net", 0},
		{"<sip:FE02.contoso.NET:5061;lr>;x", "fe02.contoso.net", 0},
		{"<sip:10.0.5.11:5061;transport=TLS;lr;r2=on>",
		 "fe01.contoso.net", 0},
		{"<sip:fepool.contoso.net;ms-fe=fe02.contoso.net;lr>",
		 "fe02.contoso.net", 0},
		{"<sip:fepool.contoso.net:1433;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:fe01.contoso.net:445;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:10.0.5.11:5062;lr>", NULL, ACC_REASON_ROUTE_TARGET},
		{"<sip:sql01.contoso.net:5061;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:10.0.5.99:5061;lr>", NULL, ACC_REASON_ROUTE_TARGET},
		{"<sip:evil.example:5061;transport=tls;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:evil.example;ms-fe=fe01.contoso.net;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:fepool.contoso.net;ms-fe=dir01.contoso.net;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:fepool.contoso.net;ms-fe=evil.example;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:fepool.contoso.net;maddr=10.0.5.99;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:fepool.contoso.net:5061;transport=udp;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
		{"<sip:fepool.contoso.net:5061;transport=tls>", NULL,
		 ACC_REASON_STRICT_ROUTE},
		{"<sip:edge02.contoso.net;lr>", NULL, ACC_REASON_ROUTE_TARGET},
		{"<sip:edge01.contoso.net:8057;lr>", NULL,
		 ACC_REASON_ROUTE_TARGET},
	};
	const char *got;

	routed("INVITE", "sip:bob@contoso.com", "", rows[_i].route, "", "", "");
	decide(policy_user());
	ck_assert_int_eq(p.decision.reason, rows[_i].want);
	if (rows[_i].want) {
		ck_assert_int_eq(p.decision.to, ACC_TO_ANSWER);
		return;
	}
	got = p.decision.member ? p.decision.member->fqdn : "";
	ck_assert_str_eq(got, rows[_i].member);
}
END_TEST

/* What is behind the next hop's entry is followed inside. */
START_TEST(user_route_behind_the_next_hop_may_not_leave_it)
{
	static const char *const bad[] = {
		"<sip:sql01.contoso.net:1433;transport=tcp;lr>",
		"<sip:fe01.contoso.net:445;transport=tcp;lr>",
		"<sip:dir01.contoso.net;maddr=10.0.5.99;lr>",
		"<sip:evil.example>",
		("<sip:edgepool.contoso.net;lr;opaque=state:Ee.QQ;"
		 "ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>"),
	};
	char bob[1024];

	routed("BYE", "sip:bob@contoso.com", "2", client, inside,
	       "<sip:fe01.contoso.net;lr>", bad[_i]);
	ck_assert_int_eq(decide(policy_user()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, _i == 4 ? ACC_REASON_ROUTE_SIGNATURE
						    : ACC_REASON_ROUTE_TARGET);
	/* behind an entry of ours it is judged when it comes back */
	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2B00, 0x1A2B3C4D, bob);
	routed("BYE", "sip:bob@contoso.com", "2", inside,
	       "<sip:fe01.contoso.net;lr>", bob, bad[_i]);
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_str_eq(p.decision.member->fqdn, "fe01.contoso.net");
}
END_TEST

/* A proxy between TLS and plain SIP has an entry for either side. */
START_TEST(user_route_may_go_through_both_sides_of_a_hop)
{
	routed("BYE", "sip:bob@contoso.com", "2", client, inside,
	       "<sip:dir01.contoso.net:5061;transport=tls;r2=on;lr>",
	       "<sip:dir01.contoso.net:5060;transport=tcp;r2=on;lr>");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_str_eq(p.decision.member->fqdn, "dir01.contoso.net");
	routed("BYE", "sip:bob@contoso.com", "2", client, inside,
	       "<sip:dir01.contoso.net:5060;transport=tcp;r2=on;lr>", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_ANSWER);
	routed("BYE", "sip:bob@contoso.com", "2", client, inside,
	       "<sip:dir01.contoso.net;lr>",
	       "<sip:dir01.contoso.net:5060;transport=udp;lr>");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_ANSWER);
}
END_TEST

START_TEST(user_preloaded_proxy_is_popped_without_rights)
{
	routed("INVITE", "sip:bob@contoso.com", "2",
	       "<sip:sip.contoso.com:443;transport=tls;lr>", "", "", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_uint_eq(p.decision.pop, 1);
	ck_assert(!p.decision.in_dialog);
}
END_TEST

START_TEST(user_token_of_an_older_process_or_connection_still_leads_inward)
{
	char old[1024];

	policy_entry(&p, ACC_TOKEN_CLIENT, 0x9900, 0xFFFF0000, old);
	routed("BYE", "sip:bob@contoso.com", "2", old, "", "", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert(p.decision.in_dialog);
}
END_TEST

START_TEST(in_dialog_takes_a_to_tag_and_a_token)
{
	routed("INFO", "sip:bob@contoso.com", "", client, inside, "", "");
	decide(policy_user());
	ck_assert(!p.decision.in_dialog);
	routed("INFO", "sip:bob@contoso.com", "2", "", "", "", "");
	decide(policy_user());
	ck_assert(!p.decision.in_dialog);
}
END_TEST

/* The forged ones of both directions, and for ACK silence. */
START_TEST(forged_token_is_refused)
{
	static const char *const forged[] = {
		"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
		"lr>",
		"<sip:edgepool.contoso.net:5061;transport=tls;ms-fe=edge01."
		"contoso.net;opaque=state:Ee.Q2kuUjJBMDA;lr;ms-route-sig=k1."
		"AAAAAAAAAAAAAAAAAAAAAA>",
		"<sip:x.y;ms-fe=edge01.contoso.net;opaque=state:Ee.QQ;lr;"
		"ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>",
	};

	routed("BYE", "sip:bob@contoso.com", "2", forged[_i], "", "", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_ROUTE_SIGNATURE);
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_ROUTE_SIGNATURE);
	routed("BYE", "sip:bob@contoso.com", "2", client, forged[_i], "", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_ROUTE_SIGNATURE);
	routed("ACK", "sip:bob@contoso.com", "2", forged[_i], "", "", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_DROP);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_ROUTE_SIGNATURE);
}
END_TEST

/* Two remote users whose registrar does not record-route: the second pair
 * goes inward and comes back. */
START_TEST(second_pair_goes_through_the_inside)
{
	char bob_in[1024], bob_out[1024];

	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2B00, 0x1A2B3C4D, bob_in);
	policy_entry(&p, ACC_TOKEN_CLIENT, 0x2B00, 0x1A2B3C4D, bob_out);
	routed("BYE", "sip:bob@198.51.100.78", "2", client, inside, bob_in,
	       bob_out);
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_uint_eq(p.decision.pop, 2);
	ck_assert_ptr_null(p.decision.member);
	routed("BYE", "sip:bob@198.51.100.78", "2", bob_in, bob_out, "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_CLIENT);
	ck_assert_uint_eq(p.decision.client, 0x2B00);
	/* a caller who calls herself: the same cid twice */
	routed("BYE", "sip:alice@198.51.100.77", "2", client, inside, inside,
	       client);
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_uint_eq(p.decision.pop, 2);
	/* the other leg must be ours, too */
	routed("BYE", "sip:bob@198.51.100.78", "2", client, inside,
	       "<sip:edgepool.contoso.net;lr;opaque=state:Ee.QQ;"
	       "ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>",
	       "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_ANSWER);
}
END_TEST

START_TEST(inside_token_leads_to_the_client)
{
	static const struct {
		int first, second; /* 0 none, 1 inside, 2 client */
	} rows[] = {{1, 0}, {1, 2}, {2, 0}};
	const char *entry[] = {"", inside, client};

	routed("NOTIFY", "sip:alice@contoso.com;gruu", "2",
	       entry[rows[_i].first], entry[rows[_i].second], "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_CLIENT);
	ck_assert_uint_eq(p.decision.client, 0x2A00);
	ck_assert(p.decision.in_dialog);
	ck_assert_uint_eq(p.decision.pop, rows[_i].second ? 2 : 1);
}
END_TEST

START_TEST(inside_token_of_another_process_is_gone)
{
	char old[1024];

	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2A00, _i ? 0x1A2B3C4E : 0, old);
	routed("BYE", "sip:198.51.100.77:41833;ms-received-cid=2A00", "2", old,
	       "", "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_CLIENT_GONE);
	routed("ACK", "sip:198.51.100.77:41833", "2", old, "", "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_DROP);
}
END_TEST

START_TEST(inside_routes_behind_ours_must_be_none)
{
	routed("INVITE", "sip:alice@contoso.com", "", inside,
	       "<sip:evil.example;lr>", "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_ROUTE_TARGET);
}
END_TEST

START_TEST(inside_request_uri_names_the_client)
{
	static const struct {
		const char *ruri;
		enum acc_to to;
		enum acc_reason reason;
		edge_handle cid;
	} rows[] = {
		{"sip:198.51.100.77:41833;transport=tls;ms-received-cid=2A00",
		 ACC_TO_CLIENT, 0, 0x2A00},
		{"sip:alice@h.ost;maddr=198.51.100.77;ms-received-cid=F2a", 4,
		 0, 0xF2A},
		{"sip:198.51.100.77:41833;ms-received-cid=", ACC_TO_ANSWER,
		 ACC_REASON_CLIENT_GONE, 0},
		{"sip:198.51.100.77:41833;ms-received-cid=0", ACC_TO_ANSWER,
		 ACC_REASON_CLIENT_GONE, 0},
		{"sip:198.51.100.77:41833;ms-received-cid=100000000",
		 ACC_TO_ANSWER, ACC_REASON_CLIENT_GONE, 0},
		{"sip:198.51.100.77:41833;ms-received-cid=zz", ACC_TO_ANSWER,
		 ACC_REASON_CLIENT_GONE, 0},
		{"sip:198.51.100.77:41833", ACC_TO_ANSWER,
		 ACC_REASON_CLIENT_GONE, 0},
		{"sip:alice@contoso.com;gruu", ACC_TO_ANSWER,
		 ACC_REASON_CLIENT_GONE, 0},
		{"sip:alice@edgepool.contoso.net", ACC_TO_ANSWER,
		 ACC_REASON_CLIENT_GONE, 0},
	};

	routed("BENOTIFY", rows[_i].ruri, "2", "", "", "", "");
	ck_assert_int_eq(decide(policy_inside()), rows[_i].to);
	ck_assert_int_eq(p.decision.reason, rows[_i].reason);
	ck_assert_uint_eq(p.decision.client, rows[_i].cid);
}
END_TEST

START_TEST(other_domains_leave_for_their_partner)
{
	policy_request(&p, "MESSAGE", "sip:carol@fabrikam.com",
		       "To: <sip:carol@fabrikam.com>\n");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_PARTNER);
	ck_assert_str_eq(p.decision.partner.name, "sip.fabrikam.com");
	policy_request(&p, "MESSAGE", "sip:carol@fabrikam.com",
		       "To: <sip:carol@fabrikam.com>\n"
		       "Route: <sip:edgepool.contoso.net:5061;lr>\n"
		       "Route: <sip:sip.fabrikam.com;lr>;ms-edge-route\n");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_PARTNER);
	ck_assert_uint_eq(p.decision.pop, 2); /* ms-edge-route is consumed */
	p.topo.access.federated_users = false;
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_FEDERATION_OFF);
}
END_TEST

START_TEST(partners_come_in_by_policy)
{
	policy_request(&p, "MESSAGE", "sip:a@contoso.com",
		       "From: <sip:c@fabrikam.com>;tag=1\n"
		       "To: <sip:a@contoso.com>\n");
	ck_assert_int_eq(decide(policy_partner()), ACC_TO_NEXT_HOP);
	ck_assert(p.decision.cluster->is_next_hop);
	p.topo.access.federated_users = false;
	ck_assert_int_eq(decide(policy_partner()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_FEDERATION_OFF);
	ck_assert_uint_eq(p.decision.verdict.count, 1);
}
END_TEST

/* The inside entry alone is enough: double_record_route may be off. */
START_TEST(partner_token_leads_to_the_partner)
{
	char entry[1024], lines[2048];
	const struct acc_token t = {.kind = _i ? ACC_TOKEN_INSIDE
					       : ACC_TOKEN_PARTNER,
				    .cid = 0x7C00,
				    .boot = 0x1A2B3C4D,
				    .of_partner = true};

	ck_assert_int_eq(acc_token_print(&p.view, &t, entry, sizeof(entry)),
			 EDGE_OK);
	snprintf(lines, sizeof(lines),
		 "From: <sip:a@contoso.com>;tag=1\n"
		 "To: <sip:carol@fabrikam.com>;tag=2\nRoute: %s\n",
		 entry);
	policy_request(&p, "BYE", "sip:carol@10.9.9.9", lines);
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_PARTNER);
	ck_assert(p.decision.in_dialog);
}
END_TEST

/* DESIGN 10: a token exempts the kind of peer that it was made for. */
START_TEST(token_of_another_kind_is_no_dialog)
{
	char entry[1024], lines[2048];

	policy_entry(&p, ACC_TOKEN_CLIENT, 0x2A00, 0x1A2B3C4D, entry);
	snprintf(lines, sizeof(lines),
		 "From: <sip:c@fabrikam.com>;tag=1\n"
		 "To: <sip:x@elsewhere.test>;tag=2\nRoute: %s\n",
		 entry);
	policy_request(&p, "MESSAGE", "sip:x@elsewhere.test", lines);
	ck_assert_int_eq(decide(policy_partner()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_NO_ROUTE);
	ck_assert(!p.decision.in_dialog);
}
END_TEST

START_TEST(negotiate_is_answered_here)
{
	policy_request(&p, "NEGOTIATE", "sip:198.51.100.5:443",
		       "Max-Forwards: 0\nCompression: LZ77-8K\n");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_NEGOTIATE);
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_NEGOTIATE);
}
END_TEST

START_TEST(options_to_us_is_answered_here)
{
	static const struct {
		const char *ruri;
		enum acc_to user, inside;
		enum acc_reason user_why, inside_why; /* with hops 0 */
	} rows[] = {
		{"sip:sip.contoso.com", ACC_TO_SELF, ACC_TO_SELF, 0, 0},
		{"sip:edgepool.contoso.net:5061;transport=tls", ACC_TO_SELF,
		 ACC_TO_SELF, 0, 0},
		{"sip:198.51.100.5:443", ACC_TO_SELF, ACC_TO_ANSWER, 0,
		 ACC_REASON_HOPS},
		{"sip:172.25.33.10:5061", ACC_TO_NEXT_HOP, ACC_TO_SELF,
		 ACC_REASON_HOPS, 0},
		{"sip:bob@contoso.com", ACC_TO_NEXT_HOP, ACC_TO_ANSWER,
		 ACC_REASON_HOPS, ACC_REASON_HOPS},
		{"sip:bob@sip.contoso.com", ACC_TO_NEXT_HOP, ACC_TO_ANSWER,
		 ACC_REASON_HOPS, ACC_REASON_HOPS},
	};

	routed("OPTIONS", rows[_i].ruri, "", "", "", "", "");
	ck_assert_int_eq(decide(policy_user()), rows[_i].user);
	ck_assert_int_eq(decide(policy_inside()), rows[_i].inside);
	policy_request(&p, "OPTIONS", rows[_i].ruri, "Max-Forwards: 0\n");
	decide(policy_user());
	ck_assert_int_eq(p.decision.reason, rows[_i].user_why);
	decide(policy_inside());
	ck_assert_int_eq(p.decision.reason, rows[_i].inside_why);
}
END_TEST

START_TEST(options_to_us_needs_no_sign_in_but_users_allowed)
{
	struct acc_source from = policy_user();

	from.signed_in = false;
	policy_request(&p, "OPTIONS", "sip:sip.contoso.com",
		       "From: <sip:probe@elsewhere.org>;tag=1\n");
	ck_assert_int_eq(decide(from), ACC_TO_SELF);
	p.topo.access.outside_users = false;
	ck_assert_int_eq(decide(from), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_OUTSIDE_USERS_OFF);
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_SELF);
}
END_TEST

START_TEST(record_route_where_it_is_useful)
{
	static const struct {
		const char *method, *tag;
		bool want;
	} rows[] = {
		{"REGISTER", "", true},	   {"INVITE", "", true},
		{"INVITE", "2", false},	   {"SUBSCRIBE", "", true},
		{"SUBSCRIBE", "2", false}, {"REFER", "", true},
		{"REFER", "2", false},	   {"MESSAGE", "", false},
		{"SERVICE", "", false},	   {"OPTIONS", "", false},
		{"NOTIFY", "", false},	   {"BENOTIFY", "2", false},
		{"PUBLISH", "", false},	   {"ACK", "2", false},
	};

	policy_request(&p, rows[_i].method, "sip:contoso.com",
		       *rows[_i].tag ? "To: <sip:alice@contoso.com>;tag=2\n"
				     : "To: <sip:alice@contoso.com>\n");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert(p.decision.record_route == rows[_i].want);
}
END_TEST

START_TEST(policy_comes_before_forwarding)
{
	struct acc_source from = policy_user();

	from.signed_in = false;
	routed("MESSAGE", "sip:bob@contoso.com", "", "", "", "", "");
	ck_assert_int_eq(decide(from), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_METHOD_UNSIGNED);
	policy_request(&p, "ACK", "sip:bob@contoso.com",
		       "From: <sip:a@evil.org>;tag=1\n");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_DROP);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_FROM_DOMAIN);
}
END_TEST

/* AE 9.2 16.4, from both sides and with nothing to repair it with. */
START_TEST(strict_route_repair)
{
	char ruri[1024];

	strcpy(ruri, inside + 1);
	ruri[strlen(ruri) - 1] = '\0';
	routed("BYE", ruri, "2", client, "<sip:alice@192.0.2.10>", "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_CLIENT);
	ck_assert(p.decision.replace_ruri);
	ck_assert_uint_eq(p.decision.pop, 1);
	ck_assert(edge_slice_eq_str(p.decision.last_route.text,
				    "sip:alice@192.0.2.10"));
	routed("BYE", ruri, "2", "<sip:fe01.contoso.net;lr>",
	       "<sip:bob@10.0.5.20>", "", "");
	ck_assert_int_eq(decide(policy_user()), ACC_TO_NEXT_HOP);
	ck_assert_str_eq(p.decision.member->fqdn, "fe01.contoso.net");
	routed("BYE", ruri, "2", "", "", "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_STRICT_ROUTE);
	ruri[strlen(ruri) - 3] = ruri[strlen(ruri) - 3] == 'A' ? 'B' : 'A';
	routed("BYE", ruri, "2", "<sip:alice@192.0.2.10>", "", "", "");
	ck_assert_int_eq(decide(policy_inside()), ACC_TO_ANSWER);
	ck_assert_int_eq(p.decision.reason, ACC_REASON_ROUTE_SIGNATURE);
}
END_TEST

static void add_user_tests(TCase *t)
{
	tcase_add_test(t, user_without_route_goes_to_the_next_hop);
	tcase_add_test(t, user_route_set_is_popped_and_followed);
	tcase_add_loop_test(t, user_route_may_name_registrars_only, 0, 19);
	tcase_add_loop_test(t, user_route_behind_the_next_hop_may_not_leave_it,
			    0, 5);
	tcase_add_test(t, user_route_may_go_through_both_sides_of_a_hop);
	tcase_add_test(t, user_preloaded_proxy_is_popped_without_rights);
	tcase_add_test(
		t,
		user_token_of_an_older_process_or_connection_still_leads_inward);
	tcase_add_test(t, in_dialog_takes_a_to_tag_and_a_token);
	tcase_add_loop_test(t, forged_token_is_refused, 0, 3);
	tcase_add_test(t, second_pair_goes_through_the_inside);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_route");
	TCase *t = tcase_create("route");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	add_user_tests(t);
	tcase_add_loop_test(t, inside_token_leads_to_the_client, 0, 3);
	tcase_add_loop_test(t, inside_token_of_another_process_is_gone, 0, 2);
	tcase_add_test(t, inside_routes_behind_ours_must_be_none);
	tcase_add_loop_test(t, inside_request_uri_names_the_client, 0, 9);
	tcase_add_test(t, other_domains_leave_for_their_partner);
	tcase_add_test(t, partners_come_in_by_policy);
	tcase_add_loop_test(t, partner_token_leads_to_the_partner, 0, 2);
	tcase_add_test(t, token_of_another_kind_is_no_dialog);
	tcase_add_test(t, negotiate_is_answered_here);
	tcase_add_loop_test(t, options_to_us_is_answered_here, 0, 6);
	tcase_add_test(t, options_to_us_needs_no_sign_in_but_users_allowed);
	tcase_add_loop_test(t, record_route_where_it_is_useful, 0, 14);
	tcase_add_test(t, policy_comes_before_forwarding);
	tcase_add_test(t, strict_route_repair);
	suite_add_tcase(s, t);
	return s;
}
