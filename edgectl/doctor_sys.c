/* doctor, family SYS: what the system gives the services: files, buffers,
 * ports, a clock, users of their own. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edgectl/cure_ini.h"
#include "edgectl/doctor.h"
#include "edgectl/svc_judge.h"
#include "edgectl/sys_clock.h"
#include "edgectl/sys_judge.h"

enum { PROC_MAX = 16 * 1024, FILES_MIN = 65536, PATH = 64 };

/* A file of /proc, which has no length before it is read. */
static bool read_proc(struct edge_slice *out, uint8_t text[PROC_MAX],
		      const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && len < PROC_MAX) {
		n = read(fd, text + len, PROC_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	*out = edge_slice(text, len);
	return fd >= 0 && n >= 0;
}

/* -- each service -------------------------------------------------------- */

struct process {
	struct ctl_doctor *d;
	enum ctl_daemon daemon;
	const char *name;
	long long pid;
	struct json_t *status; /* with its limits */
	char *roots;	       /* names of those that are root's */
};

enum { ROOTS = 80 };

static bool read_of(const struct process *p, const char *file,
		    struct edge_slice *out, uint8_t text[PROC_MAX])
{
	char path[PATH];

	snprintf(path, sizeof(path), "/proc/%lld/%s", p->pid, file);
	if (read_proc(out, text, path))
		return true;
	ctl_doctor_bad(p->d, TOPO_INFO, "SYS-007", p->name, "%s: %s", path,
		       strerror(errno));
	return false;
}

static void cure_files(const struct process *p, uint64_t wanted)
{
	struct ctl_cure *k = &p->d->cure;
	static const char folder[] = "/etc/systemd/system";

	ctl_cure_add(k, CTL_ON_EDGE, "mkdir -p %s/%s.service.d", folder,
		     p->name);
	ctl_cure_add(k, CTL_ON_EDGE,
		     "printf '[Service]\\nLimitNOFILE=%" PRIu64
		     "\\n' > %s/%s.service.d/files.conf",
		     wanted < FILES_MIN ? FILES_MIN : wanted, folder, p->name);
	ctl_cure_add(k, CTL_ON_EDGE, "systemctl daemon-reload");
	ctl_cure_restart(k, CTL_ON_EDGE, p->name);
}

static void check_files(const struct process *p)
{
	const uint64_t wanted = ctl_sys_files_wanted(p->daemon, p->status);
	struct edge_slice text;
	uint8_t room[PROC_MAX];
	uint64_t soft;

	if (!wanted || !read_of(p, "limits", &text, room) ||
	    !ctl_sys_files(&soft, text))
		return;
	if (soft >= wanted) {
		ctl_doctor_good(p->d,
				"%s may open %" PRIu64
				" files, its limits ask for %" PRIu64,
				p->name, soft, wanted);
		return;
	}
	cure_files(p, wanted);
	ctl_doctor_bad(p->d, TOPO_WARN, "SYS-001", p->name,
		       "%s may open %" PRIu64 " files, its limits ask for "
		       "%" PRIu64,
		       p->name, soft, wanted);
}

static uint16_t lowest_port(const struct topo *t)
{
	uint16_t lowest = UINT16_MAX;

	for (size_t i = 0; t && i < TOPO_PORT_KINDS; i++)
		if (t->listen[i].present && t->listen[i].addr.port < lowest)
			lowest = t->listen[i].addr.port;
	return lowest;
}

/* It listens now; will it after a topology that moves a port? */
static void check_ports(const struct process *p)
{
	static const char name[] = "net.ipv4.ip_unprivileged_port_start";
	const uint16_t lowest = lowest_port(p->d->topo);
	struct edge_slice text;
	uint8_t room[PROC_MAX];
	uint64_t start;

	if (!read_proc(&text, room,
		       "/proc/sys/net/ipv4/ip_unprivileged_port_start") ||
	    !edge_slice_u64(edge_slice_trim(text), UINT16_MAX, &start) ||
	    start <= lowest)
		return;
	ctl_cure_add(&p->d->cure, CTL_ON_EDGE, "sysctl -w %s=%u", name, lowest);
	ctl_cure_add(&p->d->cure, CTL_ON_EDGE,
		     "echo '%s = %u' > /etc/sysctl.d/60-lync-edge-ports.conf",
		     name, lowest);
	ctl_doctor_bad(p->d, TOPO_WARN, "SYS-005", p->name,
		       "%s has no right to ports below %" PRIu64
		       ", the topology begins at %u",
		       p->name, start, lowest);
}

static void check_owner(const struct process *p)
{
	struct ctl_sys_owner owner;
	struct edge_slice text;
	uint8_t room[PROC_MAX];

	if (!read_of(p, "status", &text, room) || !ctl_sys_owner(&owner, text))
		return;
	if (!owner.uid)
		snprintf(p->roots + strlen(p->roots), ROOTS - strlen(p->roots),
			 "%s%s", *p->roots ? ", " : "", p->name);
	else if (!owner.may_bind)
		check_ports(p);
}

static void check_service(struct ctl_doctor *d, enum ctl_daemon i, char *roots)
{
	struct process p = {
		.d = d, .daemon = i, .name = ctl_daemons[i], .roots = roots};
	enum edge_err err;

	if (!d->status[i])
		return; /* SVC says it */
	p.status = ctl_daemon_get(d->c, p.name, "/v1/status?limits=1", &err);
	p.pid = json_integer_value(json_object_get(p.status, "pid"));
	if (p.pid > 0) {
		check_files(&p);
		check_owner(&p);
	}
	json_decref(p.status);
}

/* -- buffers of sockets -------------------------------------------------- */

/* What the kernel grants of it; it counts its own book-keeping twice. */
static uint64_t granted(int name, int wanted)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), got = 0;
	socklen_t len = sizeof(got);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, name, &wanted, sizeof(wanted)) ||
	    getsockopt(fd, SOL_SOCKET, name, &got, &len))
		got = 2 * wanted; /* not known, so not told */
	if (fd >= 0)
		close(fd);
	return (uint64_t)got / 2;
}

static void check_buffers(struct ctl_doctor *d)
{
	static const struct {
		int name;
		const char *sysctl;
	} rows[] = {{SO_RCVBUF, "net.core.rmem_max"},
		    {SO_SNDBUF, "net.core.wmem_max"}};
	enum edge_err err;
	json_t *status = ctl_daemon_get(d->c, ctl_daemons[CTL_AV],
					"/v1/status?limits=1", &err);
	const uint64_t wanted = ctl_sys_limit(status, "av.socket_buffer");
	char saw[160] = "";

	json_decref(status);
	for (size_t i = 0; wanted && wanted < INT32_MAX / 2 && i < 2; i++) {
		uint64_t got = granted(rows[i].name, (int)wanted);

		if (got >= wanted)
			continue;
		snprintf(saw + strlen(saw), sizeof(saw) - strlen(saw),
			 "%s%s gives %" PRIu64, *saw ? ", " : "",
			 rows[i].sysctl, got);
		ctl_cure_add(&d->cure, CTL_ON_EDGE, "sysctl -w %s=%" PRIu64,
			     rows[i].sysctl, wanted);
		ctl_cure_add(&d->cure, CTL_ON_EDGE,
			     "echo '%s = %" PRIu64
			     "' >> /etc/sysctl.d/60-lync-edge-buffers.conf",
			     rows[i].sysctl, wanted);
	}
	if (!*saw)
		return;
	ctl_cure_restart(&d->cure, CTL_ON_EDGE, "av-edge");
	ctl_doctor_bad(d, TOPO_WARN, "SYS-002", "av-edge",
		       "%s, av.socket_buffer asks for %" PRIu64, saw, wanted);
}

/* -- settings ------------------------------------------------------------ */

static void check_lab(struct ctl_doctor *d)
{
	static const struct ctl_ini_set off = {"local", "lab", "no"};

	if (!d->c->config->lab)
		return;
	ctl_cure_set(&d->cure, d->c->config_path, &off);
	for (size_t i = 0; i <= CTL_AV; i++)
		ctl_cure_restart(&d->cure, CTL_ON_EDGE, ctl_daemons[i]);
	ctl_doctor_bad(d, TOPO_WARN, "CTL-015", d->c->config_path, "lab = yes");
}

void ctl_doctor_sys(struct ctl_doctor *d)
{
	char roots[ROOTS] = "";

	check_lab(d);
	ctl_sys_clock(d);
	for (size_t i = 0; i < CTL_DAEMONS; i++)
		check_service(d, (enum ctl_daemon)i, roots);
	if (*roots)
		ctl_doctor_bad(d, TOPO_INFO, "SYS-006", "users", "of root: %s",
			       roots);
	if (d->status[CTL_AV])
		check_buffers(d);
}
