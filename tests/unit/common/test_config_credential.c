/* key = credential:NAME: where it is looked for, and what is said when systemd
 * gave none. */
#include <string.h>

#include "common/config.h"
#include "tests/support/suite.h"

static struct edge_config *parse(const char *text)
{
	struct edge_config *c = NULL;
	char why[200] = "";

	ck_assert_int_eq(edge_config_parse(&c, edge_slice_str(text), NULL, why,
					   sizeof(why)),
			 EDGE_OK);
	return c;
}

START_TEST(config_credentials_are_files_of_a_folder)
{
	struct edge_config *c = parse("[certificate.turn]\n"
				      "chain = /c\n"
				      "key = credential:lync-edge.Turn_1.key\n"
				      "[certificate.access]\n"
				      "chain = /a\n"
				      "key = /k\n");
	char **turn = &c->certificate[EDGE_CERT_TURN].key;
	char why[200];

	ck_assert_str_eq(edge_config_credential(*turn), "lync-edge.Turn_1.key");
	ck_assert_ptr_null(
		edge_config_credential(c->certificate[EDGE_CERT_ACCESS].key));
	ck_assert_ptr_null(edge_config_credential(NULL));
	ck_assert_int_eq(edge_config_find_credentials(c, NULL), EDGE_OK);
	ck_assert_int_eq(edge_config_want_certificate(c, EDGE_CERT_TURN, why,
						      sizeof(why)),
			 EDGE_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(why, "LoadCredential"));
	ck_assert_int_eq(edge_config_find_credentials(c, "/run/c"), EDGE_OK);
	ck_assert_str_eq(*turn, "/run/c/lync-edge.Turn_1.key");
	ck_assert_str_eq(c->certificate[EDGE_CERT_ACCESS].key, "/k");
	ck_assert_int_eq(edge_config_want_certificate(c, EDGE_CERT_TURN, why,
						      sizeof(why)),
			 EDGE_OK);
	edge_config_free(c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("config_credential");
	TCase *t = tcase_create("credential");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, config_credentials_are_files_of_a_folder);
	suite_add_tcase(s, t);
	return s;
}
