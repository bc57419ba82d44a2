/* topology render nftables: the same bytes, each port once, sets of both
 * families. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/unit/edgectl/render_world.h"

static struct render_world w;

static void teardown(void)
{
	render_world_fini(&w);
}

static const char *make(void)
{
	return render_world_make(&w, ctl_render_nft);
}

START_TEST(render_nft_gives_the_bytes_of_the_vector)
{
	static char want[1 << 16];
	char path[512];
	FILE *f;

	render_world_init(&w, "02-edge-pool-director.xml");
	(void)snprintf(path, sizeof(path), "%s/firewall/edge01.nft",
		       getenv("EDGE_VECTORS"));
	f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	want[fread(want, 1, sizeof(want) - 1, f)] = '\0';
	(void)fclose(f);
	ck_assert_msg(!strcmp(make(), want), "%.4000s", w.text);
}
END_TEST

START_TEST(render_nft_of_one_address_has_each_port_once)
{
	render_world_init(&w, "01-single-edge-minimal.xml");
	make();
	ck_assert_uint_eq(render_world_count(&w, "define "), 4);
	ck_assert_uint_eq(render_world_count(&w, "daddr $ext_ip tcp dport 5061 "
						 "accept comment \"E1 E2: "),
			  1);
	ck_assert_uint_eq(
		render_world_count(&w, "daddr $ext_ip tcp dport 5061"), 1);
	ck_assert_uint_eq(render_world_count(&w, "daddr $ext_ip tcp dport 444"),
			  1);
	ck_assert_uint_eq(render_world_count(&w, "daddr $ext_ip tcp dport 443"),
			  1);
	ck_assert_uint_eq(
		render_world_count(&w, "daddr $ext_ip udp dport 3478"), 1);
	ck_assert_uint_eq(render_world_count(&w, "$access_ip"), 0);
}
END_TEST

START_TEST(render_nft_takes_what_people_say)
{
	render_world_init(&w, "02-edge-pool-director.xml");
	render_world_config(&w, "[network]\ninside = 10.20.0.0/16, fd00::/8\n"
				"ntp = 203.0.113.123\n"
				"legacy_media_range = no\n");
	make();
	ck_assert_uint_eq(render_world_count(&w, "{ 10.20.0.0/16 }"), 1);
	ck_assert_uint_eq(
		render_world_count(&w, "ip daddr @ntp_servers udp dport 123"),
		1);
	/* the range is open to the pool's other member alone */
	ck_assert_uint_eq(render_world_count(&w, "set edge_peers {"), 1);
	ck_assert_uint_eq(render_world_count(&w, "elements = { 203.0.113.42 }"),
			  1);
	ck_assert_uint_eq(
		render_world_count(&w, "daddr $av_ip ip saddr @edge_peers"), 2);
	ck_assert_uint_eq(
		render_world_count(&w,
				   "daddr $av_ip udp dport 50000-59999 accept"),
		0);
	/* nothing of IPv6 without an address of it */
	ck_assert_uint_eq(render_world_count(&w, "ipv6_addr"), 0);
}
END_TEST

START_TEST(render_nft_has_six_when_the_topology_has)
{
	struct topo t;

	render_world_init(&w, "02-edge-pool-director.xml");
	t = *w.r.topo;
	ck_assert(!edge_addr_parse(&t.av_own6, edge_slice_str("2001:db8::41"),
				   0));
	ck_assert(
		!edge_addr_parse(&t.internal6, edge_slice_str("fd00::21"), 0));
	w.r.topo = &t;
	render_world_config(&w, "[network]\ninside = 10.20.0.0/16, fd00::/8\n");
	make();
	ck_assert_uint_eq(
		render_world_count(&w, "define av_ip6 = 2001:db8::41"), 1);
	ck_assert_uint_eq(render_world_count(&w, "set int_clients6 {"), 1);
	ck_assert_uint_eq(
		render_world_count(&w, "ip6 daddr $av_ip6 udp dport 3478 "), 1);
	ck_assert_uint_eq(render_world_count(&w, "ip6 daddr $int_ip6 ip6 saddr "
						 "@int_clients6 udp dport "
						 "3478 "),
			  1);
	ck_assert_uint_eq(render_world_count(&w, "packet-too-big"), 2);
}
END_TEST

START_TEST(render_nft_lets_in_who_manages_the_host)
{
	render_world_init(&w, "02-edge-pool-director.xml");
	w.r.manage = "22 from 10.20.0.0/24, 2222 from fd00::1";
	make();
	ck_assert_ptr_nonnull(strstr(
		w.text,
		"\tchain manage_in {\n"
		"\t\tip saddr 10.20.0.0/24 tcp dport 22 accept comment \"who "
		"manages this host\"\n"
		"\t\tip6 saddr fd00::1/128 tcp dport 2222 accept comment \"who "
		"manages this host\"\n\t}\n"));
	ck_assert_uint_eq(render_world_count(&w, "\t\tjump manage_in\n"), 1);
	w.r.manage = "none";
	make();
	ck_assert_uint_eq(render_world_count(&w, "\tchain manage_in {\n\t}\n"),
			  1);
}
END_TEST

START_TEST(render_nft_serves_xmpp_when_there_is_a_partner)
{
	render_world_init(&w, "07-docitemset-federation.xml");
	make();
	if (w.r.topo->listen[TOPO_PORT_XMPP_OUTSIDE].present) {
		ck_assert_uint_eq(render_world_count(&w, "\"E14: "), 2);
		ck_assert_uint_ge(render_world_count(&w, "\"I9: "), 1);
		ck_assert_uint_eq(render_world_count(&w, "set xmpp_gateways {"),
				  1);
	} else {
		ck_abort_msg("the vector has no XMPP port");
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("render_nft");
	TCase *tc = tcase_create("tables");

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, render_nft_gives_the_bytes_of_the_vector);
	tcase_add_test(tc, render_nft_of_one_address_has_each_port_once);
	tcase_add_test(tc, render_nft_takes_what_people_say);
	tcase_add_test(tc, render_nft_has_six_when_the_topology_has);
	tcase_add_test(tc, render_nft_lets_in_who_manages_the_host);
	tcase_add_test(tc, render_nft_serves_xmpp_when_there_is_a_partner);
	suite_add_tcase(s, tc);
	return s;
}
