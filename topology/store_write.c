/* Staged, fsynced, renamed: see the order in the header. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "topology/file.h"
#include "topology/store_write.h"
#include "topology/utc.h"

struct topo_writer {
	struct topo_store *store;
	int dir, versions; /* dir belongs to store */
	int staging;	   /* -1: none */
};

static enum edge_err remove_link(struct topo_writer *w)
{
	return unlinkat(w->dir, "current.new", 0) && errno != ENOENT ? EDGE_ESYS
								     : EDGE_OK;
}

/* Moved out of sight first: no half-removed folder under a version's name. */
static enum edge_err remove_version(struct topo_writer *w, uint64_t seq)
{
	char name[TOPO_VERSION_NAME];
	enum edge_err err;

	err = topo_store_folder(w->store, seq, name);
	if (err)
		return err == EDGE_ENOTFOUND ? EDGE_OK : err;
	err = topo_dir_remove(w->dir, "removed");
	if (err)
		return err;
	if (renameat(w->versions, name, w->dir, "removed"))
		return EDGE_ESYS;
	return topo_dir_remove(w->dir, "removed");
}

/* Versions above the current one were never taken. */
static enum edge_err remove_untaken(struct topo_writer *w)
{
	uint64_t current, *seqs = NULL;
	enum edge_err err;
	size_t count = 0;

	err = topo_store_seq(w->store, &current);
	if (!err)
		err = topo_store_list(w->store, &seqs, &count);
	for (size_t i = 0; !err && i < count; i++)
		if (seqs[i] > current)
			err = remove_version(w, seqs[i]);
	free(seqs);
	return err;
}

enum edge_err topo_writer_prune(struct topo_writer *w)
{
	uint64_t *seqs = NULL, current;
	enum edge_err err;
	size_t count = 0;

	err = topo_store_seq(w->store, &current);
	if (!err)
		err = topo_store_list(w->store, &seqs, &count);
	for (size_t i = 0; !err && i + TOPO_VERSIONS_KEPT < count; i++)
		if (seqs[i] != current)
			err = remove_version(w, seqs[i]);
	free(seqs);
	return err;
}

static enum edge_err remove_leftovers(struct topo_writer *w)
{
	enum edge_err err = topo_dir_remove(w->dir, "staging");

	if (!err)
		err = topo_dir_remove(w->dir, "removed");
	if (!err)
		err = remove_link(w);
	if (!err)
		err = remove_untaken(w);
	if (!err)
		err = topo_writer_prune(w);
	return err;
}

static enum edge_err open_dirs(struct topo_writer *w, const char *state)
{
	enum edge_err err;
	int root;

	err = topo_dir_make(&root, AT_FDCWD, state, 0755);
	if (err)
		return err;
	err = topo_dir_make(&w->dir, root, "replica", 0755);
	close(root);
	if (err)
		return err;
	err = topo_store_from_fd(&w->store, w->dir);
	if (err) {
		close(w->dir);
		return err;
	}
	if (flock(w->dir, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? EDGE_ESTATE : EDGE_ESYS;
	return topo_dir_make(&w->versions, w->dir, "versions", 0755);
}

enum edge_err topo_writer_open(struct topo_writer **out, const char *state,
			       char *why, size_t why_cap)
{
	struct topo_writer *w = malloc(sizeof(*w));
	enum edge_err err;

	if (!w)
		return EDGE_ENOMEM;
	*w = (struct topo_writer){.dir = -1, .versions = -1, .staging = -1};
	err = open_dirs(w, state);
	if (!err)
		err = remove_leftovers(w);
	if (err == EDGE_ESTATE && why)
		snprintf(why, why_cap, "%s/replica: another edgectl is at work",
			 state);
	else if (err && why)
		snprintf(why, why_cap, "%s/replica: %s", state,
			 err == EDGE_ESYS ? strerror(errno)
					  : edge_err_str(err));
	if (err)
		goto out;
	*out = w;
	w = NULL;
out:
	topo_writer_free(w);
	return err;
}

void topo_writer_free(struct topo_writer *w)
{
	if (!w)
		return;
	if (w->staging >= 0) {
		close(w->staging);
		/* what stays is removed by the next writer */
		if (topo_dir_remove(w->dir, "staging"))
			w->staging = -1;
	}
	if (w->versions >= 0)
		close(w->versions);
	topo_store_free(w->store);
	free(w);
}

const struct topo_store *topo_writer_store(const struct topo_writer *w)
{
	return w->store;
}

enum edge_err topo_writer_next(const struct topo_writer *w, uint64_t wanted,
			       uint64_t *seq)
{
	uint64_t *seqs = NULL, last;
	enum edge_err err;
	size_t count = 0;

	err = topo_store_list(w->store, &seqs, &count);
	if (err)
		return err;
	last = count ? seqs[count - 1] : 0;
	free(seqs);
	if (last >= INT64_MAX || wanted > INT64_MAX)
		return EDGE_ERANGE;
	*seq = wanted > last ? wanted : last + 1;
	return EDGE_OK;
}

enum edge_err topo_writer_stage(struct topo_writer *w)
{
	if (mkdirat(w->dir, "staging", 0700))
		return EDGE_ESYS;
	return topo_dir_open(&w->staging, w->dir, "staging");
}

/* Both hold what makes dialback keys: the export as the administrator typed
 * it, the snapshot as its hash. */
static const struct {
	const char *name;
	mode_t mode;
	bool is_shared; /* with the services, by their common group */
} private_files[] = {
	{"source", 0600, false},
	{"topology.snap", 0640, true},
};

/* Services that gave root up read it as members of this group; not given when
 * there is none, for then they stay root. */
static enum edge_err share(const struct topo_writer *w, const char *name)
{
	const struct group *g = getgrnam("lync-edge");

	if (g &&
	    fchownat(w->staging, name, (uid_t)-1, g->gr_gid,
		     AT_SYMLINK_NOFOLLOW) &&
	    errno != EPERM)
		return EDGE_ESYS;
	return EDGE_OK;
}

enum edge_err topo_writer_add(struct topo_writer *w, const char *name,
			      struct edge_slice bytes)
{
	bool is_shared = false;
	mode_t mode = 0644;
	enum edge_err err;

	for (size_t i = 0; i < sizeof(private_files) / sizeof(*private_files);
	     i++)
		if (strcmp(name, private_files[i].name) == 0) {
			mode = private_files[i].mode;
			is_shared = private_files[i].is_shared;
		}
	err = topo_file_create(w->staging, name, mode, bytes);
	return !err && is_shared ? share(w, name) : err;
}

static enum edge_err give_name(struct topo_writer *w, const char *name)
{
	if (fchmod(w->staging, 0755) || fsync(w->staging) ||
	    renameat(w->dir, "staging", w->versions, name))
		return EDGE_ESYS;
	close(w->staging);
	w->staging = -1;
	return fsync(w->versions) || fsync(w->dir) ? EDGE_ESYS : EDGE_OK;
}

enum edge_err topo_writer_finish(struct topo_writer *w,
				 const struct topo_meta *m)
{
	char name[TOPO_VERSION_NAME], text[TOPO_META_BYTES_MAX];
	enum edge_err err;
	size_t len;

	err = topo_meta_print(text, sizeof(text), &len, m);
	if (!err)
		err = topo_writer_add(w, "meta", edge_slice(text, len));
	if (err)
		return err;
	topo_meta_folder(name, m);
	return give_name(w, name);
}

enum edge_err topo_writer_activate(struct topo_writer *w, uint64_t seq)
{
	char name[TOPO_VERSION_NAME], target[TOPO_VERSION_NAME + 16];
	enum edge_err err;

	err = topo_store_folder(w->store, seq, name);
	if (!err)
		err = remove_link(w);
	if (err)
		return err;
	snprintf(target, sizeof(target), "versions/%s", name);
	if (symlinkat(target, w->dir, "current.new") || fsync(w->dir) ||
	    renameat(w->dir, "current.new", w->dir, "current") || fsync(w->dir))
		return EDGE_ESYS;
	return EDGE_OK;
}

enum edge_err topo_writer_remove(struct topo_writer *w, uint64_t seq)
{
	enum edge_err err;
	uint64_t current;

	err = topo_store_seq(w->store, &current);
	if (err)
		return err;
	return seq == current ? EDGE_ESTATE : remove_version(w, seq);
}

enum edge_err topo_writer_audit(struct topo_writer *w, uint64_t now_s,
				const char *text)
{
	char utc[TOPO_UTC_STRLEN], line[1024];
	ssize_t n;
	int fd, len;

	topo_utc_print(utc, now_s);
	len = snprintf(line, sizeof(line) - 1, "%s %s", utc, text);
	if (len >= (int)sizeof(line) - 1)
		len = (int)sizeof(line) - 2;
	for (int i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	fd = openat(w->dir, "audit",
		    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		    0640);
	if (fd < 0)
		return EDGE_ESYS;
	n = write(fd, line, (size_t)len);
	return close(fd) || n != len ? EDGE_ESYS : EDGE_OK;
}
