/* What a relay's refusal means, and what is to be run then. */
#include "edgectl/relay_judge.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/support/suite.h"

static struct ctl_cure cure;

static void setup(void)
{
	cure = (struct ctl_cure){0};
}

static const struct {
	struct ctl_relay_said said;
	enum ctl_relay_fault fault;
} rows[] = {
	{{EDGE_EDENIED, 431, 0}, CTL_RELAY_OTHER_KEY},
	{{EDGE_EDENIED, 436, 0}, CTL_RELAY_OTHER_KEY},
	{{EDGE_EDENIED, 437, 0}, CTL_RELAY_PASSING},
	{{EDGE_EDENIED, 438, 0}, CTL_RELAY_PASSING},
	{{EDGE_EDENIED, 441, 0}, CTL_RELAY_PASSING},
	{{EDGE_EDENIED, 486, 0}, CTL_RELAY_FULL},
	{{EDGE_EDENIED, 500, 0}, CTL_RELAY_FULL},
	{{EDGE_EDENIED, 508, 0}, CTL_RELAY_FULL},
	{{EDGE_EDENIED, 400, 0}, CTL_RELAY_STRANGE},
	{{EDGE_EDENIED, 0, 0}, CTL_RELAY_STRANGE},
	{{EDGE_EFORMAT, 300, 0}, CTL_RELAY_STRANGE},
	{{EDGE_EFORMAT, 0, 0}, CTL_RELAY_STRANGE},
	{{EDGE_EAUTH, 0, 0}, CTL_RELAY_STRANGE},
	{{EDGE_ETIMEOUT, 0, 0}, CTL_RELAY_SILENT},
	{{EDGE_ESYS, 0, ETIMEDOUT}, CTL_RELAY_SILENT},
	{{EDGE_ESYS, 0, ECONNREFUSED}, CTL_RELAY_NOBODY},
	{{EDGE_ECLOSED, 0, 0}, CTL_RELAY_NOBODY},
	{{EDGE_ESYS, 0, EHOSTUNREACH}, CTL_RELAY_NO_WAY},
	{{EDGE_ESYS, 0, ENETUNREACH}, CTL_RELAY_NO_WAY},
	{{EDGE_ESYS, 0, EACCES}, CTL_RELAY_NO_WAY},
	{{EDGE_ESYS, 0, EPERM}, CTL_RELAY_NO_WAY},
};

START_TEST(relay_refusal_is_told_by_its_code)
{
	ck_assert_int_eq(ctl_relay_judge(&rows[_i].said), rows[_i].fault);
}
END_TEST

#define RESTART                                                             \
	"systemctl restart av-edge  # cuts calls; `edgectl drain av-edge` " \
	"before it sees them out"

static const struct {
	enum ctl_relay_fault fault;
	enum ctl_hands hands;
	const char *first;
} cures[] = {
	{CTL_RELAY_FULL, CTL_ON_MEMBER, "edgectl status --limits"},
	{CTL_RELAY_PASSING, CTL_ON_EDGE, "edgectl doctor --family SVC"},
	{CTL_RELAY_STRANGE, CTL_ON_MEMBER, "ss -ulnp 'sport = :3478'"},
	{CTL_RELAY_NOBODY, CTL_ON_MEMBER, RESTART},
	{CTL_RELAY_SILENT, CTL_ON_FIREWALL,
	 "allow udp 192.0.2.41 -> 192.0.2.42:3478 out"},
	{CTL_RELAY_NO_WAY, CTL_ON_FIREWALL,
	 "allow udp 192.0.2.41 -> 192.0.2.42:3478 out"},
};

START_TEST(relay_cure_fits_the_fault)
{
	const struct ctl_relay_place at = {CTL_ON_MEMBER, "192.0.2.41",
					   "192.0.2.42:3478", false};

	ctl_relay_cure(&cure, cures[_i].fault, &at);
	ck_assert_uint_ge(cure.count, 1);
	ck_assert_int_eq(cure.step[0].hands, cures[_i].hands);
	ck_assert_str_eq(cure.step[0].line, cures[_i].first);
}
END_TEST

START_TEST(relay_of_this_host_that_is_silent_is_restarted)
{
	const struct ctl_relay_place at = {CTL_ON_EDGE, "172.16.20.21",
					   "172.16.20.21:443", true};

	ctl_relay_cure(&cure, CTL_RELAY_SILENT, &at);
	ck_assert_uint_eq(cure.count, 1);
	ck_assert_str_eq(cure.step[0].line, RESTART);
}
END_TEST

START_TEST(relay_refusals_have_a_finding_of_their_own)
{
	for (int f = 0; f < CTL_RELAY_FAULTS; f++)
		ck_assert_int_eq(ctl_relay_is_refusal((enum ctl_relay_fault)f),
				 f >= CTL_RELAY_FULL && f <= CTL_RELAY_STRANGE);
	ck_assert_ptr_nonnull(ctl_advice_find("SVC-015"));
}
END_TEST

static const struct {
	const char *key, *copy, *assign;
} pairs[] = {
	{"/etc/k/av.key", "edge01:/etc/k/av.key edge02:/root/",
	 "--key /root/av.key"},
	{"credential:lync-edge.av-auth.key",
	 "edge01:/run/credentials/av-edge.service/lync-edge.av-auth.key "
	 "edge02:/root/",
	 "--key /root/lync-edge.av-auth.key"},
	{"credential:",
	 "edge01:/run/credentials/av-edge.service/ edge02:/root/",
	 "--key /root/"},
};

START_TEST(relay_key_is_copied_from_where_it_is)
{
	const struct ctl_relay_pair p = {"edge01", "/etc/c/av-chain.pem",
					 pairs[_i].key, "edge02"};

	ctl_relay_cure_key(&cure, &p);
	ck_assert_uint_eq(cure.count, 4);
	ck_assert_ptr_nonnull(strstr(cure.step[0].line, pairs[_i].copy));
	ck_assert_ptr_nonnull(
		strstr(cure.step[1].line, "--chain /root/av-chain.pem"));
	ck_assert_ptr_nonnull(strstr(cure.step[1].line, pairs[_i].assign));
}
END_TEST

START_TEST(relay_key_that_is_not_set_has_no_cure)
{
	const struct ctl_relay_pair p = {"edge01", "/etc/c", NULL, "edge02"},
				    q = {"edge01", NULL, "/etc/k", "edge02"};

	ctl_relay_cure_key(&cure, &p);
	ctl_relay_cure_key(&cure, &q);
	ck_assert_uint_eq(cure.count, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/relay_judge");
	TCase *t = tcase_create("relay");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, relay_refusal_is_told_by_its_code, 0,
			    sizeof(rows) / sizeof(*rows));
	tcase_add_loop_test(t, relay_cure_fits_the_fault, 0,
			    sizeof(cures) / sizeof(*cures));
	tcase_add_test(t, relay_of_this_host_that_is_silent_is_restarted);
	tcase_add_test(t, relay_refusals_have_a_finding_of_their_own);
	tcase_add_loop_test(t, relay_key_is_copied_from_where_it_is, 0,
			    sizeof(pairs) / sizeof(*pairs));
	tcase_add_test(t, relay_key_that_is_not_set_has_no_cure);
	suite_add_tcase(s, t);
	return s;
}
