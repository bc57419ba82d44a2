/* The only file that sees libzip. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <zip.h>

#include "topology/archive.h"

struct entry {
	char name[TOPO_ARCHIVE_NAME_MAX + 1];
	uint64_t size;
};

struct topo_archive {
	zip_t *zip;
	struct entry *entries;
	size_t count;
};

EDGE_PRINTF(4, 5)
static enum edge_err refuse(char *why, size_t cap, enum edge_err err,
			    const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return err;
	va_start(ap, fmt);
	vsnprintf(why, cap, fmt, ap);
	va_end(ap);
	return err;
}

bool topo_archive_is_zip(struct edge_slice bytes)
{
	/* local file header, or the end record of an empty archive */
	return edge_slice_len(bytes) >= 4 &&
	       (!memcmp(bytes.p, "PK\3\4", 4) || !memcmp(bytes.p, "PK\5\6", 4));
}

/* What is wrong with a path in an archive; NULL when it stays inside. */
static const char *name_fault(const char *name)
{
	if (!*name)
		return "empty name";
	if (*name == '/')
		return "absolute path";
	if (((*name >= 'a' && *name <= 'z') ||
	     (*name >= 'A' && *name <= 'Z')) &&
	    name[1] == ':')
		return "drive letter";
	for (const char *p = name; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (!strncmp(p, "..", 2) && (!p[2] || p[2] == '/'))
			return "\"..\" in the path";
	}
	return NULL;
}

static enum edge_err keep_name(struct entry *e, const char *raw, size_t i,
			       char *why, size_t cap)
{
	size_t len = strlen(raw);
	const char *fault;

	if (len > TOPO_ARCHIVE_NAME_MAX)
		return refuse(why, cap, EDGE_ELIMIT,
			      "entry %zu: name longer than %d bytes", i,
			      TOPO_ARCHIVE_NAME_MAX);
	for (size_t n = 0; n <= len; n++) {
		uint8_t c = (uint8_t)raw[n];

		if (n < len && (c < 0x20 || c == 0x7f))
			return refuse(why, cap, EDGE_EDENIED,
				      "entry %zu: control character in its "
				      "name",
				      i);
		e->name[n] = c == '\\' ? '/' : raw[n];
	}
	fault = name_fault(e->name);
	if (fault)
		return refuse(why, cap, EDGE_EDENIED, "entry \"%.80s\": %s",
			      e->name, fault);
	return EDGE_OK;
}

/* Unix mode bits may name a link or a device; other makers set none. */
static bool is_plain(zip_t *zip, zip_uint64_t i)
{
	zip_uint32_t attr = 0;
	zip_uint8_t system = 0;
	mode_t type;

	if (zip_file_get_external_attributes(zip, i, 0, &system, &attr))
		return false;
	if (system != ZIP_OPSYS_UNIX && system != ZIP_OPSYS_OS_X)
		return true;
	type = (attr >> 16) & S_IFMT;
	return !type || type == S_IFREG || type == S_IFDIR;
}

static enum edge_err check_stat(const zip_stat_t *st, const char *name,
				char *why, size_t cap)
{
	const zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
				  ZIP_STAT_COMP_METHOD |
				  ZIP_STAT_ENCRYPTION_METHOD;

	if ((st->valid & need) != need)
		return refuse(why, cap, EDGE_EFORMAT,
			      "entry \"%.80s\": incomplete header", name);
	if (st->encryption_method != ZIP_EM_NONE)
		return refuse(why, cap, EDGE_EDENIED,
			      "entry \"%.80s\" is encrypted", name);
	if (st->comp_method != ZIP_CM_STORE &&
	    st->comp_method != ZIP_CM_DEFLATE)
		return refuse(why, cap, EDGE_EDENIED,
			      "entry \"%.80s\": method %u, want stored or "
			      "deflated",
			      name, st->comp_method);
	if (st->size > TOPO_ARCHIVE_TOTAL_MAX)
		return refuse(why, cap, EDGE_ELIMIT,
			      "entry \"%.80s\" unpacks to over 256 MiB", name);
	if (st->size > st->comp_size * TOPO_ARCHIVE_RATIO_MAX)
		return refuse(why, cap, EDGE_ELIMIT,
			      "entry \"%.80s\" is packed more than %d to 1",
			      name, TOPO_ARCHIVE_RATIO_MAX);
	return EDGE_OK;
}

static enum edge_err check_entry(struct topo_archive *a, size_t i, char *why,
				 size_t cap)
{
	struct entry *e = &a->entries[i];
	const char *raw = zip_get_name(a->zip, i, ZIP_FL_ENC_RAW);
	enum edge_err err;
	zip_stat_t st;

	zip_stat_init(&st);
	if (!raw || zip_stat_index(a->zip, i, 0, &st))
		return refuse(why, cap, EDGE_EFORMAT, "entry %zu: %s", i,
			      zip_strerror(a->zip));
	err = keep_name(e, raw, i, why, cap);
	if (!err)
		err = check_stat(&st, e->name, why, cap);
	if (err)
		return err;
	if (!is_plain(a->zip, i))
		return refuse(why, cap, EDGE_EDENIED,
			      "entry \"%.80s\" is a link or a device", e->name);
	for (size_t n = 0; n < i; n++)
		if (!strcasecmp(a->entries[n].name, e->name))
			return refuse(why, cap, EDGE_EDUP,
				      "entry \"%.80s\" is there twice",
				      e->name);
	e->size = st.size;
	return EDGE_OK;
}

static enum edge_err check_all(struct topo_archive *a, char *why, size_t cap)
{
	zip_int64_t count = zip_get_num_entries(a->zip, 0);
	enum edge_err err = EDGE_OK;
	uint64_t total = 0;

	if (count < 0 || count > TOPO_ARCHIVE_ENTRIES_MAX)
		return refuse(why, cap, EDGE_ELIMIT, "%lld entries, at most %d",
			      (long long)count, TOPO_ARCHIVE_ENTRIES_MAX);
	a->count = (size_t)count;
	a->entries = calloc(a->count + 1, sizeof(*a->entries));
	if (!a->entries)
		return EDGE_ENOMEM;
	for (size_t i = 0; !err && i < a->count; i++) {
		err = check_entry(a, i, why, cap);
		total += a->entries[i].size;
	}
	if (!err && total > TOPO_ARCHIVE_TOTAL_MAX)
		err = refuse(why, cap, EDGE_ELIMIT,
			     "entries unpack to over 256 MiB together");
	return err;
}

static enum edge_err open_zip(zip_t **out, struct edge_slice bytes, char *why,
			      size_t cap)
{
	enum edge_err err = EDGE_EFORMAT;
	zip_source_t *src;
	zip_error_t ze;

	zip_error_init(&ze);
	src = zip_source_buffer_create(bytes.p, edge_slice_len(bytes), 0, &ze);
	if (!src) {
		err = EDGE_ENOMEM;
		goto out;
	}
	*out = zip_open_from_source(src, ZIP_RDONLY | ZIP_CHECKCONS, &ze);
	if (*out) {
		err = EDGE_OK;
		goto out;
	}
	zip_source_free(src);
	err = refuse(why, cap, EDGE_EFORMAT, "no good zip file: %s",
		     zip_error_strerror(&ze));
out:
	zip_error_fini(&ze);
	return err;
}

enum edge_err topo_archive_open(struct topo_archive **out,
				struct edge_slice bytes, char *why,
				size_t why_cap)
{
	struct topo_archive *a;
	enum edge_err err;

	if (!edge_slice_len(bytes))
		return refuse(why, why_cap, EDGE_EFORMAT, "empty file");
	a = calloc(1, sizeof(*a));
	if (!a)
		return EDGE_ENOMEM;
	err = open_zip(&a->zip, bytes, why, why_cap);
	if (!err)
		err = check_all(a, why, why_cap);
	if (err)
		goto out;
	*out = a;
	a = NULL;
out:
	topo_archive_free(a);
	return err;
}

void topo_archive_free(struct topo_archive *a)
{
	if (!a)
		return;
	if (a->zip)
		zip_discard(a->zip);
	free(a->entries);
	free(a);
}

size_t topo_archive_count(const struct topo_archive *a)
{
	return a->count;
}

const char *topo_archive_name(const struct topo_archive *a, size_t i)
{
	return a->entries[i].name;
}

/* Exactly size bytes, and then the end: there the CRC is checked. */
static bool read_exactly(zip_file_t *f, uint8_t *p, uint64_t size)
{
	uint64_t got = 0;
	uint8_t beyond;

	while (got < size) {
		zip_int64_t n = zip_fread(f, p + got, size - got);

		if (n <= 0)
			return false;
		got += (uint64_t)n;
	}
	return !zip_fread(f, &beyond, 1);
}

enum edge_err topo_archive_read(const struct topo_archive *a, size_t i,
				uint8_t **out, size_t *len)
{
	const struct entry *e = &a->entries[i];
	zip_file_t *f = zip_fopen_index(a->zip, i, 0);
	enum edge_err err = EDGE_ENOMEM;
	uint8_t *p = NULL;

	if (!f)
		return EDGE_EFORMAT;
	p = malloc(e->size + 1);
	if (!p)
		goto out;
	err = EDGE_EFORMAT;
	if (!read_exactly(f, p, e->size))
		goto out;
	p[e->size] = '\0';
	*out = p;
	*len = e->size;
	p = NULL;
	err = EDGE_OK;
out:
	free(p);
	zip_fclose(f);
	return err;
}

enum edge_err topo_archive_find(const struct topo_archive *a, const char *name,
				size_t *i)
{
	bool found = false;

	for (size_t n = 0; n < a->count; n++) {
		const char *slash = strrchr(a->entries[n].name, '/');
		const char *last = slash ? slash + 1 : a->entries[n].name;

		if (strcmp(last, name))
			continue;
		if (found)
			return EDGE_EDUP;
		found = true;
		*i = n;
	}
	return found ? EDGE_OK : EDGE_ENOTFOUND;
}
