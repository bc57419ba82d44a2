/* Trust header by role and level; who asks for keep-alive. */
#include <stdio.h>

#include "access-edge/keep_alive.h"
#include "access-edge/trust.h"
#include "tests/support/suite.h"
#include "tests/unit/access-edge/policy_fixture.h"

static struct policy p;

static void setup(void)
{
	policy_init(&p);
}

static void teardown(void)
{
	policy_fini(&p);
}

/* AE 3.3: with the header saying verified, unverified, nothing, something else,
 * twice. */
static const char *const asserted[] = {
	"ms-asserted-verification-level: ms-source-verified-user=verified\n",
	"ms-asserted-verification-level: ms-source-verified-user=unverified\n",
	"",
	"ms-asserted-verification-level: verified\n",
	"ms-asserted-verification-level: ms-source-verified-user=verified\n\
ms-asserted-verification-level: ms-source-verified-user=verified\n",
};

enum { ASSERTED = sizeof(asserted) / sizeof(*asserted) };

/* AE 3.3, row by row. */
START_TEST(trust_follows_the_level)
{
	static const char *const want[TOPO_VERIFICATIONS] = {
		[TOPO_VERIFY_SOURCE] = "vuuuu",
		[TOPO_VERIFY_ALWAYS] = "vvvvv",
		[TOPO_VERIFY_NEVER] = "uuuuu",
	};

	for (int i = 0; i < ASSERTED; i++) {
		policy_request(&p, "MESSAGE", "sip:a@contoso.com", asserted[i]);
		ck_assert_int_eq(acc_trust_is_verified(
					 (enum topo_verification)_i, &p.in.msg),
				 want[_i][i] == 'v');
	}
}
END_TEST

/* AE 2.1, 2.5 */
START_TEST(trust_says_the_role)
{
	static const struct {
		enum acc_role role;
		const char *type, *more;
	} rows[] = {
		{ACC_ROLE_USR, "InternetUser", ""},
		{ACC_ROLE_DIR, "DirectPartner",
		 ";ms-source-network=federation"},
		{ACC_ROLE_DSC, "AutoFederation",
		 ";ms-source-network=federation"},
		{ACC_ROLE_HST, "AuthorizedServer",
		 ";ms-source-network=federation"},
		{ACC_ROLE_PIC, "AuthorizedServer",
		 ";ms-source-network=publiccloud;ms-remote-fqdn=im.test"},
		{ACC_ROLE_CLR, "AuthorizedServer",
		 ";ms-source-network=federation"},
	};
	const struct acc_trust trust = {.role = rows[_i].role,
					.level = TOPO_VERIFY_NEVER,
					.remote = "im.test"};
	char text[512], want[512];
	struct edge_put w = edge_put(text, sizeof(text));

	policy_request(&p, "MESSAGE", "sip:a@contoso.com", asserted[0]);
	acc_trust_put(&w, &p.topo, &p.in.msg, &trust);
	snprintf(want, sizeof(want),
		 "ms-edge-proxy-message-trust: ms-source-type=%s;"
		 "ms-ep-fqdn=edgepool.contoso.net;"
		 "ms-source-verified-user=%s%s",
		 rows[_i].type,
		 rows[_i].role == ACC_ROLE_USR ? "verified" : "unverified",
		 rows[_i].more);
	policy_same(edge_put_done(&w), edge_slice_str(want));
}
END_TEST

START_TEST(partners_are_told_by_the_switch)
{
	char text[128];
	struct edge_put w = edge_put(text, sizeof(text));
	struct topo t = {.access.mark_verifiable = _i};

	acc_trust_put_asserted(&w, &t);
	policy_same(edge_put_done(&w),
		    edge_slice_str(_i ? "ms-asserted-verification-level: "
					"ms-source-verified-user=verified"
				      : "ms-asserted-verification-level: "
					"ms-source-verified-user=unverified"));
}
END_TEST

START_TEST(keep_alive_is_asked_by_uac_with_hop_hop)
{
	static const struct {
		const char *lines;
		bool want;
	} rows[] = {
		{"ms-keep-alive: UAC;hop-hop=yes\n", true},
		{"MS-KEEP-ALIVE: uac ; tcp=no;hop-hop=yes\n", true},
		{"ms-keep-alive: UAC;hop-hop=no\n", false},
		{"ms-keep-alive: UAC\n", false},
		{"ms-keep-alive: UAS;hop-hop=yes\n", false},
		{"ms-keep-alive: UAC;end-end=yes\n", false},
		{"", false},
	};

	policy_request(&p, "REGISTER", "sip:contoso.com", rows[_i].lines);
	ck_assert(acc_keep_alive_asked(&p.in.msg) == rows[_i].want);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("acc_trust");
	TCase *t = tcase_create("trust");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, trust_follows_the_level, 0, TOPO_VERIFICATIONS);
	tcase_add_loop_test(t, trust_says_the_role, 0, 6);
	tcase_add_loop_test(t, partners_are_told_by_the_switch, 0, 2);
	tcase_add_loop_test(t, keep_alive_is_asked_by_uac_with_hop_hop, 0, 7);
	suite_add_tcase(s, t);
	return s;
}
