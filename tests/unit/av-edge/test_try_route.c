/* av-edge/try_route.c: who looks after the host asks for credentials. */
#include "av-edge/try_route.h"

#include <check.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "av-edge/events.h"
#include "av-edge/house.h"
#include "av-edge/mras_try.h"
#include "av-edge/service.h"
#include "av-edge/service_keys.h"
#include "tests/support/heard.h"
#include "tests/support/suite.h"
#include "tests/unit/av-edge/mras_fixture.h"
#include "tests/unit/av-edge/service_fixture.h"

/* The service, as far as the route looks at it. */
struct ave_service {
	struct topo topo;
	struct ave_house house;
	struct ave_service_keys keys;
	struct edge_config *config;
	bool may_try;
	unsigned asked; /* how often it may */
};

struct ave_service_facts ave_service_facts(const struct ave_service *s)
{
	return (struct ave_service_facts){.topo = &s->topo,
					  .house = &s->house,
					  .config = s->config,
					  .keys = &s->keys};
}

bool ave_service_may_try(struct ave_service *s)
{
	s->asked++;
	return s->may_try;
}

static struct ave_service v;
static struct edge_admin_answer a;
static char text[MRAS_TEST_TEXT];

static void setup(void)
{
	heard_start(ave_events);
	memset(&v, 0, sizeof(v));
	v.topo = mras_test_topo();
	v.config = service_fixture_config("");
	v.house.worker_count = 1;
	v.may_try = true;
	ck_assert_int_eq(ave_stats_new(&v.house.stats, 2), EDGE_OK);
	v.keys.ring = mras_test_ring();
	v.keys.ring.v[0].until_s = (int64_t)time(NULL) + 86400;
	a = (struct edge_admin_answer){0};
}

static void teardown(void)
{
	free(a.body);
	edge_stats_free(v.house.stats);
	edge_config_free(v.config);
	heard_stop();
}

static unsigned post(const char *body)
{
	const struct edge_admin_request r = {"POST", "/v1/mras/try", "",
					     edge_slice_str(body)};

	free(a.body);
	a = ave_try_route(&r, &v);
	return a.status;
}

/* {"request": body} */
static unsigned ask(const char *body)
{
	json_t *o = json_pack("{s:s}", "request", body);
	char *sent = json_dumps(o, JSON_COMPACT);
	unsigned status = post(sent);

	free(sent);
	json_decref(o);
	return status;
}

/* What the answer has under that name, until the next call. */
static const char *said(const char *name)
{
	static char words[MRAS_TRY_RESPONSE + 1];
	json_t *o = json_loads(a.body, JSON_REJECT_DUPLICATES, NULL);
	const char *s = json_string_value(json_object_get(o, name));

	ck_assert_msg(s, "no %s in %s", name, a.body);
	ck_assert_uint_eq(json_object_size(o),
			  strcmp(name, "response") ? 2 : 1);
	strcpy(words, s);
	json_decref(o);
	return words;
}

static uint64_t counted(enum ave_stat row)
{
	return edge_stats_sum(v.house.stats, row);
}

START_TEST(try_route_answers_in_json_what_the_dialogue_says_in_xml)
{
	struct edge_slice xml;

	mras_test_body(text, "sip:alice@contoso.com", "sip:alice@contoso.com",
		       "");
	ck_assert_uint_eq(ask(text), 200);
	xml = edge_slice_str(said("response"));
	ck_assert(mras_test_has(xml, "reasonPhrase=\"OK\""));
	ck_assert_uint_gt(edge_slice_len(mras_test_element(xml, "password", 0)),
			  20);
	ck_assert_uint_eq(counted(AVE_STAT_MRAS_TRIED), 1);
	ck_assert_uint_eq(heard_count(), 1);
	ck_assert_uint_eq(heard_with("3038"), 1);
	ck_assert_uint_eq(heard_with("said=ok"), 1);
	/* no password and no name is told */
	ck_assert_uint_eq(heard_with("alice"), 0);
}
END_TEST

START_TEST(try_route_tells_what_the_body_is_refused_for)
{
	ck_assert_uint_eq(ask("<request"), 200);
	ck_assert(mras_test_has(edge_slice_str(said("response")),
				"reasonPhrase=\"Request Malformed\""));
	ck_assert_uint_eq(heard_with("said=malformed"), 1);
	ck_assert_uint_eq(counted(AVE_STAT_MRAS_TRIED), 1);
}
END_TEST

START_TEST(try_route_keeps_odd_texts_whole)
{
	mras_test_body(text, "sip:q&quot;\\&#xfc;&amp;@contoso.com",
		       "sip:alice@contoso.com", "");
	ck_assert_uint_eq(ask(text), 200);
	ck_assert(
		mras_test_has(edge_slice_str(said("response")), "\\\xc3\xbc"));
}
END_TEST

START_TEST(try_route_refuses_what_is_no_request)
{
	static const char *const bad[] = {"", "{", "[]", "{\"request\":1}",
					  "{\"response\":\"x\"}"};
	char *long_one = calloc(1, MRAS_BODY_MAX + 2);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_uint_eq(post(bad[i]), 400);
		ck_assert_str_eq(said("refused"), "format");
	}
	ck_assert_ptr_nonnull(long_one);
	memset(long_one, 'x', MRAS_BODY_MAX + 1);
	ck_assert_uint_eq(ask(long_one), 400);
	free(long_one);
	ck_assert_uint_eq(counted(AVE_STAT_MRAS_TRIED), 0);
	ck_assert_uint_eq(heard_count(), 0);
	ck_assert_uint_eq(v.asked, 6);
}
END_TEST

START_TEST(try_route_is_answered_so_often_and_no_more)
{
	v.may_try = false;
	mras_test_body(text, "sip:alice@contoso.com", "sip:alice@contoso.com",
		       "");
	ck_assert_uint_eq(ask(text), 503);
	ck_assert_str_eq(said("refused"), "busy");
	ck_assert_uint_eq(counted(AVE_STAT_MRAS_TRIES_BUSY), 1);
	ck_assert_uint_eq(counted(AVE_STAT_MRAS_TRIED), 0);
	ck_assert_uint_eq(heard_count(), 0);
}
END_TEST

/* -- what jansson leaves in memory ---------------------------------------- */

static bool is_left;

static void look_and_free(void *p)
{
	if (p && memmem(p, malloc_usable_size(p), "<password>", 10))
		is_left = true;
	free(p);
}

START_TEST(try_route_leaves_no_credential_in_memory_but_the_answer)
{
	json_malloc_t make;
	json_free_t drop;
	json_t *o;
	char *sent;
	unsigned status;

	mras_test_body(text, "sip:alice@contoso.com", "sip:alice@contoso.com",
		       "");
	o = json_pack("{s:s}", "request", text);
	sent = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	is_left = false;
	json_get_alloc_funcs(&make, &drop);
	json_set_alloc_funcs(make, look_and_free);
	status = post(sent);
	json_set_alloc_funcs(make, drop);
	free(sent);
	ck_assert_uint_eq(status, 200);
	ck_assert_ptr_nonnull(strstr(a.body, "<password>"));
	ck_assert(!is_left);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("try_route");
	TCase *t = tcase_create("route");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t,
		       try_route_answers_in_json_what_the_dialogue_says_in_xml);
	tcase_add_test(t, try_route_tells_what_the_body_is_refused_for);
	tcase_add_test(t, try_route_keeps_odd_texts_whole);
	tcase_add_test(t, try_route_refuses_what_is_no_request);
	tcase_add_test(t, try_route_is_answered_so_often_and_no_more);
	tcase_add_test(t,
		       try_route_leaves_no_credential_in_memory_but_the_answer);
	suite_add_tcase(s, t);
	return s;
}
