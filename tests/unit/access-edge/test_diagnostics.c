/* access-edge/diagnostics.c: what is told, and to whom. */
#include "access-edge/diagnostics.h"

#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

START_TEST(diagnostics_show_detail_to_the_inside_only)
{
	struct topo topo = topo_fixture();
	struct acc_view v = {.topo = &topo};
	char text[512];
	struct edge_put w = edge_put(text, sizeof(text));

	acc_diagnostics_put(&w, &v, ACC_ROLE_INT, ACC_REASON_NEXT_HOP_TLS,
			    ";fqdn=\"fe01\"");
	ck_assert(edge_slice_eq_str(
		edge_put_done(&w),
		"ms-diagnostics: 1010;reason=\"Certificate trust with the next "
		"hop failed\";fqdn=\"fe01\";source=\"sip.contoso.com\""));
	w = edge_put(text, sizeof(text));
	acc_diagnostics_put(&w, &v, ACC_ROLE_USR, ACC_REASON_NEXT_HOP_TLS,
			    ";fqdn=\"fe01\"");
	ck_assert(edge_slice_eq_str(
		edge_put_done(&w),
		"ms-diagnostics-public: 1010;reason=\"Certificate trust with "
		"the next hop failed\";source=\"sip.contoso.com\""));
}
END_TEST

START_TEST(diagnostics_for_silent_peers_by_role)
{
	static const char *const ids[ACC_ROLE_COUNT] = {
		"1037", "1033", "1034", "1034", "1036", "1035", "1034"};
	struct topo topo = topo_fixture();
	struct acc_view v = {.topo = &topo};
	char text[512], want[64] = "ms-diagnostics: ";
	struct edge_put w = edge_put(text, sizeof(text));

	acc_diagnostics_put_silent(&w, &v, (enum acc_role)_i, NULL);
	edge_put_u8(&w, 0);
	strcat(want, ids[_i]);
	ck_assert_int_eq(strncmp(text, want, strlen(want)), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("diagnostics");
	TCase *t = tcase_create("diagnostics");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, diagnostics_show_detail_to_the_inside_only);
	tcase_add_loop_test(t, diagnostics_for_silent_peers_by_role, 0,
			    ACC_ROLE_COUNT);
	suite_add_tcase(s, t);
	return s;
}
