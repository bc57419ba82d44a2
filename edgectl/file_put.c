/* Nothing half-written, and no key readable for more than it should be. */
#include "edgectl/file_put.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "topology/file.h"

enum edge_err ctl_file_read(uint8_t **out, size_t *len, const char *path,
			    size_t cap)
{
	char *real = realpath(path, NULL);
	enum edge_err err = errno == ENOENT ? EDGE_ENOTFOUND : EDGE_ESYS;

	if (real)
		err = topo_file_read(out, len, AT_FDCWD, real, cap);
	free(real);
	return err;
}

enum edge_err ctl_file_rights(struct ctl_file_rights *out, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT ? EDGE_ENOTFOUND : EDGE_ESYS;
	*out = (struct ctl_file_rights){st.st_mode & 0777, st.st_uid,
					st.st_gid};
	return EDGE_OK;
}

/* Who may not give files away keeps them; whom they were not given then gets
 * no more than everybody. By the descriptor: names can come to mean others. */
static enum edge_err give(int fd, const struct ctl_file_rights *r)
{
	mode_t mode = r->mode;

	if (fchown(fd, r->uid, r->gid)) {
		if (errno != EPERM)
			return EDGE_ESYS;
		if (fchown(fd, (uid_t)-1, r->gid)) {
			if (errno != EPERM)
				return EDGE_ESYS;
			mode = (mode & ~(mode_t)070) | (mode & 07) << 3;
		}
	}
	return fchmod(fd, mode) ? EDGE_ESYS : EDGE_OK;
}

/* For nobody else before it has its group. */
static enum edge_err create(const char *path, const struct ctl_file_rights *r,
			    struct edge_slice bytes)
{
	const int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		     r->mode & 0700);
	enum edge_err err;

	if (fd < 0)
		return errno == ENOENT ? EDGE_ENOTFOUND : EDGE_ESYS;
	err = topo_file_write(fd, bytes);
	if (!err)
		err = give(fd, r);
	if (!err && fsync(fd))
		err = EDGE_ESYS;
	if (close(fd) && !err)
		err = EDGE_ESYS;
	if (err)
		(void)unlink(path);
	return err;
}

enum edge_err ctl_file_put(const char *path, const struct ctl_file_rights *r,
			   struct edge_slice bytes)
{
	char tmp[CTL_FILE_PATH + 8];
	enum edge_err err;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return EDGE_ELIMIT;
	if (unlink(tmp) && errno != ENOENT) /* of a killed writer */
		return EDGE_ESYS;
	err = create(tmp, r, bytes);
	if (err)
		return err;
	if (!rename(tmp, path))
		return EDGE_OK;
	(void)unlink(tmp);
	return EDGE_ESYS;
}

enum edge_err ctl_file_sync(const char *path)
{
	char copy[CTL_FILE_PATH];
	enum edge_err err;
	int fd;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return EDGE_ELIMIT;
	err = topo_dir_open(&fd, AT_FDCWD, dirname(copy));
	if (err)
		return err;
	if (fsync(fd))
		err = EDGE_ESYS;
	close(fd);
	return err;
}
