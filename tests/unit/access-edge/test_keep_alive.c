/* access-edge/keep_alive.c: who wants a CRLF back, and who ms-keep-alive. */
#include "access-edge/keep_alive.h"

#include <stdio.h>

#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;

static void setup(void)
{
	policy_init(&p);
}

static void teardown(void)
{
	policy_fini(&p);
}

static const struct {
	const char *method, *via, *lines;
	bool pings;
} pings[] = {
	{"REGISTER", "", "Supported: outbound\n", true},
	{"REGISTER", "", "Supported: path, Outbound , gruu\n", true},
	{"REGISTER", "", "k: outbound\n", true},
	{"REGISTER", "", "Supported: gruu-10\nSupported: outbound\n", true},
	{"REGISTER", "", "Supported: outbounds, gruu\n", false},
	{"REGISTER", "", "", false},
	{"MESSAGE", "", "Supported: outbound\n", false},
	{"MESSAGE", ";keep", "", true},
	{"MESSAGE", ";keep=30", "", true},
	{"MESSAGE", ";keeper", "", false},
};

START_TEST(keep_alive_pings_when_announced)
{
	policy_text(&p,
		    "%s sip:contoso.com SIP/2.0\n"
		    "Via: SIP/2.0/TLS 192.0.2.10:50012%s\n"
		    "From: <sip:alice@contoso.com>;tag=1\n"
		    "To: <sip:alice@contoso.com>\n"
		    "CSeq: 1 %s\n"
		    "Call-ID: one\n"
		    "Max-Forwards: 70\n"
		    "%s"
		    "Content-Length: 0\n\n",
		    pings[_i].method, pings[_i].via, pings[_i].method,
		    pings[_i].lines);
	ck_assert_int_eq(acc_keep_alive_pings(&p.in.msg), pings[_i].pings);
}
END_TEST

static const struct {
	const char *value;
	bool asked;
} asks[] = {
	{"UAC;hop-hop=yes", true},  {"uac ; hop-hop=yes;tcp=no", true},
	{"UAC;hop-hop=no", false},  {"UAS;hop-hop=yes", false},
	{"UAC;end-end=yes", false}, {"UAC", false},
};

START_TEST(keep_alive_is_asked_for_hop_by_hop)
{
	char line[128];

	snprintf(line, sizeof(line), "ms-keep-alive: %s\n", asks[_i].value);
	policy_request(&p, "REGISTER", "sip:contoso.com", line);
	ck_assert_int_eq(acc_keep_alive_asked(&p.in.msg), asks[_i].asked);
}
END_TEST

static const struct {
	struct topo_proxy_settings said;
	unsigned option, want;
} offers[] = {
	{{0}, 300, 300},
	{{0}, 0, 0},
	{{.keep_alive_min = 20}, 300, 300},
	{{.keep_alive_min = 20}, 1500, 1200},
	{{.keep_alive_min = 2}, 300, 120},
	{{.keep_alive_min = 2}, 0, 0},
	{{.no_white_space = true}, 300, 0},
};

/* AE 2.12: EnableWhiteSpaceKeepAlive, MaxKeepAliveInterval. */
START_TEST(keep_alive_offers_what_the_topology_allows)
{
	p.topo.proxy = offers[_i].said;
	p.options.keep_alive_s = offers[_i].option;
	ck_assert_uint_eq(acc_keep_alive_s(&p.view), offers[_i].want);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("keep_alive");
	TCase *t = tcase_create("keep_alive");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, keep_alive_pings_when_announced, 0,
			    sizeof(pings) / sizeof(*pings));
	tcase_add_loop_test(t, keep_alive_is_asked_for_hop_by_hop, 0,
			    sizeof(asks) / sizeof(*asks));
	tcase_add_loop_test(t, keep_alive_offers_what_the_topology_allows, 0,
			    sizeof(offers) / sizeof(*offers));
	suite_add_tcase(s, t);
	return s;
}
