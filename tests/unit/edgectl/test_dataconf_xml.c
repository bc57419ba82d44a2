/* connection-info: what is read, what is refused and with what words. */
#include <stdio.h>
#include <string.h>

#include "edgectl/dataconf_xml.h"
#include "tests/support/suite.h"

#define E(key, value) \
	"<entry><key>" key "</key><value>" value "</value></entry>"
#define TOKEN                                                                 \
	"AQEAAGVT8QBlU_IsnMT1chQLe07k-vaNFx6xci9L0oB9S1nRoKGio6SlpqeoqaqrrK2" \
	"ur7cPxP2PGugyJ0Me0PVueMvxIoJb6hKDitN9xjc5tS5N"
#define URL	     E("serverURL", "psom://fe01.contoso.local:8057")
#define CONF	     E("Mcu-Conference-Uri", "sip:a@contoso.com;id:1")
#define AUTH	     E("sAuthId", "7301884412")
#define COUNT	     E("numberOfProxies", "2")
#define FIRST	     E("proxy.0", "webcon.contoso.com:443")
#define NEXT	     E("proxy.1", " webcon2.contoso.com:444\n")
#define KEY	     E("wceToken", TOKEN)
#define INFO(inside) "<connection-info>" inside "</connection-info>"
#define ALL	     URL CONF AUTH COUNT FIRST NEXT KEY

static struct ctl_join join;
static char why[160];

static enum edge_err decode(const char *text)
{
	memset(&join, 0, sizeof(join));
	*why = '\0';
	return ctl_join_decode(&join, edge_slice_str(text), why, sizeof(why));
}

static const char *const good[] = {
	INFO(ALL),
	"<?xml version=\"1.0\"?><connection-info xmlns=\"urn:x\">" ALL
	"</connection-info>",
	/* a whole response, with what is not for us */
	"<response xmlns=\"urn:ietf:params:xml:ns:cccp\" code=\"success\">"
	"<addUser><conferenceKeys confEntity=\"sip:a\"/><user/>" INFO(
		E("Mcu-Server-Uri", "sip:x")
			ALL E("other", "")) "</addUser></response>",
	/* case of the sourced keys that may be any */
	INFO(URL E("MCU-CONFERENCE-URI", "sip:a@contoso.com;id:1")
		     AUTH COUNT FIRST NEXT KEY),
};

START_TEST(decode_reads_entries)
{
	ck_assert_msg(decode(good[_i]) == EDGE_OK, "%s", why);
	ck_assert_str_eq(join.mcu, "fe01.contoso.local");
	ck_assert_str_eq(join.conference, "sip:a@contoso.com;id:1");
	ck_assert_str_eq(join.inner, "7301884412");
	ck_assert_uint_eq(join.proxy_count, 2);
	ck_assert_str_eq(join.proxies[0].host, "webcon.contoso.com");
	ck_assert_uint_eq(join.proxies[0].port, 443);
	ck_assert_str_eq(join.proxies[1].host, "webcon2.contoso.com");
	ck_assert_uint_eq(join.proxies[1].port, 444);
	ck_assert_uint_eq(join.token[0], 1);
	ck_assert_uint_eq(join.token[83], 0x4d);
}
END_TEST

START_TEST(decode_takes_an_empty_list_of_proxies)
{
	ck_assert_int_eq(decode(INFO(URL CONF AUTH E("numberOfProxies", "0"))),
			 EDGE_OK);
	ck_assert_uint_eq(join.proxy_count, 0);
}
END_TEST

static const struct {
	const char *text;
	enum edge_err err;
	const char *says;
} bad[] = {
	{"", EDGE_EFORMAT, "not an XML document"},
	{"<connection-info>", EDGE_EFORMAT, "not an XML document"},
	{"<!DOCTYPE x [<!ENTITY a \"b\">]>" INFO(ALL), EDGE_EFORMAT,
	 "without DTD"},
	{"<response/>", EDGE_ENOTFOUND, "no connection-info"},
	{INFO(CONF AUTH COUNT FIRST NEXT KEY), EDGE_ENOTFOUND,
	 "missing or invalid property: serverURL"},
	{INFO(E("serverURL", "") CONF AUTH COUNT FIRST NEXT KEY),
	 EDGE_ENOTFOUND, "missing or invalid property: serverURL"},
	/* these are case-sensitive */
	{INFO(E("ServerUrl", "psom://f:1") CONF AUTH COUNT FIRST NEXT KEY),
	 EDGE_ENOTFOUND, "serverURL"},
	{INFO(E("serverURL", "https://f:1") CONF AUTH COUNT FIRST NEXT KEY),
	 EDGE_EFORMAT, "psom://HOST:PORT"},
	{INFO(E("serverURL", "psom://f") CONF AUTH COUNT FIRST NEXT KEY),
	 EDGE_EFORMAT, "psom://HOST:PORT"},
	{INFO(URL AUTH COUNT FIRST NEXT KEY), EDGE_ENOTFOUND,
	 "Mcu-Conference-Uri"},
	{INFO(URL CONF COUNT FIRST NEXT KEY), EDGE_ENOTFOUND, "sAuthId"},
	{INFO(URL CONF E("sAuthId", "12x") COUNT FIRST NEXT KEY), EDGE_EFORMAT,
	 "digits"},
	{INFO(URL CONF AUTH FIRST NEXT KEY), EDGE_EFORMAT, "numberOfProxies"},
	{INFO(URL CONF AUTH E("numberOfProxies", "-1") KEY), EDGE_EFORMAT,
	 "numberOfProxies"},
	{INFO(URL CONF AUTH E("numberOfProxies", "17") KEY), EDGE_ELIMIT,
	 "more than 16"},
	{INFO(URL CONF AUTH COUNT FIRST KEY), EDGE_EFORMAT, "proxy.1"},
	{INFO(URL CONF AUTH COUNT FIRST E("proxy.1", "h") KEY), EDGE_EFORMAT,
	 "proxy.1: want HOST:PORT"},
	{INFO(URL CONF AUTH COUNT FIRST E("proxy.1", "h:0") KEY), EDGE_EFORMAT,
	 "proxy.1"},
	{INFO(URL CONF AUTH COUNT FIRST E("proxy.1", ":1") KEY), EDGE_EFORMAT,
	 "proxy.1"},
	{INFO(URL CONF AUTH COUNT FIRST E("proxy.1", "h:65536") KEY),
	 EDGE_EFORMAT, "proxy.1"},
	{INFO(URL CONF AUTH COUNT FIRST NEXT), EDGE_ENOTFOUND, "wceToken"},
	{INFO(URL CONF AUTH COUNT FIRST NEXT E("wceToken", "AQEA")),
	 EDGE_EFORMAT, "84 bytes"},
	{INFO(URL CONF AUTH COUNT FIRST NEXT E("wceToken", TOKEN "AAAA")),
	 EDGE_EFORMAT, "84 bytes"},
	{INFO(ALL AUTH), EDGE_EDUP, "sAuthId is there twice"},
	{INFO(ALL "<entry><key>x</key></entry>"), EDGE_EFORMAT,
	 "without key and value"},
};

START_TEST(decode_refuses_in_words_and_shows_no_secret)
{
	struct ctl_join before;

	memset(&before, 0, sizeof(before));
	ck_assert_int_eq(decode(bad[_i].text), bad[_i].err);
	ck_assert_msg(strstr(why, bad[_i].says) != NULL, "%s", why);
	ck_assert_ptr_null(strstr(why, "7301884412"));
	ck_assert_ptr_null(strstr(why, "AQEA"));
	ck_assert_mem_eq(&join, &before, sizeof(join));
}
END_TEST

START_TEST(decode_bounds_entries_and_bytes)
{
	static char text[CTL_JOIN_MAX_BYTES + 2];
	size_t len = 0;

	len += (size_t)snprintf(text, sizeof(text), "<connection-info>");
	for (int i = 0; i < 65; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					E("k%d", "v"), i);
	(void)snprintf(text + len, sizeof(text) - len, "</connection-info>");
	ck_assert_int_eq(decode(text), EDGE_ELIMIT);
	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, INFO(ALL), sizeof(INFO(ALL)) - 1);
	ck_assert_int_eq(decode(text), EDGE_ELIMIT);
	text[CTL_JOIN_MAX_BYTES] = '\0';
	ck_assert_int_eq(decode(text), EDGE_OK);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/dataconf_xml");
	TCase *t = tcase_create("connection-info");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, decode_reads_entries, 0,
			    sizeof(good) / sizeof(*good));
	tcase_add_test(t, decode_takes_an_empty_list_of_proxies);
	tcase_add_loop_test(t, decode_refuses_in_words_and_shows_no_secret, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, decode_bounds_entries_and_bytes);
	suite_add_tcase(s, t);
	return s;
}
