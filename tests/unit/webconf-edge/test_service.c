/* webconf-edge/service.c: opened, and given new settings. */
#include "webconf-edge/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/webconf-edge/service_world.h"

/* -- open and start ----------------------------------------------------- */

START_TEST(service_pairs_a_client)
{
	start();
	pair();
	talk();
	ck_assert_ptr_eq(wce_service_topo(v), topo);
	ck_assert_uint_eq(wce_service_keys(v)->count, 1);
	ck_assert_uint_eq(wce_service_shared(v)->shard_count, 2);
	ck_assert_ptr_eq(wce_service_desk(v), v->desk);
	ck_assert(!wce_service_is_throttling(v));
	ck_assert_str_eq(wce_service_profile(v, "webconf-client"), "modern");
	ck_assert_uint_eq(
		edge_stats_sum(wce_service_stats(v), WCE_STAT_SESSIONS), 1);
	ck_assert_str_eq(v->device[0], "");
	ck_assert(heard("EDGE_EV_LISTENER_OPEN"));
	ck_assert(heard("WCE_EV_KEYS"));
	ck_assert(!heard("WCE_EV_NO_KEY"));
}
END_TEST

START_TEST(service_without_keys_says_so_and_refuses)
{
	remove_state();
	start();
	ck_assert(heard("WCE_EV_NO_KEY"));
	knock(&peer, 1, KEY_BYTE);
	ep1_take_reject(&peer, 401);
}
END_TEST

static const struct {
	const char *leaf, *more, *limits, *why;
} bads[] = {
	{"nobody", "", "", "nobody"},
	{"edge", "[trust]\ninternal_crl = /none\n", "", "/none"},
	{"edge", "", "[limits]\nwebconf.dead_s = 30\n", "webconf.dead_s"},
};
enum { BADS = sizeof(bads) / sizeof(*bads) };

START_TEST(service_does_not_open_with_bad_settings)
{
	edge_config_free(config);
	config = settings(bads[_i].leaf, bads[_i].limits);
	if (*bads[_i].more) {
		free(config->trust.internal_crl);
		config->trust.internal_crl = strdup("/none");
	}
	ck_assert_int_ne(open_it(), EDGE_OK);
	ck_assert(heard("EDGE_EV_START_FAILED"));
	ck_assert_msg(heard(bads[_i].why), "%s", heard_all());
}
END_TEST

START_TEST(service_does_not_open_with_broken_keys)
{
	char file[128];
	FILE *f;

	snprintf(file, sizeof(file), "%s/secrets/psom.keys", state);
	f = fopen(file, "w");
	ck_assert_ptr_nonnull(f);
	fputs("1 xyz\n", f);
	fclose(f);
	ck_assert_int_eq(open_it(), EDGE_EFORMAT);
	ck_assert(heard("EDGE_EV_START_FAILED"));
}
END_TEST

/* _i: which door somebody else has */
START_TEST(service_does_not_open_where_somebody_else_listens)
{
	struct edge_addr at = _i ? *inside() : *outside();
	int fd = -1;

	ck_assert_int_eq(edge_sock_listen(&fd, &at, NULL, false), EDGE_OK);
	ck_assert_int_ne(open_it(), EDGE_OK);
	ck_assert(heard("cannot listen"));
	close(fd);
}
END_TEST

/* -- reload ------------------------------------------------------------- */

START_TEST(service_takes_new_settings)
{
	start();
	pair();
	write_keys(2, NEXT_BYTE);
	other = settings("next", "[limits]\nwebconf.sessions = 77\n");
	ck_assert_msg(wce_service_reload(v, other, why, sizeof(why)) == EDGE_OK,
		      "%s", why);
	ck_assert_uint_eq(wce_limit(wce_service_shared(v), WCE_LIMIT_SESSIONS),
			  77);
	knock(&second, 2, NEXT_BYTE);
	ck_assert_str_eq(edge_conn_peer(second.conn)->names[0],
			 "next.contoso.com");
	talk();
}
END_TEST

START_TEST(service_keeps_its_settings_when_new_ones_will_not_do)
{
	start();
	other = settings("nobody", "[limits]\nwebconf.sessions = 77\n");
	ck_assert_int_ne(wce_service_reload(v, other, why, sizeof(why)),
			 EDGE_OK);
	ck_assert_ptr_nonnull(strstr(why, "nobody"));
	ck_assert_uint_eq(wce_limit(wce_service_shared(v), WCE_LIMIT_SESSIONS),
			  4000);
	pair();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service");
	TCase *c = service_case(s, "service");

	tcase_add_test(c, service_pairs_a_client);
	tcase_add_test(c, service_without_keys_says_so_and_refuses);
	tcase_add_loop_test(c, service_does_not_open_with_bad_settings, 0,
			    BADS);
	tcase_add_test(c, service_does_not_open_with_broken_keys);
	tcase_add_loop_test(
		c, service_does_not_open_where_somebody_else_listens, 0, 2);
	tcase_add_test(c, service_takes_new_settings);
	tcase_add_test(c, service_keeps_its_settings_when_new_ones_will_not_do);
	return s;
}
