/* access-edge/xmpp_filter.c: AE 6.4, which stanzas are relayed. */
#include "access-edge/xmpp_filter.h"

#include <string.h>

#include "access-edge/xmpp_xml.h"
#include "tests/support/suite.h"

#define PING	    "<ping xmlns='urn:xmpp:ping'/>"
#define DISCO	    "<query xmlns='http://jabber.org/protocol/disco#info'/>"
#define VERSION	    "<query xmlns='jabber:iq:version'/>"
#define ERROR_CHILD "<error type='cancel'/>"

static const struct {
	const char *text;
	enum acc_xmpp_fate fate;
	bool is_answer;
} rows[] = {
	{"<message/>", ACC_XMPP_PASS, false},
	{"<message type='normal'/>", ACC_XMPP_PASS, false},
	{"<message type='chat'/>", ACC_XMPP_PASS, false},
	{"<message type='error'/>", ACC_XMPP_PASS, true},
	{"<message type='headline'/>", ACC_XMPP_BOUNCE, false},
	{"<message type='groupchat'/>", ACC_XMPP_BOUNCE, false},
	{"<message type='new'/>", ACC_XMPP_BOUNCE, false},
	{"<message type=''/>", ACC_XMPP_BOUNCE, false},
	{"<presence/>", ACC_XMPP_PASS, false},
	{"<presence type='unavailable'/>", ACC_XMPP_PASS, false},
	{"<presence type='subscribe'/>", ACC_XMPP_PASS, false},
	{"<presence type='subscribed'/>", ACC_XMPP_PASS, false},
	{"<presence type='unsubscribe'/>", ACC_XMPP_PASS, false},
	{"<presence type='unsubscribed'/>", ACC_XMPP_PASS, false},
	{"<presence type='probe'/>", ACC_XMPP_PASS, false},
	{"<presence type='error'/>", ACC_XMPP_PASS, true},
	{"<presence type='invisible'/>", ACC_XMPP_BOUNCE, false},
	{"<iq type='get'>" PING "</iq>", ACC_XMPP_PASS, false},
	{"<iq type='get'>" DISCO "</iq>", ACC_XMPP_PASS, false},
	{"<iq type='get'>" VERSION "</iq>", ACC_XMPP_BOUNCE, false},
	{"<iq type='get'>" PING VERSION "</iq>", ACC_XMPP_BOUNCE, false},
	{"<iq type='get'>" PING PING "</iq>", ACC_XMPP_BOUNCE, false},
	{"<iq type='get'><a>" PING "</a></iq>", ACC_XMPP_BOUNCE, false},
	{"<iq type='get'/>", ACC_XMPP_BOUNCE, false},
	{"<iq type='set'>" PING "</iq>", ACC_XMPP_BOUNCE, false},
	{"<iq>" PING "</iq>", ACC_XMPP_BOUNCE, false},
	{"<iq type='result'/>", ACC_XMPP_PASS, true},
	{"<iq type='result'>" DISCO "</iq>", ACC_XMPP_PASS, true},
	{"<iq type='result'>" VERSION "</iq>", ACC_XMPP_DROP, true},
	{"<iq type='error'>" PING ERROR_CHILD "</iq>", ACC_XMPP_PASS, true},
	{"<iq type='error'>" ERROR_CHILD "</iq>", ACC_XMPP_PASS, true},
	{"<iq type='error'>" VERSION ERROR_CHILD "</iq>", ACC_XMPP_DROP, true},
	{"<message xmlns='jabber:client'/>", ACC_XMPP_ALIEN, false},
	{"<stream:message/>", ACC_XMPP_ALIEN, false},
	{"<messages/>", ACC_XMPP_ALIEN, false},
};

START_TEST(xmpp_filter_is_as_the_digest_says)
{
	const struct acc_xmpp_xml_limits l = {65536, 32};
	const struct acc_xmpp_item *i;
	struct acc_xmpp_xml *x;

	ck_assert_int_eq(acc_xmpp_xml_new(&x, &l), EDGE_OK);
	acc_xmpp_xml_feed(
		x, edge_slice_str("<stream:stream xmlns='jabber:server' "
				  "xmlns:stream='http://etherx.jabber.org/"
				  "streams'>"));
	ck_assert_int_eq(acc_xmpp_xml_next(x)->kind, ACC_XMPP_HEADER);
	ck_assert_int_eq(acc_xmpp_xml_next(x)->kind, ACC_XMPP_NOTHING);
	acc_xmpp_xml_feed(x, edge_slice_str(rows[_i].text));
	i = acc_xmpp_xml_next(x);
	ck_assert_int_eq(i->kind, ACC_XMPP_ELEMENT);
	ck_assert_int_eq(acc_xmpp_filter(i), rows[_i].fate);
	ck_assert_int_eq(acc_xmpp_is_answer(i), rows[_i].is_answer);
	acc_xmpp_xml_free(x);
}
END_TEST

/* More children than are told: what is not seen cannot pass for known. */
START_TEST(xmpp_filter_does_not_pass_what_it_cannot_see)
{
	struct acc_xmpp_part parts[ACC_XMPP_PARTS] = {
		{2, ACC_NS_PING, "ping", ""}};
	struct acc_xmpp_item i = {.kind = ACC_XMPP_ELEMENT,
				  .ns = ACC_NS_SERVER,
				  .name = "iq",
				  .parts = parts,
				  .part_count = 1};

	i.type = edge_slice_str("get");
	ck_assert_int_eq(acc_xmpp_filter(&i), ACC_XMPP_PASS);
	for (int n = 1; n < ACC_XMPP_PARTS; n++)
		parts[n] = (struct acc_xmpp_part){3, ACC_NS_PING, "a", ""};
	i.part_count = ACC_XMPP_PARTS;
	ck_assert_int_eq(acc_xmpp_filter(&i), ACC_XMPP_BOUNCE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_filter");
	TCase *t = tcase_create("filter");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, xmpp_filter_is_as_the_digest_says, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, xmpp_filter_does_not_pass_what_it_cannot_see);
	suite_add_tcase(suite, t);
	return suite;
}
