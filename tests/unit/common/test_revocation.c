/* common/revocation.c: the store, asked by peers of real handshakes. */
#include "common/revocation.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/peer.h"
#include "tests/support/certs.h"
#include "tests/support/handshake.h"
#include "tests/support/suite.h"

#define URL    "http://crl.example.com/sub.crl"
#define SECOND "http://mirror.example.com/sub.crl"
#define CA_URL "http://crl.example.com/ca.crl"

enum {
	MINUTE_S = 60,
	HOUR_S = 3600,
	DAY_S = 24 * HOUR_S,
	LIST_MAX = 1 << 20,
	PEERS = 3,
	THREADS = 3,
	ROUNDS = 300
};

static struct certs *certs;
static struct edge_revocation *store;
static struct edge_peer peers[PEERS];
static int64_t now_s;

static void open_with(struct edge_revocation_limits l)
{
	edge_revocation_free(store);
	ck_assert_int_eq(edge_revocation_new(&store, &l), EDGE_OK);
}

static void setup(void)
{
	certs = certs_new();
	certs_make_usual(certs);
	certs_make(certs, "sub",
		   &(struct cert_spec){.issuer = "ca",
				       .is_ca = true,
				       .cdp = "URI:" CA_URL});
	now_s = time(NULL);
	store = NULL;
	memset(peers, 0, sizeof(peers));
	open_with((struct edge_revocation_limits){0});
}

static void teardown(void)
{
	for (int i = 0; i < PEERS; i++)
		edge_peer_fini(&peers[i]);
	edge_revocation_free(store);
	certs_free(certs);
}

/* What a server learns of a client with that certificate. */
static struct edge_peer *see(struct edge_peer *out, const char *who)
{
	static const struct edge_peer_policy wants = {.wants_revocation = true};
	struct edge_tls *server, *client;
	struct handshake h;
	char chain[64], key[64];

	snprintf(chain, sizeof(chain), "%s.pem", who);
	snprintf(key, sizeof(key), "%s.key", who);
	server = tls_must(&(struct edge_tls_recipe){
		.chain = certs_path(certs, "edge.pem"),
		.key = certs_path(certs, "edge.key"),
		.trust = certs_path(certs, "ca.pem"),
		.ask = EDGE_TLS_ASK_OPTIONAL});
	client = tls_must(
		&(struct edge_tls_recipe){.chain = certs_path(certs, chain),
					  .key = certs_path(certs, key),
					  .trust = certs_path(certs, "ca.pem"),
					  .ask = EDGE_TLS_ASK_REQUIRED,
					  .is_client = true});
	handshake_run(&h, server, client, NULL);
	ck_assert(h.is_done);
	edge_peer_verify(out, &wants, h.server);
	handshake_fini(&h);
	edge_tls_drop(server);
	edge_tls_drop(client);
	return out;
}

/* A peer below sub, or below another issuer. */
static struct edge_peer *peer_of(int i, const char *issuer, const char *cdp)
{
	char name[16];

	snprintf(name, sizeof(name), "peer%d", i);
	certs_make(certs, name,
		   &(struct cert_spec){
			   .issuer = issuer, .san = "DNS:a.b", .cdp = cdp});
	return see(&peers[i], name);
}

static enum edge_revocation_verdict ask(const struct edge_peer *p)
{
	return edge_revocation_check(store, p, now_s);
}

static enum edge_err put_to(struct edge_revocation *r, const char *url,
			    const struct list_spec *s)
{
	uint8_t *body = malloc(LIST_MAX);
	FILE *f;
	size_t len;
	enum edge_err err;

	certs_list(certs, "list", s);
	f = fopen(certs_path(certs, "list"), "r");
	ck_assert(f && body);
	len = fread(body, 1, LIST_MAX, f);
	fclose(f);
	err = edge_revocation_put(r, url, edge_slice(body, len), now_s);
	free(body);
	return err;
}

static enum edge_err put(const char *url, const struct list_spec *s)
{
	return put_to(store, url, s);
}

static void put_must(const char *url, const char *ca, const char *revoked)
{
	ck_assert_int_eq(put(url, &(struct list_spec){.ca = ca,
						      .revoked = revoked,
						      .next_s = DAY_S}),
			 EDGE_OK);
}

static bool is_due(const char *url)
{
	char got[EDGE_CRL_URL_LEN];

	if (!edge_revocation_due(store, now_s, got))
		return false;
	ck_assert_str_eq(got, url);
	return true;
}

/* Seconds until the row is to be fetched. */
static int64_t wait_of(size_t row)
{
	struct edge_revocation_row rows[4];

	ck_assert_uint_gt(edge_revocation_rows(store, rows, 4, now_s), row);
	return rows[row].due_s - now_s;
}

START_TEST(revocation_knows_nothing_until_lists_have_come)
{
	struct edge_peer *p = peer_of(0, "sub", "URI:" URL);

	ck_assert_int_eq(p->fault, EDGE_PEER_FINE);
	ck_assert(!is_due(URL));
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_UNKNOWN);
	put_must(URL, "sub", NULL);
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_UNKNOWN); /* sub's own */
	put_must(CA_URL, "ca", NULL);
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_GOOD);
}
END_TEST

START_TEST(revocation_of_any_certificate_of_the_chain_counts)
{
	struct edge_peer *p = peer_of(0, "sub", "URI:" URL);

	ck_assert_int_eq(ask(p), EDGE_REVOCATION_UNKNOWN);
	put_must(URL, "sub", _i ? NULL : "peer0");
	if (!_i) /* known before all have come */
		ck_assert_int_eq(ask(p), EDGE_REVOCATION_REVOKED);
	put_must(CA_URL, "ca", _i ? "sub" : NULL);
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_REVOKED);
}
END_TEST

START_TEST(revocation_is_asked_only_of_verified_peers)
{
	struct edge_peer none = {.fault = EDGE_PEER_FINE};
	struct edge_peer *p = peer_of(0, "sub", "URI:" URL);

	ck_assert_int_eq(ask(&none), EDGE_REVOCATION_NO_LIST);
	p->fault = EDGE_PEER_NAME;
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_NO_LIST);
	ck_assert_int_eq(ask(peer_of(1, NULL, "URI:" URL)), /* self-signed */
			 EDGE_REVOCATION_NO_LIST);
	ck_assert(!is_due(URL)); /* nothing is fetched for strangers */
}
END_TEST

START_TEST(revocation_without_a_place_is_said)
{
	struct edge_peer *p =
		peer_of(0, "ca", _i ? "URI:ldap://a.com/x" : NULL);

	ck_assert_int_eq(ask(p), EDGE_REVOCATION_NO_LIST);
	ck_assert(!is_due(""));
	ck_assert_str_eq(edge_revocation_str(EDGE_REVOCATION_NO_LIST),
			 "names no list that is fetched");
	ck_assert_str_eq(edge_revocation_str((enum edge_revocation_verdict)9),
			 "?");
}
END_TEST

START_TEST(revocation_list_that_ended_still_says_who_was_revoked)
{
	struct edge_peer *bad = peer_of(0, "ca", "URI:" CA_URL);
	struct edge_peer *good = peer_of(1, "ca", "URI:" CA_URL);

	ask(bad);
	ck_assert_int_eq(put(CA_URL, &(struct list_spec){.ca = "ca",
							 .revoked = "peer0",
							 .next_s = HOUR_S}),
			 EDGE_OK);
	now_s += HOUR_S - 60;
	ck_assert_int_eq(ask(bad), EDGE_REVOCATION_REVOKED);
	ck_assert_int_eq(ask(good), EDGE_REVOCATION_GOOD);
	now_s += 120;
	ck_assert_int_eq(ask(bad), EDGE_REVOCATION_REVOKED);
	ck_assert_int_eq(ask(good), EDGE_REVOCATION_UNKNOWN);
}
END_TEST

START_TEST(revocation_due_is_told_once_a_fetch)
{
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);

	ask(p);
	ck_assert(is_due(CA_URL));
	ck_assert(!is_due(CA_URL)); /* being fetched */
	ask(p);
	ck_assert(!is_due(CA_URL));
	now_s += 121; /* nothing was said of it */
	ck_assert(is_due(CA_URL));
}
END_TEST

START_TEST(revocation_due_takes_all_one_by_one)
{
	char url[EDGE_CRL_URL_LEN];
	unsigned count = 0;

	ask(peer_of(0, "sub", "URI:" URL));
	ask(peer_of(1, "ca", "URI:http://crl.example.com/3"));
	while (edge_revocation_due(store, now_s, url))
		count++;
	ck_assert_uint_eq(count, 3);
}
END_TEST

/* Validity ahead, and when the list is wanted anew. */
static const struct {
	int next_s, wait_s;
} plans[] = {
	{4 * HOUR_S, 2 * HOUR_S},	/* half-way */
	{90 * MINUTE_S, 30 * MINUTE_S}, /* an hour before the end */
	{70 * MINUTE_S, 15 * MINUTE_S},
	{20 * MINUTE_S, 10 * MINUTE_S},
	{90, 60},
	{7 * DAY_S, DAY_S},
};

START_TEST(revocation_refresh_is_planned_by_the_validity)
{
	int64_t wait;

	ask(peer_of(0, "ca", "URI:" CA_URL));
	ck_assert_int_eq(
		put(CA_URL, &(struct list_spec){.ca = "ca",
						.next_s = plans[_i].next_s}),
		EDGE_OK);
	wait = wait_of(0);
	ck_assert_int_ge(wait, plans[_i].wait_s);
	ck_assert_int_le(wait, plans[_i].wait_s + 30); /* a slow test */
	now_s += wait - 1;
	ck_assert(!is_due(CA_URL));
	now_s += 1;
	ck_assert(is_due(CA_URL));
}
END_TEST

START_TEST(revocation_limits_are_set_while_it_lives)
{
	struct edge_revocation_limits l = {.retry_s = 1, .lists = 1};
	struct edge_revocation_row rows[4];

	ask(peer_of(0, "ca", "URI:" CA_URL));
	ask(peer_of(1, "ca", "URI:" URL));
	ck_assert_uint_eq(edge_revocation_rows(store, rows, 4, now_s), 2);
	edge_revocation_limits_set(store, &l);
	ck_assert_uint_eq(edge_revocation_rows(store, rows, 4, now_s), 1);
	ck_assert_str_eq(rows[0].url, URL);
	ck_assert_int_eq(
		put(URL, &(struct list_spec){.ca = "ca", .next_s = 20}),
		EDGE_OK);
	ck_assert_int_ge(wait_of(0), 1);
	ck_assert_int_le(wait_of(0), 10); /* and not the minute of usually */
	edge_revocation_failed(store, URL, EDGE_ETIMEOUT, now_s);
	ck_assert_int_eq(wait_of(0), 1);
	l.bytes = 8;
	edge_revocation_limits_set(store, &l);
	ck_assert_uint_eq(edge_revocation_rows(store, rows, 4, now_s), 0);
}
END_TEST

START_TEST(revocation_failures_back_off)
{
	static const int waits[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);
	struct edge_revocation_row row;

	ask(p);
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		ck_assert(is_due(CA_URL));
		if (i % 2)
			edge_revocation_failed(store, CA_URL, EDGE_ETIMEOUT,
					       now_s);
		else
			ck_assert_int_eq(
				edge_revocation_put(store, CA_URL,
						    edge_slice_str("<html>"),
						    now_s),
				EDGE_EFORMAT);
		ck_assert_int_eq(wait_of(0), waits[i]);
		now_s += waits[i];
	}
	ck_assert_uint_eq(edge_revocation_rows(store, &row, 1, now_s), 1);
	ck_assert_uint_eq(row.failures, 8);
	ck_assert_int_eq(row.why, EDGE_ETIMEOUT);
	ck_assert(!row.is_current);
	now_s = time(NULL);
	put_must(CA_URL, "ca", NULL);
	edge_revocation_rows(store, &row, 1, now_s);
	ck_assert_uint_eq(row.failures, 0);
	ck_assert(row.is_current);
	ck_assert_int_eq(row.next_s - row.this_s, 11 * DAY_S);
}
END_TEST

START_TEST(revocation_second_place_is_asked_when_the_first_fails)
{
	struct edge_peer *p = peer_of(0, "ca", "URI:" URL ",URI:" SECOND);

	ask(p);
	ck_assert(is_due(URL));
	ck_assert(!is_due(SECOND));
	edge_revocation_failed(store, URL, EDGE_EDNS, now_s);
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_UNKNOWN);
	ck_assert(is_due(SECOND));
	put_must(SECOND, "ca", "peer0");
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_REVOKED);
	put_must(URL, "ca", "peer0");
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_REVOKED);
}
END_TEST

START_TEST(revocation_list_must_be_the_issuers)
{
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);

	ask(p);
	ck_assert_int_eq(put(CA_URL, &(struct list_spec){.ca = "sub",
							 .revoked = "peer0",
							 .next_s = DAY_S}),
			 EDGE_EAUTH);
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_UNKNOWN);
	ck_assert_int_eq(put("http://else.com/",
			     &(struct list_spec){.ca = "ca", .next_s = DAY_S}),
			 EDGE_ENOTFOUND); /* nobody asked for it */
}
END_TEST

START_TEST(revocation_one_place_may_serve_two_issuers)
{
	struct edge_peer *a = peer_of(0, "ca", "URI:" URL);
	struct edge_peer *b = peer_of(1, "sub", "URI:" URL);

	ask(a);
	ask(b);
	put_must(URL, "ca", "peer0");
	ck_assert_int_eq(ask(a), EDGE_REVOCATION_REVOKED);
	ck_assert_int_eq(ask(b), EDGE_REVOCATION_UNKNOWN);
}
END_TEST

START_TEST(revocation_scope_of_a_list_is_kept)
{
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);

	ask(p);
	ck_assert_int_eq(
		put(CA_URL, &(struct list_spec){.ca = "ca",
						.revoked = "peer0",
						.next_s = DAY_S,
						.idp = "critical,onlyCA:TRUE"}),
		EDGE_OK);
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_UNKNOWN); /* of CAs only */
	put_must(CA_URL, "ca", "peer0");
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_REVOKED);
}
END_TEST

START_TEST(revocation_older_list_does_not_come_back)
{
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);

	ask(p);
	ck_assert_int_eq(put(CA_URL, &(struct list_spec){.ca = "ca",
							 .revoked = "peer0",
							 .this_s = -HOUR_S,
							 .next_s = HOUR_S}),
			 EDGE_OK);
	ck_assert_int_eq(put(CA_URL, &(struct list_spec){.ca = "ca",
							 .this_s = -DAY_S,
							 .next_s = DAY_S}),
			 EDGE_EOLDER);
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_REVOKED);
}
END_TEST

START_TEST(revocation_generation_tells_of_news_only)
{
	uint64_t seen = edge_revocation_generation(store);

	ask(peer_of(0, "ca", "URI:" CA_URL));
	ck_assert_uint_eq(edge_revocation_generation(store), seen);
	put_must(CA_URL, "ca", NULL); /* the first */
	ck_assert_uint_ne(edge_revocation_generation(store), seen);
	seen = edge_revocation_generation(store);
	put_must(CA_URL, "ca", NULL); /* as before */
	edge_revocation_failed(store, CA_URL, EDGE_EDNS, now_s);
	ck_assert_uint_eq(edge_revocation_generation(store), seen);
	put_must(CA_URL, "ca", "peer0");
	ck_assert_uint_ne(edge_revocation_generation(store), seen);
	ck_assert_int_eq(ask(&peers[0]), EDGE_REVOCATION_REVOKED);
	seen = edge_revocation_generation(store);
	put_must(CA_URL, "ca", NULL); /* off hold again */
	ck_assert_uint_ne(edge_revocation_generation(store), seen);
	ck_assert_int_eq(ask(&peers[0]), EDGE_REVOCATION_GOOD);
}
END_TEST

START_TEST(revocation_list_not_asked_about_for_longest_goes)
{
	struct edge_revocation_row rows[4];
	struct edge_peer *a, *b, *c;

	open_with((struct edge_revocation_limits){.lists = 2});
	a = peer_of(0, "ca", "URI:http://a.com/");
	b = peer_of(1, "ca", "URI:http://b.com/");
	c = peer_of(2, "ca", "URI:http://c.com/");
	ask(a);
	ask(b);
	put_must("http://a.com/", "ca", NULL);
	ck_assert_int_eq(ask(a), EDGE_REVOCATION_GOOD);
	ask(c);
	ck_assert_uint_eq(edge_revocation_rows(store, rows, 4, now_s), 2);
	ck_assert_str_eq(rows[0].url, "http://c.com/");
	ck_assert_str_eq(rows[1].url, "http://a.com/");
	ck_assert_uint_eq(edge_revocation_rows(store, rows, 1, now_s), 1);
	ck_assert_int_eq(ask(a), EDGE_REVOCATION_GOOD);
}
END_TEST

START_TEST(revocation_bounds_the_memory)
{
	struct edge_revocation_row rows[4];
	const struct list_spec s = {
		.ca = "ca", .next_s = DAY_S, .fillers = 1000};

	open_with((struct edge_revocation_limits){.bytes = 10000});
	ask(peer_of(0, "ca", "URI:http://a.com/"));
	ask(peer_of(1, "ca", "URI:http://b.com/"));
	ck_assert_int_eq(put("http://a.com/", &s), EDGE_OK);
	ck_assert_int_eq(put("http://b.com/", &s), EDGE_OK); /* a's goes */
	ck_assert_uint_eq(edge_revocation_rows(store, rows, 4, now_s), 1);
	ck_assert_str_eq(rows[0].url, "http://b.com/");
	ck_assert_uint_eq(rows[0].count, 1000);
	ck_assert_int_eq(
		put("http://b.com/", &(struct list_spec){.ca = "ca",
							 .next_s = DAY_S,
							 .fillers = 1300}),
		EDGE_ELIMIT);
	ck_assert_int_eq(ask(&peers[1]), EDGE_REVOCATION_GOOD);
}
END_TEST

START_TEST(revocation_list_of_nobody_is_not_fetched)
{
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);

	ask(p);
	now_s += 7 * DAY_S;
	ck_assert(!is_due(CA_URL));
	ask(p);
	ck_assert(is_due(CA_URL));
}
END_TEST

START_TEST(revocation_clock_set_back_is_noticed)
{
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);

	now_s += 30 * DAY_S;
	ask(p);
	edge_revocation_failed(store, CA_URL, EDGE_EDNS, now_s);
	now_s -= 30 * DAY_S;
	ck_assert(is_due(CA_URL));
}
END_TEST

static atomic_bool is_over;

static void *asker(void *arg)
{
	bool is_fine = true;

	do {
		const enum edge_revocation_verdict v = ask(arg);

		is_fine = is_fine && (v == EDGE_REVOCATION_UNKNOWN ||
				      v == EDGE_REVOCATION_GOOD);
		(void)edge_revocation_generation(store);
	} while (!atomic_load(&is_over));
	return is_fine ? arg : NULL;
}

START_TEST(revocation_is_shared_by_threads)
{
	const struct list_spec s = {.ca = "ca", .next_s = DAY_S};
	struct edge_peer *p = peer_of(0, "ca", "URI:" CA_URL);
	pthread_t id[THREADS];
	char url[EDGE_CRL_URL_LEN];

	atomic_store(&is_over, false);
	ask(p);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&id[i], NULL, asker, p), 0);
	for (int i = 0; i < ROUNDS; i++) {
		(void)edge_revocation_due(store, now_s, url);
		if (i % 100 == 0)
			ck_assert_int_eq(put(CA_URL, &s), EDGE_OK);
		edge_revocation_failed(store, CA_URL, EDGE_EDNS, now_s);
	}
	atomic_store(&is_over, true);
	for (int i = 0; i < THREADS; i++) {
		void *got;

		ck_assert_int_eq(pthread_join(id[i], &got), 0);
		ck_assert_ptr_eq(got, p);
	}
	ck_assert_int_eq(ask(p), EDGE_REVOCATION_GOOD);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("revocation");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, revocation_knows_nothing_until_lists_have_come);
	tcase_add_loop_test(
		t, revocation_of_any_certificate_of_the_chain_counts, 0, 2);
	tcase_add_test(t, revocation_is_asked_only_of_verified_peers);
	tcase_add_loop_test(t, revocation_without_a_place_is_said, 0, 2);
	tcase_add_test(t,
		       revocation_list_that_ended_still_says_who_was_revoked);
	tcase_add_test(t, revocation_due_is_told_once_a_fetch);
	tcase_add_test(t, revocation_due_takes_all_one_by_one);
	tcase_add_loop_test(t, revocation_refresh_is_planned_by_the_validity, 0,
			    sizeof(plans) / sizeof(*plans));
	tcase_add_test(t, revocation_limits_are_set_while_it_lives);
	tcase_add_test(t, revocation_failures_back_off);
	tcase_add_test(t,
		       revocation_second_place_is_asked_when_the_first_fails);
	tcase_add_test(t, revocation_list_must_be_the_issuers);
	tcase_add_test(t, revocation_one_place_may_serve_two_issuers);
	tcase_add_test(t, revocation_scope_of_a_list_is_kept);
	tcase_add_test(t, revocation_older_list_does_not_come_back);
	tcase_add_test(t, revocation_generation_tells_of_news_only);
	tcase_add_test(t, revocation_list_not_asked_about_for_longest_goes);
	tcase_add_test(t, revocation_bounds_the_memory);
	tcase_add_test(t, revocation_list_of_nobody_is_not_fetched);
	tcase_add_test(t, revocation_clock_set_back_is_noticed);
	tcase_add_test(t, revocation_is_shared_by_threads);
	suite_add_tcase(s, t);
	return s;
}
