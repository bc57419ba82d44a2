/* policy explain: what is asked of access-edge, and how its answer reads. */
#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/admin.h"
#include "common/loop.h"
#include "edgectl/ctl.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"
#include "topology/snap.h"

enum { WORDS = 12 };

static struct certs *folder;
static struct edge_loop *loop;
static struct edge_admin *admin; /* access-edge, as far as it is asked */
static struct ctl c;
static char *text;     /* what the verb printed */
static json_t *asked;  /* the last question */
static unsigned times; /* that it was asked */
static const char *reply;
static unsigned reply_status;

static struct edge_admin_answer on_explain(const struct edge_admin_request *r,
					   void *arg)
{
	(void)arg;
	json_decref(asked);
	asked = json_loadb((const char *)r->body.p, edge_slice_len(r->body), 0,
			   NULL);
	times++;
	return (struct edge_admin_answer){reply_status, strdup(reply)};
}

static void setup(void)
{
	static const struct edge_admin_route routes[] = {
		{"POST", "/v1/explain", on_explain}};
	char ini[512];
	struct edge_admin_plan p = {
		.daemon = "access-edge", .routes = routes, .count = 1};

	folder = certs_new();
	p.run = certs_path(folder, ".");
	snprintf(ini, sizeof(ini),
		 "[local]\nfqdn = edge01.corp.contoso.com\nrun = %s\n"
		 "state = /nonexistent\n",
		 p.run);
	certs_write(folder, "edge.ini", ini);
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	p.loop = loop;
	ck_assert_int_eq(edge_admin_open(&admin, &p), EDGE_OK);
	ck_assert(!ctl_init(&c));
	c.config_path = strdup(certs_path(folder, "edge.ini"));
	text = NULL;
	asked = NULL;
	times = 0;
	reply_status = 200;
}

static void teardown(void)
{
	char *path = (char *)(uintptr_t)c.config_path;

	json_decref(asked);
	free(text);
	ctl_fini(&c);
	free(path);
	edge_admin_close(admin);
	edge_loop_free(loop);
	certs_free(folder);
}

struct call {
	const char *const *words;
	enum ctl_exit exit;
};

static void *call_main(void *arg)
{
	static char copy[WORDS][600];
	struct call *call = arg;
	char *argv[WORDS];
	int n = 0;

	for (; call->words[n]; n++) {
		snprintf(copy[n], sizeof(copy[n]), "%s", call->words[n]);
		argv[n] = copy[n];
	}
	call->exit = ctl_policy_explain(&c, n, argv);
	edge_loop_stop(loop);
	return NULL;
}

/* The verb on a thread of its own, while the service answers here. */
static enum ctl_exit verb(const char *const words[WORDS])
{
	struct call call = {.words = words};
	FILE *old = stdout;
	pthread_t t;
	size_t len;

	free(text);
	stdout = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(stdout);
	ck_assert_int_eq(pthread_create(&t, NULL, call_main, &call), 0);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	pthread_join(t, NULL);
	(void)fclose(stdout);
	stdout = old;
	return call.exit;
}

static const char *asked_text(const char *name)
{
	const char *s = json_string_value(json_object_get(asked, name));

	return s ? s : "(none)";
}

#define REFUSED                                                                \
	"{\"passes\":false,\"direction\":\"in\",\"role\":\"DIR\","             \
	"\"reason\":\"blocked_domain\",\"status\":403,\"errid\":1015,"         \
	"\"text\":\"Source domain may not be routed\","                        \
	"\"rule\":\"AllowFederatedUsers=true,BlockedDomain[adatum.com]=yes\"," \
	"\"peer\":\"sip.x.test\",\"peer_assumed\":true,\"srv_assumed\":\"\","  \
	"\"connection\":{\"reason\":\"ok\",\"rule\":\"AllowedDomain[x]=in\","  \
	"\"steps\":[{\"check\":\"AllowedDomain\",\"row\":\"x\","               \
	"\"outcome\":\"in\"}]},\"message\":{\"reason\":\"blocked_domain\","    \
	"\"steps\":[{\"check\":\"AllowFederatedUsers\",\"row\":\"\","          \
	"\"outcome\":\"true\"},{\"check\":\"BlockedDomain\","                  \
	"\"row\":\"adatum.com\",\"outcome\":\"yes\"}]}}"
#define PASSES                                                             \
	"{\"passes\":true,\"direction\":\"in\",\"role\":\"DSC\","          \
	"\"reason\":\"ok\",\"status\":200,\"errid\":0,\"text\":\"ok\","    \
	"\"rule\":\"VerificationLevel[UseSourceVerification]=unverified\"" \
	",\"type\":\"AutoFederation\",\"level\":\"UseSourceVerification\"" \
	",\"limited\":true,\"peer\":\"sip.new.test\","                     \
	"\"peer_assumed\":false,\"srv_assumed\":\"new.test\","             \
	"\"message\":{\"steps\":[]}}"
#define LEAVES                                                              \
	"{\"passes\":true,\"direction\":\"out\",\"role\":\"DIR\","          \
	"\"reason\":\"ok\",\"rule\":\"AllowedDomain[fabrikam.com]=found\"," \
	"\"type\":\"DirectPartner\",\"level\":\"AlwaysVerifiable\","        \
	"\"peer\":\"sip.fabrikam.com\",\"peer_assumed\":false,"             \
	"\"srv_assumed\":\"\",\"message\":{\"steps\":[]}}"
#define USER                                                       \
	"{\"passes\":true,\"direction\":\"user\",\"role\":\"USR\"" \
	",\"reason\":\"ok\",\"rule\":\"AllowOutsideUsers=true\","  \
	"\"type\":\"InternetUser\",\"peer\":\"\"}"

static const char *const question[WORDS] = {"--from=eve@adatum.com",
					    "--to=a@contoso.com"};

START_TEST(policy_explain_prints_a_refusal)
{
	reply = REFUSED;
	ck_assert_int_eq(verb(question), CTL_WARNINGS);
	ck_assert_str_eq(
		text,
		"refused: 403, ms-diagnostics 1015, Source domain may "
		"not be routed\n"
		"  connection  AllowedDomain                   x          "
		"                  in\n"
		"  message     AllowFederatedUsers                        "
		"                  true\n"
		"              BlockedDomain                   adatum.com "
		"                  yes\n"
		"peer=sip.x.test reason=blocked_domain "
		"rule=AllowFederatedUsers=true,"
		"BlockedDomain[adatum.com]=yes\n"
		"assumed: the peer's certificate names sip.x.test; "
		"--peer asks about another\n");
	ck_assert_uint_eq(json_object_size(asked), 2);
	ck_assert_str_eq(asked_text("from"), "eve@adatum.com");
	ck_assert_str_eq(asked_text("to"), "a@contoso.com");
}
END_TEST

/* [answer, lines that it is told by] */
static const char *const told[][3] = {
	{PASSES,
	 "passes inward as AutoFederation, verified when it says so itself "
	 "(UseSourceVerification), limited as discovered partners are\n",
	 "assumed: the SRV record _sipfederationtls._tcp.new.test leads to "
	 "sip.new.test; DNS was not asked\n"
	 "assumed: the message has no ms-asserted-verification-level of its "
	 "own\n"},
	{LEAVES, "passes outward to sip.fabrikam.com as DirectPartner\n",
	 "peer=sip.fabrikam.com reason=ok "
	 "rule=AllowedDomain[fabrikam.com]=found\n"},
	{USER, "passes inward as InternetUser\n",
	 "peer=- reason=ok rule=AllowOutsideUsers=true\n"},
};

START_TEST(policy_explain_prints_what_passes)
{
	reply = told[_i][0];
	ck_assert_int_eq(verb(question), CTL_GOOD);
	ck_assert_ptr_eq(strstr(text, told[_i][1]), text);
	ck_assert_ptr_nonnull(strstr(text, told[_i][2]));
}
END_TEST

START_TEST(policy_explain_hands_all_words_on)
{
	reply = PASSES;
	c.json = true;
	ck_assert_int_eq(
		verb((const char *const[WORDS]){
			"--method=INVITE", "--from", "c@x.test", "--to",
			"a@contoso.com", "--peer", "sip.x.test"}),
		CTL_GOOD);
	ck_assert_str_eq(text, "");
	ck_assert_str_eq(asked_text("method"), "INVITE");
	ck_assert_str_eq(asked_text("peer"), "sip.x.test");
	ck_assert_uint_eq(json_object_size(asked), 4);
	ck_assert(json_is_true(json_object_get(
		json_object_get(c.doc, "explained"), "passes")));
}
END_TEST

static const char *vector(const char *file)
{
	static char path[600];

	snprintf(path, sizeof(path), "--topology=%s/topology/%s",
		 getenv("EDGE_VECTORS"), file);
	return path;
}

START_TEST(policy_explain_asks_by_a_topology_of_a_file)
{
	struct edge_slice snap;
	const struct topo *t;

	reply = REFUSED;
	ck_assert_int_eq(verb((const char *const[WORDS]){
				 vector("07-docitemset-federation.xml"),
				 "--from=a@b.test", "--to=c@contoso.com"}),
			 CTL_WARNINGS);
	snap = edge_slice_str(asked_text("topology"));
	ck_assert_int_eq(topo_snap_decode(&t, snap, 0, NULL, 0), EDGE_OK);
	ck_assert_ptr_nonnull(
		topo_find_partner(t, edge_slice_str("fabrikam.com")));
	topo_drop(t);
}
END_TEST

#define ROW(from, count, was, becomes)                                  \
	"{\"from\":\"" from "\",\"to\":\"contoso.com\",\"method\""      \
	":\"MESSAGE\",\"last\":\"ok\",\"count\":" count ",\"was\":" was \
	",\"becomes\":" becomes "}"

START_TEST(policy_explain_groups_what_changes)
{
	reply = "{\"flows\":9,\"judged\":8,\"left_off\":2,\"changed\":["
		"{\"from\":\"contoso.com\",\"to\":\"any\",\"method\":\"any\","
		"\"was\":" USER ",\"becomes\":" REFUSED "}," //
		ROW("adatum.com", "12", PASSES, REFUSED) "," //
		ROW("x.test", "3", REFUSED, PASSES) ","	     //
		ROW("evil\\u001b[2J", "4", PASSES, REFUSED) "]}";
	ck_assert_int_eq(verb((const char *const[WORDS]){
				 vector("02-edge-pool-director.xml")}),
			 CTL_WARNINGS);
	ck_assert_str_eq(
		text,
		"passes inward as InternetUser -> refused: 403, ms-diagnostics "
		"1015, Source domain may not be routed\n"
		"     users  any        of contoso.com  "
		"BlockedDomain[adatum.com]=yes\n"
		"passes inward as AutoFederation, verified when it says so "
		"itself (UseSourceVerification), limited as discovered "
		"partners are -> refused: 403, ms-diagnostics 1015, Source "
		"domain may not be routed\n"
		"        12  MESSAGE    adatum.com -> contoso.com  peer "
		"sip.new.test  BlockedDomain[adatum.com]=yes\n"
		"         4  MESSAGE    evil\\x1b[2J -> contoso.com  peer "
		"sip.new.test  BlockedDomain[adatum.com]=yes\n"
		"refused: 403, ms-diagnostics 1015, Source domain may not be "
		"routed -> passes inward as AutoFederation, verified when it "
		"says so itself (UseSourceVerification), limited as "
		"discovered partners are\n"
		"         3  MESSAGE    x.test -> contoso.com  peer sip.x.test "
		" VerificationLevel[UseSourceVerification]=unverified\n"
		"and 2 more that change\n"
		"of 8 kinds of traffic of the last hour; DNS was not asked\n");
	ck_assert_uint_eq(json_object_size(asked), 1);
}
END_TEST

START_TEST(policy_explain_says_when_nothing_changes)
{
	reply = "{\"flows\":8,\"judged\":8,\"left_off\":0,\"changed\":[]}";
	ck_assert_int_eq(verb((const char *const[WORDS]){
				 vector("02-edge-pool-director.xml")}),
			 CTL_GOOD);
	ck_assert_str_eq(text, "nothing changes for 8 kinds of traffic of the "
			       "last hour, nor for users\n");
}
END_TEST

static const char *first_id(void)
{
	return json_string_value(
		json_object_get(json_array_get(c.findings, 0), "id"));
}

/* [status, answer, exit, finding] */
static const struct {
	unsigned status;
	const char *reply;
	enum ctl_exit exit;
	const char *id;
} faults[] = {
	{400, "{\"refused\":\"question\",\"why\":\"no\"}", CTL_INVALID,
	 "CTL-040"},
	{400, "{\"refused\":\"topology\",\"why\":\"no\"}", CTL_REFUSED,
	 "CTL-041"},
	{404, "{\"refused\":\"path\",\"why\":\"no\"}", CTL_REFUSED, "CTL-041"},
	{500, "", CTL_REFUSED, "CTL-041"},
	{200, "not JSON", CTL_REFUSED, "CTL-041"},
};

START_TEST(policy_explain_tells_why_there_is_no_judgement)
{
	c.json = true;
	reply = faults[_i].reply;
	reply_status = faults[_i].status;
	ck_assert_int_eq(verb(question), faults[_i].exit);
	ck_assert_str_eq(first_id(), faults[_i].id);
}
END_TEST

START_TEST(policy_explain_wants_the_service)
{
	edge_admin_close(admin);
	admin = NULL;
	c.json = true;
	ck_assert_int_eq(verb(question), CTL_REFUSED);
	ck_assert_str_eq(first_id(), "CTL-014");
}
END_TEST

static const char *const wrong[][WORDS] = {
	{NULL},
	{"word"},
	{"--from=a@b.test"},
	{"--to=a@b.test", "--topology=x"},
	{"--peer=sip.x.test"},
	{"--method=INVITE", "--topology=x"},
	{"--self=x", "--from=a@b.test", "--to=c@d.test"},
	{"--from=a@b.test", "--to=c@d.test", "word"},
	{"--from=a@b.test", "--to=c@d.test", "--unknown"},
};

START_TEST(policy_explain_refuses_a_wrong_call)
{
	c.json = true;
	ck_assert_int_eq(verb(wrong[_i]), CTL_USAGE);
	ck_assert_uint_eq(times, 0);
	ck_assert_uint_eq(c.errors, 1);
}
END_TEST

START_TEST(policy_explain_refuses_what_is_no_topology)
{
	c.json = true;
	ck_assert_int_eq(verb((const char *const[WORDS]){
				 vector("b1-not-well-formed.xml")}),
			 CTL_INVALID);
	ck_assert_uint_eq(times, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy_explain");
	TCase *t = tcase_create("verb");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, policy_explain_prints_a_refusal);
	tcase_add_loop_test(t, policy_explain_prints_what_passes, 0, 3);
	tcase_add_test(t, policy_explain_hands_all_words_on);
	tcase_add_test(t, policy_explain_asks_by_a_topology_of_a_file);
	tcase_add_test(t, policy_explain_groups_what_changes);
	tcase_add_test(t, policy_explain_says_when_nothing_changes);
	tcase_add_loop_test(t, policy_explain_tells_why_there_is_no_judgement,
			    0, sizeof(faults) / sizeof(*faults));
	tcase_add_test(t, policy_explain_wants_the_service);
	tcase_add_loop_test(t, policy_explain_refuses_a_wrong_call, 0,
			    sizeof(wrong) / sizeof(*wrong));
	tcase_add_test(t, policy_explain_refuses_what_is_no_topology);
	suite_add_tcase(s, t);
	return s;
}
