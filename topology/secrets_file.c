/* Keyrings on disk, and the two of them in one bundle file. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto.h"
#include "topology/file.h"
#include "topology/secrets.h"

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

static bool file_name(char *dst, size_t cap, const char *kind)
{
	return snprintf(dst, cap, "%s.keys", kind) < (int)cap;
}

/* 0711: each service opens its own file by name, none lists them; so a service
 * must not open the folder for reading either. */
static enum edge_err pass_secrets(int *out, int dir)
{
	int fd = openat(dir, "secrets",
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT			    ? EDGE_ENOTFOUND
		       : errno == ELOOP || errno == ENOTDIR ? EDGE_EDENIED
							    : EDGE_ESYS;
	*out = fd;
	return EDGE_OK;
}

static enum edge_err open_secrets(int *out, const char *state, bool make)
{
	enum edge_err err;
	int dir;

	err = make ? topo_dir_make(&dir, AT_FDCWD, state, 0755)
		   : topo_dir_open(&dir, AT_FDCWD, state);
	if (err)
		return err;
	err = make ? topo_dir_make(out, dir, "secrets", 0711)
		   : pass_secrets(out, dir);
	close(dir);
	return err;
}

static enum edge_err read_keys(struct topo_keyring **out, int dir,
			       const char *kind, char *why, size_t why_cap)
{
	enum edge_err err;
	uint8_t *text = NULL;
	size_t len = 0;
	struct stat st;
	char name[32];

	if (!file_name(name, sizeof(name), kind))
		return EDGE_ELIMIT;
	if (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    (st.st_mode & 0077))
		return refuse(why, why_cap, EDGE_EDENIED,
			      "secrets/%s has mode %04o: want 0600", name,
			      (unsigned)(st.st_mode & 07777));
	err = topo_file_read(&text, &len, dir, name, TOPO_KEYS_MAX_BYTES);
	if (err)
		return refuse(why, why_cap, err, "secrets/%s: %s", name,
			      edge_err_str(err));
	err = topo_keyring_parse_kind(out, kind, edge_slice(text, len), why,
				      why_cap);
	edge_wipe(text, len);
	free(text);
	return err;
}

enum edge_err topo_keyring_load(struct topo_keyring **out, const char *state,
				const char *kind, char *why, size_t why_cap)
{
	enum edge_err err;
	int dir;

	err = open_secrets(&dir, state, false);
	if (err)
		return refuse(why, why_cap, err, "%s/secrets: %s", state,
			      edge_err_str(err));
	err = read_keys(out, dir, kind, why, why_cap);
	close(dir);
	return err;
}

/* The one service that reads a kind of key (DESIGN 7); false: no such user. */
static bool find_owner(const char *kind, struct stat *st)
{
	const struct passwd *pw = getpwnam(
		!strcmp(kind, "route") ? "access-edge" : "webconf-edge");

	if (!pw)
		return false;
	st->st_uid = pw->pw_uid;
	st->st_gid = pw->pw_gid;
	return true;
}

/* The owner of the old file stays; a new one is given to its service. */
static enum edge_err replace_keys(int dir, const char *name, const char *kind,
				  struct edge_slice text)
{
	struct stat st;
	bool give =
		!geteuid() && (!fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) ||
			       find_owner(kind, &st));
	enum edge_err err = topo_file_replace(dir, name, 0600, text);

	if (!err && give &&
	    fchownat(dir, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW))
		return EDGE_ESYS;
	return err;
}

enum edge_err topo_keyring_save(const char *state, const char *kind,
				const struct topo_keyring *r)
{
	char name[32], text[TOPO_KEYS_MAX_BYTES];
	enum edge_err err;
	size_t len = 0;
	int dir;

	if (!file_name(name, sizeof(name), kind))
		return EDGE_ELIMIT;
	err = topo_keyring_print(text, sizeof(text), &len, r);
	if (err)
		goto out;
	err = open_secrets(&dir, state, true);
	if (err)
		goto out;
	err = replace_keys(dir, name, kind, edge_slice(text, len));
	close(dir);
out:
	edge_wipe(text, sizeof(text));
	return err;
}

/* The lines of one kind without its word, all others empty: so line numbers
 * stay true. count: lines of that kind. */
static void pick(struct edge_put *w, struct edge_slice in, const char *kind,
		 size_t *count)
{
	*count = 0;
	while (in.p < in.end) {
		struct edge_slice line = in, word;

		if (!edge_take_until(&in, '\n', &line))
			in.p = in.end;
		if (edge_take_until(&line, ' ', &word) &&
		    edge_slice_eq_str(word, kind)) {
			edge_put_slice(w, line);
			++*count;
		}
		edge_put_u8(w, '\n');
	}
}

/* Each line is a comment, empty, or begins with a kind we know. */
static enum edge_err check_kinds(struct edge_slice in, char *why, size_t cap)
{
	for (unsigned n = 1; in.p < in.end; n++) {
		struct edge_slice line = in, word;

		if (!edge_take_until(&in, '\n', &line))
			in.p = in.end;
		if (!edge_slice_len(edge_slice_trim(line)) || *line.p == '#')
			continue;
		if (!edge_take_until(&line, ' ', &word) ||
		    (!edge_slice_eq_str(word, "route") &&
		     !edge_slice_eq_str(word, "psom")))
			return refuse(why, cap, EDGE_EFORMAT,
				      "line %u: want \"route\" or \"psom\" "
				      "first",
				      n);
	}
	return EDGE_OK;
}

static enum edge_err parse_kind(struct topo_keyring **out,
				struct edge_slice text, const char *kind,
				char *why, size_t cap)
{
	char lines[TOPO_KEYS_MAX_BYTES];
	struct edge_put w = edge_put(lines, sizeof(lines));
	enum edge_err err = EDGE_OK;
	size_t count;

	pick(&w, text, kind, &count);
	if (w.overflow)
		err = refuse(why, cap, EDGE_ELIMIT, "too long");
	else if (count)
		err = topo_keyring_parse_kind(out, kind, edge_put_done(&w), why,
					      cap);
	edge_wipe(lines, sizeof(lines));
	if (!err && *out && (*out)->count != count) {
		topo_keyring_free(*out);
		*out = NULL;
		err = refuse(why, cap, EDGE_EFORMAT,
			     "a line with \"%s\" and no key", kind);
	}
	return err;
}

enum edge_err topo_secrets_parse(struct topo_secrets *out,
				 struct edge_slice text, char *why,
				 size_t why_cap)
{
	struct topo_secrets s = {0};
	enum edge_err err = check_kinds(text, why, why_cap);

	if (!err)
		err = parse_kind(&s.route, text, "route", why, why_cap);
	if (!err)
		err = parse_kind(&s.psom, text, "psom", why, why_cap);
	if (err)
		topo_secrets_fini(&s);
	else
		*out = s;
	return err;
}

void topo_secrets_fini(struct topo_secrets *s)
{
	topo_keyring_free(s->route);
	topo_keyring_free(s->psom);
	*s = (struct topo_secrets){0};
}

static enum edge_err print_kind(struct edge_put *w, const char *kind,
				const struct topo_keyring *r)
{
	char text[TOPO_KEYS_MAX_BYTES];
	struct edge_slice in, line;
	enum edge_err err;
	size_t len = 0;

	if (!r)
		return EDGE_OK;
	err = topo_keyring_print(text, sizeof(text), &len, r);
	in = edge_slice(text, len);
	while (!err && edge_take_until(&in, '\n', &line)) {
		if (*line.p == '#')
			continue;
		edge_put_str(w, kind);
		edge_put_str(w, " ");
		edge_put_slice(w, line);
		edge_put_str(w, "\n");
	}
	edge_wipe(text, sizeof(text));
	return err;
}

enum edge_err topo_secrets_print(char *out, size_t cap, size_t *len,
				 const struct topo_secrets *s)
{
	struct edge_put w = edge_put(out, cap);
	enum edge_err err = print_kind(&w, "route", s->route);

	if (!err)
		err = print_kind(&w, "psom", s->psom);
	if (!err && w.overflow)
		err = EDGE_ELIMIT;
	if (!err)
		*len = edge_put_len(&w);
	return err;
}
