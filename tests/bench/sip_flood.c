/* A crowd that means no good, from many addresses of one net: half-open
 * connections, heads that never end, REGISTERs of nobody, or a partner that
 * sends too fast. Says every half second how it goes, until it is killed. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/peer.h"

enum {
	TEXT = 1536,
	EVENTS = 256,
	DIALLING = 64,	      /* handshakes at once */
	SAY_NS = 500000000,   /* between two lines */
	TURN_NS = 5000000,    /* the longest wait */
	DRIP_NS = 1000000000, /* between two bytes of a head */
	STATUSES = 7,	      /* 1xx to 6xx */
};

struct plan {
	const char *to, *name, *chain, *key, *ca, *domain, *from;
	unsigned port, addresses, connections, rate, users;
	char mode;
};

struct one { /* a place in the crowd; its connection comes and goes */
	struct bench_peer *peer;
	unsigned index;
	int fd; /* mode h; -1: none */
	bool is_open;
};

struct flood {
	struct plan plan;
	struct bench_loop *loop;
	struct one *crowd;
	unsigned open, dialling, next_dial, next_send;
	uint64_t sent, opened, lost, answers[STATUSES];
};

static struct flood flood; /* the loop's callbacks know their peer only */

static const char *source_of(unsigned index)
{
	static char text[INET_ADDRSTRLEN];
	struct in_addr a;

	if (inet_pton(AF_INET, flood.plan.from, &a) != 1)
		bench_die(flood.plan.from);
	a.s_addr = htonl(ntohl(a.s_addr) + index % flood.plan.addresses);
	inet_ntop(AF_INET, &a, text, sizeof(text));
	return text;
}

static void say(void)
{
	const uint64_t *a = flood.answers;

	printf("{\"open\": %u, \"opened\": %" PRIu64 ", \"lost\": %" PRIu64
	       ", \"sent\": %" PRIu64 ", \"s200\": %" PRIu64
	       ", \"s400\": %" PRIu64 ", \"s500\": %" PRIu64 "}\n",
	       flood.open, flood.opened, flood.lost, flood.sent, a[2], a[4],
	       a[5]);
	fflush(stdout);
}

/* -- what is said ------------------------------------------------------- */

static size_t a_register(char text[TEXT], const struct one *o)
{
	return (size_t)snprintf(
		text, TEXT,
		"REGISTER sip:%s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS %s:5061;branch=z9hG4bK%08X%08X\r\n"
		"From: <sip:nobody%u@%s>;tag=%u\r\n"
		"To: <sip:nobody%u@%s>\r\n"
		"Max-Forwards: 70\r\nCSeq: 1 REGISTER\r\n"
		"Call-ID: bogus-%u-%" PRIu64 "\r\n"
		"Contact: <sip:%s:5061;transport=tls>\r\n"
		"Content-Length: 0\r\n\r\n",
		flood.plan.domain, source_of(o->index), o->index,
		(unsigned)flood.sent, o->index, flood.plan.domain, o->index,
		o->index, flood.plan.domain, o->index, flood.sent,
		source_of(o->index));
}

static size_t a_message(char text[TEXT], const struct one *o)
{
	const unsigned user = (unsigned)(flood.sent % flood.plan.users);

	return (size_t)snprintf(
		text, TEXT,
		"MESSAGE sip:user%u@contoso.com SIP/2.0\r\n"
		"Via: SIP/2.0/TLS %s:5061;branch=z9hG4bK%08X%08X\r\n"
		"From: <sip:eve@%s>;tag=%u\r\n"
		"To: <sip:user%u@contoso.com>\r\n"
		"Max-Forwards: 70\r\nCSeq: 1 MESSAGE\r\n"
		"Call-ID: flood-%u-%" PRIu64 "\r\n"
		"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
		user, source_of(o->index), o->index, (unsigned)flood.sent,
		flood.plan.domain, o->index, user, o->index, flood.sent);
}

static void send_one(struct one *o)
{
	char text[TEXT];
	size_t len = flood.plan.mode == 'r' ? a_register(text, o)
					    : a_message(text, o);

	if (len >= TEXT)
		bench_die("request too long");
	bench_peer_send(o->peer, text, len);
	bench_peer_flush(o->peer);
	flood.sent++;
}

/* -- connections -------------------------------------------------------- */

static void count_answers(const char *in, const char *end)
{
	const char *at = in;

	while ((at = memmem(at, (size_t)(end - at), "SIP/2.0 ", 8))) {
		at += 8;
		if (at < end && *at >= '1' && *at <= '6')
			flood.answers[*at - '0']++;
	}
}

static size_t on_bytes(struct bench_peer *p, const char *in, size_t len)
{
	static const char head[] = "REGISTER sip:contoso.com SIP/2.0\r\nVia: ";
	struct one *o = bench_peer_arg(p);

	if (len) { /* a line that is cut in two is not counted */
		count_answers(in, in + len);
		return len;
	}
	if (o->is_open)
		return 0; /* a ticket */
	o->is_open = true;
	flood.dialling--;
	flood.open++;
	flood.opened++;
	if (flood.plan.mode == 's')
		bench_peer_send(p, head, sizeof(head) - 1);
	return 0;
}

static void on_lost(struct bench_peer *p)
{
	struct one *o = bench_peer_arg(p);

	if (o->is_open)
		flood.open--;
	else
		flood.dialling--;
	o->is_open = false;
	o->peer = NULL;
	flood.lost++;
}

/* The places without a connection get one, a few at a time. */
static void dial_some(void)
{
	for (unsigned n = 0; n < flood.plan.connections; n++) {
		struct one *o = &flood.crowd[flood.next_dial];

		if (flood.dialling >= DIALLING)
			return;
		flood.next_dial =
			(flood.next_dial + 1) % flood.plan.connections;
		if (o->peer)
			continue;
		o->peer = bench_peer_dial(flood.loop, source_of(o->index),
					  flood.plan.to, flood.plan.port,
					  flood.plan.name);
		bench_peer_set_arg(o->peer, o);
		flood.dialling++;
	}
}

static struct one *next_open(void)
{
	for (unsigned n = 0; n < flood.plan.connections; n++) {
		struct one *o = &flood.crowd[flood.next_send++ %
					     flood.plan.connections];

		if (o->is_open)
			return o;
	}
	return NULL;
}

/* One byte of each head a second, spread over it. */
static uint64_t step_ns(void)
{
	return flood.plan.mode == 's' ? DRIP_NS / flood.plan.connections
				      : 1000000000u / flood.plan.rate;
}

static void send_due(uint64_t *due, uint64_t now)
{
	struct one *o;

	if (now > *due + DRIP_NS)
		*due = now - DRIP_NS; /* what was late is not made up for */
	for (; *due <= now; *due += step_ns()) {
		o = next_open();
		if (!o)
			continue;
		if (flood.plan.mode != 's') {
			send_one(o);
			continue;
		}
		bench_peer_send(o->peer, "x", 1);
		bench_peer_flush(o->peer);
	}
}

static void talk(void)
{
	const struct bench_tls tls = {.is_client = true,
				      .ca = flood.plan.ca,
				      .chain = flood.plan.chain,
				      .key = flood.plan.key};
	uint64_t now = bench_now_ns(), due = now, said = now;

	flood.loop = bench_loop_new(&tls, on_bytes, on_lost);
	for (;; now = bench_now_ns()) {
		dial_some();
		send_due(&due, now);
		bench_loop_turn(flood.loop, TURN_NS);
		if (now - said < SAY_NS)
			continue;
		said = now;
		say();
	}
}

/* -- half open ---------------------------------------------------------- */

static int half_open(unsigned index)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)flood.plan.port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

	inet_pton(AF_INET, source_of(index), &from.sin_addr);
	inet_pton(AF_INET, flood.plan.to, &to.sin_addr);
	if (fd < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		       sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) &&
	     errno != EINPROGRESS)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void on_half(int epoll, const struct epoll_event *e)
{
	struct one *o = e->data.ptr;
	struct epoll_event quiet = {.events = EPOLLRDHUP, .data.ptr = o};

	if (e->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
		close(o->fd);
		o->fd = -1;
		flood.open -= o->is_open;
		o->is_open = false;
		flood.lost++;
	} else if (!o->is_open) {
		o->is_open = true;
		flood.open++;
		flood.opened++;
		(void)epoll_ctl(epoll, EPOLL_CTL_MOD, o->fd, &quiet);
	}
}

static void open_due(int epoll, uint64_t *due, uint64_t now)
{
	for (unsigned n = 0; *due <= now && n < flood.plan.connections; n++) {
		struct one *o = &flood.crowd[flood.next_dial];
		struct epoll_event e = {.events = EPOLLOUT | EPOLLRDHUP,
					.data.ptr = o};

		flood.next_dial =
			(flood.next_dial + 1) % flood.plan.connections;
		if (o->fd >= 0)
			continue;
		*due += step_ns();
		o->fd = half_open(o->index);
		if (o->fd >= 0)
			(void)epoll_ctl(epoll, EPOLL_CTL_ADD, o->fd, &e);
	}
	if (*due < now)
		*due = now;
}

static void hold(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	uint64_t now = bench_now_ns(), due = now, said = now;
	struct epoll_event events[EVENTS];

	for (;; now = bench_now_ns()) {
		int n;

		open_due(epoll, &due, now);
		n = epoll_wait(epoll, events, EVENTS, 5);
		for (int i = 0; i < n; i++)
			on_half(epoll, &events[i]);
		if (now - said < SAY_NS)
			continue;
		said = now;
		say();
	}
}

/* -- command line ------------------------------------------------------- */

static void usage(void)
{
	fputs("usage: bench_sip_flood -m half|slow|register|partner -t IP "
	      "-p PORT -f FIRST\n"
	      "       -a ADDRESSES -c CONNECTIONS [-r A_SECOND] [-n NAME] "
	      "[-d DOMAIN]\n"
	      "       [-u USERS] [-C CHAIN -K KEY]\n",
	      stderr);
	exit(2);
}

static void read_text(int option)
{
	struct plan *p = &flood.plan;
	const char **const where = option == 't'   ? &p->to
				   : option == 'n' ? &p->name
				   : option == 'f' ? &p->from
				   : option == 'd' ? &p->domain
				   : option == 'C' ? &p->chain
						   : &p->key;

	*where = optarg;
}

static void read_number(int option)
{
	struct plan *p = &flood.plan;
	unsigned *const where = option == 'p'	? &p->port
				: option == 'a' ? &p->addresses
				: option == 'c' ? &p->connections
				: option == 'r' ? &p->rate
						: &p->users;

	*where = (unsigned)strtoul(optarg, NULL, 10);
}

static void read_options(int argc, char **argv)
{
	struct plan *p = &flood.plan;
	int option;

	*p = (struct plan){.domain = "contoso.com",
			   .name = "sip.contoso.com",
			   .addresses = 1,
			   .rate = 1,
			   .users = 1};
	while ((option = getopt(argc, argv, "m:t:n:f:d:C:K:p:a:c:r:u:")) > 0) {
		if (option == 'm')
			p->mode = *optarg;
		else if (strchr("tnfdCK", option))
			read_text(option);
		else if (strchr("pacru", option))
			read_number(option);
		else
			usage();
	}
	if (!p->to || !p->from || !p->port || !p->addresses ||
	    !p->connections || !p->rate || !p->users || !p->mode ||
	    !strchr("hsrp", p->mode))
		usage();
}

static void open_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	open_files();
	flood.crowd = calloc(flood.plan.connections, sizeof(*flood.crowd));
	if (!flood.crowd)
		bench_die("memory");
	for (unsigned i = 0; i < flood.plan.connections; i++)
		flood.crowd[i] = (struct one){.index = i, .fd = -1};
	if (flood.plan.mode == 'h')
		hold();
	talk();
	return 0;
}
