/* Whole small files: no links followed, nothing half written under its name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "topology/file.h"

static enum edge_err open_err(void)
{
	if (errno == ENOENT)
		return EDGE_ENOTFOUND;
	if (errno == ELOOP || errno == ENOTDIR || errno == EACCES)
		return EDGE_EDENIED;
	return EDGE_ESYS;
}

static enum edge_err read_all(int fd, uint8_t *p, size_t cap, size_t *len)
{
	*len = 0;
	for (;;) {
		ssize_t n = read(fd, p + *len, cap + 1 - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return EDGE_ESYS;
		if (!n)
			return EDGE_OK;
		*len += (size_t)n;
		if (*len > cap) /* grew while we read */
			return EDGE_ELIMIT;
	}
}

enum edge_err topo_file_read(uint8_t **out, size_t *len, int dir,
			     const char *name, size_t cap)
{
	/* O_NONBLOCK: a fifo must not hold us */
	int fd = openat(dir, name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum edge_err err = EDGE_ESYS;
	uint8_t *p = NULL;
	struct stat st;
	size_t size;

	if (fd < 0)
		return open_err();
	if (fstat(fd, &st))
		goto out;
	err = EDGE_EDENIED;
	if (!S_ISREG(st.st_mode))
		goto out;
	err = EDGE_ELIMIT;
	if ((uint64_t)st.st_size > cap)
		goto out;
	err = EDGE_ENOMEM;
	size = (size_t)st.st_size;
	p = malloc(size + 2);
	if (!p)
		goto out;
	err = read_all(fd, p, size, &size);
	if (err)
		goto out;
	p[size] = '\0';
	*out = p;
	*len = size;
	p = NULL;
out:
	free(p);
	close(fd);
	return err;
}

enum edge_err topo_file_write(int fd, struct edge_slice s)
{
	while (s.p < s.end) {
		ssize_t n = write(fd, s.p, edge_slice_len(s));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return EDGE_ESYS;
		s.p += n;
	}
	return EDGE_OK;
}

/* The mode is meant as given, whatever the umask; a running service may not
 * change one, and has no need to. */
static bool has_mode(int fd, mode_t mode)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	return (st.st_mode & 07777) == mode || !fchmod(fd, mode);
}

enum edge_err topo_file_create(int dir, const char *name, mode_t mode,
			       struct edge_slice bytes)
{
	int fd = openat(dir, name,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			mode);
	enum edge_err err;

	if (fd < 0)
		return errno == EEXIST ? EDGE_EDUP : open_err();
	err = topo_file_write(fd, bytes);
	if (!err && (!has_mode(fd, mode) || fsync(fd)))
		err = EDGE_ESYS;
	if (close(fd) && !err)
		err = EDGE_ESYS;
	if (err)
		unlinkat(dir, name, 0);
	return err;
}

enum edge_err topo_file_replace(int dir, const char *name, mode_t mode,
				struct edge_slice bytes)
{
	char tmp[128];
	enum edge_err err;

	if (snprintf(tmp, sizeof(tmp), ".%s.new", name) >= (int)sizeof(tmp))
		return EDGE_ELIMIT;
	if (unlinkat(dir, tmp, 0) && errno != ENOENT) /* of a killed writer */
		return EDGE_ESYS;
	err = topo_file_create(dir, tmp, mode, bytes);
	if (err)
		return err;
	if (renameat(dir, tmp, dir, name)) {
		unlinkat(dir, tmp, 0);
		return EDGE_ESYS;
	}
	return fsync(dir) ? EDGE_ESYS : EDGE_OK;
}

enum edge_err topo_dir_open(int *out, int dir, const char *name)
{
	int fd = openat(dir, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return open_err();
	*out = fd;
	return EDGE_OK;
}

enum edge_err topo_dir_make(int *out, int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, mode)) {
		if (errno != EEXIST)
			return open_err();
		return topo_dir_open(out, dir, name);
	}
	if (dir != AT_FDCWD && fsync(dir))
		return EDGE_ESYS;
	return topo_dir_open(out, dir, name);
}

static enum edge_err remove_files(int fd)
{
	DIR *d = fdopendir(fd);
	enum edge_err err = EDGE_OK;
	const struct dirent *e;

	if (!d) {
		close(fd);
		return EDGE_ESYS;
	}
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    unlinkat(dirfd(d), e->d_name, 0))
			err = EDGE_ESYS;
	closedir(d);
	return err;
}

enum edge_err topo_dir_remove(int dir, const char *name)
{
	enum edge_err err;
	int fd;

	err = topo_dir_open(&fd, dir, name);
	if (err == EDGE_ENOTFOUND)
		return EDGE_OK;
	if (err)
		return err;
	err = remove_files(fd);
	if (!err && unlinkat(dir, name, AT_REMOVEDIR))
		err = EDGE_ESYS;
	return err;
}
