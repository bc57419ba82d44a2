#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/sip/fixture.h"

static struct sip_case c;

static void setup(void)
{
	sip_case_init(&c);
}

static void teardown(void)
{
	sip_case_fini(&c);
}

static enum edge_sip_fault fault_of(const char *text)
{
	const enum edge_err err = sip_case_parse(&c, edge_slice_str(text));

	ck_assert_int_eq(err, c.msg.fault ? EDGE_EFORMAT : EDGE_OK);
	return c.msg.fault;
}

/* The base request with one more header line. */
static enum edge_sip_fault fault_with(const char *line)
{
	static char text[8192]; /* the views stay valid */

	snprintf(text, sizeof(text), SIP_BASE "%s\r\n" SIP_END, line);
	return fault_of(text);
}

static void expect(struct edge_slice got, const char *want)
{
	ck_assert_msg(edge_slice_eq_str(got, want), "'%.*s' is not '%s'",
		      (int)edge_slice_len(got), (const char *)got.p, want);
}

START_TEST(request_is_taken_apart)
{
	ck_assert_int_eq(fault_of(SIP_BASE SIP_END), EDGE_SIP_FINE);
	ck_assert(c.msg.is_request);
	ck_assert_int_eq(c.msg.method, EDGE_SIP_INVITE);
	expect(c.msg.method_text, "INVITE");
	expect(c.msg.ruri.host, "y.example");
	expect(c.msg.start_line, SIP_START);
	ck_assert_uint_eq(c.msg.line_count, 7);
	expect(c.msg.from.uri.text, "sip:a@x.example");
	expect(c.msg.from.tag, "f1");
	ck_assert_uint_eq(edge_slice_len(c.msg.to.tag), 0);
	expect(c.msg.call_id, "c1@h");
	ck_assert_uint_eq(c.msg.cseq, 7);
	ck_assert_int_eq(c.msg.max_forwards, 70);
	expect(c.msg.via.transport, "TLS");
	expect(c.msg.via.branch, "z9hG4bK1");
	ck_assert_uint_eq(c.msg.via_count, 1);
	ck_assert_uint_eq(edge_slice_len(c.msg.body), 0);
}
END_TEST

START_TEST(response_is_taken_apart)
{
	const char *text = "SIP/2.0 486 Busy \xc3\xa9 here\r\n" SIP_VIA
			   "v: SIP/2.0/tls [2001:db8::1]:5061;received=10.0.0.1"
			   ", SIP/2.0/TLS k\r\n" SIP_FROM SIP_TO SIP_CALL_ID
			   "CSeq: 2147483647 NOTIFY\r\nl: 2\r\n\r\nhi";

	ck_assert_int_eq(fault_of(text), EDGE_SIP_FINE);
	ck_assert(!c.msg.is_request);
	ck_assert_uint_eq(c.msg.status, 486);
	expect(c.msg.phrase, "Busy \xc3\xa9 here");
	ck_assert_int_eq(c.msg.method, EDGE_SIP_NOTIFY);
	expect(c.msg.method_text, "NOTIFY");
	ck_assert_uint_eq(c.msg.cseq, 2147483647u);
	ck_assert_int_eq(c.msg.max_forwards, -1);
	ck_assert_uint_eq(c.msg.via_count, 3);
	expect(c.msg.body, "hi");
}
END_TEST

START_TEST(mandatory_header_missing_is_told)
{
	static const char *const lines[] = {SIP_VIA, SIP_FROM, SIP_TO,
					    SIP_CALL_ID, SIP_CSEQ};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct edge_slice text = sip_swap(
			edge_slice_str(SIP_BASE SIP_END), lines[i], "");

		ck_assert_int_eq(sip_case_parse(&c, text), EDGE_EFORMAT);
		ck_assert_int_eq(c.msg.fault, EDGE_SIP_MISSING);
		ck_assert_uint_eq(edge_sip_fault_status(c.msg.fault), 400);
		ck_assert(!memcmp(lines[i], c.msg.fault_at.p,
				  edge_slice_len(c.msg.fault_at)));
		sip_file_free(text);
	}
	ck_assert_int_eq(fault_of(SIP_START SIP_VIA SIP_FROM SIP_TO SIP_CALL_ID
					  SIP_CSEQ SIP_END),
			 EDGE_SIP_FINE); /* Max-Forwards may be missing */
}
END_TEST

START_TEST(single_header_twice_is_refused)
{
	static const char *const twice[] = {"f: <sip:a@x.example>;tag=f1",
					    "T: <sip:b@y.example>",
					    "I: c1@h",
					    "cseq: 7 INVITE",
					    "MAX-FORWARDS: 70",
					    "Expires: 1\r\nExpires: 1",
					    "Event: a\r\no: a",
					    "c: a/b\r\nContent-Type: a/b"};

	for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++)
		ck_assert_msg(fault_with(twice[i]) == EDGE_SIP_TWICE, "%s",
			      twice[i]);
}
END_TEST

START_TEST(repeatable_headers_may_repeat)
{
	ck_assert_int_eq(fault_with("m: <sip:a>\r\nContact: sip:b"),
			 EDGE_SIP_FINE);
	ck_assert_int_eq(fault_with("X: 1\r\nX: 1\r\nSubject: a\r\ns: b"),
			 EDGE_SIP_FINE);
	ck_assert_int_eq(fault_with("Authorization: NTLM a=\"b\"\r\n"
				    "Authorization: TLS-DSK c=\"d\""),
			 EDGE_SIP_FINE);
}
END_TEST

START_TEST(odd_octets_are_refused_wherever_they_come)
{
	static const char text[] = SIP_BASE SIP_END;
	static const uint8_t odd[] = {0x00, 0x01, 0x0b, 0x7f, 0x80, 0xff};
	const size_t len = sizeof(text) - 1;
	uint8_t copy[sizeof(text)];
	const size_t head = len;

	for (size_t at = 0; at < len; at++)
		for (size_t k = 0; k < sizeof(odd); k++) {
			memcpy(copy, text, len);
			copy[at] = odd[k];
			ck_assert_msg(edge_sip_msg_parse(&c.msg, c.arena,
							 edge_slice(copy, len),
							 head) != EDGE_OK,
				      "octet %02x at %zu", odd[k], at);
		}
}
END_TEST

START_TEST(every_method_is_known_by_name)
{
	char text[1024];

	for (int i = EDGE_SIP_UNKNOWN + 1; i < EDGE_SIP_METHOD_COUNT; i++) {
		const char *name = edge_sip_method_str((enum edge_sip_method)i);

		snprintf(text, sizeof(text),
			 "%s sip:y SIP/2.0\r\n" SIP_VIA SIP_FROM SIP_TO
				 SIP_CALL_ID "CSeq: 1 %s\r\n" SIP_END,
			 name, name);
		ck_assert_msg(fault_of(text) == EDGE_SIP_FINE, "%s", name);
		ck_assert_int_eq(c.msg.method, i);
	}
	ck_assert_int_eq(fault_of("FETCH sip:y SIP/2.0\r\n" SIP_VIA SIP_FROM
					  SIP_TO SIP_CALL_ID
				  "CSeq: 1 FETCH\r\n" SIP_END),
			 EDGE_SIP_FINE);
	ck_assert_int_eq(c.msg.method, EDGE_SIP_UNKNOWN);
	expect(c.msg.method_text, "FETCH");
}
END_TEST

START_TEST(every_header_is_found_in_any_case)
{
	static const char *const compact[EDGE_SIP_HDR_COUNT] = {
#define HDR(id, name, short_name, form) [EDGE_SIP_##id] = short_name,
#include "common/sip/header.def"
#undef HDR
	};
	char text[256];

	for (int id = EDGE_SIP_OTHER + 1; id < EDGE_SIP_HDR_COUNT; id++) {
		const char *name = edge_sip_hdr_str((enum edge_sip_hdr)id);

		for (int k = 0; k < 4; k++) {
			size_t n;

			if (k >= 2 && !compact[id][0])
				continue;
			n = (size_t)sprintf(text, SIP_START "%s: x\r\n\r\n",
					    k < 2 ? name : compact[id]);
			for (size_t i = strlen(SIP_START); i < n; i++)
				if (k % 2 && text[i] >= 'a' && text[i] <= 'z' &&
				    text[i + 1] != '\r')
					text[i] = (char)(text[i] - 32);
			(void)!edge_sip_msg_parse(&c.msg, c.arena,
						  edge_slice(text, n), n);
			ck_assert_msg(c.msg.lines[0].id ==
					      (enum edge_sip_hdr)id,
				      "%s", text);
			ck_assert_int_eq(
				edge_sip_find(&c.msg, (enum edge_sip_hdr)id, 0),
				0);
		}
	}
}
END_TEST

START_TEST(headers_are_found_in_order)
{
	int i;

	ck_assert_int_eq(fault_with("Route: <sip:a>\r\nX-Y: 1\r\n"
				    "ROUTE: <sip:b>\r\nx-y: 2"),
			 EDGE_SIP_FINE);
	i = edge_sip_find(&c.msg, EDGE_SIP_ROUTE, 0);
	ck_assert_int_eq(i, 6);
	i = edge_sip_find(&c.msg, EDGE_SIP_ROUTE, i + 1);
	ck_assert_int_eq(i, 8);
	ck_assert_int_eq(edge_sip_find(&c.msg, EDGE_SIP_ROUTE, 9), -1);
	ck_assert_int_eq(edge_sip_find(&c.msg, EDGE_SIP_CONTACT, 0), -1);
	ck_assert_int_eq(edge_sip_find_name(&c.msg, "X-y", 0), 7);
	ck_assert_int_eq(edge_sip_find_name(&c.msg, "x-Y", 8), 9);
	ck_assert_int_eq(edge_sip_find_name(&c.msg, "none", 0), -1);
}
END_TEST

START_TEST(address_lists_come_in_order_with_their_lines)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	int line[EDGE_SIP_LIST];
	size_t n;

	ck_assert_int_eq(
		fault_with(
			"Route: \"a,b\" <sip:a,c@h;lr>;tag=1 ,\r\n <sip:b>\r\n"
			"X: 1\r\nRoute: <sip:c:5061>\r\n"
			"P-Preferred-Identity: <sip:a@b>, <tel:+1>"),
		EDGE_SIP_FINE);
	ck_assert_int_eq(edge_sip_addrs(&c.msg, EDGE_SIP_ROUTE, list, line, &n),
			 EDGE_OK);
	ck_assert_uint_eq(n, 3);
	expect(list[0].text, "\"a,b\" <sip:a,c@h;lr>;tag=1");
	expect(list[0].display, "\"a,b\"");
	expect(list[0].uri.text, "sip:a,c@h;lr");
	expect(list[0].uri.user, "a,c");
	expect(list[0].uri.params, ";lr");
	expect(list[0].params, ";tag=1");
	expect(list[0].tag, "1");
	expect(list[1].text, "<sip:b>");
	ck_assert_uint_eq(list[2].uri.port, 5061);
	ck_assert_int_eq(line[0], line[1]);
	ck_assert_int_eq(line[2], line[0] + 2);
	ck_assert_int_eq(edge_sip_addrs(&c.msg, EDGE_SIP_P_PREFERRED_IDENTITY,
					list, NULL, &n),
			 EDGE_OK);
	ck_assert_uint_eq(n, 2);
	expect(list[1].uri.scheme, "tel");
	ck_assert(!list[1].uri.is_sip);
	ck_assert_int_eq(
		edge_sip_addrs(&c.msg, EDGE_SIP_CONTACT, list, NULL, &n),
		EDGE_OK);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(unchecked_header_may_fail_as_a_list)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t n = 5;

	ck_assert_int_eq(fault_with("P-Asserted-Identity: <<"), EDGE_SIP_FINE);
	ck_assert_int_eq(edge_sip_addrs(&c.msg, EDGE_SIP_P_ASSERTED_IDENTITY,
					list, NULL, &n),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(n, 5);
}
END_TEST

START_TEST(vias_come_in_order)
{
	struct edge_sip_via list[EDGE_SIP_LIST];
	size_t n;

	ck_assert_int_eq(
		fault_with("v: SIP/2.0/tcp i:5060;branch=b2;received=10.0.0.2"
			   ";x=\"y\" , SIP/2.0/UDP [::1]:7"),
		EDGE_SIP_FINE);
	ck_assert_int_eq(edge_sip_vias(&c.msg, list, &n), EDGE_OK);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(c.msg.via_count, 3);
	expect(list[0].host, "h.example");
	expect(list[1].text, "SIP/2.0/tcp i:5060;branch=b2;received=10.0.0.2"
			     ";x=\"y\"");
	expect(list[1].branch, "b2");
	expect(list[1].received, "10.0.0.2");
	ck_assert_uint_eq(list[1].port, 5060);
	expect(list[1].params, ";branch=b2;received=10.0.0.2;x=\"y\"");
	expect(list[2].host, "[::1]");
	ck_assert_uint_eq(list[2].port, 7);
}
END_TEST

START_TEST(lists_have_a_cap)
{
	char line[4096] = "Contact: <sip:a>";

	for (int i = 1; i < EDGE_SIP_LIST; i++)
		strcat(line, ",<sip:a>");
	ck_assert_int_eq(fault_with(line), EDGE_SIP_FINE);
	strcat(line, ",<sip:a>");
	ck_assert_int_eq(fault_with(line), EDGE_SIP_TOO_MANY);
}
END_TEST

START_TEST(too_many_lines_are_refused)
{
	char *text = malloc(8192);
	size_t n = (size_t)sprintf(text, "%s", SIP_START SIP_VIA);

	for (int i = 1; i <= EDGE_SIP_LINES; i++)
		n += (size_t)sprintf(text + n, "X: %d\r\n", i);
	n += (size_t)sprintf(text + n, "\r\n");
	ck_assert_int_eq(
		edge_sip_msg_parse(&c.msg, c.arena, edge_slice(text, n), n),
		EDGE_EFORMAT);
	ck_assert_int_eq(c.msg.fault, EDGE_SIP_TOO_MANY);
	ck_assert_uint_eq(c.msg.line_count, EDGE_SIP_LINES);
	free(text);
}
END_TEST

START_TEST(star_contact_is_for_register_alone)
{
	struct edge_sip_addr list[EDGE_SIP_LIST];
	size_t n;

	ck_assert_int_eq(fault_of("REGISTER sip:y SIP/2.0\r\n" SIP_VIA SIP_FROM
					  SIP_TO SIP_CALL_ID
				  "CSeq: 1 REGISTER\r\nContact: *\r\n" SIP_END),
			 EDGE_SIP_FINE);
	ck_assert_int_eq(
		edge_sip_addrs(&c.msg, EDGE_SIP_CONTACT, list, NULL, &n),
		EDGE_OK);
	ck_assert_uint_eq(n, 1);
	expect(list[0].text, "*");
	ck_assert_int_eq(fault_of("REGISTER sip:y SIP/2.0\r\n" SIP_VIA SIP_FROM
					  SIP_TO SIP_CALL_ID
				  "CSeq: 1 REGISTER\r\n"
				  "Contact: <sip:a>\r\nContact: *\r\n" SIP_END),
			 EDGE_SIP_BAD_HEADER);
	ck_assert_int_eq(fault_of("REGISTER sip:y SIP/2.0\r\n" SIP_VIA SIP_FROM
					  SIP_TO SIP_CALL_ID
				  "CSeq: 1 REGISTER\r\n"
				  "m: <mailto:a@b>\r\n" SIP_END),
			 EDGE_SIP_BAD_URI);
}
END_TEST

START_TEST(head_without_its_end_still_gives_what_there_is)
{
	const char *text =
		SIP_START SIP_VIA SIP_FROM SIP_TO SIP_CALL_ID SIP_CSEQ;

	ck_assert_int_eq(edge_sip_msg_parse(&c.msg, c.arena,
					    edge_slice_str(text), strlen(text)),
			 EDGE_OK);
	ck_assert_int_eq(edge_sip_msg_parse(&c.msg, c.arena,
					    edge_slice_str(text),
					    strlen(text) + 1),
			 EDGE_ERANGE);
	ck_assert_int_eq(
		edge_sip_msg_parse(&c.msg, c.arena, edge_slice_str(""), 0),
		EDGE_EFORMAT);
}
END_TEST

START_TEST(deep_nesting_costs_nothing)
{
	char line[1024] = "Contact: ";
	size_t n = strlen(line);

	for (int i = 0; i < 100; i++)
		line[n++] = '(';
	line[n] = '\0';
	ck_assert_int_eq(fault_with(line), EDGE_SIP_BAD_HEADER);
	n = strlen("Contact: ");
	for (int i = 0; i < 101; i++)
		line[n++] = '"';
	line[n] = '\0';
	ck_assert_int_eq(fault_with(line), EDGE_SIP_BAD_HEADER);
}
END_TEST

START_TEST(arena_serves_many_messages)
{
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(fault_with("m: <sip:a@b>;x=y, <sip:c>;q=1"),
				 EDGE_SIP_FINE);
}
END_TEST

START_TEST(names_of_faults_and_headers_are_total)
{
	for (int i = 0; i <= EDGE_SIP_TOO_MANY; i++)
		ck_assert_str_ne(edge_sip_fault_str((enum edge_sip_fault)i),
				 "unknown");
	ck_assert_str_eq(edge_sip_fault_str((enum edge_sip_fault)77),
			 "unknown");
	ck_assert_uint_eq(edge_sip_fault_status((enum edge_sip_fault)77), 0);
	ck_assert_str_eq(edge_sip_hdr_str(EDGE_SIP_OTHER), "other");
	ck_assert_str_eq(edge_sip_hdr_str(EDGE_SIP_HDR_COUNT), "other");
	ck_assert_str_eq(edge_sip_method_str(EDGE_SIP_UNKNOWN), "unknown");
	ck_assert_str_eq(edge_sip_method_str(EDGE_SIP_METHOD_COUNT), "unknown");
}
END_TEST

static void add_judging(TCase *t)
{
	tcase_add_test(t, mandatory_header_missing_is_told);
	tcase_add_test(t, single_header_twice_is_refused);
	tcase_add_test(t, repeatable_headers_may_repeat);
	tcase_add_test(t, odd_octets_are_refused_wherever_they_come);
	tcase_add_test(t, lists_have_a_cap);
	tcase_add_test(t, too_many_lines_are_refused);
	tcase_add_test(t, star_contact_is_for_register_alone);
	tcase_add_test(t, deep_nesting_costs_nothing);
}

static void add_reading(TCase *t)
{
	tcase_add_test(t, request_is_taken_apart);
	tcase_add_test(t, response_is_taken_apart);
	tcase_add_test(t, every_method_is_known_by_name);
	tcase_add_test(t, every_header_is_found_in_any_case);
	tcase_add_test(t, headers_are_found_in_order);
	tcase_add_test(t, address_lists_come_in_order_with_their_lines);
	tcase_add_test(t, unchecked_header_may_fail_as_a_list);
	tcase_add_test(t, vias_come_in_order);
	tcase_add_test(t, head_without_its_end_still_gives_what_there_is);
	tcase_add_test(t, arena_serves_many_messages);
	tcase_add_test(t, names_of_faults_and_headers_are_total);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("sip msg");
	TCase *reading = tcase_create("read"), *judging = tcase_create("judge");

	tcase_set_timeout(reading, 20);
	tcase_add_checked_fixture(reading, setup, teardown);
	add_reading(reading);
	tcase_set_timeout(judging, 20);
	tcase_add_checked_fixture(judging, setup, teardown);
	add_judging(judging);
	suite_add_tcase(s, reading);
	suite_add_tcase(s, judging);
	return s;
}
