/* SRV and address look-ups outside: c-ares bound to the external address. */
#include "common/dns.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/dns_cache.h"
#include "common/dns_name.h"
#include "common/loop.h"

enum {
	SOCKETS = 4 * EDGE_DNS_SERVERS_MAX, /* ours: UDP, TCP, each in change */
	TRIES = 2,			    /* ours: of each server */
	TIMEOUT_MS = 2000,		    /* ours: a try [ms] */
	CLASS_IN = 1,			    /* RFC 1035 3.2.4 */
};

struct sock {
	struct edge_dns *dns;
	int fd; /* -1: free */
};

struct edge_dns {
	struct edge_dns_plan plan;
	char *device;
	ares_channel channel;
	bool has_channel, is_closing;
	struct edge_dns_cache *cache;
	struct edge_timer timer;
	struct sock socks[SOCKETS];
};

/* ---- the loop's side */

static void timer_set(struct edge_dns *d);

static void on_time(struct edge_timer *t, uint64_t now_ms)
{
	struct edge_dns *d =
		(struct edge_dns *)((char *)t -
				    offsetof(struct edge_dns, timer));

	(void)now_ms;
	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	timer_set(d);
}

static void timer_set(struct edge_dns *d)
{
	struct timeval tv;
	uint64_t wait_ms;

	if (!ares_timeout(d->channel, NULL, &tv)) {
		edge_wheel_stop(&d->timer);
		return;
	}
	wait_ms = (uint64_t)tv.tv_sec * 1000 + (uint64_t)tv.tv_usec / 1000;
	edge_wheel_start(edge_loop_wheel(d->plan.loop), &d->timer,
			 edge_loop_now_ms(d->plan.loop) + wait_ms + 1, on_time);
}

static void on_ready(unsigned ready, void *arg)
{
	const struct sock *s = arg;
	struct edge_dns *d = s->dns;
	ares_socket_t fd = s->fd;

	ares_process_fd(d->channel,
			ready & EDGE_LOOP_READ ? fd : ARES_SOCKET_BAD,
			ready & EDGE_LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	timer_set(d);
}

static struct sock *sock_find(struct edge_dns *d, int fd)
{
	for (size_t i = 0; i < SOCKETS; i++)
		if (d->socks[i].fd == fd)
			return &d->socks[i];
	return NULL;
}

/* A socket without a place here is not watched; its question times out. */
static void on_sock_state(void *arg, ares_socket_t fd, int readable,
			  int writable)
{
	struct edge_dns *d = arg;
	struct sock *s = sock_find(d, fd);
	unsigned io = (readable ? EDGE_LOOP_READ : 0) |
		      (writable ? EDGE_LOOP_WRITE : 0);

	if (!io) {
		if (s) {
			edge_loop_unwatch(d->plan.loop, fd);
			s->fd = -1;
		}
		return;
	}
	if (!s)
		s = sock_find(d, -1);
	if (!s)
		return;
	s->fd = edge_loop_watch(d->plan.loop, fd, io, on_ready, s) ? -1 : fd;
}

/* c-ares's own device setting ignores failures; this one does not. */
static int on_sock_made(ares_socket_t fd, int type, void *arg)
{
	const struct edge_dns *d = arg;

	(void)type;
	if (!d->device)
		return 0;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, d->device,
			  (socklen_t)strlen(d->device) + 1);
}

/* ---- answers */

static void tell_err(enum edge_err err, edge_dns_fn *fn, void *arg)
{
	const struct edge_dns_answer a = {.err = err};

	fn(&a, arg);
}

/* All its queries are answered: settle, then tell those who wait. A waiter may
 * ask again at once; the pin keeps e until all are told. */
static void entry_done(struct edge_dns *d, struct edge_dns_entry *e)
{
	uint32_t ttl_s = e->ttl_s;
	struct edge_dns_waiter *w = e->waiters;

	if (d->is_closing)
		e->err = EDGE_ECLOSED;
	else if (e->count)
		e->err = EDGE_OK;
	if (e->err == EDGE_ENOTFOUND)
		ttl_s = d->plan.negative_s;
	else if (e->err)
		ttl_s = EDGE_DNS_FAILED_S;
	else if (ttl_s > d->plan.ttl_max_s)
		ttl_s = d->plan.ttl_max_s;
	else if (ttl_s < d->plan.ttl_min_s)
		ttl_s = d->plan.ttl_min_s;
	e->waiters = NULL;
	edge_dns_cache_pin(e);
	edge_dns_cache_settle(d->cache, e,
			      edge_loop_now_ms(d->plan.loop) +
				      (uint64_t)ttl_s * 1000);
	while (w) {
		struct edge_dns_waiter *next = w->next;

		edge_dns_cache_tell(e, w);
		free(w);
		w = next;
	}
	edge_dns_cache_unpin(e);
}

static enum edge_err status_err(int status)
{
	if (status == ARES_SUCCESS)
		return EDGE_OK;
	if (status == ARES_ENOTFOUND || status == ARES_ENODATA)
		return EDGE_ENOTFOUND;
	if (status == ARES_ENOMEM)
		return EDGE_ENOMEM;
	return EDGE_EDNS;
}

static bool records_ready(struct edge_dns_entry *e)
{
	if (!e->records)
		e->records = calloc(1, sizeof(*e->records));
	return e->records != NULL;
}

static bool addr_is_usable(const struct edge_dns *d, const struct edge_addr *a)
{
	switch (edge_addr_classify(a)) {
	case EDGE_ADDR_GLOBAL:
	case EDGE_ADDR_PRIVATE:
		return true;
	case EDGE_ADDR_LOOPBACK:
		return d->plan.is_lab;
	case EDGE_ADDR_UNSPECIFIED:
	case EDGE_ADDR_LINK_LOCAL:
	case EDGE_ADDR_MULTICAST:
	case EDGE_ADDR_BROADCAST:
		break;
	}
	return false;
}

static void addr_put(struct edge_dns *d, struct edge_dns_entry *e,
		     const struct sockaddr *sa, int ttl)
{
	struct edge_addr a;

	if (e->count == EDGE_DNS_RECORDS_MAX ||
	    edge_addr_from_sockaddr(&a, sa) || !addr_is_usable(d, &a))
		return;
	a.port = 0;
	e->records->addr[e->count++] = a;
	if (ttl >= 0 && (uint32_t)ttl < e->ttl_s)
		e->ttl_s = (uint32_t)ttl;
}

static enum edge_err a_read(struct edge_dns *d, struct edge_dns_entry *e,
			    const uint8_t *msg, int len)
{
	struct ares_addrttl found[EDGE_DNS_RECORDS_MAX];
	struct sockaddr_in sa = {.sin_family = AF_INET};
	int n = EDGE_DNS_RECORDS_MAX;
	int status = ares_parse_a_reply(msg, len, NULL, found, &n);

	for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
		sa.sin_addr = found[i].ipaddr;
		addr_put(d, e, (const struct sockaddr *)&sa, found[i].ttl);
	}
	return status ? status_err(status) : EDGE_ENOTFOUND;
}

static enum edge_err aaaa_read(struct edge_dns *d, struct edge_dns_entry *e,
			       const uint8_t *msg, int len)
{
	struct ares_addr6ttl found[EDGE_DNS_RECORDS_MAX];
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6};
	int n = EDGE_DNS_RECORDS_MAX;
	int status = ares_parse_aaaa_reply(msg, len, NULL, found, &n);

	for (int i = 0; status == ARES_SUCCESS && i < n; i++) {
		memcpy(&sa.sin6_addr, &found[i].ip6addr, sizeof(sa.sin6_addr));
		addr_put(d, e, (const struct sockaddr *)&sa, found[i].ttl);
	}
	return status ? status_err(status) : EDGE_ENOTFOUND;
}

static void on_addr(struct edge_dns_entry *e, int status, const uint8_t *msg,
		    int len, bool is_v6)
{
	struct edge_dns *d = e->owner;
	enum edge_err err = status_err(status);

	if (!err && !records_ready(e))
		err = EDGE_ENOMEM;
	if (!err)
		err = is_v6 ? aaaa_read(d, e, msg, len)
			    : a_read(d, e, msg, len);
	/* a failure of either outweighs that the other does not exist */
	if (!e->err || e->err == EDGE_ENOTFOUND)
		e->err = err;
	if (--e->asked == 0)
		entry_done(d, e);
}

static void on_a(void *arg, int status, int timeouts, unsigned char *msg,
		 int len)
{
	(void)timeouts;
	on_addr(arg, status, msg, len, false);
}

static void on_aaaa(void *arg, int status, int timeouts, unsigned char *msg,
		    int len)
{
	(void)timeouts;
	on_addr(arg, status, msg, len, true);
}

static bool name_is_inside(const struct edge_dns *d, const char *name)
{
	return d->plan.is_inside &&
	       d->plan.is_inside(edge_slice_str(name), d->plan.arg);
}

/* Lowest TTL of the answer section; c-ares does not tell it for SRV. */
static uint32_t ttl_lowest(const uint8_t *msg, int len)
{
	uint32_t ttl_s = UINT32_MAX;
	ns_msg m;
	ns_rr rr;

	if (ns_initparse(msg, len, &m))
		return 0;
	for (int i = 0; i < ns_msg_count(m, ns_s_an); i++)
		if (!ns_parserr(&m, ns_s_an, i, &rr) && ns_rr_ttl(rr) < ttl_s)
			ttl_s = ns_rr_ttl(rr);
	return ttl_s;
}

static int srv_order(const void *a, const void *b)
{
	const struct edge_dns_srv *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return (x->weight < y->weight) - (x->weight > y->weight);
}

/* A target of "." says that there is no such service (RFC 2782). */
static enum edge_err srv_read(struct edge_dns *d, struct edge_dns_entry *e,
			      const uint8_t *msg, int len)
{
	struct ares_srv_reply *list = NULL;
	int status = ares_parse_srv_reply(msg, len, &list);

	if (status)
		return status_err(status);
	for (const struct ares_srv_reply *s = list;
	     s && e->count < EDGE_DNS_RECORDS_MAX; s = s->next) {
		struct edge_dns_srv *r = &e->records->srv[e->count];

		if (!edge_dns_name_clean(r->target, s->host) ||
		    name_is_inside(d, r->target) || !s->port)
			continue;
		r->priority = s->priority;
		r->weight = s->weight;
		r->port = s->port;
		e->count++;
	}
	ares_free_data(list);
	qsort(e->records->srv, e->count, sizeof(e->records->srv[0]), srv_order);
	e->ttl_s = ttl_lowest(msg, len);
	return EDGE_ENOTFOUND; /* unless there are some */
}

static void on_srv(void *arg, int status, int timeouts, unsigned char *msg,
		   int len)
{
	struct edge_dns_entry *e = arg;

	(void)timeouts;
	e->err = status_err(status);
	if (!e->err && !records_ready(e))
		e->err = EDGE_ENOMEM;
	if (!e->err)
		e->err = srv_read(e->owner, e, msg, len);
	e->asked = 0;
	entry_done(e->owner, e);
}

/* ---- questions */

static void entry_ask(struct edge_dns *d, struct edge_dns_entry *e)
{
	bool v4 = d->plan.local.family != AF_INET6;
	bool v6 = d->plan.local.family != AF_INET;

	e->owner = d;
	if (e->kind == EDGE_DNS_KIND_SRV) {
		e->asked = 1;
		ares_query(d->channel, e->name, CLASS_IN, ns_t_srv, on_srv, e);
		return;
	}
	e->asked = (unsigned)v4 + (unsigned)v6;
	if (v4) /* with both, asked stays above 0 here: e lives on */
		ares_query(d->channel, e->name, CLASS_IN, ns_t_a, on_a, e);
	if (v6)
		ares_query(d->channel, e->name, CLASS_IN, ns_t_aaaa, on_aaaa,
			   e);
}

static void ask(struct edge_dns *d, enum edge_dns_kind kind, const char *text,
		struct edge_dns_waiter want)
{
	char name[EDGE_DNS_NAME_LEN];
	struct edge_dns_entry *e = NULL;
	struct edge_dns_waiter *w;
	enum edge_err err = EDGE_OK;
	bool is_new;

	if (d->is_closing)
		err = EDGE_ECLOSED;
	else if (!edge_dns_name_clean(name, text))
		err = EDGE_EFORMAT;
	else if (name_is_inside(d, name))
		err = EDGE_EDENIED;
	if (err)
		goto refuse;
	e = edge_dns_cache_find(d->cache, kind, name,
				edge_loop_now_ms(d->plan.loop));
	if (e && e->is_settled) {
		edge_dns_cache_pin(e);
		edge_dns_cache_tell(e, &want);
		edge_dns_cache_unpin(e);
		return;
	}
	w = malloc(sizeof(*w));
	err = EDGE_ENOMEM;
	if (!w)
		goto refuse;
	is_new = !e;
	err = is_new ? edge_dns_cache_add(d->cache, &e, kind, name) : EDGE_OK;
	if (err) {
		free(w);
		goto refuse;
	}
	*w = want;
	w->next = e->waiters;
	e->waiters = w;
	if (is_new)
		entry_ask(d, e);
	timer_set(d);
	return;
refuse:
	tell_err(err, want.fn, want.arg);
}

void edge_dns_srv(struct edge_dns *d, const char *name, edge_dns_fn *fn,
		  void *arg)
{
	ask(d, EDGE_DNS_KIND_SRV, name,
	    (struct edge_dns_waiter){.fn = fn, .arg = arg});
}

bool edge_dns_srv_is_free(struct edge_dns *d, const char *text)
{
	char name[EDGE_DNS_NAME_LEN];
	const struct edge_dns_entry *e;

	if (d->is_closing || !edge_dns_name_clean(name, text) ||
	    name_is_inside(d, name))
		return true;
	e = edge_dns_cache_find(d->cache, EDGE_DNS_KIND_SRV, name,
				edge_loop_now_ms(d->plan.loop));
	return e != NULL;
}

void edge_dns_addr(struct edge_dns *d, const char *name, uint16_t port,
		   edge_dns_fn *fn, void *arg)
{
	ask(d, EDGE_DNS_KIND_ADDR, name,
	    (struct edge_dns_waiter){.fn = fn, .arg = arg, .port = port});
}

/* ---- start and end */

/* Nothing of this machine's own resolver settings comes in. */
static enum edge_err channel_open(struct edge_dns *d)
{
	char lookups[] = "b", nowhere[] = "/dev/null";
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = d->plan.timeout_ms ? (int)d->plan.timeout_ms
					      : TIMEOUT_MS,
		.tries = TRIES,
		.ndots = 1,
		.lookups = lookups,
		.resolvconf_path = nowhere,
		.sock_state_cb = on_sock_state,
		.sock_state_cb_data = d,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF |
		   ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB |
		   ARES_OPT_NOROTATE;

	if (ares_library_init(ARES_LIB_INIT_ALL) ||
	    ares_init_options(&d->channel, &o, mask))
		return EDGE_ENOMEM;
	d->has_channel = true;
	ares_set_socket_configure_callback(d->channel, on_sock_made, d);
	if (d->plan.local.family == AF_INET) {
		const uint8_t *ip = d->plan.local.ip;

		ares_set_local_ip4(d->channel, (unsigned)ip[0] << 24 |
						       (unsigned)ip[1] << 16 |
						       (unsigned)ip[2] << 8 |
						       ip[3]);
	} else if (d->plan.local.family == AF_INET6) {
		ares_set_local_ip6(d->channel, d->plan.local.ip);
	}
	return EDGE_OK;
}

enum edge_err edge_dns_new(struct edge_dns **out, const struct edge_dns_plan *p)
{
	struct edge_dns *d = calloc(1, sizeof(*d));
	char servers[EDGE_DNS_SERVERS_LEN];
	enum edge_err err = EDGE_ENOMEM;

	if (!d)
		return err;
	d->plan = *p;
	for (size_t i = 0; i < SOCKETS; i++)
		d->socks[i] = (struct sock){d, -1};
	if (p->device) {
		d->device = strdup(p->device);
		if (!d->device)
			goto out;
	}
	err = edge_dns_cache_new(&d->cache, p->cache_records);
	if (err)
		goto out;
	err = channel_open(d);
	if (err)
		goto out;
	err = edge_dns_servers_read(servers, p->resolv, p->local.family);
	if (err)
		goto out;
	err = EDGE_EFORMAT;
	if (ares_set_servers_ports_csv(d->channel, servers))
		goto out;
	d->plan.resolv = NULL; /* the caller's, read once */
	*out = d;
	d = NULL;
	err = EDGE_OK;
out:
	edge_dns_free(d);
	return err;
}

void edge_dns_free(struct edge_dns *d)
{
	int e = errno;

	if (!d)
		return;
	d->is_closing = true;
	edge_wheel_stop(&d->timer);
	if (d->has_channel) {
		ares_destroy(d->channel); /* tells all who wait */
		ares_library_cleanup();
	}
	edge_dns_cache_free(d->cache);
	free(d->device);
	free(d);
	errno = e;
}
