/* Which Edge machine of a document lives here. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tests/support/topo_doc.h"
#include "topology/machines.h"

static struct topo_machines *m;
static struct topo_doc doc;
static struct topo_findings f;

static void setup(void)
{
	m = calloc(1, sizeof(*m));
	ck_assert_ptr_nonnull(m);
	topo_findings_init(&f, "x.xml");
}

static void teardown(void)
{
	topo_findings_fini(&f);
	topo_doc_fini(&doc);
	free(m);
}

static void load(const char *file)
{
	topo_doc_load(&doc, file);
	ck_assert_int_eq(
		topo_machines_read(m, edge_slice(doc.bytes, doc.len), &f),
		EDGE_OK);
}

/* "a b c" as addresses. */
static size_t addrs(struct edge_addr out[8], const char *text)
{
	struct edge_slice rest = edge_slice_str(text), word;
	size_t n = 0;

	while (edge_slice_len(rest)) {
		if (!edge_take_until(&rest, ' ', &word)) {
			word = rest;
			rest.p = rest.end;
		}
		ck_assert(!edge_addr_parse(&out[n++], word, 0));
	}
	return n;
}

static const char *found(const char *local, size_t *count)
{
	struct edge_addr here[8];
	const size_t n = addrs(here, local);
	const struct topo_machine *one = topo_machines_find(m, here, n, count);

	return one ? one->fqdn : "";
}

START_TEST(machines_of_a_pool_are_told_by_their_addresses)
{
	char here[512] = "", text[EDGE_ADDR_STRLEN];
	size_t count;

	load("02-edge-pool-director.xml");
	ck_assert_uint_ge(m->count, 2);
	for (size_t i = 0; i < m->count; i++) {
		here[0] = '\0';
		for (size_t k = 0; k < m->v[i].addr_count; k++) {
			edge_addr_print_ip(&m->v[i].addrs[k], false, text);
			strcat(here, k ? " " : "");
			strcat(here, text);
		}
		ck_assert_uint_eq(m->v[i].addr_count, 4);
		ck_assert_str_eq(found(here, &count), m->v[i].fqdn);
		ck_assert_uint_eq(count, 1);
		ck_assert_str_eq(m->v[i].pool, m->v[0].pool);
	}
}
END_TEST

START_TEST(machines_with_an_address_elsewhere_are_not_here)
{
	struct edge_addr here[8];
	size_t count = 9, n;

	load("01-single-edge-minimal.xml");
	ck_assert_uint_eq(m->count, 1);
	n = m->v[0].addr_count;
	ck_assert_uint_ge(n, 2);
	memcpy(here, m->v[0].addrs, n * sizeof(*here));
	ck_assert_ptr_eq(topo_machines_find(m, here, n, &count), &m->v[0]);
	ck_assert_ptr_null(topo_machines_find(m, here, n - 1, &count));
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(topo_machine_here(&m->v[0], here, n - 1), n - 1);
}
END_TEST

START_TEST(machines_that_are_all_here_are_ambiguous)
{
	struct edge_addr here[16];
	size_t count, n = 0;

	load("02-edge-pool-director.xml");
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < m->v[i].addr_count; k++)
			here[n++] = m->v[i].addrs[k];
	ck_assert_ptr_null(topo_machines_find(m, here, n, &count));
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(machines_are_found_by_name)
{
	load("01-single-edge-minimal.xml");
	ck_assert_ptr_eq(topo_machines_named(m, m->v[0].fqdn), &m->v[0]);
	ck_assert_ptr_null(topo_machines_named(m, "nobody.contoso.com"));
}
END_TEST

START_TEST(machines_of_what_is_no_document_are_a_finding)
{
	ck_assert_int_ne(
		topo_machines_read(m, edge_slice_str("no document"), &f),
		EDGE_OK);
	ck_assert_uint_eq(m->count, 0);
	ck_assert_uint_ge(f.count, 1);
}
END_TEST

START_TEST(machines_have_names_of_dns_or_are_left_out)
{
	static const char *const bad[] = {"a;id",	"$(id).contoso.com",
					  "edge 01",	"a`id`",
					  "e&#x7f;",	"edge01&#10;id",
					  "192.0.2.21", "edge01..contoso"};
	static const char *const in[] = {"RequiresSetup=\"true\" ",
					 "OrdinalInCluster=\"1\" "};
	char with[200], was[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		topo_doc_load(&doc, "01-single-edge-minimal.xml");
		/* of the pool, then of the machine in it */
		(void)snprintf(with, sizeof(with), "%sFqdn=\"%s\"", in[i % 2],
			       bad[i]);
		(void)snprintf(was, sizeof(was), "%sFqdn=\"%s\"", in[i % 2],
			       "edge01.corp.contoso.com");
		topo_doc_replace(&doc, was, with);
		ck_assert(!topo_machines_read(m, edge_slice(doc.bytes, doc.len),
					      &f));
		ck_assert_msg(!m->count && m->left_out == 1, "%s", bad[i]);
		topo_doc_fini(&doc);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/machines");
	TCase *t = tcase_create("machines");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, machines_of_a_pool_are_told_by_their_addresses);
	tcase_add_test(t, machines_with_an_address_elsewhere_are_not_here);
	tcase_add_test(t, machines_that_are_all_here_are_ambiguous);
	tcase_add_test(t, machines_are_found_by_name);
	tcase_add_test(t, machines_have_names_of_dns_or_are_left_out);
	tcase_add_test(t, machines_of_what_is_no_document_are_a_finding);
	suite_add_tcase(s, t);
	return s;
}
