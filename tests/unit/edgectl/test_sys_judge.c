/* /proc as the kernel writes it, and limits as status has them. */
#include "edgectl/sys_judge.h"

#include <check.h>
#include <jansson.h>
#include <string.h>

#include "tests/support/suite.h"

static const char limits[] =
	"Limit                     Soft Limit           Hard Limit"
	"           Units     \n"
	"Max processes             127593               127593"
	"               processes \n"
	"Max open files            1024                 524288"
	"               files     \n";

static const char owner[] = "Name:\tav-edge\nUmask:\t0077\nState:\tS\n"
			    "Uid:\t0\t997\t997\t997\nGid:\t997\t997\t997\t997\n"
			    "CapInh:\t0000000000000000\n"
			    "CapEff:\t0000000000000400\n";

START_TEST(sys_reads_the_soft_limit_of_files)
{
	uint64_t n = 0;

	ck_assert(ctl_sys_files(&n, edge_slice_str(limits)));
	ck_assert_uint_eq(n, 1024);
	ck_assert(ctl_sys_files(&n, edge_slice_str("Max open files  unlimited "
						   "unlimited files")));
	ck_assert_uint_eq(n, UINT64_MAX);
	ck_assert(!ctl_sys_files(&n, edge_slice_str("Max processes 1 1 x\n")));
	ck_assert(!ctl_sys_files(&n, edge_slice_str("Max open files\n")));
	ck_assert(!ctl_sys_files(&n, edge_slice_str("")));
}
END_TEST

START_TEST(sys_reads_whose_a_process_is)
{
	struct ctl_sys_owner o = {0};

	ck_assert(ctl_sys_owner(&o, edge_slice_str(owner)));
	ck_assert_uint_eq(o.uid, 997);
	ck_assert(o.may_bind);
	ck_assert(ctl_sys_owner(&o, edge_slice_str("Uid:\t0\t0\t0\t0\n"
						   "CapEff:\t000000000000"
						   "0000\n")));
	ck_assert_uint_eq(o.uid, 0);
	ck_assert(!o.may_bind);
	ck_assert(!ctl_sys_owner(&o, edge_slice_str("Uid:\t0\t0\t0\t0\n")));
	ck_assert(!ctl_sys_owner(&o, edge_slice_str("Uid:\t0\t0\t0\t0\n"
						    "CapEff:\tx\n")));
}
END_TEST

static const struct {
	enum ctl_daemon daemon;
	const char *names[3];
	int values[3];
	uint64_t wanted;
} services[] = {
	{CTL_ACCESS,
	 {"access.connections", "access.inside_connections",
	  "access.partner_connections"},
	 {2000, 100, 10},
	 2000 + 100 + 10 + 1024},
	{CTL_WEBCONF, {"webconf.sessions"}, {1000}, 2 * 1000 + 1024},
	{CTL_AV, {"av.allocations"}, {5000}, 5000 + 1024},
	{CTL_AV, {"av.other"}, {5000}, 0},
	{CTL_REPLICA, {"replica.x"}, {1}, 0},
};

START_TEST(sys_wants_files_by_the_limits)
{
	json_t *list = json_array(), *o = json_pack("{s:o}", "limits", list);

	for (size_t i = 0; i < 3 && services[_i].names[i]; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:i}", "name",
						services[_i].names[i], "value",
						services[_i].values[i]));
	ck_assert_uint_eq(ctl_sys_files_wanted(services[_i].daemon, o),
			  services[_i].wanted);
	json_decref(o);
	ck_assert_uint_eq(ctl_sys_files_wanted(services[_i].daemon, NULL), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/sys_judge");
	TCase *t = tcase_create("sys");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, sys_reads_the_soft_limit_of_files);
	tcase_add_test(t, sys_reads_whose_a_process_is);
	tcase_add_loop_test(t, sys_wants_files_by_the_limits, 0,
			    sizeof(services) / sizeof(*services));
	suite_add_tcase(s, t);
	return s;
}
