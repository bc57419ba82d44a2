/* Name servers in files of people and of systemd-resolved. */
#include "edgectl/resolv_cure.h"

#include <check.h>
#include <string.h>

#include "tests/support/suite.h"

static struct ctl_cure cure;

static void setup(void)
{
	cure = (struct ctl_cure){0};
}

static struct edge_addr at(const char *text)
{
	struct edge_addr a = {0};

	ck_assert(!edge_addr_parse(&a, edge_slice_str(text), 53) ||
		  !edge_addr_parse_port(&a, edge_slice_str(text)));
	return a;
}

START_TEST(resolv_is_known_by_its_place_and_its_servers)
{
	const struct edge_addr stub[] = {at("192.0.2.1"), at("127.0.0.53")},
			       own = at("127.0.0.1");

	ck_assert_int_eq(ctl_resolv_kind_of("/etc/resolv.conf", stub, 1),
			 CTL_RESOLV_PLAIN);
	ck_assert_int_eq(ctl_resolv_kind_of("/etc/resolv.conf", &own, 1),
			 CTL_RESOLV_PLAIN);
	ck_assert_int_eq(ctl_resolv_kind_of("/etc/resolv.conf", stub, 2),
			 CTL_RESOLV_STUB);
	ck_assert_int_eq(ctl_resolv_kind_of(CTL_RESOLV_UPLINKS, stub, 1),
			 CTL_RESOLV_MADE);
	ck_assert_int_eq(ctl_resolv_kind_of(CTL_RESOLV_UPLINKS, NULL, 0),
			 CTL_RESOLV_MADE);
}
END_TEST

static struct ctl_resolv file(enum ctl_resolv_kind kind)
{
	return (struct ctl_resolv){
		.kind = kind,
		.config = "/etc/lync-edge/edge.ini",
		.path = "/etc/resolv.conf",
		.has_uplinks = true,
	};
}

static bool says(const char *part)
{
	for (size_t i = 0; i < cure.count; i++)
		if (strstr(cure.step[i].line, part))
			return true;
	return false;
}

START_TEST(resolv_without_a_server_gets_one_where_people_write)
{
	const struct ctl_resolv r = file(CTL_RESOLV_PLAIN);

	ctl_resolv_cure_none(&cure, &r);
	ck_assert_uint_eq(cure.count, 2);
	ck_assert_str_eq(cure.step[0].line,
			 "echo 'nameserver ADDRESS' >> /etc/resolv.conf # "
			 "ADDRESS: of a server outside");
}
END_TEST

START_TEST(resolv_of_the_stub_is_left_for_what_it_asks)
{
	struct ctl_resolv r = file(CTL_RESOLV_STUB);

	ctl_resolv_cure_none(&cure, &r);
	ck_assert(says("a resolv = " CTL_RESOLV_UPLINKS "'"));
	ck_assert(says("systemctl restart access-edge"));
	ck_assert(!says("nameserver"));
	/* another resolver has that address: there is no such file */
	cure.count = 0;
	r.has_uplinks = false;
	ctl_resolv_cure_none(&cure, &r);
	ck_assert(says("'nameserver ADDRESS' > /etc/lync-edge/resolv.conf #"));
	ck_assert(says("a resolv = /etc/lync-edge/resolv.conf'"));
}
END_TEST

START_TEST(resolv_loses_a_server_inside_through_links)
{
	const struct ctl_resolv r = file(CTL_RESOLV_PLAIN);
	const struct edge_addr inside = at("10.20.30.31");

	ctl_resolv_cure_inside(&cure, &r, &inside);
	ck_assert_uint_eq(cure.count, 2);
	ck_assert(says("--follow-symlinks"));
	ck_assert(says("10\\.20\\.30\\.31"));
}
END_TEST

START_TEST(resolv_that_is_made_is_replaced_by_one_of_ours)
{
	const struct edge_addr inside = at("10.20.30.31");
	const struct edge_addr out[] = {at("192.0.2.1"), at("192.0.2.2:5353")};
	struct ctl_resolv r = file(CTL_RESOLV_MADE);

	r.out = out;
	r.out_count = 2;
	ctl_resolv_cure_inside(&cure, &r, &inside);
	ck_assert(says("'nameserver 192.0.2.1' > /etc/lync-edge/resolv.conf"));
	ck_assert(says(
		"'nameserver 192.0.2.2:5353' >> /etc/lync-edge/resolv.conf"));
	ck_assert(says("a resolv = /etc/lync-edge/resolv.conf'"));
	ck_assert(!says("> /etc/resolv.conf"));
	ck_assert(says("# and take 10.20.30.31 out of DNS="));
}
END_TEST

/* What has no room is left out whole, and counted. */
START_TEST(resolv_of_any_path_is_named_whole)
{
	const struct edge_addr inside = at("10.20.30.31");
	struct ctl_resolv r = file(CTL_RESOLV_MADE);
	char deep[400];

	r.config = "/etc/my edge/edge.ini";
	ctl_resolv_cure_none(&cure, &r);
	ck_assert(says("> '/etc/my edge/resolv.conf' #"));
	cure = (struct ctl_cure){0};
	r = file(CTL_RESOLV_PLAIN);
	r.path = "/etc/a b";
	ctl_resolv_cure_none(&cure, &r);
	ck_assert(says(">> '/etc/a b' #"));
	ctl_resolv_cure_inside(&cure, &r, &inside);
	ck_assert(says("/d' '/etc/a b'"));
	cure = (struct ctl_cure){0};
	memset(deep, 'd', sizeof(deep));
	memcpy(deep, "/etc/", 5);
	memcpy(deep + 380, "/edge.ini", sizeof("/edge.ini"));
	r = file(CTL_RESOLV_MADE);
	r.config = deep;
	ctl_resolv_cure_none(&cure, &r);
	ck_assert(!says("nameserver"));
	ck_assert_uint_eq(cure.left_out, 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/resolv_cure");
	TCase *t = tcase_create("resolv");

	tcase_set_timeout(t, 10);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, resolv_is_known_by_its_place_and_its_servers);
	tcase_add_test(t, resolv_without_a_server_gets_one_where_people_write);
	tcase_add_test(t, resolv_of_the_stub_is_left_for_what_it_asks);
	tcase_add_test(t, resolv_loses_a_server_inside_through_links);
	tcase_add_test(t, resolv_that_is_made_is_replaced_by_one_of_ours);
	tcase_add_test(t, resolv_of_any_path_is_named_whole);
	suite_add_tcase(s, t);
	return s;
}
