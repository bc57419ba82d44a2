/* common/url.c */
#include "common/url.h"

#include <string.h>

#include "tests/support/suite.h"

/* clang-format off */
static const struct {
	const char *text;
	enum edge_err err;
	const char *host; /* as a Host header has it */
	const char *path;
} rows[] = {
	{"http://a.com", EDGE_OK, "a.com", "/"},
	{"HTTP://Crl.Example.COM./X/y.crl?a=B#c", EDGE_OK, "crl.example.com", "/X/y.crl?a=B"},
	{"http://a.com?q", EDGE_OK, "a.com", "/?q"},
	{"http://a.com#/x", EDGE_OK, "a.com", "/"},
	{"http://a.com:/x", EDGE_OK, "a.com", "/x"},
	{"http://a.com:80/x", EDGE_OK, "a.com", "/x"},
	{"http://a.com:8080/x", EDGE_OK, "a.com:8080", "/x"},
	{"http://192.0.2.1/x", EDGE_OK, "192.0.2.1", "/x"},
	{"http://[2001:db8::1]:81/x", EDGE_OK, "[2001:db8::1]:81", "/x"},
	{"http://[::ffff:192.0.2.1]/", EDGE_OK, "192.0.2.1", "/"},
	{"http://a_b.com/", EDGE_OK, "a_b.com", "/"},
	{"http://a.com/%0d%0aX:", EDGE_OK, "a.com", "/%0d%0aX:"},
	{"https://a.com/", EDGE_EDENIED, NULL, NULL},
	{"ldap://a.com/", EDGE_EDENIED, NULL, NULL},
	{"file:///etc/passwd", EDGE_EDENIED, NULL, NULL},
	{"http:a.com", EDGE_EDENIED, NULL, NULL},
	{"", EDGE_EFORMAT, NULL, NULL},
	{"a.com/x", EDGE_EFORMAT, NULL, NULL},
	{"http://", EDGE_EFORMAT, NULL, NULL},
	{"http:///x", EDGE_EFORMAT, NULL, NULL},
	{"http://./x", EDGE_EFORMAT, NULL, NULL},
	{"http://.a.com/", EDGE_EFORMAT, NULL, NULL},
	{"http://a..com/", EDGE_EFORMAT, NULL, NULL},
	{"http://u@a.com/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com:80@10.0.0.1/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com\\@10.0.0.1/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com\\x/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com:0/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com:65536/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com:8x/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com:80:80/", EDGE_EFORMAT, NULL, NULL},
	{"http://::1/", EDGE_EFORMAT, NULL, NULL},
	{"http://[::1/", EDGE_EFORMAT, NULL, NULL},
	{"http://[a.com]/", EDGE_EFORMAT, NULL, NULL},
	{"http://[192.0.2.1]/", EDGE_EFORMAT, NULL, NULL},
	{"http://[2001:db8::1]x/", EDGE_EFORMAT, NULL, NULL},
	{"http://[fe80::1%25eth0]/", EDGE_EFORMAT, NULL, NULL},
	{"http://0.0.0.0/", EDGE_EFORMAT, NULL, NULL},
	{"http://[::]/", EDGE_EFORMAT, NULL, NULL},
	{"http://127.1/", EDGE_EFORMAT, NULL, NULL},
	{"http://2130706433/", EDGE_EFORMAT, NULL, NULL},
	{"http://0x7f000001/", EDGE_EFORMAT, NULL, NULL},
	{"http://127.0.0.0x1/", EDGE_EFORMAT, NULL, NULL},
	{"http://0177.0.0.1/", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com/x y", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com/x\r\nHost: b", EDGE_EFORMAT, NULL, NULL},
	{"http://a.com/\xc3\xa9", EDGE_EFORMAT, NULL, NULL},
	{"http://\xc3\xa9.com/", EDGE_EFORMAT, NULL, NULL},
	{" http://a.com/", EDGE_EFORMAT, NULL, NULL},
};
/* clang-format on */

static void check_host(const struct edge_url *u, const char *want)
{
	char host[EDGE_URL_HOST_LEN + 8];
	struct edge_put w = edge_put(host, sizeof(host));

	edge_url_put_host(&w, u);
	ck_assert(edge_slice_eq_str(edge_put_done(&w), want));
}

START_TEST(url_parse_takes_http_and_strict_hosts_only)
{
	struct edge_url u = {.port = 77};
	enum edge_err err = edge_url_parse(&u, edge_slice_str(rows[_i].text));

	ck_assert_msg(err == rows[_i].err, "%s: %s", rows[_i].text,
		      edge_err_name(err));
	if (err) {
		ck_assert_uint_eq(u.port, 77);
		return;
	}
	check_host(&u, rows[_i].host);
	ck_assert_str_eq(u.path, rows[_i].path);
	ck_assert(!u.host[0] == (u.at.family != 0));
	if (u.at.family)
		ck_assert_uint_eq(u.at.port, u.port);
}
END_TEST

START_TEST(url_parse_refuses_a_nul_byte)
{
	static const char text[] = "http://a.com\0.b.com/";
	struct edge_url u;

	ck_assert_int_eq(edge_url_parse(&u, edge_slice(text, sizeof(text) - 1)),
			 EDGE_EFORMAT);
}
END_TEST

START_TEST(url_parse_caps_host_and_path)
{
	char text[2048] = "http://";
	struct edge_url u;
	const size_t at = strlen(text);

	memset(text + at, 'a', EDGE_URL_HOST_LEN - 1);
	ck_assert_int_eq(edge_url_parse(&u, edge_slice_str(text)), EDGE_OK);
	text[at + EDGE_URL_HOST_LEN - 1] = 'a';
	ck_assert_int_eq(edge_url_parse(&u, edge_slice_str(text)), EDGE_ELIMIT);
	text[at + 1] = '/';
	memset(text + at + 2, 'a', EDGE_URL_PATH_LEN - 2);
	text[at + EDGE_URL_PATH_LEN] = '\0';
	ck_assert_int_eq(edge_url_parse(&u, edge_slice_str(text)), EDGE_OK);
	ck_assert_uint_eq(strlen(u.path), EDGE_URL_PATH_LEN - 1);
	text[at + EDGE_URL_PATH_LEN] = 'a';
	ck_assert_int_eq(edge_url_parse(&u, edge_slice_str(text)), EDGE_ELIMIT);
}
END_TEST

static const struct {
	const char *location;
	enum edge_err err;
	const char *host, *path;
} joins[] = {
	{"http://b.com/y", EDGE_OK, "b.com", "/y"},
	{"/y?z", EDGE_OK, "a.com:81", "/y?z"},
	{"/", EDGE_OK, "a.com:81", "/"},
	{"/y#z", EDGE_OK, "a.com:81", "/y"},
	{"//b.com/y", EDGE_EFORMAT, NULL, NULL},
	{"y", EDGE_EFORMAT, NULL, NULL},
	{"", EDGE_EFORMAT, NULL, NULL},
	{"/y z", EDGE_EFORMAT, NULL, NULL},
	{"https://a.com/y", EDGE_EDENIED, NULL, NULL},
};

START_TEST(url_join_leads_on)
{
	struct edge_url base, u;
	enum edge_err err;

	ck_assert_int_eq(
		edge_url_parse(&base, edge_slice_str("http://a.com:81/x/q")),
		EDGE_OK);
	err = edge_url_join(&u, &base, edge_slice_str(joins[_i].location));
	ck_assert_str_eq(edge_err_name(err), edge_err_name(joins[_i].err));
	if (err)
		return;
	check_host(&u, joins[_i].host);
	ck_assert_str_eq(u.path, joins[_i].path);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("url");
	TCase *t = tcase_create("url");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, url_parse_takes_http_and_strict_hosts_only, 0,
			    sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, url_parse_refuses_a_nul_byte);
	tcase_add_test(t, url_parse_caps_host_and_path);
	tcase_add_loop_test(t, url_join_leads_on, 0,
			    sizeof(joins) / sizeof(joins[0]));
	suite_add_tcase(s, t);
	return s;
}
