/* access-edge/service_tls.c: recipes by topology, warnings by time. */
#include "access-edge/service_tls.h"

#include <string.h>

#include "access-edge/events.h"
#include "common/tls.h"
#include "tests/support/certs.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

enum { DAY_S = 86400 };

static struct certs *certs;
static struct edge_config config;
static struct acc_service_tls t;
static struct topo topo;
static char why[256];

static void setup(void)
{
	heard_start(acc_events);
	certs = certs_new();
	certs_make_usual(certs);
	certs_make(certs, "inside",
		   &(struct cert_spec){.issuer = "ca",
				       .san = "DNS:edge01.contoso.net",
				       .from_days = -1,
				       .to_days = 400});
	memset(&config, 0, sizeof(config));
	config.certificate[EDGE_CERT_ACCESS].chain =
		(char *)(uintptr_t)certs_path(certs, "edge.pem");
	config.certificate[EDGE_CERT_ACCESS].key =
		(char *)(uintptr_t)certs_path(certs, "edge.key");
	config.certificate[EDGE_CERT_INTERNAL].chain =
		(char *)(uintptr_t)certs_path(certs, "inside.pem");
	config.certificate[EDGE_CERT_INTERNAL].key =
		(char *)(uintptr_t)certs_path(certs, "inside.key");
	config.trust.internal_ca =
		(char *)(uintptr_t)certs_path(certs, "ca.pem");
	topo = topo_fixture();
	memset(&t, 0, sizeof(t));
	ck_assert_msg(acc_service_tls_load(&t, &config, &topo, why,
					   sizeof(why)) == EDGE_OK,
		      "%s", why);
	heard_forget();
}

static void teardown(void)
{
	acc_service_tls_drop(&t);
	certs_free(certs);
	heard_stop();
}

static void at(int days_before, unsigned lines_now, const char *words)
{
	acc_service_tls_tell(&t, edge_tls_not_after_s(t.in[ACC_LISTEN_CLIENT]) -
					 (int64_t)days_before * DAY_S - 1);
	ck_assert_uint_eq(heard_count(), lines_now);
	if (words)
		ck_assert_msg(strstr(heard_line(lines_now - 1), words) != NULL,
			      "%s", heard_all());
}

START_TEST(service_tls_tells_of_a_certificate_that_ends)
{
	at(70, 0, NULL);
	at(59, 1, "use=access days_left=59 state=ending");
	at(58, 1, NULL); /* said already */
	at(29, 2, "days_left=29");
	at(8, 2, NULL);
	at(6, 3, "days_left=6");
	at(1, 3, NULL);
	at(-1, 4, "state=ended");
	at(-2, 4, NULL);
	/* the other one has a year */
	ck_assert(!heard("use=internal"));
}
END_TEST

START_TEST(service_tls_tells_the_next_mark_only)
{
	at(3, 1, "days_left=3"); /* started late: once */
	at(2, 1, NULL);
}
END_TEST

/* TO 5.5: a key that is not there is named, and nothing is half loaded. */
START_TEST(service_tls_names_what_is_missing)
{
	struct acc_service_tls other = {0};

	config.certificate[EDGE_CERT_INTERNAL].key = NULL;
	ck_assert_int_eq(
		acc_service_tls_load(&other, &config, &topo, why, sizeof(why)),
		EDGE_ENOTFOUND);
	ck_assert_str_eq(why, "edge.ini lacks [certificate.internal] key");
	ck_assert_ptr_null(other.out);
	config.certificate[EDGE_CERT_INTERNAL].key =
		(char *)(uintptr_t)certs_path(certs, "edge.key");
	ck_assert_int_ne(
		acc_service_tls_load(&other, &config, &topo, why, sizeof(why)),
		EDGE_OK);
	ck_assert_ptr_null(other.in[ACC_LISTEN_CLIENT]);
}
END_TEST

START_TEST(service_tls_differs_for_one_address)
{
	struct topo one = topo;

	one.listen[TOPO_PORT_ACCESS_CLIENT].addr =
		one.listen[TOPO_PORT_ACCESS_FEDERATION].addr;
	ck_assert(acc_service_tls_differs(&topo, &one));
	ck_assert(acc_service_tls_differs(&one, &topo));
	ck_assert(!acc_service_tls_differs(&one, &one));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service_tls");
	TCase *c = tcase_create("service_tls");

	tcase_set_timeout(c, 20);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, service_tls_tells_of_a_certificate_that_ends);
	tcase_add_test(c, service_tls_tells_the_next_mark_only);
	tcase_add_test(c, service_tls_names_what_is_missing);
	tcase_add_test(c, service_tls_differs_for_one_address);
	suite_add_tcase(s, c);
	return s;
}
