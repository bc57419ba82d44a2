/* The store: versions appear whole, are verified, and are cleaned up. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/suite.h"
#include "topology/import.h"
#include "topology/store_write.h"

static char state[] = "/tmp/lync-edge-XXXXXX"; /* made per test */
static char *snap;
static size_t snap_len;

static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(f != NULL, "%s", path);
	*len = fread(text, 1, (1 << 20) - 1, f);
	fclose(f);
	return text;
}

/* A real snapshot, of sample 02. */
static void setup(void)
{
	struct topo_import_plan plan = {.self = "edge01.corp.contoso.com"};
	struct topo_import *i = NULL;
	struct topo_findings f;
	char path[512], *xml;
	size_t len;

	strcpy(state, "/tmp/lync-edge-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(state));
	snprintf(path, sizeof(path), "%s/topology/02-edge-pool-director.xml",
		 getenv("EDGE_VECTORS"));
	xml = slurp(path, &len);
	topo_findings_init(&f, "02");
	ck_assert(!topo_import_build(&i, edge_slice(xml, len),
				     (struct edge_slice){0}, &plan, &f));
	ck_assert_str_eq(i->topo->self, "edge01.corp.contoso.com");
	snap = strndup(i->snap, i->snap_len);
	snap_len = i->snap_len;
	topo_findings_fini(&f);
	topo_import_free(i);
	free(xml);
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", state);
	ck_assert(!system(command));
	free(snap);
}

static struct topo_writer *writer(void)
{
	struct topo_writer *w = NULL;
	char why[200] = "";

	ck_assert_msg(!topo_writer_open(&w, state, why, sizeof(why)), "%s",
		      why);
	return w;
}

static struct topo_meta meta_of(uint64_t seq)
{
	struct topo_meta m = {.seq = seq, .self = "edge01.corp.contoso.com"};

	topo_import_hash(m.snap_sha256, edge_slice(snap, snap_len));
	topo_import_hash(m.source_sha256, edge_slice_str("source"));
	return m;
}

static void write_version(struct topo_writer *w, uint64_t seq)
{
	struct topo_meta m = meta_of(seq);

	ck_assert(!topo_writer_stage(w));
	ck_assert(!topo_writer_add(w, "topology.snap",
				   edge_slice(snap, snap_len)));
	ck_assert(!topo_writer_add(w, "source", edge_slice_str("source")));
	ck_assert(!topo_writer_finish(w, &m));
}

static uint64_t current(const struct topo_store *s)
{
	uint64_t seq = 99;

	ck_assert(!topo_store_seq(s, &seq));
	return seq;
}

static bool exists(const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/replica/%s", state, name);
	return !lstat(path, &st);
}

START_TEST(store_open_finds_nothing_before_the_first_import)
{
	struct topo_store *s = NULL;
	const struct topo *t = NULL;
	struct topo_writer *w;

	ck_assert_int_eq(topo_store_open(&s, state), EDGE_ENOTFOUND);
	ck_assert_int_eq(topo_store_open(&s, "/nonexistent"), EDGE_ENOTFOUND);
	w = writer();
	ck_assert_uint_eq(current(topo_writer_store(w)), 0);
	ck_assert_int_eq(topo_store_current(topo_writer_store(w), &t, NULL, 0),
			 EDGE_ENOTFOUND);
	topo_writer_free(w);
}
END_TEST

START_TEST(store_current_is_the_version_made_current)
{
	struct topo_writer *w = writer();
	struct topo_store *s = NULL;
	const struct topo *t = NULL;
	char why[200] = "";

	write_version(w, 1);
	ck_assert(!topo_store_open(&s, state));
	ck_assert_uint_eq(current(s), 0);
	/* daemons can prepare it before it is current */
	ck_assert_msg(!topo_store_load(s, 1, &t, why, sizeof(why)), "%s", why);
	ck_assert_uint_eq(t->seq, 1);
	topo_drop(t);
	ck_assert(!topo_writer_activate(w, 1));
	ck_assert(!topo_store_current(s, &t, why, sizeof(why)));
	ck_assert_str_eq(t->pool, "edgepool01.corp.contoso.com");
	topo_drop(t);
	ck_assert_int_eq(topo_store_load(s, 2, &t, why, sizeof(why)),
			 EDGE_ENOTFOUND);
	topo_store_free(s);
	topo_writer_free(w);
}
END_TEST

START_TEST(store_refuses_a_changed_snapshot)
{
	struct topo_writer *w = writer();
	const struct topo *t = NULL;
	char path[256], why[200] = "";
	int fd;

	write_version(w, 1);
	ck_assert(!topo_writer_activate(w, 1));
	snprintf(path, sizeof(path), "%s/replica/current/topology.snap", state);
	fd = open(path, O_WRONLY | O_APPEND);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
	ck_assert_int_eq(
		topo_store_current(topo_writer_store(w), &t, why, sizeof(why)),
		EDGE_EAUTH);
	ck_assert_ptr_nonnull(strstr(why, "changed"));
	topo_writer_free(w);
}
END_TEST

static mode_t mode_of(const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/replica/current/%s", state, name);
	ck_assert_msg(!stat(path, &st), "%s", path);
	return st.st_mode & 07777;
}

/* The export and its snapshot hold what makes dialback keys. */
START_TEST(store_shows_secrets_to_nobody_else)
{
	struct topo_writer *w = writer();
	mode_t old = umask(0);

	write_version(w, 1);
	umask(old);
	ck_assert(!topo_writer_activate(w, 1));
	ck_assert_uint_eq(mode_of("source"), 0600);
	ck_assert_uint_eq(mode_of("topology.snap"), 0640);
	ck_assert_uint_eq(mode_of("meta"), 0644);
	topo_writer_free(w);
}
END_TEST

START_TEST(store_never_follows_links)
{
	struct topo_writer *w = writer();
	const struct topo *t = NULL;
	char path[256];

	write_version(w, 1);
	ck_assert(!topo_writer_activate(w, 1));
	snprintf(path, sizeof(path), "%s/replica/current/topology.snap", state);
	ck_assert(!unlink(path));
	ck_assert(!symlink("/etc/passwd", path));
	ck_assert_int_eq(topo_store_current(topo_writer_store(w), &t, NULL, 0),
			 EDGE_EDENIED);
	snprintf(path, sizeof(path), "%s/replica/current", state);
	ck_assert(!unlink(path));
	ck_assert(!symlink("../../../etc", path));
	ck_assert_int_eq(topo_store_current(topo_writer_store(w), &t, NULL, 0),
			 EDGE_EFORMAT);
	topo_writer_free(w);
}
END_TEST

START_TEST(writer_removes_what_was_never_taken)
{
	struct topo_writer *w = writer();

	write_version(w, 1);
	ck_assert(!topo_writer_activate(w, 1));
	write_version(w, 2); /* as after a kill during prepare */
	ck_assert(!topo_writer_stage(w));
	ck_assert(exists("staging"));
	topo_writer_free(w);
	ck_assert(!exists("staging"));
	ck_assert(exists("versions/2-41cf6794"));
	topo_writer_free(writer());
	ck_assert(!exists("versions/2-41cf6794"));
	ck_assert(exists("versions/1-41cf6794"));
}
END_TEST

START_TEST(writer_is_alone)
{
	struct topo_writer *w = writer(), *other = NULL;
	char why[200] = "";

	ck_assert_int_eq(topo_writer_open(&other, state, why, sizeof(why)),
			 EDGE_ESTATE);
	ck_assert_ptr_nonnull(strstr(why, "another"));
	topo_writer_free(w);
	topo_writer_free(writer());
}
END_TEST

START_TEST(writer_keeps_ten_versions)
{
	struct topo_writer *w = writer();
	uint64_t *seqs = NULL, next;
	size_t count;

	for (uint64_t seq = 1; seq <= 13; seq++) {
		write_version(w, seq);
		ck_assert(!topo_writer_activate(w, seq));
	}
	ck_assert(!topo_writer_prune(w));
	ck_assert(!topo_store_list(topo_writer_store(w), &seqs, &count));
	ck_assert_uint_eq(count, TOPO_VERSIONS_KEPT);
	ck_assert_uint_eq(seqs[0], 4);
	ck_assert_uint_eq(seqs[9], 13);
	free(seqs);
	ck_assert(!topo_writer_next(w, 5, &next));
	ck_assert_uint_eq(next, 14);
	ck_assert(!topo_writer_next(w, 50, &next));
	ck_assert_uint_eq(next, 50);
	ck_assert_int_eq(topo_writer_remove(w, 13), EDGE_ESTATE);
	ck_assert_int_eq(topo_writer_remove(w, 77), EDGE_OK);
	topo_writer_free(w);
}
END_TEST

START_TEST(writer_audit_keeps_one_line_a_change)
{
	struct topo_writer *w = writer();
	char path[256], *text;
	size_t len;

	ck_assert(!topo_writer_audit(w, 0, "a\nb"));
	ck_assert(!topo_writer_audit(w, 1, "c"));
	topo_writer_free(w);
	snprintf(path, sizeof(path), "%s/replica/audit", state);
	text = slurp(path, &len);
	ck_assert_str_eq(text, "1970-01-01T00:00:00Z a?b\n"
			       "1970-01-01T00:00:01Z c\n");
	free(text);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, store_open_finds_nothing_before_the_first_import);
	tcase_add_test(t, store_current_is_the_version_made_current);
	tcase_add_test(t, store_refuses_a_changed_snapshot);
	tcase_add_test(t, store_shows_secrets_to_nobody_else);
	tcase_add_test(t, store_never_follows_links);
	tcase_add_test(t, writer_removes_what_was_never_taken);
	tcase_add_test(t, writer_is_alone);
	tcase_add_test(t, writer_keeps_ten_versions);
	tcase_add_test(t, writer_audit_keeps_one_line_a_change);
	suite_add_tcase(s, t);
	return s;
}
