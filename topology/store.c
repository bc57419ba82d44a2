/* The store as a daemon sees it: one held directory, nothing believed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "topology/file.h"
#include "topology/snap.h"
#include "topology/store.h"

struct topo_store {
	int dir; /* <state>/replica */
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

enum edge_err topo_store_from_fd(struct topo_store **out, int fd)
{
	struct topo_store *s = malloc(sizeof(*s));

	if (!s)
		return EDGE_ENOMEM;
	s->dir = fd;
	*out = s;
	return EDGE_OK;
}

enum edge_err topo_store_open(struct topo_store **out, const char *state)
{
	enum edge_err err;
	int root, dir;

	err = topo_dir_open(&root, AT_FDCWD, state);
	if (err)
		return err;
	err = topo_dir_open(&dir, root, "replica");
	close(root);
	if (err)
		return err;
	err = topo_store_from_fd(out, dir);
	if (err)
		close(dir);
	return err;
}

void topo_store_free(struct topo_store *s)
{
	if (!s)
		return;
	close(s->dir);
	free(s);
}

int topo_store_fd(const struct topo_store *s)
{
	return s->dir;
}

/* "<seq>-<8 hex>" -> seq; 0 when the name is none of ours. */
static uint64_t folder_seq(const char *name)
{
	struct edge_slice in = edge_slice_str(name), head;
	uint64_t seq, sha;

	if (!edge_take_until(&in, '-', &head) || edge_slice_len(in) != 8 ||
	    !edge_slice_hex(in, &sha) ||
	    !edge_slice_u64(head, INT64_MAX, &seq) || *head.p == '0')
		return 0;
	return seq;
}

enum edge_err topo_store_seq(const struct topo_store *s, uint64_t *seq)
{
	static const char prefix[] = "versions/";
	char link[TOPO_VERSION_NAME + sizeof(prefix)];
	ssize_t n = readlinkat(s->dir, "current", link, sizeof(link) - 1);

	if (n < 0 && errno == ENOENT) {
		*seq = 0;
		return EDGE_OK;
	}
	if (n < 0)
		return EDGE_ESYS;
	link[n] = '\0';
	if (strncmp(link, prefix, sizeof(prefix) - 1))
		return EDGE_EFORMAT;
	*seq = folder_seq(link + sizeof(prefix) - 1);
	return *seq ? EDGE_OK : EDGE_EFORMAT;
}

/* Every version folder's name goes to fn until it says stop (true). */
static enum edge_err
each_version(const struct topo_store *s,
	     bool (*fn)(const char *name, uint64_t seq, void *arg), void *arg)
{
	const struct dirent *e;
	enum edge_err err;
	DIR *d;
	int fd;

	err = topo_dir_open(&fd, s->dir, "versions");
	if (err)
		return err == EDGE_ENOTFOUND ? EDGE_OK : err;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return EDGE_ESYS;
	}
	while ((e = readdir(d))) {
		uint64_t seq = folder_seq(e->d_name);

		if (seq && fn(e->d_name, seq, arg))
			break;
	}
	closedir(d);
	return EDGE_OK;
}

struct wanted {
	uint64_t seq;
	char *name;
	bool found;
};

static bool is_wanted(const char *name, uint64_t seq, void *arg)
{
	struct wanted *w = arg;

	if (seq != w->seq)
		return false;
	snprintf(w->name, TOPO_VERSION_NAME, "%.*s", TOPO_VERSION_NAME - 1,
		 name);
	w->found = true;
	return true;
}

enum edge_err topo_store_folder(const struct topo_store *s, uint64_t seq,
				char out[TOPO_VERSION_NAME])
{
	struct wanted w = {.seq = seq, .name = out};
	enum edge_err err = each_version(s, is_wanted, &w);

	if (err)
		return err;
	return w.found ? EDGE_OK : EDGE_ENOTFOUND;
}

struct seqs {
	uint64_t *v;
	size_t count, cap;
	bool failed;
};

static bool keep_seq(const char *name, uint64_t seq, void *arg)
{
	struct seqs *l = arg;

	(void)name;
	if (l->count == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		uint64_t *v = reallocarray(l->v, cap, sizeof(*v));

		if (!v)
			return l->failed = true;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->count++] = seq;
	return false;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

enum edge_err topo_store_list(const struct topo_store *s, uint64_t **out,
			      size_t *count)
{
	struct seqs l = {0};
	enum edge_err err = each_version(s, keep_seq, &l);

	if (!err && l.failed)
		err = EDGE_ENOMEM;
	if (err) {
		free(l.v);
		return err;
	}
	if (l.count)
		qsort(l.v, l.count, sizeof(*l.v), by_number);
	*out = l.v;
	*count = l.count;
	return EDGE_OK;
}

static enum edge_err open_version(const struct topo_store *s, uint64_t seq,
				  int *out)
{
	char name[TOPO_VERSION_NAME];
	enum edge_err err;
	int versions;

	err = topo_store_folder(s, seq, name);
	if (err)
		return err;
	err = topo_dir_open(&versions, s->dir, "versions");
	if (err)
		return err;
	err = topo_dir_open(out, versions, name);
	close(versions);
	return err;
}

static enum edge_err read_meta(int dir, uint64_t seq, struct topo_meta *out,
			       char *why, size_t why_cap)
{
	struct topo_meta m;
	uint8_t *text = NULL;
	enum edge_err err;
	size_t len;

	err = topo_file_read(&text, &len, dir, "meta", TOPO_META_BYTES_MAX);
	if (err)
		return refuse(why, why_cap, err, "meta: %s", edge_err_str(err));
	err = topo_meta_parse(&m, edge_slice(text, len), why, why_cap);
	free(text);
	if (err)
		return err;
	if (m.seq != seq)
		return refuse(why, why_cap, EDGE_EFORMAT,
			      "meta: says sequence %llu in the folder of %llu",
			      (unsigned long long)m.seq,
			      (unsigned long long)seq);
	*out = m;
	return EDGE_OK;
}

enum edge_err topo_store_meta(const struct topo_store *s, uint64_t seq,
			      struct topo_meta *out, char *why, size_t why_cap)
{
	enum edge_err err;
	int dir;

	err = open_version(s, seq, &dir);
	if (err)
		return refuse(why, why_cap, err, "version %llu: %s",
			      (unsigned long long)seq, edge_err_str(err));
	err = read_meta(dir, seq, out, why, why_cap);
	close(dir);
	return err;
}

enum edge_err topo_store_read(const struct topo_store *s, uint64_t seq,
			      const char *name, uint8_t **out, size_t *len)
{
	enum edge_err err;
	int dir;

	err = open_version(s, seq, &dir);
	if (err)
		return err;
	err = topo_file_read(out, len, dir, name, TOPO_SOURCE_MAX);
	close(dir);
	return err;
}

static enum edge_err load_version(int dir, uint64_t seq,
				  const struct topo **out, char *why,
				  size_t why_cap)
{
	uint8_t *text = NULL, digest[EDGE_SHA256_LEN];
	char hex[2 * EDGE_SHA256_LEN + 1];
	struct topo_meta meta;
	enum edge_err err;
	size_t len;

	err = read_meta(dir, seq, &meta, why, why_cap);
	if (err)
		return err;
	err = topo_file_read(&text, &len, dir, "topology.snap",
			     TOPO_SNAP_BYTES_MAX);
	if (err)
		return refuse(why, why_cap, err, "topology.snap: %s",
			      edge_err_str(err));
	edge_sha256(edge_slice(text, len), digest);
	edge_hex(hex, edge_slice(digest, sizeof(digest)));
	if (strcmp(hex, meta.snap_sha256))
		err = refuse(why, why_cap, EDGE_EAUTH,
			     "topology.snap has SHA-256 %.12s..., meta wants "
			     "%.12s...: the file was changed",
			     hex, meta.snap_sha256);
	else
		err = topo_snap_decode(out, edge_slice(text, len), seq, why,
				       why_cap);
	edge_wipe(text, len);
	free(text);
	return err;
}

enum edge_err topo_store_load(const struct topo_store *s, uint64_t seq,
			      const struct topo **out, char *why,
			      size_t why_cap)
{
	enum edge_err err;
	int dir;

	err = open_version(s, seq, &dir);
	if (err)
		return refuse(why, why_cap, err, "version %llu: %s",
			      (unsigned long long)seq, edge_err_str(err));
	err = load_version(dir, seq, out, why, why_cap);
	close(dir);
	return err;
}

enum edge_err topo_store_current(const struct topo_store *s,
				 const struct topo **out, char *why,
				 size_t why_cap)
{
	enum edge_err err;
	uint64_t seq = 0;

	err = topo_store_seq(s, &seq);
	if (err)
		return refuse(why, why_cap, err, "current: %s",
			      edge_err_str(err));
	if (!seq)
		return refuse(why, why_cap, EDGE_ENOTFOUND,
			      "no topology was imported yet");
	return topo_store_load(s, seq, out, why, why_cap);
}
