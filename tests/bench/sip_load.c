/* Clients in front of a proxy: they sign in, then load it or sit idle.
 * Says "ready", waits for a line on stdin, loads, says one line of figures. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/cpu.h"
#include "tests/bench/peer.h"

enum {
	DIALLING = 32, /* at once */
	LATENCIES = 4000000,
	WARM_UP_NS = 1000000000,
	DRAIN_NS = 2000000000,
	GIVE_UP_NS = 20000000, /* for each client */
};

struct plan {
	const char *from, *to, *name, *method, *pids;
	const char *from_domain, *to_domain;
	struct bench_tls tls;
	unsigned port, clients, window, rate, seconds, handshakes;
	bool signs_in;
};

struct client {
	unsigned index;
	bool is_in;
	uint32_t sequence;
};

struct load {
	struct plan plan;
	struct bench_loop *loop;
	struct bench_peer **peers;
	unsigned dialled, secured, in;
	bool is_running; /* answers are counted and followed */
	uint64_t begin_ns, end_ns, cpu_ns, sent, answered;
	uint32_t *latency_us;
	size_t latency_count;
};

/* The loop's callbacks know their peer only. */
static struct load load;

/* -- messages ----------------------------------------------------------- */

static const char body[] = "Shall we meet at ten? The room on the second "
			   "floor is free, and I bring the coffee.";

static void send_request(struct bench_peer *p, const char *method,
			 uint64_t due_ns)
{
	struct client *c = bench_peer_arg(p);
	const bool registers = strcmp(method, "REGISTER") == 0;
	const bool talks = strcmp(method, "MESSAGE") == 0;
	const unsigned port = bench_peer_port(p);
	char text[2048];
	int n;

	c->sequence++;
	n = snprintf(text, sizeof(text),
		     "%s sip:%s%s SIP/2.0\r\n"
		     "Via: SIP/2.0/TLS %s:%u;branch=z9hG4bK%08X%08X\r\n"
		     "From: <sip:user%u@%s>;tag=6617382265;"
		     "epid=c8ca638a15\r\n"
		     "To: <sip:%s@%s>\r\n"
		     "Max-Forwards: 70\r\n"
		     "CSeq: %u %s\r\n"
		     "User-Agent: UCCAPI/15.0.0.0 OC/15.0.0.0\r\n"
		     "Call-ID: %016" PRIx64 "%x\r\n"
		     "Contact: <sip:user%u@%s:%u;transport=tls>\r\n"
		     "%s"
		     "Supported: ms-sender\r\n"
		     "%s"
		     "Content-Length: %u\r\n\r\n%s",
		     method, registers ? "" : "bob@", load.plan.to_domain,
		     load.plan.from, port, c->index, c->sequence, c->index,
		     load.plan.from_domain, registers ? "alice" : "bob",
		     load.plan.to_domain, c->sequence, method, due_ns, c->index,
		     c->index, load.plan.from, port,
		     registers ? "Authorization: Digest username=\"user\", "
				 "realm=\"contoso.com\", nonce=\"1f\", "
				 "uri=\"sip:contoso.com\", response="
				 "\"6629fae49393a05397450978507c4ef1\"\r\n"
			       : "",
		     talks ? "Content-Type: text/plain; charset=UTF-8\r\n" : "",
		     talks ? (unsigned)sizeof(body) - 1 : 0, talks ? body : "");
	if (n <= 0 || (size_t)n >= sizeof(text))
		bench_die("request too long");
	bench_peer_send(p, text, (size_t)n);
}

static void send_load(struct bench_peer *p, uint64_t due_ns)
{
	send_request(p, load.plan.method, due_ns);
	load.sent++;
}

static void on_answer(struct bench_peer *p, const char *head, size_t len)
{
	const uint64_t now = bench_now_ns();
	struct client *c = bench_peer_arg(p);
	const char *id = memmem(head, len, "\r\nCall-ID: ", 11);
	uint64_t due;
	char hex[17] = "";

	if (strncmp(head, "SIP/2.0 1", 9) == 0)
		return;
	if (strncmp(head, "SIP/2.0 200", 11) != 0 || !id) {
		fprintf(stderr, "refused: %.*s\n", (int)len, head);
		exit(1);
	}
	if (!c->is_in) {
		c->is_in = true;
		load.in++;
		return;
	}
	memcpy(hex, id + 11, 16);
	due = strtoull(hex, NULL, 16);
	load.answered++;
	if (load.begin_ns && due >= load.begin_ns &&
	    load.latency_count < LATENCIES)
		load.latency_us[load.latency_count++] =
			(uint32_t)((now - due) / 1000);
	if (load.is_running && load.plan.window)
		send_load(p, now);
}

static size_t body_len(const char *head, const char *end)
{
	const char *l =
		memmem(head, (size_t)(end - head), "\r\nContent-Length:", 17);

	return l ? strtoul(l + 17, NULL, 10) : 0;
}

/* A server among servers: it has a certificate and nothing to sign in to. */
static bool is_partner(void)
{
	return load.plan.tls.chain && load.plan.method;
}

static void on_secured(struct bench_peer *p)
{
	struct client *c = bench_peer_arg(p);

	load.secured++;
	if (load.plan.signs_in)
		send_request(p, "REGISTER", bench_now_ns());
	else if (is_partner()) /* the way behind the proxy is made, too */
		send_request(p, load.plan.method, bench_now_ns());
	else
		c->is_in = true;
}

static size_t on_bytes(struct bench_peer *p, const char *in, size_t len)
{
	const char *at = in, *all = in + len;
	struct client *c = bench_peer_arg(p);

	if (!len) {
		if (!c->sequence && !c->is_in)
			on_secured(p);
		return 0;
	}
	while (at < all) {
		const char *end = memmem(at, (size_t)(all - at), "\r\n\r\n", 4);

		if (!end || body_len(at, end) > (size_t)(all - end) - 4)
			break;
		on_answer(p, at, (size_t)(end - at));
		at = end + 4 + body_len(at, end);
	}
	return (size_t)(at - in);
}

static void on_lost(struct bench_peer *p)
{
	fprintf(stderr, "the server closed client %u\n",
		((struct client *)bench_peer_arg(p))->index);
	exit(1);
}

/* -- phases ------------------------------------------------------------- */

static struct bench_peer *dial(unsigned index)
{
	struct client *c = calloc(1, sizeof(*c));
	struct bench_peer *p =
		bench_peer_dial(load.loop, load.plan.from, load.plan.to,
				load.plan.port, load.plan.name);

	if (!c)
		bench_die("memory");
	c->index = index;
	bench_peer_set_arg(p, c);
	load.dialled++;
	return p;
}

static unsigned done_count(void)
{
	return load.plan.signs_in || is_partner() ? load.in : load.secured;
}

static void connect_all(void)
{
	const uint64_t until = bench_now_ns() + 10000000000u +
			       (uint64_t)load.plan.clients * GIVE_UP_NS;

	while (done_count() < load.plan.clients) {
		while (load.dialled < load.plan.clients &&
		       load.dialled - done_count() < DIALLING) {
			unsigned i = load.dialled;

			load.peers[i] = dial(i);
		}
		bench_loop_turn(load.loop, 1000000);
		if (bench_now_ns() > until)
			bench_die("clients do not get in");
	}
}

static void wait_for_word(void)
{
	char line[16];

	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(0);
}

static void begin(uint64_t now)
{
	load.cpu_ns = bench_cpu_ns(load.plan.pids);
	load.sent = load.answered = 0;
	load.begin_ns = now;
}

static int by_value(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double latency(unsigned permille)
{
	size_t at = load.latency_count * permille / 1000;

	return load.latency_count ? load.latency_us[at] : 0;
}

static void report(void)
{
	const double wall = (double)(load.end_ns - load.begin_ns) / 1e9;

	qsort(load.latency_us, load.latency_count, sizeof(uint32_t), by_value);
	printf("{\"answered\": %" PRIu64 ", \"seconds\": %.3f, "
	       "\"cpu_us\": %.1f, \"p50_us\": %.0f, \"p99_us\": %.0f, "
	       "\"lost\": %" PRIu64 "}\n",
	       load.answered, wall, (double)load.cpu_ns / 1e3, latency(500),
	       latency(990), load.sent - load.latency_count);
	fflush(stdout);
}

static void drain(void)
{
	const uint64_t until = bench_now_ns() + DRAIN_NS;

	load.is_running = false;
	while (bench_now_ns() < until && load.latency_count < load.sent)
		bench_loop_turn(load.loop, 1000000);
}

/* As many as the windows let through. */
static void run_closed(uint64_t begin_ns, uint64_t end_ns)
{
	uint64_t now = bench_now_ns();

	for (unsigned i = 0; i < load.plan.clients; i++) {
		for (unsigned w = 0; w < load.plan.window; w++)
			send_load(load.peers[i], now);
		bench_peer_flush(load.peers[i]);
	}
	for (; now < end_ns; now = bench_now_ns()) {
		if (!load.begin_ns && now >= begin_ns)
			begin(now);
		bench_loop_turn(load.loop, 10000000);
	}
}

/* At a steady pace, whatever comes back; late sends count as late. */
static void run_open(uint64_t begin_ns, uint64_t end_ns)
{
	const uint64_t step = 1000000000u / load.plan.rate;
	uint64_t due = bench_now_ns(), now = due;
	unsigned next = 0;

	while (due < end_ns) {
		if (!load.begin_ns && due >= begin_ns)
			begin(due);
		for (now = bench_now_ns(); due <= now; due += step) {
			struct bench_peer *p =
				load.peers[next++ % load.plan.clients];

			send_load(p, due);
			bench_peer_flush(p);
		}
		bench_loop_turn(load.loop, (int64_t)(due - now));
	}
}

static void run_messages(void)
{
	const uint64_t begin_ns = bench_now_ns() + WARM_UP_NS;
	const uint64_t end_ns =
		begin_ns + load.plan.seconds * (uint64_t)1000000000;

	load.latency_us = calloc(LATENCIES, sizeof(uint32_t));
	if (!load.latency_us)
		bench_die("memory");
	load.is_running = true;
	if (load.plan.window)
		run_closed(begin_ns, end_ns);
	else
		run_open(begin_ns, end_ns);
	load.end_ns = bench_now_ns();
	load.cpu_ns = bench_cpu_ns(load.plan.pids) - load.cpu_ns;
	if (load.plan.window) { /* what is under way is not counted */
		uint64_t answered = load.answered;

		drain();
		load.answered = answered;
		load.sent = load.latency_count;
	} else {
		drain();
	}
	report();
}

/* -- handshakes --------------------------------------------------------- */

/* The first ticket says that the server has finished, too. */
static size_t on_ticket(struct bench_peer *p, const char *in, size_t len)
{
	struct client *c = bench_peer_arg(p);

	(void)in;
	if (!c->is_in) { /* secured */
		c->is_in = true;
		return len;
	}
	if (c->sequence++)
		return len; /* one more ticket */
	load.answered++;
	load.peers[c->index] = NULL;
	bench_peer_close(p);
	return len;
}

static void run_handshakes(void)
{
	const unsigned warm = load.plan.handshakes / 10;
	unsigned kept = load.plan.clients;

	while (load.answered < load.plan.handshakes || !load.begin_ns) {
		for (unsigned i = 0; i < kept; i++)
			if (!load.peers[i])
				load.peers[i] = dial(i);
		bench_loop_turn(load.loop, 10000000);
		if (!load.begin_ns && load.answered >= warm)
			begin(bench_now_ns());
	}
	load.end_ns = bench_now_ns();
	load.cpu_ns = bench_cpu_ns(load.plan.pids) - load.cpu_ns;
	report();
}

/* -- command line ------------------------------------------------------- */

static void usage(void)
{
	fputs("usage: bench_sip_load -b FROM -t IP -p PORT -n NAME -P PIDS "
	      "-c CLIENTS [-R]\n"
	      "       [-d FROM_DOMAIN] [-D TO_DOMAIN] [-C CHAIN -K KEY] "
	      "[-A CA]\n"
	      "       [-m METHOD -s SECONDS (-w WINDOW | -r RATE) | -k "
	      "HANDSHAKES]\n",
	      stderr);
	exit(2);
}

static bool read_text(int option)
{
	struct plan *p = &load.plan;
	const struct {
		int option;
		const char **where;
	} texts[] = {
		{'b', &p->from},      {'t', &p->to},
		{'n', &p->name},      {'P', &p->pids},
		{'m', &p->method},    {'d', &p->from_domain},
		{'D', &p->to_domain}, {'C', &p->tls.chain},
		{'K', &p->tls.key},   {'A', &p->tls.ca},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (texts[i].option != option)
			continue;
		*texts[i].where = optarg;
		return true;
	}
	return false;
}

static void read_number(int option)
{
	struct plan *p = &load.plan;
	unsigned *const where = option == 'p'	? &p->port
				: option == 'c' ? &p->clients
				: option == 'w' ? &p->window
				: option == 'r' ? &p->rate
				: option == 's' ? &p->seconds
				: option == 'k' ? &p->handshakes
						: NULL;

	if (!where)
		usage();
	*where = (unsigned)strtoul(optarg, NULL, 10);
}

static void read_options(int argc, char **argv)
{
	struct plan *p = &load.plan;
	int option;

	p->from_domain = p->to_domain = "contoso.com";
	p->tls.is_client = true;
	while ((option = getopt(argc, argv,
				"b:t:n:P:m:d:D:C:K:A:p:c:w:r:s:k:R")) > 0) {
		if (option == 'R')
			p->signs_in = true;
		else if (!read_text(option))
			read_number(option);
	}
	if (!p->from || !p->to || !p->name || !p->pids || !p->port ||
	    !p->clients)
		usage();
}

int main(int argc, char **argv)
{
	read_options(argc, argv);
	load.peers = calloc(load.plan.clients, sizeof(*load.peers));
	load.loop = bench_loop_new(&load.plan.tls,
				   load.plan.handshakes ? on_ticket : on_bytes,
				   on_lost);
	if (!load.peers)
		bench_die("memory");
	if (!load.plan.handshakes)
		connect_all();
	wait_for_word();
	if (load.plan.handshakes)
		run_handshakes();
	else if (load.plan.method)
		run_messages();
	return 0;
}
