/* A pair between two far ends, all on the test's loop. */
#include "tests/unit/webconf-edge/pair_world.h"

#include <sys/socket.h>
#include <unistd.h>

#include "common/sock.h"

struct pair_world pair_w;

/* What the pair holds of a side, looked at whenever something happens. */
static void measure(void)
{
	for (int s = 0; s < WCE_SIDES; s++) {
		const struct edge_conn *c = pair_w.pair.end[s];

		if (!c)
			continue;
		if (edge_conn_queued(c) > pair_w.most_queued[s])
			pair_w.most_queued[s] = edge_conn_queued(c);
		if (edge_conn_buffered(c) > pair_w.most_buffered[s])
			pair_w.most_buffered[s] = edge_conn_buffered(c);
	}
}

static void on_event(struct edge_conn *c, enum edge_conn_event ev, void *arg)
{
	const enum wce_side side = (enum wce_side)(intptr_t)arg;

	ck_assert_ptr_eq(c, pair_w.end[side]);
	if (ev == EDGE_CONN_SECURED)
		pair_w.secured++;
	if (pair_w.is_paired) {
		wce_pair_event(&pair_w.pair, side, ev,
			       edge_loop_now_ms(pair_w.loop));
		measure();
	}
	edge_loop_stop(pair_w.loop);
}

static void on_accept(unsigned ready, void *arg)
{
	const int fd =
		accept4(pair_w.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct edge_conn_plan p = pair_w.plan;
	int side = 0;

	(void)ready;
	(void)arg;
	while (side < WCE_SIDES && pair_w.end[side])
		side++;
	ck_assert_int_ge(fd, 0);
	ck_assert_int_lt(side, WCE_SIDES);
	p.arg = (void *)(intptr_t)side;
	ck_assert_int_eq(edge_conn_accept(&pair_w.end[side], &p, fd), EDGE_OK);
	edge_loop_stop(pair_w.loop);
}

static void setup(void)
{
	const int little = 131072;

	pair_w = (struct pair_world){.certs = certs_new()};
	certs_make_usual(pair_w.certs);
	ck_assert_int_eq(edge_loop_new(&pair_w.loop), EDGE_OK);
	pair_w.edge_tls = ep1_tls(pair_w.certs, "edge", EP1_TLS_OUTSIDE);
	pair_w.far_tls = ep1_tls(pair_w.certs, NULL, EP1_TLS_CLIENT);
	pair_w.fd = ep1_listen(&pair_w.at);
	ck_assert_int_eq(setsockopt(pair_w.fd, SOL_SOCKET, SO_SNDBUF, &little,
				    sizeof(little)),
			 0); /* what is accepted there inherits it */
	pair_w.plan = (struct edge_conn_plan){.loop = pair_w.loop,
					      .tls = pair_w.edge_tls,
					      .in_cap = 65536,
					      .out_cap = 65536,
					      .high_water = 49152,
					      .low_water = 16384,
					      .stall_ms = EP1_PEER_WAIT_MS,
					      .has_secrets = true,
					      .fn = on_event};
	ck_assert_int_eq(edge_loop_watch(pair_w.loop, pair_w.fd, EDGE_LOOP_READ,
					 on_accept, NULL),
			 EDGE_OK);
}

static void teardown(void)
{
	if (pair_w.is_paired)
		wce_pair_abort(&pair_w.pair, 0);
	else
		for (int s = 0; s < WCE_SIDES; s++)
			edge_conn_close(pair_w.end[s]);
	for (int s = 0; s < WCE_SIDES; s++)
		ep1_peer_fini(&pair_w.far[s]);
	edge_loop_unwatch(pair_w.loop, pair_w.fd);
	close(pair_w.fd);
	edge_loop_free(pair_w.loop);
	edge_tls_drop(pair_w.edge_tls);
	edge_tls_drop(pair_w.far_tls);
	certs_free(pair_w.certs);
}

static bool is_secured(void *arg)
{
	const unsigned *count = arg;

	return pair_w.secured == *count &&
	       pair_w.far[*count - 1].count[EDGE_CONN_SECURED];
}

void pair_dial(void)
{
	for (unsigned s = 0; s < WCE_SIDES; s++) {
		unsigned count = s + 1;

		ep1_peer_dial(&pair_w.far[s], pair_w.loop, pair_w.far_tls,
			      &pair_w.at);
		ep1_wait(pair_w.loop, is_secured, &count, "a handshake");
	}
}

void pair_start(void)
{
	pair_w.is_paired = true;
	wce_pair_start(&pair_w.pair, pair_w.end[WCE_CLIENT],
		       pair_w.end[WCE_MCU], edge_loop_now_ms(pair_w.loop));
	measure();
}

void pair_begin(void)
{
	pair_dial();
	pair_start();
}

static bool has_state(void *arg)
{
	const enum wce_pair_state *state = arg;

	return pair_w.pair.state == *state;
}

void pair_wait_state(enum wce_pair_state state)
{
	ep1_wait(pair_w.loop, has_state, &state, "the pair's next state");
}

TCase *pair_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}
