/* edgectl/mras_xml.c: what is asked, and answers good and bad. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/mras_xml.h"
#include "tests/support/suite.h"

#define HEAD                                                             \
	"<response xmlns=\"http://schemas.microsoft.com/2006/09/sip/"    \
	"mrasp\" requestID=\"1\" version=\"1.0\" serverVersion=\"2.0\" " \
	"to=\"sip:a\" from=\"sip:b\" reasonPhrase=\"OK\">"
#define CREDENTIALS                                                    \
	"<credentials><username>RQGjnA==</username><password>+CGx/w==" \
	"</password><duration>480</duration></credentials>"
#define RELAY(location, host, ports)                                    \
	"<mediaRelay><location>" location "</location>" host ports "</" \
	"mediaRelay>"
#define HOST  "<hostName>av.contoso.com</hostName>"
#define PORTS "<udpPort>3478</udpPort><tcpPort>443</tcpPort>"
#define BODY(credentials, relays)                                           \
	HEAD "<credentialsResponse credentialsRequestID=\"1\">" credentials \
	     "<mediaRelayList>" relays "</mediaRelayList></"                \
	     "credentialsResponse></response>"

static struct ctl_mras_answer answer;

static enum edge_err decode(const char *body)
{
	memset(&answer, 0, sizeof(answer));
	return ctl_mras_decode(&answer, edge_slice_str(body));
}

START_TEST(answer_gives_secrets_and_relays)
{
	static const uint8_t user[] = {0x45, 0x01, 0xa3, 0x9c};
	static const uint8_t password[] = {0xf8, 0x21, 0xb1, 0xff};

	ck_assert(!decode(BODY(CREDENTIALS,
			       RELAY("internet", HOST, PORTS)
				       RELAY("intranet",
					     "<directIPAddress>172.16.20.21</"
					     "directIPAddress>",
					     "<udpPort> 3478\n</udpPort>"))));
	ck_assert_str_eq(answer.reason, "OK");
	ck_assert_uint_eq(answer.username_len, sizeof(user));
	ck_assert_mem_eq(answer.username, user, sizeof(user));
	ck_assert_uint_eq(answer.password_len, sizeof(password));
	ck_assert_mem_eq(answer.password, password, sizeof(password));
	ck_assert_uint_eq(answer.minutes, 480);
	ck_assert_uint_eq(answer.relay_count, 2);
	ck_assert_str_eq(answer.relays[0].location, "internet");
	ck_assert_str_eq(answer.relays[0].host, "av.contoso.com");
	ck_assert_uint_eq(answer.relays[0].udp_port, 3478);
	ck_assert_uint_eq(answer.relays[0].tcp_port, 443);
	ck_assert_str_eq(answer.relays[1].host, "172.16.20.21");
	ck_assert_uint_eq(answer.relays[1].tcp_port, 0);
}
END_TEST

START_TEST(another_reason_has_no_credentials)
{
	ck_assert(!decode("<r:response xmlns:r=\"http://schemas.microsoft.com/"
			  "2006/09/sip/mrasp\" reasonPhrase=\"Forbidden\"/>"));
	ck_assert_str_eq(answer.reason, "Forbidden");
	ck_assert_uint_eq(answer.username_len, 0);
}
END_TEST

static const char *const bad[] = {
	"",
	"no xml",
	"<response/>", /* another namespace */
	HEAD "</response>",
	HEAD "<credentialsResponse/></response>",
	BODY("", RELAY("internet", HOST, PORTS)),
	BODY(CREDENTIALS, ""),
	BODY(CREDENTIALS, RELAY("internet", "", PORTS)),
	BODY(CREDENTIALS, RELAY("somewhere far away from here", HOST, PORTS)),
	BODY("<credentials><username>RQGjn</username><password>+CGx/w==</"
	     "password><duration>480</duration></credentials>",
	     RELAY("internet", HOST, PORTS)), /* base64 cut */
	BODY("<credentials><username>RQ_jnA==</username><password>+CGx/w==</"
	     "password><duration>480</duration></credentials>",
	     RELAY("internet", HOST, PORTS)), /* the other alphabet */
	BODY("<credentials><username>RQGjnA==</username><password>+CGx/w==</"
	     "password><duration>-1</duration></credentials>",
	     RELAY("internet", HOST, PORTS)),
	"<!DOCTYPE response [<!ENTITY x \"y\">]>" BODY(
		CREDENTIALS, RELAY("internet", HOST, PORTS)),
};

START_TEST(other_bodies_are_malformed)
{
	ck_assert_int_eq(decode(bad[_i]), EDGE_EFORMAT);
	ck_assert_uint_eq(answer.relay_count, 0);
}
END_TEST

START_TEST(every_prefix_of_an_answer_is_malformed)
{
	static const char whole[] =
		BODY(CREDENTIALS, RELAY("internet", HOST, PORTS));

	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		ck_assert_int_eq(ctl_mras_decode(&answer, edge_slice(whole, n)),
				 EDGE_EFORMAT);
}
END_TEST

START_TEST(more_relays_than_fit_are_left_out)
{
#define TWO RELAY("internet", HOST, PORTS) RELAY("intranet", HOST, PORTS)
	ck_assert(!decode(BODY(CREDENTIALS, TWO TWO TWO TWO TWO)));
	ck_assert_uint_eq(answer.relay_count, CTL_MRAS_RELAYS);
}
END_TEST

START_TEST(request_says_who_and_where)
{
	char out[1024];
	struct edge_slice s = ctl_mras_ask(out, sizeof(out), "sip:a@x.com",
					   "sip:pool@x.com", "internet");

	ck_assert_uint_eq(edge_slice_len(s), strlen(out));
	ck_assert_ptr_nonnull(strstr(out, "<identity>sip:a@x.com</identity>"
					  "<location>internet</location>"
					  "<duration>480</duration>"));
	ck_assert_ptr_nonnull(strstr(out, "to=\"sip:pool@x.com\""));
	ctl_mras_ask(out, sizeof(out), "sip:a@x.com", "sip:pool@x.com", NULL);
	ck_assert_ptr_null(strstr(out, "location"));
	s = ctl_mras_ask(out, 100, "sip:a@x.com", "sip:pool@x.com", NULL);
	ck_assert_uint_eq(edge_slice_len(s), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/mras_xml");
	TCase *t = tcase_create("mras");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, answer_gives_secrets_and_relays);
	tcase_add_test(t, another_reason_has_no_credentials);
	tcase_add_loop_test(t, other_bodies_are_malformed, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, every_prefix_of_an_answer_is_malformed);
	tcase_add_test(t, more_relays_than_fit_are_left_out);
	tcase_add_test(t, request_says_who_and_where);
	suite_add_tcase(s, t);
	return s;
}
