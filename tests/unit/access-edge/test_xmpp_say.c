/* access-edge/xmpp_say.c: our own words on a stream. */
#include "access-edge/xmpp_say.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static char buf[4096];
static struct edge_put w;

static void setup(void)
{
	w = edge_put(buf, sizeof(buf));
}

static void is(const char *want)
{
	const struct edge_slice s = edge_put_done(&w);
	char text[4096];

	ck_assert(edge_slice_copy(text, sizeof(text), s));
	ck_assert_str_eq(text, want);
}

START_TEST(say_header_says_what_is_known)
{
	const struct acc_xmpp_head h = {.from = "contoso.com",
					.to = "",
					.id = edge_slice_str("a'b"),
					.says_version = true};

	acc_xmpp_put_header(&w, &h);
	is("<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
	   "xmlns:stream='http://etherx.jabber.org/streams' "
	   "xmlns:db='jabber:server:dialback' from='contoso.com' "
	   "id='a&#39;b' version='1.0'>");
}
END_TEST

START_TEST(say_features_offers_no_more_than_is_allowed)
{
	static const struct {
		struct acc_xmpp_features f;
		const char *want;
	} rows[] = {
		{{0}, "<stream:features></stream:features>"},
		{{.tls = true, .tls_required = true},
		 "<stream:features><starttls "
		 "xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
		 "</starttls></stream:features>"},
		{{.tls = true},
		 "<stream:features><starttls "
		 "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
		 "</stream:features>"},
		{{.external = true, .dialback = true},
		 "<stream:features><mechanisms "
		 "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL"
		 "</mechanism></mechanisms><dialback "
		 "xmlns='urn:xmpp:features:dialback'><errors/></dialback>"
		 "</stream:features>"},
	};

	acc_xmpp_put_features(&w, &rows[_i].f);
	is(rows[_i].want);
}
END_TEST

START_TEST(say_auth_is_base64_of_the_domain)
{
	static const struct {
		const char *domain, *text;
	} rows[] = {{"contoso.com", "Y29udG9zby5jb20="},
		    {"a.example", "YS5leGFtcGxl"},
		    {"ab.example", "YWIuZXhhbXBsZQ=="}};
	char want[200], big[300];

	ck_assert_int_eq(acc_xmpp_put_auth(&w, rows[_i].domain), EDGE_OK);
	snprintf(want, sizeof(want),
		 "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
		 "mechanism='EXTERNAL'>%s</auth>",
		 rows[_i].text);
	is(want);
	ck_assert(acc_xmpp_auth_is(edge_slice_str(rows[_i].text),
				   rows[_i].domain));
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_int_eq(acc_xmpp_put_auth(&w, big), EDGE_ELIMIT);
}
END_TEST

START_TEST(say_auth_is_for_oneself_alone)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{"", true},
		{"=", true},
		{" = ", true},
		{"Y29udG9zby5jb20=", true},
		{"Q29OVE9TTy5jb20=", true}, /* CoNTOSO.com */
		{"Y29udG9zby5jb20", false},
		{"Y29udG9zby5jb24=", false},
		{"ZmFicmlrYW0uY29t", false},
		{"====", false},
		{"Y29u*G9zby5jb20=", false},
		{"Y29udG9zby5jb20-", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(acc_xmpp_auth_is(edge_slice_str(rows[i].text),
					       "contoso.com") == rows[i].is,
			      "%s", rows[i].text);
}
END_TEST

START_TEST(say_dialback_asks_and_answers)
{
	const struct acc_xmpp_dialback_word words[] = {
		{.name = "result",
		 .from = "contoso.com",
		 .to = "fabrikam.com",
		 .key = edge_slice_str("01<")},
		{.name = "verify",
		 .from = "contoso.com",
		 .to = "fabrikam.com",
		 .id = edge_slice_str("7"),
		 .type = "valid"},
		{.name = "result",
		 .from = "contoso.com",
		 .to = "fabrikam.com",
		 .type = "error"}};
	static const char *const want[] = {
		"<db:result from='contoso.com' to='fabrikam.com'>01&lt;"
		"</db:result>",
		"<db:verify from='contoso.com' to='fabrikam.com' id='7' "
		"type='valid'></db:verify>",
		"<db:result from='contoso.com' to='fabrikam.com' type='error'>"
		"<error type='cancel'><remote-server-timeout "
		"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
		"</db:result>"};

	acc_xmpp_put_dialback(&w, &words[_i]);
	is(want[_i]);
}
END_TEST

START_TEST(say_end_names_the_error)
{
	acc_xmpp_put_end(&w, ACC_XMPP_R_HOST_UNKNOWN);
	acc_xmpp_put_end(&w, ACC_XMPP_R_IDLE);
	is("<stream:error><host-unknown "
	   "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
	   "</stream:stream></stream:stream>");
}
END_TEST

START_TEST(say_bounce_goes_back)
{
	struct acc_xmpp_bounce b = {.name = "message",
				    .from = edge_slice_str("a@x"),
				    .to = edge_slice_str("b@y"),
				    .id = edge_slice_str("1&2"),
				    .reason = ACC_XMPP_R_GATEWAY_ABSENT};

	acc_xmpp_put_bounce(&w, &b);
	is("<message from='b@y' to='a@x' id='1&amp;2' type='error'>"
	   "<error type='wait'><remote-server-timeout "
	   "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
	setup();
	b = (struct acc_xmpp_bounce){.name = "iq",
				     .from = edge_slice_str("a@x"),
				     .reason = ACC_XMPP_R_STANZA_KIND};
	acc_xmpp_put_bounce(&w, &b);
	is("<iq to='a@x' type='error'><error type='cancel'>"
	   "<service-unavailable "
	   "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
}
END_TEST

START_TEST(say_words_are_those_of_the_rfc)
{
	acc_xmpp_put_starttls(&w);
	acc_xmpp_put_proceed(&w);
	acc_xmpp_put_success(&w);
	acc_xmpp_put_sasl_failure(&w, "not-authorized");
	is("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
	   "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
	   "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
	   "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
	   "<not-authorized/></failure>");
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_say");
	TCase *t = tcase_create("say");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, say_header_says_what_is_known);
	tcase_add_loop_test(t, say_features_offers_no_more_than_is_allowed, 0,
			    4);
	tcase_add_loop_test(t, say_auth_is_base64_of_the_domain, 0, 3);
	tcase_add_test(t, say_auth_is_for_oneself_alone);
	tcase_add_loop_test(t, say_dialback_asks_and_answers, 0, 3);
	tcase_add_test(t, say_end_names_the_error);
	tcase_add_test(t, say_bounce_goes_back);
	tcase_add_test(t, say_words_are_those_of_the_rfc);
	suite_add_tcase(suite, t);
	return suite;
}
