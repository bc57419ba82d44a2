/* The pipeline over the samples: document and HOSTS as one unit. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/import.h"

static char *slurp(const char *name, size_t *len)
{
	char path[512], *text = calloc(1, 1 << 20);
	FILE *f;

	snprintf(path, sizeof(path), "%s/topology/%s", getenv("EDGE_VECTORS"),
		 name);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(text);
	ck_assert_msg(f != NULL, "%s", path);
	*len = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	return text;
}

/* Codes found, "TOPO-X-1 HOSTS-2 "; informational ones left out. */
static char codes[1024];

static enum edge_err run(struct topo_import **out, const char *name,
			 const char *hosts)
{
	struct topo_import_plan plan = {.self = "EDGE01.corp.contoso.com."};
	struct edge_slice h = {0};
	struct topo_findings f;
	enum edge_err err;
	size_t len;
	char *xml = slurp(name, &len);

	if (hosts)
		h = edge_slice_str(hosts);
	topo_findings_init(&f, name);
	err = topo_import_build(out, edge_slice(xml, len), h, &plan, &f);
	codes[0] = '\0';
	for (size_t i = 0; i < f.count; i++)
		if (f.items[i].level != TOPO_INFO) {
			strcat(codes, f.items[i].code);
			strcat(codes, " ");
		}
	topo_findings_fini(&f);
	free(xml);
	return err;
}

START_TEST(import_takes_the_sample_with_its_hosts)
{
	struct topo_import *i = NULL;
	size_t len;
	char *hosts = slurp("n5-hosts-edge01", &len);

	ck_assert(!run(&i, "02-edge-pool-director.xml", hosts));
	ck_assert_str_eq(codes, "");
	ck_assert_str_eq(i->topo->sha256, i->source_sha256);
	ck_assert_uint_eq(strlen(i->hosts_sha256), 64);
	topo_import_free(i);
	free(hosts);
}
END_TEST

START_TEST(import_names_what_hosts_lacks_and_has_too_much)
{
	struct topo_import *i = NULL;

	ck_assert(!run(&i, "02-edge-pool-director.xml",
		       "10.20.30.31 dirpool01.corp.contoso.com\n"
		       "# BEGIN lync-edge generated x y\n"
		       "10.20.30.50 sql01.corp.contoso.com dir01\n"
		       "# END lync-edge generated\n"));
	ck_assert_str_eq(codes, "HOSTS-002 HOSTS-003 ");
	topo_import_free(i);
}
END_TEST

START_TEST(import_refuses_with_the_code_of_the_fault)
{
	static const struct {
		const char *file, *hosts, *codes;
	} cases[] = {
		{"02-edge-pool-director.xml", "10.0.0 a\n", "HOSTS-001 "},
		{"02-edge-pool-director.xml", "", "TOPO-HOP-002 "},
		{"b1-not-well-formed.xml", NULL, "TOPO-XML-001 "},
		{"b5-entity-bomb.xml", NULL, "TOPO-XML-002 "},
		{"06-single-edge-draft.tbxml", NULL, "TOPO-DOC-002 "},
	};
	struct topo_import *i = NULL;

	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++) {
		ck_assert_int_eq(run(&i, cases[n].file, cases[n].hosts),
				 EDGE_EFORMAT);
		ck_assert_str_eq(codes, cases[n].codes);
		ck_assert_ptr_null(i);
	}
}
END_TEST

START_TEST(import_refuses_a_broken_zip)
{
	struct topo_import_plan plan = {.self = "edge01.corp.contoso.com"};
	struct topo_import *i = NULL;
	struct topo_findings f;

	topo_findings_init(&f, "zip");
	ck_assert_int_eq(topo_import_build(&i, edge_slice_str("PK\3\4x"),
					   (struct edge_slice){0}, &plan, &f),
			 EDGE_EFORMAT);
	ck_assert_uint_eq(f.count, 1);
	ck_assert_str_eq(f.items[0].code, "TOPO-ZIP-001");
	topo_findings_fini(&f);
}
END_TEST

START_TEST(import_warns_when_a_suffix_is_a_sip_domain)
{
	struct topo_import_plan plan = {.self = "edge01.contoso.com"};
	struct topo_import *i = NULL;
	struct topo_findings f;
	size_t len;
	char *xml = slurp("02-edge-pool-director.xml", &len), *at;

	while ((at = strstr(xml, ".corp.contoso.com")))
		memmove(at, at + 5, strlen(at + 5) + 1);
	topo_findings_init(&f, "02");
	ck_assert(!topo_import_build(&i, edge_slice_str(xml),
				     (struct edge_slice){0}, &plan, &f));
	ck_assert_uint_ge(f.count, 1);
	ck_assert_str_eq(f.items[f.count - 1].code, "HOSTS-004");
	topo_findings_fini(&f);
	topo_import_free(i);
	free(xml);
}
END_TEST

START_TEST(import_is_the_same_for_the_same_bytes)
{
	struct topo_import *a = NULL, *b = NULL;

	ck_assert(!run(&a, "03-multi-domain-federation.xml", NULL));
	ck_assert(!run(&b, "03-multi-domain-federation.xml", NULL));
	ck_assert_str_eq(a->snap_sha256, b->snap_sha256);
	ck_assert_str_eq(a->hosts_sha256, "");
	topo_import_free(a);
	topo_import_free(b);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/import");
	TCase *t = tcase_create("import");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, import_takes_the_sample_with_its_hosts);
	tcase_add_test(t, import_names_what_hosts_lacks_and_has_too_much);
	tcase_add_test(t, import_refuses_with_the_code_of_the_fault);
	tcase_add_test(t, import_refuses_a_broken_zip);
	tcase_add_test(t, import_warns_when_a_suffix_is_a_sip_domain);
	tcase_add_test(t, import_is_the_same_for_the_same_bytes);
	suite_add_tcase(s, t);
	return s;
}
