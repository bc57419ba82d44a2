/* Churn on a TURN server: allocations in several dialects come, speak, and go,
 * some without a word.
 *   bench_av_soak SECONDS FLOWS OWN SERVER:PORT PEER KEY.pem [DIALECT...]
 * Says one line of JSON a second; the last one when all have left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/crypto.h"
#include "tests/bench/av_ends.h"
#include "tests/bench/peer.h"

enum {
	MS = 1000000,
	SCAN_NS = 5 * MS,
	SPEAK_NS = 200 * MS, /* between two packets of one way */
	LIFE_MS = 8000,	     /* at most */
	PAUSE_MS = 500,	     /* at most, before it comes again */
	VANISHING = 5,	     /* one in so many leaves without a word */
	LIFETIME_S = 15,     /* asked for; longer than a life */
	SIZE = 172,
	PARKED = 16384, /* sockets of those who left without a word */
	PARK_S = LIFETIME_S + 5,
};

struct life {			    /* of a flow, beside it */
	uint64_t speak_ns, turn_ns; /* when the next step of it is due */
	bool is_up;
};

struct parked {
	int fd;
	uint64_t until_ns;
};

struct soak {
	struct av_ends ends;
	struct parked parked[PARKED]; /* a ring */
	size_t first, parked_count;
	struct life *life;
	bool is_over;
	uint64_t came_up, left, vanished, failed;
	unsigned error; /* of the last that failed */
	uint64_t sent, came, strange;
};

static void arrived(void *arg, struct av_flow *f, bool to_client,
		    struct edge_slice payload)
{
	struct soak *k = arg;
	struct av_stamp s;

	(void)to_client;
	if (!av_stamp_take(&s, payload))
		return;
	if (s.flow == f->index)
		k->came += s.round;
	else
		k->strange++;
}

static uint64_t soon(unsigned most_ms)
{
	return bench_now_ns() + (uint64_t)(edge_random_u32() % most_ms) * MS;
}

static void speak(struct soak *k, struct av_flow *f, struct life *l,
		  uint64_t now)
{
	const struct av_stamp s = {.at_ns = now, .flow = f->index, .round = 1};

	k->sent += av_ends_send(f, true, &s, SIZE);
	k->sent += av_ends_send(f, false, &s, SIZE);
	l->speak_ns = now + SPEAK_NS;
}

/* Its address must not speak for another as long as its allocation lives. */
static void park(struct soak *k, struct av_flow *f, uint64_t now)
{
	size_t at = (k->first + k->parked_count) % PARKED;

	if (k->parked_count == PARKED)
		bench_die("too many that left without a word");
	(void)epoll_ctl(k->ends.epoll, EPOLL_CTL_DEL, f->client, NULL);
	k->parked[at].fd = f->client;
	k->parked[at].until_ns = now + PARK_S * 1000ull * MS;
	k->parked_count++;
	f->client = -1;
}

static void leave_parking(struct soak *k, uint64_t now)
{
	while (k->parked_count && k->parked[k->first].until_ns <= now) {
		close(k->parked[k->first].fd);
		k->first = (k->first + 1) % PARKED;
		k->parked_count--;
	}
}

static void rest(struct av_flow *f, struct life *l)
{
	av_ends_close(f);
	f->state = AV_IDLE;
	l->is_up = false;
	l->turn_ns = soon(PAUSE_MS);
}

static void ready(struct soak *k, struct av_flow *f, struct life *l,
		  uint64_t now)
{
	if (!l->is_up) {
		l->is_up = true;
		l->speak_ns = now;
		l->turn_ns = soon(LIFE_MS);
		k->came_up++;
	}
	if (now < l->turn_ns && !k->is_over) {
		if (now >= l->speak_ns)
			speak(k, f, l, now);
		return;
	}
	if (!k->is_over && edge_random_u32() % VANISHING == 0) {
		k->vanished++;
		if (!f->dialect->is_stream) /* it ends with those */
			park(k, f, now);
		rest(f, l);
		return;
	}
	f->state = AV_LEAVE;
	f->begun_ns = now;
	av_ends_step(&k->ends, f);
}

static void look(struct soak *k, struct av_flow *f, uint64_t now)
{
	struct life *l = &k->life[f->index];

	switch (f->state) {
	case AV_IDLE:
		if (k->is_over || now < l->turn_ns)
			return;
		av_ends_start(&k->ends, f);
		av_ends_step(&k->ends, f);
		return;
	case AV_READY:
		ready(k, f, l, now);
		return;
	case AV_GONE:
		k->left++;
		rest(f, l);
		return;
	case AV_FAILED:
		k->failed++;
		k->error = f->error;
		rest(f, l);
		return;
	case AV_ASK:
	case AV_LOGIN:
	case AV_PERMIT:
	case AV_BIND:
	case AV_LEAVE:
		av_ends_remind(&k->ends, f, now);
		return;
	}
}

static unsigned look_at_all(struct soak *k)
{
	const uint64_t now = bench_now_ns();
	unsigned up = 0;

	leave_parking(k, now);
	for (unsigned i = 0; i < k->ends.count; i++) {
		look(k, &k->ends.flows[i], now);
		up += k->ends.flows[i].state != AV_IDLE;
	}
	return up;
}

static void say(const struct soak *k, unsigned up)
{
	printf("{\"up\": %u, \"came_up\": %" PRIu64 ", \"left\": %" PRIu64
	       ", \"vanished\": %" PRIu64 ", \"failed\": %" PRIu64
	       ", \"error\": %u, \"again\": %" PRIu64 ", \"sent\": %" PRIu64
	       ", \"came\": %" PRIu64 ", \"strange\": %" PRIu64 "}\n",
	       up, k->came_up, k->left, k->vanished, k->failed, k->error,
	       k->ends.said_again, k->sent, k->came, k->strange);
}

static void run(struct soak *k, uint64_t length_ns)
{
	const uint64_t end = bench_now_ns() + length_ns;
	uint64_t scan = 0, told = 0, now;
	unsigned up = 1;

	while (up) {
		av_ends_take(&k->ends, 1);
		now = bench_now_ns();
		k->is_over = now >= end;
		if (now < scan)
			continue;
		scan = now + SCAN_NS;
		up = look_at_all(k) + !k->is_over;
		if (now >= told) {
			say(k, up);
			told = now + 1000ull * MS;
		}
	}
	say(k, 0);
}

static void read_words(struct soak *k, char **v)
{
	struct av_ends *e = &k->ends;
	char why[128];

	e->count = (unsigned)atoi(v[1]);
	if (edge_addr_parse(&e->own, edge_slice_str(v[2]), 0) != EDGE_OK ||
	    edge_addr_parse_port(&e->server, edge_slice_str(v[3])) != EDGE_OK ||
	    edge_addr_parse(&e->peer, edge_slice_str(v[4]), 0) != EDGE_OK)
		bench_die("address");
	if (mras_keys_load(&e->logins.keys, NULL, v[5], why, sizeof(why)) !=
	    EDGE_OK)
		bench_die(why);
	for (v += 6; *v && e->dialect_count < AV_DIALECTS_MAX; v++)
		e->dialects[e->dialect_count++] = av_dialect_find(*v);
	for (unsigned i = 0; i < e->dialect_count; i++)
		if (!e->dialects[i])
			bench_die("dialect");
}

int main(int argc, char **argv)
{
	static struct soak k;

	if (argc < 8) {
		fputs("usage: bench_av_soak SECONDS FLOWS OWN SERVER:PORT PEER "
		      "KEY.pem DIALECT...\n",
		      stderr);
		return 2;
	}
	read_words(&k, argv + 1);
	k.life = calloc(k.ends.count, sizeof(*k.life));
	if (!k.ends.count || !k.life)
		bench_die("flows");
	setvbuf(stdout, NULL, _IOLBF, 0);
	k.ends.arrived = arrived;
	k.ends.arg = &k;
	k.ends.lifetime_s = LIFETIME_S;
	k.ends.until = AV_READY;
	av_ends_init(&k.ends);
	for (unsigned i = 0; i < k.ends.count; i++)
		k.life[i].turn_ns = soon(PAUSE_MS);
	run(&k, (uint64_t)atoi(argv[1]) * 1000 * MS);
	return 0;
}
