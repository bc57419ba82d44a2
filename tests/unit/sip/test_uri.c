#include "tests/support/suite.h"
#include "tests/unit/sip/fixture.h"

static void expect(struct edge_slice got, const char *want)
{
	ck_assert_msg(edge_slice_eq_str(got, want), "'%.*s' is not '%s'",
		      (int)edge_slice_len(got), (const char *)got.p, want);
}

static const struct {
	const char *text, *user, *host, *params, *headers;
	unsigned port;
	bool good;
} uris[] = {
	{"sip:h", "", "h", "", "", 0, true},
	{"SIPS:h:5061", "", "h", "", "", 5061, true},
	{"sip:a:pw@h:1;x=y;z?q=r&s=t", "a", "h", ";x=y;z", "q=r&s=t", 1, true},
	{"sip:a;b?c/d@h_1.net", "a;b?c/d", "h_1.net", "", "", 0, true},
	{"sip:a%40b@192.0.2.1", "a%40b", "192.0.2.1", "", "", 0, true},
	{"sip:live(u)x.y@h", "live(u)x.y", "h", "", "", 0, true},
	{"sip:h;ms-opaque=ab==;g=", "", "h", ";ms-opaque=ab==;g=", "", 0, true},
	{"sip:[2001:db8::7]:9;lr", "", "[2001:db8::7]", ";lr", "", 9, true},
	{"sip:", "", "", "", "", 0, false},
	{"sip", "", "", "", "", 0, false},
	{":h", "", "", "", "", 0, false},
	{"1sip:h", "", "", "", "", 0, false},
	{"sip:a b@h", "", "", "", "", 0, false},
	{"sip:a%4g@h", "", "", "", "", 0, false},
	{"sip:h%41", "", "", "", "", 0, false},
	{"sip:h%", "", "", "", "", 0, false},
	{"sip:h;x=%4", "", "", "", "", 0, false},
	{"sip:h;=x", "", "", "", "", 0, false},
	{"sip:h;", "", "", "", "", 0, false},
	{"sip:h?", "", "", "", "", 0, false},
	{"sip:h:", "", "", "", "", 0, false},
	{"sip:h:1a", "", "", "", "", 0, false},
	{"sip:-h", "", "", "", "", 0, false},
	{"sip:.h", "", "", "", "", 0, false},
	{"sip:a<b@h", "", "", "", "", 0, false},
	{"sip:[::1", "", "", "", "", 0, false},
	{"sip:[1.2.3.4]", "", "", "", "", 0, false},
	{"http:", "", "", "", "", 0, false},
};

START_TEST(uri_is_cut)
{
	struct edge_sip_uri u = {.port = 77};
	const enum edge_err err =
		edge_sip_uri_parse(&u, edge_slice_str(uris[_i].text));

	ck_assert_msg((err == EDGE_OK) == uris[_i].good, "%s", uris[_i].text);
	if (!uris[_i].good) {
		ck_assert_uint_eq(u.port, 77); /* untouched */
		return;
	}
	expect(u.user, uris[_i].user);
	expect(u.host, uris[_i].host);
	expect(u.params, uris[_i].params);
	expect(u.headers, uris[_i].headers);
	ck_assert_uint_eq(u.port, uris[_i].port);
	ck_assert(u.is_sip);
}
END_TEST

START_TEST(parameter_is_found)
{
	struct edge_slice p =
		edge_slice_str(";lr;A=1 ; q=\"x;lr2=\\\"\" ;\r\n tag = t;a=2");
	struct edge_slice v;

	ck_assert(edge_sip_param(p, "LR", &v));
	expect(v, "");
	ck_assert(edge_sip_param(p, "a", &v));
	expect(v, "1");
	ck_assert(edge_sip_param(p, "q", &v));
	expect(v, "\"x;lr2=\\\"\"");
	ck_assert(edge_sip_param(p, "tag", &v));
	expect(v, "t");
	ck_assert(!edge_sip_param(p, "lr2", &v));
	ck_assert(!edge_sip_param(p, "", &v));
	ck_assert(!edge_sip_param(edge_slice_str(""), "a", &v));
	ck_assert(edge_sip_param_raw(p, "a", &v));
	expect(v, ";A=1");
	ck_assert(edge_sip_param_raw(p, "tag", &v));
	expect(v, ";\r\n tag = t");
	ck_assert(!edge_sip_param_raw(p, "b", &v));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sip uri");
	TCase *t = tcase_create("uri");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, uri_is_cut, 0, sizeof(uris) / sizeof(uris[0]));
	tcase_add_test(t, parameter_is_found);
	suite_add_tcase(s, t);
	return s;
}
