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
	{"<message><e xmlns='urn:lync-edge:xmpp:1'/></message>",
	 ACC_XMPP_BOUNCE, false},
	{"<message><a><b><c><d><e:verified xmlns:e='urn:lync-edge:xmpp:1'/>"
	 "</d></c></b></a></message>",
	 ACC_XMPP_BOUNCE, false},
	{"<message type='error'><e xmlns='urn:lync-edge:xmpp:1'/></message>",
	 ACC_XMPP_DROP, true},
	{"<presence xmlns:e='urn:lync-edge:xmpp:1' e:auth='external'/>",
	 ACC_XMPP_PASS, false},
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

static void read_one(struct acc_xmpp_xml *x, const char *text)
{
	acc_xmpp_xml_feed(x, edge_slice_str(text));
}

/* More children than are told: what is not seen cannot pass for known. Those
 * below a child do not hide one. */
START_TEST(xmpp_filter_does_not_pass_what_it_cannot_see)
{
	static const struct {
		const char *begin, *many, *end;
		enum acc_xmpp_fate fate;
		bool is_cut;
	} all[] = {
		{"<iq type='get'><ping xmlns='urn:xmpp:ping'>", "<a/>",
		 "</ping></iq>", ACC_XMPP_PASS, false},
		{"<iq type='get'><ping xmlns='urn:xmpp:ping'>", "<a/>",
		 "</ping>" VERSION "</iq>", ACC_XMPP_BOUNCE, false},
		{"<iq type='error'>", ERROR_CHILD, PING "</iq>", ACC_XMPP_DROP,
		 true},
		{"<iq type='result'><query "
		 "xmlns='http://jabber.org/protocol/disco#info'>",
		 "<feature var='a'/>", "</query></iq>", ACC_XMPP_PASS, false},
	};
	const struct acc_xmpp_xml_limits l = {65536, 32};
	const struct acc_xmpp_item *i;
	struct acc_xmpp_xml *x;

	ck_assert_int_eq(acc_xmpp_xml_new(&x, &l), EDGE_OK);
	read_one(x, "<stream:stream xmlns='jabber:server' xmlns:stream="
		    "'http://etherx.jabber.org/streams'>");
	ck_assert_int_eq(acc_xmpp_xml_next(x)->kind, ACC_XMPP_HEADER);
	ck_assert_int_eq(acc_xmpp_xml_next(x)->kind, ACC_XMPP_NOTHING);
	read_one(x, all[_i].begin);
	for (int n = 0; n < ACC_XMPP_PARTS; n++)
		read_one(x, all[_i].many);
	read_one(x, all[_i].end);
	i = acc_xmpp_xml_next(x);
	ck_assert_int_eq(i->kind, ACC_XMPP_ELEMENT);
	ck_assert_int_eq(i->is_parts_cut, all[_i].is_cut);
	ck_assert_int_eq(acc_xmpp_filter(i), all[_i].fate);
	acc_xmpp_xml_free(x);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_filter");
	TCase *t = tcase_create("filter");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, xmpp_filter_is_as_the_digest_says, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_loop_test(t, xmpp_filter_does_not_pass_what_it_cannot_see, 0,
			    4);
	suite_add_tcase(suite, t);
	return suite;
}
