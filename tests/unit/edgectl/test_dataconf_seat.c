/* edgectl/line.c, dataconf_seat.c and dataconf_share.c against an edge with a
 * conference behind it: joins, refusals in words, contents. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "edgectl/dataconf_share.h"
#include "tests/support/suite.h"
#include "tests/unit/edgectl/conference_server.h"

enum { LONG_MS = 20000, SHORT_MS = 300, BYTES = 600 * 1024 + 7 };

static const struct ctl_join alice = {.mcu = "fe01.contoso.local",
				      .conference = "sip:a@contoso.com;id:1",
				      .inner = "7301884412"};
static struct certs *certs;
static struct conference_server *server;
static struct ctl_lines *lines;
static struct ctl_seat_fault fault;

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	certs = certs_new();
	certs_make_usual(certs);
	ck_assert_int_eq(ctl_lines_new(&lines), EDGE_OK);
}

static void teardown(void)
{
	ctl_lines_free(lines);
	certs_free(certs);
}

static enum edge_err sit(struct ctl_seat **out, const char *name)
{
	const struct ctl_wire_plan at = {
		.server = conference_address(server),
		.name = name,
		.trust = certs_path(certs, "ca.pem"),
		.ms = LONG_MS,
	};

	return ctl_seat_open(out, lines, &alice, &at, &fault);
}

/* ---- joining ---- */

static const struct {
	struct conference_plan plan;
	enum edge_err err;
	const char *says;
} refusals[] = {
	{{.code = 401}, EDGE_EREFUSED, "ask for a new addUser"},
	{{.code = 400}, EDGE_EREFUSED, "did not understand"},
	{{.code = 408}, EDGE_EREFUSED, "too slowly"},
	{{.code = 413}, EDGE_EREFUSED, "too large"},
	{{.code = 426}, EDGE_EREFUSED, "another version"},
	{{.code = 429}, EDGE_EREFUSED, "too many sessions"},
	{{.code = 503}, EDGE_EREFUSED, "again after 5 s"},
	{{.code = 599},
	 EDGE_EREFUSED,
	 "REJECT 599: a code that is in no table"},
	{{.fault = CONFERENCE_HANGS_UP}, EDGE_ECLOSED, "without an answer"},
	{{.fault = CONFERENCE_BABBLES}, EDGE_EFORMAT, "none of this protocol"},
};

START_TEST(seat_says_in_words_why_it_is_refused)
{
	struct ctl_seat *seat = NULL;

	server = conference_start(certs, "edge", &refusals[_i].plan);
	ck_assert_int_eq(sit(&seat, "sip.contoso.com"), refusals[_i].err);
	ck_assert_msg(strstr(fault.why, refusals[_i].says) != NULL, "%s",
		      fault.why);
	ck_assert_uint_eq(fault.code, refusals[_i].plan.code);
	ctl_seat_close(seat);
	ck_assert_uint_eq(conference_stop(server), 1);
}
END_TEST

START_TEST(seat_waits_no_longer_than_it_may)
{
	const struct conference_plan plan = {.fault = CONFERENCE_SILENT};
	struct ctl_wire_plan at = {.name = "sip.contoso.com",
				   .trust = certs_path(certs, "ca.pem"),
				   .ms = SHORT_MS};
	struct ctl_seat *seat = NULL;

	server = conference_start(certs, "edge", &plan);
	at.server = conference_address(server);
	ck_assert_int_eq(ctl_seat_open(&seat, lines, &alice, &at, &fault),
			 EDGE_ETIMEOUT);
	ck_assert_str_eq(fault.why, "no answer to the opening message");
	conference_stop(server);
}
END_TEST

START_TEST(seat_tells_a_stranger_nothing)
{
	const struct conference_plan plan = {.code = 0};
	struct ctl_seat *seat = NULL;

	server = conference_start(certs, "edge", &plan);
	ck_assert_int_eq(sit(&seat, "webcon.contoso.com"), EDGE_EAUTH);
	ck_assert_ptr_nonnull(strstr(fault.why, "wanted webcon.contoso.com"));
	ck_assert_uint_eq(conference_stop(server), 0);
}
END_TEST

START_TEST(seat_does_not_send_what_is_no_opening)
{
	const struct conference_plan plan = {.code = 0};
	struct ctl_join nobody = alice;
	struct ctl_wire_plan at = {.name = "sip.contoso.com",
				   .trust = certs_path(certs, "ca.pem"),
				   .ms = LONG_MS};
	struct ctl_seat *seat = NULL;

	*nobody.inner = '\0';
	server = conference_start(certs, "edge", &plan);
	at.server = conference_address(server);
	ck_assert_int_eq(ctl_seat_open(&seat, lines, &nobody, &at, &fault),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(conference_stop(server), 0);
}
END_TEST

/* ---- sharing ---- */

static const struct {
	struct conference_plan plan;
	bool good;
	const char *says;
} shares[] = {
	{{.drip = 0}, true, ""},
	{{.drip = 1000}, true, ""}, /* long frames in short records */
	{{.fault = CONFERENCE_ALTERS}, false, "altered, after byte"},
	{{.fault = CONFERENCE_SHORTENS}, false, "the content ended at byte"},
	{{.fault = CONFERENCE_ENDS}, false, "the connection was closed"},
	{{.fault = CONFERENCE_ERRS}, false, "answers error 507"},
	{{.fault = CONFERENCE_BREAKS}, false, "no frame"},
	{{.fault = CONFERENCE_DEAF}, false, "does not arrive"},
};

static bool share(struct ctl_report *r, uint32_t ms)
{
	struct ctl_share s = {
		.report = r, .lines = lines, .len = BYTES, .ms = ms};
	bool good;

	for (int who = 0; who < CTL_SHARE_PEOPLE; who++)
		ck_assert_int_eq(sit(&s.seat[who], "sip.contoso.com"), EDGE_OK);
	good = ctl_share_run(&s);
	ctl_share_leave(&s);
	return good;
}

START_TEST(share_finds_out_what_becomes_of_a_content)
{
	struct ctl_report r;
	struct ctl c;

	ck_assert_int_eq(ctl_init(&c), EDGE_OK);
	c.json = true; /* nothing on the terminal */
	ctl_report_begin(&r, &c, "pool");
	server = conference_start(certs, "edge", &shares[_i].plan);
	ck_assert_int_eq(share(&r, shares[_i].plan.fault == CONFERENCE_DEAF
					   ? SHORT_MS
					   : LONG_MS),
			 shares[_i].good);
	ck_assert_msg(strstr(r.first, shares[_i].says) != NULL, "%s", r.first);
	ck_assert_uint_eq(c.errors, shares[_i].good ? 0 : 1);
	ck_assert_int_eq(ctl_report_end(&r, shares[_i].good),
			 shares[_i].good ? CTL_GOOD : CTL_WARNINGS);
	ck_assert_uint_eq(conference_stop(server), 2);
	ctl_fini(&c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/dataconf_seat");
	TCase *t = tcase_create("joining");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, seat_says_in_words_why_it_is_refused, 0,
			    sizeof(refusals) / sizeof(*refusals));
	tcase_add_test(t, seat_waits_no_longer_than_it_may);
	tcase_add_test(t, seat_tells_a_stranger_nothing);
	tcase_add_test(t, seat_does_not_send_what_is_no_opening);
	suite_add_tcase(s, t);
	t = tcase_create("sharing");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, share_finds_out_what_becomes_of_a_content, 0,
			    sizeof(shares) / sizeof(*shares));
	suite_add_tcase(s, t);
	return s;
}
