/* What a nftables.conf includes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

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

Suite *test_suite(void)
{
	Suite *s = suite_create("nft_boot");
	TCase *tc = tcase_create("conf");

	tcase_add_loop_test(tc, nft_boot_knows_what_is_included, 0,
			    sizeof(rows) / sizeof(*rows));
	suite_add_tcase(s, tc);
	return s;
}
