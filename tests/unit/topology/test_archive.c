/* Zip: what is taken, and every reason to refuse (TO 4.3 step 3). The
 * archives are written here byte by byte, so that they can be wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "topology/archive.h"

enum { CAP = 1 << 20 };

struct zipped {
	uint8_t *p;
	size_t len;
	uint8_t central[1 << 16];
	size_t central_len;
	unsigned count;
};

struct member { /* zero: stored, regular, honest */
	const char *name, *text;
	size_t name_len, packed_len, size;
	const uint8_t *packed;
	unsigned method, flags, mode;
	uint32_t crc_xor;
};

static uint32_t crc_of(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void put(uint8_t *p, size_t *len, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[(*len)++] = (uint8_t)(v >> (8 * i));
}

static void put_common(uint8_t *p, size_t *len, const struct member *m,
		       uint32_t crc)
{
	put(p, len, 20, 2);
	put(p, len, m->flags, 2);
	put(p, len, m->method, 2);
	put(p, len, 0, 4); /* time and date */
	put(p, len, crc, 4);
	put(p, len, m->packed_len, 4);
	put(p, len, m->size, 4);
	put(p, len, m->name_len, 2);
	put(p, len, 0, 2); /* extra */
}

static void add(struct zipped *z, struct member m)
{
	uint32_t at = (uint32_t)z->len, crc;

	if (!m.packed) {
		m.packed = (const uint8_t *)m.text;
		m.packed_len = strlen(m.text);
	}
	if (!m.size)
		m.size = m.packed_len;
	if (!m.name_len)
		m.name_len = strlen(m.name);
	crc = m.method ? 0 : crc_of(m.packed, m.packed_len);
	crc ^= m.crc_xor;
	put(z->p, &z->len, 0x04034b50, 4);
	put_common(z->p, &z->len, &m, crc);
	memcpy(z->p + z->len, m.name, m.name_len);
	z->len += m.name_len;
	memcpy(z->p + z->len, m.packed, m.packed_len);
	z->len += m.packed_len;
	put(z->central, &z->central_len, 0x02014b50, 4);
	put(z->central, &z->central_len, 3 << 8 | 20, 2); /* made on Unix */
	put_common(z->central, &z->central_len, &m, crc);
	put(z->central, &z->central_len, 0, 6); /* comment, disk, internal */
	put(z->central, &z->central_len, (uint64_t)m.mode << 16, 4);
	put(z->central, &z->central_len, at, 4);
	memcpy(z->central + z->central_len, m.name, m.name_len);
	z->central_len += m.name_len;
	z->count++;
}

static struct edge_slice finish(struct zipped *z)
{
	uint32_t at = (uint32_t)z->len;

	memcpy(z->p + z->len, z->central, z->central_len);
	z->len += z->central_len;
	put(z->p, &z->len, 0x06054b50, 4);
	put(z->p, &z->len, 0, 4);
	put(z->p, &z->len, z->count, 2);
	put(z->p, &z->len, z->count, 2);
	put(z->p, &z->len, z->central_len, 4);
	put(z->p, &z->len, at, 4);
	put(z->p, &z->len, 0, 2);
	return edge_slice(z->p, z->len);
}

static struct zipped *fresh(void)
{
	struct zipped *z = calloc(1, sizeof(*z));

	ck_assert_ptr_nonnull(z);
	z->p = malloc(CAP);
	ck_assert_ptr_nonnull(z->p);
	return z;
}

static void drop(struct zipped *z)
{
	free(z->p);
	free(z);
}

START_TEST(archive_read_gives_stored_and_named_entries)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	uint8_t *p = NULL;
	size_t i = 9, len;

	add(z, (struct member){.name = "x/DocItemSet.xml", .text = "hello"});
	add(z, (struct member){.name = "y\\other.xml", .text = ""});
	ck_assert(topo_archive_is_zip(edge_slice(z->p, z->len)));
	ck_assert(!topo_archive_open(&a, finish(z), NULL, 0));
	ck_assert_uint_eq(topo_archive_count(a), 2);
	ck_assert_str_eq(topo_archive_name(a, 1), "y/other.xml");
	ck_assert(!topo_archive_find(a, "DocItemSet.xml", &i));
	ck_assert_uint_eq(i, 0);
	ck_assert_int_eq(topo_archive_find(a, "ItemSet.xml", &i),
			 EDGE_ENOTFOUND);
	ck_assert(!topo_archive_read(a, 0, &p, &len));
	ck_assert_uint_eq(len, 5);
	ck_assert_str_eq((char *)p, "hello");
	free(p);
	topo_archive_free(a);
	drop(z);
}
END_TEST

static const uint8_t deflated[] = {0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00};

START_TEST(archive_read_inflates)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	uint8_t *p = NULL;
	size_t len;

	add(z, (struct member){.name = "a",
			       .packed = deflated,
			       .packed_len = sizeof(deflated),
			       .size = 5,
			       .method = 8,
			       .crc_xor = 0x3610a686});
	ck_assert(!topo_archive_open(&a, finish(z), NULL, 0));
	ck_assert(!topo_archive_read(a, 0, &p, &len));
	ck_assert_str_eq((char *)p, "hello");
	free(p);
	topo_archive_free(a);
	drop(z);
}
END_TEST

static const struct {
	struct member m;
	enum edge_err err;
	const char *why;
} bad[] = {
	{{.name = "/etc/x", .text = "a"}, EDGE_EDENIED, "absolute"},
	{{.name = "\\x", .text = "a"}, EDGE_EDENIED, "absolute"},
	{{.name = "C:x", .text = "a"}, EDGE_EDENIED, "drive"},
	{{.name = "..", .text = "a"}, EDGE_EDENIED, ".."},
	{{.name = "a/../x", .text = "a"}, EDGE_EDENIED, ".."},
	{{.name = "a\\..\\x", .text = "a"}, EDGE_EDENIED, ".."},
	{{.name = "a/..", .text = "a"}, EDGE_EDENIED, ".."},
	{{.name = "a\x01", .text = "a"}, EDGE_EDENIED, "control"},
	{{.name = "link", .text = "a", .mode = 0120777}, EDGE_EDENIED, "link"},
	{{.name = "dev", .text = "a", .mode = 0060600}, EDGE_EDENIED, "device"},
	{{.name = "enc", .text = "a", .flags = 1}, EDGE_EDENIED, "encrypted"},
	{{.name = "lzma", .text = "a", .method = 14}, EDGE_EDENIED, "method"},
	{{.name = "bomb", .text = "a", .size = 201, .method = 8},
	 EDGE_ELIMIT,
	 "200 to 1"},
	{{.name = "big", .text = "a", .size = 0x10000001, .method = 8},
	 EDGE_ELIMIT,
	 "256 MiB"},
};

START_TEST(archive_open_refuses_and_says_why)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	char why[200] = "";

	add(z, (struct member){.name = "good", .text = "a"});
	add(z, bad[_i].m);
	ck_assert_int_eq(topo_archive_open(&a, finish(z), why, sizeof(why)),
			 bad[_i].err);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s", why);
	ck_assert_ptr_null(a);
	drop(z);
}
END_TEST

START_TEST(archive_open_refuses_names_given_twice)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;

	add(z, (struct member){.name = "DocItemSet.xml", .text = "a"});
	add(z, (struct member){.name = "docitemset.XML", .text = "b"});
	ck_assert_int_eq(topo_archive_open(&a, finish(z), NULL, 0), EDGE_EDUP);
	drop(z);
}
END_TEST

START_TEST(archive_find_refuses_two_of_one_name)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	size_t i;

	add(z, (struct member){.name = "a/DocItemSet.xml", .text = "a"});
	add(z, (struct member){.name = "b/DocItemSet.xml", .text = "b"});
	ck_assert(!topo_archive_open(&a, finish(z), NULL, 0));
	ck_assert_int_eq(topo_archive_find(a, "DocItemSet.xml", &i), EDGE_EDUP);
	topo_archive_free(a);
	drop(z);
}
END_TEST

START_TEST(archive_open_counts_entries)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	char name[16];

	for (unsigned i = 0; i < TOPO_ARCHIVE_ENTRIES_MAX + (unsigned)_i; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		add(z, (struct member){.name = name, .text = "a"});
	}
	ck_assert_int_eq(topo_archive_open(&a, finish(z), NULL, 0),
			 _i ? EDGE_ELIMIT : EDGE_OK);
	topo_archive_free(a);
	drop(z);
}
END_TEST

START_TEST(archive_open_adds_sizes_up)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	uint8_t *zeros = calloc(1, 700000);

	/* two entries of 132 MiB each, both within the ratio */
	ck_assert_ptr_nonnull(zeros);
	free(z->p);
	z->p = malloc(1 << 21);
	for (unsigned i = 0; i < 2; i++)
		add(z, (struct member){.name = i ? "a" : "b",
				       .packed = zeros,
				       .packed_len = 700000,
				       .size = 138000000,
				       .method = 8});
	ck_assert_int_eq(topo_archive_open(&a, finish(z), NULL, 0),
			 EDGE_ELIMIT);
	free(zeros);
	drop(z);
}
END_TEST

START_TEST(archive_read_refuses_content_unlike_its_header)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	uint8_t *p = NULL;
	size_t len;

	add(z, (struct member){.name = "a", .text = "hello", .crc_xor = 1});
	add(z, (struct member){.name = "b",
			       .packed = deflated,
			       .packed_len = sizeof(deflated),
			       .size = 4,
			       .method = 8,
			       .crc_xor = 0x3610a686});
	ck_assert(!topo_archive_open(&a, finish(z), NULL, 0));
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(topo_archive_read(a, i, &p, &len),
				 EDGE_EFORMAT);
		ck_assert_ptr_null(p);
	}
	topo_archive_free(a);
	drop(z);
}
END_TEST

START_TEST(archive_open_refuses_every_strict_prefix)
{
	struct zipped *z = fresh();
	struct topo_archive *a = NULL;
	struct edge_slice whole;

	add(z, (struct member){.name = "a", .text = "hello"});
	whole = finish(z);
	for (size_t n = 0; n < edge_slice_len(whole); n++)
		ck_assert_int_ne(
			topo_archive_open(&a, edge_slice(whole.p, n), NULL, 0),
			EDGE_OK);
	ck_assert_ptr_null(a);
	drop(z);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("topology/archive");
	TCase *t = tcase_create("archive");

	tcase_set_timeout(t, 20);
	tcase_add_test(t, archive_read_gives_stored_and_named_entries);
	tcase_add_test(t, archive_read_inflates);
	tcase_add_loop_test(t, archive_open_refuses_and_says_why, 0,
			    sizeof(bad) / sizeof(*bad));
	tcase_add_test(t, archive_open_refuses_names_given_twice);
	tcase_add_test(t, archive_find_refuses_two_of_one_name);
	tcase_add_loop_test(t, archive_open_counts_entries, 0, 2);
	tcase_add_test(t, archive_open_adds_sizes_up);
	tcase_add_test(t, archive_read_refuses_content_unlike_its_header);
	tcase_add_test(t, archive_open_refuses_every_strict_prefix);
	suite_add_tcase(s, t);
	return s;
}
