/* access-edge/explain_route.c: JSON in and out, the last hour. */
#include "access-edge/explain_route.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access-edge/flows.h"
#include "access-edge/service.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"
#include "topology/snap.h"

enum { NOW_MS = 5000000 };

/* The service, as far as the route looks at it. */
struct acc_service {
	struct acc_shared shared;
	struct topo topo;
};

const struct topo *acc_service_topo(const struct acc_service *v)
{
	return &v->topo;
}

struct acc_shared *acc_service_shared(struct acc_service *v)
{
	return &v->shared;
}

uint64_t acc_service_now_ms(const struct acc_service *v)
{
	(void)v;
	return NOW_MS;
}

static struct acc_service v;
static struct topo other; /* not in force */
static json_t *o;
static unsigned status;

/* The fixture with what a snapshot must have besides. */
static struct topo whole(void)
{
	struct topo t = topo_fixture();

	t.av_public = t.listen[TOPO_PORT_ACCESS_CLIENT].addr;
	t.av_public.port = 0;
	t.signature = "0";
	t.sha256 = "0";
	t.token_lifetime_s = 28800;
	t.access.tls_count = 4;
	t.access.contacts_max = t.access.discovered_rate = 20;
	t.access.report_min = 60;
	t.access.accepted_certs = t.access.rejected_certs = 500;
	t.access.dropped_percent = 20;
	t.proxy.dns_records = 3000;
	return t;
}

static void setup(void)
{
	memset(&v, 0, sizeof(v));
	v.topo = topo_fixture();
	other = whole();
	v.shared.options.srv_target_in_domain = true;
	ck_assert_int_eq(
		edge_lately_new(&v.shared.flows, ACC_FLOWS, ACC_FLOWS_SPAN_MS),
		EDGE_OK);
	o = NULL;
}

static void teardown(void)
{
	json_decref(o);
	edge_lately_free(v.shared.flows);
}

static void post(struct edge_slice body)
{
	const struct edge_admin_request r = {"POST", "/v1/explain", "", body};
	struct edge_admin_answer a = acc_explain_route(&r, &v);

	json_decref(o);
	status = a.status;
	o = json_loads(a.body, 0, NULL);
	ck_assert_ptr_nonnull(o);
	free(a.body);
}

static void post_text(const char *body)
{
	post(edge_slice_str(body));
}

/* q is taken over; the other topology goes with it. */
static void post_with_other(json_t *q)
{
	char *snap = NULL, *body;
	size_t len;

	ck_assert_int_eq(topo_snap_encode(&snap, &len, &other), EDGE_OK);
	json_object_set_new(q, "topology", json_stringn(snap, len));
	body = json_dumps(q, 0);
	post_text(body);
	free(body);
	free(snap);
	json_decref(q);
}

static const char *text(const json_t *of, const char *name)
{
	const char *s = json_string_value(json_object_get(of, name));

	return s ? s : "(none)";
}

static void noted(const char *row, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		edge_lately_add(v.shared.flows, row, "ok", NOW_MS - 1000);
}

static const json_t *changed(size_t i)
{
	return json_array_get(json_object_get(o, "changed"), i);
}

static size_t changes(void)
{
	return json_array_size(json_object_get(o, "changed"));
}

START_TEST(explain_route_tells_a_refusal)
{
	const json_t *steps;

	post_text("{\"from\":\"eve@adatum.com\",\"to\":\"a@contoso.com\","
		  "\"peer\":\"sip.fabrikam.com\"}");
	ck_assert_uint_eq(status, 200);
	ck_assert(json_is_false(json_object_get(o, "passes")));
	ck_assert_str_eq(text(o, "direction"), "in");
	ck_assert_str_eq(text(o, "role"), "DIR");
	ck_assert_str_eq(text(o, "reason"), "blocked_domain");
	ck_assert_int_eq(json_integer_value(json_object_get(o, "status")), 403);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "errid")), 1015);
	ck_assert_str_eq(text(o, "text"), "Source domain may not be routed");
	ck_assert_str_eq(text(o, "rule"), "AllowFederatedUsers=true,"
					  "BlockedDomain[adatum.com]=yes");
	steps = json_object_get(json_object_get(o, "message"), "steps");
	ck_assert_uint_eq(json_array_size(steps), 2);
	ck_assert_str_eq(text(json_array_get(steps, 1), "row"), "adatum.com");
	ck_assert_str_eq(text(json_object_get(o, "connection"), "rule"),
			 "AllowedDomain[sip.fabrikam.com]=in_certificate");
	ck_assert_ptr_null(json_object_get(o, "level"));
}
END_TEST

START_TEST(explain_route_tells_what_passes)
{
	post_text("{\"from\":\"carol@fabrikam.com\",\"to\":\"a@contoso.com\"}");
	ck_assert(json_is_true(json_object_get(o, "passes")));
	ck_assert_str_eq(text(o, "type"), "DirectPartner");
	ck_assert_str_eq(text(o, "level"), "UseSourceVerification");
	ck_assert_str_eq(text(o, "peer"), "sip.fabrikam.com");
	ck_assert(json_is_true(json_object_get(o, "peer_assumed")));
	ck_assert_str_eq(text(o, "srv_assumed"), "");
	ck_assert(json_is_false(json_object_get(o, "limited")));
	post_text("{\"from\":\"a@contoso.com\",\"to\":\"c@fabrikam.com\","
		  "\"method\":\"INVITE\"}");
	ck_assert_str_eq(text(o, "direction"), "out");
	ck_assert_str_eq(text(o, "destination"), "sip.fabrikam.com");
	ck_assert_ptr_null(json_object_get(o, "connection"));
	v.topo.access.discovery = true;
	post_text("{\"from\":\"n@new.test\",\"to\":\"a@contoso.com\"}");
	ck_assert_str_eq(text(o, "srv_assumed"), "new.test");
	ck_assert(json_is_true(json_object_get(o, "limited")));
	post_text("{\"from\":\"a@contoso.com\",\"to\":\"b@contoso.com\"}");
	ck_assert_str_eq(text(o, "type"), "InternetUser");
}
END_TEST

START_TEST(explain_route_tells_of_a_refused_connection)
{
	post_text("{\"from\":\"n@new.test\",\"to\":\"a@contoso.com\"}");
	ck_assert_str_eq(text(o, "reason"), "unknown_peer");
	ck_assert_str_eq(text(o, "role"), "-");
	ck_assert_str_eq(text(o, "rule"), "EnablePartnerDiscovery=false");
	ck_assert_ptr_null(json_object_get(o, "message"));
}
END_TEST

static const struct {
	const char *body, *code;
} bad[] = {
	{"", "format"},
	{"{", "format"},
	{"[]", "format"},
	{"{}", "format"},
	{"{\"from\":\"a@contoso.com\"}", "format"},
	{"{\"to\":\"a@contoso.com\",\"topology\":\"x\"}", "format"},
	{"{\"peer\":\"x.test\",\"topology\":\"x\"}", "format"},
	{"{\"from\":\"a@contoso.com\",\"to\":7}", "format"},
	{"{\"from\":\"a@contoso.com\",\"to\":\"b@x.test\",\"peer\":null}",
	 "format"},
	{"{\"from\":\"a@contoso.com\",\"to\":\"b@x.test\",\"pear\":\"x\"}",
	 "format"},
	{"{\"from\":\"a@contoso.com\",\"to\":\"b@x.test\",\"method\":\"a b\"}",
	 "question"},
	{"{\"from\":\"a@contoso.com\",\"to\":\"b@x\\r\\n\"}", "question"},
	{"{\"from\":\"a@contoso.com\",\"to\":\"b@x.test\\u0000\"}", "format"},
	{"{\"topology\":\"\"}", "topology"},
	{"{\"topology\":\"lync-edge-snapshot 1\\n\"}", "topology"},
	{"{\"topology\":\"lync-edge-snapshot 2\\nself\\tx\\n\"}", "topology"},
};

START_TEST(explain_route_refuses)
{
	post_text(bad[_i].body);
	ck_assert_uint_eq(status, 400);
	ck_assert_str_eq(text(o, "refused"), bad[_i].code);
	ck_assert_str_ne(text(o, "why"), "(none)");
}
END_TEST

/* Every strict prefix of a good question is no question. */
START_TEST(explain_route_refuses_half_a_question)
{
	static const char good[] =
		"{\"from\":\"c@fabrikam.com\",\"to\":\"a@contoso.com\"}";

	for (size_t n = 0; n < sizeof(good) - 1; n++) {
		post(edge_slice(good, n));
		ck_assert_uint_eq(status, 400);
	}
}
END_TEST

START_TEST(explain_route_judges_by_a_topology_not_in_force)
{
	static const char *const blocked[] = {"fabrikam.com"};

	other.blocked = blocked;
	other.blocked_count = 1;
	other.allowed_count = 0;
	post_with_other(json_pack("{s:s,s:s}", "from", "c@fabrikam.com", "to",
				  "a@contoso.com"));
	ck_assert_str_eq(text(o, "reason"), "unknown_peer");
	other.access.discovery = true;
	post_with_other(json_pack("{s:s,s:s}", "from", "c@fabrikam.com", "to",
				  "a@contoso.com"));
	ck_assert_str_eq(text(o, "reason"), "blocked_domain");
	/* what is in force is as it was */
	post_text("{\"from\":\"c@fabrikam.com\",\"to\":\"a@contoso.com\"}");
	ck_assert(json_is_true(json_object_get(o, "passes")));
}
END_TEST

START_TEST(explain_route_says_nothing_changes)
{
	noted("in\tsip.fabrikam.com\tfabrikam.com\tcontoso.com\tMESSAGE", 3);
	noted("out\t\tcontoso.com\tfabrikam.com\tINVITE", 1);
	post_with_other(json_object());
	ck_assert_uint_eq(status, 200);
	ck_assert_uint_eq(changes(), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "flows")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "judged")), 2);
}
END_TEST

START_TEST(explain_route_compares_the_last_hour)
{
	static const char *const blocked[] = {"adatum.com", "fabrikam.com"};
	const json_t *row;

	other.blocked = blocked;
	other.blocked_count = 2;
	noted("in\tx.test,sip.fabrikam.com\tfabrikam.com\tcontoso.com\tMESSAGE",
	      3);
	noted("out\t\tcontoso.com\tfabrikam.com\tINVITE", 2);
	noted("in\tsip.fabrikam.com\tadatum.com\tcontoso.com\tMESSAGE", 9);
	noted("in\tsip.fabrikam.com\t\tcontoso.com\tMESSAGE", 1); /* tel: */
	post_with_other(json_object());
	ck_assert_int_eq(json_integer_value(json_object_get(o, "flows")), 4);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "judged")), 3);
	ck_assert_uint_eq(changes(), 2);
	row = changed(0); /* latest first */
	ck_assert_str_eq(text(row, "to"), "fabrikam.com");
	ck_assert_str_eq(text(row, "method"), "INVITE");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "count")), 2);
	ck_assert_str_eq(text(json_object_get(row, "becomes"), "reason"),
			 "destination_blocked");
	row = changed(1);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "count")), 3);
	ck_assert_str_eq(text(row, "last"), "ok");
	ck_assert(json_is_true(
		json_object_get(json_object_get(row, "was"), "passes")));
	ck_assert_str_eq(text(json_object_get(row, "becomes"), "reason"),
			 "blocked_domain");
}
END_TEST

START_TEST(explain_route_compares_what_users_may)
{
	other.access.outside_users = false;
	post_with_other(json_object());
	ck_assert_uint_eq(changes(), 3); /* domains of ours, and nobody's */
	ck_assert_str_eq(text(changed(0), "from"), "contoso.com");
	ck_assert_ptr_null(json_object_get(changed(0), "count"));
	ck_assert_str_eq(text(json_object_get(changed(0), "becomes"), "reason"),
			 "outside_users_off");
	other = whole();
	other.domain_count = 1;
	post_with_other(json_object());
	ck_assert_uint_eq(changes(), 1);
	ck_assert_str_eq(text(json_object_get(changed(0), "becomes"), "reason"),
			 "from_domain");
}
END_TEST

START_TEST(explain_route_compares_what_the_anonymous_may)
{
	const json_t *row;

	other.access.anonymous_users = true;
	post_with_other(json_object());
	ck_assert_uint_eq(changes(), 1);
	row = changed(0);
	ck_assert_str_eq(text(row, "from"), "anonymous.invalid");
	ck_assert_ptr_null(json_object_get(row, "count"));
	ck_assert_str_eq(text(json_object_get(row, "was"), "reason"),
			 "anonymous_off");
	ck_assert(json_is_true(
		json_object_get(json_object_get(row, "becomes"), "passes")));
	/* without outside users there are none of these either */
	other.access.outside_users = false;
	post_with_other(json_object());
	ck_assert_uint_eq(changes(), 3);
	ck_assert_str_eq(text(changed(2), "from"), "anonymous.invalid");
	ck_assert_str_eq(text(json_object_get(changed(2), "becomes"), "reason"),
			 "outside_users_off");
}
END_TEST

START_TEST(explain_route_tells_of_so_many_changes)
{
	char row[128];

	for (unsigned i = 0; i < ACC_EXPLAIN_CHANGES + 7; i++) {
		snprintf(row, sizeof(row),
			 "in\tsip.d%u.test\td%u.test\tcontoso.com\tMESSAGE", i,
			 i);
		noted(row, 1);
	}
	other.access.discovery = true;
	post_with_other(json_object());
	ck_assert_uint_eq(changes(), ACC_EXPLAIN_CHANGES);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "left_off")), 7);
	ck_assert_str_eq(text(json_object_get(changed(0), "was"), "reason"),
			 "unknown_peer");
	ck_assert_str_eq(text(json_object_get(changed(0), "becomes"), "type"),
			 "AutoFederation");
}
END_TEST

/* What is not text of ours does no harm. */
START_TEST(explain_route_passes_over_odd_rows)
{
	noted("nonsense", 1);
	noted("sideways\tx\ta.test\tcontoso.com\tMESSAGE", 1);
	noted("in\tx y\ta.test\tcontoso.com\tMESSAGE", 1);
	noted("in\tsip.a.test\ta\xff.test\tcontoso.com\tMESSAGE", 1);
	other.access.federated_users = false;
	post_with_other(json_object());
	ck_assert_int_eq(json_integer_value(json_object_get(o, "flows")), 4);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "judged")), 0);
	ck_assert_uint_eq(changes(), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("explain_route");
	TCase *t = tcase_create("explain_route");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, explain_route_tells_a_refusal);
	tcase_add_test(t, explain_route_tells_what_passes);
	tcase_add_test(t, explain_route_tells_of_a_refused_connection);
	tcase_add_loop_test(t, explain_route_refuses, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, explain_route_refuses_half_a_question);
	tcase_add_test(t, explain_route_judges_by_a_topology_not_in_force);
	tcase_add_test(t, explain_route_says_nothing_changes);
	tcase_add_test(t, explain_route_compares_the_last_hour);
	tcase_add_test(t, explain_route_compares_what_users_may);
	tcase_add_test(t, explain_route_compares_what_the_anonymous_may);
	tcase_add_test(t, explain_route_tells_of_so_many_changes);
	tcase_add_test(t, explain_route_passes_over_odd_rows);
	suite_add_tcase(s, t);
	return s;
}
