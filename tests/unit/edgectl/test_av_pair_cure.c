/* One pair of A/V authentication in a pool: what is printed can be run. */
#include "edgectl/av_pair_cure.h"

#include <string.h>

#include "tests/support/suite.h"

static struct ctl_cure cure;

static void setup(void)
{
	cure = (struct ctl_cure){0};
}

static void lines(enum ctl_hands hands, const char *const *want, size_t n)
{
	ck_assert_uint_eq(cure.count, n);
	for (size_t i = 0; i < n; i++) {
		ck_assert_str_eq(cure.step[i].line, want[i]);
		ck_assert_int_eq(cure.step[i].hands, hands);
	}
}

START_TEST(av_pair_is_one_for_all_members)
{
	static const char *const want[] = {
		"scp -3 -p edge01.x:/a/av-chain.pem edge01.x:/a/av.key "
		"edge02.x:/root/ # from where both can be reached",
		"edgectl cert assign av-auth --now --chain /root/av-chain.pem "
		"--key /root/av.key",
		"rm /root/av-chain.pem /root/av.key",
	};
	const struct ctl_av_pair p = {.host = "edge01.x",
				      .chain = "/a/av-chain.pem",
				      .key = "/a/av.key",
				      .is_now = true};

	ctl_av_pair_share(&cure, &p, "edge02.x");
	lines(CTL_ON_MEMBER, want, 3);
}
END_TEST

START_TEST(av_pair_that_is_good_is_staged)
{
	static const char *const want[] = {
		"edgectl --config x cert stage --use av-auth --chain '/a b/c' "
		"--key no-folder.key --effective 2026-12-01T00:00:00Z",
	};
	const struct ctl_av_pair p = {.chain = "/a b/c",
				      .key = "no-folder.key",
				      .effective = "2026-12-01T00:00:00Z"};

	ctl_av_pair_use(&cure, CTL_ON_EDGE, "edgectl --config x", &p);
	lines(CTL_ON_EDGE, want, 1);
}
END_TEST

/* The names of its files are the member's to know: they take turns. */
START_TEST(av_pair_of_a_member_is_named_by_it)
{
	ctl_av_pair_fetch(&cure, "edgectl", "edge02.x", "edge01.x");
	ck_assert_uint_eq(cure.count, 4);
	ck_assert_int_eq(cure.step[0].hands, CTL_ON_MEMBER);
	ck_assert_str_eq(
		cure.step[0].line,
		"edgectl cert list # at edge02.x: CHAIN and KEY of av-auth");
	ck_assert_str_eq(cure.step[1].line,
			 "scp -3 -p edge02.x:CHAIN edge02.x:KEY "
			 "edge01.x:/root/ # from where both can be reached");
	ck_assert_str_eq(cure.step[2].line,
			 "edgectl cert assign av-auth --now --chain "
			 "/root/CHAIN --key /root/KEY");
	ck_assert_str_eq(cure.step[3].line, "rm /root/CHAIN /root/KEY");
}
END_TEST

START_TEST(av_pair_that_nobody_should_paste_is_left_out)
{
	const struct ctl_av_pair p = {
		.host = "edge01.x", .chain = "/a/\n", .key = "/a/k"};

	ctl_av_pair_share(&cure, &p, "edge02.x");
	ctl_av_pair_use(&cure, CTL_ON_EDGE, "edgectl", &p);
	ck_assert_uint_eq(cure.count, 0);
	ck_assert_uint_eq(cure.left_out, 2);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/av_pair_cure");
	TCase *t = tcase_create("pairs");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, av_pair_is_one_for_all_members);
	tcase_add_test(t, av_pair_that_is_good_is_staged);
	tcase_add_test(t, av_pair_of_a_member_is_named_by_it);
	tcase_add_test(t, av_pair_that_nobody_should_paste_is_left_out);
	suite_add_tcase(s, t);
	return s;
}
