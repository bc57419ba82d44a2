/* av-edge/service_keys.c: certificates, their keys, and which of them count. */
#include "av-edge/service_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "av-edge/events.h"
#include "common/tls.h"
#include "tests/support/certs.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/service_fixture.h"

enum { DAY_S = 86400, SLACK_S = 3600 };

static struct certs *files;
static struct topo t;
static struct edge_config *config;
static struct ave_service_keys keys;
static char why[512];

static void setup(void)
{
	const struct cert_spec ca = {.is_ca = true}, leaf = {.issuer = "ca"};

	heard_start(ave_events);
	files = certs_new();
	certs_make(files, "ca", &ca);
	certs_make(files, "auth", &leaf);
	t = service_fixture_topo();
	config = NULL;
	memset(&keys, 0, sizeof(keys));
	*why = '\0';
}

static void teardown(void)
{
	ave_service_keys_drop(&keys);
	edge_config_free(config);
	certs_free(files);
	heard_stop();
}

static void settings(const char *auth, const char *more)
{
	char text[2048];

	edge_config_free(config);
	snprintf(text, sizeof(text),
		 "[certificate.av-auth]\nchain = %s/%s.pem\n"
		 "key = %s/%s.key\n%s",
		 certs_path(files, ""), auth, certs_path(files, ""), auth,
		 more);
	config = service_fixture_config(text);
}

static enum edge_err load(void)
{
	ave_service_keys_drop(&keys);
	return ave_service_keys_load(&keys, config, &t, why, sizeof(why));
}

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

/* As edgectl cert stage leaves it: time in the first line of the chain. */
static void stage(const char *name, int64_t effective_s)
{
	char text[8192], from[64], to[64], utc[32];
	const time_t at = (time_t)effective_s;
	struct tm tm;
	size_t len;
	FILE *f;

	snprintf(from, sizeof(from), "%s.key", name);
	snprintf(to, sizeof(to), "auth.key.staged");
	f = fopen(certs_path(files, from), "r");
	ck_assert_ptr_nonnull(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	fclose(f);
	certs_write(files, to, text);
	gmtime_r(&at, &tm);
	strftime(utc, sizeof(utc), "%Y-%m-%dT%H:%M:%SZ", &tm);
	len = (size_t)snprintf(text, sizeof(text), "effective %s\n", utc);
	snprintf(from, sizeof(from), "%s.pem", name);
	f = fopen(certs_path(files, from), "r");
	ck_assert_ptr_nonnull(f);
	len += fread(text + len, 1, sizeof(text) - 1 - len, f);
	text[len] = '\0';
	fclose(f);
	certs_write(files, "auth.pem.staged", text);
}

START_TEST(keys_of_one_certificate)
{
	settings("auth", "[limits]\nav.clock_skew_s = 17\n");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_uint_eq(keys.ring.count, 1);
	ck_assert_uint_eq(keys.ring.lifetime_s, 28800);
	ck_assert_uint_eq(keys.ring.skew_s, 17);
	ck_assert_int_eq(keys.ring.v[0].from_s, 0);
	ck_assert(llabs(keys.ring.v[0].until_s - (now() + 30 * DAY_S)) <
		  SLACK_S);
	ck_assert_uint_eq(strlen(keys.spki_sha256[0]), 64);
	ck_assert_ptr_null(keys.turn);
	ck_assert_uint_eq(ave_service_keys_minting(&keys, now()), 0);
}
END_TEST

START_TEST(keys_are_the_same_from_the_same_file)
{
	struct mras_keys first;
	char spki[65];

	settings("auth", "");
	ck_assert_int_eq(load(), EDGE_OK);
	first = keys.ring.v[0].keys;
	memcpy(spki, keys.spki_sha256[0], sizeof(spki));
	ck_assert_int_eq(load(), EDGE_OK);
	ck_assert_mem_eq(&first, &keys.ring.v[0].keys, sizeof(first));
	ck_assert_str_eq(spki, keys.spki_sha256[0]);
}
END_TEST

START_TEST(keys_carry_the_time_of_revocation)
{
	settings("auth",
		 "[options]\nav.tokens_not_before = 2020-01-01T00:00:00Z\n");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_int_eq(keys.ring.not_before_s, 1577836800);
	settings("auth",
		 "[options]\nav.tokens_not_before = 9999-01-01T00:00:00Z\n");
	ck_assert_int_eq(load(), EDGE_ERANGE);
	ck_assert_msg(strstr(why, "av.tokens_not_before is a time that has "
				  "not come yet"),
		      "%s", why);
	ck_assert_uint_eq(keys.ring.count, 0);
}
END_TEST

START_TEST(keys_carry_the_layout_of_tokens)
{
	settings("auth", "");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_int_eq(keys.ring.format, MRAS_EDGE);
	settings("auth", "[options]\nav.token_format = ms2\n");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_int_eq(keys.ring.format, MRAS_MS2);
}
END_TEST

START_TEST(keys_carry_users_that_are_revoked)
{
	uint8_t name[MRAS_PSEUDONYM_LEN];

	settings("auth", "[options]\nav.users_revoked = "
			 "sips:Alice@contoso.com;x=1 sip:bob@contoso.com\n");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_uint_eq(keys.ring.revoked_count, 4);
	mras_token_pseudonym(name, &keys.ring.v[0].keys,
			     edge_slice_str("sip:alice@contoso.com"));
	ck_assert(mras_ring_is_revoked(&keys.ring, name));
	mras_token_pseudonym(name, &keys.ring.v[0].keys,
			     edge_slice_str("sip:carol@contoso.com"));
	ck_assert(!mras_ring_is_revoked(&keys.ring, name));
}
END_TEST

START_TEST(keys_want_both_settings)
{
	config = service_fixture_config("");
	ck_assert_int_eq(load(), EDGE_ENOTFOUND);
	ck_assert_msg(strstr(why, "[certificate.av-auth]"), "%s", why);
	ck_assert_uint_eq(keys.ring.count, 0);
}
END_TEST

START_TEST(keys_refuse_a_file_that_is_not_there)
{
	settings("nobody", "");
	ck_assert_int_ne(load(), EDGE_OK);
	ck_assert_msg(strstr(why, "nobody"), "%s", why);
}
END_TEST

START_TEST(keys_refuse_the_key_of_another_certificate)
{
	const struct cert_spec leaf = {.issuer = "ca"};
	char text[1024];

	certs_make(files, "other", &leaf);
	snprintf(text, sizeof(text),
		 "[certificate.av-auth]\nchain = %s/auth.pem\n"
		 "key = %s/other.key\n",
		 certs_path(files, ""), certs_path(files, ""));
	config = service_fixture_config(text);
	ck_assert_int_eq(load(), EDGE_ETLS);
	ck_assert_msg(*why, "no word");
}
END_TEST

START_TEST(keys_refuse_a_certificate_that_has_ended)
{
	const struct cert_spec old = {
		.issuer = "ca", .from_days = -9, .to_days = -1};

	certs_make(files, "old", &old);
	settings("old", "");
	ck_assert_int_eq(load(), EDGE_ESTATE);
	ck_assert_msg(strstr(why, "old.pem: the certificate has ended"), "%s",
		      why);
}
END_TEST

START_TEST(keys_roll_at_the_effective_time)
{
	const struct cert_spec leaf = {.issuer = "ca", .to_days = 90};
	const int64_t at = now() + DAY_S;
	int64_t ends;

	certs_make(files, "next", &leaf);
	stage("next", at);
	settings("auth", "");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_uint_eq(keys.ring.count, 2);
	ck_assert_int_eq(keys.ring.v[0].from_s, at);
	ck_assert_int_eq(keys.ring.v[1].from_s, 0);
	ck_assert_str_ne(keys.spki_sha256[0], keys.spki_sha256[1]);
	ends = keys.ring.v[1].until_s;
	/* TO 5.4: made with the old until then, the new one from then on */
	ck_assert_uint_eq(ave_service_keys_minting(&keys, at - 1), 1);
	ck_assert_uint_eq(ave_service_keys_minting(&keys, at), 0);
	ck_assert_uint_eq(ave_service_keys_minting(&keys, ends), 0);
	/* and the old counts until its certificate's end */
	ck_assert(!ave_service_keys_prune(&keys, ends - 1));
	ck_assert_uint_eq(keys.ring.count, 2);
	ck_assert(ave_service_keys_prune(&keys, ends));
	ck_assert_uint_eq(keys.ring.count, 1);
	ck_assert_int_eq(keys.ring.v[0].from_s, at);
	ck_assert_uint_eq(keys.ring.v[1].keys.kid, 0);
}
END_TEST

START_TEST(keys_go_on_with_the_staged_one_alone)
{
	const struct cert_spec old = {
		.issuer = "ca", .from_days = -9, .to_days = -1};
	const struct cert_spec leaf = {.issuer = "ca", .to_days = 90};

	certs_make(files, "auth", &old);
	certs_make(files, "next", &leaf);
	stage("next", now() - DAY_S);
	settings("auth", "");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_uint_eq(keys.ring.count, 1);
	ck_assert_uint_eq(ave_service_keys_minting(&keys, now()), 0);
}
END_TEST

/* edgectl cert drop-previous, killed between its two moves. */
START_TEST(keys_go_on_when_a_drop_was_killed_half_way)
{
	const struct cert_spec leaf = {.issuer = "ca", .to_days = 90};
	char spki[65], from[256];

	certs_make(files, "next", &leaf);
	certs_make(files, "other", &leaf);
	stage("next", now() - DAY_S);
	settings("auth", "");
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_uint_eq(keys.ring.count, 2);
	memcpy(spki, keys.spki_sha256[0], sizeof(spki));
	snprintf(from, sizeof(from), "%s",
		 certs_path(files, "auth.key.staged"));
	ck_assert_int_eq(rename(from, certs_path(files, "auth.key")), 0);
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_uint_eq(keys.ring.count, 1);
	ck_assert_str_eq(keys.spki_sha256[0], spki);
	/* a key that is of neither is none */
	snprintf(from, sizeof(from), "%s", certs_path(files, "other.key"));
	ck_assert_int_eq(rename(from, certs_path(files, "auth.key")), 0);
	ck_assert_int_ne(load(), EDGE_OK);
	ck_assert_msg(strstr(why, "auth.key.staged, and "), "%s", why);
}
END_TEST

/* A staged key that is lost before its time is lost, whosever it was. */
START_TEST(keys_refuse_a_staged_chain_without_its_key)
{
	settings("auth", "");
	stage("auth", now() + DAY_S);
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_int_eq(unlink(certs_path(files, "auth.key.staged")), 0);
	ck_assert_int_ne(load(), EDGE_OK);
	ck_assert_msg(strstr(why, "auth.key.staged"), "%s", why);
}
END_TEST

START_TEST(keys_refuse_a_staged_file_without_a_time)
{
	settings("auth", "");
	certs_write(files, "auth.pem.staged", "no time\n");
	ck_assert_int_ne(load(), EDGE_OK);
	ck_assert_msg(strstr(why, "staged"), "%s", why);
}
END_TEST

START_TEST(keys_bring_the_certificate_of_turn)
{
	const struct cert_spec leaf = {.issuer = "ca",
				       .san = "DNS:av.contoso.com"};
	char more[512];

	certs_make(files, "turn", &leaf);
	snprintf(more, sizeof(more),
		 "[certificate.turn]\nchain = %s/turn.pem\nkey = %s/turn.key\n"
		 "[tls]\nprofile.av-turn = lync2013\n",
		 certs_path(files, ""), certs_path(files, ""));
	settings("auth", more);
	ck_assert_msg(load() == EDGE_OK, "%s", why);
	ck_assert_ptr_nonnull(keys.turn);
	snprintf(more, sizeof(more),
		 "[certificate.turn]\nchain = %s/turn.pem\nkey = %s/auth.key\n",
		 certs_path(files, ""), certs_path(files, ""));
	settings("auth", more);
	ck_assert_int_eq(load(), EDGE_ETLS);
	ck_assert_ptr_null(keys.turn);
	ck_assert_uint_eq(keys.ring.count, 0);
}
END_TEST

START_TEST(keys_are_wiped)
{
	static const struct ave_service_keys none;

	settings("auth", "");
	ck_assert_int_eq(load(), EDGE_OK);
	ave_service_keys_drop(&keys);
	ck_assert_mem_eq(&keys, &none, sizeof(keys));
	ck_assert_uint_eq(ave_service_keys_minting(&keys, now()),
			  MRAS_RING_KEYS);
	ck_assert(!ave_service_keys_prune(&keys, now()));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("av-edge service_keys");
	TCase *tc = tcase_create("keys");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, keys_of_one_certificate);
	tcase_add_test(tc, keys_are_the_same_from_the_same_file);
	tcase_add_test(tc, keys_carry_the_time_of_revocation);
	tcase_add_test(tc, keys_carry_the_layout_of_tokens);
	tcase_add_test(tc, keys_carry_users_that_are_revoked);
	tcase_add_test(tc, keys_want_both_settings);
	tcase_add_test(tc, keys_refuse_a_file_that_is_not_there);
	tcase_add_test(tc, keys_refuse_the_key_of_another_certificate);
	tcase_add_test(tc, keys_refuse_a_certificate_that_has_ended);
	tcase_add_test(tc, keys_roll_at_the_effective_time);
	tcase_add_test(tc, keys_go_on_with_the_staged_one_alone);
	tcase_add_test(tc, keys_go_on_when_a_drop_was_killed_half_way);
	tcase_add_test(tc, keys_refuse_a_staged_chain_without_its_key);
	tcase_add_test(tc, keys_refuse_a_staged_file_without_a_time);
	tcase_add_test(tc, keys_bring_the_certificate_of_turn);
	tcase_add_test(tc, keys_are_wiped);
	suite_add_tcase(suite, tc);
	return suite;
}
