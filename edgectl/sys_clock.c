/* doctor, family SYS: one datagram to each time server, all at a time. */
#include "edgectl/sys_clock.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/sock.h"
#include "edgectl/cure_ini.h"
#include "edgectl/doctor_svc.h"
#include "edgectl/reach.h"
#include "edgectl/sntp.h"

enum {
	SERVERS = 8,	  /* ours */
	ANSWER_MS = 1500, /* ours: all of them together [ms] */
	WARN_MS = 60000,
	ERROR_MS = 300000, /* AV 6.2: skew that credentials bear */
};

struct server {
	struct edge_addr at;
	int fd;
	uint64_t nonce, asked;
	bool is_answered;
	enum edge_err err;
	enum ctl_reach reach;
	int64_t behind_ms;
};

struct clocks {
	struct ctl_doctor *d;
	struct server v[SERVERS];
	size_t count;
};

static uint64_t wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return ctl_sntp_time(t.tv_sec, (uint32_t)t.tv_nsec);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* -- there --------------------------------------------------------------- */

/* Without a topology it is not known where outside is. */
static bool bind_outside(int fd, const struct ctl_doctor *d, uint8_t family)
{
	struct sockaddr_storage sa;
	struct ctl_local side;
	socklen_t len;

	if (!d->topo)
		return true;
	ctl_local_outside(&side, d, TOPO_PORT_ACCESS_CLIENT);
	if (side.local.family != family || !side.is_here)
		return true;
	len = edge_addr_to_sockaddr(&side.local, &sa);
	return (!side.device ||
		!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, side.device,
			    (socklen_t)strlen(side.device))) &&
	       !bind(fd, (const struct sockaddr *)&sa, len);
}

static void ask(struct server *s, const struct ctl_doctor *d)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&s->at, &sa);
	uint8_t out[CTL_SNTP_LEN];

	edge_random(&s->nonce, sizeof(s->nonce));
	ctl_sntp_encode(out, s->nonce);
	s->fd = socket(s->at.family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0);
	s->asked = wall();
	if (s->fd >= 0 && bind_outside(s->fd, d, s->at.family) &&
	    !connect(s->fd, (const struct sockaddr *)&sa, len) &&
	    send(s->fd, out, sizeof(out), 0) == (ssize_t)sizeof(out))
		return;
	s->err = EDGE_ESYS;
	s->reach = ctl_reach_of(s->err, errno);
	s->is_answered = true;
}

/* -- back ---------------------------------------------------------------- */

static void take(struct server *s)
{
	uint8_t in[2 * CTL_SNTP_LEN];
	ssize_t n = recv(s->fd, in, sizeof(in), 0);
	struct ctl_sntp got;

	if (n < 0) {
		s->err = EDGE_ESYS;
		s->reach = ctl_reach_of(s->err, errno);
		s->is_answered = true;
		return;
	}
	s->err = ctl_sntp_decode(&got, edge_slice(in, (size_t)n), s->nonce);
	if (s->err == EDGE_EFORMAT)
		return; /* not to us: the right one may come still */
	s->is_answered = true;
	if (!s->err)
		s->behind_ms = ctl_sntp_behind_ms(&got, s->asked, wall());
}

static void wait_for_all(struct clocks *c)
{
	uint64_t now = now_ms(), end = now + ANSWER_MS;

	for (; now < end; now = now_ms()) {
		struct pollfd p[SERVERS];
		size_t open = 0;

		for (size_t i = 0; i < c->count; i++) {
			p[i] = (struct pollfd){c->v[i].is_answered ? -1
								   : c->v[i].fd,
					       POLLIN, 0};
			open += !c->v[i].is_answered;
		}
		if (!open || poll(p, (nfds_t)c->count, (int)(end - now)) <= 0)
			return;
		for (size_t i = 0; i < c->count; i++)
			if (p[i].fd >= 0 && p[i].revents)
				take(&c->v[i]);
	}
}

/* -- what is said -------------------------------------------------------- */

static void tell_silent(struct clocks *c)
{
	static const struct ctl_ini_set other = {"network", "ntp", "ADDRESS"};
	char names[256] = "";
	size_t len = 0;

	if (c->d->is_way_out_bad || c->d->is_ntp_blocked)
		return; /* NET or FW says it */
	for (size_t i = 0; i < c->count; i++) {
		char text[EDGE_ADDR_STRLEN];

		edge_addr_print_ip(&c->v[i].at, false, text);
		if (len < sizeof(names))
			len += (size_t)snprintf(names + len,
						sizeof(names) - len, "%s%s",
						i ? ", " : "", text);
		if (c->v[i].reach != CTL_REACH_REFUSED &&
		    (c->v[i].reach || !c->v[i].is_answered))
			ctl_cure_add(&c->d->cure, CTL_ON_FIREWALL,
				     "allow udp from this host -> %s port 123 "
				     "out",
				     text);
	}
	if (!c->d->cure.count) /* they are reached, and have no time */
		ctl_cure_set(&c->d->cure, c->d->c->config_path, &other);
	ctl_doctor_bad(c->d, TOPO_WARN, "SYS-004", names,
		       "no time server answers with a time");
}

static void tell_off(struct clocks *c, const struct server *s)
{
	const int64_t off = s->behind_ms / 1000;
	const int64_t size = off < 0 ? -off : off;
	char text[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(&s->at, false, text);
	ctl_cure_add(&c->d->cure, CTL_ON_EDGE, "timedatectl set-ntp false");
	ctl_cure_add(&c->d->cure, CTL_ON_EDGE,
		     "timedatectl set-time -- '%+" PRId64 "s'", off);
	ctl_cure_add(&c->d->cure, CTL_ON_EDGE, "timedatectl set-ntp true");
	ctl_doctor_bad(c->d, size * 1000 > ERROR_MS ? TOPO_ERROR : TOPO_WARN,
		       "SYS-003", "clock", "%" PRId64 " s %s that of %s", size,
		       off < 0 ? "before" : "behind", text);
	c->d->is_clock_bad = true;
}

static int64_t size_of(const struct server *s)
{
	return s->behind_ms < 0 ? -s->behind_ms : s->behind_ms;
}

/* The one that is nearest to us: a single liar shall not turn our clock. */
static void judge(struct clocks *c)
{
	const struct server *near = NULL;
	char text[EDGE_ADDR_STRLEN];

	for (size_t i = 0; i < c->count; i++) {
		const struct server *s = &c->v[i];

		if (s->is_answered && !s->err &&
		    (!near || size_of(s) < size_of(near)))
			near = s;
	}
	if (!near) {
		tell_silent(c);
		return;
	}
	if (size_of(near) > WARN_MS) {
		tell_off(c, near);
		return;
	}
	edge_addr_print_ip(&near->at, false, text);
	ctl_doctor_good(c->d, "clock: %" PRId64 " ms from that of %s",
			near->behind_ms, text);
}

static void ask_kernel(struct ctl_doctor *d)
{
	struct timex t = {.modes = 0};

	if (adjtimex(&t) == TIME_ERROR || t.status & STA_UNSYNC)
		ctl_doctor_good(d, "clock: nobody keeps it; with [network] "
				   "ntp it is compared here");
	else
		ctl_doctor_good(d, "clock: kept by this host's time service");
}

void ctl_sys_clock(struct ctl_doctor *d)
{
	const char *list = d->c->config->network.ntp;
	struct clocks c = {.d = d};
	struct edge_addr at;
	unsigned bits;

	if (!list) {
		ask_kernel(d);
		return;
	}
	while (c.count < SERVERS && edge_config_next_net(&list, &at, &bits)) {
		at.port = CTL_SNTP_PORT;
		c.v[c.count].at = at;
		ask(&c.v[c.count++], d);
	}
	wait_for_all(&c);
	for (size_t i = 0; i < c.count; i++)
		if (c.v[i].fd >= 0)
			close(c.v[i].fd);
	judge(&c);
}
