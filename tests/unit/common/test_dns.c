/* DNS outside: answers, cache, refusals, failures; the server is ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/dns.h"
#include "common/dns_cache.h"
#include "common/dns_name.h"
#include "common/loop.h"
#include "tests/support/fake_dns.h"
#include "tests/support/suite.h"

enum { A = 1, AAAA = 28, SRV = 33, SERVFAIL = 2, RECORDS = 8 };

/* clang-format off */
static const struct fake_dns_row rows[] = {
	{"sip.fabrikam.com", A, 0, 300, "192.0.2.20"},
	{"sip.fabrikam.com", A, 0, 60, "192.0.2.21"},
	{"sip.fabrikam.com", AAAA, 0, 300, "2001:db8::20"},
	{"four.fabrikam.com", A, 0, 300, "192.0.2.4"},
	{"zero.fabrikam.com", A, 0, 0, "192.0.2.5"},
	{"bad.fabrikam.com", A, 0, 300, "127.0.0.1"},
	{"bad.fabrikam.com", A, 0, 300, "224.0.0.1"},
	{"bad.fabrikam.com", A, 0, 300, "0.0.0.0"},
	{"bad.fabrikam.com", A, 0, 300, "169.254.1.1"},
	{"half.fabrikam.com", A, SERVFAIL, 0, NULL},
	{"half.fabrikam.com", AAAA, 0, 300, "2001:db8::5"},
	{"fails.fabrikam.com", A, SERVFAIL, 0, NULL},
	{"fails.fabrikam.com", AAAA, 0, 0, NULL},
	{"silent.fabrikam.com", A, FAKE_DNS_SILENT, 0, NULL},
	{"silent.fabrikam.com", AAAA, FAKE_DNS_SILENT, 0, NULL},
	{"_sipfederationtls._tcp.fabrikam.com", SRV, 0, 300, "10 5 5061 b.fabrikam.com"},
	{"_sipfederationtls._tcp.fabrikam.com", SRV, 0, 300, "20 0 5061 c.fabrikam.com"},
	{"_sipfederationtls._tcp.fabrikam.com", SRV, 0, 300, "10 9 5062 A.Fabrikam.COM"},
	{"_sipfederationtls._tcp.fabrikam.com", SRV, 0, 300, "1 0 5061 fe.corp.contoso.com"},
	{"_sip._tls.none.com", SRV, 0, 300, "0 0 5061 ."},
};
/* clang-format on */

static struct fake_dns *server;
static struct edge_loop *loop;
static struct edge_dns *dns;
static char resolv[64];

static bool is_inside(struct edge_slice name, void *arg)
{
	static const char suffix[] = "corp.contoso.com";
	size_t len = edge_slice_len(name), want = sizeof(suffix) - 1;

	(void)arg;
	return len >= want &&
	       edge_slice_ieq_str(edge_slice(name.end - want, want), suffix);
}

static void resolv_write(const char *text)
{
	FILE *f = fopen(resolv, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static struct edge_dns_plan plan_make(void)
{
	struct edge_dns_plan p = {
		.loop = loop,
		.resolv = resolv,
		.cache_records = RECORDS,
		.negative_s = 300,
		.ttl_max_s = 3600,
		.timeout_ms = 30,
		.is_inside = is_inside,
	};

	return p;
}

static void dns_open(struct edge_dns_plan p)
{
	edge_dns_free(dns);
	dns = NULL;
	ck_assert_int_eq(edge_dns_new(&dns, &p), EDGE_OK);
}

static void open_all(void)
{
	char text[160];
	int fd;

	strcpy(resolv, "/tmp/edge-resolv-XXXXXX");
	fd = mkstemp(resolv);
	ck_assert_int_ge(fd, 0);
	close(fd);
	server = fake_dns_start(rows, sizeof(rows) / sizeof(rows[0]));
	snprintf(text, sizeof(text),
		 "# a comment\nsearch corp.contoso.com\noptions ndots:9\n"
		 "nameserver 127.0.0.1:%u\n",
		 fake_dns_port(server));
	resolv_write(text);
	ck_assert_int_eq(edge_loop_new(&loop), EDGE_OK);
	dns_open(plan_make());
}

static void close_all(void)
{
	edge_dns_free(dns);
	dns = NULL;
	edge_loop_free(loop);
	fake_dns_stop(server);
	unlink(resolv);
}

/* The answer, copied; the loop ends when as many as wanted have come. */
struct got {
	unsigned calls, want;
	enum edge_err err;
	size_t count;
	struct edge_dns_srv srv[4];
	struct edge_addr addr[4];
};

static void on_answer(const struct edge_dns_answer *a, void *arg)
{
	struct got *g = arg;

	g->err = a->err;
	g->count = a->srv_count + a->addr_count;
	ck_assert_uint_le(g->count, 4);
	if (a->srv_count)
		memcpy(g->srv, a->srv, a->srv_count * sizeof(g->srv[0]));
	if (a->addr_count)
		memcpy(g->addr, a->addr, a->addr_count * sizeof(g->addr[0]));
	if (++g->calls == g->want)
		edge_loop_stop(loop);
}

static struct got ask_addr(const char *name)
{
	struct got g = {.want = 1};

	edge_dns_addr(dns, name, 5061, on_answer, &g);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_uint_eq(g.calls, 1);
	return g;
}

static struct got ask_srv(const char *name)
{
	struct got g = {.want = 1};

	edge_dns_srv(dns, name, on_answer, &g);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_uint_eq(g.calls, 1);
	return g;
}

static bool has_addr(const struct got *g, const char *text)
{
	char one[EDGE_ADDR_STRLEN];

	for (size_t i = 0; i < g->count; i++) {
		edge_addr_print(&g->addr[i], one);
		if (!strcmp(one, text))
			return true;
	}
	return false;
}

START_TEST(dns_addr_gives_both_families_with_the_port)
{
	struct got g = ask_addr("SIP.fabrikam.com.");

	ck_assert_int_eq(g.err, EDGE_OK);
	ck_assert_uint_eq(g.count, 3);
	ck_assert(has_addr(&g, "192.0.2.20:5061"));
	ck_assert(has_addr(&g, "192.0.2.21:5061"));
	ck_assert(has_addr(&g, "[2001:db8::20]:5061"));
	ck_assert_uint_eq(fake_dns_asked(server), 2);
}
END_TEST

START_TEST(dns_addr_asks_only_the_local_family)
{
	struct edge_dns_plan p = plan_make();
	struct edge_addr from;
	struct got g;

	ck_assert_int_eq(
		edge_addr_parse(&p.local, edge_slice_str("127.0.0.3"), 0),
		EDGE_OK);
	dns_open(p);
	g = ask_addr("sip.fabrikam.com");
	ck_assert_uint_eq(g.count, 2);
	ck_assert_uint_eq(fake_dns_asked(server), 1);
	from = fake_dns_from(server);
	ck_assert(edge_addr_same_ip(&from, &p.local));
}
END_TEST

START_TEST(dns_addr_leaves_by_the_device)
{
	struct edge_dns_plan p = plan_make();
	struct got g;

	p.device = "lo";
	dns_open(p);
	g = ask_addr("four.fabrikam.com");
	ck_assert_int_eq(g.err, EDGE_OK);
	p.device = "edge-no-dev";
	dns_open(p);
	g = ask_addr("four.fabrikam.com");
	ck_assert_int_eq(g.err, EDGE_EDNS); /* never by another way */
	ck_assert_uint_eq(fake_dns_asked(server), 2);
}
END_TEST

START_TEST(dns_srv_gives_sorted_records_without_inside_ones)
{
	struct got g = ask_srv("_sipfederationtls._tcp.fabrikam.com");

	ck_assert_int_eq(g.err, EDGE_OK);
	ck_assert_uint_eq(g.count, 3);
	ck_assert_str_eq(g.srv[0].target, "a.fabrikam.com");
	ck_assert_uint_eq(g.srv[0].priority, 10);
	ck_assert_uint_eq(g.srv[0].weight, 9);
	ck_assert_uint_eq(g.srv[0].port, 5062);
	ck_assert_str_eq(g.srv[1].target, "b.fabrikam.com");
	ck_assert_str_eq(g.srv[2].target, "c.fabrikam.com");
}
END_TEST

START_TEST(dns_srv_takes_the_dot_as_absent)
{
	ck_assert_int_eq(ask_srv("_sip._tls.none.com").err, EDGE_ENOTFOUND);
}
END_TEST

START_TEST(dns_answers_from_cache)
{
	ask_addr("sip.fabrikam.com");
	ck_assert_uint_eq(ask_addr("sip.FABRIKAM.com").count, 3);
	ck_assert_uint_eq(fake_dns_asked(server), 2);
	ask_srv("_sipfederationtls._tcp.fabrikam.com");
	ck_assert_uint_eq(ask_srv("_sipfederationtls._tcp.fabrikam.com").count,
			  3);
	ck_assert_uint_eq(fake_dns_asked(server), 3);
}
END_TEST

START_TEST(dns_keeps_ttl_zero_for_no_turn)
{
	ck_assert_uint_eq(ask_addr("zero.fabrikam.com").count, 1);
	ck_assert_uint_eq(ask_addr("zero.fabrikam.com").count, 1);
	ck_assert_uint_eq(fake_dns_asked(server), 4);
}
END_TEST

START_TEST(dns_keeps_ttl_zero_as_long_as_it_is_told)
{
	struct edge_dns_plan p = plan_make();

	p.ttl_min_s = 60;
	dns_open(p);
	ck_assert_uint_eq(ask_addr("zero.fabrikam.com").count, 1);
	ck_assert_uint_eq(ask_addr("zero.fabrikam.com").count, 1);
	ck_assert_uint_eq(fake_dns_asked(server), 2);
}
END_TEST

START_TEST(dns_remembers_what_is_absent)
{
	ck_assert_int_eq(ask_addr("nothing.fabrikam.com").err, EDGE_ENOTFOUND);
	ck_assert_int_eq(ask_addr("nothing.fabrikam.com").err, EDGE_ENOTFOUND);
	ck_assert_uint_eq(fake_dns_asked(server), 2);
	ck_assert_int_eq(ask_srv("sip.fabrikam.com").err, EDGE_ENOTFOUND);
}
END_TEST

START_TEST(dns_asks_pending_name_once)
{
	struct got g = {.want = 3};

	for (int i = 0; i < 3; i++)
		edge_dns_addr(dns, "four.fabrikam.com", 5061, on_answer, &g);
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert_uint_eq(g.calls, 3);
	ck_assert_uint_eq(fake_dns_asked(server), 2);
}
END_TEST

START_TEST(dns_says_which_question_costs_nothing)
{
	static const char name[] = "_sipfederationtls._tcp.fabrikam.com";
	struct got g = {.want = 1};

	ck_assert(!edge_dns_srv_is_free(dns, name));
	edge_dns_srv(dns, name, on_answer, &g);
	ck_assert(edge_dns_srv_is_free(dns, name)); /* being asked */
	ck_assert_int_eq(edge_loop_run(loop), EDGE_OK);
	ck_assert(edge_dns_srv_is_free(dns, name)); /* known */
	ck_assert(edge_dns_srv_is_free(dns, "_sip._tls.corp.contoso.com"));
	ck_assert(!edge_dns_srv_is_free(dns, "_sip._tls.fabrikam.com"));
}
END_TEST

START_TEST(dns_never_asks_for_inside_names)
{
	ck_assert_int_eq(ask_addr("fe.corp.contoso.com").err, EDGE_EDENIED);
	ck_assert_int_eq(ask_addr("FE.CORP.contoso.com.").err, EDGE_EDENIED);
	ck_assert_int_eq(ask_srv("_sip._tls.corp.contoso.com").err,
			 EDGE_EDENIED);
	ck_assert_uint_eq(fake_dns_asked(server), 0);
}
END_TEST

START_TEST(dns_drops_addresses_nobody_may_dial)
{
	struct edge_dns_plan p = plan_make();
	struct got g = ask_addr("bad.fabrikam.com");

	ck_assert_int_eq(g.err, EDGE_ENOTFOUND);
	p.is_lab = true;
	dns_open(p);
	g = ask_addr("bad.fabrikam.com");
	ck_assert_uint_eq(g.count, 1);
	ck_assert(has_addr(&g, "127.0.0.1:5061"));
}
END_TEST

START_TEST(dns_tells_failure_from_absence)
{
	struct got g = ask_addr("fails.fabrikam.com");

	ck_assert_int_eq(g.err, EDGE_EDNS);
	g = ask_addr("half.fabrikam.com");
	ck_assert_int_eq(g.err, EDGE_OK); /* what there is, is used */
	ck_assert_uint_eq(g.count, 1);
}
END_TEST

START_TEST(dns_gives_up_on_a_silent_server)
{
	ck_assert_int_eq(ask_addr("silent.fabrikam.com").err, EDGE_EDNS);
	ck_assert_uint_ge(fake_dns_asked(server), 2);
}
END_TEST

START_TEST(dns_free_tells_those_who_wait)
{
	struct got g = {.want = 9};

	edge_dns_addr(dns, "silent.fabrikam.com", 1, on_answer, &g);
	edge_dns_srv(dns, "_x._tcp.silent.fabrikam.com", on_answer, &g);
	ck_assert_uint_eq(g.calls, 0);
	edge_dns_free(dns);
	dns = NULL;
	ck_assert_uint_eq(g.calls, 2);
	ck_assert_int_eq(g.err, EDGE_ECLOSED);
}
END_TEST

static const char *const not_names[] = {
	"",    ".",	      "a..b",	  ".a",	   "a b",
	"a/b", "\xc3\xa4.de", "a.b.\x01", "[::1]", "a..",
};

START_TEST(dns_refuses_what_is_no_name)
{
	ck_assert_int_eq(ask_addr(not_names[_i]).err, EDGE_EFORMAT);
	ck_assert_uint_eq(fake_dns_asked(server), 0);
}
END_TEST

START_TEST(dns_name_clean_knows_the_lengths)
{
	char out[EDGE_DNS_NAME_LEN], name[300];

	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	ck_assert(edge_dns_name_clean(out, name));
	name[63] = 'a';
	name[64] = '\0';
	ck_assert(!edge_dns_name_clean(out, name));
	for (size_t i = 0; i < 254; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	name[253] = '\0';
	ck_assert(edge_dns_name_clean(out, name));
	name[253] = 'a';
	name[254] = '\0';
	ck_assert(!edge_dns_name_clean(out, name));
}
END_TEST

START_TEST(dns_new_wants_a_server_of_its_family)
{
	struct edge_dns_plan p = plan_make();
	struct edge_dns *d = NULL;

	resolv_write("nameserver 2001:db8::1\nnameserver\nserver 1.2.3.4\n"
		     "nameserver 1.2.3\n");
	ck_assert_int_eq(
		edge_addr_parse(&p.local, edge_slice_str("127.0.0.1"), 0),
		EDGE_OK);
	ck_assert_int_eq(edge_dns_new(&d, &p), EDGE_ENOTFOUND);
	p.resolv = "/nonexistent/resolv.conf";
	ck_assert_int_eq(edge_dns_new(&d, &p), EDGE_ESYS);
	ck_assert_ptr_null(d);
}
END_TEST

START_TEST(dns_servers_read_takes_three)
{
	char out[EDGE_DNS_SERVERS_LEN];

	resolv_write("nameserver 192.0.2.1\n nameserver\t192.0.2.2:54 # x\n"
		     "nameserver 2001:db8::1\nnameserver 192.0.2.3\n");
	ck_assert_int_eq(edge_dns_servers_read(out, resolv, 0), EDGE_OK);
	ck_assert_str_eq(out, "192.0.2.1:53,192.0.2.2:54,[2001:db8::1]:53");
	ck_assert_int_eq(edge_dns_servers_read(out, resolv, AF_INET), EDGE_OK);
	ck_assert_str_eq(out, "192.0.2.1:53,192.0.2.2:54,192.0.2.3:53");
}
END_TEST

static struct edge_dns_entry *known(struct edge_dns_cache *c, const char *name,
				    size_t count, uint64_t until_ms)
{
	struct edge_dns_entry *e;

	ck_assert_int_eq(edge_dns_cache_add(c, &e, EDGE_DNS_KIND_ADDR, name),
			 EDGE_OK);
	e->count = count;
	edge_dns_cache_settle(c, e, until_ms);
	return e;
}

START_TEST(dns_cache_holds_so_many_records)
{
	struct edge_dns_cache *c;

	ck_assert_int_eq(edge_dns_cache_new(&c, 6), EDGE_OK);
	known(c, "a", 2, 100);
	known(c, "b", 2, 100);
	known(c, "c", 0, 100); /* negative: counts as one */
	ck_assert_uint_eq(edge_dns_cache_records(c), 5);
	known(c, "d", 2, 100);
	ck_assert_uint_eq(edge_dns_cache_records(c), 5);
	ck_assert_ptr_null(edge_dns_cache_find(c, EDGE_DNS_KIND_ADDR, "a", 1));
	ck_assert_ptr_nonnull(
		edge_dns_cache_find(c, EDGE_DNS_KIND_ADDR, "b", 1));
	ck_assert_ptr_null(edge_dns_cache_find(c, EDGE_DNS_KIND_SRV, "b", 1));
	edge_dns_cache_free(c);
}
END_TEST

START_TEST(dns_cache_forgets_in_time)
{
	struct edge_dns_cache *c;

	ck_assert_int_eq(edge_dns_cache_new(&c, 6), EDGE_OK);
	known(c, "a", 1, 100);
	ck_assert_ptr_nonnull(
		edge_dns_cache_find(c, EDGE_DNS_KIND_ADDR, "a", 99));
	ck_assert_ptr_null(
		edge_dns_cache_find(c, EDGE_DNS_KIND_ADDR, "a", 100));
	ck_assert_uint_eq(edge_dns_cache_records(c), 0);
	edge_dns_cache_free(c);
}
END_TEST

START_TEST(dns_cache_keeps_a_pinned_entry)
{
	struct edge_dns_cache *c;
	struct edge_dns_entry *e;

	ck_assert_int_eq(edge_dns_cache_new(&c, 0), EDGE_OK);
	ck_assert_int_eq(edge_dns_cache_add(c, &e, EDGE_DNS_KIND_SRV, "a"),
			 EDGE_OK);
	edge_dns_cache_pin(e);
	edge_dns_cache_settle(c, e, 100); /* no room: dropped at once */
	ck_assert_str_eq(e->name, "a");
	ck_assert_ptr_null(edge_dns_cache_find(c, EDGE_DNS_KIND_SRV, "a", 1));
	edge_dns_cache_unpin(e);
	edge_dns_cache_free(c);
}
END_TEST

START_TEST(dns_cache_caps_what_is_pending)
{
	struct edge_dns_cache *c;
	struct edge_dns_entry *e;
	char name[16];

	ck_assert_int_eq(edge_dns_cache_new(&c, 6), EDGE_OK);
	for (int i = 0; i < EDGE_DNS_PENDING_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		ck_assert_int_eq(
			edge_dns_cache_add(c, &e, EDGE_DNS_KIND_SRV, name),
			EDGE_OK);
	}
	ck_assert_int_eq(edge_dns_cache_add(c, &e, EDGE_DNS_KIND_SRV, "x"),
			 EDGE_ELIMIT);
	edge_dns_cache_settle(c, e, 100);
	ck_assert_int_eq(edge_dns_cache_add(c, &e, EDGE_DNS_KIND_SRV, "x"),
			 EDGE_OK);
	edge_dns_cache_free(c);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("dns");
	TCase *t = tcase_create("look-up");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, open_all, close_all);
	tcase_add_test(t, dns_addr_gives_both_families_with_the_port);
	tcase_add_test(t, dns_addr_asks_only_the_local_family);
	tcase_add_test(t, dns_addr_leaves_by_the_device);
	tcase_add_test(t, dns_srv_gives_sorted_records_without_inside_ones);
	tcase_add_test(t, dns_srv_takes_the_dot_as_absent);
	tcase_add_test(t, dns_answers_from_cache);
	tcase_add_test(t, dns_keeps_ttl_zero_for_no_turn);
	tcase_add_test(t, dns_keeps_ttl_zero_as_long_as_it_is_told);
	tcase_add_test(t, dns_remembers_what_is_absent);
	tcase_add_test(t, dns_asks_pending_name_once);
	tcase_add_test(t, dns_says_which_question_costs_nothing);
	tcase_add_test(t, dns_never_asks_for_inside_names);
	tcase_add_test(t, dns_drops_addresses_nobody_may_dial);
	tcase_add_test(t, dns_tells_failure_from_absence);
	tcase_add_test(t, dns_gives_up_on_a_silent_server);
	tcase_add_test(t, dns_free_tells_those_who_wait);
	tcase_add_loop_test(t, dns_refuses_what_is_no_name, 0,
			    (int)(sizeof(not_names) / sizeof(not_names[0])));
	tcase_add_test(t, dns_new_wants_a_server_of_its_family);
	tcase_add_test(t, dns_servers_read_takes_three);
	suite_add_tcase(s, t);
	t = tcase_create("cache");
	tcase_set_timeout(t, 20);
	tcase_add_test(t, dns_name_clean_knows_the_lengths);
	tcase_add_test(t, dns_cache_holds_so_many_records);
	tcase_add_test(t, dns_cache_forgets_in_time);
	tcase_add_test(t, dns_cache_keeps_a_pinned_entry);
	tcase_add_test(t, dns_cache_caps_what_is_pending);
	suite_add_tcase(s, t);
	return s;
}
