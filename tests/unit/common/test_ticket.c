/* common/ticket.c: a key an hour, the last one still opens. */
#include "common/ticket.h"

#include <string.h>

#include "tests/support/suite.h"

static struct edge_tickets *tickets;

static void setup(void)
{
	ck_assert_int_eq(edge_tickets_new(&tickets), EDGE_OK);
}

static void teardown(void)
{
	edge_tickets_free(tickets);
	edge_tickets_free(NULL);
}

static struct edge_ticket_key current(uint64_t now_s)
{
	struct edge_ticket_key key;

	ck_assert_int_eq(edge_tickets_current(&key, tickets, now_s), EDGE_OK);
	return key;
}

START_TEST(ticket_key_stays_for_an_hour)
{
	struct edge_ticket_key a = current(100), b = current(3699);
	struct edge_ticket_key c = current(3700);

	ck_assert_mem_eq(&a, &b, sizeof(a));
	ck_assert_mem_ne(a.name, c.name, sizeof(a.name));
	ck_assert_mem_ne(a.cipher, c.cipher, sizeof(a.cipher));
	ck_assert_mem_ne(a.mac, c.mac, sizeof(a.mac));
}
END_TEST

START_TEST(ticket_of_the_last_hour_opens_and_is_renewed)
{
	struct edge_ticket_key a = current(0), found;
	bool is_old = true;

	ck_assert(edge_tickets_find(tickets, a.name, 10, &found, &is_old));
	ck_assert(!is_old);
	ck_assert_mem_eq(&a, &found, sizeof(a));
	current(3600);
	ck_assert(edge_tickets_find(tickets, a.name, 3700, &found, &is_old));
	ck_assert(is_old);
	ck_assert_mem_eq(&a, &found, sizeof(a));
}
END_TEST

START_TEST(ticket_of_two_hours_ago_is_forgotten)
{
	struct edge_ticket_key a = current(0), found;
	bool is_old;

	/* also when nobody has asked for a new key meanwhile */
	ck_assert(!edge_tickets_find(tickets, a.name, 7200, &found, &is_old));
	current(3600);
	current(7200);
	ck_assert(!edge_tickets_find(tickets, a.name, 7200, &found, &is_old));
}
END_TEST

START_TEST(ticket_of_a_stranger_is_not_found)
{
	struct edge_ticket_key found;
	const uint8_t zero[EDGE_TICKET_NAME_LEN] = {0};
	bool is_old;

	ck_assert(!edge_tickets_find(tickets, zero, 0, &found, &is_old));
	current(0);
	ck_assert(!edge_tickets_find(tickets, zero, 0, &found, &is_old));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("ticket");
	TCase *t = tcase_create("keys");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ticket_key_stays_for_an_hour);
	tcase_add_test(t, ticket_of_the_last_hour_opens_and_is_renewed);
	tcase_add_test(t, ticket_of_two_hours_ago_is_forgotten);
	tcase_add_test(t, ticket_of_a_stranger_is_not_found);
	suite_add_tcase(s, t);
	return s;
}
