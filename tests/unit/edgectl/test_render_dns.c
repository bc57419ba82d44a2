/* topology render dns and ports: the lines for those who run zones and
 * firewalls. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/render_world.h"

static struct render_world w;

static void setup(void)
{
	render_world_init(&w, "02-edge-pool-director.xml");
}

static void teardown(void)
{
	render_world_fini(&w);
}

static const char zone[] =
	"\n; contoso.com: sign-in, federation\n"
	"sip.contoso.com. 3600 IN A 203.0.113.21\n"
	"sip.contoso.com. 3600 IN A 203.0.113.22\n"
	"_sip._tls.contoso.com. 3600 IN SRV 0 0 443 sip.contoso.com.\n"
	"_sipfederationtls._tcp.contoso.com. 3600 IN SRV 0 0 5061 "
	"sip.contoso.com.\n"
	"\n; services\n"
	"webconf.contoso.com. 3600 IN A 203.0.113.31\n"
	"webconf.contoso.com. 3600 IN A 203.0.113.32\n"
	"av.contoso.com. 3600 IN A 203.0.113.41\n"
	"av.contoso.com. 3600 IN A 203.0.113.42\n";

START_TEST(render_dns_gives_what_the_sample_has)
{
	render_world_config(&w,
			    "[public]\naccess = 203.0.113.21, 203.0.113.22\n"
			    "webconf = 203.0.113.31,203.0.113.32\n");
	ck_assert_ptr_nonnull(
		strstr(render_world_make(&w, ctl_render_dns), zone));
	ck_assert_uint_eq(w.c.warnings, 0);
}
END_TEST

START_TEST(render_dns_says_what_it_cannot_know)
{
	struct topo t = *w.r.topo;
	const json_t *found;

	render_world_make(&w, ctl_render_dns);
	/* of the pool's other member: access and web conferencing */
	ck_assert_uint_eq(w.c.warnings, 2);
	ck_assert(!edge_addr_parse(&t.listen[TOPO_PORT_ACCESS_CLIENT].addr,
				   edge_slice_str("10.0.0.21"), 443));
	w.r.topo = &t;
	ck_assert_ptr_nonnull(
		strstr(render_world_make(&w, ctl_render_dns),
		       "; 10.0.0.21 is a private address: publish what NAT "
		       "makes of it\nsip.contoso.com. 3600 IN A 10.0.0.21\n"));
	ck_assert_uint_eq(w.c.warnings, 4);
	found = json_array_get(w.c.findings, 2);
	ck_assert_str_eq(json_string_value(json_object_get(found, "id")),
			 "DNS-001");
}
END_TEST

START_TEST(render_dns_serves_each_domain_once)
{
	render_world_fini(&w);
	render_world_init(&w, "03-multi-domain-federation.xml");
	render_world_make(&w, ctl_render_dns);
	for (size_t i = 0; i < w.r.topo->domain_count; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "_sip._tls.%s. ",
			       w.r.topo->domains[i].name);
		ck_assert_uint_eq(render_world_count(&w, line), 1);
		(void)snprintf(line, sizeof(line), "sip.%s. 3600 IN A ",
			       w.r.topo->domains[i].name);
		ck_assert_uint_eq(render_world_count(&w, line), 1);
	}
}
END_TEST

START_TEST(render_ports_names_public_addresses)
{
	render_world_config(&w, "[public]\naccess = 203.0.113.21\n");
	render_world_make(&w, ctl_render_ports);
	ck_assert_uint_eq(
		render_world_count(&w, "| E1 | in | tcp 443 | any | 192.0.2.21 "
				       "(public 203.0.113.21) | "),
		1);
	ck_assert_uint_eq(
		render_world_count(&w, "| E11 | in | tcp+udp 50000-59999 | any "
				       "| 192.0.2.41 (public 203.0.113.41) | "),
		1);
	ck_assert_uint_eq(
		render_world_count(
			&w, "| I4 | in | tcp 8057 | 10.20.30.21, 10.20.30.22, "
			    "10.20.30.23 | 172.16.20.21 | "),
		1);
	/* networks that hold servers stand for them */
	ck_assert_uint_eq(render_world_count(&w, "| 10.20.30.0/24, "
						 "172.16.20.0/24 | "),
			  3);
}
END_TEST

START_TEST(render_ports_as_csv_has_eight_cells_a_row)
{
	const char *line;

	w.r.is_csv = true;
	line = render_world_make(&w, ctl_render_ports);
	ck_assert(!strncmp(line, "side,row,way,", 13));
	while ((line = strstr(line, "\r\n")) && line[2]) {
		unsigned cells = 1;
		bool quoted = false;

		for (line += 2; *line != '\r'; line++) {
			quoted ^= *line == '"';
			cells += *line == ',' && !quoted;
		}
		ck_assert_uint_eq(cells, 8);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("render_dns");
	TCase *tc = tcase_create("lines");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, render_dns_gives_what_the_sample_has);
	tcase_add_test(tc, render_dns_says_what_it_cannot_know);
	tcase_add_test(tc, render_dns_serves_each_domain_once);
	tcase_add_test(tc, render_ports_names_public_addresses);
	tcase_add_test(tc, render_ports_as_csv_has_eight_cells_a_row);
	suite_add_tcase(s, tc);
	return s;
}
