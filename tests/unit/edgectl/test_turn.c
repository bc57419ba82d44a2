/* edgectl/turn.c: allocations over UDP and TCP, and what goes wrong. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "edgectl/turn.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/relay_server.h"

static const char user[] = "user of 60 bytes, more or less", pass[] = "secret";
static struct relay_server *server;
static char why[256];
static struct ctl_turn_fault fault;

static enum edge_err dial(struct ctl_turn **out, bool is_tcp, uint32_t ms,
			  const char *password)
{
	const struct ctl_turn_plan p = {
		.server = relay_server_address(server),
		.is_tcp = is_tcp,
		.username = edge_slice_str(user),
		.password = edge_slice_str(password),
		.ms = ms,
		.fault = &fault,
	};

	fault = (struct ctl_turn_fault){0};
	*why = '\0';
	return ctl_turn_open(out, &p, why, sizeof(why));
}

static void serve(struct relay_plan p)
{
	p.username = edge_slice_str(user);
	p.password = edge_slice_str(pass);
	server = relay_server_start(&p);
}

START_TEST(turn_allocates_talks_and_gives_back)
{
	struct relay_plan p = {.is_tcp = _i & 1, .as_indications = _i & 2};
	struct ctl_turn *one, *other;
	struct edge_addr want;
	struct edge_slice got;

	serve(p);
	want = relay_server_address(server);
	ck_assert_msg(!dial(&one, p.is_tcp, 20000, pass), "%s", why);
	ck_assert_msg(!dial(&other, p.is_tcp, 20000, pass), "%s", why);
	want.port = 50000;
	ck_assert(edge_addr_eq(ctl_turn_relayed(one), &want));
	want.port = 50001;
	ck_assert(edge_addr_eq(ctl_turn_relayed(other), &want));
	ck_assert(edge_addr_same_ip(ctl_turn_reflexive(one), &want));
	ck_assert_uint_ne(ctl_turn_reflexive(one)->port, 0);

	ck_assert(!ctl_turn_set_peer(one, ctl_turn_relayed(other), why,
				     sizeof(why)));
	ck_assert(!ctl_turn_set_peer(other, ctl_turn_relayed(one), why,
				     sizeof(why)));
	ck_assert(!ctl_turn_send(one, edge_slice_str("\x80 hello")));
	ck_assert(!ctl_turn_receive(other, &got, 20000));
	ck_assert(edge_slice_eq_str(got, "\x80 hello"));
	ck_assert(!ctl_turn_send(other, edge_slice_str("\x80 and back")));
	ck_assert(!ctl_turn_receive(one, &got, 20000));
	ck_assert(edge_slice_eq_str(got, "\x80 and back"));
	ck_assert_int_eq(ctl_turn_receive(one, &got, 0), EDGE_ETIMEOUT);
	ctl_turn_close(one);
	ctl_turn_close(other);
	ck_assert_uint_eq(relay_server_stop(server), 2);
}
END_TEST

START_TEST(turn_over_udp_asks_again)
{
	struct ctl_turn *t;

	serve((struct relay_plan){.deaf = 2});
	ck_assert_msg(!dial(&t, false, 20000, pass), "%s", why);
	ctl_turn_close(t);
	ck_assert_uint_eq(relay_server_stop(server), 1);
}
END_TEST

static const struct {
	struct relay_plan plan;
	enum edge_err err;
	const char *why;
	unsigned code;
} faults[] = {
	{{.first_code = 300},
	 EDGE_EFORMAT,
	 "the first Allocate was not challenged but refused with 300",
	 300},
	{{.code = 436}, EDGE_EDENIED, "Allocate was refused with 436", 436},
	{{.code = 486, .reason = "Quota \x1b[31m"},
	 EDGE_EDENIED,
	 "Allocate was refused with 486 (Quota \x1b[31m)",
	 486},
	{{.is_tcp = true, .code = 500},
	 EDGE_EDENIED,
	 "Allocate was refused with 500",
	 500},
	/* what was said to the first Allocate is not why */
	{{.is_mute = true}, EDGE_ETIMEOUT, "Allocate: time limit passed", 0},
	{{.is_unsigned = true},
	 EDGE_EAUTH,
	 "the answer's integrity does not fit",
	 0},
	{{.deaf = 100}, EDGE_ETIMEOUT, "first Allocate: time limit passed", 0},
	{{.is_tcp = true, .deaf = 100},
	 EDGE_ETIMEOUT,
	 "first Allocate: time limit passed",
	 0},
	{{.is_tcp = true, .first_code = 1},
	 EDGE_ECLOSED,
	 "first Allocate: connection closed",
	 0},
	{{.is_tcp = true, .first_code = 2},
	 EDGE_EFORMAT,
	 "first Allocate: malformed message",
	 0},
};

START_TEST(turn_says_what_went_wrong)
{
	struct ctl_turn *t;

	serve(faults[_i].plan);
	ck_assert_int_eq(dial(&t, faults[_i].plan.is_tcp,
			      faults[_i].err == EDGE_ETIMEOUT ? 300 : 20000,
			      pass),
			 faults[_i].err);
	ck_assert_str_eq(why, faults[_i].why);
	ck_assert_uint_eq(fault.code, faults[_i].code);
	ck_assert_uint_eq(relay_server_stop(server), 0);
}
END_TEST

START_TEST(turn_with_a_wrong_password_is_refused)
{
	struct ctl_turn *t;

	serve((struct relay_plan){0});
	ck_assert_int_eq(dial(&t, false, 20000, "guess"), EDGE_EDENIED);
	ck_assert_str_eq(why, "Allocate was refused with 431");
	relay_server_stop(server);
}
END_TEST

START_TEST(turn_peer_that_is_refused_is_told)
{
	struct ctl_turn *t;

	serve((struct relay_plan){.active_code = 403});
	ck_assert(!dial(&t, false, 20000, pass));
	ck_assert_int_eq(
		ctl_turn_set_peer(t, ctl_turn_relayed(t), why, sizeof(why)),
		EDGE_EDENIED);
	ck_assert_str_eq(why, "Set Active Destination was refused with 403");
	ctl_turn_close(t);
	relay_server_stop(server);
}
END_TEST

START_TEST(turn_to_nobody_fails_at_once)
{
	struct ctl_turn *t;
	struct ctl_turn_plan p = {.is_tcp = true,
				  .username = edge_slice_str(user),
				  .password = edge_slice_str(pass),
				  .ms = 20000,
				  .fault = &fault};

	serve((struct relay_plan){.is_tcp = true});
	p.server = relay_server_address(server);
	relay_server_stop(server);
	*why = '\0';
	ck_assert_int_eq(ctl_turn_open(&t, &p, why, sizeof(why)), EDGE_ESYS);
	ck_assert_str_eq(why, "connecting: Connection refused");
	ck_assert_int_eq(fault.error, ECONNREFUSED);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/turn");
	TCase *t = tcase_create("turn");

	tcase_set_timeout(t, 90);
	tcase_add_loop_test(t, turn_allocates_talks_and_gives_back, 0, 4);
	tcase_add_test(t, turn_over_udp_asks_again);
	tcase_add_loop_test(t, turn_says_what_went_wrong, 0,
			    sizeof(faults) / sizeof(*faults));
	tcase_add_test(t, turn_with_a_wrong_password_is_refused);
	tcase_add_test(t, turn_peer_that_is_refused_is_told);
	tcase_add_test(t, turn_to_nobody_fails_at_once);
	suite_add_tcase(s, t);
	return s;
}
