/* The signing side: hash what lies in a folder, write manifest and signature.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "topology/bundle.h"
#include "topology/file.h"
#include "topology/manifest.h"
#include "topology/store.h"

static bool is_ours(const char *name)
{
	return *name == '.' || !strcmp(name, "manifest") ||
	       !strcmp(name, "manifest.sig");
}

static bool is_export(const char *name)
{
	return strcmp(name, "hosts") && strcmp(name, "secrets");
}

static enum edge_err add_file(struct topo_manifest *m, int dir,
			      const char *name, char *why, size_t cap)
{
	uint8_t *bytes = NULL;
	enum edge_err err;
	size_t len;

	if (!topo_manifest_name_ok(edge_slice_str(name))) {
		snprintf(why, cap,
			 "file name \"%.80s\": want letters without blanks",
			 name);
		return EDGE_EFORMAT;
	}
	err = topo_file_read(&bytes, &len, dir, name, TOPO_SOURCE_MAX);
	if (err) {
		snprintf(why, cap, "%s: %s", name, edge_err_str(err));
		return err;
	}
	snprintf(m->files[m->count].name, TOPO_MANIFEST_NAME, "%.*s",
		 TOPO_MANIFEST_NAME - 1, name);
	edge_sha256(edge_slice(bytes, len), m->files[m->count].sha256);
	m->count++;
	edge_wipe(bytes, len); /* may be the secrets */
	free(bytes);
	return EDGE_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b); /* the name is the first member */
}

static enum edge_err add_all(struct topo_manifest *m, DIR *d, char *why,
			     size_t cap)
{
	enum edge_err err = EDGE_OK;
	unsigned exports = 0;
	const struct dirent *e;

	while (!err && (e = readdir(d))) {
		if (is_ours(e->d_name))
			continue;
		exports += is_export(e->d_name);
		if (exports > 1 || m->count == TOPO_MANIFEST_FILES_MAX)
			break;
		err = add_file(m, dirfd(d), e->d_name, why, cap);
	}
	if (err)
		return err;
	if (exports != 1) {
		snprintf(why, cap,
			 "the folder holds %s export; want one, and no files "
			 "but hosts and secrets beside it",
			 exports ? "more than one" : "no");
		return EDGE_EFORMAT;
	}
	qsort(m->files, m->count, sizeof(m->files[0]), by_name);
	return EDGE_OK;
}

static enum edge_err write_both(int dir, const struct topo_manifest *m,
				const char *key, char *why, size_t cap)
{
	uint8_t sig[EDGE_ED25519_SIG_LEN];
	char text[TOPO_MANIFEST_BYTES_MAX];
	struct edge_slice bytes;
	enum edge_err err;
	size_t len;

	err = topo_manifest_print(text, sizeof(text), &len, m);
	if (err)
		return err;
	bytes = edge_slice(text, len);
	err = edge_ed25519_sign(key, bytes, sig);
	if (err) {
		snprintf(why, cap,
			 "the key does not sign: want an Ed25519 "
			 "private key in PEM without a password");
		return EDGE_EAUTH;
	}
	err = topo_file_replace(dir, "manifest", 0644, bytes);
	if (!err)
		err = topo_file_replace(dir, "manifest.sig", 0644,
					edge_slice(sig, sizeof(sig)));
	if (err)
		snprintf(why, cap, "manifest: %s",
			 err == EDGE_ESYS ? strerror(errno)
					  : edge_err_str(err));
	return err;
}

enum edge_err topo_bundle_sign(const struct topo_signing *s, char *why,
			       size_t why_cap)
{
	struct topo_manifest m = {.seq = s->seq, .created_s = s->created_s};
	enum edge_err err;
	DIR *d;
	int fd;

	err = topo_dir_open(&fd, AT_FDCWD, s->folder);
	if (err) {
		snprintf(why, why_cap, "%s: %s", s->folder, edge_err_str(err));
		return err;
	}
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return EDGE_ESYS;
	}
	err = add_all(&m, d, why, why_cap);
	if (!err)
		err = write_both(dirfd(d), &m, s->key, why, why_cap);
	closedir(d);
	return err;
}
