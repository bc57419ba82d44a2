/* av-edge/policy.c: each boundary of each row, in each disguise. */
#include "av-edge/policy.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/support/suite.h"

enum { LOW = 50000, HIGH = 59999, MEDIA = 40000 };

/* As AV 6.4 names them. */
static const struct {
	const char *net;
	unsigned bits;
} denied[] = {
	{"0.0.0.0", 8},
	{"127.0.0.0", 8},
	{"169.254.0.0", 16},
	{"224.0.0.0", 4},
	{"240.0.0.0", 4},
	{"10.0.0.0", 8},
	{"172.16.0.0", 12},
	{"192.168.0.0", 16},
	{"100.64.0.0", 10},
	{"192.0.0.0", 24},
	{"198.18.0.0", 15},
	{"::", 128},
	{"::1", 128},
	{"fe80::", 10},
	{"ff00::", 8},
	{"fc00::", 7},
	{"fec0::", 10},
	{"64:ff9b:1::", 48},
	/* inside, as the tests' plan has them */
	{"203.0.113.64", 26},
	{"198.51.100.7", 32},
	{"100.0.0.0", 9},
	{"2001:db8:5::", 48},
	{"2001:db8:6::7", 128},
};
enum { DENIED = sizeof(denied) / sizeof(denied[0]), INSIDE = 18 };

static struct edge_addr addr(const char *ip, uint16_t port)
{
	struct edge_addr a;

	ck_assert_int_eq(edge_addr_parse(&a, edge_slice_str(ip), port),
			 EDGE_OK);
	return a;
}

/* Not canonical: :: and 0.0.0.0 have a family here. */
static struct edge_addr raw(const char *ip)
{
	struct edge_addr a = addr(ip, MEDIA);

	a.family = strchr(ip, ':') ? AF_INET6 : AF_INET;
	return a;
}

static struct ave_policy *made(bool is_lab)
{
	static struct ave_network v[DENIED];
	struct edge_addr own[] = {
		addr("203.0.113.80", 0), addr("2001:db8:5::80", 0),
		addr("192.0.2.1", 3478), addr("127.0.0.1", 0)};
	struct edge_addr members[] = {addr("203.0.113.81", 3478),
				      addr("10.9.9.9", 0),
				      addr("192.0.2.1", 0)};
	struct edge_addr listeners[] = {
		addr("127.0.0.1", 3478), addr("127.0.0.1", 5062),
		addr("::1", 5061), addr("8.8.4.4", 5062)};
	struct ave_networks inside = {v, DENIED - INSIDE, false, false};
	const struct ave_policy_plan plan = {.inside = &inside,
					     .own = own,
					     .own_count = 4,
					     .members = members,
					     .member_count = 3,
					     .port_low = LOW,
					     .port_high = HIGH,
					     .listeners = listeners,
					     .listener_count = 4,
					     .is_lab = is_lab};
	struct ave_policy *p;

	for (size_t i = INSIDE; i < DENIED; i++)
		v[i - INSIDE] = (struct ave_network){addr(denied[i].net, 0),
						     denied[i].bits};
	ck_assert_int_eq(ave_policy_new(&p, &plan), EDGE_OK);
	return p;
}

/* -- an oracle that is slow and simple ---------------------------------------
 */

static bool bit(const uint8_t *ip, unsigned n)
{
	return ip[n / 8] >> (7 - n % 8) & 1;
}

static bool is_in_row(const struct edge_addr *a, size_t row)
{
	const struct edge_addr net = raw(denied[row].net);

	if (net.family != a->family)
		return false;
	for (unsigned i = 0; i < denied[row].bits; i++)
		if (bit(net.ip, i) != bit(a->ip, i))
			return false;
	return true;
}

static bool is_denied(const struct edge_addr *a)
{
	for (size_t i = 0; i < DENIED; i++)
		if (is_in_row(a, i))
			return true;
	return false;
}

/* Steps over the whole address as one number; false: it wraps. */
static bool step(struct edge_addr *a, int by)
{
	int i = a->family == AF_INET ? 4 : 16;

	while (i--) {
		a->ip[i] = (uint8_t)(a->ip[i] + by);
		if (a->ip[i] != (by > 0 ? 0 : 0xff))
			return true;
	}
	return false;
}

static struct edge_addr last_of(size_t row)
{
	struct edge_addr a = raw(denied[row].net);
	const unsigned width = a.family == AF_INET ? 32 : 128;

	for (unsigned i = denied[row].bits; i < width; i++)
		a.ip[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return a;
}

/* -- disguises ---------------------------------------------------------------
 */

static struct edge_addr six(const uint8_t *head, size_t len,
			    const struct edge_addr *v4, size_t at)
{
	struct edge_addr a = {.family = AF_INET6, .port = v4->port};

	memcpy(a.ip, head, len);
	memcpy(a.ip + at, v4->ip, 4);
	return a;
}

enum { DISGUISES = 6 };

static struct edge_addr disguised(const struct edge_addr *v4, int how)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	static const uint8_t teredo[4] = {0x20, 0x01};
	static const uint8_t public[4] = {8, 8, 8, 8};
	struct edge_addr a;

	switch (how) {
	case 0:
		return six(mapped, 12, v4, 12);
	case 1:
		return six(mapped, 0, v4, 12); /* compatible */
	case 2:
		return six(nat64, 12, v4, 12);
	case 3:
		a = six((const uint8_t[]){0x20, 0x02}, 2, v4, 2);
		a.ip[15] = 1;
		return a;
	case 4: /* Teredo server; the client is somebody else */
		a = six(teredo, 4, v4, 4);
		for (int i = 0; i < 4; i++)
			a.ip[12 + i] = public[i] ^ 0xff;
		return a;
	default:
		a = six(teredo, 4, v4, 12);
		memcpy(a.ip + 4, public, 4);
		for (int i = 12; i < 16; i++)
			a.ip[i] ^= 0xff;
		return a;
	}
}

static void check(const struct ave_policy *p, const struct edge_addr *a,
		  bool want)
{
	struct edge_addr canonical = {0};
	struct sockaddr_storage sa;
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print(a, text);
	ck_assert_msg(ave_policy_judge(p, a) ==
			      (want ? AVE_PEER_DENIED : AVE_FINE),
		      "%s denied: want %d", text, want);
	ck_assert_int_eq(ave_policy_judge_ip(p, a),
			 want ? AVE_PEER_DENIED : AVE_FINE);
	/* and as it would have come from a codec or a socket */
	edge_addr_to_sockaddr(a, &sa);
	ck_assert_int_eq(
		edge_addr_from_sockaddr(&canonical, (struct sockaddr *)&sa),
		EDGE_OK);
	ck_assert_msg(ave_policy_judge(p, &canonical) ==
			      (want ? AVE_PEER_DENIED : AVE_FINE),
		      "%s canonical denied: want %d", text, want);
}

static void check_all(const struct ave_policy *p, const struct edge_addr *a)
{
	const bool want = is_denied(a);

	if (a->family == AF_INET6) {
		/* ::2 carries 0.0.0.2 */
		static const uint8_t zero[12];

		check(p, a, want || !memcmp(a->ip, zero, sizeof(zero)));
		return;
	}
	check(p, a, want);
	for (int how = 0; how < DISGUISES; how++) {
		const struct edge_addr b = disguised(a, how);

		check(p, &b, want);
	}
}

/* Addresses of the plan's pool lie in no boundary. */
START_TEST(policy_denies_to_the_last_address_and_no_further)
{
	struct ave_policy *p = made(false);
	const size_t row = (size_t)_i;
	struct edge_addr first = raw(denied[row].net), last = last_of(row);
	struct edge_addr before = first, after = last;

	ck_assert(is_denied(&first));
	ck_assert(is_denied(&last));
	check_all(p, &first);
	check_all(p, &last);
	if (step(&before, -1))
		check_all(p, &before);
	if (step(&after, 1))
		check_all(p, &after);
	ave_policy_free(p);
}
END_TEST

START_TEST(policy_agrees_with_the_oracle_anywhere)
{
	struct ave_policy *p = made(false);
	uint32_t seed = 1;

	for (int n = 0; n < 20000; n++) {
		struct edge_addr a = {.family = AF_INET, .port = MEDIA};

		for (int i = 0; i < 4; i++) {
			seed = seed * 1664525 + 1013904223;
			a.ip[i] = (uint8_t)(seed >> 24);
		}
		check_all(p, &a);
	}
	ave_policy_free(p);
}
END_TEST

START_TEST(policy_allows_test_networks_and_the_world)
{
	static const char *const fine[] = {
		"192.0.2.50", "198.51.100.1",	 "203.0.113.20", "8.8.8.8",
		"1.1.1.1",    "223.255.255.255", "2001:db8::1",	 "2a00::1",
		"192.0.1.0",  "11.0.0.1",
	};
	struct ave_policy *p = made(false);

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		const struct edge_addr a = addr(fine[i], MEDIA);

		ck_assert_int_eq(ave_policy_judge(p, &a), AVE_FINE);
	}
	ave_policy_free(p);
}
END_TEST

static enum ave_reason judged(const struct ave_policy *p, const char *ip,
			      uint16_t port)
{
	const struct edge_addr a = addr(ip, port);

	return ave_policy_judge(p, &a);
}

struct wanted {
	const char *ip;
	uint16_t port;
	bool is_fine;
};

static void expect(const struct ave_policy *p, const struct wanted *rows,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		ck_assert_msg((judged(p, rows[i].ip, rows[i].port) ==
			       AVE_FINE) == rows[i].is_fine,
			      "%s port %u", rows[i].ip, rows[i].port);
}

START_TEST(policy_knows_ports)
{
	static const struct {
		uint16_t port;
		bool is_fine;
	} rows[] = {{0, false},	  {1, false},	{22, false},   {442, false},
		    {443, true},  {444, false}, {1023, false}, {1024, true},
		    {3478, true}, {5062, true}, {65535, true}};
	struct ave_policy *p = made(false);
	struct edge_addr nobody = {.port = MEDIA};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_int_eq(judged(p, "8.8.8.8", rows[i].port) == AVE_FINE,
				 rows[i].is_fine);
	ck_assert_int_eq(judged(p, "8.8.4.4", 5062), AVE_PEER_DENIED);
	ck_assert_int_eq(judged(p, "8.8.4.4", 5063), AVE_FINE);
	ck_assert_int_eq(ave_policy_judge(p, &nobody), AVE_PEER_DENIED);
	ck_assert_int_eq(ave_policy_judge_ip(p, &nobody), AVE_PEER_DENIED);
	ave_policy_free(p);
}
END_TEST

/* Ports of the relay at our own, those of an edge at the members, too. */
START_TEST(policy_exempts_the_pool_alone)
{
	static const struct wanted rows[] = {
		{"203.0.113.80", LOW, true},
		{"203.0.113.80", HIGH, true},
		{"203.0.113.80", LOW - 1, false},
		{"203.0.113.80", HIGH + 1, false},
		{"203.0.113.80", 3478, false},
		{"203.0.113.80", 443, false},
		{"203.0.113.80", 0, false},
		{"203.0.113.79", LOW, false},
		{"203.0.113.81", LOW, true},
		{"203.0.113.81", HIGH, true},
		{"203.0.113.81", 3478, true},
		{"203.0.113.81", 443, true},
		{"203.0.113.81", 5061, false},
		{"203.0.113.81", LOW - 1, false},
		{"203.0.113.82", LOW, false},
		{"2001:db8:5::80", LOW, true},
		{"2001:db8:5::80", 443, false},
		{"2001:db8:5::81", LOW, false},
		{"10.9.9.9", LOW, true},
		{"10.9.9.9", 8080, false},
		{"10.9.9.8", LOW, false},
		/* its own, though it stands among the members */
		{"192.0.2.1", LOW, true},
		{"192.0.2.1", 3478, false},
		{"127.0.0.1", LOW, true}, /* if that is where we relay */
		{"127.0.0.1", 8080, false},
		{"127.0.0.2", LOW, false},
	};
	struct ave_policy *p = made(false);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct edge_addr any = addr(rows[i].ip, 0);

		ck_assert_msg((judged(p, rows[i].ip, rows[i].port) ==
			       AVE_FINE) == rows[i].is_fine,
			      "%s port %u", rows[i].ip, rows[i].port);
		if (rows[i].is_fine)
			ck_assert_int_eq(ave_policy_judge_ip(p, &any),
					 AVE_FINE);
	}
	ave_policy_free(p);
}
END_TEST

START_TEST(policy_of_a_lab_lets_loopback_but_listeners)
{
	static const struct wanted rows[] = {
		{"127.0.0.1", MEDIA, true},    {"127.9.9.9", MEDIA, true},
		{"127.0.0.1", 3478, false},    {"127.0.0.2", 3478, true},
		{"127.0.0.1", 5062, false},    {"127.0.0.1", 25, false},
		{"::1", MEDIA, true},	       {"::1", 5061, false},
		{"10.0.0.1", MEDIA, false},    {"0.0.0.1", MEDIA, false},
		{"169.254.0.1", MEDIA, false},
	};
	struct ave_policy *p = made(true);

	expect(p, rows, sizeof(rows) / sizeof(rows[0]));
	ave_policy_free(p);
}
END_TEST

START_TEST(policy_of_nothing_has_the_fixed_rows)
{
	const struct ave_policy_plan plan = {.port_low = LOW,
					     .port_high = HIGH};
	struct ave_policy *p;

	ck_assert_int_eq(ave_policy_new(&p, &plan), EDGE_OK);
	ck_assert_int_eq(judged(p, "10.1.2.3", MEDIA), AVE_PEER_DENIED);
	ck_assert_int_eq(judged(p, "203.0.113.80", 5062), AVE_FINE);
	ave_policy_free(p);
	ave_policy_free(NULL);
}
END_TEST

/* AV 6.4: a list of the operator's opens private networks and low ports, never
 * what is inside, ourselves, or what no host has. */
static struct ave_policy *listing(void)
{
	static struct ave_network inside[2], allowed[6];
	static const uint16_t ports[] = {80, 554};
	static struct edge_addr own[1];
	const struct ave_networks n = {inside, 2, false, false};
	const struct ave_policy_plan plan = {.inside = &n,
					     .own = own,
					     .own_count = 1,
					     .port_low = LOW,
					     .port_high = HIGH,
					     .allowed = allowed,
					     .allowed_count = 6,
					     .ports = ports,
					     .port_count = 2};
	struct ave_policy *p;

	inside[0] = (struct ave_network){addr("10.20.0.0", 0), 16};
	inside[1] = (struct ave_network){addr("192.168.7.0", 0), 24};
	own[0] = addr("10.1.1.1", 0);
	allowed[0] = (struct ave_network){addr("10.0.0.0", 0), 8};
	allowed[1] = (struct ave_network){addr("10.20.30.0", 0), 24};
	allowed[2] = (struct ave_network){addr("192.168.5.0", 0), 24};
	allowed[3] = (struct ave_network){addr("192.168.7.0", 0), 24};
	allowed[4] = (struct ave_network){addr("fd00:1::", 0), 32};
	allowed[5] = (struct ave_network){addr("172.16.0.9", 0), 32};
	ck_assert_int_eq(ave_policy_new(&p, &plan), EDGE_OK);
	return p;
}

START_TEST(policy_allows_what_is_listed_but_nothing_inside)
{
	static const struct wanted rows[] = {
		{"10.0.0.1", MEDIA, true},
		{"10.255.255.255", MEDIA, true},
		{"10.19.255.255", MEDIA, true},
		{"10.20.0.0", MEDIA, false}, /* inside, within what is listed */
		{"10.20.30.5", MEDIA,
		 false}, /* listed, within what is inside */
		{"10.21.0.0", MEDIA, true},
		{"192.168.5.255", MEDIA, true},
		{"192.168.6.0", MEDIA, false},
		{"192.168.7.9", MEDIA, false}, /* both */
		{"172.16.0.9", MEDIA, true},
		{"172.16.0.8", MEDIA, false},
		{"fd00:1::5", MEDIA, true},
		{"fd00:2::5", MEDIA, false},
		{"64:ff9b::a01:203", MEDIA, true},
		{"64:ff9b::a14:203", MEDIA, false}, /* 10.20.2.3 */
		{"2002:a01:203::1", MEDIA, true},
		{"2002:a14:203::1", MEDIA, false},
		{"10.1.1.1", MEDIA, false}, /* ourselves */
		{"10.1.1.1", LOW, true},
		{"10.0.0.1", 80, true},
		{"10.0.0.1", 81, false},
		{"10.20.0.1", 80, false},
		{"203.0.113.7", 554, true},
		{"203.0.113.7", 22, false},
		{"203.0.113.7", 0, false},
		{"127.0.0.1", MEDIA, false},
		{"169.254.169.254", 80, false},
	};
	struct ave_policy *p = listing();

	expect(p, rows, sizeof(rows) / sizeof(rows[0]));
	ave_policy_free(p);
}
END_TEST

/* More bits than the family has: the address itself, never a wider net. */
Suite *test_suite(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("peers");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, policy_denies_to_the_last_address_and_no_further,
			    0, DENIED);
	tcase_add_test(t, policy_agrees_with_the_oracle_anywhere);
	tcase_add_test(t, policy_allows_test_networks_and_the_world);
	tcase_add_test(t, policy_knows_ports);
	tcase_add_test(t, policy_exempts_the_pool_alone);
	tcase_add_test(t, policy_of_a_lab_lets_loopback_but_listeners);
	tcase_add_test(t, policy_of_nothing_has_the_fixed_rows);
	tcase_add_test(t, policy_allows_what_is_listed_but_nothing_inside);
	suite_add_tcase(s, t);
	return s;
}
