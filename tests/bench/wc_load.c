/* Both ends of a proxy of Web Conferencing sessions, and figures on demand.
 *   bench_wc_load OPTIONS; see usage
 * Says one line of JSON when the inside end is there, then one for each order
 * that comes on stdin:
 *   open N               so many more sessions, each with its first echo
 *   leave                all sessions end
 *   bulk WAY SIZE N MS   WAY: up, down; N sessions send blocks of SIZE
 *   trips SIZE N MS      N sessions send SIZE bytes, again when they are back
 *   pace SIZE RATE MS    RATE messages/s in all, half of them each way
 *   setups N LIMIT MS full|resumed
 *                        N at a time come and go, LIMIT in all; 0: no limit
 *   park N               a Data MCU's legs: so many now, no more later
 *   idle MS              nothing */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/cpu.h"
#include "tests/bench/peer.h"
#include "tests/bench/wc_crowd.h"
#include "tests/bench/wc_mcu.h"

enum {
	WARM_UP_MS = 150,
	QUIET_MS = 60,	 /* without a byte: all has arrived */
	WAIT_MS = 60000, /* for what must happen, on a busy machine */
	OPENING = 32,	 /* handshakes under way */
	WORD = 16,
	LATE_NS = 20000000, /* messages behind by more are given up */
};
#define SUITE "TLS_AES_256_GCM_SHA384"

struct load {
	struct wc_crowd *crowd;
	struct wc_mcu *mcu;
	const char *pids;
};

struct lap { /* a measurement */
	uint64_t begun_ns, cpu_ns, mcu_bytes;
};

static void turn(struct load *l)
{
	bench_loop_turn(wc_crowd_loop(l->crowd), 1000000);
}

static void run(struct load *l, unsigned ms)
{
	const uint64_t end = bench_now_ns() + (uint64_t)ms * 1000000;

	while (bench_now_ns() < end)
		turn(l);
}

typedef bool load_is(struct load *l, unsigned n);

static void await(struct load *l, load_is *is, unsigned n, const char *what)
{
	const uint64_t end = bench_now_ns() + WAIT_MS * UINT64_C(1000000);

	while (!is(l, n)) {
		if (bench_now_ns() > end) {
			fprintf(stderr,
				"%s: %u in, %u dialling, %u inside, "
				"%u parked, %u failed\n",
				what, wc_crowd_in(l->crowd),
				wc_crowd_dialling(l->crowd),
				wc_mcu_sessions(l->mcu), wc_mcu_parked(l->mcu),
				wc_crowd_notes(l->crowd)->failed);
			exit(1);
		}
		turn(l);
	}
}

static bool is_up(struct load *l, unsigned n)
{
	(void)n;
	return wc_mcu_is_up(l->mcu);
}

static bool is_gone(struct load *l, unsigned n)
{
	(void)n;
	return !wc_mcu_sessions(l->mcu) && !wc_crowd_dialling(l->crowd);
}

static bool is_parked(struct load *l, unsigned n)
{
	wc_mcu_park(l->mcu, n);
	return wc_mcu_parked(l->mcu) >= n;
}

/* Who leaves in a handshake looks as if it had failed. */
static bool is_idle(struct load *l, unsigned n)
{
	wc_mcu_park(l->mcu, n);
	return !wc_mcu_dialling(l->mcu);
}

static void settle(struct load *l)
{
	uint64_t seen;

	do {
		seen = wc_crowd_notes(l->crowd)->bytes + wc_mcu_bytes(l->mcu);
		run(l, QUIET_MS);
	} while (seen !=
		 wc_crowd_notes(l->crowd)->bytes + wc_mcu_bytes(l->mcu));
}

/* -- figures -------------------------------------------------------------- */

static struct lap lap_begin(struct load *l)
{
	wc_crowd_note(l->crowd);
	return (struct lap){.mcu_bytes = wc_mcu_bytes(l->mcu),
			    .cpu_ns = bench_cpu_ns(l->pids),
			    .begun_ns = bench_now_ns()};
}

static int by_size(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double percentile_us(const struct wc_notes *n, double part)
{
	if (!n->ns_count)
		return 0;
	return n->ns[(size_t)(part * (double)(n->ns_count - 1))] / 1e3;
}

static void lap_end(struct load *l, const struct lap *lap)
{
	const double seconds = (double)(bench_now_ns() - lap->begun_ns) / 1e9;
	const double cpu_us =
		(double)(bench_cpu_ns(l->pids) - lap->cpu_ns) / 1e3;
	const struct wc_notes *n = wc_crowd_notes(l->crowd);

	qsort(n->ns, n->ns_count, sizeof(*n->ns), by_size);
	printf("{\"seconds\": %.6f, \"cpu_us\": %.1f, \"up\": %" PRIu64
	       ", \"down\": %" PRIu64 ", \"trips\": %" PRIu64
	       ", \"came\": %u, \"failed\": %u, \"resumed\": %u, "
	       "\"in\": %u, \"inside\": %u, \"parked\": %u, "
	       "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
	       seconds, cpu_us, wc_mcu_bytes(l->mcu) - lap->mcu_bytes, n->bytes,
	       n->trips, n->came, n->failed, n->resumed, wc_crowd_in(l->crowd),
	       wc_mcu_sessions(l->mcu), wc_mcu_parked(l->mcu),
	       percentile_us(n, 0.5), percentile_us(n, 0.99));
	fflush(stdout);
}

/* -- orders --------------------------------------------------------------- */

struct order {
	char what[WORD], way[WORD];
	unsigned size, n, ms;
};

static void do_open(struct load *l, const struct order *o)
{
	const unsigned to = wc_crowd_in(l->crowd) + o->n;
	struct lap lap;

	wc_crowd_set(l->crowd, WC_LISTEN, 0, 0);
	wc_mcu_set(l->mcu, WC_ECHO, 0, 0);
	lap = lap_begin(l);
	while (wc_crowd_in(l->crowd) < to) {
		while (wc_crowd_dialling(l->crowd) < OPENING &&
		       wc_crowd_in(l->crowd) + wc_crowd_dialling(l->crowd) < to)
			wc_crowd_open(l->crowd);
		if (bench_now_ns() - lap.begun_ns > WAIT_MS * UINT64_C(1000000))
			break;
		turn(l);
	}
	lap_end(l, &lap);
}

static void do_leave(struct load *l, const struct order *o)
{
	const struct lap lap = lap_begin(l);

	(void)o;
	wc_crowd_leave(l->crowd);
	await(l, is_gone, 0, "sessions do not end");
	lap_end(l, &lap);
}

static void do_bulk(struct load *l, const struct order *o)
{
	const bool is_up_way = strcmp(o->way, "up") == 0;
	struct lap lap;

	if (o->size > sizeof(wc_filler))
		bench_die("size");
	wc_mcu_set(l->mcu, is_up_way ? WC_COUNT : WC_SOURCE, o->size, o->n);
	wc_crowd_set(l->crowd, is_up_way ? WC_SEND : WC_LISTEN, o->size, o->n);
	run(l, WARM_UP_MS);
	lap = lap_begin(l);
	run(l, o->ms);
	lap_end(l, &lap);
	wc_mcu_set(l->mcu, WC_COUNT, 0, 0);
	wc_crowd_set(l->crowd, WC_LISTEN, 0, 0);
	settle(l);
}

static void do_trips(struct load *l, const struct order *o)
{
	struct lap lap;

	wc_mcu_set(l->mcu, WC_ECHO, 0, 0);
	wc_crowd_set(l->crowd, WC_TRIPS, o->size, o->n);
	run(l, WARM_UP_MS);
	lap = lap_begin(l);
	run(l, o->ms);
	lap_end(l, &lap);
	wc_crowd_set(l->crowd, WC_TRIPS, o->size, 0);
	settle(l);
}

static void say_due(struct load *l, uint64_t *said, uint64_t due, unsigned size)
{
	for (; *said < due; ++*said) {
		if (*said % 2)
			wc_mcu_say(l->mcu, size);
		else
			wc_crowd_say(l->crowd, size);
	}
}

static void pace(struct load *l, const struct order *o, unsigned ms)
{
	const double each_ns = 1e9 / o->n;
	const uint64_t end = bench_now_ns() + (uint64_t)ms * 1000000;
	uint64_t begun = bench_now_ns(), said = 0, now;

	while ((now = bench_now_ns()) < end) {
		const double behind =
			(double)(now - begun) - (double)said * each_ns;

		if (behind > LATE_NS) /* no bursts */
			begun += (uint64_t)behind;
		say_due(l, &said, (uint64_t)((double)(now - begun) / each_ns),
			o->size);
		turn(l);
	}
}

static void do_pace(struct load *l, const struct order *o)
{
	struct lap lap;

	if (!o->n)
		bench_die("rate");
	wc_mcu_set(l->mcu, WC_COUNT, 0, 0);
	wc_crowd_set(l->crowd, WC_LISTEN, 0, 0);
	pace(l, o, WARM_UP_MS);
	lap = lap_begin(l);
	pace(l, o, o->ms);
	lap_end(l, &lap);
	settle(l);
}

static void do_setups(struct load *l, const struct order *o)
{
	const uint64_t end = bench_now_ns() + (uint64_t)o->ms * 1000000;
	struct lap lap;

	if (!bench_loop_resume(wc_crowd_loop(l->crowd),
			       strcmp(o->way, "resumed") == 0))
		bench_die("no ticket");
	wc_mcu_set(l->mcu, WC_ECHO, 0, 0);
	wc_crowd_set(l->crowd, WC_COME_AND_GO, 0, 0);
	wc_crowd_limit(l->crowd, o->size ? o->size : UINT32_MAX);
	for (unsigned i = 0; i < o->n; i++)
		wc_crowd_open(l->crowd);
	if (!o->size)
		run(l, WARM_UP_MS);
	lap = lap_begin(l);
	while (bench_now_ns() < end && wc_crowd_dialling(l->crowd))
		turn(l);
	lap_end(l, &lap);
	wc_crowd_limit(l->crowd, 0);
	await(l, is_gone, 0, "sessions do not end");
	wc_crowd_limit(l->crowd, UINT32_MAX);
	wc_crowd_set(l->crowd, WC_LISTEN, 0, 0);
}

static void do_park(struct load *l, const struct order *o)
{
	const struct lap lap = lap_begin(l);

	await(l, is_parked, o->n, "legs are not taken");
	run(l, WARM_UP_MS);
	lap_end(l, &lap);
}

static void do_idle(struct load *l, const struct order *o)
{
	const struct lap lap = lap_begin(l);

	run(l, o->ms);
	lap_end(l, &lap);
}

static const struct verb {
	const char *name, *form;
	void (*fn)(struct load *l, const struct order *o);
} verbs[] = {
	{"open", "n", do_open},	   {"leave", "", do_leave},
	{"bulk", "wsnm", do_bulk}, {"trips", "snm", do_trips},
	{"pace", "snm", do_pace},  {"setups", "nsmw", do_setups},
	{"park", "n", do_park},	   {"idle", "m", do_idle},
};

/* The words of a line, each in its place. */
static void obey(struct load *l, char *line)
{
	struct order o = {0};
	char *rest = NULL, *word = strtok_r(line, " \n", &rest);

	for (size_t i = 0; word && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, word) != 0)
			continue;
		for (const char *f = verbs[i].form; *f; f++) {
			word = strtok_r(NULL, " \n", &rest);
			if (!word)
				bench_die("a word is missing");
			if (*f == 'w')
				snprintf(o.way, sizeof(o.way), "%s", word);
			else
				*(*f == 's'   ? &o.size
				  : *f == 'n' ? &o.n
					      : &o.ms) =
					(unsigned)strtoul(word, NULL, 10);
		}
		verbs[i].fn(l, &o);
		return;
	}
	bench_die("no such order");
}

/* Sessions are served while no order comes. */
static void take_orders(struct load *l)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[128];

	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		turn(l);
		if (poll(&in, 1, 0) <= 0)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return;
		obey(l, line);
	}
}

static _Noreturn void usage(void)
{
	fputs("bench_wc_load -P PIDS -A CA -b FROM -t TO -p PORT -n NAME\n"
	      "  -I CA -C CHAIN -K KEY -i OWN -q PORT   the inside end\n"
	      "  [-e EDGE -N NAME -m MCU -k KEY]        as a Data MCU\n"
	      "  -P  processes whose CPU is counted: 12,34\n"
	      "  -k  of the tokens, 64 hex digits; its number is 7\n",
	      stderr);
	exit(2);
}

static void options(int argc, char **argv, struct load *l,
		    struct wc_crowd_plan *out, struct wc_mcu_plan *in)
{
	int option;

	while ((option = getopt(argc, argv, "P:A:b:t:p:n:I:C:K:i:q:e:N:m:k:")) >
	       0) {
		switch (option) {
		case 'P':
			l->pids = optarg;
			break;
		case 'A':
			out->ca = optarg;
			break;
		case 'b':
			out->from = optarg;
			break;
		case 't':
			out->to = optarg;
			break;
		case 'p':
			out->port = (unsigned)atoi(optarg);
			break;
		case 'n':
			out->name = optarg;
			break;
		case 'm':
			out->mcu = in->name = optarg;
			break;
		case 'k':
			out->key = optarg;
			break;
		case 'I':
			in->tls.ca = optarg;
			break;
		case 'C':
			in->tls.chain = optarg;
			break;
		case 'K':
			in->tls.key = optarg;
			break;
		case 'i':
			in->own = optarg;
			break;
		case 'q':
			in->port = (unsigned)atoi(optarg);
			break;
		case 'e':
			in->edge = optarg;
			break;
		case 'N':
			in->edge_name = optarg;
			break;
		default:
			usage();
		}
	}
	in->tls.is_client = in->edge;
}

int main(int argc, char **argv)
{
	struct wc_crowd_plan out = {.suite = SUITE};
	struct wc_mcu_plan in = {.tls = {.suite = SUITE}};
	struct load l = {0};
	struct lap lap;

	options(argc, argv, &l, &out, &in);
	if (!l.pids || !out.ca || !out.from || !out.to || !out.name ||
	    !in.tls.ca || !in.tls.chain || !in.tls.key || !in.own ||
	    !in.edge != !out.key || !in.edge != !in.name)
		usage();
	l.crowd = wc_crowd_new(&out);
	l.mcu = wc_mcu_new(wc_crowd_loop(l.crowd), &in);
	lap = lap_begin(&l);
	await(&l, is_up, 0, "the edge does not register us");
	run(&l, WARM_UP_MS);
	lap_end(&l, &lap);
	take_orders(&l);
	await(&l, is_idle, 0, "legs are still dialled");
	return 0;
}
