/* webconf-edge/service_tls.c: both recipes or none, warnings by time. */
#include "webconf-edge/service_tls.h"

#include <string.h>

#include "common/tls.h"
#include "tests/support/certs.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/ep1_peer.h"
#include "tests/support/handshake.h"
#include "webconf-edge/events.h"

enum { DAY_S = 86400 };

static struct certs *certs;
static struct edge_config config;
static struct wce_service_tls t;
static char why[256];

static char *path(const char *file)
{
	return (char *)(uintptr_t)certs_path(certs, file);
}

static void setup(void)
{
	heard_start(wce_events);
	certs = certs_new();
	certs_make_usual(certs);
	certs_make(certs, "inside",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:edge01.contoso.net",
				       .from_days = -1,
				       .to_days = 400});
	certs_make(certs, "mcu",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:fe01.contoso.net"});
	memset(&config, 0, sizeof(config));
	config.certificate[EDGE_CERT_WEBCONF].chain = path("edge.pem");
	config.certificate[EDGE_CERT_WEBCONF].key = path("edge.key");
	config.certificate[EDGE_CERT_INTERNAL].chain = path("inside.pem");
	config.certificate[EDGE_CERT_INTERNAL].key = path("inside.key");
	config.trust.internal_ca = path("ca.pem");
	memset(&t, 0, sizeof(t));
	ck_assert_msg(wce_service_tls_load(&t, &config, why, sizeof(why)) ==
			      EDGE_OK,
		      "%s", why);
	heard_forget();
}

static void teardown(void)
{
	wce_service_tls_drop(&t);
	certs_free(certs);
	heard_stop();
}

static void at(int days_before, unsigned lines_now, const char *words)
{
	wce_service_tls_tell(&t, edge_tls_not_after_s(t.in[WCE_LISTEN_CLIENT]) -
					 (int64_t)days_before * DAY_S - 1);
	ck_assert_uint_eq(heard_count(), lines_now);
	if (words)
		ck_assert_msg(strstr(heard_line(lines_now - 1), words) != NULL,
			      "%s", heard_all());
}

START_TEST(service_tls_tells_of_a_certificate_that_ends)
{
	at(70, 0, NULL);
	at(59, 1, "use=webconf days_left=59 state=ending");
	at(58, 1, NULL); /* said already */
	at(29, 2, "days_left=29");
	at(6, 3, "days_left=6");
	at(-1, 4, "state=ended");
	at(-2, 4, NULL);
	ck_assert(!heard("use=internal")); /* the other one has a year */
}
END_TEST

/* TO 5.5: what is not there is named, and nothing is half loaded. */
static const struct {
	enum edge_cert_use use;
	const char *words;
} missing[] = {
	{EDGE_CERT_WEBCONF, "edge.ini lacks [certificate.webconf] key"},
	{EDGE_CERT_INTERNAL, "edge.ini lacks [certificate.internal] key"},
};

START_TEST(service_tls_names_what_is_missing)
{
	struct wce_service_tls other = {0};

	config.certificate[missing[_i].use].key = NULL;
	ck_assert_int_eq(
		wce_service_tls_load(&other, &config, why, sizeof(why)),
		EDGE_ENOTFOUND);
	ck_assert_str_eq(why, missing[_i].words);
	ck_assert_ptr_null(other.in[WCE_LISTEN_CLIENT]);
	ck_assert_ptr_null(other.in[WCE_LISTEN_INSIDE]);
}
END_TEST

START_TEST(service_tls_key_of_another_certificate)
{
	struct wce_service_tls other = {0};

	config.certificate[EDGE_CERT_INTERNAL].key = path("edge.key");
	ck_assert_int_eq(
		wce_service_tls_load(&other, &config, why, sizeof(why)),
		EDGE_ETLS);
	ck_assert_ptr_nonnull(strstr(why, "edge.key"));
	ck_assert_ptr_null(other.in[WCE_LISTEN_CLIENT]);
}
END_TEST

/* WC 1.4.4 and 5.10: no certificate is asked for outside, one is wanted
 * inside. */
START_TEST(service_tls_asks_inside_only)
{
	struct edge_tls *nobody = ep1_tls(certs, NULL, EP1_TLS_CLIENT);
	struct edge_tls *mcu = ep1_tls(certs, "mcu", EP1_TLS_CLIENT);
	struct handshake h;

	handshake_run(&h, t.in[WCE_LISTEN_CLIENT], nobody, NULL);
	ck_assert(h.is_done);
	handshake_fini(&h);
	handshake_run(&h, t.in[WCE_LISTEN_INSIDE], nobody, NULL);
	ck_assert_str_ne(h.server_error, "");
	handshake_fini(&h);
	handshake_run(&h, t.in[WCE_LISTEN_INSIDE], mcu, NULL);
	ck_assert(h.is_done);
	ck_assert_str_eq(h.server_error, "");
	handshake_fini(&h);
	edge_tls_drop(nobody);
	edge_tls_drop(mcu);
}
END_TEST

START_TEST(service_tls_old_versions_are_a_risk_that_is_told)
{
	struct wce_service_tls other = {0};
	char listener[] = "webconf-client";

	config.profile[0].listener = listener;
	config.profile[0].profile = EDGE_TLS_LYNC2013;
	config.profile_count = 1;
	ck_assert_int_eq(
		wce_service_tls_load(&other, &config, why, sizeof(why)),
		EDGE_OK);
	ck_assert_uint_eq(heard_count(), 1);
	ck_assert(heard("listener=webconf-client"));
	wce_service_tls_drop(&other);
	ck_assert_ptr_null(other.in[WCE_LISTEN_CLIENT]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service_tls");
	TCase *c = tcase_create("service_tls");

	tcase_set_timeout(c, 20);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, service_tls_tells_of_a_certificate_that_ends);
	tcase_add_loop_test(c, service_tls_names_what_is_missing, 0, 2);
	tcase_add_test(c, service_tls_key_of_another_certificate);
	tcase_add_test(c, service_tls_asks_inside_only);
	tcase_add_test(c, service_tls_old_versions_are_a_risk_that_is_told);
	suite_add_tcase(s, c);
	return s;
}
