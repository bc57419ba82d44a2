/* The snapshot: expected model, laws of the codec, refusals. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"
#include "topology/snap.h"

struct sample {
	const char *file, *machine;
	const char *docs; /* whose lines of expected-model.txt apply */
};

/* clang-format off */
static const struct sample samples[] = {
	{"01-single-edge-minimal.xml", "edge01", "01"},
	{"02-edge-pool-director.xml", "edge01", "02"},
	{"02-edge-pool-director.xml", "edge02", "02"},
	{"03-multi-domain-federation.xml", "edge01", "03"},
	{"04-docitemset-pool.xml", "edge01", "02 04"},
	{"04-docitemset-pool.xml", "edge02", "02 04"},
	{"05-single-edge-utf16le-crlf.xml", "edge01", "01"},
	{"06-single-edge-draft.tbxml", "edge01", "01"},
};
/* clang-format on */
enum { SAMPLES = sizeof(samples) / sizeof(*samples) };

static const struct topo *load(struct topo_doc *d, const struct sample *s)
{
	char self[64];

	topo_doc_load(d, s->file);
	(void)snprintf(self, sizeof(self), "%s.corp.contoso.com", s->machine);
	return topo_doc_topo(d, self);
}

/* "02 edge01 pool x" -> is its "pool x" a line of the snapshot? */
static bool has_fact(const char *snap, const char *fact)
{
	char line[2048];
	char *blank;

	(void)snprintf(line, sizeof(line), "\n%s\n", fact);
	blank = strchr(line, ' ');
	ck_assert_ptr_nonnull(blank);
	*blank = '\t';
	return strstr(snap, line);
}

START_TEST(topo_snap_build_yields_the_expected_model)
{
	const struct sample *s = &samples[_i];
	struct topo_doc d, model;
	char doc[8], machine[32], *line, *save = NULL;
	int at, checked = 0;

	(void)load(&d, s);
	topo_doc_load(&model, "expected-model.txt");
	for (line = strtok_r(model.bytes, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (line[0] == '#' ||
		    sscanf(line, "%7s %31s %n", doc, machine, &at) != 2)
			continue;
		if (!strstr(s->docs, doc) || (strcmp(machine, "*") != 0 &&
					      strcmp(machine, s->machine) != 0))
			continue;
		ck_assert_msg(has_fact(d.snap, line + at),
			      "%s %s lacks '%s' in\n%s", s->file, s->machine,
			      line + at, d.snap);
		checked++;
	}
	ck_assert_int_ge(checked, 10);
	topo_doc_fini(&model);
	topo_doc_fini(&d);
}
END_TEST

/* The snapshot without its id facts. */
static void without_ids(char *out, const char *snap)
{
	static const char *const ids[] = {"signature\t", "sha256\t"};

	out[0] = '\0';
	while (*snap) {
		size_t len = strcspn(snap, "\n") + 1;

		if (strncmp(snap, ids[0], strlen(ids[0])) != 0 &&
		    strncmp(snap, ids[1], strlen(ids[1])) != 0)
			strncat(out, snap, len);
		snap += len;
	}
}

START_TEST(topo_snap_build_is_the_same_for_all_spellings)
{
	static char first[16384], other[16384];
	static const int same[] = {0, 6, 7}; /* 01, 05, 06 */
	struct topo_doc d;

	(void)load(&d, &samples[same[0]]);
	without_ids(first, d.snap);
	topo_doc_fini(&d);
	(void)load(&d, &samples[same[_i]]);
	without_ids(other, d.snap);
	ck_assert_str_eq(first, other);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_encode_undoes_decode)
{
	struct topo_doc d;
	char *text;
	size_t len;
	const struct topo *t = load(&d, &samples[_i]);

	ck_assert_int_eq(topo_snap_encode(&text, &len, t), EDGE_OK);
	ck_assert_uint_eq(len, d.snap_len);
	ck_assert_str_eq(text, d.snap);
	free(text);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_decode_fails_on_every_strict_prefix)
{
	struct topo_doc d;
	const struct topo *t;
	char why[160];

	(void)load(&d, &samples[1]);
	for (size_t n = 0; n < d.snap_len; n++) {
		why[0] = '\0';
		ck_assert_int_ne(topo_snap_decode(&t, edge_slice(d.snap, n), 1,
						  why, sizeof(why)),
				 EDGE_OK);
		ck_assert(why[0]);
	}
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_decode_fills_the_struct)
{
	struct topo_doc d;
	const struct topo_cluster *hop;
	const struct topo *t;
	char ip[EDGE_ADDR_STRLEN];

	topo_doc_load(&d, "04-docitemset-pool.xml");
	topo_doc_hosts(&d, "10.20.30.31 dir01.corp.contoso.com\n"
			   "10.20.30.32 DIR02.corp.contoso.com.\n"
			   "192.0.2.200 sip.partner.test\n");
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
	ck_assert_uint_eq(t->seq, 7);
	ck_assert_str_eq(t->self, "edge01.corp.contoso.com");
	ck_assert_str_eq(t->pool, "edgepool01.corp.contoso.com");
	ck_assert_uint_eq(t->member_count, 1);
	ck_assert_str_eq(t->members[0].fqdn, "edge02.corp.contoso.com");
	ck_assert_uint_eq(t->members[0].addr_count, 1);
	ck_assert_uint_eq(t->av_member_count, 1);
	edge_addr_print_ip(&t->av_members[0], false, ip);
	ck_assert_str_eq(ip, "203.0.113.42");
	hop = topo_next_hop(t);
	ck_assert_str_eq(hop->fqdn, "dirpool01.corp.contoso.com");
	ck_assert(hop->is_director && hop->is_next_hop && hop->is_registrar);
	ck_assert_uint_eq(hop->port, 5061);
	ck_assert_uint_eq(hop->member_count, 2);
	edge_addr_print_ip(&hop->members[1].addrs[0], false, ip);
	ck_assert_str_eq(ip, "10.20.30.32");
	/* the pool is not in HOSTS: its members' addresses */
	ck_assert_uint_eq(hop->pool.addr_count, 2);
	ck_assert_uint_eq(t->registrar_count, 2);
	ck_assert(!t->registrars[1].is_next_hop);
	ck_assert_uint_eq(t->listen[TOPO_PORT_AV_RANGE].count, 10000);
	ck_assert_uint_eq(t->listen[TOPO_PORT_AV_RANGE].addr.port, 50000);
	ck_assert_str_eq(t->listen[TOPO_PORT_AV_RANGE].protocol, "tcp+udp");
	ck_assert_str_eq(t->access_name, "sip.contoso.com");
	ck_assert(t->federation_ports && t->access.federated_users);
	ck_assert(!t->access.default_route && t->access.discovery);
	ck_assert_uint_eq(t->access.tls_count, 4);
	ck_assert_uint_eq(t->allowed_count, 2);
	ck_assert_str_eq(t->allowed[0].proxy_fqdn, "sip.fabrikam.com");
	ck_assert_ptr_null(t->allowed[1].proxy_fqdn);
	ck_assert_uint_eq(t->token_lifetime_s, 28800);
	ck_assert_ptr_nonnull(
		topo_find_host(t, edge_slice_str("SIP.partner.test.")));
	topo_doc_fini(&d);
}
END_TEST

/* clang-format off */
static const struct twin_case {
	const char *out, *in; /* attributes of both interfaces */
	const char *facts[3];
	const char *outside, *inside; /* UDP listeners; or NULL */
} twins[] = {
	{"", "", {"av.own.ipv6\t-\n", "av.public.ipv6\t-\n", "internal.ipv6\t-\n"}, NULL, NULL},
	{" IPv6Address=\"2001:DB8:0::41\"", "",
	 {"av.own.ipv6\t2001:db8::41\n", "av.public.ipv6\t2001:db8::41\n", "internal.ipv6\t-\n"},
	 "[2001:db8::41]:3478", NULL},
	{" IPv6Address=\"2001:db8::41\" ConfiguredIPv6Address=\"2001:db8:1::41\"", " IPv6Address=\"fd00::21\"",
	 {"av.own.ipv6\t2001:db8::41\n", "av.public.ipv6\t2001:db8:1::41\n", "internal.ipv6\tfd00::21\n"},
	 "[2001:db8::41]:3478", "[fd00::21]:3478"},
	/* nothing is bound, so nothing is told */
	{" ConfiguredIPv6Address=\"2001:db8:1::41\"", "",
	 {"av.own.ipv6\t-\n", "av.public.ipv6\t-\n", "internal.ipv6\t-\n"}, NULL, NULL},
};
/* clang-format on */

static void twin_is(const struct topo *t, enum topo_port_kind kind,
		    const char *want)
{
	const struct edge_addr a = topo_av_twin(t, kind);
	char text[EDGE_ADDR_STRLEN];

	ck_assert_int_eq(a.family, want ? AF_INET6 : 0);
	if (!want)
		return;
	edge_addr_print(&a, text);
	ck_assert_str_eq(text, want);
}

START_TEST(topo_snap_knows_the_ipv6_twins)
{
	const struct twin_case *c = &twins[_i];
	struct topo_doc d;
	const struct topo *t;
	char to[256];

	topo_doc_load(&d, "02-edge-pool-director.xml");
	(void)snprintf(to, sizeof(to), "IPAddress=\"192.0.2.41\"%s", c->out);
	topo_doc_replace(&d, "IPAddress=\"192.0.2.41\"", to);
	(void)snprintf(to, sizeof(to), "IPAddress=\"172.16.20.21\"%s", c->in);
	topo_doc_replace(&d, "IPAddress=\"172.16.20.21\"", to);
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
	for (int i = 0; i < 3; i++)
		ck_assert_msg(strstr(d.snap, c->facts[i]), "no %s in\n%s",
			      c->facts[i], d.snap);
	twin_is(t, TOPO_PORT_AV_OUTSIDE_UDP, c->outside);
	twin_is(t, TOPO_PORT_AV_INSIDE_UDP, c->inside);
	twin_is(t, TOPO_PORT_ACCESS_CLIENT, NULL);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_knows_the_ipv6_twin_of_web_conferencing)
{
	struct topo_doc d;
	const struct topo *t;
	struct edge_addr twin;
	char text[EDGE_ADDR_STRLEN];

	topo_doc_load(&d, "02-edge-pool-director.xml");
	topo_doc_replace(&d, "IPAddress=\"192.0.2.31\"",
			 "IPAddress=\"192.0.2.31\" "
			 "IPv6Address=\"2001:db8::31\"");
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
	twin = topo_webconf_twin(t);
	edge_addr_print(&twin, text);
	ck_assert_str_eq(text, "[2001:db8::31]:443");
	ck_assert_int_eq(t->av_own6.family, 0);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_knows_the_ipv6_twins_of_other_members)
{
	struct topo_doc d;
	const struct topo *t;
	char ip[EDGE_ADDR_STRLEN];

	topo_doc_load(&d, "02-edge-pool-director.xml");
	topo_doc_replace(&d, "IPAddress=\"192.0.2.42\"",
			 "IPAddress=\"192.0.2.42\" "
			 "IPv6Address=\"2001:db8::42\"");
	t = topo_doc_topo(&d, "edge01.corp.contoso.com");
	ck_assert_uint_eq(t->av_member_count, 2);
	edge_addr_print_ip(&t->av_members[0], false, ip);
	ck_assert_str_eq(ip, "203.0.113.42");
	edge_addr_print_ip(&t->av_members[1], false, ip);
	ck_assert_str_eq(ip, "2001:db8::42");
	ck_assert_uint_eq(t->av_own6.family, 0);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_hold_keeps_a_snapshot_alive)
{
	struct topo_doc d;
	const struct topo *t = load(&d, &samples[0]);
	const struct topo *mine = topo_hold(t);

	topo_doc_fini(&d);
	ck_assert_str_eq(mine->self, "edge01.corp.contoso.com");
	topo_drop(mine);
	topo_drop(NULL);
	ck_assert_ptr_null(topo_hold(NULL));
}
END_TEST

struct bad {
	const char *from, *to, *why;
};

/* clang-format off */
static const struct bad bads[] = {
	{"lync-edge-snapshot 1", "lync-edge-snapshot 2", "line 1"},
	{"allowed\t", "allowed ", "no tab"},
	{"allowed\t", "Allowed\t", "byte"},
	{"blocked\t-", "blocked\t", "byte"},
	{"blocked\t-", "blocked\t\x01", "byte"},
	{"blocked\t-", "allowed\t-", "out of order"},
	{"blocked\t-", "aaa\t-", "out of order"},
	{"blocked\t-\n", "", "blocked: fact is missing"},
	{"blocked\t-", "blocked\tUPPER.com", "blocked: malformed"},
	{"blocked\t-", "blocked\ta.com  b.com", "blocked: malformed"},
	{"blocked\t-", "blocked\ta.com ", "blocked: malformed"},
	{"allowed\t-", "allowed\ta.com(via b.com", "allowed: malformed"},
	{"allowed\t-", "allowed\ta.com(by b.com)", "allowed: malformed"},
	{"allowed\t-", "allowed\ta.com(via b.com) ", "allowed: malformed"},
	{"allowed\t-", "allowed\t(via b.com)", "allowed: malformed"},
	{"av.public\t203.0.113.41", "av.public\t203.0.113.41:1", "av.public: malformed"},
	{"av.member.000\t203.0.113.42", "av.member.000\t-", "av.member.000: malformed"},
	{"av.member.000", "av.member.001", "av.member.001: malformed"},
	{"internal\t172.16.20.21", "internal\t0.0.0.0", "internal: malformed"},
	{"internal.ipv6\t-", "internal.ipv6\t192.0.2.1", "internal.ipv6: malformed"},
	{"av.own.ipv6\t-", "av.own.ipv6\t[2001:db8::1]:1", "av.own.ipv6: malformed"},
	{"av.public.ipv6\t-", "av.public.ipv6\t::", "av.public.ipv6: malformed"},
	{"ports=yes", "ports=maybe", "federation: malformed"},
	{"(inferred)", "(guessed)", "federation: malformed"},
	{"192.0.2.21:443/tls", "192.0.2.21:443/udp", "listen.access.client"},
	{"192.0.2.21:443/tls", "192.0.2.21:0/tls", "listen.access.client"},
	{"192.0.2.21:443/tls", "192.0.2.21:443/tls 192.0.2.21:444/tls", "listen.access.client"},
	{"50000-59999", "50000-49999", "listen.av.external"},
	{"50000-59999", "50000-70000", "listen.av.external"},
	{"members\tedge02", "members\tedge02 ", "members"},
	{"names\taccess=", "names\tacces=", "names"},
	{"director=yes\n", "director=no\n", "nexthop"},
	{"registrar.000", "registrar.002", "out of order"},
	{"registrar.001", "registrar.005", "registrar.005: malformed"},
	{"registrar.001", "registrar.zzz", "registrar.zzz: malformed"},
	{"tlscount=4", "tlscount=5", "settings: malformed"},
	{"tlscount=4", "tlscount=0", "settings: malformed"},
	{"routing=dnssrv", "routing=default", "settings.defaultroute"},
	{"clientbody=0", "clientbody=63", "settings.proxy: malformed"},
	{"serverbody=0", "serverbody=20001", "settings.proxy: malformed"},
	{"whitespace=yes", "whitespace=on", "settings.proxy: malformed"},
	{"serverbody=0", "serverbody=0 x", "settings.proxy: malformed"},
	{"sipdomains\tcontoso.com", "sipdomains\t-", "sipdomain"},
	{"sipdomains\tcontoso.com", "sipdomains\tcontoso.com(+all)", "sipdomain"},
	{"sipdomain.default\tcontoso.com", "sipdomain.default\tother.com", "sipdomain.default"},
	{"token.lifetime\t8h", "token.lifetime\t0h", "token.lifetime"},
	{"token.lifetime\t8h", "token.lifetime\t8", "token.lifetime"},
	{"token.lifetime\t8h", "token.lifetime\th", "token.lifetime"},
	{"host.edge01.corp.contoso.com\t172.16.20.21", "host.edge01.corp.contoso.com\t-", "host.edge01"},
	{"host.edge01.corp.contoso.com\t172.16.20.21", "host.edge01.corp.contoso.com\t172.16.20.21,", "host.edge01"},
	{"xmpp.partners\t-", "xmpp.partners\t-\nzzz", "no tab"},
};
/* clang-format on */

START_TEST(topo_snap_decode_refuses)
{
	const struct bad *b = &bads[_i];
	struct topo_doc d, text;
	const struct topo *t = NULL;
	char why[160];

	(void)load(&d, &samples[1]);
	topo_doc_text(&text, d.snap, d.snap_len);
	topo_doc_replace(&text, b->from, b->to);
	ck_assert_int_eq(topo_snap_decode(&t, edge_slice(text.bytes, text.len),
					  1, why, sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_ptr_null(t);
	ck_assert_msg(strstr(why, b->why), "'%s' not in '%s'", b->why, why);
	topo_doc_fini(&text);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_decode_ignores_facts_of_a_later_version)
{
	struct topo_doc d, text;
	const struct topo *t;

	(void)load(&d, &samples[1]);
	topo_doc_text(&text, d.snap, d.snap_len);
	topo_doc_replace(&text, "allowed\t", "acme\tnew thing\nallowed\t");
	ck_assert_int_eq(topo_snap_decode(&t, edge_slice(text.bytes, text.len),
					  1, NULL, 0),
			 EDGE_OK);
	topo_drop(t);
	topo_doc_fini(&text);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_decode_takes_one_of_an_earlier_version)
{
	struct topo_doc d, text;
	const struct topo *t;

	(void)load(&d, &samples[1]);
	topo_doc_text(&text, d.snap, d.snap_len);
	topo_doc_replace(
		&text,
		"settings.proxy\twhitespace=yes keepalive=0 tlscount=0 "
		"clientbody=0 serverbody=0\n",
		"");
	ck_assert_int_eq(topo_snap_decode(&t, edge_slice(text.bytes, text.len),
					  1, NULL, 0),
			 EDGE_OK);
	ck_assert(!t->proxy.no_white_space);
	topo_drop(t);
	topo_doc_replace(&text, "av.own.ipv6\t-\n", "");
	topo_doc_replace(&text, "av.public.ipv6\t-\n", "");
	topo_doc_replace(&text, "internal.ipv6\t-\n", "");
	ck_assert_int_eq(topo_snap_decode(&t, edge_slice(text.bytes, text.len),
					  1, NULL, 0),
			 EDGE_OK);
	ck_assert(!t->av_own6.family && !t->internal6.family);
	topo_drop(t);
	topo_doc_fini(&text);
	topo_doc_fini(&d);
}
END_TEST

START_TEST(topo_snap_decode_refuses_what_is_too_long)
{
	size_t len = TOPO_SNAP_BYTES_MAX + 1;
	char *text = calloc(1, len);
	const struct topo *t;

	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(
		topo_snap_decode(&t, edge_slice(text, len), 1, NULL, 0),
		EDGE_ELIMIT);
	free(text);
}
END_TEST

START_TEST(topo_snap_encode_refuses_a_stray_byte)
{
	struct topo_doc d;
	struct topo t = *load(&d, &samples[0]);
	char *text;
	size_t len;

	t.signature = "two\nlines";
	ck_assert_int_eq(topo_snap_encode(&text, &len, &t), EDGE_EFORMAT);
	topo_doc_fini(&d);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("snap");
	TCase *tc = tcase_create("codec");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, topo_snap_build_yields_the_expected_model, 0,
			    SAMPLES);
	tcase_add_loop_test(tc, topo_snap_build_is_the_same_for_all_spellings,
			    1, 3);
	tcase_add_loop_test(tc, topo_snap_encode_undoes_decode, 0, SAMPLES);
	tcase_add_test(tc, topo_snap_decode_fails_on_every_strict_prefix);
	tcase_add_test(tc, topo_snap_decode_fills_the_struct);
	tcase_add_loop_test(tc, topo_snap_knows_the_ipv6_twins, 0,
			    (int)(sizeof(twins) / sizeof(*twins)));
	tcase_add_test(tc, topo_snap_knows_the_ipv6_twin_of_web_conferencing);
	tcase_add_test(tc, topo_snap_knows_the_ipv6_twins_of_other_members);
	tcase_add_test(tc, topo_hold_keeps_a_snapshot_alive);
	tcase_add_loop_test(tc, topo_snap_decode_refuses, 0,
			    (int)(sizeof(bads) / sizeof(*bads)));
	tcase_add_test(tc, topo_snap_decode_ignores_facts_of_a_later_version);
	tcase_add_test(tc, topo_snap_decode_takes_one_of_an_earlier_version);
	tcase_add_test(tc, topo_snap_decode_refuses_what_is_too_long);
	tcase_add_test(tc, topo_snap_encode_refuses_a_stray_byte);
	suite_add_tcase(s, tc);
	return s;
}
