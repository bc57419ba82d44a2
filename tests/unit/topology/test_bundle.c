/* Bundles: a signature first, then every hash; bare exports only when asked.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "topology/bundle.h"
#include "topology/file.h"

/* RFC 8032 section 7.1, TEST 1 */
static const char private_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";
static const char public_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
	"-----END PUBLIC KEY-----\n";

static char folder[64];
static char why[256];

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	unlink(path_of(name));
	ck_assert(!topo_file_create(AT_FDCWD, path_of(name), 0600,
				    edge_slice_str(text)));
}

/* folder/in is the bundle, folder/keys the pinned keys, folder/key signs. */
static void setup(void)
{
	strcpy(folder, "/tmp/lync-edge-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(!mkdir(path_of("in"), 0700) && !mkdir(path_of("keys"), 0700));
	write_file("key", private_key);
	write_file("keys/operator.pem", public_key);
	write_file("keys/README", "no key");
	write_file("in/export.xml", "<x/>");
	write_file("in/hosts", "10.0.0.1 a\n");
	why[0] = '\0';
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert(!system(command));
}

static enum edge_err sign(uint64_t seq)
{
	char in[128], key[128];
	const struct topo_signing s = {in, key, seq, 1784700000};

	snprintf(in, sizeof(in), "%s", path_of("in"));
	snprintf(key, sizeof(key), "%s", path_of("key"));
	return topo_bundle_sign(&s, why, sizeof(why));
}

static enum edge_err read_it(struct topo_bundle **out, const char *name,
			     bool allow_unsigned)
{
	char path[128], keys[128];
	struct topo_bundle_plan p = {
		.path = path, .keys = keys, .allow_unsigned = allow_unsigned};

	snprintf(path, sizeof(path), "%s", path_of(name));
	snprintf(keys, sizeof(keys), "%s", path_of("keys"));
	*out = NULL;
	return topo_bundle_read(out, &p, why, sizeof(why));
}

static void refused(bool allow_unsigned, enum edge_err err, const char *part)
{
	struct topo_bundle *b;

	ck_assert_int_eq(read_it(&b, "in", allow_unsigned), err);
	ck_assert_ptr_null(b);
	ck_assert_msg(strstr(why, part) != NULL, "%s", why);
}

START_TEST(bundle_read_gives_what_was_signed)
{
	struct topo_bundle *b;

	ck_assert_msg(!sign(7), "%s", why);
	ck_assert_msg(!read_it(&b, "in", false), "%s", why);
	ck_assert_uint_eq(b->seq, 7);
	ck_assert_uint_eq(b->created_s, 1784700000);
	ck_assert_str_eq(b->signer, "operator.pem");
	ck_assert_str_eq(b->name, "export.xml");
	ck_assert_str_eq((char *)b->source.p, "<x/>");
	ck_assert_str_eq((char *)b->hosts.p, "10.0.0.1 a\n");
	ck_assert_ptr_null(b->secrets.p);
	topo_bundle_free(b);
}
END_TEST

START_TEST(bundle_read_refuses_a_changed_file)
{
	ck_assert(!sign(7));
	write_file("in/hosts", "10.0.0.2 a\n");
	refused(false, EDGE_EAUTH, "not the file that was signed");
	refused(true, EDGE_EAUTH, "not the file that was signed");
}
END_TEST

START_TEST(bundle_read_refuses_a_changed_manifest)
{
	uint8_t *text = NULL;
	size_t len;

	ck_assert(!sign(7));
	ck_assert(!topo_file_read(&text, &len, AT_FDCWD, path_of("in/manifest"),
				  8192));
	*strchr((char *)text, '7') = '9';
	write_file("in/manifest", (char *)text);
	free(text);
	refused(false, EDGE_EAUTH, "none of the 1 keys");
	refused(true, EDGE_EAUTH, "none of the 1 keys");
}
END_TEST

START_TEST(bundle_read_wants_a_signature_unless_told)
{
	struct topo_bundle *b;

	ck_assert(!sign(7));
	ck_assert(!unlink(path_of("in/manifest.sig")));
	refused(false, EDGE_EAUTH, "no manifest.sig");
	ck_assert(!read_it(&b, "in", true));
	ck_assert_str_eq(b->signer, "unsigned");
	topo_bundle_free(b);
	ck_assert_int_eq(read_it(&b, "in/export.xml", false), EDGE_EAUTH);
	ck_assert(!read_it(&b, "in/export.xml", true));
	ck_assert_uint_eq(b->seq, 0);
	ck_assert_ptr_null(b->hosts.p);
	topo_bundle_free(b);
}
END_TEST

START_TEST(bundle_read_names_what_is_missing)
{
	struct topo_bundle *b;

	refused(true, EDGE_EFORMAT, "no manifest");
	ck_assert(!sign(7));
	ck_assert(!unlink(path_of("in/export.xml")));
	refused(false, EDGE_EFORMAT, "export.xml, which is not in the bundle");
	ck_assert_int_eq(read_it(&b, "none", true), EDGE_ENOTFOUND);
	ck_assert(!symlink("in/hosts", path_of("link")));
	ck_assert_int_eq(read_it(&b, "link", true), EDGE_EDENIED);
}
END_TEST

START_TEST(bundle_sign_wants_one_export)
{
	write_file("in/second.xml", "<y/>");
	ck_assert_int_eq(sign(7), EDGE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(why, "more than one"));
	ck_assert(!unlink(path_of("in/second.xml")) &&
		  !unlink(path_of("in/export.xml")));
	ck_assert_int_eq(sign(7), EDGE_EFORMAT);
	ck_assert_ptr_nonnull(strstr(why, "no export"));
	write_file("in/export.xml", "<x/>");
	write_file("key", public_key);
	ck_assert_int_eq(sign(7), EDGE_EAUTH);
}
END_TEST

START_TEST(bundle_document_is_the_source_or_what_the_zip_holds)
{
	struct edge_slice doc;
	uint8_t *copy = NULL;

	ck_assert(!topo_bundle_document(&doc, &copy, edge_slice_str("<x/>"),
					why, sizeof(why)));
	ck_assert_ptr_null(copy);
	ck_assert(edge_slice_eq_str(doc, "<x/>"));
	ck_assert_int_eq(topo_bundle_document(&doc, &copy,
					      edge_slice_str("PK\3\4broken"),
					      why, sizeof(why)),
			 EDGE_EFORMAT);
	ck_assert_ptr_null(copy);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/bundle");
	TCase *t = tcase_create("bundle");

	tcase_set_timeout(t, 20);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, bundle_read_gives_what_was_signed);
	tcase_add_test(t, bundle_read_refuses_a_changed_file);
	tcase_add_test(t, bundle_read_refuses_a_changed_manifest);
	tcase_add_test(t, bundle_read_wants_a_signature_unless_told);
	tcase_add_test(t, bundle_read_names_what_is_missing);
	tcase_add_test(t, bundle_sign_wants_one_export);
	tcase_add_test(t, bundle_document_is_the_source_or_what_the_zip_holds);
	suite_add_tcase(s, t);
	return s;
}
