/* access-edge/xmpp_out_talk.c: a question about a key goes under STARTTLS where
 * the partner's settings want it; the server asked is the test's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/xmpp_out.h"
#include "common/dns.h"
#include "tests/support/certs.h"
#include "tests/support/handshake.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/xmpp_far.h"

#define HEADER                                                        \
	"<stream:stream xmlns='jabber:server' xmlns:stream="          \
	"'http://etherx.jabber.org/streams' xmlns:db='jabber:server:" \
	"dialback' from='fabrikam.com' id='s7' version='1.0'>"
#define STARTTLS                                                   \
	"<stream:features><starttls xmlns='urn:ietf:params:xml:ns" \
	":xmpp-tls'/></stream:features>"

static const struct topo_xmpp_partner partner = {
	.domain = "fabrikam.com",
	.tls = TOPO_XMPP_REQUIRED,
	.sasl = TOPO_XMPP_NOT_SUPPORTED,
	.dialback = true};
static struct certs *certs;
static struct xmpp_far far;
static edge_handle asked;

static struct edge_tls *tls(bool is_client)
{
	return tls_must(&(struct edge_tls_recipe){
		.chain = certs_path(certs, "edge.pem"),
		.key = certs_path(certs, "edge.key"),
		.trust = certs_path(certs, "ca.pem"),
		.ask = EDGE_TLS_ASK_OPTIONAL,
		.is_client = is_client});
}

static void setup(void)
{
	xmpp_topo.xmpp = &partner;
	xmpp_topo.xmpp_count = 1;
	certs = certs_new();
	certs_make_usual(certs);
	core.tls_out = tls(true);
	xmpp_far_open(&far);
}

static void teardown(void)
{
	edge_tls_drop(core.tls_out);
	xmpp_far_close(&far);
	certs_free(certs);
}

/* We ask about their key; the end at which it comes in. */
static struct xmpp_end *asked_there(void)
{
	static struct edge_addr source;
	struct acc_xmpp_who who;
	const struct acc_xmpp_question q = {.source = &source,
					    .who = &who,
					    .own = "contoso.com",
					    .stream_id = edge_slice_str("ours"),
					    .key = edge_slice_str("their-key")};
	struct xmpp_end *e;

	ck_assert_int_eq(acc_xmpp_partner_find(&who, &xmpp_topo,
					       edge_slice_str("fabrikam.com")),
			 ACC_XMPP_R_OK);
	ck_assert_int_eq(
		edge_addr_parse(&source, edge_slice_str("192.0.2.9"), 9),
		EDGE_OK);
	ck_assert_int_eq(acc_xmpp_out_verify(&core, &q, &asked), EDGE_OK);
	e = xmpp_taken(far.listener);
	xmpp_hears(e, "to='fabrikam.com' version='1.0'>");
	return e;
}

/* -- the server's end under TLS ------------------------------------------ */

static bool wants_more(SSL *s, int result)
{
	const int why = SSL_get_error(s, result);

	ck_assert(why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE);
	xmpp_turn(5);
	return true;
}

static SSL *accept_tls(struct edge_tls *t, const struct xmpp_end *e)
{
	SSL *s = SSL_new(edge_tls_context(t));
	int result;

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(SSL_set_fd(s, e->fd), 1);
	for (int i = 0; i < 1000 && (result = SSL_accept(s)) != 1; i++)
		ck_assert(wants_more(s, result));
	ck_assert_int_eq(result, 1);
	return s;
}

static void hears(SSL *s, const char *words)
{
	static char text[8192];
	size_t len = 0;

	text[0] = '\0';
	for (int i = 0; i < 1000 && !strstr(text, words); i++) {
		const int n =
			SSL_read(s, text + len, (int)(sizeof(text) - 1 - len));

		if (n <= 0)
			ck_assert(wants_more(s, n));
		else
			len += (size_t)n;
		text[len] = '\0';
	}
	ck_assert_msg(strstr(text, words), "%s is not in %s", words, text);
}

static void say(SSL *s, const char *text)
{
	ck_assert_int_eq(SSL_write(s, text, (int)strlen(text)),
			 (int)strlen(text));
}

START_TEST(xmpp_out_asks_about_a_key_under_tls)
{
	struct edge_tls *t = tls(false);
	struct xmpp_end *e = asked_there();
	SSL *s;

	xmpp_say(e, HEADER STARTTLS);
	xmpp_hears(e, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	ck_assert_ptr_null(strstr(e->text, "their-key"));
	xmpp_say(e, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
	s = accept_tls(t, e);
	hears(s, "to='fabrikam.com' version='1.0'>");
	say(s, HEADER "<stream:features/>");
	hears(s, "<db:verify from='contoso.com' to='fabrikam.com' id='ours'>"
		 "their-key</db:verify>");
	say(s, "<db:verify from='fabrikam.com' to='contoso.com' id='ours' "
	       "type='valid'/>");
	hears(s, "</stream:stream>");
	ck_assert_ptr_null(acc_xmpp_link_find(&core, asked));
	SSL_free(s);
	edge_tls_drop(t);
}
END_TEST

/* _i: STARTTLS is not offered, or the server says no to it. */
START_TEST(xmpp_out_asks_nothing_in_the_clear)
{
	struct xmpp_end *e = asked_there();

	xmpp_say(e, _i ? HEADER STARTTLS
			    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
		       : HEADER "<stream:features/>");
	xmpp_is_over(e);
	ck_assert_ptr_null(strstr(e->text, "their-key"));
	ck_assert(heard(_i ? "reason=tls_failed" : "reason=tls_wanted"));
	ck_assert_ptr_null(acc_xmpp_link_find(&core, asked));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_out_tls");
	TCase *t = xmpp_world_case(suite, "tls");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, xmpp_out_asks_about_a_key_under_tls);
	tcase_add_loop_test(t, xmpp_out_asks_nothing_in_the_clear, 0, 2);
	return suite;
}
