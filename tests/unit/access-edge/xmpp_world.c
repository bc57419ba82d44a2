#include "tests/unit/access-edge/xmpp_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "access-edge/events.h"
#include "access-edge/xmpp_gateway.h"
#include "access-edge/xmpp_in.h"
#include "access-edge/xmpp_room.h"
#include "common/dns.h"
#include "common/expiring.h"
#include "common/recent.h"
#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/topo_fixture.h"
#include "tests/support/turns.h"

enum { ENDS = 32, PATIENCE_MS = 10000 };

struct acc_xmpp_core core;
struct topo xmpp_topo;
_Atomic uint64_t xmpp_limits[ACC_LIMIT_COUNT];

static struct xmpp_end *ends[ENDS];
static size_t end_count;
static const struct topo_xmpp_partner partners[] = {
	{.domain = "fabrikam.com",
	 .trust = TOPO_XMPP_FEDERATED,
	 .tls = TOPO_XMPP_NOT_SUPPORTED,
	 .sasl = TOPO_XMPP_NOT_SUPPORTED,
	 .dialback = true},
	{.domain = "litware.example", .keep_alive = true},
};

static void setup(void)
{
	heard_start(acc_events);
	core = (struct acc_xmpp_core){.limits = xmpp_limits};
	end_count = 0;
	for (size_t i = 0; i < ACC_LIMIT_COUNT; i++)
		xmpp_limits[i] = acc_config_rows.limits[i].def;
	xmpp_topo = topo_fixture();
	xmpp_topo.xmpp = partners;
	xmpp_topo.xmpp_count = 2;
	xmpp_topo.xmpp_gateway = topo_xmpp_gateway_default();
	ck_assert_int_eq(
		edge_addr_parse(&xmpp_topo.listen[TOPO_PORT_XMPP_OUTSIDE].addr,
				edge_slice_str("127.0.0.1"), 0),
		EDGE_OK);
	core.topo = &xmpp_topo;
	ck_assert_int_eq(edge_loop_new(&core.loop), EDGE_OK);
	ck_assert_int_eq(acc_stats_new(&core.stats, 1), EDGE_OK);
	ck_assert_int_eq(edge_recent_new(&core.refusals, 10), EDGE_OK);
	ck_assert_int_eq(acc_xmpp_room_new(&core), EDGE_OK);
	ck_assert_int_eq(edge_handles_new(&core.links, 15, 4096, 64), EDGE_OK);
	ck_assert_int_eq(edge_expiring_new(&core.resting, 64), EDGE_OK);
	ck_assert_int_eq(acc_dialback_add(&core.dialback,
					  edge_slice_str("key of the pool")),
			 EDGE_OK);
}

static void note(void *thing, void *arg)
{
	edge_handle *id = arg;

	*id = ((struct acc_xmpp_link *)thing)->id;
}

struct acc_xmpp_link *xmpp_newest(void)
{
	edge_handle id = 0;

	edge_handles_each(core.links, note, &id);
	return acc_xmpp_link_find(&core, id);
}

static void teardown(void)
{
	struct acc_xmpp_link *l;

	core.is_draining = true;
	while ((l = xmpp_newest()) != NULL)
		acc_xmpp_link_end(l, ACC_XMPP_R_SHUTDOWN);
	edge_dns_free(core.dns);
	edge_loop_free(core.loop);
	edge_expiring_free(core.resting);
	edge_handles_free(core.links);
	acc_xmpp_room_free(&core);
	edge_recent_free(core.refusals);
	edge_stats_free(core.stats);
	while (end_count) {
		struct xmpp_end *e = ends[--end_count];

		if (e->fd >= 0)
			close(e->fd);
		free(e);
	}
	heard_stop();
}

TCase *xmpp_world_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}

static struct xmpp_end *end_new(int fd)
{
	struct xmpp_end *e = calloc(1, sizeof(*e));

	ck_assert_ptr_nonnull(e);
	ck_assert_uint_lt(end_count, ENDS);
	e->fd = fd;
	ends[end_count++] = e;
	return e;
}

/* One of a pair; the other one is the caller's to hand over. */
static struct xmpp_end *pair(int *other)
{
	int fds[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	*other = fds[1];
	return end_new(fds[0]);
}

struct xmpp_end *xmpp_partner(void)
{
	struct edge_addr from = {0};
	int fd;
	struct xmpp_end *e = pair(&fd);

	ck_assert_int_eq(edge_addr_parse(&from, edge_slice_str("192.0.2.9"), 9),
			 EDGE_OK);
	acc_xmpp_in_accept(&core, fd, &from);
	return e;
}

static bool read_end(void *arg)
{
	struct xmpp_end *e = arg;
	const ssize_t n = recv(e->fd, e->text + e->len,
			       sizeof(e->text) - 1 - e->len, MSG_DONTWAIT);

	if (n > 0)
		e->len += (size_t)n;
	e->text[e->len] = '\0';
	return n == 0 || (n < 0 && errno != EAGAIN);
}

struct wanted {
	struct xmpp_end *end;
	const char *words;
};

static bool has_come(void *arg)
{
	struct wanted *w = arg;

	(void)read_end(w->end);
	return strstr(w->end->text, w->words) != NULL;
}

void xmpp_hears(struct xmpp_end *e, const char *words)
{
	struct wanted w = {e, words};

	turns_until(core.loop, has_come, &w, PATIENCE_MS, words);
}

void xmpp_is_over(struct xmpp_end *e)
{
	turns_until(core.loop, read_end, e, PATIENCE_MS, "its end");
}

void xmpp_seen(struct xmpp_end *e)
{
	turns_for(core.loop, 1);
	(void)read_end(e);
}

void xmpp_forget(struct xmpp_end *e)
{
	e->len = 0;
	*e->text = '\0';
}

void xmpp_say(struct xmpp_end *e, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		const ssize_t n = send(e->fd, text, len, MSG_NOSIGNAL);

		if (n < 0) {
			ck_assert_int_eq(errno, EAGAIN);
			turns_for(core.loop, 5);
			continue;
		}
		text += n;
		len -= (size_t)n;
	}
}

#define HEADER                                               \
	"<stream:stream xmlns='jabber:server' xmlns:stream=" \
	"'http://etherx.jabber.org/streams' xmlns:db="       \
	"'jabber:server:dialback' to='contoso.com' version='1.0'"

struct xmpp_end *xmpp_partner_open(const char *from)
{
	struct xmpp_end *e = xmpp_partner();

	xmpp_say(e, HEADER " from='");
	xmpp_say(e, from);
	xmpp_say(e, "'>");
	xmpp_hears(e, "</stream:features>");
	return e;
}

/* In the clear: the certificate, and with it the name, is the journeys'. */
struct xmpp_end *xmpp_gateway(const char *name)
{
	struct edge_addr from = {0};
	struct acc_xmpp_link *l;
	int fd;
	struct xmpp_end *e = pair(&fd);

	acc_xmpp_gateway_accept(&core, fd, &from);
	l = (struct acc_xmpp_link *)core.gateways;
	ck_assert_ptr_nonnull(l);
	strncpy(l->domain, name, sizeof(l->domain) - 1);
	xmpp_say(e, HEADER ">");
	xmpp_hears(e, "</stream:features>");
	return e;
}

struct edge_addr xmpp_listen(int *fd)
{
	struct edge_addr at, none;

	ck_assert_int_eq(edge_addr_parse(&at, edge_slice_str("127.0.0.1"), 0),
			 EDGE_OK);
	ck_assert_int_eq(edge_sock_listen(fd, &at, NULL, false), EDGE_OK);
	edge_sock_names(*fd, &at, &none);
	return at;
}

struct taking {
	int listener, fd;
};

static bool take(void *arg)
{
	struct taking *t = arg;

	t->fd = accept4(t->listener, NULL, NULL, SOCK_NONBLOCK);
	return t->fd >= 0;
}

struct xmpp_end *xmpp_taken(int listener)
{
	struct taking t = {listener, -1};

	turns_until(core.loop, take, &t, PATIENCE_MS, "a connection");
	return end_new(t.fd);
}

uint64_t xmpp_stat(size_t row)
{
	return edge_stats_sum(core.stats, row);
}

struct seek {
	const char *words;
	bool is_there;
};

static void seek(const char *line, void *arg)
{
	struct seek *s = arg;

	s->is_there |= strstr(line, s->words) != NULL;
}

bool xmpp_kept(const char *words)
{
	struct seek s = {.words = words};

	edge_recent_each(core.refusals, seek, &s);
	return s.is_there;
}

void xmpp_turn(unsigned ms)
{
	turns_for(core.loop, ms);
}
