/* A small DNS responder on loopback, on a thread of its own. */
#include "tests/support/fake_dns.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	HEADER = 12, /* RFC 1035 4.1.1 */
	MESSAGE = 4096,
	TYPE_A = 1,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	NXDOMAIN = 3,
	POINTER = 0xc000 | HEADER, /* the question's name */
};

struct fake_dns {
	const struct fake_dns_row *rows;
	size_t count;
	int fd, stop_fd;
	uint16_t port;
	pthread_t thread;
	pthread_mutex_t lock;
	unsigned asked;
	struct edge_addr from;
};

struct question {
	char name[256];
	uint16_t type;
	size_t len; /* on the wire */
};

static bool question_read(struct question *q, struct edge_slice in)
{
	const uint8_t *start = in.p;
	struct edge_slice label;
	size_t at = 0;
	uint16_t class;
	uint8_t len;

	while (edge_take_u8(&in, &len) && len) {
		if (!edge_take(&in, len, &label) || at + len + 2 > 256)
			return false;
		if (at)
			q->name[at++] = '.';
		memcpy(q->name + at, label.p, len);
		at += len;
	}
	q->name[at] = '\0';
	if (!edge_take_u16(&in, &q->type) || !edge_take_u16(&in, &class))
		return false;
	q->len = (size_t)(in.p - start);
	return true;
}

static void name_put(struct edge_put *w, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len) {
			edge_put_u8(w, (uint8_t)len);
			edge_put_bytes(w, name, len);
		}
		name += len + (name[len] == '.');
	}
	edge_put_u8(w, 0);
}

static void value_put(struct edge_put *w, const struct fake_dns_row *r)
{
	unsigned priority, weight, port;
	char target[256] = "";
	uint8_t ip[16];

	if (r->type == TYPE_SRV) {
		ck_assert_int_ge(sscanf(r->value, "%u %u %u %255s", &priority,
					&weight, &port, target),
				 4);
		edge_put_u16(w, (uint16_t)priority);
		edge_put_u16(w, (uint16_t)weight);
		edge_put_u16(w, (uint16_t)port);
		name_put(w, target);
	} else {
		bool v6 = r->type == TYPE_AAAA;

		inet_pton(v6 ? AF_INET6 : AF_INET, r->value, ip);
		edge_put_bytes(w, ip, v6 ? 16 : 4);
	}
}

static void record_put(struct edge_put *w, const struct fake_dns_row *r)
{
	uint8_t value[512];
	struct edge_put v = edge_put(value, sizeof(value));

	value_put(&v, r);
	edge_put_u16(w, POINTER);
	edge_put_u16(w, r->type);
	edge_put_u16(w, 1);
	edge_put_u32(w, r->ttl_s);
	edge_put_u16(w, (uint16_t)edge_put_len(&v));
	edge_put_slice(w, edge_put_done(&v));
}

static void header_put(struct edge_put *w, struct edge_slice id, int rcode,
		       uint16_t records)
{
	edge_put_slice(w, id);
	edge_put_u16(w, (uint16_t)(0x8180 | rcode)); /* QR RD RA */
	edge_put_u16(w, 1);
	edge_put_u16(w, records);
	edge_put_u32(w, 0);
}

/* Length of the answer in w; 0: stay silent. */
static size_t answer(const struct fake_dns *f, struct edge_put *w,
		     struct edge_slice in)
{
	struct edge_slice id, rest = in, skipped;
	struct question q;
	uint16_t records = 0;
	int rcode = NXDOMAIN;

	if (!edge_take(&rest, 2, &id) ||
	    !edge_take(&rest, HEADER - 2, &skipped) || !question_read(&q, rest))
		return 0;
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->rows[i].name, q.name) != 0)
			continue;
		if (rcode == NXDOMAIN)
			rcode = 0;
		if (f->rows[i].type != q.type)
			continue;
		if (f->rows[i].rcode == FAKE_DNS_SILENT)
			return 0;
		rcode = f->rows[i].rcode;
		records = (uint16_t)(records + (f->rows[i].value != NULL));
	}
	header_put(w, id, rcode, records);
	edge_put_bytes(w, rest.p, q.len);
	for (size_t i = 0; i < f->count; i++)
		if (f->rows[i].value && f->rows[i].type == q.type &&
		    !strcmp(f->rows[i].name, q.name))
			record_put(w, &f->rows[i]);
	return edge_put_len(w);
}

static void serve(struct fake_dns *f)
{
	uint8_t in[MESSAGE], out[MESSAGE];
	struct edge_put w = edge_put(out, sizeof(out));
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(f->fd, in, sizeof(in), 0, (struct sockaddr *)&from,
			     &from_len);
	size_t len;

	if (n <= 0)
		return;
	pthread_mutex_lock(&f->lock);
	f->asked++;
	if (edge_addr_from_sockaddr(&f->from, (struct sockaddr *)&from))
		f->from.family = 0;
	pthread_mutex_unlock(&f->lock);
	len = answer(f, &w, edge_slice(in, (size_t)n));
	if (len)
		sendto(f->fd, out, len, 0, (struct sockaddr *)&from, from_len);
}

static void *thread_main(void *arg)
{
	struct fake_dns *f = arg;
	struct pollfd p[2] = {{.fd = f->fd, .events = POLLIN},
			      {.fd = f->stop_fd, .events = POLLIN}};

	while (poll(p, 2, -1) > 0 && !p[1].revents)
		serve(f);
	return NULL;
}

struct fake_dns *fake_dns_start(const struct fake_dns_row *rows, size_t count)
{
	struct fake_dns *f = calloc(1, sizeof(*f));
	struct sockaddr_in sa = {.sin_family = AF_INET};
	socklen_t len = sizeof(sa);

	ck_assert_ptr_nonnull(f);
	f->rows = rows;
	f->count = count;
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	f->stop_fd = eventfd(0, EFD_CLOEXEC);
	ck_assert(f->fd >= 0 && f->stop_fd >= 0);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(f->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	ck_assert_int_eq(getsockname(f->fd, (struct sockaddr *)&sa, &len), 0);
	f->port = ntohs(sa.sin_port);
	pthread_mutex_init(&f->lock, NULL);
	ck_assert_int_eq(pthread_create(&f->thread, NULL, thread_main, f), 0);
	return f;
}

void fake_dns_stop(struct fake_dns *f)
{
	ck_assert_int_eq(eventfd_write(f->stop_fd, 1), 0);
	pthread_join(f->thread, NULL);
	pthread_mutex_destroy(&f->lock);
	close(f->fd);
	close(f->stop_fd);
	free(f);
}

uint16_t fake_dns_port(const struct fake_dns *f)
{
	return f->port;
}

unsigned fake_dns_asked(struct fake_dns *f)
{
	unsigned n;

	pthread_mutex_lock(&f->lock);
	n = f->asked;
	pthread_mutex_unlock(&f->lock);
	return n;
}

struct edge_addr fake_dns_from(struct fake_dns *f)
{
	struct edge_addr a;

	pthread_mutex_lock(&f->lock);
	a = f->from;
	pthread_mutex_unlock(&f->lock);
	return a;
}
