/* common/crl_refresh.c: from a handshake to a peer that is revoked, over a web
 * server. */
#include "common/crl_refresh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/peer.h"
#include "common/revocation.h"
#include "tests/support/shown_peer.h"
#include "tests/support/suite.h"
#include "tests/unit/common/fetch_world.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n\r\n"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, LIST_MAX = 1 << 16 };

static const struct fake_http_row rows[] = {
	{"/ca.crl", OK_HEAD, NULL, 0, false, false},
	{"/bad.crl", OK_HEAD, "<html>", 0, false, false},
};

static struct fetch_world w;
static struct certs *certs;
static struct edge_revocation *store;
static struct edge_fetch *fetch;
static struct edge_crl_refresh *refresh;
static struct edge_peer peer;
static uint8_t lists[2][LIST_MAX];
static int64_t clock_s;
static unsigned told;
static struct edge_crl_news last;
static char last_url[FETCH_WORLD_TEXT];

static int64_t wall_s(void)
{
	return clock_s;
}

static void on_told(const struct edge_crl_news *n, void *arg)
{
	ck_assert_ptr_eq(arg, &told);
	told++;
	last = *n;
	snprintf(last_url, sizeof(last_url), "%s", n->url);
	edge_loop_stop(w.loop);
}

static void setup(void)
{
	fetch_world_open(&w, rows, sizeof(rows) / sizeof(rows[0]));
	certs = certs_new();
	certs_make_usual(certs);
	clock_s = time(NULL);
	told = 0;
	memset(&peer, 0, sizeof(peer));
	ck_assert_int_eq(edge_revocation_new(
				 &store, &(struct edge_revocation_limits){0}),
			 EDGE_OK);
	ck_assert_int_eq(
		edge_fetch_new(&fetch,
			       &(struct edge_fetch_plan){.get = w.plan}),
		EDGE_OK);
	ck_assert_int_eq(edge_crl_refresh_new(&refresh,
					      &(struct edge_crl_refresh_plan){
						      .loop = w.loop,
						      .store = store,
						      .fetch = fetch,
						      .period_ms = 10,
						      .wall_s = wall_s,
						      .told = on_told,
						      .arg = &told,
					      }),
			 EDGE_OK);
}

static void teardown(void)
{
	edge_peer_fini(&peer);
	edge_fetch_free(fetch);
	edge_crl_refresh_free(refresh);
	edge_revocation_free(store);
	certs_free(certs);
	fetch_world_close(&w);
}

/* The peer that shows a certificate whose list is at that URL. */
static void see(const char *url)
{
	char cdp[FETCH_WORLD_TEXT];

	snprintf(cdp, sizeof(cdp), "URI:%s", url);
	shown_peer(&peer, certs, "DNS:a.b", cdp);
	ck_assert_int_eq(peer.fault, EDGE_PEER_FINE);
}

/* The server has another list from now on. */
static void publish(int i, const char *revoked)
{
	FILE *f;
	size_t len;

	certs_list(certs, "list",
		   &(struct list_spec){.ca = "ca",
				       .revoked = revoked,
				       .this_s = -HOUR_S + i,
				       .next_s = DAY_S,
				       .as_der = true});
	f = fopen(certs_path(certs, "list"), "r");
	ck_assert_ptr_nonnull(f);
	len = fread(lists[i], 1, LIST_MAX, f);
	fclose(f);
	fake_http_change(w.web, &(struct fake_http_row){.path = "/ca.crl",
							.head = OK_HEAD,
							.body = lists[i],
							.body_len = len});
}

static enum edge_revocation_verdict ask(void)
{
	return edge_revocation_check(store, &peer, clock_s);
}

static bool has_told(void *arg)
{
	return told >= *(const unsigned *)arg;
}

static void wait_told(unsigned count)
{
	turns_until(w.loop, has_told, &count, FETCH_WORLD_MS, "news");
}

START_TEST(refresh_fetches_what_a_handshake_wants_and_keeps_it_current)
{
	const char *url =
		fetch_world_url(&w, "http://web.example.com:%u/ca.crl");
	uint64_t seen = edge_revocation_generation(store);

	publish(0, NULL);
	see(url);
	ck_assert_int_eq(ask(), EDGE_REVOCATION_UNKNOWN);
	wait_told(1);
	ck_assert_int_eq(last.err, EDGE_OK);
	ck_assert_uint_eq(last.status, 200);
	ck_assert_str_eq(last_url, url);
	ck_assert_int_eq(ask(), EDGE_REVOCATION_GOOD);
	ck_assert_uint_ne(edge_revocation_generation(store), seen);
	seen = edge_revocation_generation(store);

	publish(1, "peer"); /* while the connection lives */
	clock_s += 13 * HOUR_S;
	wait_told(2);
	ck_assert_int_eq(last.err, EDGE_OK);
	ck_assert_uint_ne(edge_revocation_generation(store), seen);
	ck_assert_int_eq(ask(), EDGE_REVOCATION_REVOKED);
	ck_assert_uint_eq(fake_http_asked(w.web), 2);
}
END_TEST

START_TEST(refresh_tells_of_failures_and_tries_again)
{
	see(fetch_world_url(&w, "http://web.example.com:%u/ca.crl"));
	fake_http_change(w.web, &(struct fake_http_row){
					.path = "/ca.crl",
					.head = "HTTP/1.1 503 Busy\r\n\r\n"});
	ask();
	wait_told(1);
	ck_assert_int_eq(last.err, EDGE_EREFUSED);
	ck_assert_uint_eq(last.status, 503);
	turns_for(w.loop, 50);
	ck_assert_uint_eq(told, 1); /* not at once */
	clock_s += 60;
	publish(0, "peer");
	wait_told(2);
	ck_assert_int_eq(ask(), EDGE_REVOCATION_REVOKED);
}
END_TEST

static const struct {
	const char *format;
	enum edge_err err;
	unsigned status;
} failures[] = {
	{"http://web.example.com:%u/bad.crl", EDGE_EFORMAT, 200},
	{"http://web.example.com:%u/none.crl", EDGE_EREFUSED, 404},
	{"http://no.example.com:%u/ca.crl", EDGE_EDNS, 0},
	{"http://fe01.inside.com:%u/ca.crl", EDGE_EDENIED, 0},
	{"http://127.1:%u/ca.crl", EDGE_EFORMAT, 0},
};

START_TEST(refresh_says_why_a_list_is_not_there)
{
	struct edge_revocation_row row;

	see(fetch_world_url(&w, failures[_i].format));
	ask();
	wait_told(1);
	ck_assert_str_eq(edge_err_name(last.err),
			 edge_err_name(failures[_i].err));
	ck_assert_uint_eq(last.status, failures[_i].status);
	ck_assert_uint_eq(edge_revocation_rows(store, &row, 1, clock_s), 1);
	ck_assert_int_eq(row.why, failures[_i].err);
	ck_assert_int_eq(row.due_s, clock_s + 60);
	ck_assert_int_eq(ask(), EDGE_REVOCATION_UNKNOWN);
}
END_TEST

START_TEST(refresh_ends_while_a_list_is_under_way)
{
	fake_http_change(w.web, &(struct fake_http_row){.path = "/ca.crl",
							.is_held = true});
	see(fetch_world_url(&w, "http://web.example.com:%u/ca.crl"));
	ask();
	turns_for(w.loop, 50);
	ck_assert_uint_eq(told, 0);
	edge_crl_refresh_free(NULL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("crl_refresh");
	TCase *t = tcase_create("refresh");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(
		t, refresh_fetches_what_a_handshake_wants_and_keeps_it_current);
	tcase_add_test(t, refresh_tells_of_failures_and_tries_again);
	tcase_add_loop_test(t, refresh_says_why_a_list_is_not_there, 0,
			    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(t, refresh_ends_while_a_list_is_under_way);
	suite_add_tcase(s, t);
	return s;
}
