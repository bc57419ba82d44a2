/* access-edge/revoked.c: partners at the door, and those that live, when lists
 * come. */
#include "access-edge/revoked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/peer_cache.h"
#include "common/revocation.h"
#include "tests/support/heard.h"
#include "tests/support/shard_fixture.h"
#include "tests/support/suite.h"

enum { DAY_S = 86400, LIST_MAX = 1 << 16, ROWS = 4 };

static struct shards f;
static struct sip_peer partner, second;

static void setup(void)
{
	shards_init(&f);
	memset(&partner, 0, sizeof(partner));
	memset(&second, 0, sizeof(second));
}

static void teardown(void)
{
	sip_peer_fini(&partner);
	sip_peer_fini(&second);
	shards_fini(&f);
}

/* What the round of fetches would put. age_s: how old the list is. */
static void publish(const char *revoked, int age_s)
{
	static uint8_t body[LIST_MAX];
	char url[EDGE_CRL_URL_LEN];
	FILE *file;
	size_t len;

	while (edge_revocation_due(f.shared.revocation, time(NULL), url))
		ck_assert_str_eq(url, SHARDS_CRL);
	certs_list(f.certs, "list",
		   &(struct list_spec){.ca = "ca",
				       .revoked = revoked,
				       .this_s = -age_s,
				       .next_s = DAY_S,
				       .as_der = true});
	file = fopen(certs_path(f.certs, "list"), "r");
	ck_assert_ptr_nonnull(file);
	len = fread(body, 1, sizeof(body), file);
	fclose(file);
	ck_assert_int_eq(edge_revocation_put(f.shared.revocation, SHARDS_CRL,
					     edge_slice(body, len), time(NULL)),
			 EDGE_OK);
}

static bool has_heard(void *arg)
{
	return heard(*(const char **)arg);
}

static void wait_heard(const char *words)
{
	sip_peer_wait(f.loop, has_heard, &words, words);
}

static struct edge_peer_cache_row row(bool is_accepted)
{
	struct edge_peer_cache_row rows[ROWS];

	ck_assert_uint_eq(edge_peer_cache_rows(f.shared.certificates,
					       is_accepted, rows, ROWS),
			  1);
	return rows[0];
}

static void admit_partner(void)
{
	shards_dial_partner(&f, &partner, 0);
	wait_heard(" ACC_EV_PARTNER_IN ");
	ck_assert_str_eq(row(true).name, "sip.fabrikam.com");
	ck_assert_int_eq(row(true).fault, EDGE_PEER_FINE);
}

START_TEST(revoked_partner_is_cut_off_and_not_let_in_again)
{
	struct acc_shard *s = shards_still(&f);

	admit_partner(); /* no list yet: soft fail */
	publish(NULL, 7200);
	heard_forget();
	shards_dial_partner(&f, &second, 0); /* a good one */
	wait_heard(" ACC_EV_PARTNER_IN ");
	publish("partner", 3600);
	sip_peer_wait_closed(&partner);
	sip_peer_wait_closed(&second);
	ck_assert_uint_eq(heard_with(" ACC_EV_PARTNER_REFUSED "),
			  1); /* one a second */
	ck_assert(heard("reason=revoked"));
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_PARTNER), 2);
	ck_assert_uint_eq(atomic_load(&s->gauges.links[ACC_LINK_PARTNER]), 0);

	sip_peer_fini(&partner);
	shards_dial_partner(&f, &partner, 0);
	sip_peer_wait_closed(&partner);
	ck_assert_uint_eq(shards_stat(&f, ACC_STAT_REJECTED_PARTNER), 3);
	ck_assert_int_eq(row(false).fault, EDGE_PEER_REVOKED);
	ck_assert_uint_eq(row(false).count, 3);
	ck_assert_uint_eq(edge_peer_cache_count(f.shared.certificates, true),
			  0);
}
END_TEST

START_TEST(revoked_hard_fail_wants_a_good_list)
{
	f.shared.options.crl_hard_fail = true;
	shards_still(&f);
	shards_dial_partner(&f, &partner, 0);
	sip_peer_wait_closed(&partner);
	ck_assert(heard("reason=no current list"));
	ck_assert_int_eq(row(false).fault, EDGE_PEER_CRL_STALE);
	publish(NULL, 3600);
	sip_peer_fini(&partner);
	admit_partner();
}
END_TEST

START_TEST(revoked_hard_fail_is_for_the_living_too)
{
	struct acc_shard *s = shards_still(&f);

	admit_partner();
	s->options->crl_hard_fail = true; /* a reload */
	acc_revoked_hurry(s);
	sip_peer_wait_closed(&partner);
	ck_assert(heard("reason=no current list"));
}
END_TEST

START_TEST(revoked_nobody_when_the_topology_keeps_no_lists)
{
	char url[EDGE_CRL_URL_LEN];

	f.checks_nobody = true;
	f.shared.options.crl_hard_fail = true;
	shards_still(&f);
	admit_partner();
	ck_assert(!edge_revocation_due(f.shared.revocation, time(NULL), url));
}
END_TEST

START_TEST(revoked_is_checked_from_the_snapshot_on_that_says_so)
{
	struct acc_shard *s;
	const struct topo *old;

	f.checks_nobody = true;
	s = shards_still(&f);
	admit_partner();
	f.checks_nobody = false;
	old = s->view.topo;
	s->view.topo = shards_topo(&f, 0, SHARDS_MEMBERS, 2);
	topo_drop(old);
	s->options->crl_hard_fail = true;
	acc_revoked_hurry(s); /* its chain was kept */
	sip_peer_wait_closed(&partner);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("revoked");
	TCase *t = tcase_create("revoked");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, revoked_partner_is_cut_off_and_not_let_in_again);
	tcase_add_test(t, revoked_hard_fail_wants_a_good_list);
	tcase_add_test(t, revoked_hard_fail_is_for_the_living_too);
	tcase_add_test(t, revoked_nobody_when_the_topology_keeps_no_lists);
	tcase_add_test(t, revoked_is_checked_from_the_snapshot_on_that_says_so);
	suite_add_tcase(s, t);
	return s;
}
