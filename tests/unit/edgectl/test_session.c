/* edgectl/session.c and wire.c: sign-in, challenges, refusals, silence. */
#include <check.h>
#include <signal.h>
#include <string.h>

#include "edgectl/session.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/registrar.h"

#define CHALLENGE                                                  \
	"WWW-Authenticate: NTLM realm=\"x\", targetname=\"y\"\r\n" \
	"WWW-Authenticate: Digest realm=\"x\", nonce=\"n1\"\r\n"
#define PROXY "Proxy-Authenticate: Digest realm=\"x\", nonce=\"n2\"\r\n"

static const struct ctl_user alice = {
	.aor = "sip:alice@contoso.com", .name = "alice", .password = "secret"};
static struct certs *certs;
static struct registrar *registrar;
static struct ctl_session *session;
static char why[256];

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	certs = certs_new();
	certs_make_usual(certs);
	certs_make(certs, "stranger",
		   &(struct cert_spec){.san = "DNS:sip.contoso.com"});
	*why = '\0';
}

static void teardown(void)
{
	certs_free(certs);
}

static enum edge_err open_at(const char *name, const char *wanted,
			     const struct registrar_row *rows, size_t count)
{
	struct ctl_wire_plan p = {.name = wanted,
				  .trust = certs_path(certs, "ca.pem"),
				  .ms = 400};

	registrar = registrar_start(certs, name, rows, count);
	p.server = registrar_address(registrar);
	if (count)
		p.ms = 20000;
	for (size_t i = 0; i < count; i++)
		if (!rows[i].status)
			p.ms = 400; /* silence: wait no longer */
	return ctl_session_open(&session, &p, &alice, why, sizeof(why));
}

static enum edge_err sign_in(const struct registrar_row *rows, size_t count)
{
	return open_at("edge", "sip.contoso.com", rows, count);
}

START_TEST(session_answers_the_digest_and_signs_out)
{
	static const struct registrar_row rows[] = {
		{401, CHALLENGE, NULL}, {200, NULL, NULL}, {200, NULL, NULL}};
	const char *seen;

	ck_assert_msg(!sign_in(rows, 3), "%s", why);
	ck_assert_ptr_nonnull(strstr(ctl_session_tls(session), "TLSv1."));
	ctl_session_close(session);
	seen = registrar_seen(registrar, 0);
	ck_assert_int_eq(
		strncmp(seen, "REGISTER sip:contoso.com SIP/2.0\r\n", 34), 0);
	ck_assert_ptr_null(strstr(seen, "Authorization"));
	seen = registrar_seen(registrar, 1);
	ck_assert_ptr_nonnull(
		strstr(seen, "\r\nAuthorization: Digest username=\"alice\""));
	ck_assert_ptr_nonnull(strstr(seen, "nonce=\"n1\""));
	ck_assert_ptr_nonnull(strstr(seen, "\r\nCSeq: 2 REGISTER\r\n"));
	ck_assert_ptr_null(strstr(seen, "secret"));
	ck_assert_ptr_nonnull(
		strstr(registrar_seen(registrar, 2), "\r\nExpires: 0\r\n"));
	registrar_stop(registrar);
}
END_TEST

START_TEST(session_service_carries_the_body_both_ways)
{
	static const struct registrar_row rows[] = {
		{200, NULL, NULL},
		{407, PROXY, NULL},
		{200, "Content-Type: text/x\r\n", "answer"},
		{200, NULL, NULL}};
	struct edge_slice got = {NULL, NULL};
	const char *seen;

	ck_assert_msg(!sign_in(rows, 4), "%s", why);
	ck_assert(!ctl_session_service(session, "sip:pool@contoso.com",
				       "text/y", edge_slice_str("question"),
				       &got));
	ck_assert(edge_slice_eq_str(got, "answer"));
	ctl_session_close(session);
	seen = registrar_seen(registrar, 2);
	ck_assert_int_eq(
		strncmp(seen, "SERVICE sip:pool@contoso.com SIP/2.0\r\n", 38),
		0);
	ck_assert_ptr_nonnull(strstr(seen, "\r\nProxy-Authorization: Digest "));
	ck_assert_ptr_nonnull(strstr(seen, "\r\nContent-Type: text/y\r\n"));
	ck_assert_str_eq(strstr(seen, "\r\n\r\n") + 4, "question");
	registrar_stop(registrar);
}
END_TEST

static const struct {
	struct registrar_row rows[2];
	size_t count;
	enum edge_err err;
	const char *why;
} refusals[] = {
	{{{403, "ms-diagnostics: 4;reason=\"no\"\r\n", NULL}},
	 1,
	 EDGE_EDENIED,
	 "REGISTER answered with 403 Phrase; 4;reason=\"no\""},
	{{{504, "ms-diagnostics-public: 1010\r\n", NULL}},
	 1,
	 EDGE_EDENIED,
	 "REGISTER answered with 504 Phrase; 1010"},
	{{{401, CHALLENGE, NULL}, {401, CHALLENGE, NULL}},
	 2,
	 EDGE_EAUTH,
	 "REGISTER answered with 401 Phrase"},
	{{{401, "WWW-Authenticate: NTLM realm=\"x\"\r\n", NULL}},
	 1,
	 EDGE_ENOTFOUND,
	 "401 to REGISTER: no Digest challenge that can be answered"},
	{{{1, NULL, NULL}}, 1, EDGE_ECLOSED, "no answer: connection closed"},
	{{{0, NULL, NULL}}, 1, EDGE_ETIMEOUT, "no answer: time limit passed"},
	{{{2, "HTTP/1.1 200 OK\r\n\r\n", NULL}},
	 1,
	 EDGE_EFORMAT,
	 "no answer: malformed message"},
};

START_TEST(session_that_is_refused_says_why)
{
	ck_assert_int_eq(sign_in(refusals[_i].rows, refusals[_i].count),
			 refusals[_i].err);
	ck_assert_str_eq(why, refusals[_i].why);
	registrar_stop(registrar);
}
END_TEST

START_TEST(session_skips_what_is_not_its_answer)
{
	static const struct registrar_row rows[] = {
		{2,
		 "\r\n\r\nNOTIFY sip:a SIP/2.0\r\nVia: SIP/2.0/TLS x\r\n"
		 "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: 1\r\n"
		 "CSeq: 1 NOTIFY\r\nMax-Forwards: 70\r\nContent-Length: "
		 "0\r\n\r\nSIP/2.0 200 OK\r\nVia: SIP/2.0/TLS x\r\nFrom: "
		 "<sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\nCall-ID: 1\r\n"
		 "CSeq: 77 REGISTER\r\nContent-Length: 0\r\n\r\nSIP/2.0 100 "
		 "Trying\r\nVia: SIP/2.0/TLS x\r\nFrom: <sip:a@x>;tag=1\r\n"
		 "To: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
		 "Content-Length: 0\r\n\r\nSIP/2.0 200 OK\r\nVia: "
		 "SIP/2.0/TLS x\r\nFrom: <sip:a@x>;tag=1\r\nTo: "
		 "<sip:b@x>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
		 "Content-Length: 0\r\n\r\n",
		 NULL},
		{200, NULL, NULL}};

	ck_assert_msg(!sign_in(rows, 2), "%s", why);
	ctl_session_close(session);
	registrar_stop(registrar);
}
END_TEST

START_TEST(wire_trusts_only_who_it_wants)
{
	ck_assert_int_eq(open_at("edge", "other.contoso.com", NULL, 0),
			 EDGE_EAUTH);
	ck_assert_ptr_nonnull(strstr(why, "wanted other.contoso.com"));
	registrar_stop(registrar);
	*why = '\0';
	ck_assert_int_eq(open_at("stranger", "sip.contoso.com", NULL, 0),
			 EDGE_ECLOSED);
	ck_assert_ptr_nonnull(strstr(why, "handshake failed"));
	registrar_stop(registrar);
}
END_TEST

START_TEST(wire_to_nobody_fails_at_once)
{
	struct ctl_wire_plan p = {.name = "sip.contoso.com",
				  .trust = certs_path(certs, "ca.pem"),
				  .ms = 20000};

	registrar = registrar_start(certs, "edge", NULL, 0);
	p.server = registrar_address(registrar);
	registrar_stop(registrar);
	ck_assert_int_eq(
		ctl_session_open(&session, &p, &alice, why, sizeof(why)),
		EDGE_ECLOSED);
	ck_assert_ptr_nonnull(strstr(why, "connect failed"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/session");
	TCase *t = tcase_create("session");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, session_answers_the_digest_and_signs_out);
	tcase_add_test(t, session_service_carries_the_body_both_ways);
	tcase_add_loop_test(t, session_that_is_refused_says_why, 0,
			    sizeof(refusals) / sizeof(*refusals));
	tcase_add_test(t, session_skips_what_is_not_its_answer);
	tcase_add_test(t, wire_trusts_only_who_it_wants);
	tcase_add_test(t, wire_to_nobody_fails_at_once);
	suite_add_tcase(s, t);
	return s;
}
