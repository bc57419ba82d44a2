/* Addresses: one form for all disguises; every boundary of every class. */
#include "common/addr.h"

#include <arpa/inet.h>
#include <string.h>

#include "tests/support/suite.h"

static struct edge_addr parse(const char *text)
{
	struct edge_addr a;

	ck_assert_msg(!edge_addr_parse(&a, edge_slice_str(text), 0), "%s",
		      text);
	return a;
}

/* clang-format off */
/* first and last address of each class, written down from the RFCs */
static const struct { const char *first, *last; enum edge_addr_class class; } ranges[] = {
	{"0.0.0.0", "0.255.255.255", EDGE_ADDR_UNSPECIFIED},
	{"10.0.0.0", "10.255.255.255", EDGE_ADDR_PRIVATE},
	{"127.0.0.0", "127.255.255.255", EDGE_ADDR_LOOPBACK},
	{"169.254.0.0", "169.254.255.255", EDGE_ADDR_LINK_LOCAL},
	{"172.16.0.0", "172.31.255.255", EDGE_ADDR_PRIVATE},
	{"192.168.0.0", "192.168.255.255", EDGE_ADDR_PRIVATE},
	{"224.0.0.0", "239.255.255.255", EDGE_ADDR_MULTICAST},
	{"255.255.255.255", "255.255.255.255", EDGE_ADDR_BROADCAST},
	{"::", "::", EDGE_ADDR_UNSPECIFIED},
	{"::1", "::1", EDGE_ADDR_LOOPBACK},
	{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EDGE_ADDR_PRIVATE},
	{"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EDGE_ADDR_LINK_LOCAL},
	{"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", EDGE_ADDR_MULTICAST},
};
/* clang-format on */

enum { RANGES = sizeof(ranges) / sizeof(ranges[0]) };

/* What the table above says about raw bytes; independent of addr.c. */
static enum edge_addr_class expected(int family, const uint8_t *ip)
{
	size_t len = family == AF_INET ? 4 : 16;

	for (size_t i = 0; i < RANGES; i++) {
		uint8_t first[16], last[16];

		if (inet_pton(family, ranges[i].first, first) != 1 ||
		    inet_pton(family, ranges[i].last, last) != 1)
			continue;
		if (memcmp(ip, first, len) >= 0 && memcmp(ip, last, len) <= 0)
			return ranges[i].class;
	}
	return EDGE_ADDR_GLOBAL;
}

/* Next or previous address; wraps at both ends, which is a boundary too. */
static void step(uint8_t *ip, size_t len, int by)
{
	int carry = by;

	for (size_t i = len; i-- > 0 && carry;) {
		int v = ip[i] + carry;

		ip[i] = (uint8_t)v;
		carry = v < 0 ? -1 : v > 255 ? 1 : 0;
	}
}

static void check_class(int family, const uint8_t *ip)
{
	enum edge_addr_class want = expected(family, ip);
	char text[INET6_ADDRSTRLEN];
	struct edge_addr a;

	ck_assert_ptr_nonnull(inet_ntop(family, ip, text, sizeof(text)));
	a = parse(text);
	ck_assert_msg(edge_addr_classify(&a) == want, "%s: %d, not %d", text,
		      edge_addr_classify(&a), want);
}

/* clang-format off */
static const struct { uint8_t ip[16]; size_t at; } disguises[] = {
	{{[10] = 0xff, [11] = 0xff}, 12},                 /* RFC 4291 2.5.5.2 */
	{{0x00, 0x64, 0xff, 0x9b}, 12},                   /* RFC 6052 2.1 */
	{{0x20, 0x02}, 2}, {{0x20, 0x02, [15] = 1}, 2},   /* RFC 3056 2 */
	{{0x20, 0x02, [6] = 0xff, [8] = 0xff, [15] = 0xff}, 2},
};
/* clang-format on */

/* The same IPv4 address in each disguise must be the same value. */
static void check_disguises(const uint8_t *ip)
{
	char text[INET6_ADDRSTRLEN];
	struct edge_addr want, got;

	inet_ntop(AF_INET, ip, text, sizeof(text));
	want = parse(text);
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++) {
		uint8_t v6[16];

		memcpy(v6, disguises[i].ip, sizeof(v6));
		memcpy(v6 + disguises[i].at, ip, 4);
		inet_ntop(AF_INET6, v6, text, sizeof(text));
		got = parse(text);
		ck_assert_msg(edge_addr_eq(&want, &got), "%s", text);
		ck_assert_int_eq(edge_addr_classify(&got),
				 expected(AF_INET, ip));
	}
}

START_TEST(addr_classify_is_right_at_every_boundary)
{
	int family = strchr(ranges[_i].first, ':') ? AF_INET6 : AF_INET;
	size_t len = family == AF_INET ? 4 : 16;
	const char *ends[] = {ranges[_i].first, ranges[_i].last};

	for (int e = 0; e < 2; e++)
		for (int by = -1; by <= 1; by++) {
			uint8_t ip[16];

			inet_pton(family, ends[e], ip);
			step(ip, len, by);
			check_class(family, ip);
			if (family == AF_INET)
				check_disguises(ip);
		}
}
END_TEST

START_TEST(addr_classify_is_right_for_each_first_two_bytes)
{
	for (unsigned hi = 0; hi < 65536; hi++) {
		uint8_t v4[4] = {(uint8_t)(hi >> 8), (uint8_t)hi, 1, 1};
		uint8_t v6[16] = {(uint8_t)(hi >> 8), (uint8_t)hi, [15] = 2};

		check_class(AF_INET, v4);
		if (hi != 0x2002) /* 6to4 is no class of its own */
			check_class(AF_INET6, v6);
	}
}
END_TEST

START_TEST(addr_parse_keeps_look_alikes_apart)
{
	static const char *const v6[] = {
		"::fffe:127.0.0.1", "::1:ffff:7f00:1", "64:ff9b:1::7f00:1",
		"2003:7f00:1::",    "2001:db8::1",     "64:ff9b::1:7f00:1"};

	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++)
		ck_assert_int_eq(parse(v6[i]).family, AF_INET6);
	ck_assert_int_eq(parse("::ffff:0.0.0.0").family, 0);
	ck_assert_int_eq(parse("2002::").family, 0);
	ck_assert_int_eq(parse("64:ff9b::").family, 0);
}
END_TEST

/* clang-format off */
static const char *const bad[] = {
	"", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.004", "0x1.2.3.4",
	"256.1.1.1", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4:5", "[::1]", "fe80::1%1",
	"fe80::1%eth0", ":::", "1::2::3", "1:2:3:4:5:6:7:8:9", "g::", "::1.2.3",
	"example.com", "1.2.3.4/8",
	"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
};
static const char *const bad_port[] = {
	"", ":", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1",
	"1.2.3.4: 5", "::1:5", "[::1]", "[::1]5", "[::1]:", "[::1]x5", "[1.2.3.4]:5",
	"[::1:5", "[]:5", "1.2.3.4:5:6", "[::1]:5x",
};
/* clang-format on */

START_TEST(addr_parse_refuses_loose_text)
{
	struct edge_addr a = {.port = 77};

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(bad[_i]), 1),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(a.port, 77);
}
END_TEST

START_TEST(addr_parse_port_refuses_loose_text)
{
	struct edge_addr a = {.port = 77};

	ck_assert_int_eq(edge_addr_parse_port(&a, edge_slice_str(bad_port[_i])),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(a.port, 77);
}
END_TEST

START_TEST(addr_print_gives_back_what_parse_took)
{
	static const char *const texts[] = {
		"192.0.2.1:5061", "[2001:db8::1]:443", "0.0.0.0:0",
		"[::1]:65535",	  "255.255.255.255:1", "0.0.0.0:7"};
	char out[EDGE_ADDR_STRLEN];
	struct edge_addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert(!edge_addr_parse_port(&a, edge_slice_str(texts[i])));
		edge_addr_print(&a, out);
		ck_assert_str_eq(out, texts[i]);
	}
	a = parse("2001:db8::2");
	edge_addr_print_ip(&a, false, out);
	ck_assert_str_eq(out, "2001:db8::2");
	edge_addr_print_ip(&a, true, out);
	ck_assert_str_eq(out, "[2001:db8::2]");
	a = parse("::ffff:192.0.2.9");
	edge_addr_print_ip(&a, true, out);
	ck_assert_str_eq(out, "192.0.2.9");
}
END_TEST

START_TEST(addr_survives_sockaddr_both_ways)
{
	static const char *const texts[] = {"192.0.2.1", "2001:db8::1"};
	struct sockaddr_storage ss;
	struct edge_addr a, b;

	for (size_t i = 0; i < 2; i++) {
		ck_assert(!edge_addr_parse(&a, edge_slice_str(texts[i]), 5061));
		ck_assert_uint_gt(edge_addr_to_sockaddr(&a, &ss), 0);
		ck_assert(!edge_addr_from_sockaddr(
			&b, (const struct sockaddr *)&ss));
		ck_assert(edge_addr_eq(&a, &b));
	}
	a = parse("0.0.0.0");
	ck_assert_uint_eq(edge_addr_to_sockaddr(&a, &ss), 0);
	ss.ss_family = AF_UNIX;
	ck_assert_int_eq(
		edge_addr_from_sockaddr(&b, (const struct sockaddr *)&ss),
		EDGE_EFORMAT);
}
END_TEST

START_TEST(addr_from_sockaddr_takes_the_mapped_form_off)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(7)};
	struct edge_addr a, want = parse("192.0.2.7");

	want.port = 7;
	inet_pton(AF_INET6, "::ffff:192.0.2.7", &v6.sin6_addr);
	ck_assert(!edge_addr_from_sockaddr(&a, (const struct sockaddr *)&v6));
	ck_assert(edge_addr_eq(&a, &want));
}
END_TEST

START_TEST(addr_in_prefix_compares_exactly_the_bits)
{
	struct edge_addr net = parse("192.0.2.0"), v6 = parse("2001:db8::");

	for (unsigned bit = 0; bit < 32; bit++) {
		struct edge_addr a = net;

		a.ip[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		for (unsigned bits = 0; bits <= 33; bits++)
			ck_assert_int_eq(edge_addr_in_prefix(&a, &net, bits),
					 bits <= bit);
	}
	ck_assert(edge_addr_in_prefix(&net, &net, 32));
	ck_assert(!edge_addr_in_prefix(&net, &net, 33));
	ck_assert(edge_addr_in_prefix(&v6, &v6, 128));
	ck_assert(!edge_addr_in_prefix(&v6, &v6, 129));
	ck_assert(!edge_addr_in_prefix(&v6, &net, 0));
	net = parse("0.0.0.0");
	ck_assert(edge_addr_in_prefix(&v6, &net, 0));
	ck_assert(!edge_addr_in_prefix(&v6, &net, 1));
}
END_TEST

START_TEST(addr_source_is_the_whole_v4_or_the_64)
{
	struct edge_addr a = parse("2001:db8:1:2:3:4:5:6"), want;

	want = parse("2001:db8:1:2::");
	a.port = 9;
	a = edge_addr_source(&a);
	ck_assert(edge_addr_eq(&a, &want));
	a = want = parse("192.0.2.200");
	a.port = 9;
	a = edge_addr_source(&a);
	ck_assert(edge_addr_eq(&a, &want));
}
END_TEST

/* First and last of what is set aside, and what lies beside it. */
START_TEST(addr_is_public_leaves_out_what_is_set_aside)
{
	static const struct {
		const char *text;
		bool is_public;
	} rows[] = {
		{"8.8.8.8", true},
		{"192.0.2.20", true},
		{"10.0.0.1", false},
		{"127.0.0.1", false},
		{"169.254.169.254", false},
		{"0.0.0.1", false},
		{"100.63.255.255", true},
		{"100.64.0.0", false},
		{"100.127.255.255", false},
		{"100.128.0.0", true},
		{"191.255.255.255", true},
		{"192.0.0.0", false},
		{"192.0.0.255", false},
		{"192.0.1.0", true},
		{"192.88.99.1", false},
		{"198.17.255.255", true},
		{"198.18.0.0", false},
		{"198.19.255.255", false},
		{"198.20.0.0", true},
		{"223.255.255.255", true},
		{"224.0.0.1", false},
		{"240.0.0.0", false},
		{"255.255.255.255", false},
		{"::", false},
		{"::1", false},
		{"::ffff:10.0.0.1", false},
		{"::10.0.0.1", false},
		{"64:ff9b::a00:1", false},
		{"2002:a00:1::", false},
		{"64:ff9b::808:808", true},
		{"1fff:ffff::1", false},
		{"2000::", true},
		{"2001::1", false},
		{"2001:1::1", true},
		{"2001:10::1", false},
		{"2001:2f:ffff::", false},
		{"2001:30::1", true},
		{"2001:db8::1", true},
		{"3fff:ffff::1", true},
		{"4000::", false},
		{"fc00::1", false},
		{"fe80::1", false},
		{"fec0::1", false},
		{"ff02::1", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct edge_addr a = parse(rows[i].text);

		ck_assert_msg(edge_addr_is_public(&a) == rows[i].is_public,
			      "%s", rows[i].text);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("addr");
	TCase *t = tcase_create("class");

	tcase_set_timeout(t, 20);
	tcase_add_loop_test(t, addr_classify_is_right_at_every_boundary, 0,
			    RANGES);
	tcase_add_test(t, addr_classify_is_right_for_each_first_two_bytes);
	tcase_add_test(t, addr_is_public_leaves_out_what_is_set_aside);
	suite_add_tcase(s, t);
	t = tcase_create("form");
	tcase_set_timeout(t, 10);
	tcase_add_test(t, addr_parse_keeps_look_alikes_apart);
	tcase_add_loop_test(t, addr_parse_refuses_loose_text, 0,
			    sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(t, addr_parse_port_refuses_loose_text, 0,
			    sizeof(bad_port) / sizeof(bad_port[0]));
	tcase_add_test(t, addr_print_gives_back_what_parse_took);
	tcase_add_test(t, addr_survives_sockaddr_both_ways);
	tcase_add_test(t, addr_from_sockaddr_takes_the_mapped_form_off);
	tcase_add_test(t, addr_in_prefix_compares_exactly_the_bits);
	tcase_add_test(t, addr_source_is_the_whole_v4_or_the_64);
	suite_add_tcase(s, t);
	return s;
}
