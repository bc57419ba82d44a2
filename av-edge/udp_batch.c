/* The socket table of a batch, and the kind that serves it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "av-edge/udp_batch_kind.h"

enum {
	SLOT_BITS = 16,
	SLOT_MASK = 0xffff,
	NONE = 0xffff,
	GENERATIONS = 0x7fff, /* 15 bits: ids stay below AVE_BATCH_ID_END */
};

static const struct ave_batch_ops *const kinds[] = {
	[AVE_BATCH_RING] = &ave_batch_ring_ops,
	[AVE_BATCH_EPOLL] = &ave_batch_epoll_ops,
};

static const char *const kind_names[] = {
	[AVE_BATCH_AUTO] = "auto",
	[AVE_BATCH_RING] = "ring",
	[AVE_BATCH_EPOLL] = "epoll",
};

static enum edge_err start(struct ave_batch *b, enum ave_batch_kind kind)
{
	enum edge_err err;

	b->ops = kinds[kind == AVE_BATCH_AUTO ? AVE_BATCH_RING : kind];
	err = b->ops->start(b);
	if (!err || kind != AVE_BATCH_AUTO || err == EDGE_ENOMEM)
		return err;
	b->ops = kinds[AVE_BATCH_EPOLL];
	return b->ops->start(b);
}

static enum edge_err make_table(struct ave_batch *b, uint32_t cap)
{
	b->sockets = calloc(cap, sizeof(*b->sockets));
	if (!b->sockets)
		return EDGE_ENOMEM;
	b->cap = cap;
	for (uint32_t i = 0; i < cap; i++) {
		b->sockets[i].fd = -1;
		b->sockets[i].generation = 1;
		b->sockets[i].next = (uint16_t)(i + 1 < cap ? i + 1 : NONE);
	}
	b->newest = cap - 1;
	return EDGE_OK;
}

enum edge_err ave_batch_new(struct ave_batch **out, enum ave_batch_kind kind,
			    uint32_t sockets)
{
	struct ave_batch *b;
	enum edge_err err;

	if (!sockets || sockets > AVE_BATCH_SOCKETS)
		return EDGE_ERANGE;
	b = calloc(1, sizeof(*b));
	if (!b)
		return EDGE_ENOMEM;
	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = b->epoll < 0 ? EDGE_ESYS : make_table(b, sockets);
	if (!err)
		err = start(b, kind);
	if (err) {
		ave_batch_free(b);
		return err;
	}
	*out = b;
	return EDGE_OK;
}

void ave_batch_free(struct ave_batch *b)
{
	if (!b)
		return;
	if (b->engine)
		b->ops->stop(b);
	for (uint32_t i = 0; i < b->cap; i++)
		if (b->sockets[i].fd >= 0)
			close(b->sockets[i].fd);
	if (b->epoll >= 0)
		close(b->epoll);
	free(b->sockets);
	free(b);
}

enum edge_err ave_batch_begin(struct ave_batch *b)
{
	return b->ops->begin(b);
}

enum ave_batch_kind ave_batch_kind_of(const struct ave_batch *b)
{
	return b->ops->kind;
}

const char *ave_batch_kind_name(enum ave_batch_kind k)
{
	return kind_names[k];
}

/* -- sockets ------------------------------------------------------------ */

uint32_t ave_batch_slot(uint32_t id)
{
	return id & SLOT_MASK;
}

struct ave_batch_socket *ave_batch_find(const struct ave_batch *b, uint32_t id)
{
	struct ave_batch_socket *s;

	if ((id & SLOT_MASK) >= b->cap)
		return NULL;
	s = &b->sockets[id & SLOT_MASK];
	return s->fd >= 0 && s->generation == id >> SLOT_BITS ? s : NULL;
}

static unsigned family_of(int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);

	return getsockname(fd, (struct sockaddr *)&sa, &len) ? AF_UNSPEC
							     : sa.ss_family;
}

/* Behind all that are free: a late name finds nothing for long. */
static void give_back(struct ave_batch *b, uint32_t slot)
{
	struct ave_batch_socket *s = &b->sockets[slot];

	s->fd = -1;
	s->generation = s->generation % GENERATIONS + 1; /* so no id is 0 */
	s->next = NONE;
	if (b->oldest == NONE)
		b->oldest = slot;
	else
		b->sockets[b->newest].next = (uint16_t)slot;
	b->newest = slot;
	b->count--;
}

enum edge_err ave_batch_open(uint32_t *out, struct ave_batch *b, int fd,
			     uint64_t tag)
{
	uint32_t slot = b->oldest, id;
	struct ave_batch_socket *s = &b->sockets[slot];
	enum edge_err err;

	if (slot == NONE)
		return EDGE_ELIMIT;
	b->oldest = s->next;
	b->count++;
	s->fd = fd;
	s->tag = tag;
	s->burst = 1;
	s->family = (uint16_t)family_of(fd);
	id = (uint32_t)s->generation << SLOT_BITS | slot;
	err = b->ops->open(b, id);
	if (err) {
		give_back(b, slot);
		return err;
	}
	*out = id;
	return EDGE_OK;
}

void ave_batch_close(struct ave_batch *b, uint32_t id)
{
	struct ave_batch_socket *s = ave_batch_find(b, id);

	if (!s)
		return;
	b->ops->flush(b);
	b->ops->close(b, id);
	close(s->fd);
	give_back(b, id & SLOT_MASK);
}

int ave_batch_fd(const struct ave_batch *b, uint32_t id)
{
	const struct ave_batch_socket *s = ave_batch_find(b, id);

	return s ? s->fd : -1;
}

size_t ave_batch_count(const struct ave_batch *b)
{
	return b->count;
}

/* -- names -------------------------------------------------------------- */

socklen_t ave_batch_name(union ave_batch_name *out, const struct edge_addr *to,
			 unsigned family)
{
	if (to->family != family)
		return 0;
	if (family == AF_INET) {
		out->v4 = (struct sockaddr_in){.sin_family = AF_INET,
					       .sin_port = htons(to->port)};
		memcpy(&out->v4.sin_addr, to->ip, 4);
		return sizeof(out->v4);
	}
	out->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
					.sin6_port = htons(to->port)};
	memcpy(&out->v6.sin6_addr, to->ip, 16);
	return sizeof(out->v6);
}

bool ave_batch_sender(struct edge_addr *out, struct ave_batch *b,
		      const union ave_batch_name *name, unsigned family)
{
	if (name->any.sa_family == AF_INET && family == AF_INET) {
		*out = (struct edge_addr){.family = AF_INET,
					  .port = ntohs(name->v4.sin_port)};
		memcpy(out->ip, &name->v4.sin_addr, 4);
		return true;
	}
	/* a disguised IPv4 address on an IPv6 socket could not be answered */
	if (name->any.sa_family == AF_INET6 &&
	    edge_addr_from_sockaddr(out, &name->any) == EDGE_OK &&
	    out->family == family)
		return true;
	b->losses.foreign++;
	return false;
}

/* -- other descriptors --------------------------------------------------- */

enum edge_err ave_batch_watch(struct ave_batch *b, int fd, unsigned io,
			      uint64_t tag)
{
	struct epoll_event e = {.data.u64 = tag | 1ull << 63};

	e.events = (io & AVE_BATCH_READ ? EPOLLIN | EPOLLRDHUP : 0u) |
		   (io & AVE_BATCH_WRITE ? EPOLLOUT : 0u);
	if (!epoll_ctl(b->epoll, EPOLL_CTL_MOD, fd, &e))
		return EDGE_OK;
	if (errno != ENOENT || epoll_ctl(b->epoll, EPOLL_CTL_ADD, fd, &e))
		return EDGE_ESYS;
	return EDGE_OK;
}

void ave_batch_unwatch(struct ave_batch *b, int fd)
{
	(void)epoll_ctl(b->epoll, EPOLL_CTL_DEL, fd, NULL);
}

size_t ave_batch_ready(struct ave_batch_item *out, const struct epoll_event *e)
{
	out->what = AVE_BATCH_READY;
	out->tag = e->data.u64 & ~(1ull << 63);
	out->ready = 0;
	if (e->events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))
		out->ready |= AVE_BATCH_READ;
	if (e->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		out->ready |= AVE_BATCH_WRITE;
	return 1;
}

/* -- sending ------------------------------------------------------------ */

size_t ave_batch_wait(struct ave_batch *b, struct ave_batch_item *items,
		      int timeout_ms)
{
	return b->ops->wait(b, items, timeout_ms);
}

void ave_batch_send(struct ave_batch *b, uint32_t socket,
		    const struct edge_addr *to, struct edge_slice bytes)
{
	b->ops->send(b, socket, to, bytes);
}

void ave_batch_send_now(struct ave_batch *b, uint32_t socket,
			const struct edge_addr *to, struct edge_slice bytes)
{
	const struct ave_batch_socket *s = ave_batch_find(b, socket);
	union ave_batch_name name;
	socklen_t len = s ? ave_batch_name(&name, to, s->family) : 0;

	if (!len) {
		b->losses.send_failed++;
		return;
	}
	b->ops->flush(b); /* what came first goes first */
	if (sendto(s->fd, bytes.p, edge_slice_len(bytes), MSG_DONTWAIT,
		   &name.any, len) >= 0)
		return;
	if (errno == EAGAIN || errno == ENOBUFS)
		b->losses.send_full++;
	else
		b->losses.send_failed++;
}

struct ave_batch_losses ave_batch_losses_of(const struct ave_batch *b)
{
	return b->losses;
}
