/* webconf-edge/psom_assign.c: ASSIGN, and each answer to it. */
#include "webconf-edge/psom_assign.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"

static const uint8_t session[PSOM_SESSION_LEN] = {0x11, 0x22, 0x33};
static const uint8_t foreign[PSOM_SESSION_LEN] = {0x11, 0x22, 0x34};
static const uint8_t nonce[PSOM_NONCE_LEN] = {0xa0, 0xa1};
static uint8_t bytes[PSOM_HEADER_LEN + PSOM_BODY_MAX];

static struct edge_slice answer(enum psom_type type, const uint8_t *of,
				unsigned code)
{
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), type);
	if (of)
		psom_put_bytes(&w, PSOM_TAG_SESSION,
			       edge_slice(of, PSOM_SESSION_LEN));
	if (code)
		psom_put_number(&w, PSOM_TAG_CODE, code);
	return psom_put_end(&w);
}

/* WC 5.8, codes of ASSIGN_NO. */
static const struct {
	enum psom_type type;
	const uint8_t *session;
	unsigned code;
	enum psom_assign_answer want;
} answers[] = {
	{PSOM_ASSIGN_OK, session, 0, PSOM_ASSIGN_TAKEN},
	{PSOM_ASSIGN_NO, session, 403, PSOM_ASSIGN_DENIED},
	{PSOM_ASSIGN_NO, session, 404, PSOM_ASSIGN_REFUSED},
	{PSOM_ASSIGN_NO, session, 503, PSOM_ASSIGN_REFUSED},
	{PSOM_ASSIGN_NO, session, 1, PSOM_ASSIGN_REFUSED},
	{PSOM_ASSIGN_NO, session, 401, PSOM_ASSIGN_REFUSED},
	/* not an answer to what was asked */
	{PSOM_ASSIGN_OK, foreign, 0, PSOM_ASSIGN_BROKEN},
	{PSOM_ASSIGN_NO, foreign, 403, PSOM_ASSIGN_BROKEN},
	{PSOM_ASSIGN_OK, NULL, 0, PSOM_ASSIGN_BROKEN},
	{PSOM_ASSIGN_NO, session, 0, PSOM_ASSIGN_BROKEN},
	{PSOM_REJECT, NULL, 503, PSOM_ASSIGN_BROKEN},
	{PSOM_BYE, NULL, 200, PSOM_ASSIGN_BROKEN},
	{PSOM_HELLO_OK, session, 0, PSOM_ASSIGN_BROKEN},
};
enum { ANSWERS = sizeof(answers) / sizeof(*answers) };

START_TEST(psom_assign_reads_each_answer)
{
	const struct edge_slice a =
		answer(answers[_i].type, answers[_i].session, answers[_i].code);
	size_t used = 0;

	ck_assert_uint_gt(edge_slice_len(a), 0);
	ck_assert_int_eq(psom_assign_answer(&used, a, session),
			 answers[_i].want);
	if (answers[_i].want == PSOM_ASSIGN_TAKEN)
		ck_assert_uint_eq(used, edge_slice_len(a));
}
END_TEST

START_TEST(psom_assign_waits_at_every_strict_prefix)
{
	const struct edge_slice a =
		answer(answers[_i].type, session, answers[_i].code);
	size_t used;

	for (size_t n = 0; n < edge_slice_len(a); n++)
		ck_assert_int_eq(
			psom_assign_answer(&used, edge_slice(a.p, n), session),
			PSOM_ASSIGN_MORE);
}
END_TEST

START_TEST(psom_assign_leaves_what_follows)
{
	const size_t len = edge_slice_len(answer(PSOM_ASSIGN_OK, session, 0));
	size_t used = 0;

	memcpy(bytes + len, "WCE1", 4); /* raw from here: no frame of ours */
	ck_assert_int_eq(
		psom_assign_answer(&used, edge_slice(bytes, len + 4), session),
		PSOM_ASSIGN_TAKEN);
	ck_assert_uint_eq(used, len);
}
END_TEST

START_TEST(psom_assign_refuses_other_protocols)
{
	static const char *const texts[] = {"HTTP/1.1 200 OK\r\n", "XCE1",
					    "WCE2", "\x16\x03\x01"};
	size_t used;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ck_assert_int_eq(psom_assign_answer(&used,
						    edge_slice_str(texts[i]),
						    session),
				 PSOM_ASSIGN_BROKEN);
}
END_TEST

/* WC 5.2: more than 4096 bytes are refused by the header alone. */
START_TEST(psom_assign_refuses_too_long_an_answer)
{
	static const uint8_t head[] = {'W', 'C', 'E', '1', 0x22, 0, 0x10, 0x01};
	size_t used;

	ck_assert_int_eq(psom_assign_answer(&used,
					    edge_slice(head, sizeof(head)),
					    session),
			 PSOM_ASSIGN_BROKEN);
}
END_TEST

static struct psom_assign example(const struct edge_addr *client)
{
	return (struct psom_assign){
		.session = session,
		.nonce = nonce,
		.conference = edge_slice_str("sip:a@contoso.com;gruu;x"),
		.inner = edge_slice_str("7301884412"),
		.client = client,
		.tls = 0x0304,
	};
}

START_TEST(psom_assign_asks_with_all_that_the_mcu_wants)
{
	static const struct edge_addr clients[] = {
		{.family = AF_INET, .ip = {203, 0, 113, 9}, .port = 50123},
		{.family = AF_INET6,
		 .ip = {0x20, 0x01, 0x0d, 0xb8},
		 .port = 443},
	};

	for (size_t i = 0; i < 2; i++) {
		const struct psom_assign a = example(&clients[i]);
		struct edge_slice ask =
			psom_assign_ask(bytes, sizeof(bytes), &a);
		struct edge_addr at;
		struct psom_frame f;
		size_t used = 0;

		ck_assert_int_eq(psom_frame_decode(&f, &used, ask,
						   PSOM_LEG_DATA,
						   PSOM_FROM_EDGE),
				 PSOM_FINE);
		ck_assert_int_eq(f.type, PSOM_ASSIGN);
		ck_assert_uint_eq(used, edge_slice_len(ask));
		ck_assert(edge_slice_eq(f.value[PSOM_TAG_SESSION],
					edge_slice(session, sizeof(session))));
		ck_assert(edge_slice_eq(f.value[PSOM_TAG_NONCE],
					edge_slice(nonce, sizeof(nonce))));
		ck_assert(edge_slice_eq(f.value[PSOM_TAG_CONFERENCE],
					a.conference));
		ck_assert(edge_slice_eq(f.value[PSOM_TAG_INNER], a.inner));
		ck_assert_uint_eq(psom_frame_number(&f, PSOM_TAG_TLS), 0x0304);
		ck_assert(psom_frame_client(&at, &f));
		ck_assert(edge_addr_eq(&at, &clients[i]));
	}
}
END_TEST

START_TEST(psom_assign_that_does_not_fit_is_empty)
{
	const struct edge_addr client = {.family = AF_INET, .port = 1};
	const struct edge_addr nowhere = {.family = 0};
	struct psom_assign a = example(&client);
	const size_t whole =
		edge_slice_len(psom_assign_ask(bytes, sizeof(bytes), &a));

	ck_assert_uint_gt(whole, 0);
	for (size_t cap = 0; cap < whole; cap++)
		ck_assert_uint_eq(
			edge_slice_len(psom_assign_ask(bytes, cap, &a)), 0);
	a.client = &nowhere;
	ck_assert_uint_eq(
		edge_slice_len(psom_assign_ask(bytes, sizeof(bytes), &a)), 0);
}
END_TEST

/* The longest of everything is within a frame of the data leg. */
START_TEST(psom_assign_longest_fits)
{
	static uint8_t inner[PSOM_VALUE_MAX], conference[512];
	const struct edge_addr client = {.family = AF_INET6, .port = 1};
	struct psom_assign a = example(&client);

	memset(conference, 'c', sizeof(conference));
	a.inner = edge_slice(inner, sizeof(inner));
	a.conference = edge_slice(conference, sizeof(conference));
	ck_assert_uint_gt(
		edge_slice_len(psom_assign_ask(bytes, sizeof(bytes), &a)),
		sizeof(inner) + sizeof(conference));
}
END_TEST

START_TEST(psom_tls_number_is_that_of_the_record)
{
	ck_assert_uint_eq(psom_tls_number("TLSv1"), 0x0301);
	ck_assert_uint_eq(psom_tls_number("TLSv1.1"), 0x0302);
	ck_assert_uint_eq(psom_tls_number("TLSv1.2"), 0x0303);
	ck_assert_uint_eq(psom_tls_number("TLSv1.3"), 0x0304);
	ck_assert_uint_eq(psom_tls_number(""), 0);
	ck_assert_uint_eq(psom_tls_number("TLSv1.4"), 0);
	ck_assert_uint_eq(psom_tls_number("SSLv3"), 0);
	ck_assert_uint_eq(psom_tls_number("tlsv1.3"), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("psom_assign");
	TCase *t = tcase_create("psom_assign");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, psom_assign_reads_each_answer, 0, ANSWERS);
	/* the answers proper */
	tcase_add_loop_test(t, psom_assign_waits_at_every_strict_prefix, 0, 6);
	tcase_add_test(t, psom_assign_leaves_what_follows);
	tcase_add_test(t, psom_assign_refuses_other_protocols);
	tcase_add_test(t, psom_assign_refuses_too_long_an_answer);
	tcase_add_test(t, psom_assign_asks_with_all_that_the_mcu_wants);
	tcase_add_test(t, psom_assign_that_does_not_fit_is_empty);
	tcase_add_test(t, psom_assign_longest_fits);
	tcase_add_test(t, psom_tls_number_is_that_of_the_record);
	suite_add_tcase(s, t);
	return s;
}
