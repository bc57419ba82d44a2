/* access-edge/xmpp_stream.c: every cell of a partner's negotiation. */
#include "access-edge/xmpp_stream.h"

#include "tests/support/suite.h"

/* what may follow in each state, with everything in his favour */
enum { X = -1 /* out of order */ };

/* clang-format off */
static const int acts[ACC_IN_STATES][ACC_IN_EVENTS] = {
	/*             HEADER              STARTTLS           TLS_DONE           AUTH               RESULT          VERIFY            VALID              STANZA           OTHER */
	[ACC_IN_OPENING]   = {ACC_IN_DO_FEATURES, X,                 X,                 X,                 X,              X,                X,                 X,               X},
	[ACC_IN_CLEAR]     = {X,                  ACC_IN_DO_PROCEED, X,                 X,                 X,              X,                ACC_IN_DO_NOTHING, X,               X},
	[ACC_IN_HANDSHAKE] = {X,                  X,                 ACC_IN_DO_NOTHING, X,                 X,              X,                X,                 X,               X},
	[ACC_IN_SECURED]   = {ACC_IN_DO_FEATURES, X,                 X,                 X,                 X,              X,                X,                 X,               X},
	[ACC_IN_SECURE]    = {X,                  X,                 X,                 ACC_IN_DO_SUCCESS, ACC_IN_DO_ASK,  ACC_IN_DO_ANSWER, ACC_IN_DO_NOTHING, X,               X},
	[ACC_IN_PROVEN]    = {ACC_IN_DO_FEATURES, X,                 X,                 X,                 X,              X,                X,                 X,               X},
	[ACC_IN_READY]     = {X,                  X,                 X,                 X,                 ACC_IN_DO_ASK,  ACC_IN_DO_ANSWER, ACC_IN_DO_NOTHING, ACC_IN_DO_RELAY, X},
};

static const enum acc_xmpp_in_state after[ACC_IN_STATES][ACC_IN_EVENTS] = {
	[ACC_IN_OPENING][ACC_IN_HEADER] = ACC_IN_CLEAR,
	[ACC_IN_CLEAR][ACC_IN_STARTTLS] = ACC_IN_HANDSHAKE,
	[ACC_IN_CLEAR][ACC_IN_VALID] = ACC_IN_READY,
	[ACC_IN_HANDSHAKE][ACC_IN_TLS_DONE] = ACC_IN_SECURED,
	[ACC_IN_SECURED][ACC_IN_HEADER] = ACC_IN_SECURE,
	[ACC_IN_SECURE][ACC_IN_AUTH] = ACC_IN_PROVEN,
	[ACC_IN_SECURE][ACC_IN_VALID] = ACC_IN_READY,
	[ACC_IN_PROVEN][ACC_IN_HEADER] = ACC_IN_READY,
};
/* clang-format on */

static struct acc_xmpp_in good(enum acc_xmpp_in_state state)
{
	return (struct acc_xmpp_in){.state = state,
				    .mode = {.tls = true,
					     .tls_required = true,
					     .external = true,
					     .dialback = true},
				    .has_from = true,
				    .is_secured = state >= ACC_IN_SECURED,
				    .is_certified = state >= ACC_IN_SECURED,
				    .is_external = true,
				    .is_self = true};
}

START_TEST(in_walks_every_cell)
{
	const int state = _i / ACC_IN_EVENTS, ev = _i % ACC_IN_EVENTS;
	struct acc_xmpp_in s = good((enum acc_xmpp_in_state)state);
	const struct acc_xmpp_in_step step =
		acc_xmpp_in_next(&s, (enum acc_xmpp_in_event)ev);
	const int next = after[state][ev] ? (int)after[state][ev] : state;

	if (acts[state][ev] == X) {
		ck_assert_int_eq(step.act, ACC_IN_DO_REFUSE);
		ck_assert_int_ne(step.reason, ACC_XMPP_R_OK);
	} else {
		ck_assert_int_eq(step.act, acts[state][ev]);
		ck_assert_int_eq(step.reason, ACC_XMPP_R_OK);
	}
	ck_assert_int_eq(s.state, next);
}
END_TEST

static void refuses(struct acc_xmpp_in s, enum acc_xmpp_in_event ev,
		    enum acc_xmpp_reason reason)
{
	const struct acc_xmpp_in_step step = acc_xmpp_in_next(&s, ev);

	ck_assert_int_eq(step.act, ACC_IN_DO_REFUSE);
	ck_assert_str_eq(acc_xmpp_reason_name(step.reason),
			 acc_xmpp_reason_name(reason));
}

START_TEST(in_refuses_what_is_clear_where_tls_must_be)
{
	const struct acc_xmpp_in s = good(ACC_IN_CLEAR);

	refuses(s, ACC_IN_RESULT, ACC_XMPP_R_TLS_WANTED);
	refuses(s, ACC_IN_VERIFY, ACC_XMPP_R_TLS_WANTED);
	refuses(s, ACC_IN_AUTH, ACC_XMPP_R_TLS_WANTED);
	refuses(s, ACC_IN_STANZA, ACC_XMPP_R_TLS_WANTED);
}
END_TEST

START_TEST(in_without_tls_has_dialback_alone)
{
	struct acc_xmpp_in s = good(ACC_IN_CLEAR);

	s.mode = (struct acc_xmpp_mode){.dialback = true};
	ck_assert(!acc_xmpp_in_offers_external(&s));
	ck_assert(acc_xmpp_in_offers_dialback(&s));
	refuses(s, ACC_IN_STARTTLS, ACC_XMPP_R_OUT_OF_ORDER);
	refuses(s, ACC_IN_STANZA, ACC_XMPP_R_NOT_READY);
	ck_assert_int_eq(acc_xmpp_in_next(&s, ACC_IN_RESULT).act,
			 ACC_IN_DO_ASK);
	ck_assert_int_eq(acc_xmpp_in_next(&s, ACC_IN_VALID).act,
			 ACC_IN_DO_NOTHING);
	ck_assert_int_eq(s.state, ACC_IN_READY);
}
END_TEST

/* AE 6.2, first row: no certificate that matches, no way in. */
START_TEST(in_wants_a_certificate_where_nothing_else_helps)
{
	struct acc_xmpp_in s = good(ACC_IN_SECURED);

	s.mode.dialback = false;
	ck_assert(acc_xmpp_in_offers_external(&s));
	ck_assert(!acc_xmpp_in_offers_dialback(&s));
	s.is_certified = false;
	refuses(s, ACC_IN_HEADER, ACC_XMPP_R_CERTIFICATE);
	s.mode.dialback = true; /* second row */
	ck_assert_int_eq(acc_xmpp_in_next(&s, ACC_IN_HEADER).act,
			 ACC_IN_DO_FEATURES);
	ck_assert(!acc_xmpp_in_offers_external(&s));
	ck_assert(acc_xmpp_in_offers_dialback(&s));
	s = good(ACC_IN_SECURED);
	s.has_from = false;
	refuses(s, ACC_IN_HEADER, ACC_XMPP_R_NO_FROM);
	s = good(ACC_IN_SECURE);
	s.mode.dialback = false;
	refuses(s, ACC_IN_RESULT, ACC_XMPP_R_DIALBACK_OFF);
	refuses(s, ACC_IN_VERIFY, ACC_XMPP_R_DIALBACK_OFF);
	refuses(s, ACC_IN_STANZA, ACC_XMPP_R_NOT_READY);
}
END_TEST

START_TEST(stream_fits_the_settings_of_now)
{
	const struct acc_xmpp_mode external = {
		.tls = true, .tls_required = true, .external = true};
	const struct acc_xmpp_mode tls = {
		.tls = true, .tls_required = true, .dialback = true};
	const struct acc_xmpp_mode plain = {.dialback = true};

	ck_assert(acc_xmpp_stream_fits(&external, true, true));
	ck_assert(!acc_xmpp_stream_fits(&external, false, true));
	ck_assert(acc_xmpp_stream_fits(&tls, false, true));
	ck_assert(!acc_xmpp_stream_fits(&tls, false, false));
	ck_assert(!acc_xmpp_stream_fits(&tls, true, true));
	ck_assert(acc_xmpp_stream_fits(&plain, false, false));
}
END_TEST

START_TEST(in_sasl_may_fail_once)
{
	for (int why = 0; why < 3; why++) {
		struct acc_xmpp_in s = good(ACC_IN_SECURE), last;
		struct acc_xmpp_in_step step;

		s.is_external = why != 0;
		s.is_self = why != 1;
		s.is_certified = why != 2;
		step = acc_xmpp_in_next(&s, ACC_IN_AUTH);
		ck_assert_int_eq(step.act, ACC_IN_DO_FAILURE);
		ck_assert_int_eq(step.reason, ACC_XMPP_R_OK);
		last = s; /* this one is told as well, and ends it */
		step = acc_xmpp_in_next(&last, ACC_IN_AUTH);
		ck_assert_int_eq(step.act, ACC_IN_DO_FAILURE);
		ck_assert_int_eq(step.reason, ACC_XMPP_R_SASL);
		s.is_external = s.is_self = s.is_certified = true;
		ck_assert_int_eq(acc_xmpp_in_next(&s, ACC_IN_AUTH).act,
				 ACC_IN_DO_SUCCESS);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_stream");
	TCase *t = tcase_create("in");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, in_walks_every_cell, 0,
			    ACC_IN_STATES * ACC_IN_EVENTS);
	tcase_add_test(t, in_refuses_what_is_clear_where_tls_must_be);
	tcase_add_test(t, in_without_tls_has_dialback_alone);
	tcase_add_test(t, in_wants_a_certificate_where_nothing_else_helps);
	tcase_add_test(t, stream_fits_the_settings_of_now);
	tcase_add_test(t, in_sasl_may_fail_once);
	suite_add_tcase(suite, t);
	return suite;
}
