/* Load on a TURN server: flows in one dialect, and figures for each order.
 *   bench_av_load [OPTIONS]; see usage
 * Says one line of JSON when all flows are there, then one for each order that
 * comes on stdin:
 *   run RATE SIZE WAYS MILLISECONDS   RATE: packets/s that enter, all ways
 *                                     together; WAYS: up, down, both;
 *                                     RATE 0: IN_FLIGHT packets at a time, the
 *                                     next ones when those have come
 *   leave                             give the allocations back, and end */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/av_ends.h"
#include "tests/bench/cpu.h"
#include "tests/bench/peer.h"

enum {
	LATENCIES = 1 << 20,
	TURN = 8, /* packets sent between two looks */
	WARM_UP_NS = 200000000,
	DRAIN_NS = 100000000,
	LATE_NS = 2000000, /* behind by more is given up: no bursts */
	IN_FLIGHT = 64,	   /* with RATE 0 */
	LOST_MS = 5,	   /* then they do not come any more */
};

struct run { /* one order */
	double rate;
	size_t size;
	bool up, down;
	uint64_t length_ns;
};

struct load {
	struct av_ends ends;
	const char *pids;
	unsigned window;
	bool only_allocates;
	uint8_t round;
	uint64_t sent, came, all; /* of the round; all that came */
	uint64_t turns, late;	  /* late: turns given up */
	uint32_t *latency;	  /* [ns] */
	size_t latencies;
	uint32_t chance;
};

static void arrived(void *arg, struct av_flow *f, bool to_client,
		    struct edge_slice payload)
{
	struct load *l = arg;
	struct av_stamp s;

	(void)to_client;
	if (!av_stamp_take(&s, payload) || s.flow != f->index)
		return;
	l->all++;
	if (s.round != l->round)
		return;
	l->came++;
	if (l->latencies < LATENCIES)
		l->latency[l->latencies++] =
			(uint32_t)(bench_now_ns() - s.at_ns);
}

/* -- running -------------------------------------------------------------- */

/* One packet of each flow in turn; with two ways, of each way in turn. */
static void send_next(struct load *l, const struct run *r, uint8_t round)
{
	const bool both = r->up && r->down;
	const uint64_t turn = l->turns++;
	const uint64_t at = both ? turn / 2 : turn;
	struct av_flow *f = &l->ends.flows[at % l->ends.count];
	const struct av_stamp s = {
		.at_ns = bench_now_ns(), .flow = f->index, .round = round};
	bool ok = av_ends_send(f, both ? turn % 2 == 0 : r->up, &s, r->size);

	if (round)
		l->sent += ok;
}

/* Half to one and a half: a fixed gap would beat against the server's turns. */
static double jitter(struct load *l)
{
	l->chance ^= l->chance << 13;
	l->chance ^= l->chance >> 17;
	l->chance ^= l->chance << 5;
	return 0.5 + (double)l->chance / UINT32_MAX;
}

static void pace(struct load *l, const struct run *r, uint64_t length_ns,
		 uint8_t round)
{
	const uint64_t start = bench_now_ns(), end = start + length_ns;
	const double each = 1e9 / r->rate;
	double due = (double)start;

	for (uint64_t now = start; now < end; now = bench_now_ns()) {
		for (int i = 0; i < TURN && due <= (double)now; i++) {
			send_next(l, r, round);
			due += each * jitter(l);
		}
		av_ends_take(&l->ends, 0);
		if ((double)now - due > LATE_NS) {
			l->late += (uint64_t)(((double)now - due) / each);
			due = (double)now;
		}
	}
}

/* As many as have come: nobody waits for the clock, nobody spins. */
static void pace_closed(struct load *l, const struct run *r, uint64_t length_ns,
			uint8_t round)
{
	const uint64_t end = bench_now_ns() + length_ns;
	uint64_t out = 0, had = l->all;

	while (bench_now_ns() < end) {
		for (int i = 0; i < TURN && out < IN_FLIGHT; i++, out++)
			send_next(l, r, round);
		av_ends_take(&l->ends, out < IN_FLIGHT ? 0 : LOST_MS);
		if (out >= IN_FLIGHT && l->all == had)
			out = 0;
		out -= l->all - had < out ? l->all - had : out;
		had = l->all;
	}
}

static void pace_at(struct load *l, const struct run *r, uint64_t length_ns,
		    uint8_t round)
{
	if (r->rate > 0)
		pace(l, r, length_ns, round);
	else
		pace_closed(l, r, length_ns, round);
}

static double own_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void drain(struct load *l)
{
	const uint64_t end = bench_now_ns() + DRAIN_NS;

	while (bench_now_ns() < end)
		av_ends_take(&l->ends, 0);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double latency(const struct load *l, unsigned percent)
{
	return l->latencies ? l->latency[l->latencies * percent / 100] / 1e3
			    : 0;
}

static void go(struct load *l, const struct run *r)
{
	uint64_t cpu, all, begin, used;
	double own;

	l->sent = l->came = l->late = 0;
	l->latencies = 0;
	l->round = (uint8_t)(l->round % 250 + 1);
	pace_at(l, r, WARM_UP_NS, 0);
	l->late = 0;
	all = l->all;
	begin = bench_now_ns();
	own = own_us();
	cpu = bench_cpu_ns(l->pids);
	pace_at(l, r, r->length_ns, l->round);
	used = bench_now_ns() - begin;
	own = own_us() - own;
	cpu = bench_cpu_ns(l->pids) - cpu;
	all = l->all - all;
	drain(l);
	qsort(l->latency, l->latencies, sizeof(*l->latency), by_value);
	printf("{\"sent\": %" PRIu64 ", \"came\": %" PRIu64
	       ", \"late\": %" PRIu64
	       ", \"seconds\": %.4f, \"relayed\": %" PRIu64
	       ", \"cpu_us\": %.1f, \"own_us\": %.1f"
	       ", \"p50_us\": %.2f, \"p99_us\": %.2f}\n",
	       l->sent, l->came, l->late, (double)used / 1e9, all,
	       (double)cpu / 1e3, own, latency(l, 50), latency(l, 99));
}

static void bring(struct load *l, enum av_state until)
{
	uint64_t begin = bench_now_ns(), cpu = bench_cpu_ns(l->pids);
	const double own = own_us();
	unsigned there = av_ends_bring(&l->ends, until, l->window);
	unsigned error = 0;

	for (unsigned i = 0; i < l->ends.count; i++)
		if (l->ends.flows[i].state == AV_FAILED)
			error = l->ends.flows[i].error;
	printf("{\"there\": %u, \"error\": %u, \"again\": %" PRIu64
	       ", \"seconds\": %.4f, \"cpu_us\": %.1f, \"own_us\": %.1f}\n",
	       there, error, l->ends.said_again,
	       (double)(bench_now_ns() - begin) / 1e9,
	       (double)(bench_cpu_ns(l->pids) - cpu) / 1e3, own_us() - own);
}

static bool read_run(struct run *r, const char *line)
{
	char ways[8];
	double ms;

	*r = (struct run){0};
	if (sscanf(line, "run %lf %zu %7s %lf", &r->rate, &r->size, ways,
		   &ms) != 4 ||
	    r->rate < 0 || r->size < AV_PAYLOAD_MIN || r->size > AV_PAYLOAD_MAX)
		return false;
	r->up = strcmp(ways, "down") != 0;
	r->down = strcmp(ways, "up") != 0;
	r->length_ns = (uint64_t)(ms * 1e6);
	return true;
}

static void obey(struct load *l)
{
	char line[128];
	struct run r;

	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "leave", 5))
			break;
		if (!read_run(&r, line))
			bench_die(line);
		go(l, &r);
	}
}

/* -- the command line ----------------------------------------------------- */

static _Noreturn void usage(void)
{
	fputs("usage: bench_av_load -d DIALECT -n FLOWS -o OWN -s SERVER:PORT\n"
	      "  [-p PEER] [-u USER -w PASSWORD | -k KEY.pem] [-P PID,...]\n"
	      "  [-W WINDOW] [-a]    -a: allocate only\n"
	      "DIALECT: channel send stream mst-raw mst-send forward "
	      "direct\n",
	      stderr);
	exit(2);
}

static void read_address(struct edge_addr *out, const char *text)
{
	if (edge_addr_parse(out, edge_slice_str(text), 0) != EDGE_OK &&
	    edge_addr_parse_port(out, edge_slice_str(text)) != EDGE_OK)
		usage();
}

static void read_key(struct load *l, const char *file)
{
	char why[128];

	if (mras_keys_load(&l->ends.logins.keys, NULL, file, why,
			   sizeof(why)) != EDGE_OK)
		bench_die(why);
}

static void read_option(struct load *l, int option, const char *value)
{
	switch (option) {
	case 'd':
		l->ends.dialects[0] = av_dialect_find(value);
		l->ends.dialect_count = 1;
		break;
	case 'n':
		l->ends.count = (unsigned)atoi(value);
		break;
	case 'o':
		read_address(&l->ends.own, value);
		break;
	case 's':
		read_address(&l->ends.server, value);
		break;
	case 'p':
		read_address(&l->ends.peer, value);
		break;
	case 'u':
		l->ends.logins.user = value;
		break;
	case 'w':
		l->ends.logins.password = value;
		break;
	case 'k':
		read_key(l, value);
		break;
	case 'P':
		l->pids = value;
		break;
	case 'W':
		l->window = (unsigned)atoi(value);
		break;
	case 'a':
		l->only_allocates = true;
		break;
	default:
		usage();
	}
}

int main(int argc, char **argv)
{
	static struct load l = {.pids = "", .window = 16, .chance = 1};
	int option;

	while ((option = getopt(argc, argv, "d:n:o:s:p:u:w:k:P:W:a")) != -1)
		read_option(&l, option, optarg);
	l.latency = calloc(LATENCIES, sizeof(*l.latency));
	if (!l.ends.dialects[0] || !l.ends.count || !l.window ||
	    !l.ends.own.family || !l.ends.server.port || !l.latency ||
	    !l.ends.logins.user != !l.ends.logins.password)
		usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	l.ends.arrived = arrived;
	l.ends.arg = &l;
	av_ends_init(&l.ends);
	for (unsigned i = 0; i < l.ends.count; i++)
		av_ends_start(&l.ends, &l.ends.flows[i]);
	bring(&l, l.only_allocates ? AV_PERMIT : AV_READY);
	obey(&l);
	bring(&l, AV_GONE);
	return 0;
}
