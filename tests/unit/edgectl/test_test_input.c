/* edgectl/test_input.c: persons, passwords, servers. */
#include <check.h>
#include <netinet/in.h>
#include <string.h>

#include "edgectl/test_input.h"
#include "tests/support/certs.h"
#include "tests/support/suite.h"
#include "tests/support/topo_fixture.h"

static struct ctl c;
static struct certs *folder;

static void setup(void)
{
	ck_assert(!ctl_init(&c));
	c.json = true; /* nothing on the terminal */
	folder = certs_new();
	certs_write(folder, "good", "se\"cret\r\nsecond line\n");
	certs_write(folder, "empty", "\nsecond line\n");
}

static void teardown(void)
{
	certs_free(folder);
	ctl_fini(&c);
}

static struct ctl_person person(const char *aor, const char *file)
{
	return (struct ctl_person){
		.role = "user",
		.aor = aor,
		.password_file = file ? certs_path(folder, file) : NULL};
}

START_TEST(person_gets_name_and_password)
{
	struct ctl_person p = person("alice@contoso.com", "good");

	ck_assert_int_eq(ctl_person_check(&c, &p), CTL_GOOD);
	ck_assert_str_eq(p.aor, "sip:alice@contoso.com");
	ck_assert_str_eq(p.name, "alice");
	ck_assert_str_eq(p.password, "se\"cret");
	ctl_person_fini(&p);
	ck_assert_str_eq(p.password, "");

	p = person("sip:alice@contoso.com", "good");
	p.given_name = "CONTOSO\\alice";
	ck_assert_int_eq(ctl_person_check(&c, &p), CTL_GOOD);
	ck_assert_str_eq(p.name, "CONTOSO\\alice");
	ctl_person_fini(&p);
}
END_TEST

static const char *const strange[] = {
	"alice",	  "@contoso.com",
	"sip:alice@",	  "sip:al ice@x.com",
	"sip:a@b@c",	  "sip:<a>@x.com",
	"sip:a@x.com;lr", "sip:a\r\nX: y@x.com",
	"sip:a&b@x.com",  "sip:\xc3\xa4@x.com",
};

START_TEST(person_with_a_strange_address_is_usage)
{
	struct ctl_person p = person(strange[_i], "good");

	ck_assert_int_eq(ctl_person_check(&c, &p), CTL_USAGE);
}
END_TEST

START_TEST(person_without_password_is_told)
{
	struct ctl_person p = person("sip:a@x.com", NULL);

	ck_assert_int_eq(ctl_person_check(&c, &p), CTL_USAGE);
	p = person("sip:a@x.com", "empty");
	ck_assert_int_eq(ctl_person_check(&c, &p), CTL_IO);
	p = person("sip:a@x.com", "none");
	ck_assert_int_eq(ctl_person_check(&c, &p), CTL_IO);
	p = person("sip:a@x.com", "good");
	p.given_name = "a\"b";
	ck_assert_int_eq(ctl_person_check(&c, &p), CTL_USAGE);
}
END_TEST

START_TEST(resolve_takes_addresses_and_names)
{
	const struct topo t = topo_fixture();
	struct edge_addr a;

	ck_assert(ctl_input_resolve(&a, "192.0.2.41", 3478, &t));
	ck_assert_uint_eq(a.port, 3478);
	ck_assert_int_eq(a.family, AF_INET);
	ck_assert(ctl_input_resolve(&a, "localhost", 443, &t));
	ck_assert(!ctl_input_resolve(&a, "192.0.2.41", 0, &t));
	ck_assert(!ctl_input_resolve(&a, "no such name", 1, &t));
}
END_TEST

START_TEST(resolve_takes_inside_names_from_the_topology)
{
	const struct edge_addr there = {
		.family = AF_INET, .ip = {10, 0, 5, 11}, .port = 5061};
	const struct topo_host host = {
		.fqdn = "fe01.contoso.net", .addrs = &there, .addr_count = 1};
	struct topo t = topo_fixture();
	struct edge_addr a;

	t.hosts = &host;
	t.host_count = 1;
	ck_assert(ctl_input_resolve(&a, t.pool, 3478, &t));
	t.internal.port = 3478;
	ck_assert(edge_addr_eq(&a, &t.internal));
	ck_assert(ctl_input_resolve(&a, "fe01.contoso.net", 5061, &t));
	ck_assert(edge_addr_eq(&a, &there));
	ck_assert(!ctl_input_resolve(&a, "nobody.contoso.net", 5061, &t));
}
END_TEST

START_TEST(server_is_given_or_the_access_edge)
{
	struct topo t = topo_fixture();
	struct edge_addr a;
	char text[EDGE_ADDR_STRLEN];
	static const char *const rows[][2] = {
		{NULL, "192.0.2.21:443"},
		{"192.0.2.1", "192.0.2.1:443"},
		{"192.0.2.1:5061", "192.0.2.1:5061"},
		{"[2001:db8::1]:5061", "[2001:db8::1]:5061"},
		{"2001:db8::1", "[2001:db8::1]:443"},
	};

	t.access_name = "192.0.2.21";
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ck_assert(ctl_input_server(&a, rows[i][0], &t));
		edge_addr_print(&a, text);
		ck_assert_str_eq(text, rows[i][1]);
	}
	ck_assert(!ctl_input_server(&a, "192.0.2.1:x", &t));
	ck_assert(!ctl_input_server(&a, "192.0.2.1:70000", &t));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("edgectl/test_input");
	TCase *t = tcase_create("input");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, person_gets_name_and_password);
	tcase_add_loop_test(t, person_with_a_strange_address_is_usage, 0,
			    sizeof(strange) / sizeof(*strange));
	tcase_add_test(t, person_without_password_is_told);
	tcase_add_test(t, resolve_takes_addresses_and_names);
	tcase_add_test(t, resolve_takes_inside_names_from_the_topology);
	tcase_add_test(t, server_is_given_or_the_access_edge);
	suite_add_tcase(s, t);
	return s;
}
