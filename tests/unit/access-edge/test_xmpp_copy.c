/* access-edge/xmpp_copy.c: an element written anew. */
#include "access-edge/xmpp_copy.h"

#include <string.h>

#include "tests/support/suite.h"

static struct acc_xmpp_copy c;

static void setup(void)
{
	c = (struct acc_xmpp_copy){.max = 4096};
	acc_xmpp_copy_clear(&c);
}

static void teardown(void)
{
	acc_xmpp_copy_clear(&c);
}

static struct acc_xmpp_name name(const char *triplet)
{
	struct acc_xmpp_name n;

	ck_assert(acc_xmpp_name_read(&n, triplet));
	return n;
}

static void start(unsigned level, const char *triplet)
{
	struct acc_xmpp_name n = name(triplet);

	acc_xmpp_copy_start(&c, level, &n);
}

static void end(unsigned level, const char *triplet)
{
	struct acc_xmpp_name n = name(triplet);

	acc_xmpp_copy_end(&c, level, &n);
}

static void attribute(unsigned level, const char *triplet, const char *value)
{
	struct acc_xmpp_name n = name(triplet);

	acc_xmpp_copy_attribute(&c, level, &n, value);
}

static void is(const char *want)
{
	char text[4096];

	ck_assert_int_eq(c.err, EDGE_OK);
	ck_assert(
		edge_slice_copy(text, sizeof(text), edge_bytes_slice(&c.out)));
	ck_assert_str_eq(text, want);
}

START_TEST(copy_reads_names_of_one_two_and_three_parts)
{
	struct acc_xmpp_name n = name("body");

	ck_assert_str_eq(n.uri, "");
	ck_assert(edge_slice_eq_str(n.local, "body"));
	n = name("urn:a\nbody");
	ck_assert_str_eq(n.uri, "urn:a");
	ck_assert_str_eq(n.prefix, "");
	n = name("urn:a\nbody\np");
	ck_assert_str_eq(n.prefix, "p");
	ck_assert(edge_slice_eq_str(n.local, "body"));
}
END_TEST

START_TEST(copy_refuses_names_that_are_too_long)
{
	char text[ACC_XMPP_URI_LEN + 8];
	struct acc_xmpp_name n;

	memset(text, 'u', ACC_XMPP_URI_LEN + 1);
	strcpy(text + ACC_XMPP_URI_LEN + 1, "\nb");
	ck_assert(!acc_xmpp_name_read(&n, text));
	strcpy(text + ACC_XMPP_URI_LEN, "\nb");
	ck_assert(acc_xmpp_name_read(&n, text));
}
END_TEST

START_TEST(copy_declares_what_was_declared_elsewhere)
{
	start(1, "jabber:server\nmessage");
	attribute(1, "urn:y\nb\ny", "1");
	start(2, "urn:x\na\nx");
	start(3, "urn:x\nb\nx");
	end(3, "urn:x\nb\nx");
	end(2, "urn:x\na\nx");
	start(2, "urn:x\na\nx");
	end(2, "urn:x\na\nx");
	end(1, "jabber:server\nmessage");
	is("<message xmlns:y='urn:y' y:b='1'><x:a xmlns:x='urn:x'><x:b/></x:a>"
	   "<x:a xmlns:x='urn:x'/></message>");
}
END_TEST

START_TEST(copy_keeps_declarations_that_say_something)
{
	acc_xmpp_copy_declare(&c, 1, "", "jabber:server");
	acc_xmpp_copy_declare(&c, 1, "q", "urn:q");
	start(1, "jabber:server\nmessage");
	acc_xmpp_copy_declare(&c, 2, "", "");
	start(2, "a");
	end(2, "a");
	start(2, "jabber:server\nbody");
	acc_xmpp_copy_text(&c, edge_slice_str("q:name"));
	end(2, "jabber:server\nbody");
	end(1, "jabber:server\nmessage");
	is("<message xmlns:q='urn:q'><a xmlns=''/><body>q:name</body>"
	   "</message>");
}
END_TEST

START_TEST(copy_says_nothing_in_our_name)
{
	acc_xmpp_copy_declare(&c, 1, "le", "urn:lync-edge:xmpp:1");
	start(1, "jabber:server\nmessage");
	attribute(1, "urn:lync-edge:xmpp:1\nverified\nle", "true");
	attribute(1, "http://www.w3.org/XML/1998/namespace\nlang\nxml", "de");
	start(2, "jabber:server\nbody");
	attribute(2, "urn:lync-edge:xmpp:1\nverified\nle", "true");
	end(2, "jabber:server\nbody");
	end(1, "jabber:server\nmessage");
	is("<message xml:lang='de'><body/></message>");
}
END_TEST

START_TEST(copy_escapes_what_would_mean_something_else)
{
	start(1, "jabber:server\nmessage");
	attribute(1, "a", "<'\"&>\t\n\r");
	acc_xmpp_copy_text(&c, edge_slice_str("a>b <&' ]]"));
	acc_xmpp_copy_text(&c, edge_slice_str(">\r\n"));
	end(1, "jabber:server\nmessage");
	is("<message a='&lt;&#39;\"&amp;&gt;&#9;&#10;&#13;'>a>b &lt;&amp;' "
	   "]]&gt;&#13;\n</message>");
}
END_TEST

START_TEST(copy_offers_a_prefix_that_is_free)
{
	char prefix[ACC_XMPP_PREFIX_LEN];

	acc_xmpp_copy_declare(&c, 1, "le", "urn:x");
	acc_xmpp_copy_declare(&c, 1, "le1", "urn:y");
	start(1, "jabber:server\nmessage");
	acc_xmpp_copy_prefix(&c, prefix);
	ck_assert_str_eq(prefix, "le2");
	acc_xmpp_copy_clear(&c);
	start(1, "jabber:server\nmessage");
	acc_xmpp_copy_prefix(&c, prefix);
	ck_assert_str_eq(prefix, "le");
}
END_TEST

START_TEST(copy_stops_at_its_limit)
{
	c.max = 32;
	start(1, "jabber:server\nmessage");
	acc_xmpp_copy_text(&c, edge_slice_str("more than fits into 32 bytes"));
	end(1, "jabber:server\nmessage");
	ck_assert_int_eq(c.err, EDGE_ELIMIT);
	ck_assert_uint_le(c.out.len, 32);
	acc_xmpp_copy_clear(&c);
	ck_assert_int_eq(c.err, EDGE_OK);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_copy");
	TCase *t = tcase_create("copy");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, copy_reads_names_of_one_two_and_three_parts);
	tcase_add_test(t, copy_refuses_names_that_are_too_long);
	tcase_add_test(t, copy_declares_what_was_declared_elsewhere);
	tcase_add_test(t, copy_keeps_declarations_that_say_something);
	tcase_add_test(t, copy_says_nothing_in_our_name);
	tcase_add_test(t, copy_escapes_what_would_mean_something_else);
	tcase_add_test(t, copy_offers_a_prefix_that_is_free);
	tcase_add_test(t, copy_stops_at_its_limit);
	suite_add_tcase(suite, t);
	return suite;
}
