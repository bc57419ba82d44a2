/* Record-Route entries: the vectors' MACs, forgeries, keys over time. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;

static void setup(void)
{
	policy_init(&p);
}

static void teardown(void)
{
	policy_fini(&p);
}

/* Between "<" and ">" as a parsed URI; borrows entry. */
static struct edge_sip_uri uri_of(const char *entry)
{
	struct edge_sip_uri u;
	size_t len = strlen(entry);

	ck_assert(entry[0] == '<' && entry[len - 1] == '>');
	ck_assert_int_eq(edge_sip_uri_parse(&u, edge_slice(entry + 1, len - 2)),
			 EDGE_OK);
	return u;
}

static enum edge_err check(const char *entry, struct acc_token *t)
{
	struct edge_sip_uri u = uri_of(entry);

	return acc_token_check(&p.view, &u, t);
}

START_TEST(token_print_gives_the_vector)
{
	static const struct {
		enum acc_token_kind kind;
		edge_handle cid;
	} rows[] = {{ACC_TOKEN_CLIENT, 0x2A00},
		    {ACC_TOKEN_INSIDE, 0x2A00},
		    {ACC_TOKEN_PARTNER, 0x7C00}};
	struct edge_slice file = sip_file("sip-route-sig.json");
	json_t *j =
		json_loadb((const char *)file.p, edge_slice_len(file), 0, NULL);
	json_t *row = json_array_get(json_object_get(j, "cases"), (size_t)_i);
	char want[1024], got[1024];

	ck_assert_ptr_nonnull(row);
	snprintf(want, sizeof(want), "<%s;ms-route-sig=%s>",
		 json_string_value(json_object_get(row, "uri")),
		 json_string_value(json_object_get(row, "ms-route-sig")));
	policy_entry(&p, rows[_i].kind, rows[_i].cid, 0, got);
	ck_assert_str_eq(got, want);
	json_decref(j);
	sip_file_free(file);
}
END_TEST

START_TEST(token_check_reads_what_print_wrote)
{
	static const enum acc_token_kind kinds[] = {
		ACC_TOKEN_CLIENT, ACC_TOKEN_INSIDE, ACC_TOKEN_PARTNER};
	static const edge_handle cids[] = {1, 0x2A00, 0xFFFFFFFF};
	static const uint32_t boots[] = {0, 1, 0x0A2B3C4D, 0xFFFFFFFF};
	char entry[1024];

	for (size_t k = 0; k < 3; k++)
		for (size_t c = 0; c < 3; c++)
			for (size_t b = 0; b < 4; b++) {
				struct acc_token t;

				policy_entry(&p, kinds[k], cids[c], boots[b],
					     entry);
				ck_assert_int_eq(check(entry, &t), EDGE_OK);
				ck_assert_int_eq(t.kind, kinds[k]);
				ck_assert_uint_eq(t.cid, cids[c]);
				ck_assert_uint_eq(t.boot, boots[b]);
			}
}
END_TEST

START_TEST(token_with_boot_is_as_the_design_writes_it)
{
	char entry[1024];

	policy_entry(&p, ACC_TOKEN_CLIENT, 0x2A00, 0x1A2B3C4D, entry);
	ck_assert_ptr_nonnull(
		strstr(entry, ";opaque=state:Ci.R2A00.1A2B3C4D;"));
	policy_entry(&p, ACC_TOKEN_CLIENT, 0x2A00, 0xC4D, entry);
	ck_assert_ptr_nonnull(
		strstr(entry, ";opaque=state:Ci.R2A00.00000C4D;"));
}
END_TEST

START_TEST(token_check_takes_a_host_in_other_letters)
{
	char entry[1024];
	struct acc_token t;

	policy_entry(&p, ACC_TOKEN_INSIDE, 0x2A00, 0, entry);
	for (char *c = strstr(entry, "edgepool"); *c != ':'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 32);
	ck_assert_ptr_nonnull(strstr(entry, "EDGEPOOL.CONTOSO.NET:5061"));
	ck_assert_int_eq(check(entry, &t), EDGE_OK);
}
END_TEST

/* Every octet that the MAC covers, changed in each bit that keeps a URI. */
START_TEST(token_check_refuses_every_changed_octet)
{
	char entry[1024], bad[1024];
	struct edge_sip_uri u;
	struct acc_token t;
	size_t tried = 0;

	policy_entry(&p, (enum acc_token_kind)_i, 0x2A00, 0xABCDEF01, entry);
	for (size_t i = 1; i < strlen(entry) - 1; i++)
		for (unsigned bit = 0; bit < 7; bit++) {
			strcpy(bad, entry);
			bad[i] = (char)(bad[i] ^ (1 << bit));
			if (edge_sip_uri_parse(
				    &u, edge_slice(bad + 1, strlen(bad) - 2)))
				continue;
			if (strcasecmp(bad, entry) == 0 &&
			    acc_token_check(&p.view, &u, &t) == EDGE_OK) {
				/* letters of the host, or the name */
				if (entry + i > strchr(entry, ':') &&
				    entry + i < strstr(entry, ";tr"))
					continue;
				ck_assert(entry + i > strstr(entry, ";ms-r"));
				ck_assert(entry + i < strstr(entry, "=k1."));
				continue;
			}
			tried++;
			ck_assert_msg(acc_token_check(&p.view, &u, &t) !=
					      EDGE_OK,
				      "%s", bad);
		}
	ck_assert_uint_gt(tried, 200);
}
END_TEST

START_TEST(token_check_ignores_what_the_mac_does_not_cover)
{
	char entry[1024], more[2048];
	struct acc_token t;

	policy_entry(&p, ACC_TOKEN_CLIENT, 0x2A00, 0, entry);
	entry[strlen(entry) - 1] = '\0';
	snprintf(more, sizeof(more), "%s;opaque=state:Ci.R9999;x=y>", entry);
	ck_assert_int_eq(check(more, &t), EDGE_OK);
	ck_assert_uint_eq(t.cid, 0x2A00);
}
END_TEST

START_TEST(token_check_tells_plain_forged_and_foreign)
{
	static const struct {
		const char *entry;
		enum edge_err want;
	} rows[] = {
		{"<sip:sip.contoso.com:443;transport=tls;lr>", EDGE_ENOTFOUND},
		{"<sip:sip.contoso.com;opaque=user:epid:x;lr>", EDGE_ENOTFOUND},
		{"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
		 "lr>",
		 EDGE_EAUTH},
		{"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
		 "lr;ms-route-sig=>",
		 EDGE_EAUTH},
		{"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
		 "lr;ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>",
		 EDGE_OK},
		{"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
		 "lr;ms-route-sig=k2.4OmxCX5tRllnhZw_-me8LQ>",
		 EDGE_EAUTH},
		{"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
		 "lr;ms-route-sig=4OmxCX5tRllnhZw_-me8LQ>",
		 EDGE_EAUTH},
		{"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
		 "ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>",
		 EDGE_EAUTH},
		{"<sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A01;"
		 "lr;ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>",
		 EDGE_EAUTH},
		{"<sip:sip.contoso.com:5061;transport=tls;opaque=state:Ci."
		 "R2A00;lr;ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>",
		 EDGE_EAUTH},
	};
	struct acc_token t;

	ck_assert_int_eq(check(rows[_i].entry, &t), rows[_i].want);
}
END_TEST

START_TEST(token_is_ours_by_host_or_ms_fe)
{
	static const struct {
		const char *entry;
		bool ours, ours_in_pool;
	} rows[] = {
		{"<sip:sip.contoso.com>", true, true},
		{"<sip:SIP.Contoso.COM:5061;lr>", true, true},
		{"<sip:sip.contoso.com:8057;lr>", false, false},
		{"<sip:edge01.contoso.net:3478>", false, false},
		{"<sip:edge01.contoso.net>", true, true},
		{"<sip:edgepool.contoso.net;ms-fe=edge01.contoso.net>", true,
		 true},
		{"<sip:vip.contoso.net;ms-fe=edge01.contoso.net>", true, true},
		{"<sip:edge02.contoso.net>", false, true},
		{"<sip:fepool.contoso.net;ms-fe=fe01.contoso.net>", false,
		 false},
		{"<sip:evil.example;ms-fe=>", false, false},
		{"<tel:+123>", false, false},
	};
	struct edge_sip_uri u = uri_of(rows[_i].entry);

	ck_assert(acc_token_is_ours(&p.view, &u) == rows[_i].ours);
	p.topo = topo_fixture_pool();
	ck_assert(acc_token_is_ours(&p.view, &u) == rows[_i].ours_in_pool);
}
END_TEST

enum { T0 = 1000000, WEEK = 7 * 86400 };

/* Two keys, the second one week later. */
static struct acc_route_keys *two_keys(void)
{
	struct acc_route_key keys[2] = {
		{.kid = "old",
		 .key = {1},
		 .not_before_s = T0,
		 .not_after_s = T0 + WEEK},
		{.kid = "new",
		 .key = {2},
		 .not_before_s = T0 + WEEK - 100,
		 .not_after_s = T0 + 2 * WEEK},
	};
	struct acc_route_keys *k;

	ck_assert_int_eq(acc_route_keys_new(&k, keys, 2), EDGE_OK);
	return k;
}

START_TEST(keys_sign_with_the_newest_and_check_48_hours_on)
{
	struct acc_route_keys *k = two_keys();
	struct acc_token t = {.kind = ACC_TOKEN_CLIENT, .cid = 7}, got;
	char old[1024], entry[1024];

	p.view.keys = k;
	p.view.wall_s = T0 - 1;
	ck_assert_int_eq(acc_token_print(&p.view, &t, old, sizeof(old)),
			 EDGE_ENOTFOUND);
	p.view.wall_s = T0;
	ck_assert_int_eq(acc_token_print(&p.view, &t, old, sizeof(old)),
			 EDGE_OK);
	ck_assert_ptr_nonnull(strstr(old, ";ms-route-sig=old."));
	p.view.wall_s = T0 + WEEK - 100;
	ck_assert_int_eq(acc_token_print(&p.view, &t, entry, sizeof(entry)),
			 EDGE_OK);
	ck_assert_ptr_nonnull(strstr(entry, ";ms-route-sig=new."));
	p.view.wall_s = T0 + WEEK + 48 * 3600;
	ck_assert_int_eq(check(old, &got), EDGE_OK);
	p.view.wall_s++;
	ck_assert_int_eq(check(old, &got), EDGE_EAUTH);
	ck_assert_int_eq(check(entry, &got), EDGE_OK);
	p.view.wall_s = T0 + WEEK - 101;
	ck_assert_int_eq(check(entry, &got), EDGE_EAUTH);
	acc_route_keys_free(k);
}
END_TEST

START_TEST(keys_loop_key_is_of_the_signing_key)
{
	struct acc_route_keys *k = two_keys(), *same = two_keys();
	const uint8_t *first = acc_route_keys_loop_key(k, T0);
	const uint8_t *second = acc_route_keys_loop_key(k, T0 + WEEK);

	ck_assert_ptr_null(acc_route_keys_loop_key(k, T0 - 1));
	ck_assert_ptr_null(acc_route_keys_loop_key(NULL, T0));
	ck_assert_int_ne(memcmp(first, second, 16), 0);
	ck_assert_mem_eq(first, acc_route_keys_loop_key(same, T0), 16);
	acc_route_keys_free(k);
	acc_route_keys_free(same);
}
END_TEST

START_TEST(keys_and_buffers_have_limits)
{
	struct acc_route_key nine[9] = {0};
	struct acc_route_keys *k = NULL;
	struct acc_token t = {.kind = ACC_TOKEN_INSIDE, .cid = 7};
	char entry[1024], small[1024];

	ck_assert_int_eq(acc_route_keys_new(&k, nine, 9), EDGE_ELIMIT);
	ck_assert_ptr_null(k);
	policy_entry(&p, ACC_TOKEN_INSIDE, 7, 0, entry);
	for (size_t cap = 0; cap <= strlen(entry); cap++)
		ck_assert_int_eq(acc_token_print(&p.view, &t, small, cap),
				 EDGE_ELIMIT);
	ck_assert_int_eq(acc_token_print(&p.view, &t, small, strlen(entry) + 1),
			 EDGE_OK);
	acc_route_keys_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_route_token");
	TCase *t = tcase_create("token");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, token_print_gives_the_vector, 0, 3);
	tcase_add_test(t, token_check_reads_what_print_wrote);
	tcase_add_test(t, token_with_boot_is_as_the_design_writes_it);
	tcase_add_test(t, token_check_takes_a_host_in_other_letters);
	tcase_add_loop_test(t, token_check_refuses_every_changed_octet, 0, 3);
	tcase_add_test(t, token_check_ignores_what_the_mac_does_not_cover);
	tcase_add_loop_test(t, token_check_tells_plain_forged_and_foreign, 0,
			    10);
	tcase_add_loop_test(t, token_is_ours_by_host_or_ms_fe, 0, 11);
	tcase_add_test(t, keys_sign_with_the_newest_and_check_48_hours_on);
	tcase_add_test(t, keys_loop_key_is_of_the_signing_key);
	tcase_add_test(t, keys_and_buffers_have_limits);
	suite_add_tcase(s, t);
	return s;
}
