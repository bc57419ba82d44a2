/* HOSTS: grammar, limits, managed block, look-up (TO 3.3 to 3.5). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/hosts.h"

static struct topo_hosts *parse(const char *text)
{
	struct topo_hosts_fault fault = {0};
	struct topo_hosts *h = NULL;

	ck_assert_msg(topo_hosts_parse(&h, edge_slice_str(text), &fault) ==
			      EDGE_OK,
		      "line %u: %s", fault.line, fault.text);
	return h;
}

/* The addresses of a name as "a b"; "" when it is not there. */
static const char *addrs_of(const struct topo_hosts *h, const char *name)
{
	static char text[1024];
	const struct edge_addr *a;
	size_t count, len = 0;

	text[0] = '\0';
	if (!topo_hosts_find(h, edge_slice_str(name), &a, &count))
		return text;
	for (size_t i = 0; i < count; i++) {
		char one[EDGE_ADDR_STRLEN];

		edge_addr_print_ip(&a[i], false, one);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
					i ? " " : "", one);
	}
	return text;
}

static const struct {
	const char *text, *name, *addrs;
} good[] = {
	{"10.0.0.1 a.x", "a.x", "10.0.0.1"},
	{"10.0.0.1 a.x\n", "a.x", "10.0.0.1"},
	{"10.0.0.1 a.x\r\n10.0.0.2 a.x\r\n", "a.x", "10.0.0.1 10.0.0.2"},
	{" \t10.0.0.1\tA.X  b.x # c.x\n", "b.x", "10.0.0.1"},
	{" \t10.0.0.1\tA.X  b.x # c.x\n", "a.x", "10.0.0.1"},
	{" \t10.0.0.1\tA.X  b.x # c.x\n", "c.x", ""},
	{"10.0.0.1 a.x.\n", "A.x.", "10.0.0.1"},
	{"10.0.0.2 a\n10.0.0.1 a\n10.0.0.2 a\n", "a", "10.0.0.2 10.0.0.1"},
	{"::1 localhost ip6-loopback\n", "localhost", "::1"},
	{"2001:db8::1 a\n10.0.0.1 a\n", "a", "2001:db8::1 10.0.0.1"},
	{"\xef\xbb\xbf"
	 "10.0.0.1 a\n",
	 "a", "10.0.0.1"},
	{"10.0.0.1 my_host\n", "my_host", "10.0.0.1"},
	{"\n\n# only a comment\n \t\n", "a", ""},
	{"", "a", ""},
	{"10.0.0.1 a#b\n", "a", "10.0.0.1"},
};

START_TEST(hosts_parse_reads_good_lines)
{
	struct topo_hosts *h = parse(good[_i].text);

	ck_assert_str_eq(addrs_of(h, good[_i].name), good[_i].addrs);
	topo_hosts_free(h);
}
END_TEST

static const struct {
	const char *text;
	unsigned line;
} bad[] = {
	{"10.0.0.1\n", 1},
	{"\n10.0.0.1 # a\n", 2},
	{"10.0.0.01 a\n", 1},
	{"10.0.1 a\n", 1},
	{"0x0a000001 a\n", 1},
	{"10.0.0.256 a\n", 1},
	{"fe80::1%eth0 a\n", 1},
	{"0.0.0.0 a\n", 1},
	{":: a\n", 1},
	{"10.0.0.1 a\n10.0.0.1 a..b\n", 2},
	{"10.0.0.1 .a\n", 1},
	{"10.0.0.1 .\n", 1},
	{"10.0.0.1 a/b\n", 1},
	{"10.0.0.1 \xc3\xa4\n", 1},
	{"a 10.0.0.1\n", 1},
	{"# END lync-edge generated\n", 1},
	{"\n# BEGIN lync-edge generated g m\n10.0.0.1 a\n", 2},
	{"# BEGIN lync-edge generated g m\n# BEGIN lync-edge generated\n", 2},
};

START_TEST(hosts_parse_refuses_the_whole_file_and_names_the_line)
{
	struct topo_hosts_fault fault = {0};
	struct topo_hosts *h = NULL;

	ck_assert_int_eq(
		topo_hosts_parse(&h, edge_slice_str(bad[_i].text), &fault),
		EDGE_EFORMAT);
	ck_assert_ptr_null(h);
	ck_assert_str_eq(fault.code, "HOSTS-001");
	ck_assert_uint_eq(fault.line, bad[_i].line);
	ck_assert_uint_gt(strlen(fault.text), 10);
}
END_TEST

START_TEST(hosts_parse_refuses_bytes_that_are_no_text)
{
	static const char nul[] = "10.0.0.1 a\0b\n";
	static const char utf16[] = "\xff\xfe"
				    "1\0";
	struct topo_hosts *h = NULL;

	ck_assert_int_ne(
		topo_hosts_parse(&h, edge_slice(nul, sizeof(nul) - 1), NULL),
		EDGE_OK);
	ck_assert_int_ne(topo_hosts_parse(&h,
					  edge_slice(utf16, sizeof(utf16) - 1),
					  NULL),
			 EDGE_OK);
}
END_TEST

START_TEST(hosts_parse_stops_at_its_limits)
{
	size_t cap = TOPO_HOSTS_MAX_BYTES + 2;
	char *text = malloc(cap);
	struct topo_hosts *h = NULL;
	size_t len = 0;

	ck_assert_ptr_nonnull(text);
	memset(text, '#', cap);
	ck_assert_int_eq(topo_hosts_parse(&h, edge_slice(text, cap - 1), NULL),
			 EDGE_ELIMIT);
	ck_assert_int_eq(topo_hosts_parse(&h, edge_slice(text, cap - 2), NULL),
			 EDGE_OK);
	topo_hosts_free(h);
	memset(text, '\n', TOPO_HOSTS_MAX_LINES + 1);
	ck_assert_int_eq(
		topo_hosts_parse(&h, edge_slice(text, TOPO_HOSTS_MAX_LINES + 1),
				 NULL),
		EDGE_ELIMIT);
	for (unsigned i = 1; i <= TOPO_HOSTS_MAX_ADDRS + 1; i++) {
		len += (size_t)snprintf(text + len, cap - len, "10.0.0.%u a\n",
					i);
		ck_assert_int_eq(
			topo_hosts_parse(&h, edge_slice(text, len), NULL),
			i > TOPO_HOSTS_MAX_ADDRS ? EDGE_ELIMIT : EDGE_OK);
		if (i <= TOPO_HOSTS_MAX_ADDRS)
			topo_hosts_free(h);
	}
	free(text);
}
END_TEST

START_TEST(hosts_parse_measures_names_and_labels)
{
	char text[400] = "10.0.0.1 ";
	struct topo_hosts *h = NULL;

	memset(text + 9, 'a', 63);
	ck_assert_int_eq(topo_hosts_parse(&h, edge_slice(text, 9 + 63), NULL),
			 EDGE_OK);
	topo_hosts_free(h);
	text[9 + 63] = 'a';
	ck_assert_int_eq(topo_hosts_parse(&h, edge_slice(text, 9 + 64), NULL),
			 EDGE_EFORMAT);
	for (size_t i = 0; i < 260; i++)
		text[9 + i] = i % 2 ? '.' : 'a';
	ck_assert_int_eq(topo_hosts_parse(&h, edge_slice(text, 9 + 253), NULL),
			 EDGE_OK);
	topo_hosts_free(h);
	ck_assert_int_eq(topo_hosts_parse(&h, edge_slice(text, 9 + 255), NULL),
			 EDGE_EFORMAT);
}
END_TEST

START_TEST(hosts_block_wins_over_other_lines)
{
	struct topo_hosts *h =
		parse("10.0.0.9 a\n10.0.0.8 b\n"
		      "# BEGIN lync-edge generated 6f0b edge01.x\n"
		      "10.0.0.1 a\n10.0.0.2 a\n"
		      "# END lync-edge generated\n"
		      "10.0.0.7 a\n");
	struct topo_hosts_entry e = topo_hosts_at(h, 0);

	ck_assert_str_eq(addrs_of(h, "a"), "10.0.0.1 10.0.0.2");
	ck_assert_str_eq(addrs_of(h, "b"), "10.0.0.8");
	ck_assert_str_eq(e.name, "a");
	ck_assert(e.in_block);
	ck_assert_uint_eq(e.line, 4);
	ck_assert(!topo_hosts_at(h, 1).in_block);
	topo_hosts_free(h);
}
END_TEST

START_TEST(hosts_entries_come_sorted_and_once)
{
	struct topo_hosts *h = parse("10.0.0.1 c b\n10.0.0.2 a C _d\n");
	static const char *const names[] = {"_d", "a", "b", "c"};

	ck_assert_uint_eq(topo_hosts_count(h), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(topo_hosts_at(h, i).name, names[i]);
	ck_assert(topo_hosts_at(h, 0).has_underscore);
	ck_assert(!topo_hosts_at(h, 1).has_underscore);
	ck_assert_str_eq(addrs_of(h, "c"), "10.0.0.1 10.0.0.2");
	topo_hosts_free(h);
}
END_TEST

START_TEST(hosts_find_misses_quietly)
{
	struct topo_hosts *h = parse("10.0.0.1 a\n");
	char longer[300];

	memset(longer, 'a', sizeof(longer));
	longer[299] = '\0';
	ck_assert_str_eq(addrs_of(h, ""), "");
	ck_assert_str_eq(addrs_of(h, "."), "");
	ck_assert_str_eq(addrs_of(h, "a b"), "");
	ck_assert_str_eq(addrs_of(h, longer), "");
	ck_assert_str_eq(addrs_of(NULL, "a"), "");
	ck_assert_uint_eq(topo_hosts_count(NULL), 0);
	topo_hosts_free(h);
	topo_hosts_free(NULL);
}
END_TEST

START_TEST(hosts_sample_answers_for_every_pool_member)
{
	const char *folder = getenv("EDGE_VECTORS");
	char path[512], text[8192];
	struct topo_hosts *h;
	size_t len;
	FILE *f;

	ck_assert_ptr_nonnull(folder);
	snprintf(path, sizeof(path), "%s/topology/n5-hosts-edge01", folder);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	h = parse(text);
	ck_assert_str_eq(addrs_of(h, "fepool01.corp.contoso.com"),
			 "10.20.30.21 10.20.30.22 10.20.30.23");
	ck_assert_str_eq(addrs_of(h, "edge01"), "172.16.20.21");
	ck_assert(topo_hosts_at(h, 0).in_block);
	topo_hosts_free(h);
}
END_TEST

START_TEST(hosts_route_tells_sides_apart)
{
	struct edge_addr loop, other, from;

	ck_assert(!edge_addr_parse(&loop, edge_slice_str("127.0.0.1"), 0));
	ck_assert(!edge_addr_parse(&other, edge_slice_str("127.0.0.9"), 0));
	ck_assert(!topo_hosts_source(&from, &other));
	ck_assert(edge_addr_eq(&from, &loop));
	ck_assert_int_eq(topo_hosts_route(&other, &loop), TOPO_HOSTS_INSIDE);
	ck_assert_int_eq(topo_hosts_route(&loop, &loop), TOPO_HOSTS_INSIDE);
	ck_assert(!edge_addr_parse(&other, edge_slice_str("192.0.2.77"), 0));
	ck_assert_int_eq(topo_hosts_route(&loop, &other), TOPO_HOSTS_OUTSIDE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/hosts");
	TCase *t = tcase_create("parse");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, hosts_parse_reads_good_lines, 0,
			    sizeof(good) / sizeof(*good));
	tcase_add_loop_test(
		t, hosts_parse_refuses_the_whole_file_and_names_the_line, 0,
		sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, hosts_parse_refuses_bytes_that_are_no_text);
	tcase_add_test(t, hosts_parse_stops_at_its_limits);
	tcase_add_test(t, hosts_parse_measures_names_and_labels);
	suite_add_tcase(s, t);
	t = tcase_create("find");
	tcase_set_timeout(t, 20);
	tcase_add_test(t, hosts_block_wins_over_other_lines);
	tcase_add_test(t, hosts_entries_come_sorted_and_once);
	tcase_add_test(t, hosts_find_misses_quietly);
	tcase_add_test(t, hosts_sample_answers_for_every_pool_member);
	tcase_add_test(t, hosts_route_tells_sides_apart);
	suite_add_tcase(s, t);
	return s;
}
