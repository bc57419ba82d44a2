/* common/fetch_get.c: against a server and a resolver of our own. */
#include "common/fetch_get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/common/fetch_world.h"

enum { LARGE = 300000 };

#define OK_HEAD	  "HTTP/1.1 200 OK\r\n"
#define LEADS(to) "HTTP/1.1 302 Found\r\nLocation: " to "\r\n\r\n"

static char large[LARGE + 1];
static char leads[3][FETCH_WORLD_TEXT];

/* clang-format off */
static const struct fake_http_row rows[] = {
	{"/hello", OK_HEAD "Content-Length: 5\r\n\r\n", "hello", 0, false, false},
	{"/hello?q=1", OK_HEAD "Content-Length: 1\r\n\r\n", "q", 0, false, false},
	{"/chunked", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n",
	 "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 0, true, false},
	{"/close", OK_HEAD "\r\n", "hello", 0, false, false},
	{"/slow", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n",
	 "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 0, true, true},
	{"/empty", OK_HEAD "Content-Length: 0\r\n\r\n", NULL, 0, true, false},
	{"/large", OK_HEAD "\r\n", large, LARGE, false, false},
	{"/said-large", OK_HEAD "Content-Length: 4000000000\r\n\r\n", "x", 0, true, false},
	{"/cut", OK_HEAD "Content-Length: 9\r\n\r\n", "hello", 0, false, false},
	{"/cut-chunk", OK_HEAD "Transfer-Encoding: chunked\r\n\r\n", "5\r\nhel", 0, false, false},
	{"/cut-head", "HTTP/1.1 200", NULL, 0, false, false},
	{"/gone", "HTTP/1.1 410 Gone\r\n\r\n", "x", 0, false, false},
	{"/none", "HTTP/1.1 204 No Content\r\n\r\n", NULL, 0, false, false},
	{"/gzip", OK_HEAD "Content-Encoding: gzip\r\n\r\n", "x", 0, false, false},
	{"/nonsense", "SSH-2.0-OpenSSH_9.2\r\n\r\n", NULL, 0, false, false},
	{"/silent", NULL, NULL, 0, true, false},
	{"/leads", LEADS("/leads2"), NULL, 0, false, false},
	{"/leads2", "HTTP/1.1 308 x\r\nLocation: /leads3\r\n\r\n", NULL, 0, false, false},
	{"/leads3", "HTTP/1.1 301 x\r\nLocation: /hello\r\n\r\n", NULL, 0, false, false},
	{"/leads0", LEADS("/leads"), NULL, 0, false, false},
	{"/leads-tls", LEADS("https://web.example.com/hello"), NULL, 0, false, false},
	{"/leads-file", LEADS("file:///etc/passwd"), NULL, 0, false, false},
	{"/leads-nowhere", "HTTP/1.1 302 Found\r\n\r\n", NULL, 0, false, false},
	{"/leads-far", NULL, NULL, 0, false, false}, /* see setup */
	{"/leads-inside", NULL, NULL, 0, false, false}, /* see setup */
	{"/leads-private", NULL, NULL, 0, false, false}, /* see setup */
};
/* clang-format on */

static struct fetch_world w;
static struct fetch_got got;

/* Where the port has to be known. */
static void leads_set(int i, const char *path, const char *format)
{
	snprintf(leads[i], sizeof(leads[i]),
		 "HTTP/1.1 302 Found\r\nLocation: %s\r\n\r\n",
		 fetch_world_url(&w, format));
	fake_http_change(
		w.web, &(struct fake_http_row){.path = path, .head = leads[i]});
}

static void setup(void)
{
	memset(large, 'x', LARGE);
	fetch_world_open(&w, rows, sizeof(rows) / sizeof(rows[0]));
	leads_set(0, "/leads-far", "http://web2.example.com:%u/hello");
	leads_set(1, "/leads-inside", "http://fe01.inside.com:%u/hello");
	leads_set(2, "/leads-private", "http://10.0.0.1:%u/hello");
	got = (struct fetch_got){.loop = w.loop};
}

static void teardown(void)
{
	fetch_world_close(&w);
}

static struct edge_get *made(const char *url)
{
	struct edge_url u;
	struct edge_get *g;

	ck_assert_int_eq(edge_url_parse(&u, edge_slice_str(url)), EDGE_OK);
	ck_assert_int_eq(edge_get_new(&g, &w.plan, &u), EDGE_OK);
	return g;
}

static void get_url(const char *url)
{
	const unsigned calls = got.calls;

	edge_get_start(made(url), fetch_world_take, &got);
	ck_assert_uint_eq(got.calls, calls); /* not from inside the call */
	fetch_world_wait(&w, &got, calls + 1);
}

static void get(const char *path)
{
	char format[FETCH_WORLD_TEXT];

	snprintf(format, sizeof(format), "http://web.example.com:%%u%s", path);
	get_url(fetch_world_url(&w, format));
}

START_TEST(get_brings_a_body_in_each_framing)
{
	static const char *const paths[] = {"/hello", "/chunked", "/close",
					    "/slow"};

	get(paths[_i]);
	ck_assert_int_eq(got.err, EDGE_OK);
	ck_assert_uint_eq(got.status, 200);
	ck_assert_str_eq(got.body, "hello");
	ck_assert_uint_eq(got.len, 5);
}
END_TEST

START_TEST(get_brings_an_empty_and_a_large_body)
{
	get("/empty");
	ck_assert_int_eq(got.err, EDGE_OK);
	ck_assert_uint_eq(got.len, 0);
	get("/large");
	ck_assert_int_eq(got.err, EDGE_OK);
	ck_assert_uint_eq(got.len, LARGE);
}
END_TEST

START_TEST(get_says_host_and_path_and_nothing_of_us)
{
	char request[1024], want[1024];

	get("/hello?q=1#f");
	ck_assert_str_eq(got.body, "q");
	fake_http_request(w.web, request, sizeof(request));
	snprintf(want, sizeof(want),
		 "GET /hello?q=1 HTTP/1.1\r\nHost: web.example.com:%u\r\n"
		 "Accept: */*\r\nAccept-Encoding: identity\r\n"
		 "Connection: close\r\n\r\n",
		 fake_http_port(w.web));
	ck_assert_str_eq(request, want);
}
END_TEST

START_TEST(get_leaves_by_address_and_device)
{
	struct edge_addr from;

	ck_assert_int_eq(
		edge_addr_parse(&w.plan.local, edge_slice_str("127.0.0.3"), 0),
		EDGE_OK);
	w.plan.device = "lo";
	get("/hello");
	ck_assert_int_eq(got.err, EDGE_OK);
	from = fake_http_from(w.web);
	ck_assert(edge_addr_same_ip(&from, &w.plan.local));
	w.plan.device = "edge-no-dev";
	get("/hello");
	ck_assert_int_eq(got.err, EDGE_ESYS); /* never by another way */
	ck_assert_uint_eq(fake_http_asked(w.web), 1);
}
END_TEST

static const struct {
	const char *path;
	enum edge_err err;
	unsigned status;
} ends[] = {
	{"/missing", EDGE_EREFUSED, 404},
	{"/gone", EDGE_EREFUSED, 410},
	{"/none", EDGE_EREFUSED, 204},
	{"/cut", EDGE_ECLOSED, 200},
	{"/cut-chunk", EDGE_ECLOSED, 200},
	{"/cut-head", EDGE_ECLOSED, 0},
	{"/said-large", EDGE_ELIMIT, 200},
	{"/gzip", EDGE_EDENIED, 0},
	{"/nonsense", EDGE_EFORMAT, 0},
	{"/leads-tls", EDGE_EDENIED, 302},
	{"/leads-file", EDGE_EDENIED, 302},
	{"/leads-nowhere", EDGE_EFORMAT, 302},
	{"/leads-inside", EDGE_EDENIED, 302},
};

START_TEST(get_says_what_went_wrong)
{
	get(ends[_i].path);
	ck_assert_str_eq(edge_err_name(got.err), edge_err_name(ends[_i].err));
	ck_assert_uint_eq(got.status, ends[_i].status);
}
END_TEST

START_TEST(get_caps_the_body)
{
	w.plan.body_max = LARGE;
	get("/large");
	ck_assert_int_eq(got.err, EDGE_OK);
	w.plan.body_max = LARGE - 1;
	get("/large");
	ck_assert_int_eq(got.err, EDGE_ELIMIT);
}
END_TEST

START_TEST(get_has_so_much_time)
{
	static const char *const urls[] = {
		"http://web.example.com:%u/silent",
		"http://silent.example.com:%u/hello",
	};

	w.plan.timeout_ms = 30;
	get_url(fetch_world_url(&w, urls[_i]));
	ck_assert_int_eq(got.err, EDGE_ETIMEOUT);
}
END_TEST

START_TEST(get_follows_three_redirects)
{
	get("/leads");
	ck_assert_int_eq(got.err, EDGE_OK);
	ck_assert_str_eq(got.body, "hello");
	ck_assert_uint_eq(fake_http_asked(w.web), 4);
	get("/leads-far");
	ck_assert_str_eq(got.body, "hello");
	get("/leads0");
	ck_assert_int_eq(got.err, EDGE_ELIMIT);
}
END_TEST

START_TEST(get_asks_no_name_that_fails_or_is_inside)
{
	get_url(fetch_world_url(&w, "http://no.example.com:%u/"));
	ck_assert_int_eq(got.err, EDGE_EDNS);
	get_url(fetch_world_url(&w, "http://unknown.example.com:%u/"));
	ck_assert_int_eq(got.err, EDGE_ENOTFOUND);
	get_url(fetch_world_url(&w, "http://fe01.inside.com:%u/"));
	ck_assert_int_eq(got.err, EDGE_EDENIED);
	ck_assert_uint_eq(fake_http_asked(w.web), 0);
}
END_TEST

START_TEST(get_says_that_nobody_is_there)
{
	struct fake_http *other = fake_http_start(rows, 0);
	char url[FETCH_WORLD_TEXT];

	snprintf(url, sizeof(url), "http://web.example.com:%u/",
		 fake_http_port(other));
	fake_http_stop(other);
	get_url(url);
	ck_assert_int_eq(got.err, EDGE_ESYS);
}
END_TEST

/* Outside a lab: the same places are refused, by name and by number. */
static const char *const refused[] = {
	"http://web.example.com:%u/hello",
	"http://127.0.0.1:%u/hello",
	"http://[::ffff:127.0.0.1]:%u/hello",
	"http://web.example.com/hello?%u",
	"http://127.0.0.1/hello?%u",
	"http://127.9.9.9/hello?%u",
	"http://10.0.0.1/hello?%u",
	"http://169.254.169.254/hello?%u",
	"http://100.64.0.1/hello?%u",
	"http://[fd00::1]/hello?%u",
	"http://[fe80::1]/hello?%u",
	"http://[64:ff9b::10.0.0.1]/hello?%u",
	"http://private.example.com/hello?%u",
	"http://mixed.example.com/hello?%u",
};

START_TEST(get_goes_to_public_places_only)
{
	w.plan.is_lab = false;
	get_url(fetch_world_url(&w, refused[_i]));
	ck_assert_int_eq(got.err, EDGE_EDENIED);
	ck_assert_uint_eq(fake_http_asked(w.web), 0);
}
END_TEST

static bool is_ten(const struct edge_addr *at, void *arg)
{
	(*(unsigned *)arg)++;
	return at->ip[0] == 10;
}

START_TEST(get_asks_its_owner_about_each_address)
{
	unsigned asked = 0;

	w.plan.is_inside = is_ten;
	w.plan.arg = &asked;
	get("/hello");
	ck_assert_int_eq(got.err, EDGE_OK);
	ck_assert_uint_eq(asked, 1);
	/* of two addresses the one that may be dialled */
	get_url(fetch_world_url(&w, "http://mixed.example.com:%u/hello"));
	ck_assert_int_eq(got.err, EDGE_OK);
	ck_assert_uint_eq(asked, 3);
	get_url(fetch_world_url(&w, "http://private.example.com:%u/hello"));
	ck_assert_int_eq(got.err, EDGE_EDENIED);
	get("/leads-private"); /* redirects too */
	ck_assert_int_eq(got.err, EDGE_EDENIED);
	ck_assert_uint_eq(got.status, 302);
}
END_TEST

START_TEST(get_is_given_up_without_a_word)
{
	static const char *const urls[] = {
		"http://web.example.com:%u/silent",
		"http://silent.example.com:%u/hello",
		"http://web.example.com:%u/hello",
	};
	struct edge_get *g = made(fetch_world_url(&w, urls[_i]));

	if (_i < 2) {
		edge_get_start(g, fetch_world_take, &got);
		turns_for(w.loop, 30);
	}
	edge_get_free(g);
	edge_get_free(NULL);
	turns_for(w.loop, 30);
	ck_assert_uint_eq(got.calls, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fetch_get");
	TCase *t = tcase_create("get");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, get_brings_a_body_in_each_framing, 0, 4);
	tcase_add_test(t, get_brings_an_empty_and_a_large_body);
	tcase_add_test(t, get_says_host_and_path_and_nothing_of_us);
	tcase_add_test(t, get_leaves_by_address_and_device);
	tcase_add_loop_test(t, get_says_what_went_wrong, 0,
			    sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(t, get_caps_the_body);
	tcase_add_loop_test(t, get_has_so_much_time, 0, 2);
	tcase_add_test(t, get_follows_three_redirects);
	tcase_add_test(t, get_asks_no_name_that_fails_or_is_inside);
	tcase_add_test(t, get_says_that_nobody_is_there);
	tcase_add_loop_test(t, get_goes_to_public_places_only, 0,
			    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, get_asks_its_owner_about_each_address);
	tcase_add_loop_test(t, get_is_given_up_without_a_word, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
