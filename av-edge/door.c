/* The server sockets of one worker: who may come in. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/worker_state.h"
#include "common/sock.h"

enum { ACCEPTS_A_TURN = 32 }; /* ours: so that no door starves the rest */

static const struct {
	bool is_tcp;
	uint8_t side; /* enum ave_side */
} rows[AVE_DOORS] = {
	[AVE_DOOR_OUTSIDE_UDP] = {false, AVE_OUTSIDE},
	[AVE_DOOR_INSIDE_UDP] = {false, AVE_INSIDE},
	[AVE_DOOR_OUTSIDE_TCP] = {true, AVE_OUTSIDE},
	[AVE_DOOR_INSIDE_TCP] = {true, AVE_INSIDE},
	[AVE_DOOR_OUTSIDE_UDP6] = {false, AVE_OUTSIDE},
	[AVE_DOOR_INSIDE_UDP6] = {false, AVE_INSIDE},
	[AVE_DOOR_OUTSIDE_TCP6] = {true, AVE_OUTSIDE},
	[AVE_DOOR_INSIDE_TCP6] = {true, AVE_INSIDE},
};

static uint32_t limit(const struct ave_worker *w, enum ave_limit which)
{
	return (uint32_t)w->outlook->view.limits[which];
}

/* Clients inside are few machines: they count against the total alone. */
static bool may_enter(struct ave_worker *w, const struct ave_door *d,
		      const struct edge_addr *from)
{
	uint32_t most = d->side == AVE_INSIDE
				? UINT32_MAX
				: limit(w, AVE_LIMIT_CONNECTIONS_PER_SOURCE);

	if (atomic_load(&w->house->stream_count) >=
	    limit(w, AVE_LIMIT_CONNECTIONS)) {
		ave_worker_count(w, AVE_STAT_REJECTED_TOTAL);
		return false;
	}
	if (!ave_house_enter(w->house, from, most)) {
		ave_worker_count(w, AVE_STAT_REJECTED_SOURCE);
		return false;
	}
	atomic_fetch_add(&w->house->stream_count, 1);
	return true;
}

/* false: nothing more to accept now */
static bool accept_one(struct ave_door *d)
{
	struct ave_worker *w = d->worker;
	struct ave_stream_ends at = {.is_inside = d->side == AVE_INSIDE};
	struct ave_stream *s;
	int fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0 && errno == ECONNABORTED)
		return true;
	if (fd < 0) {
		ave_hub_lull(&d->lull, w->hub, &d->ear, errno);
		return false;
	}
	edge_sock_names(fd, &at.server, &at.client);
	if (!at.client.family || !may_enter(w, d, &at.client)) {
		close(fd);
		return true;
	}
	if (ave_stream_new(&s, &w->streams, fd, &at)) {
		ave_worker_count(w, AVE_STAT_REJECTED_RESOURCE);
		ave_worker_leaves(w, &at.client);
		return true;
	}
	ave_worker_count(w, at.is_inside ? AVE_STAT_ACCEPTED_INSIDE
					 : AVE_STAT_ACCEPTED_OUTSIDE);
	return true;
}

static void on_ready(struct ave_ear *e, unsigned io)
{
	struct ave_door *d = (struct ave_door *)(void *)e;

	(void)io;
	for (int i = 0; i < ACCEPTS_A_TURN; i++)
		if (!accept_one(d))
			return;
}

static void note_address(struct ave_door *d, int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) ||
	    edge_addr_from_sockaddr(&d->at, (struct sockaddr *)&sa))
		d->at = (struct edge_addr){0};
}

static enum edge_err open_tcp(struct ave_worker *w, enum ave_door_kind kind,
			      const struct ave_door *new, int fd)
{
	struct ave_door *d = &w->door[kind];
	enum edge_err err;

	ave_door_close(w, kind);
	*d = *new;
	d->ear.ready = on_ready;
	err = ave_hub_listen(w->hub, &d->ear, fd, AVE_BATCH_READ);
	d->fd = err ? -1 : fd;
	return err;
}

/* -- UDP doors that move ----------------------------------------------------
 */

static void end_oldest(struct ave_worker *w)
{
	ave_batch_close(w->hub->batch, w->old[0].socket);
	w->old_count--;
	memmove(&w->old[0], &w->old[1], w->old_count * sizeof(w->old[0]));
}

/* Who has an allocation there goes on speaking to it. */
static void retire(struct ave_worker *w, const struct ave_door *d)
{
	if (!d->socket)
		return;
	if (w->old_count == AVE_OLD_DOORS)
		end_oldest(w);
	w->old[w->old_count++] = *d;
}

bool ave_door_back(struct ave_worker *w, enum ave_door_kind kind,
		   const struct edge_addr *at)
{
	struct ave_door *was = w->old, now = w->door[kind];
	const struct ave_door *end = w->old + w->old_count;

	while (was < end && !edge_addr_eq(&was->at, at))
		was++;
	if (was == end)
		return false;
	w->door[kind] = *was;
	w->old_count--;
	memmove(was, was + 1,
		(size_t)(w->old + w->old_count - was) * sizeof(*was));
	retire(w, &now);
	return true;
}

static enum edge_err open_udp(struct ave_worker *w, enum ave_door_kind kind,
			      struct ave_door *new, int fd)
{
	struct ave_door *d = &w->door[kind];
	enum edge_err err;

	ave_socket_set_buffer(fd, limit(w, AVE_LIMIT_SOCKET_BUFFER));
	err = ave_batch_open(&new->socket, w->hub->batch, fd, kind);
	if (err)
		return err;
	retire(w, d);
	*d = *new;
	return EDGE_OK;
}

const struct ave_door *ave_door_of(const struct ave_worker *w, uint32_t socket)
{
	for (int k = 0; k < AVE_DOORS; k++)
		if (w->door[k].socket && socket == w->door[k].socket)
			return &w->door[k];
	for (unsigned i = 0; i < w->old_count; i++)
		if (socket == w->old[i].socket)
			return &w->old[i];
	return NULL;
}

bool ave_door_is_old(const struct ave_worker *w, const struct ave_door *d)
{
	return d >= w->old && d < w->old + AVE_OLD_DOORS;
}

void ave_doors_end_old(struct ave_worker *w)
{
	while (w->old_count)
		end_oldest(w);
}

/* -- both ------------------------------------------------------------------ */

enum edge_err ave_door_open(struct ave_worker *w, enum ave_door_kind kind,
			    int fd)
{
	struct ave_door new = {.worker = w, .fd = -1};
	enum edge_err err;

	new.side = rows[kind].side;
	note_address(&new, fd);
	err = rows[kind].is_tcp ? open_tcp(w, kind, &new, fd)
				: open_udp(w, kind, &new, fd);
	if (err)
		close(fd);
	return err;
}

void ave_door_close(struct ave_worker *w, enum ave_door_kind kind)
{
	struct ave_door *d = &w->door[kind];

	if (d->socket)
		ave_batch_close(w->hub->batch, d->socket);
	d->socket = 0;
	if (d->fd < 0)
		return;
	ave_hub_unlull(&d->lull);
	ave_hub_leave(w->hub, &d->ear);
	close(d->fd);
	d->fd = -1;
}

void ave_door_end(struct ave_worker *w, enum ave_door_kind kind)
{
	if (!rows[kind].is_tcp) {
		retire(w, &w->door[kind]);
		w->door[kind].socket = 0;
	}
	ave_door_close(w, kind);
}

void ave_doors_close_tcp(struct ave_worker *w)
{
	for (int k = 0; k < AVE_DOORS; k++)
		if (rows[k].is_tcp)
			ave_door_close(w, (enum ave_door_kind)k);
}
