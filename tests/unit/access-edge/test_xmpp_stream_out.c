/* access-edge/xmpp_stream_out.c: every cell of our negotiation. */
#include "access-edge/xmpp_stream.h"

#include "tests/support/suite.h"

/* What may follow in each state, with everything in its favour; what is not
 * listed is out of order. */
static const struct {
	enum acc_xmpp_out_state state;
	enum acc_xmpp_out_event ev;
	enum acc_xmpp_out_act act;
	enum acc_xmpp_out_state next;
} rows[] = {
	{ACC_OUT_CONNECTING, ACC_OUT_CONNECTED, ACC_OUT_DO_OPEN,
	 ACC_OUT_OPENING},
	{ACC_OUT_OPENING, ACC_OUT_HEADER, ACC_OUT_DO_NOTHING, ACC_OUT_CLEAR},
	{ACC_OUT_CLEAR, ACC_OUT_FEATURES, ACC_OUT_DO_STARTTLS,
	 ACC_OUT_STARTTLS},
	{ACC_OUT_STARTTLS, ACC_OUT_PROCEED, ACC_OUT_DO_HANDSHAKE,
	 ACC_OUT_HANDSHAKE},
	{ACC_OUT_HANDSHAKE, ACC_OUT_TLS_DONE, ACC_OUT_DO_OPEN, ACC_OUT_SECURED},
	{ACC_OUT_SECURED, ACC_OUT_HEADER, ACC_OUT_DO_NOTHING, ACC_OUT_SECURE},
	{ACC_OUT_SECURE, ACC_OUT_FEATURES, ACC_OUT_DO_AUTH, ACC_OUT_AUTH},
	{ACC_OUT_AUTH, ACC_OUT_SUCCESS, ACC_OUT_DO_OPEN, ACC_OUT_PROVEN},
	{ACC_OUT_AUTH, ACC_OUT_FAILURE, ACC_OUT_DO_RESULT, ACC_OUT_DIALBACK},
	{ACC_OUT_PROVEN, ACC_OUT_HEADER, ACC_OUT_DO_NOTHING, ACC_OUT_ADMITTED},
	{ACC_OUT_ADMITTED, ACC_OUT_FEATURES, ACC_OUT_DO_READY, ACC_OUT_READY},
	{ACC_OUT_DIALBACK, ACC_OUT_VALID, ACC_OUT_DO_READY, ACC_OUT_READY},
	{ACC_OUT_VERIFY, ACC_OUT_VALID, ACC_OUT_DO_VALID, ACC_OUT_VERIFY},
	{ACC_OUT_VERIFY, ACC_OUT_INVALID, ACC_OUT_DO_INVALID, ACC_OUT_VERIFY},
	{ACC_OUT_READY, ACC_OUT_OTHER, ACC_OUT_DO_NOTHING, ACC_OUT_READY},
};

static struct acc_xmpp_out good(enum acc_xmpp_out_state state)
{
	return (struct acc_xmpp_out){.state = state,
				     .mode = {.tls = true,
					      .tls_required = true,
					      .external = true,
					      .dialback = true},
				     .is_secured = state >= ACC_OUT_HANDSHAKE,
				     .is_certified = state >= ACC_OUT_HANDSHAKE,
				     .has_features = true,
				     .offers_tls = true,
				     .offers_external = true};
}

START_TEST(out_walks_every_cell)
{
	const int state = _i / ACC_OUT_EVENTS, ev = _i % ACC_OUT_EVENTS;
	struct acc_xmpp_out s = good((enum acc_xmpp_out_state)state);
	const struct acc_xmpp_out_step step =
		acc_xmpp_out_next(&s, (enum acc_xmpp_out_event)ev);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if ((int)rows[i].state == state && (int)rows[i].ev == ev) {
			ck_assert_int_eq(step.act, rows[i].act);
			ck_assert_int_eq(s.state, rows[i].next);
			return;
		}
	ck_assert_int_eq(step.act, ACC_OUT_DO_REFUSE);
	ck_assert_int_ne(step.reason, ACC_XMPP_R_OK);
	ck_assert_int_eq(s.state, state);
}
END_TEST

static struct acc_xmpp_out_step
is(struct acc_xmpp_out s, enum acc_xmpp_out_event ev, enum acc_xmpp_out_act act)
{
	const struct acc_xmpp_out_step step = acc_xmpp_out_next(&s, ev);

	ck_assert_int_eq(step.act, act);
	return step;
}

static void refuses(struct acc_xmpp_out s, enum acc_xmpp_out_event ev,
		    enum acc_xmpp_reason reason)
{
	ck_assert_str_eq(
		acc_xmpp_reason_name(is(s, ev, ACC_OUT_DO_REFUSE).reason),
		acc_xmpp_reason_name(reason));
}

START_TEST(out_goes_no_further_without_tls_that_must_be)
{
	struct acc_xmpp_out s = good(ACC_OUT_CLEAR);

	s.offers_tls = false;
	refuses(s, ACC_OUT_FEATURES, ACC_XMPP_R_TLS_WANTED);
	s = good(ACC_OUT_OPENING);
	s.has_features = false; /* a server before 1.0 */
	refuses(s, ACC_OUT_HEADER, ACC_XMPP_R_TLS_WANTED);
	refuses(good(ACC_OUT_STARTTLS), ACC_OUT_FAILURE, ACC_XMPP_R_TLS_FAILED);
}
END_TEST

START_TEST(out_uses_a_key_where_tls_is_not_supported)
{
	struct acc_xmpp_out s = good(ACC_OUT_CLEAR);

	s.mode = (struct acc_xmpp_mode){.dialback = true};
	is(s, ACC_OUT_FEATURES, ACC_OUT_DO_RESULT); /* though it is offered */
	s.state = ACC_OUT_OPENING;
	s.has_features = false;
	is(s, ACC_OUT_HEADER, ACC_OUT_DO_RESULT);
}
END_TEST

START_TEST(out_believes_no_certificate_but_the_partners)
{
	struct acc_xmpp_out s = good(ACC_OUT_HANDSHAKE);

	s.is_certified = false;
	is(s, ACC_OUT_TLS_DONE, ACC_OUT_DO_OPEN); /* a key may do */
	s.mode.dialback = false;
	refuses(s, ACC_OUT_TLS_DONE, ACC_XMPP_R_CERTIFICATE);
	s = good(ACC_OUT_SECURE);
	s.is_certified = false;
	is(s, ACC_OUT_FEATURES, ACC_OUT_DO_RESULT);
	s = good(ACC_OUT_SECURE);
	s.mode.dialback = false;
	s.offers_external = false;
	refuses(s, ACC_OUT_FEATURES, ACC_XMPP_R_NO_METHOD);
	s = good(ACC_OUT_AUTH);
	s.mode.dialback = false;
	refuses(s, ACC_OUT_FAILURE, ACC_XMPP_R_SASL);
	s = good(ACC_OUT_SECURED);
	s.has_features = false;
	is(s, ACC_OUT_HEADER, ACC_OUT_DO_RESULT);
}
END_TEST

START_TEST(out_that_only_asks_proves_nothing)
{
	struct acc_xmpp_out s = good(ACC_OUT_SECURE);

	s.is_verify = true;
	is(s, ACC_OUT_FEATURES, ACC_OUT_DO_VERIFY);
	s.state = ACC_OUT_CLEAR;
	is(s, ACC_OUT_FEATURES, ACC_OUT_DO_STARTTLS);
	s.state = ACC_OUT_VERIFY;
	refuses(s, ACC_OUT_UNSURE, ACC_XMPP_R_DIALBACK_FAILED);
	refuses(good(ACC_OUT_DIALBACK), ACC_OUT_INVALID,
		ACC_XMPP_R_DIALBACK_KEY);
	refuses(good(ACC_OUT_DIALBACK), ACC_OUT_UNSURE,
		ACC_XMPP_R_DIALBACK_FAILED);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("xmpp_stream_out");
	TCase *t = tcase_create("out");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, out_walks_every_cell, 0,
			    ACC_OUT_STATES * ACC_OUT_EVENTS);
	tcase_add_test(t, out_goes_no_further_without_tls_that_must_be);
	tcase_add_test(t, out_uses_a_key_where_tls_is_not_supported);
	tcase_add_test(t, out_believes_no_certificate_but_the_partners);
	tcase_add_test(t, out_that_only_asks_proves_nothing);
	suite_add_tcase(suite, t);
	return suite;
}
