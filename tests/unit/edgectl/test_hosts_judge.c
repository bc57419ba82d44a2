/* HOSTS of the store against the fixture's topology. */
#include "edgectl/hosts_judge.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

#define HEAD  "# BEGIN lync-edge generated x edge01.contoso.net\n"
#define TAIL  "# END lync-edge generated\n"
#define EDGE  "172.25.33.10 edge01.contoso.net edge01 edgepool.contoso.net\n"
#define DIR1  "10.0.5.30 dir01.contoso.net dirpool.contoso.net\n"
#define DIR2  "10.0.5.31 dir02.contoso.net\n"
#define POOL2 "10.0.5.31 dirpool.contoso.net\n"
#define FES                                               \
	"10.0.5.11 fe01.contoso.net fepool.contoso.net\n" \
	"10.0.5.12 fe02.contoso.net fepool.contoso.net\n"

static const struct {
	const char *text, *said; /* "fault name address, ..." */
} cases[] = {
	{HEAD EDGE DIR1 DIR2 POOL2 FES TAIL, ""},
	{EDGE DIR1 DIR2 POOL2 FES, ""},
	/* its address is what its pool has beside the others' */
	{HEAD EDGE DIR1 POOL2 FES TAIL, "0 dir02.contoso.net 10.0.5.31, "},
	{HEAD EDGE DIR1 FES TAIL, "0 dir02.contoso.net -, "},
	{HEAD EDGE DIR1 DIR2 FES TAIL, "1 dirpool.contoso.net 10.0.5.31, "},
	/* the address of a balancer stands for all of them */
	{HEAD EDGE DIR2 FES
	 "10.0.5.30 dir01.contoso.net\n10.0.9.9 dirpool.contoso.net\n" TAIL,
	 ""},
	{HEAD EDGE DIR1 DIR2 POOL2 FES "10.0.5.99 sql01.contoso.net\n" TAIL,
	 "2 sql01.contoso.net -, "},
	{HEAD EDGE DIR1 DIR2 POOL2 FES TAIL "10.0.5.99 sql01.contoso.net\n",
	 ""},
	{HEAD "172.25.33.10 edge01.contoso.net\n" DIR1 DIR2 POOL2 FES TAIL,
	 "0 edgepool.contoso.net 172.25.33.10, "},
};

static void say(char *out, size_t cap, const struct ctl_hosts_rows *r)
{
	char text[EDGE_ADDR_STRLEN];
	size_t len = 0;

	*out = '\0';
	for (size_t i = 0; i < r->count; i++) {
		edge_addr_print_ip(&r->v[i].addr, false, text);
		len += (size_t)snprintf(out + len, cap - len, "%d %s %s, ",
					(int)r->v[i].fault, r->v[i].name,
					r->v[i].addr.family ? text : "-");
	}
}

static struct topo world(void)
{
	struct topo t = topo_fixture();

	t.internal =
		(struct edge_addr){.family = AF_INET, .ip = {172, 25, 33, 10}};
	return t;
}

START_TEST(hosts_has_what_is_needed_or_says_what_lacks)
{
	static struct ctl_hosts_rows rows;
	struct topo t = world();
	struct topo_hosts *h = NULL;
	char said[1024];

	ck_assert_int_eq(
		topo_hosts_parse(&h, edge_slice_str(cases[_i].text), NULL),
		EDGE_OK);
	ctl_hosts_judge(&rows, h, &t);
	say(said, sizeof(said), &rows);
	ck_assert_str_eq(said, cases[_i].said);
	topo_hosts_free(h);
}
END_TEST

START_TEST(hosts_that_is_not_there_lacks_every_name)
{
	static struct ctl_hosts_rows rows;
	struct topo t = world();

	ctl_hosts_judge(&rows, NULL, &t);
	ck_assert_uint_eq(rows.count, t.trusted_count + 2);
	for (size_t i = 0; i < rows.count; i++)
		ck_assert_int_eq(rows.v[i].fault, CTL_HOSTS_MISSING);
}
END_TEST

START_TEST(hosts_names_without_room_are_counted)
{
	enum { MANY = CTL_HOSTS_ROWS + 5 };
	static struct topo_trusted trusted[MANY];
	static char name[MANY][32];
	static struct ctl_hosts_rows rows;
	struct topo t = world();

	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "fe%zu.contoso.net",
			       i);
		trusted[i] = (struct topo_trusted){.fqdn = name[i],
						   .listeners = TOPO_TRUST_SIP};
	}
	t.trusted = trusted;
	t.trusted_count = MANY;
	ctl_hosts_judge(&rows, NULL, &t);
	ck_assert_uint_eq(rows.count, CTL_HOSTS_ROWS);
	ck_assert_uint_eq(rows.left_out, MANY + 2 - CTL_HOSTS_ROWS);
}
END_TEST

START_TEST(hosts_of_a_pool_has_the_other_members)
{
	static struct ctl_hosts_rows rows;
	struct topo t = topo_fixture_pool();
	struct topo_hosts *h = NULL;
	char said[1024];

	t.internal = world().internal;
	ck_assert_int_eq(
		topo_hosts_parse(
			&h, edge_slice_str(HEAD EDGE DIR1 DIR2 POOL2 FES TAIL),
			NULL),
		EDGE_OK);
	ctl_hosts_judge(&rows, h, &t);
	say(said, sizeof(said), &rows);
	ck_assert_str_eq(said, "0 edge02.contoso.net -, ");
	topo_hosts_free(h);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/hosts_judge");
	TCase *t = tcase_create("hosts");

	tcase_set_timeout(t, 10);
	tcase_add_loop_test(t, hosts_has_what_is_needed_or_says_what_lacks, 0,
			    sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, hosts_that_is_not_there_lacks_every_name);
	tcase_add_test(t, hosts_names_without_room_are_counted);
	tcase_add_test(t, hosts_of_a_pool_has_the_other_members);
	suite_add_tcase(s, t);
	return s;
}
