/* Bundles: one copy in memory, the signature first, then every hash. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "topology/archive.h"
#include "topology/bundle.h"
#include "topology/file.h"
#include "topology/hosts.h"
#include "topology/manifest.h"
#include "topology/store.h"

struct reader {
	const struct topo_bundle_plan *plan;
	char *why;
	size_t why_cap;
	int dir;		  /* -1: not a folder */
	struct topo_archive *zip; /* NULL: not a zip */
	struct topo_blob file;	  /* what the path names when a file */
};

EDGE_PRINTF(3, 4)
static enum edge_err refuse(const struct reader *r, enum edge_err err,
			    const char *fmt, ...)
{
	va_list ap;

	if (!r->why)
		return err;
	va_start(ap, fmt);
	vsnprintf(r->why, r->why_cap, fmt, ap);
	va_end(ap);
	return err;
}

static struct edge_slice bytes_of(const struct topo_blob *b)
{
	return edge_slice(b->p, b->len);
}

static const char *reason(enum edge_err err)
{
	return err == EDGE_ESYS ? strerror(errno) : edge_err_str(err);
}

/* One file of the bundle; EDGE_ENOTFOUND is not explained, it may be fine. */
static enum edge_err read_member(const struct reader *r, const char *name,
				 size_t cap, struct topo_blob *out)
{
	enum edge_err err;
	size_t i;

	if (r->zip) {
		for (i = 0; i < topo_archive_count(r->zip); i++)
			if (!strcmp(topo_archive_name(r->zip, i), name))
				break;
		if (i == topo_archive_count(r->zip))
			return EDGE_ENOTFOUND;
		err = topo_archive_read(r->zip, i, &out->p, &out->len);
		if (err)
			return refuse(r, err, "%s: not what its header says",
				      name);
		if (out->len > cap)
			err = refuse(r, EDGE_ELIMIT, "%s: over %zu bytes", name,
				     cap);
		return err;
	}
	err = topo_file_read(&out->p, &out->len, r->dir, name, cap);
	if (err && err != EDGE_ENOTFOUND)
		err = refuse(r, err, "%s/%s: %s", r->plan->path, name,
			     reason(err));
	return err;
}

static bool has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), k = strlen(suffix);

	return n > k && !strcmp(s + n - k, suffix);
}

/* Tries one pinned key; true when it made the signature. */
static bool is_signed_by(const struct reader *r, const struct topo_bundle *b,
			 const char *name)
{
	char path[4096];

	return has_suffix(name, ".pem") &&
	       snprintf(path, sizeof(path), "%s/%s", r->plan->keys, name) <
		       (int)sizeof(path) &&
	       !edge_ed25519_verify(path, bytes_of(&b->manifest),
				    bytes_of(&b->sig));
}

static enum edge_err find_signer(const struct reader *r, struct topo_bundle *b)
{
	unsigned tried = 0;
	const struct dirent *e;
	DIR *d = opendir(r->plan->keys);

	if (!d)
		return refuse(r, EDGE_EAUTH,
			      "operator-keys %s: %s; want a folder of PEM "
			      "public keys",
			      r->plan->keys, strerror(errno));
	while (tried < TOPO_BUNDLE_SIGNERS_MAX && (e = readdir(d))) {
		tried += has_suffix(e->d_name, ".pem");
		if (is_signed_by(r, b, e->d_name)) {
			snprintf(b->signer, sizeof(b->signer), "%.200s",
				 e->d_name);
			closedir(d);
			return EDGE_OK;
		}
	}
	closedir(d);
	return refuse(r, EDGE_EAUTH,
		      "manifest.sig was made by none of the %u keys in %s",
		      tried, r->plan->keys);
}

static enum edge_err check_signature(const struct reader *r,
				     struct topo_bundle *b)
{
	enum edge_err err =
		read_member(r, "manifest.sig", EDGE_ED25519_SIG_LEN, &b->sig);

	if (err && err != EDGE_ENOTFOUND)
		return err;
	if (!err && r->plan->keys) /* a wrong one is worse than none */
		return find_signer(r, b);
	if (r->plan->allow_unsigned)
		return EDGE_OK;
	if (err)
		return refuse(r, EDGE_EAUTH, "%s holds no manifest.sig",
			      r->plan->path);
	return refuse(r, EDGE_EAUTH,
		      "no operator key is pinned: [trust] operator-keys is not "
		      "set");
}

/* Where a file named by the manifest goes. */
static struct topo_blob *place_of(struct topo_bundle *b, const char *name,
				  size_t *cap)
{
	if (!strcmp(name, "hosts")) {
		*cap = TOPO_HOSTS_MAX_BYTES;
		return &b->hosts;
	}
	if (!strcmp(name, "secrets")) {
		*cap = TOPO_SECRETS_MAX;
		return &b->secrets;
	}
	*cap = TOPO_SOURCE_MAX;
	return &b->source;
}

static enum edge_err take_file(const struct reader *r, struct topo_bundle *b,
			       const struct topo_manifest *m, size_t i)
{
	const char *name = m->files[i].name;
	uint8_t digest[EDGE_SHA256_LEN];
	struct topo_blob *blob;
	enum edge_err err;
	size_t cap;

	blob = place_of(b, name, &cap);
	if (blob->p)
		return refuse(r, EDGE_EFORMAT,
			      "manifest names two exports, %s and %s", b->name,
			      name);
	err = read_member(r, name, cap, blob);
	if (err == EDGE_ENOTFOUND)
		return refuse(r, EDGE_EFORMAT,
			      "manifest names %s, which is not in the bundle",
			      name);
	if (err)
		return err;
	edge_sha256(bytes_of(blob), digest);
	if (memcmp(digest, m->files[i].sha256, sizeof(digest)))
		return refuse(r, EDGE_EAUTH,
			      "%s is not the file that was signed: its SHA-256 "
			      "differs from the manifest's",
			      name);
	if (blob == &b->source)
		snprintf(b->name, sizeof(b->name), "%s", name);
	return EDGE_OK;
}

static enum edge_err read_signed(struct reader *r, struct topo_bundle *b)
{
	struct topo_manifest m;
	enum edge_err err;

	err = check_signature(r, b);
	if (!err)
		err = topo_manifest_parse(&m, bytes_of(&b->manifest), r->why,
					  r->why_cap);
	for (size_t i = 0; !err && i < m.count; i++)
		err = take_file(r, b, &m, i);
	if (err)
		return err;
	if (!b->source.p)
		return refuse(r, EDGE_EFORMAT, "manifest names no export");
	b->seq = m.seq;
	b->created_s = m.created_s;
	return EDGE_OK;
}

static enum edge_err read_hosts(const struct reader *r, struct topo_bundle *b)
{
	enum edge_err err;

	if (!r->plan->hosts)
		return EDGE_OK;
	if (strcmp(b->signer, "unsigned"))
		return refuse(r, EDGE_EUSAGE,
			      "--hosts goes with an unsigned import; a signed "
			      "bundle carries its own");
	if (b->hosts.p)
		return refuse(r, EDGE_EUSAGE,
			      "--hosts given, but the bundle holds hosts");
	err = topo_file_read(&b->hosts.p, &b->hosts.len, AT_FDCWD,
			     r->plan->hosts, TOPO_HOSTS_MAX_BYTES);
	return err ? refuse(r, err, "%s: %s", r->plan->hosts, reason(err))
		   : EDGE_OK;
}

static enum edge_err read_bare(struct reader *r, struct topo_bundle *b)
{
	const char *slash = strrchr(r->plan->path, '/');

	if (!r->plan->allow_unsigned)
		return refuse(r, EDGE_EAUTH,
			      "%s has no manifest: it is an unsigned export",
			      r->plan->path);
	snprintf(b->name, sizeof(b->name), "%.200s",
		 slash ? slash + 1 : r->plan->path);
	b->source = r->file;
	r->file.p = NULL;
	return EDGE_OK;
}

/* Folder, zip or plain file: what lies at the path. */
static enum edge_err open_path(struct reader *r)
{
	const char *path = r->plan->path;
	enum edge_err err = topo_dir_open(&r->dir, AT_FDCWD, path);

	if (!err)
		return EDGE_OK;
	r->dir = -1;
	err = topo_file_read(&r->file.p, &r->file.len, AT_FDCWD, path,
			     TOPO_SOURCE_MAX);
	if (err)
		return refuse(r, err, "%s: %s", path,
			      err == EDGE_EDENIED
				      ? "want a plain file or a folder that we "
					"may read, not a link"
				      : reason(err));
	if (!topo_archive_is_zip(bytes_of(&r->file)))
		return EDGE_OK;
	err = topo_archive_open(&r->zip, bytes_of(&r->file), r->why,
				r->why_cap);
	return err && err != EDGE_ENOMEM ? EDGE_EFORMAT : err;
}

static enum edge_err read_any(struct reader *r, struct topo_bundle *b)
{
	enum edge_err err = EDGE_ENOTFOUND;

	if (r->dir >= 0 || r->zip)
		err = read_member(r, "manifest", TOPO_MANIFEST_BYTES_MAX,
				  &b->manifest);
	if (!err)
		return read_signed(r, b);
	if (err != EDGE_ENOTFOUND)
		return err;
	if (r->dir >= 0)
		return refuse(r, EDGE_EFORMAT,
			      "folder %s holds no manifest: it is no bundle",
			      r->plan->path);
	return read_bare(r, b);
}

enum edge_err topo_bundle_read(struct topo_bundle **out,
			       const struct topo_bundle_plan *p, char *why,
			       size_t why_cap)
{
	struct reader r = {
		.plan = p, .why = why, .why_cap = why_cap, .dir = -1};
	struct topo_bundle *b = calloc(1, sizeof(*b));
	enum edge_err err = EDGE_ENOMEM;

	if (!b)
		goto out;
	snprintf(b->signer, sizeof(b->signer), "unsigned");
	err = open_path(&r);
	if (!err)
		err = read_any(&r, b);
	if (!err)
		err = read_hosts(&r, b);
	if (err)
		goto out;
	*out = b;
	b = NULL;
out:
	topo_archive_free(r.zip); /* reads what bundle or file own */
	topo_bundle_free(b);
	if (r.file.p)
		edge_wipe(r.file.p, r.file.len); /* a zip with secrets in it */
	free(r.file.p);
	if (r.dir >= 0)
		close(r.dir);
	return err;
}

void topo_bundle_free(struct topo_bundle *b)
{
	if (!b)
		return;
	if (b->secrets.p)
		edge_wipe(b->secrets.p, b->secrets.len);
	if (b->source.p) /* may hold the passphrase of dialback */
		edge_wipe(b->source.p, b->source.len);
	free(b->source.p);
	free(b->hosts.p);
	free(b->secrets.p);
	free(b->manifest.p);
	free(b->sig.p);
	free(b);
}

enum edge_err topo_bundle_document(struct edge_slice *out, uint8_t **copy,
				   struct edge_slice source, char *why,
				   size_t why_cap)
{
	struct topo_archive *zip = NULL;
	enum edge_err err;
	size_t i = 0, len;

	*copy = NULL;
	if (!topo_archive_is_zip(source)) {
		*out = source;
		return EDGE_OK;
	}
	err = topo_archive_open(&zip, source, why, why_cap);
	if (err)
		return err;
	err = topo_archive_find(zip, "DocItemSet.xml", &i);
	if (err && why)
		snprintf(why, why_cap,
			 "the zip holds %s DocItemSet.xml, want "
			 "exactly one",
			 err == EDGE_EDUP ? "more than one" : "no");
	if (!err) {
		err = topo_archive_read(zip, i, copy, &len);
		if (err && why)
			snprintf(why, why_cap,
				 "DocItemSet.xml is not what the zip's header "
				 "says");
	}
	if (!err)
		*out = edge_slice(*copy, len);
	topo_archive_free(zip);
	return err;
}
