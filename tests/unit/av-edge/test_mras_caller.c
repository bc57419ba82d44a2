/* Who may have credentials for whom: AV 2.5. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/mras_caller.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/mras_fixture.h"
#include "tests/unit/sip/fixture.h"

#define ALICE  "sip:alice@contoso.com"
#define BOB    "sip:bob@contoso.com"
#define FE01   "sip:fe01.contoso.net"
#define MCU    "sip:fe01.contoso.net@contoso.com;gruu;opaque=srvr:avmcu:AbC"
#define PAI(x) "P-Asserted-Identity: " x "\r\n"
#define EDGE(x)                                                    \
	"ms-edge-proxy-message-trust: ms-source-type=" x ";ms-ep-" \
	"fqdn=edgepool.contoso.net;ms-source-verified-user=verified"

static const struct {
	const char *what;
	const char *from, *at_from, *identity, *headers;
	enum mras_phrase phrase;
	bool is_server;
} rows[] = {
	{"himself", ALICE, ALICE, ALICE, "", MRAS_OK, false},
	{"in other letters", "sip:Alice@CONTOSO.com", "SIP:ALICE@contoso.com",
	 "sip:alice@Contoso.Com", "", MRAS_OK, false},
	{"with parameters", ALICE ";opaque=user:epid:x;gruu", ALICE,
	 ALICE ";x=y", "", MRAS_OK, false},
	{"another identity", ALICE, ALICE, BOB, "", MRAS_FORBIDDEN, false},
	{"another @from", ALICE, BOB, ALICE, "", MRAS_FORBIDDEN, false},
	{"both another", ALICE, BOB, BOB, "", MRAS_FORBIDDEN, false},
	{"another port", ALICE, ALICE, "sip:alice@contoso.com:5061", "",
	 MRAS_FORBIDDEN, false},
	{"another host", ALICE, ALICE, "sip:alice@contoso.net", "",
	 MRAS_FORBIDDEN, false},
	{"no URI", ALICE, ALICE, "alice@contoso.com", "", MRAS_FORBIDDEN,
	 false},
	{"no SIP URI", ALICE, ALICE, "tel:+1555", "", MRAS_FORBIDDEN, false},
	{"@from no URI", ALICE, "alice", ALICE, "", MRAS_MALFORMED, false},
	{"@from no SIP URI", ALICE, "tel:+1555", ALICE, "", MRAS_MALFORMED,
	 false},
	{"a user with an asserted name", ALICE, ALICE, ALICE,
	 PAI("\"A\" <" ALICE ">, <tel:+1555>"), MRAS_OK, false},
	{"a name asserted only", ALICE, ALICE, BOB, PAI("<" BOB ">"), MRAS_OK,
	 false},
	{"another asserted", ALICE, ALICE, ALICE, PAI("<" BOB ">"),
	 MRAS_FORBIDDEN, false},
	{"the second asserted", ALICE, ALICE, BOB,
	 PAI("<" ALICE ">") PAI("<" BOB ">"), MRAS_OK, false},
	{"asserted nonsense", ALICE, ALICE, ALICE, PAI("<<>>"), MRAS_FORBIDDEN,
	 false},
	{"a server by host", FE01, FE01, ALICE, "", MRAS_OK, true},
	{"a server by GRUU", MCU, MCU, "anybody", "", MRAS_OK, true},
	{"a server, any @from", MCU, ALICE, ALICE, "", MRAS_OK, true},
	{"a server asserted", MCU, MCU, ALICE, PAI("<" MCU ">"), MRAS_OK, true},
	{"a server's From, a user asserted", MCU, MCU, BOB, PAI("<" ALICE ">"),
	 MRAS_FORBIDDEN, false},
	{"a server's From, from the Internet", MCU, MCU, BOB,
	 EDGE("InternetUser") "\r\n", MRAS_FORBIDDEN, false},
	{"a GRUU of nobody", "sip:x.contoso.net@contoso.com;gruu;opaque=srvr:a",
	 "sip:x.contoso.net@contoso.com", ALICE, "", MRAS_FORBIDDEN, false},
	{"a GRUU of a user", ALICE ";gruu;opaque=srvr:a", ALICE, BOB, "",
	 MRAS_FORBIDDEN, false},
	{"a name without GRUU", "sip:fe01.contoso.net@contoso.com",
	 "sip:fe01.contoso.net@contoso.com", ALICE, "", MRAS_FORBIDDEN, false},
	{"a user outside", ALICE, ALICE, ALICE, EDGE("InternetUser") "\r\n",
	 MRAS_OK, false},
	{"a server through the edge", MCU, MCU, BOB,
	 EDGE("AuthorizedServer") "\r\n", MRAS_OK, true},
	{"a partner", ALICE, ALICE, ALICE, EDGE("DirectPartner") "\r\n",
	 MRAS_FORBIDDEN, false},
	{"a discovered partner", ALICE, ALICE, ALICE,
	 EDGE("AutoFederation") "\r\n", MRAS_FORBIDDEN, false},
	{"a hosted partner", ALICE, ALICE, ALICE,
	 EDGE("AuthorizedServer") ";ms-source-network=federation\r\n",
	 MRAS_FORBIDDEN, false},
	{"a partner behind a user", ALICE, ALICE, ALICE,
	 EDGE("InternetUser") "\r\n" EDGE("DirectPartner") "\r\n",
	 MRAS_FORBIDDEN, false},
	{"a trust header that says nothing", ALICE, ALICE, ALICE,
	 "ms-edge-proxy-message-trust: x\r\n", MRAS_FORBIDDEN, false},
};

START_TEST(caller_gets_what_is_his)
{
	static struct mras_request r;
	static char body[MRAS_TEST_TEXT];
	const struct topo t = mras_test_topo();
	struct sip_case c;
	bool is_server = false;
	enum mras_phrase got;

	mras_test_body(body, rows[_i].at_from, rows[_i].identity, "");
	sip_case_init(&c);
	ck_assert_int_eq(sip_case_parse(&c, mras_test_message(&(
						    struct mras_test_message){
						    .from = rows[_i].from,
						    .headers = rows[_i].headers,
						    .body = body})),
			 EDGE_OK);
	ck_assert_int_eq(mras_xml_read(&r, c.msg.body), MRAS_OK);
	got = mras_caller_check(&is_server, &t, &c.msg, &r);
	ck_assert_msg(got == rows[_i].phrase, "%s: %s", rows[_i].what,
		      mras_phrase_str(got));
	ck_assert_msg(is_server == rows[_i].is_server, "%s", rows[_i].what);
	sip_case_fini(&c);
}
END_TEST

/* One that is not his own spoils all. */
START_TEST(caller_asks_for_himself_in_each_request)
{
	static struct mras_request r;
	const struct topo t = mras_test_topo();
	struct sip_case c;
	bool is_server = false;

	sip_case_init(&c);
	ck_assert_int_eq(
		sip_case_parse(
			&c, mras_test_message(&(struct mras_test_message){0})),
		EDGE_OK);
	ck_assert_int_eq(mras_xml_read(&r, c.msg.body), MRAS_OK);
	r.asks[1] = r.asks[0];
	r.count = 2;
	ck_assert_int_eq(mras_caller_check(&is_server, &t, &c.msg, &r),
			 MRAS_OK);
	r.asks[1].identity = edge_slice_str(BOB);
	ck_assert_int_eq(mras_caller_check(&is_server, &t, &c.msg, &r),
			 MRAS_FORBIDDEN);
	sip_case_fini(&c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_caller");
	TCase *t = tcase_create("caller");

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, caller_gets_what_is_his, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, caller_asks_for_himself_in_each_request);
	suite_add_tcase(s, t);
	return s;
}
