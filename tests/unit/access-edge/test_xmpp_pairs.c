/* access-edge/xmpp_pairs.c: whom a stream may speak for. */
#include "access-edge/xmpp_pairs.h"

#include <stdio.h>

#include "tests/support/suite.h"

START_TEST(pairs_of_a_key_are_for_one_of_ours)
{
	struct acc_xmpp_pairs p = {0};
	struct acc_xmpp_pair *one =
		acc_xmpp_pairs_add(&p, "fabrikam.com", "contoso.com");

	ck_assert_ptr_null(
		acc_xmpp_pairs_speaker(&p, "fabrikam.com", "contoso.com"));
	one->is_proved = true;
	ck_assert_ptr_eq(
		acc_xmpp_pairs_speaker(&p, "fabrikam.com", "contoso.com"), one);
	ck_assert_ptr_null(
		acc_xmpp_pairs_speaker(&p, "fabrikam.com", "contoso.net"));
	ck_assert_ptr_null(
		acc_xmpp_pairs_speaker(&p, "litware.com", "contoso.com"));
}
END_TEST

START_TEST(pairs_of_a_certificate_are_for_all_of_ours)
{
	struct acc_xmpp_pairs p = {0};
	struct acc_xmpp_pair *one =
		acc_xmpp_pairs_add(&p, "fabrikam.com", "contoso.com");

	one->is_proved = one->is_external = true;
	/* a key that was not believed takes nothing away */
	acc_xmpp_pairs_add(&p, "fabrikam.com", "contoso.net");
	ck_assert_ptr_eq(
		acc_xmpp_pairs_speaker(&p, "fabrikam.com", "contoso.net"), one);
	ck_assert_ptr_null(
		acc_xmpp_pairs_speaker(&p, "litware.com", "contoso.com"));
}
END_TEST

START_TEST(pairs_are_so_many)
{
	struct acc_xmpp_pairs p = {0};
	char domain[32];

	for (int i = 0; i < ACC_XMPP_PAIRS; i++) {
		snprintf(domain, sizeof(domain), "d%d.example", i);
		ck_assert_ptr_nonnull(
			acc_xmpp_pairs_add(&p, domain, "contoso.com"));
	}
	ck_assert_ptr_null(acc_xmpp_pairs_add(&p, "x.example", "contoso.com"));
	ck_assert_ptr_eq(acc_xmpp_pairs_add(&p, "d3.example", "contoso.com"),
			 &p.all[3]);
	ck_assert_ptr_null(acc_xmpp_pairs_asked(&p, 0));
	p.all[3].question = 7;
	ck_assert_ptr_eq(acc_xmpp_pairs_asked(&p, 7), &p.all[3]);
	acc_xmpp_pairs_drop(&p, &p.all[3]);
	ck_assert_ptr_null(acc_xmpp_pairs_asked(&p, 7));
	ck_assert_ptr_nonnull(
		acc_xmpp_pairs_add(&p, "x.example", "contoso.com"));
	ck_assert_uint_eq(p.count, ACC_XMPP_PAIRS);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("xmpp_pairs");
	TCase *t = tcase_create("pairs");

	tcase_add_test(t, pairs_of_a_key_are_for_one_of_ours);
	tcase_add_test(t, pairs_of_a_certificate_are_for_all_of_ours);
	tcase_add_test(t, pairs_are_so_many);
	suite_add_tcase(s, t);
	return s;
}
