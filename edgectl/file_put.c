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

/* Who may not give files away keeps them. */
static enum edge_err give(const char *path, const struct ctl_file_rights *r)
{
	if ((r->uid == geteuid() && r->gid == getegid()) ||
	    !lchown(path, r->uid, r->gid))
		return EDGE_OK;
	return EDGE_ESYS;
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
	/* for nobody else before it has its group */
	err = topo_file_create(AT_FDCWD, tmp, r->mode & 0700, bytes);
	if (err)
		return err;
	err = give(tmp, r);
	if (!err && chmod(tmp, r->mode))
		err = EDGE_ESYS;
	if (!err && rename(tmp, path))
		err = EDGE_ESYS;
	if (err)
		(void)unlink(tmp);
	return err;
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
