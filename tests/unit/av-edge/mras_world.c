#include "tests/unit/av-edge/mras_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "av-edge/events.h"
#include "av-edge/limits.h"
#include "common/sock.h"
#include "tests/support/heard.h"
#include "tests/support/held_topo.h"
#include "tests/unit/av-edge/mras_fixture.h"

static int64_t wall_s(void)
{
	return MRAS_TEST_NOW;
}

static void make(struct mras_world *w, const char *name, const char *san)
{
	certs_make(w->certs, name,
		   &(struct cert_spec){.issuer = "ca", .san = san});
}

static struct edge_tls *client(struct mras_world *w, const char *name)
{
	struct edge_tls_recipe r = {.ask = EDGE_TLS_ASK_REQUIRED,
				    .is_client = true,
				    .trust = certs_path(w->certs, "ca.pem")};
	char chain[64], key[64], why[256] = "";
	struct edge_tls *t = NULL;

	if (name) {
		snprintf(chain, sizeof(chain), "%s.pem", name);
		snprintf(key, sizeof(key), "%s.key", name);
		r.chain = certs_path(w->certs, chain);
		r.key = certs_path(w->certs, key);
	}
	ck_assert_msg(!edge_tls_new(&t, &r, why, sizeof(why)), "%s", why);
	return t;
}

static void read_config(struct mras_world *w, const char *limits)
{
	char text[2048], why[256] = "";

	snprintf(text, sizeof(text),
		 "[certificate.internal]\nchain = %s\nkey = %s\n"
		 "[trust]\ninternal = %s\n[limits]\n%s\n",
		 certs_path(w->certs, "edge01.pem"),
		 certs_path(w->certs, "edge01.key"),
		 certs_path(w->certs, "ca.pem"), limits);
	ck_assert_msg(!edge_config_parse(&w->config, edge_slice_str(text),
					 &ave_config_rows, why, sizeof(why)),
		      "%s", why);
}

static void open_door(struct mras_world *w)
{
	const struct mras_door_plan plan = {.loop = w->loop,
					    .config = w->config,
					    .stats = w->stats,
					    .wall_s = wall_s};
	struct edge_addr peer;
	char why[256] = "";
	int fd = -1;

	ck_assert_int_eq(mras_door_new(&w->door, &plan), EDGE_OK);
	mras_world_look(w);
	ck_assert_msg(!mras_door_bind(&fd, &w->topo, NULL, why, sizeof(why)),
		      "%s", why);
	edge_sock_names(fd, &w->at, &peer);
	ck_assert_int_eq(mras_door_open(w->door, fd), EDGE_OK);
}

void mras_world_init(struct mras_world *w, const char *limits)
{
	char why[256] = "";

	memset(w, 0, sizeof(*w));
	heard_start(ave_events);
	w->certs = certs_new();
	certs_make(w->certs, "ca", &(struct cert_spec){.is_ca = true});
	make(w, "edge01", "DNS:edge01.contoso.net");
	make(w, "fe01", "DNS:fe01.contoso.net");
	make(w, "stranger", "DNS:stranger.contoso.net");
	w->fe01 = client(w, "fe01");
	w->stranger = client(w, "stranger");
	w->nobody = client(w, NULL);
	read_config(w, limits);
	ck_assert_msg(!mras_door_tls(&w->door_tls, w->config, why, sizeof(why)),
		      "%s", why);
	ck_assert_int_eq(edge_loop_new(&w->loop), EDGE_OK);
	ck_assert_int_eq(ave_stats_new(&w->stats, 1), EDGE_OK);
	w->topo = mras_test_topo();
	w->topo.listen[TOPO_PORT_AVAUTH].addr =
		(struct edge_addr){.family = AF_INET, .ip = {127, 0, 0, 1}};
	w->ring = mras_test_ring();
	open_door(w);
	sip_peer_init(&w->peer, w->loop);
}

void mras_world_look(struct mras_world *w)
{
	const struct topo *t = held_topo_new(&w->topo);

	mras_door_look(w->door, &(struct mras_door_view){.topo = t,
							 .ring = &w->ring,
							 .tls = w->door_tls});
	topo_drop(t);
}

void mras_world_fini(struct mras_world *w)
{
	sip_peer_fini(&w->peer);
	mras_door_free(w->door);
	edge_loop_free(w->loop);
	ck_assert_int_eq(held_topo_count(), 0);
	edge_stats_free(w->stats);
	edge_config_free(w->config);
	edge_tls_drop(w->door_tls);
	edge_tls_drop(w->fe01);
	edge_tls_drop(w->stranger);
	edge_tls_drop(w->nobody);
	certs_free(w->certs);
	heard_stop();
}

void mras_world_dial(struct mras_world *w, struct sip_peer *p,
		     struct edge_tls *tls)
{
	sip_peer_dial(p, tls, &w->at);
	sip_peer_wait_secured(p);
}

void mras_world_send(struct sip_peer *p, struct edge_slice bytes)
{
	ck_assert_int_eq(edge_conn_write(p->conn, bytes), EDGE_OK);
}

uint64_t mras_world_stat(const struct mras_world *w, enum ave_stat row)
{
	return edge_stats_sum(w->stats, row);
}

struct wanted {
	const struct mras_world *w;
	enum ave_stat row;
	uint64_t value;
};

static bool has_value(void *arg)
{
	const struct wanted *x = arg;

	return mras_world_stat(x->w, x->row) == x->value;
}

void mras_world_wait(struct mras_world *w, enum ave_stat row, uint64_t value)
{
	struct wanted x = {w, row, value};

	sip_peer_wait(w->loop, has_value, &x, "a counter");
}

static bool has_count(void *arg)
{
	const struct wanted *x = arg;

	return mras_door_connections(x->w->door) == x->value;
}

void mras_world_wait_count(struct mras_world *w, size_t count)
{
	struct wanted x = {.w = w, .value = count};

	sip_peer_wait(w->loop, has_count, &x, "connections");
}
