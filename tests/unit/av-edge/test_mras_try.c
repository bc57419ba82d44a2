/* A trial's credentials: for no user, for a minute, and real ones. */
#include "av-edge/mras_try.h"

#include <check.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/av-edge/mras_fixture.h"

static struct topo t;
static struct mras_ring ring;
static struct mras_mint c;
static uint8_t out[MRAS_TRY_RESPONSE];
static char text[MRAS_TEST_TEXT];
static struct edge_slice xml;

static void setup(void)
{
	t = mras_test_topo();
	ring = mras_test_ring();
	c = (struct mras_mint){.topo = &t,
			       .ring = &ring,
			       .now_s = MRAS_TEST_NOW,
			       .random = mras_test_random};
}

static enum mras_phrase ask(const char *body)
{
	struct edge_put w = edge_put(out, sizeof(out));
	enum mras_phrase p = mras_try(&w, &c, edge_slice_str(body));

	ck_assert(!w.overflow);
	xml = edge_put_done(&w);
	return p;
}

static enum mras_phrase ask_as(const char *identity, const char *more)
{
	mras_test_body(text, "sip:alice@contoso.com", identity, more);
	return ask(text);
}

/* Of the username in the answer. */
static void name_of(uint8_t bytes[MRAS_TOKEN_LEN])
{
	ck_assert_uint_eq(
		mras_test_base64(bytes, MRAS_TOKEN_LEN,
				 mras_test_element(xml, "username", 0)),
		MRAS_TOKEN_LEN);
}

START_TEST(try_gives_credentials_that_count_for_a_minute)
{
	uint8_t name[MRAS_TOKEN_LEN];
	struct mras_known known;
	struct edge_slice who;
	int64_t over = MRAS_TEST_NOW + 60 + ring.skew_s + 1;

	ck_assert_int_eq(
		ask_as("sip:alice@contoso.com", "<duration>480</duration>"),
		MRAS_OK);
	ck_assert(mras_test_has(xml, "reasonPhrase=\"OK\""));
	ck_assert(mras_test_has(xml, "<duration>1</duration>"));
	name_of(name);
	who = edge_slice(name, sizeof(name));
	ck_assert_int_eq(mras_ring_verify(&known, &ring, who, MRAS_TEST_NOW,
					  AVE_OUTSIDE),
			 AVE_FINE);
	ck_assert_int_eq(
		mras_ring_verify(&known, &ring, who, over, AVE_OUTSIDE),
		AVE_TOKEN_EXPIRED);
}
END_TEST

START_TEST(try_is_for_no_user_whoever_is_named)
{
	uint8_t one[MRAS_TOKEN_LEN], other[MRAS_TOKEN_LEN];
	struct mras_token k = {0};
	uint8_t alice[MRAS_PSEUDONYM_LEN];

	ck_assert_int_eq(ask_as("sip:alice@contoso.com", ""), MRAS_OK);
	name_of(one);
	ck_assert_int_eq(ask_as("sip:bob@contoso.com", ""), MRAS_OK);
	name_of(other);
	ck_assert_mem_eq(one, other, sizeof(one));
	mras_token_pseudonym(alice, &ring.v[0].keys,
			     edge_slice_str("sip:alice@contoso.com"));
	ck_assert(mras_token_decode(&k, edge_slice(one, sizeof(one))));
	ck_assert_mem_ne(k.pseudonym, alice, sizeof(alice));
}
END_TEST

START_TEST(try_names_the_relays_of_a_location)
{
	ck_assert_int_eq(
		ask_as("sip:a@contoso.com", "<location>intranet</location>"),
		MRAS_OK);
	ck_assert(mras_test_has(xml, "<location>intranet</location>"));
	ck_assert(!mras_test_has(xml, "<location>internet</location>"));
	ck_assert(mras_test_has(xml, t.pool));
}
END_TEST

START_TEST(try_refuses_as_the_dialogue_does)
{
	ck_assert_int_eq(ask("<request"), MRAS_MALFORMED);
	ck_assert(mras_test_has(xml, "reasonPhrase=\"Request Malformed\""));
	ck_assert_int_eq(ask(""), MRAS_MALFORMED);
	ring.v[0].until_s = MRAS_TEST_NOW;
	ck_assert_int_eq(ask_as("sip:a@contoso.com", ""), MRAS_INTERNAL);
	ck_assert(!mras_test_has(xml, "password"));
}
END_TEST

START_TEST(try_answers_one_ask_alone)
{
	ck_assert_int_eq(ask_as("sip:a@contoso.com",
				"</credentialsRequest><credentialsRequest "
				"credentialsRequestID=\"c2\"><identity>sip:b@"
				"contoso.com</identity>"),
			 MRAS_NOT_SUPPORTED);
	ck_assert(!mras_test_has(xml, "password"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("mras_try");
	TCase *tc = tcase_create("try");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, try_gives_credentials_that_count_for_a_minute);
	tcase_add_test(tc, try_is_for_no_user_whoever_is_named);
	tcase_add_test(tc, try_names_the_relays_of_a_location);
	tcase_add_test(tc, try_refuses_as_the_dialogue_does);
	tcase_add_test(tc, try_answers_one_ask_alone);
	suite_add_tcase(s, tc);
	return s;
}
