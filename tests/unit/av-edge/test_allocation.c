/* av-edge/allocation.c: limits, ports, sockets, time; all is given back. */
#include "av-edge/allocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/ports.h"
#include "common/tally.h"
#include "tests/support/fake_dialect.h"
#include "tests/support/suite.h"

static struct fake_net net;
static struct ave_leg client, stream;
static struct edge_addr peer;
static const struct ave_want v4 = {.v4 = true};

static void set_up(void)
{
	fake_dialect_reset();
	fake_net_init(&net);
	net.view.limits[AVE_LIMIT_ALLOCATE_RATE] = 1000;
	net.view.limits[AVE_LIMIT_ALLOCATE_RATE_PER_USER] = 1000;
	fake_net_start(&net, &fake_ms, &fake_rfc);
	client = fake_client("198.51.100.7", 4000);
	stream = fake_stream("198.51.100.7", 4001);
	peer = fake_addr("198.51.100.200", 6000);
}

static void tear_down(void)
{
	fake_net_stop(&net);
}

static struct ave_leg nth(unsigned n)
{
	return fake_client("198.51.100.8", (uint16_t)(10000 + n));
}

static enum ave_reason tried(const struct ave_leg *leg)
{
	struct ave_alloc *a;

	return fake_try(&a, &net, leg, &fake_ms, &v4);
}

static uint32_t live(void)
{
	return ave_relay_count(net.relay)->allocations;
}

START_TEST(allocation_has_what_it_asked_for)
{
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_ms);
	const struct ave_relayed *d = &a->relayed[0];
	char at[EDGE_ADDR_STRLEN], told[EDGE_ADDR_STRLEN];

	ck_assert(d->is_open);
	ck_assert(!a->relayed[1].is_open);
	edge_addr_print_ip(&d->at, false, at);
	edge_addr_print_ip(&d->told, false, told);
	ck_assert_str_eq(at, "192.0.2.31");
	ck_assert_str_eq(told, "203.0.113.31");
	ck_assert_uint_ge(d->at.port, 50000);
	ck_assert_uint_eq(d->at.port, d->told.port);
	ck_assert_uint_eq(fake_net_socket(&net, d->wire)->at.port, d->at.port);
	ck_assert_uint_eq(a->lifetime_s, 600);
	ck_assert_uint_eq(a->reserved, 0);
	ck_assert_ptr_eq(ave_relay_find(net.relay, &client), a);
	ck_assert_uint_eq(live(), 1);
	ck_assert_uint_eq(ave_relay_count(net.relay)->allocated, 1);
	ck_assert_uint_eq(net.stories[AVE_STORY_MADE], 1);
	ck_assert_uint_eq(ave_ports_count(net.shared.udp), 1);
}
END_TEST

/* Ports that follow each other would be guessed. */
START_TEST(allocation_has_a_port_from_anywhere)
{
	unsigned next = 0;
	uint16_t last = 0;

	for (unsigned i = 0; i < 20; i++) {
		const struct ave_leg leg = nth(i);
		const uint16_t port =
			fake_allocate(&net, &leg, &fake_ms)->relayed[0].at.port;

		next += port == last + 1;
		last = port;
	}
	ck_assert_uint_lt(next, 10);
}
END_TEST

START_TEST(allocation_has_both_families)
{
	const struct ave_want both = {.v4 = true, .v6 = true};
	struct ave_alloc *a;

	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &both),
			 AVE_FINE);
	ck_assert(a->relayed[0].is_open && a->relayed[1].is_open);
	ck_assert_int_eq(a->relayed[1].told.family, AF_INET6);
	ck_assert_uint_eq(fake_net_sockets(&net), 2);
	ave_relay_release(net.relay, a, AVE_FINE);
	ck_assert_uint_eq(fake_net_sockets(&net), 0);
	ck_assert_uint_eq(ave_ports_count(net.shared.udp), 0);
}
END_TEST

START_TEST(allocation_is_one_a_5_tuple)
{
	fake_allocate(&net, &client, &fake_ms);
	ck_assert_int_eq(tried(&client), AVE_ALLOCATED);
	ck_assert_uint_eq(net.stories[AVE_STORY_REFUSED], 0);
	ck_assert_uint_eq(live(), 1);
}
END_TEST

START_TEST(allocation_is_refused_without_family_or_when_draining)
{
	const struct ave_want none = {0}, v6 = {.v6 = true};
	struct ave_alloc *a;

	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &none),
			 AVE_FAMILY);
	net.view.relay_at[1] = (struct edge_addr){0};
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &v6),
			 AVE_FAMILY);
	net.view.is_draining = true;
	ck_assert_int_eq(tried(&client), AVE_DRAINING);
	ck_assert_uint_eq(net.stories[AVE_STORY_REFUSED], 3);
	ck_assert_int_eq(net.last_why, AVE_DRAINING);
}
END_TEST

START_TEST(allocation_is_refused_past_each_limit)
{
	struct ave_leg other = fake_client("198.51.100.9", 1);
	struct ave_leg inside = fake_client("198.51.100.8", 1);
	struct ave_alloc *a;

	net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 3;
	for (unsigned i = 0; i < 3; i++) {
		struct ave_leg leg = nth(i);

		ck_assert_int_eq(tried(&leg), AVE_FINE);
	}
	ck_assert_int_eq(tried(&other), AVE_USER_LIMIT);
	net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 10;
	net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_SOURCE] = 3;
	client = nth(9);
	ck_assert_int_eq(tried(&client), AVE_SOURCE_LIMIT);
	ck_assert_int_eq(tried(&other), AVE_FINE);
	inside.side = AVE_INSIDE;
	ck_assert_int_eq(tried(&inside), AVE_FINE);
	ck_assert_uint_eq(live(), 5);
	net.view.limits[AVE_LIMIT_ALLOCATIONS] = 5;
	other.client.port++;
	ck_assert_int_eq(tried(&other), AVE_TABLE_FULL);
	ave_relay_release(net.relay, ave_relay_find(net.relay, &inside),
			  AVE_FINE);
	ck_assert_int_eq(tried(&other), AVE_FINE);
	/* nothing stuck to what was refused */
	ck_assert_uint_eq(edge_tally_total(net.shared.users), 5);
	ck_assert_uint_eq(edge_tally_total(net.shared.sources), 5);
	a = ave_relay_find(net.relay, &other);
	ck_assert_ptr_nonnull(a);
}
END_TEST

START_TEST(allocation_of_servers_has_no_limit_of_users)
{
	const struct ave_grant server = {.pseudonym = "mcu", .is_server = true};

	net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 1;
	for (unsigned i = 0; i < 5; i++) {
		struct ave_leg leg = nth(i);
		struct ave_alloc *a;

		ck_assert_int_eq(ave_relay_allocate(&a, net.relay, &leg,
						    &fake_ms, &server, &v4),
				 AVE_FINE);
	}
}
END_TEST

START_TEST(allocation_rate_is_limited_by_source)
{
	struct ave_leg other = fake_client("198.51.100.9", 1);

	net.view.limits[AVE_LIMIT_ALLOCATE_RATE] = 10;
	for (unsigned i = 0; i < 10; i++) {
		struct ave_leg leg = nth(i);

		ck_assert_int_eq(tried(&leg), AVE_FINE);
	}
	client = nth(10);
	ck_assert_int_eq(tried(&client), AVE_RATE);
	ck_assert_int_eq(tried(&other), AVE_FINE);
	fake_net_pass(&net, 100);
	ck_assert_int_eq(tried(&client), AVE_FINE);
}
END_TEST

START_TEST(allocation_rate_is_limited_by_user)
{
	static const struct ave_grant other = {.pseudonym = "somebody else"},
				      server = {.pseudonym = "somebody",
						.is_server = true};
	struct ave_alloc *a;
	struct ave_leg leg;

	net.view.limits[AVE_LIMIT_ALLOCATE_RATE_PER_USER] = 10;
	for (unsigned i = 0; i < 11; i++) { /* from one network each */
		char ip[32];

		(void)snprintf(ip, sizeof(ip), "198.51.%u.7", i);
		leg = fake_client(ip, 4000);
		ck_assert_int_eq(tried(&leg), i < 10 ? AVE_FINE : AVE_RATE);
		if (i < 10) /* what it gives back it still has had */
			ave_relay_release(net.relay,
					  ave_relay_find(net.relay, &leg),
					  AVE_FINE);
	}
	ck_assert_int_eq(
		ave_relay_allocate(&a, net.relay, &leg, &fake_ms, &other, &v4),
		AVE_FINE);
	leg.client.port++;
	ck_assert_int_eq(
		ave_relay_allocate(&a, net.relay, &leg, &fake_ms, &server, &v4),
		AVE_FINE);
	fake_net_pass(&net, 100);
	ck_assert_int_eq(tried(&client), AVE_FINE);
}
END_TEST

START_TEST(allocation_tries_other_ports_when_one_is_taken)
{
	net.open_err = EDGE_ESYS;
	net.open_failures = 15;
	ck_assert_int_eq(tried(&client), AVE_FINE);
	client = nth(1);
	net.open_failures = 16;
	ck_assert_int_eq(tried(&client), AVE_NO_SOCKET);
	ck_assert_uint_eq(net.open_failures, 0);
	net.open_err = EDGE_ENOMEM;
	net.open_failures = 2;
	ck_assert_int_eq(tried(&client), AVE_INTERNAL);
	ck_assert_uint_eq(net.open_failures, 1);
	ck_assert_uint_eq(ave_ports_count(net.shared.udp), 1);
	ck_assert_uint_eq(edge_tally_total(net.shared.users), 1);
}
END_TEST

/* The second family fails: the first is given back. */
START_TEST(allocation_is_whole_or_not_at_all)
{
	const struct ave_want both = {.v4 = true, .v6 = true};
	const struct ave_port_wish six = {.family = AF_INET6,
					  .now_ms = net.now_ms};
	struct ave_alloc *a;
	uint16_t port;
	uint64_t token;

	ck_assert_int_eq(ave_ports_set_range(net.shared.udp, 50000, 50000),
			 EDGE_OK);
	ck_assert_int_eq(ave_ports_take(&port, &token, net.shared.udp, &six),
			 EDGE_OK);
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &both),
			 AVE_NO_PORT);
	ck_assert_uint_eq(fake_net_sockets(&net), 0);
	ck_assert_uint_eq(ave_ports_count(net.shared.udp), 1);
	ave_ports_give(net.shared.udp, AF_INET6, port, 0);
}
END_TEST

START_TEST(allocation_uses_all_ports_then_none)
{
	ck_assert_int_eq(ave_ports_set_range(net.shared.udp, 50000, 50009),
			 EDGE_OK);
	for (unsigned i = 0; i < 10; i++) {
		struct ave_leg leg = nth(i);

		ck_assert_int_eq(tried(&leg), AVE_FINE);
	}
	ck_assert_int_eq(tried(&client), AVE_NO_PORT);
	stream = nth(4);
	ave_relay_release(net.relay, ave_relay_find(net.relay, &stream),
			  AVE_FINE);
	ck_assert_int_eq(tried(&client), AVE_NO_PORT); /* it rests */
	fake_net_pass(&net, 61000);
	ck_assert_int_eq(tried(&client), AVE_FINE);
}
END_TEST

/* av.port_quarantine_s = 0: at once, not at the end of the second. */
START_TEST(allocation_gives_ports_that_need_no_rest)
{
	net.view.limits[AVE_LIMIT_PORT_QUARANTINE_S] = 0;
	fake_net_pass(&net, 1);
	ck_assert_int_eq(ave_ports_set_range(net.shared.udp, 50000, 50000),
			 EDGE_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(tried(&client), AVE_FINE);
		ave_relay_release(net.relay, ave_relay_find(net.relay, &client),
				  AVE_FINE);
	}
}
END_TEST

START_TEST(allocation_reserves_the_next_port)
{
	struct ave_want want = {.v4 = true, .even = true, .reserve = true};
	struct ave_alloc *a, *b;

	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_rfc, &want),
			 AVE_FINE);
	ck_assert_uint_ne(a->reserved, 0);
	ck_assert_uint_eq(a->relayed[0].at.port & 1, 0);
	want = (struct ave_want){.v4 = true, .reserved = a->reserved};
	client = nth(1);
	ck_assert_int_eq(fake_try(&b, &net, &client, &fake_rfc, &want),
			 AVE_FINE);
	ck_assert_uint_eq(b->relayed[0].at.port, a->relayed[0].at.port + 1);
	client = nth(2);
	ck_assert_int_eq(fake_try(&b, &net, &client, &fake_rfc, &want),
			 AVE_RESERVATION);
	want.is_tcp = true;
	ck_assert_int_eq(fake_try(&b, &net, &client, &fake_rfc, &want),
			 AVE_RESERVATION);
}
END_TEST

/* Ports that are kept for a user count as allocations of it. */
START_TEST(allocation_pays_for_the_port_it_keeps)
{
	const struct ave_want want = {
		.v4 = true, .even = true, .reserve = true};
	struct ave_leg second = nth(1), third = nth(2);
	struct ave_alloc *a;
	uint64_t token;

	net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 3;
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_rfc, &want),
			 AVE_FINE);
	ck_assert_int_eq(fake_try(&a, &net, &second, &fake_rfc, &want),
			 AVE_USER_LIMIT);
	ck_assert_uint_eq(edge_tally_total(net.shared.users), 2);
	ck_assert_int_eq(tried(&second), AVE_FINE);
	ck_assert_int_eq(tried(&third), AVE_USER_LIMIT);
	fake_net_pass(&net, 31000);
	ck_assert_int_eq(tried(&third), AVE_FINE);
	ck_assert_int_eq(ave_ports_set_range(net.shared.udp, 40000, 40001),
			 EDGE_OK);
	ave_relay_release(net.relay, ave_relay_find(net.relay, &second),
			  AVE_FINE);
	ave_relay_release(net.relay, ave_relay_find(net.relay, &third),
			  AVE_FINE);
	second = nth(3);
	ck_assert_int_eq(fake_try(&a, &net, &second, &fake_rfc, &want),
			 AVE_FINE);
	token = a->reserved;
	ave_relay_release(net.relay, a, AVE_FINE);
	ck_assert_uint_eq(edge_tally_total(net.shared.users), 1);
	/* with the allocation its promise ends: the port is free, and only it
	 */
	second = nth(4);
	ck_assert_int_eq(tried(&second), AVE_FINE);
	ck_assert_uint_eq(
		ave_relay_find(net.relay, &second)->relayed[0].at.port, 40001);
	ck_assert_uint_ne(token, 0);
}
END_TEST

START_TEST(allocation_takes_the_place_of_another_or_leaves_it)
{
	struct ave_alloc *old = fake_allocate(&net, &client, &fake_ms), *a;
	const struct ave_want want = {.v4 = true, .instead = old};
	const edge_handle id = old->id;

	net.view.is_draining = true;
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &want),
			 AVE_DRAINING);
	ck_assert_ptr_eq(ave_relay_find(net.relay, &client), old);
	net.view.is_draining = false;
	net.open_err = EDGE_ENOMEM;
	net.open_failures = 1;
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &want),
			 AVE_INTERNAL);
	ck_assert_ptr_eq(ave_relay_find(net.relay, &client), old);
	ck_assert_int_eq(fake_try(&a, &net, &client, &fake_ms, &want),
			 AVE_FINE);
	ck_assert_ptr_eq(ave_relay_find(net.relay, &client), a);
	ck_assert_uint_ne(a->id, id);
	ck_assert_uint_eq(live(), 1);
	ck_assert_uint_eq(fake_heard.forgotten, 1);
}
END_TEST

/* -- time -------------------------------------------------------------------
 */

START_TEST(allocation_released_twice_is_released_once)
{
	struct ave_alloc *a = fake_allocate(&net, &client, &fake_ms);

	a->own = malloc(10);
	ave_relay_release(net.relay, a, AVE_FINE);
	ave_relay_release(net.relay, a, AVE_FINE);
	ck_assert_uint_eq(ave_relay_count(net.relay)->released, 1);
	ck_assert_uint_eq(fake_heard.forgotten, 1);
	ck_assert_uint_eq(net.stories[AVE_STORY_ENDED], 1);
	client.client.port++;
	ck_assert_int_eq(tried(&client), AVE_FINE); /* while it lies there */
}
END_TEST

/* Kept ports count as allocations of their users. */
static uint32_t holding(void)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < 40; i++) {
		const struct ave_leg leg = nth(i);
		const struct ave_alloc *a = ave_relay_find(net.relay, &leg);

		count += a && a->is_holding;
	}
	return count;
}

/* Many come and go in each way there is; fake_net_stop finds nothing left. */
START_TEST(allocation_accounting_is_exact)
{
	uint32_t seed = (uint32_t)_i + 1;

	net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_USER] = 15;
	net.view.limits[AVE_LIMIT_ALLOCATIONS_PER_SOURCE] = 20;
	ck_assert_int_eq(ave_ports_set_range(net.shared.udp, 50000, 50040),
			 EDGE_OK);
	for (int n = 0; n < 3000; n++) {
		const struct ave_want want = {.v4 = n % 5 != 0,
					      .v6 = n % 3 != 0,
					      .even = n % 7 == 0,
					      .reserve = n % 14 == 0,
					      .is_tcp = n % 4 == 0};
		struct ave_leg leg = nth((seed >> 8) % 40);
		struct ave_alloc *a = ave_relay_find(net.relay, &leg);

		seed = seed * 1664525 + 1013904223;
		net.open_err = EDGE_ESYS;
		net.open_failures = n % 11 == 0 ? 20 : 0;
		if (a && seed >> 31)
			ave_relay_release(net.relay, a, AVE_FINE);
		else if (!a)
			(void)!fake_try(&a, &net, &leg,
					n & 1 ? &fake_ms : &fake_rfc, &want);
		fake_net_pass(&net, (seed >> 20) % 3000);
		ck_assert_uint_eq(edge_tally_total(net.shared.users),
				  live() + holding());
		ck_assert_uint_eq(edge_tally_total(net.shared.sources), live());
		ck_assert_uint_eq(ave_ports_count(net.shared.udp) +
					  ave_ports_count(net.shared.tcp),
				  fake_net_sockets(&net));
	}
	ck_assert_uint_gt(ave_relay_count(net.relay)->allocated, 200);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("allocation");
	TCase *t = tcase_create("making");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, allocation_has_what_it_asked_for);
	tcase_add_test(t, allocation_has_a_port_from_anywhere);
	tcase_add_test(t, allocation_has_both_families);
	tcase_add_test(t, allocation_is_one_a_5_tuple);
	tcase_add_test(t,
		       allocation_is_refused_without_family_or_when_draining);
	tcase_add_test(t, allocation_is_refused_past_each_limit);
	tcase_add_test(t, allocation_of_servers_has_no_limit_of_users);
	tcase_add_test(t, allocation_rate_is_limited_by_source);
	tcase_add_test(t, allocation_rate_is_limited_by_user);
	tcase_add_test(t, allocation_tries_other_ports_when_one_is_taken);
	tcase_add_test(t, allocation_is_whole_or_not_at_all);
	tcase_add_test(t, allocation_uses_all_ports_then_none);
	tcase_add_test(t, allocation_gives_ports_that_need_no_rest);
	tcase_add_test(t, allocation_reserves_the_next_port);
	tcase_add_test(t, allocation_pays_for_the_port_it_keeps);
	tcase_add_test(t, allocation_takes_the_place_of_another_or_leaves_it);
	tcase_add_test(t, allocation_released_twice_is_released_once);
	tcase_add_loop_test(t, allocation_accounting_is_exact, 0, 3);
	suite_add_tcase(s, t);
	return s;
}
