/* What changes while the service runs: topology, settings, the end. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "av-edge/events.h"
#include "av-edge/house.h"
#include "av-edge/service_state.h"
#include "common/crypto.h"
#include "common/daemon.h"
#include "common/sock.h"
#include "common/tls.h"

enum { DRAIN_LOOK_MS = 500 /* ours: longer than counters are old [ms] */ };

/* -- networks inside ---------------------------------------------------- */

/* fe80::/10 and ff00::/8: on every device, and nobody routes them. */
static bool is_of_the_link(const struct ave_network *n)
{
	return n->net.family == AF_INET6 &&
	       (n->net.ip[0] == 0xff ||
		(n->net.ip[0] == 0xfe && (n->net.ip[1] & 0xc0) == 0x80));
}

size_t ave_service_count_networks(const struct ave_networks *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->count; i++) {
		const unsigned whole =
			n->v[i].net.family == AF_INET6 ? 128 : 32;

		count += n->v[i].bits < whole && !is_of_the_link(&n->v[i]);
	}
	return count;
}

enum edge_err ave_service_read_inside(struct ave_networks *out,
				      struct ave_service *v)
{
	const char *device = v->house.device[AVE_INSIDE];
	struct ave_networks n = {0};
	enum edge_err err = ave_routes_read(&n, &v->routes, device);
	size_t count;

	/* what is not known to be inside could be reached: all or none */
	if (!err && n.is_cut) {
		ave_networks_free(&n);
		err = EDGE_ELIMIT;
	}
	if (err) {
		snprintf(v->why, sizeof(v->why),
			 "the routes of %s cannot be read%s",
			 *device ? device : "the inside",
			 err == EDGE_ELIMIT ? ": there are too many" : "");
		return err;
	}
	count = ave_service_count_networks(&n);
	edge_event(count ? AVE_EV_INSIDE : AVE_EV_INSIDE_NONE,
		   "device=%s networks=%zu", *device ? device : "-", count);
	*out = n;
	return EDGE_OK;
}

/* -- topology ----------------------------------------------------------- */

void ave_offer_init(struct ave_offer *o)
{
	*o = (struct ave_offer){.mras_fd = -1};
}

void ave_offer_drop(struct ave_offer *o)
{
	ave_service_free_mails(o->mail);
	ave_networks_free(&o->inside);
	if (o->mras_fd >= 0)
		close(o->mras_fd);
	ave_offer_init(o);
}

/* A side keeps its device while we run: relayed sockets are bound to it. */
static enum edge_err check_device(struct ave_service *v, enum ave_side side,
				  const struct edge_addr *at)
{
	const char *has = v->house.device[side];
	char text[EDGE_ADDR_STRLEN], device[16];

	if (v->is_device_set[side] || !edge_sock_device(at, device) ||
	    !strcmp(device, has))
		return EDGE_OK;
	edge_addr_print_ip(at, false, text);
	snprintf(v->why, sizeof(v->why),
		 "%s is on device %s, this side was on %s: restart av-edge",
		 text, device, *has ? has : "none");
	return EDGE_ESTATE;
}

static enum edge_err check_range(struct ave_service *v, const struct topo *t)
{
	if (t->listen[TOPO_PORT_AV_RANGE].present)
		return EDGE_OK;
	snprintf(v->why, sizeof(v->why),
		 "the topology has no range of relayed ports");
	return EDGE_ENOTFOUND;
}

/* Doors whose old sockets are there still, and doors that are no more. */
static void go_back(struct ave_mail *m, const struct ave_service *v,
		    const struct topo *t)
{
	for (int k = 0; k < AVE_DOORS; k++) {
		const enum ave_door_kind kind = (enum ave_door_kind)k;

		if (ave_held_has(&v->held, kind, v->topo, t))
			m->back[k] = ave_door_at(kind, t);
		m->ends[k] = ave_door_ends(kind, v->topo, t);
	}
}

/* Moves must come one after the other: the last one has been taken. */
static enum edge_err check_workers(struct ave_service *v)
{
	for (unsigned i = 0; i < v->house.worker_count; i++) {
		if (!v->kept[i])
			continue;
		snprintf(v->why, sizeof(v->why),
			 "a packet worker is busy: try again");
		return EDGE_EAGAIN;
	}
	return EDGE_OK;
}

static enum edge_err prepare_doors(struct ave_service *v, const struct topo *t)
{
	struct ave_offer *o = &v->prepared;
	struct ave_doors moved;
	enum edge_err err;

	ave_doors_init(&moved, &v->house);
	moved.held = &v->held;
	err = ave_doors_bind_moved(&moved, v->topo, t, v->why, sizeof(v->why));
	for (unsigned i = 0; i < v->house.worker_count && !err; i++) {
		ave_doors_give(o->mail[i]->fds, &moved, i);
		go_back(o->mail[i], v, t);
	}
	if (!err && mras_door_moves(v->topo, t))
		err = mras_door_bind(&o->mras_fd, t,
				     v->house.device[AVE_INSIDE], v->why,
				     sizeof(v->why));
	return err;
}

static enum edge_err prepare_mails(struct ave_service *v, const struct topo *t)
{
	struct mras_ring ring = v->keys.ring;
	struct ave_outlook_source s = ave_service_source(v);
	enum edge_err err;

	ring.lifetime_s = t->token_lifetime_s;
	s.topo = t;
	s.inside = &v->prepared.inside;
	s.ring = &ring;
	err = ave_service_make_mails(v->prepared.mail, v, &s);
	edge_wipe(&ring, sizeof(ring));
	return err;
}

enum edge_err ave_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap)
{
	struct ave_service *v = self;
	enum edge_err err;

	ave_service_abort(v);
	*v->why = '\0';
	err = check_workers(v);
	if (!err)
		err = check_range(v, t);
	if (!err)
		err = check_device(v, AVE_OUTSIDE,
				   &t->listen[TOPO_PORT_AV_RANGE].addr);
	if (!err)
		err = check_device(v, AVE_INSIDE, &t->internal);
	if (!err)
		err = ave_service_read_inside(&v->prepared.inside, v);
	if (!err)
		err = prepare_mails(v, t);
	if (!err)
		err = prepare_doors(v, t);
	if (!err)
		return EDGE_OK;
	snprintf(why, why_cap, "%s", *v->why ? v->why : edge_err_str(err));
	ave_service_abort(v);
	return err;
}

void ave_service_abort(void *self)
{
	ave_offer_drop(&((struct ave_service *)self)->prepared);
}

static void move_mras(struct ave_service *v, int fd)
{
	enum edge_err err = mras_door_open(v->mras, fd);

	if (err)
		edge_event(AVE_EV_MEMORY, "for=avauth error=%s",
			   edge_err_name(err));
}

/* Workers keep the old socket of a UDP door for the allocations made there. */
static void number_moves(struct ave_service *v, const struct topo *t)
{
	if (!ave_held_move(&v->held, v->topo, t))
		return;
	v->moves++;
	for (unsigned i = 0; i < v->house.worker_count; i++)
		if (v->prepared.mail[i])
			v->prepared.mail[i]->moves = v->moves;
}

static bool is_old_in_use(const struct ave_house *h, uint32_t moves)
{
	for (unsigned i = 0; i < h->worker_count; i++)
		if (atomic_load(&h->gauges[i].moves) != moves ||
		    atomic_load(&h->gauges[i].on_old))
			return true;
	return false;
}

void ave_service_look_at_old(struct ave_service *v)
{
	struct ave_mail *mail[AVE_WORKERS] = {NULL};

	/* what is prepared may go back to them: commit binds nothing */
	if (v->prepared.mail[0] || v->ended == v->moves ||
	    is_old_in_use(&v->house, v->moves))
		return;
	for (unsigned i = 0; i < v->house.worker_count; i++) {
		mail[i] = ave_mail_new();
		if (!mail[i]) {
			ave_service_free_mails(mail);
			return;
		}
		mail[i]->ends_old = true;
	}
	v->ended = v->moves;
	v->held.count = 0;
	ave_service_post(v, mail);
}

void ave_service_commit(void *self, const struct topo *t)
{
	struct ave_service *v = self;
	struct ave_offer *o = &v->prepared;
	const struct topo *old = v->topo;

	number_moves(v, t);
	v->topo = topo_hold(t);
	topo_drop(old);
	v->keys.ring.lifetime_s = t->token_lifetime_s;
	ave_networks_free(&v->inside);
	v->inside = o->inside;
	if (ave_house_set_range(&v->house, t))
		edge_event(AVE_EV_MEMORY, "for=range");
	ave_service_post(v, o->mail);
	if (o->is_stale)
		ave_service_post_again(v);
	ave_service_show_mras(v);
	if (o->mras_fd >= 0)
		move_mras(v, o->mras_fd);
	ave_offer_init(o);
}

/* -- keys --------------------------------------------------------------- */

void ave_service_show_mras(struct ave_service *v)
{
	const struct mras_door_view view = {
		.topo = v->topo,
		.ring = &v->keys.ring,
		.tls = v->mras_tls,
	};

	mras_door_look(v->mras, &view);
}

void ave_service_tell_keys(struct ave_service *v)
{
	size_t at = ave_service_keys_minting(&v->keys, (int64_t)time(NULL));
	bool has = at < v->keys.ring.count;
	int kid = has ? v->keys.ring.v[at].keys.kid : -1;

	if (kid == v->minting)
		return;
	v->minting = kid;
	if (has)
		edge_event(AVE_EV_KEYS, "kid=%04x spki=%s keys=%zu",
			   (unsigned)kid, v->keys.spki_sha256[at],
			   v->keys.ring.count);
	else
		edge_event(EDGE_EV_CERTIFICATE,
			   "use=av-auth why=\"no key makes tokens now\"");
}

/* -- settings ----------------------------------------------------------- */

/* Everything that new settings bring, read before anything is taken. */
struct renewal {
	struct ave_settings settings;
	struct ave_service_keys keys;
	struct edge_tls *mras_tls;
	struct ave_networks inside;
	struct ave_mail *mail[AVE_WORKERS];
};

static void drop_renewal(struct renewal *r)
{
	ave_service_free_mails(r->mail);
	ave_networks_free(&r->inside);
	edge_tls_drop(r->mras_tls);
	ave_service_keys_drop(&r->keys);
}

static enum edge_err renew_mails(struct renewal *r, struct ave_service *v,
				 const struct edge_config *c)
{
	struct ave_outlook_source s = ave_service_source(v);
	enum edge_err err;

	s.config = c;
	s.inside = &r->inside;
	s.ring = &r->keys.ring;
	err = ave_service_make_mails(r->mail, v, &s);
	for (unsigned i = 0; i < v->house.worker_count && !err; i++) {
		r->mail[i]->has_tls = true;
		if (r->keys.turn)
			r->mail[i]->tls = edge_tls_hold(r->keys.turn);
	}
	return err;
}

static enum edge_err renew(struct renewal *r, struct ave_service *v,
			   const struct edge_config *c)
{
	char *why = v->why;
	const size_t cap = sizeof(v->why);
	enum edge_err err = ave_settings_read(&r->settings, c, why, cap);

	if (!err)
		err = ave_service_keys_load(&r->keys, c, v->topo, why, cap);
	if (!err)
		err = mras_door_tls(&r->mras_tls, c, why, cap);
	if (!err)
		err = ave_service_read_inside(&r->inside, v);
	if (!err)
		err = renew_mails(r, v, c);
	return err;
}

enum edge_err ave_service_reload(void *self, const struct edge_config *c,
				 char *why, size_t why_cap)
{
	struct ave_service *v = self;
	struct renewal r = {0};
	enum edge_err err;

	*v->why = '\0';
	err = renew(&r, v, c);
	if (err) {
		snprintf(why, why_cap, "%s",
			 *v->why ? v->why : edge_err_str(err));
		drop_renewal(&r);
		return err;
	}
	ave_service_keys_drop(&v->keys);
	edge_tls_drop(v->mras_tls);
	ave_networks_free(&v->inside);
	v->prepared.is_stale = true;
	v->config = c;
	v->settings = r.settings;
	v->keys = r.keys;
	v->mras_tls = r.mras_tls;
	v->inside = r.inside;
	edge_wipe(&r.keys.ring, sizeof(r.keys.ring));
	ave_service_post(v, r.mail);
	mras_door_settings(v->mras, c);
	ave_service_show_mras(v);
	ave_service_tell_keys(v);
	return EDGE_OK;
}

/* -- drain -------------------------------------------------------------- */

static uint32_t allocations(const struct ave_service *v)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < v->house.worker_count; i++)
		n += atomic_load_explicit(&v->house.gauges[i].allocations,
					  memory_order_relaxed);
	return n;
}

static void look_at_drain(struct edge_timer *t, uint64_t now_ms)
{
	struct ave_service *v =
		(struct ave_service *)(void *)((char *)t -
					       offsetof(struct ave_service,
							drain_timer));

	if (!allocations(v) || now_ms >= v->drain_ends_ms)
		edge_daemon_finish(v->control);
	else
		edge_wheel_start(edge_loop_wheel(v->control), t,
				 now_ms + DRAIN_LOOK_MS, look_at_drain);
}

void ave_service_drain(void *self)
{
	struct ave_service *v = self;
	const uint64_t now = edge_loop_now_ms(v->control);

	v->is_draining = v->prepared.is_stale = true;
	v->drain_ends_ms = now + v->config->limits[AVE_LIMIT_DRAIN_MS];
	ave_service_post_again(v);
	mras_door_drain(v->mras);
	edge_wheel_start(edge_loop_wheel(v->control), &v->drain_timer,
			 now + DRAIN_LOOK_MS, look_at_drain);
}
