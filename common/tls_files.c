/* Reads what a recipe names; the parsers of tls.c get memory. */
#include "common/tls_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 16 << 20 /* ours: a bundle of all the world's roots */ };

const char *edge_tls_file_name(enum edge_tls_file_kind kind)
{
	static const char *const names[EDGE_TLS_FILES] = {
		[EDGE_TLS_CHAIN] = "certificate chain",
		[EDGE_TLS_KEY] = "private key",
		[EDGE_TLS_TRUST] = "trust store",
		[EDGE_TLS_CRL] = "revocation list",
	};

	return names[kind];
}

/* Whole, or errno says why not. */
static bool read_all(int fd, uint8_t **out, size_t *len)
{
	struct stat st;
	ssize_t n = 1;

	if (fstat(fd, &st))
		return false;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EFBIG;
		return false;
	}
	*out = malloc((size_t)st.st_size + 1);
	if (!*out)
		return false;
	while (n && *len < (size_t)st.st_size) {
		n = read(fd, *out + *len, (size_t)st.st_size - *len);
		if (n < 0 && errno != EINTR)
			return false;
		*len += n > 0 ? (size_t)n : 0;
	}
	return true;
}

static enum edge_err read_one(struct edge_tls_files *f, size_t k, char *why,
			      size_t cap)
{
	const int fd = open(f->v[k].path, O_RDONLY | O_CLOEXEC);
	const bool good = fd >= 0 && read_all(fd, &f->v[k].p, &f->v[k].len);

	if (!good)
		(void)snprintf(why, cap, "%s %s: %s",
			       edge_tls_file_name((enum edge_tls_file_kind)k),
			       f->v[k].path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (!good)
		return EDGE_ETLS;
	edge_sha256(edge_slice(f->v[k].p, f->v[k].len), f->sums.v[k]);
	return EDGE_OK;
}

enum edge_err edge_tls_files_read(struct edge_tls_files *out,
				  const struct edge_tls_recipe *r, char *why,
				  size_t why_cap)
{
	const bool asks = r->ask != EDGE_TLS_ASK_NONE;
	enum edge_err err = EDGE_OK;

	*out = (struct edge_tls_files){0};
	out->v[EDGE_TLS_CHAIN].path = r->chain;
	out->v[EDGE_TLS_KEY].path = r->key;
	out->v[EDGE_TLS_TRUST].path = asks ? r->trust : NULL;
	out->v[EDGE_TLS_CRL].path = asks ? r->crl : NULL;
	for (size_t k = 0; k < EDGE_TLS_FILES && !err; k++)
		if (out->v[k].path)
			err = read_one(out, k, why, why_cap);
	return err;
}

void edge_tls_files_fini(struct edge_tls_files *f)
{
	for (size_t k = 0; k < EDGE_TLS_FILES; k++) {
		if (f->v[k].p)
			edge_wipe(f->v[k].p, f->v[k].len);
		free(f->v[k].p);
	}
}

bool edge_tls_sums_eq(const struct edge_tls_sums *a,
		      const struct edge_tls_sums *b,
		      enum edge_tls_file_kind from, enum edge_tls_file_kind to)
{
	return edge_ct_eq(a->v[from], b->v[from],
			  (size_t)(to - from + 1) * EDGE_SHA256_LEN);
}
