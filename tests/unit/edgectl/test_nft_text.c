/* Rules as words. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "edgectl/nft_text.h"
#include "tests/support/suite.h"

static const char *text_of(const char *expr)
{
	static char text[200];
	json_t *o = json_loads(expr, JSON_DECODE_ANY, NULL);

	ck_assert_msg(o, "%s", expr);
	ctl_nft_text(text, sizeof(text), o);
	json_decref(o);
	return text;
}

START_TEST(nft_text_is_as_an_administrator_writes_it)
{
	static const char *const rows[][2] = {
		{"[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		 "\"protocol\":\"tcp\",\"field\":\"dport\"}},\"right\":443}},"
		 "{\"drop\":null}]",
		 "tcp dport 443 drop"},
		{"[{\"match\":{\"op\":\"!=\",\"left\":{\"meta\":{\"key\":"
		 "\"iifname\"}},\"right\":\"ext\"}},{\"jump\":{\"target\":"
		 "\"in\"}}]",
		 "iifname != ext jump in"},
		{"[{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":"
		 "\"state\"}},\"right\":[\"established\",\"related\"]}},"
		 "{\"accept\":null}]",
		 "ct state { established, related } accept"},
		{"[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{"
		 "\"protocol\":\"ip\",\"field\":\"saddr\"}},\"right\":{\"set\":"
		 "[{\"prefix\":{\"addr\":\"10.0.0.0\",\"len\":8}},{\"range\":"
		 "[\"1.1.1.1\",\"1.1.1.9\"]}]}}},{\"counter\":{\"packets\":1}},"
		 "{\"reject\":{\"type\":\"tcp reset\"}}]",
		 "ip saddr { 10.0.0.0/8, 1.1.1.1-1.1.1.9 } counter reject"},
		{"[{\"limit\":{\"rate\":3}},{\"log\":null}]", "limit log"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(text_of(rows[i][0]), rows[i][1]);
}
END_TEST

START_TEST(nft_text_takes_anything)
{
	static const char *const rows[][2] = {
		{"null", ""},
		{"{}", ""},
		{"[]", ""},
		{"[1,\"x\",null]", ""},
		{"[{\"match\":null}]", "... ? ..."},
		{"[{\"match\":{\"op\":7,\"left\":[],\"right\":{\"range\":[1]}}"
		 "}]",
		 "... ? 1-..."},
		{"[{\"match\":{\"op\":\"==\",\"left\":{\"payload\":3},"
		 "\"right\":{\"prefix\":{}}}}]",
		 "? ? .../..."},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(text_of(rows[i][0]), rows[i][1]);
}
END_TEST

START_TEST(nft_text_is_cut_at_its_room)
{
	json_t *o = json_loads("[{\"accept\":null},{\"drop\":null}]", 0, NULL);
	char text[12];

	for (size_t cap = 1; cap <= sizeof(text); cap++) {
		ctl_nft_text(text, cap, o);
		ck_assert_uint_lt(strlen(text), cap);
		ck_assert(!strncmp(text, "accept drop", strlen(text)));
	}
	ctl_nft_text(text, sizeof(text), o);
	ck_assert_str_eq(text, "accept drop");
	json_decref(o);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/nft_text");
	TCase *t = tcase_create("text");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, nft_text_is_as_an_administrator_writes_it);
	tcase_add_test(t, nft_text_takes_anything);
	tcase_add_test(t, nft_text_is_cut_at_its_room);
	suite_add_tcase(s, t);
	return s;
}
