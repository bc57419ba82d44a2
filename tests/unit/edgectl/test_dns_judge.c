/* What is asked outside for a topology, and what counts as the right answer. */
#include "edgectl/dns_judge.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

static struct topo t;
static struct edge_config config;
static struct ctl_dns_wants *wants;

static struct edge_addr ip(uint8_t a, uint8_t d)
{
	return (struct edge_addr){.family = AF_INET, .ip = {a, 0, 2, d}};
}

static void open_port(enum topo_port_kind kind, struct edge_addr at,
		      uint16_t port)
{
	t.listen[kind] = (struct topo_listen){
		.present = true, .addr = at, .count = 1, .protocol = "tls"};
	t.listen[kind].addr.port = port;
}

static void setup(void)
{
	t = topo_fixture();
	memset(&config, 0, sizeof(config));
	t.access_name = "sip.contoso.com";
	t.webconf_name = "webconf.contoso.com";
	t.av_name = "av.contoso.com";
	t.av_public = ip(192, 41);
	t.federation_ports = true;
	open_port(TOPO_PORT_ACCESS_CLIENT, ip(192, 21), 443);
	open_port(TOPO_PORT_ACCESS_FEDERATION, ip(192, 21), 5061);
	open_port(TOPO_PORT_WEBCONF_CLIENT, ip(192, 31), 443);
	wants = calloc(1, sizeof(*wants));
	ck_assert_ptr_nonnull(wants);
}

static void teardown(void)
{
	free(wants);
}

static struct ctl_dns_want *find(const char *name)
{
	for (size_t i = 0; i < wants->count; i++)
		if (!strcmp(wants->v[i].name, name))
			return &wants->v[i];
	return NULL;
}

static struct ctl_dns_want *must(const char *name)
{
	struct ctl_dns_want *w;

	ctl_dns_list(wants, &t, &config, AF_INET);
	w = find(name);
	ck_assert_msg(w != NULL, "%s", name);
	return w;
}

static enum ctl_dns_verdict judge(struct ctl_dns_want *w)
{
	char saw[200];

	return ctl_dns_judge(w, saw, sizeof(saw));
}

static void answer(struct ctl_dns_want *w, struct edge_addr at)
{
	w->is_answered = true;
	w->got[w->got_count++] = at;
}

static void service(struct ctl_dns_want *w, uint16_t priority,
		    const char *target, uint16_t port)
{
	struct edge_dns_srv *s = &w->srv[w->srv_count++];

	w->is_answered = true;
	s->priority = priority;
	s->port = port;
	strcpy(s->target, target);
}

/* -- what is asked ------------------------------------------------------- */

START_TEST(list_has_names_and_services_of_each_domain)
{
	static const char *const names[] = {
		"sip.contoso.com",
		"webconf.contoso.com",
		"av.contoso.com",
		"_sip._tls.contoso.com",
		"_sipfederationtls._tcp.contoso.com",
		"_sipinternaltls._tcp.contoso.com",
		"lyncdiscoverinternal.contoso.com",
		"sip.litware.com",
		"_sip._tls.litware.com",
		"_sipfederationtls._tcp.litware.com",
		"_sipinternaltls._tcp.litware.com",
		"lyncdiscoverinternal.litware.com",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		must(names[i]);
	ck_assert_uint_eq(wants->count, sizeof(names) / sizeof(*names));
	ck_assert_uint_eq(must("_sip._tls.contoso.com")->port, 443);
	ck_assert_uint_eq(must("_sipfederationtls._tcp.contoso.com")->port,
			  5061);
	ck_assert(must("lyncdiscoverinternal.litware.com")->is_unwanted);
}
END_TEST

START_TEST(list_counts_what_it_has_no_room_for)
{
	static struct topo_domain many[60];
	static char name[60][32];

	for (size_t i = 0; i < 60; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "d%zu.example", i);
		many[i].name = name[i];
	}
	t.domains = many;
	t.domain_count = 40;
	must("sip.d39.example");
	ck_assert_uint_eq(wants->left_off, 0);
	t.domain_count = 60;
	must("sip.d39.example");
	ck_assert_uint_eq(wants->count + wants->left_off, 3 + 60 * 5);
	/* what is wanted already needs no room */
	for (size_t i = 47; i < 60; i++)
		many[i].name = name[0];
	must("sip.d39.example");
	ck_assert_uint_eq(wants->left_off, 0);
}
END_TEST

START_TEST(list_has_no_federation_without_its_port)
{
	t.federation_ports = false;
	must("sip.contoso.com");
	ck_assert_ptr_null(find("_sipfederationtls._tcp.contoso.com"));
}
END_TEST

/* contoso.com outside and inside: those inside are in HOSTS, by name. */
START_TEST(list_never_has_a_name_of_the_inside)
{
	static const char *const suffixes[] = {"litware.com"};
	static const char *const names[] = {"webconf.contoso.com"};

	t.inside_suffixes = (struct topo_names){suffixes, 1};
	t.inside_names = (struct topo_names){names, 1};
	must("sip.contoso.com");
	ck_assert_ptr_null(find("webconf.contoso.com"));
	for (size_t i = 0; i < wants->count; i++)
		ck_assert(!topo_is_inside_name(
			&t, edge_slice_str(wants->v[i].name)));
	ck_assert_ptr_null(find("sip.litware.com"));
}
END_TEST

START_TEST(list_takes_addresses_of_edge_ini_before_a_nat)
{
	static char public[] = "203.0.2.7, 203.0.2.8";
	struct ctl_dns_want *w;

	open_port(TOPO_PORT_ACCESS_CLIENT, ip(10, 21), 443);
	w = must("sip.contoso.com");
	ck_assert_uint_eq(w->at_count, 0); /* any: it is not known */
	config.public_at.access = public;
	w = must("sip.contoso.com");
	ck_assert_uint_eq(w->at_count, 2);
	answer(w, ip(203, 7));
	ck_assert_int_eq(judge(w), CTL_DNS_WRONG);
	answer(w, ip(203, 8));
	w->got[1].ip[3] = 8;
	ck_assert_int_eq(judge(w), CTL_DNS_GOOD);
}
END_TEST

/* -- answers ------------------------------------------------------------- */

START_TEST(address_is_right_alone)
{
	struct ctl_dns_want *w = must("sip.contoso.com");

	answer(w, ip(192, 21));
	ck_assert_int_eq(judge(w), CTL_DNS_GOOD);
	answer(w, ip(192, 99));
	ck_assert_int_eq(judge(w), CTL_DNS_WRONG);
	w->may_have_more = true; /* of a pool */
	ck_assert_int_eq(judge(w), CTL_DNS_GOOD);
	w->got[0] = ip(192, 98);
	ck_assert_int_eq(judge(w), CTL_DNS_WRONG);
}
END_TEST

START_TEST(relay_has_the_addresses_of_all_members)
{
	const struct edge_addr others[] = {ip(192, 42)};
	struct ctl_dns_want *w;

	t.av_members = others;
	t.av_member_count = 1;
	w = must("av.contoso.com");
	answer(w, ip(192, 41));
	ck_assert_int_eq(judge(w), CTL_DNS_WRONG);
	answer(w, ip(192, 42));
	ck_assert_int_eq(judge(w), CTL_DNS_GOOD);
}
END_TEST

static void publish(const char *name, struct edge_addr at)
{
	struct ctl_dns_want *w = find(name);

	ck_assert_ptr_nonnull(w);
	w->got_count = 0;
	answer(w, at);
}

static enum ctl_dns_verdict verdict_of(const char *name)
{
	struct ctl_dns_want *w = find(name);

	return ctl_dns_balanced(judge(w), w);
}

/* A pool of two, none of whose addresses is published but the balancer's. */
static void list_of_balanced(void)
{
	const struct topo pool = topo_fixture_pool();
	static struct edge_addr others[1];

	others[0] = ip(192, 42);
	t.av_members = others;
	t.av_member_count = 1;
	t.members = pool.members;
	t.member_count = pool.member_count;
	ctl_dns_list(wants, &t, &config, AF_INET);
	publish("sip.contoso.com", ip(192, 121));
	publish("webconf.contoso.com", ip(192, 131));
	publish("av.contoso.com", ip(192, 141));
}

START_TEST(balancer_of_a_pool_is_told_by_its_relays_name)
{
	list_of_balanced();
	ck_assert(ctl_dns_is_balanced(wants));
	ck_assert_int_eq(verdict_of("sip.contoso.com"), CTL_DNS_BALANCED);
	ck_assert_str_eq(find("sip.contoso.com")->setting, "access");
	ck_assert_int_eq(verdict_of("webconf.contoso.com"), CTL_DNS_BALANCED);
	ck_assert_str_eq(find("webconf.contoso.com")->setting, "webconf");
	ck_assert_int_eq(verdict_of("av.contoso.com"), CTL_DNS_BALANCED);
	ck_assert_str_eq(find("av.contoso.com")->setting, "av");
	/* any member's address there: the pool is balanced by DNS */
	publish("av.contoso.com", ip(192, 42));
	ck_assert(!ctl_dns_is_balanced(wants));
}
END_TEST

START_TEST(balancer_that_edge_ini_names_is_right)
{
	config.public_at.access = strdup("192.0.2.121");
	config.public_at.webconf = strdup("192.0.2.131");
	config.public_at.av = strdup("192.0.2.141");
	list_of_balanced();
	ck_assert(!ctl_dns_is_balanced(wants));
	ck_assert_int_eq(verdict_of("sip.contoso.com"), CTL_DNS_GOOD);
	ck_assert_int_eq(verdict_of("webconf.contoso.com"), CTL_DNS_GOOD);
	ck_assert_int_eq(verdict_of("av.contoso.com"), CTL_DNS_GOOD);
	publish("av.contoso.com", ip(192, 42));
	ck_assert_int_eq(verdict_of("av.contoso.com"), CTL_DNS_WRONG);
	free(config.public_at.access);
	free(config.public_at.webconf);
	free(config.public_at.av);
}
END_TEST

START_TEST(balancer_stands_before_no_single_edge)
{
	ctl_dns_list(wants, &t, &config, AF_INET);
	publish("av.contoso.com", ip(192, 141));
	ck_assert(!ctl_dns_is_balanced(wants));
	ck_assert_int_eq(verdict_of("av.contoso.com"), CTL_DNS_WRONG);
}
END_TEST

static const struct {
	const char *target;
	uint16_t port;
	enum ctl_dns_verdict verdict;
} services[] = {
	{"sip.contoso.com", 443, CTL_DNS_GOOD},
	{"SIP.contoso.com", 443, CTL_DNS_GOOD},
	{"access.contoso.com", 443, CTL_DNS_GOOD}, /* its own name */
	{"sip.contoso.com", 5061, CTL_DNS_WRONG},
	{"sip.litware.com", 443, CTL_DNS_WRONG},
};

START_TEST(service_has_port_and_target)
{
	struct ctl_dns_want *w;

	t.access_name = "access.contoso.com";
	w = must("_sip._tls.contoso.com");
	service(w, 0, services[_i].target, services[_i].port);
	ck_assert_int_eq(judge(w), services[_i].verdict);
}
END_TEST

START_TEST(service_is_judged_by_what_is_tried_first)
{
	struct ctl_dns_want *w = must("_sip._tls.contoso.com");

	service(w, 0, "sip.contoso.com", 443);
	service(w, 10, "sip.litware.com", 443);
	ck_assert_int_eq(judge(w), CTL_DNS_GOOD);
	w->srv[0].port = 444;
	w->srv[1] = w->srv[0];
	w->srv[1].priority = 10;
	w->srv[1].port = 443;
	ck_assert_int_eq(judge(w), CTL_DNS_WRONG);
}
END_TEST

START_TEST(absence_and_silence_are_two_things)
{
	struct ctl_dns_want *w = must("sip.contoso.com");
	struct ctl_dns_want *inside = find("lyncdiscoverinternal.contoso.com");

	ck_assert_int_eq(judge(w), CTL_DNS_SILENT);
	w->is_answered = inside->is_answered = true;
	w->err = EDGE_EDNS;
	ck_assert_int_eq(judge(w), CTL_DNS_SILENT);
	w->err = inside->err = EDGE_ENOTFOUND;
	ck_assert_int_eq(judge(w), CTL_DNS_ABSENT);
	ck_assert_int_eq(judge(inside), CTL_DNS_GOOD);
	inside->err = EDGE_OK;
	answer(inside, ip(192, 1));
	ck_assert_int_eq(judge(inside), CTL_DNS_UNWANTED);
}
END_TEST

/* -- resolv.conf --------------------------------------------------------- */

START_TEST(resolv_gives_servers_with_ports)
{
	struct edge_addr at[CTL_DNS_SERVERS];
	static const char text[] =
		"# nameserver 192.0.2.9\nsearch x\n"
		" nameserver\t192.0.2.1 \n"
		"nameserver 192.0.2.2:5353\n"
		"nameserver 192.0.2.x\nnameserver\nnameserver ::\n"
		"nameserver6 192.0.2.3\n"
		"nameserver 2001:db8::1";

	ck_assert_uint_eq(ctl_resolv_parse(at, edge_slice_str(text)), 3);
	ck_assert_uint_eq(at[0].ip[3], 1);
	ck_assert_uint_eq(at[0].port, 53);
	ck_assert_uint_eq(at[1].port, 5353);
	ck_assert_uint_eq(at[2].family, AF_INET6);
	ck_assert_uint_eq(ctl_resolv_parse(at, edge_slice_str("")), 0);
}
END_TEST

START_TEST(resolv_has_room_for_so_many)
{
	struct edge_addr at[CTL_DNS_SERVERS];
	char text[CTL_DNS_SERVERS * 40] = "";

	for (int i = 0; i < CTL_DNS_SERVERS + 2; i++)
		strcat(text, "nameserver 192.0.2.1\n");
	ck_assert_uint_eq(ctl_resolv_parse(at, edge_slice_str(text)),
			  CTL_DNS_SERVERS);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/dns_judge");
	TCase *tc = tcase_create("dns");

	tcase_set_timeout(tc, 10);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, list_has_names_and_services_of_each_domain);
	tcase_add_test(tc, list_counts_what_it_has_no_room_for);
	tcase_add_test(tc, list_has_no_federation_without_its_port);
	tcase_add_test(tc, list_never_has_a_name_of_the_inside);
	tcase_add_test(tc, list_takes_addresses_of_edge_ini_before_a_nat);
	tcase_add_test(tc, address_is_right_alone);
	tcase_add_test(tc, relay_has_the_addresses_of_all_members);
	tcase_add_test(tc, balancer_of_a_pool_is_told_by_its_relays_name);
	tcase_add_test(tc, balancer_that_edge_ini_names_is_right);
	tcase_add_test(tc, balancer_stands_before_no_single_edge);
	tcase_add_loop_test(tc, service_has_port_and_target, 0,
			    sizeof(services) / sizeof(*services));
	tcase_add_test(tc, service_is_judged_by_what_is_tried_first);
	tcase_add_test(tc, absence_and_silence_are_two_things);
	tcase_add_test(tc, resolv_gives_servers_with_ports);
	tcase_add_test(tc, resolv_has_room_for_so_many);
	suite_add_tcase(s, tc);
	return s;
}
