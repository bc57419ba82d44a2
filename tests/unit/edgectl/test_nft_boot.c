/* What a nftables.conf includes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edgectl/nft_boot.h"
#include "tests/support/suite.h"

static const struct {
	const char *conf;
	bool want;
} rows[] = {
	/* clang-format off */
	{"", false},
	{"#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\n}\n", false},
	{"flush ruleset\ninclude \"/etc/nftables.d/*.nft\"\n", true},
	{"include \"/etc/nftables.d/lync-edge.nft\"", true},
	{"  include  '/etc/nftables.d/lync-*.nft'  \n", true},
	{"include \"nftables.d/*.nft\"", true},
	{"#include \"/etc/nftables.d/*.nft\"\n", false},
	{"include \"/etc/nftables.d/*.conf\"\n", false},
	{"include \"/etc/*.nft\"\n", false},
	{"include \"/etc/nftables.d/other.nft\"\n", false},
	{"include \"/etc/nftables.d/*.nft\"\nflush ruleset\n", false},
	{"include \"/etc/nftables.d/*.nft", false},
	{"include \"\"\n", false},
	{"include", false},
	{"include \n", false},
	{"includes \"/etc/nftables.d/*.nft\"\n", false},
	/* clang-format on */
};

START_TEST(nft_boot_knows_what_is_included)
{
	/* of its own size, so that a sanitizer sees what is read behind it */
	size_t len = strlen(rows[_i].conf);
	char *text = malloc(len ? len : 1);

	memcpy(text, rows[_i].conf, len);
	ck_assert(ctl_nft_boot_includes(edge_slice(text, len),
					"/etc/nftables.d/lync-edge.nft") ==
		  rows[_i].want);
	free(text);
}
END_TEST

/* As systemctl says it: links alone are there of a masked unit, too. */
START_TEST(nft_boot_asks_systemd_whether_it_is_enabled)
{
	static const struct {
		const char *said;
		bool want;
	} units[] = {{"enabled", true}, {"disabled", false}, {"masked", false}};
	char folder[] = "/tmp/edge-boot-XXXXXX", program[64], path[128];
	struct ctl_nft_boot b;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(program, sizeof(program), "%s/systemctl", folder);
	(void)snprintf(path, sizeof(path), "%s:/usr/bin:/bin", folder);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		FILE *f = fopen(program, "w");

		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fprintf(f,
					 "#!/bin/sh\ntest \"$*\" = 'is-enabled "
					 "nftables.service' && echo %s\n",
					 units[i].said),
				 0);
		ck_assert_int_eq(fclose(f), 0);
		ck_assert_int_eq(chmod(program, 0755), 0);
		ck_assert(ctl_nft_boot_read(&b));
		ck_assert_msg(b.is_enabled == units[i].want, "%s",
			      units[i].said);
	}
	ck_assert_int_eq(unlink(program), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("nft_boot");
	TCase *tc = tcase_create("conf");

	tcase_add_loop_test(tc, nft_boot_knows_what_is_included, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(tc, nft_boot_asks_systemd_whether_it_is_enabled);
	suite_add_tcase(s, tc);
	return s;
}
