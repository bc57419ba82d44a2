/* access-edge/service_crl.c: from a handshake to a list that is known, over a
 * resolver and a web server outside; what the snapshot starts and stops. */
#include "access-edge/service_crl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "access-edge/events.h"
#include "access-edge/limits.h"
#include "common/peer_cache.h"
#include "common/revocation.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/support/shown_peer.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"
#include "tests/unit/common/fetch_world.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n\r\n"

enum { DAY_S = 86400, LIST_MAX = 1 << 16 };

static const struct fake_http_row rows[] = {
	{"/ca.crl", "HTTP/1.1 404 Not Found\r\n\r\n", NULL, 0, false, false},
};

static struct fetch_world w;
static struct certs *certs;
static _Atomic uint64_t limits[ACC_LIMIT_COUNT];
static struct acc_shared shared;
static struct acc_service_crl *crl;
static struct topo topo;
static struct edge_peer peer;
static uint8_t body[LIST_MAX];

static void setup(void)
{
	heard_start(acc_events);
	fetch_world_open(&w, rows, sizeof(rows) / sizeof(rows[0]));
	certs = certs_new();
	certs_make_usual(certs);
	memset(&peer, 0, sizeof(peer));
	for (int i = 0; i < ACC_LIMIT_COUNT; i++)
		limits[i] = acc_config_rows.limits[i].def;
	limits[ACC_LIMIT_CRL_RETRY_S] = 1;
	shared = (struct acc_shared){
		.limits = limits, .shard_count = 1, .is_lab = true};
	snprintf(shared.resolv, sizeof(shared.resolv), "%s", w.resolv);
	topo = topo_fixture();
	topo.federation_ports = topo.access.keep_crls = true;
	topo.listen[TOPO_PORT_ACCESS_CLIENT].addr = w.plan.local;
	/* else the web server's address is one of ours */
	topo.listen[TOPO_PORT_ACCESS_CLIENT].addr.ip[3] = 9;
	ck_assert_int_eq(acc_stats_new(&shared.stats, 1), EDGE_OK);
	ck_assert_int_eq(acc_service_crl_open(&shared, &topo), EDGE_OK);
	ck_assert_int_eq(acc_service_crl_new(&crl, w.loop, &shared), EDGE_OK);
}

static void teardown(void)
{
	edge_peer_fini(&peer);
	acc_service_crl_free(crl);
	ck_assert_int_eq(held_topo_count(), 0);
	acc_service_crl_close(&shared);
	edge_stats_free(shared.stats);
	certs_free(certs);
	fetch_world_close(&w);
	heard_stop();
}

/* That snapshot is in force. */
static void follow(void)
{
	const struct topo *t = held_topo_new(&topo);

	acc_service_crl_follow(crl, t);
	topo_drop(t);
}

static enum edge_revocation_verdict ask(void)
{
	return edge_revocation_check(shared.revocation, &peer, time(NULL));
}

/* A peer whose certificate names the list at that host. */
static void see(const char *host)
{
	char cdp[FETCH_WORLD_TEXT];

	snprintf(cdp, sizeof(cdp), "URI:http://%s:%u/ca.crl", host,
		 fake_http_port(w.web));
	shown_peer(&peer, certs, "DNS:a.b", cdp);
	ck_assert_int_eq(ask(), EDGE_REVOCATION_UNKNOWN);
}

static void publish(const char *revoked)
{
	FILE *f;
	size_t len;

	certs_list(certs, "list",
		   &(struct list_spec){.ca = "ca",
				       .revoked = revoked,
				       .this_s = -3600,
				       .next_s = DAY_S,
				       .as_der = true});
	f = fopen(certs_path(certs, "list"), "r");
	ck_assert_ptr_nonnull(f);
	len = fread(body, 1, sizeof(body), f);
	fclose(f);
	fake_http_change(w.web, &(struct fake_http_row){.path = "/ca.crl",
							.head = OK_HEAD,
							.body = body,
							.body_len = len});
}

static bool has_heard(void *arg)
{
	return heard(*(const char **)arg);
}

static void wait_heard(const char *words)
{
	turns_until(w.loop, has_heard, &words, FETCH_WORLD_MS, words);
}

START_TEST(service_crl_fetches_what_a_handshake_wants)
{
	follow();
	see("web.example.com");
	wait_heard(" ACC_EV_CRL_FAILED ");
	ck_assert(heard("status=404"));
	publish("peer"); /* a second later */
	wait_heard(" ACC_EV_CRL_FETCHED ");
	ck_assert_int_eq(ask(), EDGE_REVOCATION_REVOKED);
	ck_assert_uint_eq(edge_stats_sum(shared.stats, ACC_STAT_CRL_FETCHED),
			  1);
	ck_assert_uint_ge(edge_stats_sum(shared.stats, ACC_STAT_CRL_FAILED), 1);
	/* from the Access address */
	ck_assert_int_eq(fake_http_from(w.web).ip[3], 9);
}
END_TEST

/* Nobody of the inside, and not we ourselves. */
static const struct {
	const char *host;
	bool is_own, is_hosts;
} inward[] = {
	{"fe01.contoso.net", false, false}, {"web.contoso.net", false, false},
	{"web.example.com", true, false},   {"web.example.com", false, true},
	{"127.0.0.1", false, true},
};

START_TEST(service_crl_asks_nothing_of_the_inside)
{
	const struct edge_addr web = {.family = AF_INET, .ip = {127, 0, 0, 1}};
	const struct topo_host host = {"x.contoso.net", &web, 1};

	if (inward[_i].is_own)
		topo.internal = web;
	if (inward[_i].is_hosts) {
		topo.hosts = &host;
		topo.host_count = 1;
	}
	publish(NULL);
	follow();
	see(inward[_i].host);
	wait_heard(" ACC_EV_CRL_FAILED ");
	ck_assert_msg(heard("error=not allowed"), "%s", heard_all());
	ck_assert_uint_eq(fake_http_asked(w.web), 0);
}
END_TEST

static bool is_asked(void *arg)
{
	return fake_http_asked(w.web) > *(const unsigned *)arg;
}

START_TEST(service_crl_follows_the_snapshot)
{
	unsigned asked = 0;

	topo.access.keep_crls = false;
	follow();
	ck_assert(!acc_service_crl_is_on(crl));
	see("web.example.com");

	topo.access.keep_crls = true; /* what was wanted still is */
	follow();
	turns_until(w.loop, is_asked, &asked, FETCH_WORLD_MS, "a fetch");

	topo.federation_ports = false;
	follow();
	ck_assert(!acc_service_crl_is_on(crl));
	asked = fake_http_asked(w.web);

	/* one of XMPP partners is one, too */
	topo.listen[TOPO_PORT_XMPP_OUTSIDE].present = true;
	follow();
	ck_assert(acc_service_crl_is_on(crl));
	topo.listen[TOPO_PORT_XMPP_OUTSIDE].present = false;
	follow();
	ck_assert(!acc_service_crl_is_on(crl));

	topo.federation_ports = true; /* from another address */
	topo.listen[TOPO_PORT_ACCESS_CLIENT].addr.ip[3] = 7;
	follow();
	turns_until(w.loop, is_asked, &asked, FETCH_WORLD_MS, "a fetch");
	ck_assert_int_eq(fake_http_from(w.web).ip[3], 7);
}
END_TEST

START_TEST(service_crl_goes_on_under_a_snapshot_that_changes_nothing)
{
	fake_http_change(w.web, &(struct fake_http_row){.path = "/ca.crl",
							.is_held = true});
	limits[ACC_LIMIT_CRL_MS] = 1000;
	follow();
	see("web.example.com");
	turns_until(w.loop, is_asked, &(unsigned){0}, FETCH_WORLD_MS,
		    "a fetch");
	topo.seq = 2;
	follow();
	limits[ACC_LIMIT_CRL_LISTS] = 7; /* not of the way */
	follow();
	wait_heard(" ACC_EV_CRL_FAILED "); /* of what was under way */
	ck_assert(heard("error=time limit passed"));
}
END_TEST

START_TEST(service_crl_says_that_there_is_no_resolver)
{
	snprintf(shared.resolv, sizeof(shared.resolv), "/nowhere");
	follow();
	ck_assert(heard(" ACC_EV_NO_DNS "));
	ck_assert(heard("shard=control"));
	snprintf(shared.resolv, sizeof(shared.resolv), "%s", w.resolv);
	publish(NULL);
	follow(); /* the next snapshot tries again */
	see("web.example.com");
	wait_heard(" ACC_EV_CRL_FETCHED ");
}
END_TEST

/* A partner of that number has come. */
static void note(unsigned number)
{
	const struct edge_peer p = {.has_certificate = true,
				    .sha256 = {(uint8_t)number, 1}};

	edge_peer_cache_note(shared.certificates, &p, true, 1000);
}

START_TEST(service_crl_takes_limits_and_settings)
{
	struct edge_revocation_row row[2];

	ck_assert(shared.policy[ACC_LISTEN_PARTNER].wants_revocation);
	ck_assert(shared.policy[ACC_LISTEN_CLIENT].wants_revocation);
	ck_assert(!shared.policy[ACC_LISTEN_INSIDE].wants_revocation);
	for (unsigned i = 0; i < 10; i++)
		note(i);
	ck_assert_uint_eq(edge_peer_cache_count(shared.certificates, true), 10);
	topo.access.accepted_certs = 10;
	topo.access.dropped_percent = 50;
	limits[ACC_LIMIT_CRL_LISTS] = 1;
	limits[ACC_LIMIT_CRL_RETRY_S] = 30;
	follow();
	note(10);
	ck_assert_uint_eq(edge_peer_cache_count(shared.certificates, true), 6);
	see("web.example.com");
	wait_heard(" ACC_EV_CRL_FAILED ");
	ck_assert_uint_eq(edge_revocation_rows(shared.revocation, row, 2, 0),
			  1);
	ck_assert_int_gt(row[0].due_s, time(NULL) + 20);
	edge_peer_fini(&peer);
	see("web2.example.com"); /* the one list that is known goes */
	ck_assert_uint_eq(edge_revocation_rows(shared.revocation, row, 2, 0),
			  1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("service_crl");
	TCase *t = tcase_create("service_crl");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, service_crl_fetches_what_a_handshake_wants);
	tcase_add_loop_test(t, service_crl_asks_nothing_of_the_inside, 0,
			    sizeof(inward) / sizeof(inward[0]));
	tcase_add_test(t, service_crl_follows_the_snapshot);
	tcase_add_test(
		t, service_crl_goes_on_under_a_snapshot_that_changes_nothing);
	tcase_add_test(t, service_crl_says_that_there_is_no_resolver);
	tcase_add_test(t, service_crl_takes_limits_and_settings);
	suite_add_tcase(s, t);
	return s;
}
