/* av-edge/ports.c */
#include "av-edge/ports.h"

#include <netinet/in.h>
#include <pthread.h>

#include "tests/support/suite.h"

enum { LOW = 50000, HIGH = 59999, ALL = HIGH - LOW + 1, NOW_MS = 5000000 };

static const struct ave_port_wish any = {.family = AF_INET, .now_ms = NOW_MS};

static struct ave_ports *made(uint16_t low, uint16_t high)
{
	struct ave_ports *p;

	ck_assert_int_eq(ave_ports_new(&p, low, high), EDGE_OK);
	return p;
}

/* From somewhere else each time. */
static uint16_t taken(struct ave_ports *p, const struct ave_port_wish *w)
{
	static uint32_t begin;
	struct ave_port_wish wish = *w;
	uint16_t port;
	uint64_t token;

	wish.random = begin += 0x9e3779b9;
	ck_assert_int_eq(ave_ports_take(&port, &token, p, &wish), EDGE_OK);
	ck_assert_uint_eq(token, 0);
	return port;
}

static enum edge_err tried(struct ave_ports *p, const struct ave_port_wish *w)
{
	uint16_t port;
	uint64_t token;

	return ave_ports_take(&port, &token, p, w);
}

START_TEST(ports_give_each_of_the_range_once)
{
	static bool seen[65536];
	struct ave_ports *p = made(LOW, HIGH);
	bool in_order = true;
	uint16_t last = 0;

	for (int i = 0; i < ALL; i++) {
		uint16_t port = taken(p, &any);

		ck_assert_uint_ge(port, LOW);
		ck_assert_uint_le(port, HIGH);
		ck_assert(!seen[port]);
		seen[port] = true;
		in_order = in_order && port == last + 1;
		last = port;
	}
	ck_assert(!in_order);
	ck_assert_uint_eq(ave_ports_count(p), ALL);
	ck_assert_int_eq(tried(p, &any), EDGE_ELIMIT);
	for (uint16_t port = LOW; port <= HIGH; port++)
		ave_ports_give(p, AF_INET, port, 0);
	ck_assert_uint_eq(ave_ports_count(p), 0);
	ck_assert_int_eq(tried(p, &any), EDGE_OK);
	ave_ports_free(p);
	ave_ports_free(NULL);
}
END_TEST

START_TEST(ports_of_families_are_apart)
{
	struct ave_ports *p = made(LOW, LOW);
	const struct ave_port_wish six = {.family = AF_INET6, .now_ms = NOW_MS};

	ck_assert_uint_eq(taken(p, &any), LOW);
	ck_assert_uint_eq(taken(p, &six), LOW);
	ck_assert_int_eq(tried(p, &any), EDGE_ELIMIT);
	ave_ports_give(p, AF_INET6, LOW, 0);
	ck_assert_int_eq(tried(p, &any), EDGE_ELIMIT);
	ck_assert_int_eq(tried(p, &six), EDGE_OK);
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_begin_where_they_are_told)
{
	struct ave_ports *p = made(LOW, HIGH);
	struct ave_port_wish w = any;
	uint16_t port;
	uint64_t token;

	w.random = UINT32_MAX;
	ck_assert_int_eq(ave_ports_take(&port, &token, p, &w), EDGE_OK);
	ck_assert_uint_eq(port, LOW + UINT32_MAX % ALL);
	ck_assert_int_eq(ave_ports_take(&port, &token, p, &w), EDGE_OK);
	ck_assert_uint_eq(port, LOW + UINT32_MAX % ALL + 1);
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_rest_after_use)
{
	struct ave_ports *p = made(LOW, LOW);
	struct ave_port_wish w = any;

	taken(p, &w);
	ave_ports_give(p, AF_INET, LOW, NOW_MS + 60000);
	ck_assert_uint_eq(ave_ports_count(p), 0);
	ck_assert_int_eq(tried(p, &w), EDGE_ELIMIT);
	w.now_ms = NOW_MS + 59999;
	ck_assert_int_eq(tried(p, &w), EDGE_ELIMIT);
	w.now_ms = NOW_MS + 60000;
	ck_assert_int_eq(tried(p, &w), EDGE_OK);
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_that_nobody_has_are_idle)
{
	struct ave_ports *p = made(LOW, LOW + 1);
	uint16_t port = taken(p, &any), other = port == LOW ? LOW + 1 : LOW;

	ck_assert(!ave_ports_is_idle(p, AF_INET, port));
	ck_assert(ave_ports_is_idle(p, AF_INET6, port));
	ck_assert(ave_ports_is_idle(p, AF_INET, other));
	/* outside the range are other things */
	ck_assert(!ave_ports_is_idle(p, AF_INET, LOW - 1));
	ck_assert(!ave_ports_is_idle(p, AF_INET, LOW + 2));
	ave_ports_give(p, AF_INET, port, NOW_MS + 60000);
	ck_assert(ave_ports_is_idle(p, AF_INET, port));
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_even_are_even_until_there_are_none)
{
	struct ave_ports *p = made(LOW + 1, LOW + 5);
	const struct ave_port_wish w = {
		.family = AF_INET, .even = true, .now_ms = NOW_MS};

	ck_assert_uint_eq(taken(p, &w) & 1, 0);
	ck_assert_uint_eq(taken(p, &w) & 1, 0);
	ck_assert_int_eq(tried(p, &w), EDGE_ELIMIT);
	ck_assert_uint_eq(taken(p, &any) & 1, 1);
	ave_ports_free(p);
}
END_TEST

static const struct ave_port_wish pair = {.family = AF_INET,
					  .even = true,
					  .reserve = true,
					  .now_ms = NOW_MS,
					  .reserved_s = 30,
					  .owner = 4711};

static enum edge_err claimed(uint16_t *port, struct ave_ports *p,
			     uint64_t token, uint64_t now_ms)
{
	struct ave_port_wish w = pair;

	w.now_ms = now_ms;
	return ave_ports_claim(port, p, token, &w);
}

START_TEST(ports_are_kept_for_their_owner)
{
	struct ave_ports *p = made(LOW, LOW + 1);
	struct ave_port_wish other = pair;
	uint16_t port, next;
	uint64_t token;

	other.owner++;
	ck_assert_int_eq(ave_ports_take(&port, &token, p, &pair), EDGE_OK);
	ck_assert_int_eq(ave_ports_claim(&next, p, token, &other),
			 EDGE_ENOTFOUND);
	ck_assert_int_eq(ave_ports_claim(&next, p, token, &pair), EDGE_OK);
	ck_assert_uint_eq(next, LOW + 1);
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_keep_the_next_one_for_a_token)
{
	const struct ave_port_wish six = {
		.family = AF_INET6, .now_ms = NOW_MS, .owner = 4711};
	struct ave_ports *p = made(LOW, LOW + 2);
	uint16_t port, next;
	uint64_t token;

	ck_assert_int_eq(ave_ports_take(&port, &token, p, &pair), EDGE_OK);
	ck_assert_uint_eq(port, LOW);
	ck_assert_uint_ne(token, 0);
	ck_assert_uint_eq(ave_ports_count(p), 1); /* kept is not taken */
	ck_assert_uint_eq(taken(p, &any), LOW + 2);
	ck_assert_int_eq(tried(p, &any), EDGE_ELIMIT);
	for (unsigned bit = 0; bit < 64; bit++)
		ck_assert_int_eq(
			claimed(&next, p, token ^ UINT64_C(1) << bit, NOW_MS),
			EDGE_ENOTFOUND);
	ck_assert_int_eq(ave_ports_claim(&next, p, token, &six),
			 EDGE_ENOTFOUND);
	ck_assert_int_eq(claimed(&next, p, token, NOW_MS + 29000), EDGE_OK);
	ck_assert_uint_eq(next, LOW + 1);
	ck_assert_uint_eq(ave_ports_count(p), 3);
	ck_assert_int_eq(claimed(&next, p, token, NOW_MS), EDGE_ENOTFOUND);
	ave_ports_give(p, AF_INET, next, 0);
	ck_assert_int_eq(claimed(&next, p, token, NOW_MS), EDGE_ENOTFOUND);
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_kept_are_free_again_later)
{
	struct ave_ports *p = made(LOW, LOW + 1);
	struct ave_port_wish later = any;
	uint16_t port;
	uint64_t token;

	ck_assert_int_eq(ave_ports_take(&port, &token, p, &pair), EDGE_OK);
	later.now_ms += 29999;
	ck_assert_int_eq(tried(p, &later), EDGE_ELIMIT);
	ck_assert_int_eq(claimed(&port, p, token, NOW_MS + 30000),
			 EDGE_ENOTFOUND);
	later.now_ms = NOW_MS + 30000;
	ck_assert_uint_eq(taken(p, &later), LOW + 1);
	ck_assert_int_eq(claimed(&port, p, token, NOW_MS + 30000),
			 EDGE_ENOTFOUND);
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_in_pairs_need_both)
{
	struct ave_ports *p = made(LOW, LOW + 3);
	uint16_t port;
	uint64_t token;
	bool odd[2] = {false, false};

	/* the odd port of one pair is taken */
	while (!odd[0] && !odd[1]) {
		port = taken(p, &any);
		if (port & 1)
			odd[(port - LOW) / 2] = true;
		else
			ave_ports_give(p, AF_INET, port, 0);
	}
	ck_assert_int_eq(ave_ports_take(&port, &token, p, &pair), EDGE_OK);
	ck_assert(!odd[(port - LOW) / 2]);
	ck_assert_int_eq(ave_ports_take(&port, &token, p, &pair), EDGE_ELIMIT);
	ck_assert_uint_eq(ave_ports_count(p), 2);
	ck_assert_uint_eq(taken(p, &any) & 1, 0); /* was given back */
	ave_ports_free(p);
}
END_TEST

START_TEST(ports_take_another_range)
{
	struct ave_ports *p = made(LOW, LOW);

	ck_assert_uint_eq(taken(p, &any), LOW);
	ck_assert_int_eq(ave_ports_set_range(p, 1, 1), EDGE_OK);
	ck_assert_uint_eq(taken(p, &any), 1);
	ck_assert_int_eq(ave_ports_set_range(p, 65535, 65535), EDGE_OK);
	ck_assert_uint_eq(taken(p, &any), 65535);
	ck_assert_int_eq(tried(p, &pair), EDGE_ELIMIT);
	ck_assert_int_eq(ave_ports_set_range(p, 2, 1), EDGE_ERANGE);
	ck_assert_int_eq(ave_ports_set_range(p, 0, 1), EDGE_ERANGE);
	ck_assert_int_eq(ave_ports_new(&p, 0, 0), EDGE_ERANGE);
	ave_ports_free(p);
}
END_TEST

enum { THREADS = 4, ROUNDS = 3000, FEW = 8 };

struct crowd {
	struct ave_ports *ports;
	_Atomic int holders[FEW];
	_Atomic int doubled;
};

static void *work(void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		uint16_t port;
		uint64_t token;

		if (ave_ports_take(&port, &token, c->ports, &any) != EDGE_OK)
			continue;
		if (c->holders[port - LOW]++)
			c->doubled++;
		c->holders[port - LOW]--;
		ave_ports_give(c->ports, AF_INET, port, 0);
	}
	return NULL;
}

START_TEST(ports_have_one_holder_among_threads)
{
	struct crowd c = {.ports = made(LOW, LOW + FEW - 1)};
	pthread_t id[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&id[i], NULL, work, &c), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(id[i], NULL), 0);
	ck_assert_int_eq(c.doubled, 0);
	ck_assert_uint_eq(ave_ports_count(c.ports), 0);
	ave_ports_free(c.ports);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("ports");
	TCase *t = tcase_create("ports");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, ports_give_each_of_the_range_once);
	tcase_add_test(t, ports_of_families_are_apart);
	tcase_add_test(t, ports_begin_where_they_are_told);
	tcase_add_test(t, ports_rest_after_use);
	tcase_add_test(t, ports_that_nobody_has_are_idle);
	tcase_add_test(t, ports_even_are_even_until_there_are_none);
	tcase_add_test(t, ports_keep_the_next_one_for_a_token);
	tcase_add_test(t, ports_are_kept_for_their_owner);
	tcase_add_test(t, ports_kept_are_free_again_later);
	tcase_add_test(t, ports_in_pairs_need_both);
	tcase_add_test(t, ports_take_another_range);
	tcase_add_test(t, ports_have_one_holder_among_threads);
	suite_add_tcase(s, t);
	return s;
}
