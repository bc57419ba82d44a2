/* The closed list, and the small texts beside it. */
#include <ctype.h>
#include <string.h>

#include "access-edge/diagnostics.h"
#include "access-edge/host.h"
#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

START_TEST(reason_names_are_unique_labels)
{
	for (int a = 0; a < ACC_REASON_COUNT; a++) {
		const char *name = acc_reason_name((enum acc_reason)a);

		ck_assert_uint_gt(strlen(name), 1);
		for (const char *c = name; *c; c++)
			ck_assert_msg(islower(*c) || *c == '_', "%s", name);
		for (int b = 0; b < a; b++)
			ck_assert_str_ne(name,
					 acc_reason_name((enum acc_reason)b));
	}
}
END_TEST

START_TEST(reason_texts_fit_into_a_quoted_string)
{
	for (int a = 0; a < ACC_REASON_COUNT; a++) {
		const char *text = acc_reason_text((enum acc_reason)a);

		ck_assert_ptr_null(strpbrk(text, "\"\\\r\n"));
		ck_assert_uint_ge(strlen(text), 2);
	}
}
END_TEST

START_TEST(reason_status_has_a_phrase_and_an_id)
{
	for (int a = 1; a < ACC_REASON_COUNT; a++) {
		unsigned status = acc_reason_status((enum acc_reason)a);
		unsigned errid = acc_reason_errid((enum acc_reason)a);

		ck_assert_uint_ge(errid, 1000); /* AE 4.2: the SIP stack's */
		ck_assert_uint_lt(errid, 2000);
		if (status == 0)
			continue;
		ck_assert_uint_ge(status, 400);
		ck_assert_str_ne(acc_reason_phrase(status), "Error");
	}
	ck_assert_str_eq(acc_reason_phrase(504), "Server time-out");
	ck_assert_str_eq(acc_reason_phrase(299), "Error");
}
END_TEST

START_TEST(reason_outside_the_list_is_internal)
{
	enum acc_reason odd = (enum acc_reason)(ACC_REASON_COUNT + 7);

	ck_assert_str_eq(acc_reason_name(odd), "internal");
	ck_assert_uint_eq(acc_reason_status(odd), 500);
}
END_TEST

START_TEST(role_names_and_partners)
{
	static const char *const names[] = {"USR", "INT", "DIR", "DSC",
					    "HST", "PIC", "CLR", "?"};

	for (int r = 0; r <= ACC_ROLE_COUNT; r++)
		ck_assert_str_eq(acc_role_name((enum acc_role)r), names[r]);
	for (int r = 0; r < ACC_ROLE_COUNT; r++)
		ck_assert(acc_role_is_partner((enum acc_role)r) == (r >= 2));
}
END_TEST

START_TEST(host_reads_literals_only)
{
	static const struct {
		const char *host;
		bool is_addr;
	} rows[] = {
		{"198.51.100.77", true},
		{"[2001:db8::1]", true},
		{"[::ffff:198.51.100.77]", true},
		{"2001:db8::1", false},
		{"[2001:db8::1", false},
		{"[]", false},
		{"", false},
		{"1.2.3", false},
		{"1.2.3.4.example.com", false},
		{"a.b", false},
		{"fe01.contoso.net", false},
	};
	struct edge_addr a;

	if (rows[_i].host[0] == '2') /* libre text: SIP wants brackets */
		ck_assert(acc_host_addr(&a, edge_slice_str("[2001:db8::1]")));
	else
		ck_assert(acc_host_addr(&a, edge_slice_str(rows[_i].host)) ==
			  rows[_i].is_addr);
}
END_TEST

START_TEST(host_compares_without_port)
{
	struct edge_addr a;

	ck_assert_int_eq(
		edge_addr_parse(&a, edge_slice_str("198.51.100.77"), 99),
		EDGE_OK);
	ck_assert(acc_host_is_ip(edge_slice_str("198.51.100.77"), &a));
	ck_assert(acc_host_is_ip(edge_slice_str("[::ffff:198.51.100.77]"), &a));
	ck_assert(!acc_host_is_ip(edge_slice_str("198.51.100.78"), &a));
	ck_assert(!acc_host_is_ip(edge_slice_str("h.ost"), &a));
}
END_TEST

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

	acc_diagnostics_put_silent(&w, &v, (enum acc_role)_i);
	edge_put_u8(&w, 0);
	strcat(want, ids[_i]);
	ck_assert_int_eq(strncmp(text, want, strlen(want)), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_reason");
	TCase *t = tcase_create("texts");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, reason_names_are_unique_labels);
	tcase_add_test(t, reason_texts_fit_into_a_quoted_string);
	tcase_add_test(t, reason_status_has_a_phrase_and_an_id);
	tcase_add_test(t, reason_outside_the_list_is_internal);
	tcase_add_test(t, role_names_and_partners);
	tcase_add_loop_test(t, host_reads_literals_only, 0, 11);
	tcase_add_test(t, host_compares_without_port);
	tcase_add_test(t, diagnostics_show_detail_to_the_inside_only);
	tcase_add_loop_test(t, diagnostics_for_silent_peers_by_role, 0,
			    ACC_ROLE_COUNT);
	suite_add_tcase(s, t);
	return s;
}
