/* The filter in force, and what boots. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/fw_world.h"

static struct fw_world *f;

static void setup(void)
{
	f = fw_world_new();
}

static void teardown(void)
{
	fw_world_free(f);
}

static const struct {
	struct ctl_nft_boot boot;
	const char *why, *first;
	size_t steps;
} boots[] = {
	/* clang-format off */
	{{true, true, true}, NULL, NULL, 0},
	{{true, true, false}, "nftables.service is not enabled", "systemctl enable nftables", 1},
	{{true, false, true}, "/etc/nftables.conf includes no", "echo 'include \"/etc/nftables.d/*.nft\"' >>/etc/nftables.conf", 1},
	{{true, false, false}, "/etc/nftables.conf includes no", "echo 'include \"/etc/nftables.d/*.nft\"' >>/etc/nftables.conf", 2},
	{{false, true, true}, "there is no /etc/nftables.d/lync-edge.nft", "mkdir -p /etc/nftables.d", 3},
	/* clang-format on */
};

START_TEST(fw_boot_wants_it_loaded_at_boot)
{
	f->boot = &boots[_i].boot;
	ck_assert_str_eq(fw_ids(f), boots[_i].why ? "FW-008" : "");
	ck_assert(fw_has_good(f, "at boot") == !boots[_i].why);
	if (!boots[_i].why)
		return;
	ck_assert_ptr_nonnull(strstr(f->report.finding[0].saw, boots[_i].why));
	ck_assert_uint_eq(f->report.finding[0].cure.count, boots[_i].steps);
	ck_assert_str_eq(f->report.finding[0].cure.step[0].line,
			 boots[_i].first);
}
END_TEST

/* What is not ours is loaded as its owner likes; a cure that loads ours makes
 * it stay. */
START_TEST(fw_boot_has_ours_stay)
{
	static const struct ctl_nft_boot none = {false, false, false};

	f->boot = &none;
	fw_clear(f);
	ck_assert_str_eq(fw_ids(f), "FW-001");
	ck_assert_uint_eq(f->report.finding[0].cure.count, 5);
	ck_assert_str_eq(f->report.finding[0].cure.step[4].line,
			 "systemctl enable nftables");
	fw_own_table(f, "drop", NULL);
	ck_assert_ptr_null(strstr(fw_ids(f), "FW-008"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fw_boot");
	TCase *tc = tcase_create("boot");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, fw_boot_wants_it_loaded_at_boot, 0,
			    sizeof(boots) / sizeof(*boots));
	tcase_add_test(tc, fw_boot_has_ours_stay);
	suite_add_tcase(s, tc);
	return s;
}
