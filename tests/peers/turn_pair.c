/* Two TURN clients of libre that talk through their relayed addresses.
 *   turn_pair udp|tcp|tls SERVER PORT USER PASSWORD PACKETS channel|send
 *             ADDRESS [ADDRESS]
 * PACKETS go each way, by channel or by indication, and must come unaltered,
 * each once. The second client lives on the second ADDRESS, if there is one.
 * Prints one line a step; exit status 0 when all is well. */
#include <inttypes.h>
#include <re.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/peers/packets.h"

enum {
	HEADROOM = 64, /* libre writes its headers there */
	TICK_MS = 2,
	EACH_TICK = 4,
	QUIET_MS = 60000, /* without any progress: given up */
	LIFETIME_S = 600,
};

struct pair;

struct end {
	struct pair *pair;
	struct end *other;
	char name;
	struct sa local, relayed;
	struct udp_sock *udp;
	struct tcp_conn *tcp;
	struct tls_conn *tls;
	struct turnc *turn;
	struct mbuf *in; /* of a stream, not yet cut */
	bool is_allocated, is_permitted;
	uint32_t sent;
	struct packets got;
};

struct pair {
	struct end end[2];
	struct sa server;
	const char *user, *password;
	int proto;
	bool by_channel;
	struct tls *tls; /* NULL: none */
	uint32_t packets;
	struct tmr tick;
	uint64_t progress_ms;
	int status;
};

static void give_up(struct pair *p, const char *what, int err)
{
	if (p->status)
		return;
	re_printf("failed: %s (%m)\n", what, err);
	for (int i = 0; i < 2; i++)
		re_printf("%c: allocated %d permitted %d sent %u got %u\n",
			  p->end[i].name, p->end[i].is_allocated,
			  p->end[i].is_permitted, p->end[i].sent,
			  p->end[i].got.next);
	p->status = 1;
	re_cancel();
}

static void arrived(struct end *e, const struct sa *from, struct mbuf *mb)
{
	e->pair->progress_ms = tmr_jiffies();
	if (!sa_cmp(from, &e->other->relayed, SA_ALL))
		give_up(e->pair, "a packet from somebody else", 0);
	else if (!packets_take(&e->got, mbuf_buf(mb), mbuf_get_left(mb),
			       e->other->name))
		give_up(e->pair, "a packet is doubled or altered", 0);
}

static void udp_arrived(const struct sa *src, struct mbuf *mb, void *arg)
{
	arrived(arg, src, mb);
}

/* Length of the first message in a stream, and with what pads it; 0: not whole
 * yet. */
static size_t message_len(const struct mbuf *mb, size_t *padded)
{
	const uint8_t *b = mbuf_buf(mb);
	size_t len;

	if (mbuf_get_left(mb) < 4)
		return 0;
	len = (size_t)(b[2] << 8 | b[3]) + (b[0] & 0xc0 ? 4 : 20);
	*padded = (len + 3) & ~(size_t)3;
	return mbuf_get_left(mb) < *padded ? 0 : len;
}

static void message_take(struct end *e, const uint8_t *bytes, size_t len)
{
	struct mbuf *one = mbuf_alloc(len);
	struct sa from;
	int err;

	if (!one)
		return;
	sa_init(&from, AF_UNSPEC);
	mbuf_write_mem(one, bytes, len);
	one->pos = 0;
	err = turnc_recv(e->turn, &from, one);
	if (err)
		give_up(e->pair, "what the server sends", err);
	else if (mbuf_get_left(one))
		arrived(e, &from, one);
	mem_deref(one);
}

static void tcp_arrived(struct mbuf *mb, void *arg)
{
	struct end *e = arg;
	size_t pos = e->in->pos, len, padded = 0;

	e->in->pos = e->in->end;
	mbuf_write_mem(e->in, mbuf_buf(mb), mbuf_get_left(mb));
	e->in->pos = pos;
	while ((len = message_len(e->in, &padded))) {
		message_take(e, mbuf_buf(e->in), len);
		mbuf_advance(e->in, (ssize_t)padded);
	}
	mbuf_shift(e->in, -(ssize_t)e->in->pos);
	e->in->pos = 0;
}

static void permitted(void *arg)
{
	struct end *e = arg;

	e->pair->progress_ms = tmr_jiffies();
	if (!e->is_permitted)
		re_printf("%c: %s\n", e->name,
			  e->pair->by_channel ? "channel bound" : "permitted");
	e->is_permitted = true;
}

static void permit(struct end *e)
{
	const struct sa *peer = &e->other->relayed;
	int err = e->pair->by_channel
			  ? turnc_add_chan(e->turn, peer, permitted, e)
			  : turnc_add_perm(e->turn, peer, permitted, e);

	if (err)
		give_up(e->pair, "permission", err);
}

static void allocated(int err, uint16_t code, const char *reason,
		      const struct sa *relayed, const struct sa *mapped,
		      const struct stun_msg *msg, void *arg)
{
	struct end *e = arg;

	(void)msg;
	e->pair->progress_ms = tmr_jiffies();
	if (err || code) {
		re_printf("%c: answer %u %s\n", e->name, code, reason);
		give_up(e->pair, "allocation", err);
		return;
	}
	if (e->is_allocated)
		return; /* a refresh */
	e->is_allocated = true;
	e->relayed = *relayed;
	re_printf("%c: relayed %J mapped %J\n", e->name, relayed, mapped);
	if (e->other->is_allocated) {
		permit(e);
		permit(e->other);
	}
}

static void allocate(struct end *e)
{
	struct pair *p = e->pair;
	void *sock = p->proto == IPPROTO_UDP ? (void *)e->udp : (void *)e->tcp;
	int err = turnc_alloc(&e->turn, NULL, p->proto, sock, 0, &p->server,
			      p->user, p->password, LIFETIME_S, allocated, e);

	if (err)
		give_up(p, "request", err);
}

static void connected(void *arg)
{
	struct end *e = arg;

	re_printf("%c: connected%s\n", e->name, e->tls ? " with TLS" : "");
	allocate(e);
}

static void closed(int err, void *arg)
{
	struct end *e = arg;

	give_up(e->pair, "connection closed", err);
}

static int end_open(struct end *e)
{
	struct pair *p = e->pair;
	int err;

	if (p->proto == IPPROTO_UDP) {
		err = udp_listen(&e->udp, &e->local, udp_arrived, e);
		if (!err)
			allocate(e);
		return err;
	}
	e->in = mbuf_alloc(4096);
	err = e->in ? tcp_conn_alloc(&e->tcp, &p->server, connected,
				     tcp_arrived, closed, e)
		    : ENOMEM;
	if (!err)
		err = tcp_conn_bind(e->tcp, &e->local);
	if (!err && p->tls)
		err = tls_start_tcp(&e->tls, p->tls, e->tcp, 0);
	return err ? err : tcp_conn_connect(e->tcp, &p->server);
}

static bool push(struct end *e)
{
	struct mbuf *mb;
	int err;

	if (e->sent == e->pair->packets ||
	    e->sent - e->other->got.next >= PACKET_WINDOW)
		return false;
	mb = mbuf_alloc(HEADROOM + PACKET_MAX + 4);
	if (!mb)
		return false;
	mb->pos = HEADROOM;
	mb->end = mb->pos + packet_make(mb->buf + HEADROOM, e->sent, e->name);
	err = e->udp ? udp_send(e->udp, &e->other->relayed, mb)
		     : turnc_send(e->turn, &e->other->relayed, mb);
	mem_deref(mb);
	if (err)
		give_up(e->pair, "sending", err);
	else
		e->sent++;
	return !err;
}

static void tick(void *arg)
{
	struct pair *p = arg;
	struct end *e = p->end;

	if (tmr_jiffies() - p->progress_ms > QUIET_MS) {
		give_up(p, "nothing moves", ETIMEDOUT);
		return;
	}
	for (int i = 0; e[0].is_permitted && e[1].is_permitted && i < 2; i++)
		for (int n = 0; n < EACH_TICK && push(&e[i]); n++)
			;
	if (e[0].got.next == p->packets && e[1].got.next == p->packets) {
		re_cancel();
		return;
	}
	tmr_start(&p->tick, TICK_MS, tick, p);
}

static void on_signal(int number)
{
	(void)number;
	re_cancel();
}

static int run(struct pair *p)
{
	int err;

	for (int i = 0; i < 2; i++) {
		p->end[i].pair = p;
		p->end[i].other = &p->end[1 - i];
		err = end_open(&p->end[i]);
		if (err)
			return err;
	}
	p->progress_ms = tmr_jiffies();
	tmr_start(&p->tick, TICK_MS, tick, p);
	return re_main(on_signal);
}

static void pair_close(struct pair *p)
{
	tmr_cancel(&p->tick);
	for (int i = 0; i < 2; i++) {
		struct end *e = &p->end[i];

		mem_deref(e->turn); /* gives the allocation back */
		mem_deref(e->tls);
		mem_deref(e->tcp);
		mem_deref(e->udp);
		mem_deref(e->in);
	}
	mem_deref(p->tls);
}

int main(int argc, char **argv)
{
	static struct pair p = {.end = {{.name = 'a'}, {.name = 'b'}}};
	int err;

	if (argc < 9) {
		fputs("usage: turn_pair udp|tcp|tls SERVER PORT USER PASSWORD "
		      "PACKETS channel|send ADDRESS [ADDRESS]\n",
		      stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = libre_init();
	p.proto = strcmp(argv[1], "udp") ? IPPROTO_TCP : IPPROTO_UDP;
	if (!err && !strcmp(argv[1], "tls"))
		err = tls_alloc(&p.tls, TLS_METHOD_SSLV23, NULL, NULL);
	if (!err)
		err = sa_set_str(&p.server, argv[2],
				 (uint16_t)strtoul(argv[3], NULL, 10));
	p.user = argv[4];
	p.password = argv[5];
	p.packets = (uint32_t)strtoul(argv[6], NULL, 10);
	p.by_channel = !strcmp(argv[7], "channel");
	for (int i = 0; i < 2 && !err; i++)
		err = sa_set_str(&p.end[i].local, argv[argc > 9 ? 8 + i : 8],
				 0);
	if (!err)
		err = run(&p);
	if (err)
		give_up(&p, "start", err);
	if (!p.status && p.end[0].got.next == p.packets &&
	    p.end[1].got.next == p.packets)
		re_printf("good: %u packets each way\n", p.packets);
	else
		p.status = 1;
	pair_close(&p);
	libre_close();
	return p.status;
}
