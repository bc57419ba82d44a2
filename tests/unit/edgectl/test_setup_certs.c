/* Requests of set-up: whose key stays, and until when. */
#include <check.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/setup.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/roll_fixture.h"
#include "tests/unit/edgectl/stand_in.h"

#define POOL "edgepool01.corp.contoso.com"
#define SELF "edge01.corp.contoso.com"

static struct roll r;
static struct ctl_setup s;

static const char *path(const char *file)
{
	return certs_path(r.certs, file);
}

/* edge.ini of a host whose topology is known; uses: pairs in it. */
static void settings(const char *more, const char *uses)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "[local]\nfqdn = " SELF "\nstate = %s\nrun = %s\n%s"
		 "[trust]\ninternal = %s\npublic = %s\n%s",
		 path("state"), path("run"), more, path("ca.pem"),
		 path("ca.pem"), uses);
	certs_write(r.certs, "edge.ini", text);
}

static void setup(void)
{
	char xml[512], hosts[512];

	roll_init(&r);
	certs_make(r.certs, "ca", &(struct cert_spec){.is_ca = true});
	settings("lab = yes\n", "");
	snprintf(xml, sizeof(xml), "%s/topology/02-edge-pool-director.xml",
		 getenv("EDGE_VECTORS"));
	snprintf(hosts, sizeof(hosts), "%s/topology/n5-hosts-edge01",
		 getenv("EDGE_VECTORS"));
	ck_assert_int_eq(mkdir(path("run"), 0755), 0);
	ck_assert_int_le(roll_run(&r, ctl_topology_import, xml, "--unsigned",
				  "--hosts", hosts, (char *)NULL),
			 CTL_WARNINGS);
	settings("", "");
}

static void teardown(void)
{
	ctl_setup_fini(&s);
	roll_fini(&r);
}

static enum ctl_exit nothing(struct ctl *c, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return ctl_config(c);
}

/* Step 3, as setup does it. */
static enum ctl_exit step(const char *requests)
{
	char why[256];
	enum ctl_exit exit;

	ctl_setup_fini(&s);
	s = (struct ctl_setup){.c = &r.c, .requests = requests};
	exit = roll_run(&r, nothing, (char *)NULL);
	if (!exit)
		exit = ctl_setup_settings(&s);
	if (exit)
		return exit;
	ctl_setup_load(&s, why, sizeof(why));
	ck_assert_ptr_nonnull(s.topo);
	return ctl_setup_certificates(&s);
}

static char *text_of(const char *file)
{
	FILE *f = fopen(path(file), "r");
	char *text = calloc(1, 8192);

	ck_assert(text && f);
	ck_assert_uint_gt(fread(text, 1, 8191, f), 0);
	fclose(f);
	return text;
}

static void same(const char *before, const char *file)
{
	char *now = text_of(file);

	ck_assert_str_eq(now, before);
	free(now);
}

static X509_REQ *request(const char *file)
{
	FILE *f = fopen(path(file), "r");
	X509_REQ *q = f ? PEM_read_X509_REQ(f, NULL, NULL, NULL) : NULL;

	ck_assert_ptr_nonnull(q);
	fclose(f);
	return q;
}

/* Of the key, with so many names in it. */
static void fits(const char *csr, const char *key, int names)
{
	X509_REQ *q = request(csr);
	FILE *f = fopen(path(key), "r");
	EVP_PKEY *k = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(q);
	GENERAL_NAMES *all =
		X509V3_get_d2i(list, NID_subject_alt_name, NULL, NULL);

	ck_assert_ptr_nonnull(k);
	fclose(f);
	ck_assert_int_eq(X509_REQ_verify(q, k), 1);
	ck_assert_int_eq(sk_GENERAL_NAME_num(all), names);
	GENERAL_NAMES_free(all);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	EVP_PKEY_free(k);
	X509_REQ_free(q);
}

START_TEST(setup_asks_once)
{
	char *csr, *key;

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	fits("requests/internal.csr", "requests/internal.key", 2);
	ck_assert_int_eq(roll_mode(&r, "requests/internal.key"), 0600);
	csr = text_of("requests/internal.csr");
	key = text_of("requests/internal.key");
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	same(csr, "requests/internal.csr");
	same(key, "requests/internal.key");
	free(csr);
	free(key);
}
END_TEST

/* Carried to the authority with mv: its certificate will be of this key. */
START_TEST(setup_keeps_the_key_of_a_request_that_was_moved_away)
{
	char *key;

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	key = text_of("requests/internal.key");
	ck_assert_int_eq(unlink(path("requests/internal.csr")), 0);
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	same(key, "requests/internal.key");
	fits("requests/internal.csr", "requests/internal.key", 2);
	free(key);
}
END_TEST

START_TEST(setup_asks_for_other_names_with_the_same_key)
{
	char *key, *csr;

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	key = text_of("requests/internal.key");
	csr = text_of("requests/access.csr");
	ck_assert_int_eq(rename(path("requests/webconf.csr"),
				path("requests/internal.csr")),
			 0);
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	same(key, "requests/internal.key");
	same(csr, "requests/access.csr");
	fits("requests/internal.csr", "requests/internal.key", 2);
	free(key);
	free(csr);
}
END_TEST

/* Restored from elsewhere: the answer would be of the other key. */
START_TEST(setup_asks_anew_with_the_key_that_is_there)
{
	char *key;

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	ck_assert_int_eq(rename(path("requests/access.key"),
				path("requests/internal.key")),
			 0);
	key = text_of("requests/internal.key");
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	same(key, "requests/internal.key");
	fits("requests/internal.csr", "requests/internal.key", 2);
	/* and one whose key has gone altogether */
	fits("requests/access.csr", "requests/access.key", 1);
	free(key);
}
END_TEST

START_TEST(setup_leaves_a_key_it_cannot_read)
{
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	certs_write(r.certs, "requests/internal.key", "locked away\n");
	ck_assert_int_eq(unlink(path("requests/internal.csr")), 0);
	ck_assert_int_eq(step(NULL), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:CTL-007");
	same("locked away\n", "requests/internal.key");
	ck_assert(!roll_is_there(&r, "requests/internal.csr"));
}
END_TEST

/* What an authority gives, beside its key. */
static void answer_for(const char *use, const char *san)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "requests/%s", use);
	certs_make(r.certs, name,
		   &(struct cert_spec){.issuer = "ca",
				       .cn = POOL,
				       .san = san,
				       .from_days = -1,
				       .to_days = 60});
}

static void answer(void)
{
	answer_for("internal", "DNS:" POOL ",DNS:" SELF);
}

START_TEST(setup_takes_an_answer_and_is_done_with_its_request)
{
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	answer();
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	ck_assert_str_eq(roll_findings(&r), "");
	ck_assert(roll_is_there(&r, "certs/internal.key"));
	ck_assert(!roll_is_there(&r, "requests/internal.key"));
	ck_assert(!roll_is_there(&r, "requests/internal.csr"));
	ck_assert(!roll_is_there(&r, "requests/internal.pem"));
	ck_assert(roll_is_there(&r, "requests/access.key"));
}
END_TEST

/* How often an authority is asked to sign for that use. */
static size_t told_to_sign(const char *use)
{
	size_t count = 0;

	for (size_t i = 0; i < s.left.count; i++)
		count += s.left.step[i].hands == CTL_ON_CA &&
			 strstr(s.left.step[i].line, use);
	return count;
}

/* It is in place, and nobody has to sign it once more. */
START_TEST(setup_is_done_with_an_answer_that_is_not_shown_yet)
{
	struct stand_in *av;

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	ck_assert_uint_eq(told_to_sign("av-auth.csr"), 1);
	answer_for("av-auth", "DNS:" POOL);
	av = stand_in_new(path("run"));
	stand_in_answers(av, "av-edge", "POST /v1/reload", 200, "{}");
	stand_in_answers(av, "av-edge", "GET /v1/status", 200,
			 "{\"relay\": {\"spki_sha256\": \"00\"}}");
	ck_assert_int_eq(step(NULL), CTL_REFUSED);
	stand_in_free(av);
	ck_assert_ptr_nonnull(strstr(roll_findings(&r), "E:CERT-020"));
	ck_assert(roll_is_there(&r, "certs/av-auth.key"));
	ck_assert(!roll_is_there(&r, "requests/av-auth.key"));
	ck_assert(!roll_is_there(&r, "requests/av-auth.pem"));
	ck_assert_uint_eq(told_to_sign("av-auth.csr"), 0);
}
END_TEST

START_TEST(setup_has_signed_again_what_is_no_good_alone)
{
	struct stand_in *access;

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	answer();
	access = stand_in_new(path("run"));
	stand_in_answers(access, "access-edge", "POST /v1/reload", 409,
			 "{\"why\":\"no memory\"}");
	stand_in_answers(access, "access-edge", "POST /v1/reload", 200, "{}");
	ck_assert_int_eq(step(NULL), CTL_REFUSED);
	stand_in_free(access);
	ck_assert(roll_is_there(&r, "requests/internal.key"));
	ck_assert_uint_eq(told_to_sign("internal.csr"), 0);
	ck_assert(s.is_again);
	answer_for("internal", "DNS:other.contoso.com");
	ck_assert_int_eq(step(NULL), CTL_INVALID);
	ck_assert(roll_is_there(&r, "requests/internal.key"));
	ck_assert_uint_eq(told_to_sign("internal.csr"), 1);
}
END_TEST

/* Another use has the key where it was asked for. */
START_TEST(setup_never_deletes_what_edge_ini_names)
{
	char pair[512];

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	answer();
	snprintf(pair, sizeof(pair),
		 "[certificate.turn]\nchain = %s\nkey = %s\n",
		 path("requests/../requests/internal.pem"),
		 path("requests/../requests/internal.key"));
	settings("", pair);
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	ck_assert(roll_is_there(&r, "certs/internal.key"));
	ck_assert(roll_is_there(&r, "requests/internal.key"));
	ck_assert(roll_is_there(&r, "requests/internal.pem"));
	ck_assert(!roll_is_there(&r, "requests/internal.csr"));
}
END_TEST

/* They would come to lie there. */
START_TEST(setup_refuses_requests_where_certificates_will_lie)
{
	ck_assert_int_eq(step(path("certs")), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:SETUP-006");
	ck_assert_int_eq(step(path("state/../certs/")), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:SETUP-006");
	ck_assert(!roll_is_there(&r, "certs"));
	ck_assert_int_eq(step(path("state/certs")), CTL_GOOD);
	ck_assert(roll_is_there(&r, "state/certs/access.csr"));
}
END_TEST

START_TEST(setup_refuses_requests_among_the_certificates)
{
	char *before, *key;

	ck_assert_int_eq(step(NULL), CTL_GOOD);
	answer();
	ck_assert_int_eq(step(NULL), CTL_GOOD);
	before = text_of("edge.ini");
	key = text_of("certs/internal.key");
	ck_assert_int_eq(step(path("certs")), CTL_INVALID);
	ck_assert_str_eq(roll_findings(&r), "E:SETUP-006");
	ck_assert_int_eq(symlink("certs", path("link")), 0);
	ck_assert_int_eq(step(path("link/")), CTL_INVALID);
	same(before, "edge.ini");
	same(key, "certs/internal.key");
	ck_assert_int_eq(step(path("elsewhere")), CTL_GOOD);
	ck_assert(roll_is_there(&r, "elsewhere/access.csr"));
	free(before);
	free(key);
}
END_TEST

Suite *test_suite(void)
{
	Suite *all = suite_create("edgectl/setup_certs");
	TCase *t = tcase_create("requests");

	tcase_set_timeout(t, 60); /* keys of RSA */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, setup_asks_once);
	tcase_add_test(t, setup_keeps_the_key_of_a_request_that_was_moved_away);
	tcase_add_test(t, setup_asks_for_other_names_with_the_same_key);
	tcase_add_test(t, setup_asks_anew_with_the_key_that_is_there);
	tcase_add_test(t, setup_leaves_a_key_it_cannot_read);
	tcase_add_test(t, setup_takes_an_answer_and_is_done_with_its_request);
	tcase_add_test(t, setup_is_done_with_an_answer_that_is_not_shown_yet);
	tcase_add_test(t, setup_has_signed_again_what_is_no_good_alone);
	tcase_add_test(t, setup_never_deletes_what_edge_ini_names);
	tcase_add_test(t, setup_refuses_requests_where_certificates_will_lie);
	tcase_add_test(t, setup_refuses_requests_among_the_certificates);
	suite_add_tcase(all, t);
	return all;
}
