/* The inside end of the Web Conferencing bench: a Data MCU that dials an edge,
 * or a TLS server that other proxies dial. */
#include "tests/bench/wc_mcu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto.h"
#include "webconf-edge/psom_frame.h"

enum {
	FRAME_MAX = 1024,
	SESSIONS_MAX = 65536,
	CAPACITY = 30000,
	LEGS_AT_ONCE = 4096,
	PARKING = 32, /* under way when they are parked before */
};

enum leg_state {
	LEG_CONTROL,
	LEG_DIALLED,
	LEG_PARKED,
	LEG_RAW, /* a session, listed */
};

struct leg {
	struct wc_mcu *mcu;
	struct bench_peer *peer;
	enum leg_state state;
	unsigned place; /* in the list */
};

struct wc_mcu {
	struct wc_mcu_plan plan;
	struct bench_loop *loop;
	uint8_t instance[PSOM_INSTANCE_LEN];
	enum wc_job job;
	size_t len;
	unsigned sources;
	struct leg *sessions[SESSIONS_MAX];
	unsigned count, dialling, parked, turn;
	uint64_t bytes;
	bool is_up, is_held;
};

const char wc_filler[65536];

static struct leg *leg_new(struct wc_mcu *m, struct bench_peer *p,
			   enum leg_state state)
{
	struct leg *leg = calloc(1, sizeof(*leg));

	if (!leg)
		bench_die("memory");
	*leg = (struct leg){.mcu = m, .peer = p, .state = state};
	bench_peer_set_arg(p, leg);
	return leg;
}

static void list(struct leg *leg)
{
	struct wc_mcu *m = leg->mcu;

	if (m->count == SESSIONS_MAX)
		bench_die("too many sessions");
	leg->state = LEG_RAW;
	leg->place = m->count;
	m->sessions[m->count++] = leg;
}

static void unlist(struct leg *leg)
{
	struct wc_mcu *m = leg->mcu;
	struct leg *last = m->sessions[--m->count];

	m->sessions[leg->place] = last;
	last->place = leg->place;
}

/* -- EP1 ------------------------------------------------------------------ */

static void send_frame(struct bench_peer *p, struct psom_put *w)
{
	struct edge_slice frame = psom_put_end(w);

	if (!edge_slice_len(frame))
		bench_die("frame too long");
	bench_peer_send(p, (const char *)frame.p, edge_slice_len(frame));
}

static void introduce(struct leg *leg)
{
	const struct wc_mcu *m = leg->mcu;
	const bool is_control = leg->state == LEG_CONTROL;
	uint8_t bytes[FRAME_MAX];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes),
		       is_control ? PSOM_REGISTER : PSOM_OFFER);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_NAME, edge_slice_str(m->plan.name));
	psom_put_bytes(&w, PSOM_TAG_INSTANCE,
		       edge_slice(m->instance, sizeof(m->instance)));
	if (is_control) {
		psom_put_number(&w, PSOM_TAG_GENERATION, 1);
		psom_put_number(&w, PSOM_TAG_CAPACITY, CAPACITY);
		psom_put_number(&w, PSOM_TAG_LEGS, LEGS_AT_ONCE);
	}
	send_frame(leg->peer, &w);
}

static void dial(struct wc_mcu *m, enum leg_state state)
{
	m->dialling += state == LEG_DIALLED;
	leg_new(m,
		bench_peer_dial(m->loop, m->plan.own, m->plan.edge,
				m->plan.port, m->plan.edge_name),
		state);
}

static void on_order(struct leg *leg, const struct psom_frame *f)
{
	struct wc_mcu *m = leg->mcu;
	uint8_t bytes[FRAME_MAX];
	struct psom_put w;

	if (f->type == PSOM_REGISTER_OK)
		m->is_up = true;
	else if (f->type == PSOM_WANT && !m->is_held)
		for (uint64_t n = psom_frame_number(f, PSOM_TAG_LEGS); n; n--)
			dial(m, LEG_DIALLED);
	else if (f->type == PSOM_PING) {
		psom_put_start(&w, bytes, sizeof(bytes), PSOM_PONG);
		psom_put_number(&w, PSOM_TAG_ECHO,
				psom_frame_number(f, PSOM_TAG_ECHO));
		send_frame(leg->peer, &w);
	}
}

static void on_assign(struct leg *leg, const struct psom_frame *f)
{
	uint8_t bytes[FRAME_MAX];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_ASSIGN_OK);
	psom_put_bytes(&w, PSOM_TAG_SESSION, f->value[PSOM_TAG_SESSION]);
	send_frame(leg->peer, &w);
	leg->mcu->parked--;
	list(leg);
}

/* One frame; how many bytes it took, 0: more are to come. */
static size_t on_frame(struct leg *leg, const char *in, size_t len)
{
	const bool is_control = leg->state == LEG_CONTROL;
	struct psom_frame f;
	size_t used;
	enum psom_verdict verdict = psom_frame_decode(
		&f, &used, edge_slice((const uint8_t *)in, len),
		is_control ? PSOM_LEG_CONTROL : PSOM_LEG_DATA, PSOM_FROM_EDGE);

	if (verdict == PSOM_MORE)
		return 0;
	if (verdict != PSOM_FINE || f.type == PSOM_REJECT) {
		fprintf(stderr, "the edge says: verdict %d, code %u\n", verdict,
			(unsigned)psom_frame_number(&f, PSOM_TAG_CODE));
		exit(1);
	}
	if (is_control)
		on_order(leg, &f);
	else if (f.type == PSOM_ASSIGN)
		on_assign(leg, &f);
	return used;
}

/* -- sessions ------------------------------------------------------------- */

static void on_session_bytes(struct leg *leg, const char *in, size_t len)
{
	leg->mcu->bytes += len;
	if (leg->mcu->job == WC_ECHO)
		bench_peer_send(leg->peer, in, len);
}

static void on_secured(struct bench_peer *p)
{
	struct leg *leg = bench_peer_arg(p);

	if (!leg) {
		list(leg_new(bench_peer_owner(p), p, LEG_RAW));
		return;
	}
	if (leg->state == LEG_DIALLED) {
		leg->state = LEG_PARKED;
		leg->mcu->dialling--;
		leg->mcu->parked++;
	} else if (leg->state != LEG_CONTROL) {
		return;
	}
	introduce(leg);
}

static size_t on_bytes(struct bench_peer *p, const char *in, size_t len)
{
	struct leg *leg = bench_peer_arg(p);
	size_t done = 0, used;

	if (!len) {
		on_secured(p);
		return 0;
	}
	while (done < len && leg->state != LEG_RAW) {
		used = on_frame(leg, in + done, len - done);
		if (!used)
			return done;
		done += used;
	}
	if (done < len)
		on_session_bytes(leg, in + done, len - done);
	return len;
}

static void on_lost(struct bench_peer *p)
{
	struct leg *leg = bench_peer_arg(p);

	if (!leg)
		return;
	if (leg->state == LEG_CONTROL)
		bench_die("the edge has left");
	if (leg->state == LEG_DIALLED)
		leg->mcu->dialling--;
	if (leg->state == LEG_PARKED)
		leg->mcu->parked--;
	if (leg->state == LEG_RAW)
		unlist(leg);
	free(leg);
}

static bool on_drained(struct bench_peer *p)
{
	const struct leg *leg = bench_peer_arg(p);

	if (!leg || leg->state != LEG_RAW || leg->mcu->job != WC_SOURCE ||
	    leg->place >= leg->mcu->sources)
		return false;
	bench_peer_send(p, wc_filler, leg->mcu->len);
	return true;
}

/* -- from outside --------------------------------------------------------- */

struct wc_mcu *wc_mcu_new(struct bench_loop *beside,
			  const struct wc_mcu_plan *p)
{
	struct wc_mcu *m = calloc(1, sizeof(*m));

	if (!m)
		bench_die("memory");
	m->plan = *p;
	edge_random(m->instance, sizeof(m->instance));
	m->loop = bench_loop_beside(beside, &p->tls, on_bytes, on_lost);
	bench_loop_on_drained(m->loop, on_drained);
	if (p->edge) {
		dial(m, LEG_CONTROL);
		return m;
	}
	bench_loop_set_owner(m->loop, m);
	m->is_up = true;
	bench_loop_listen(m->loop, p->own, p->port);
	return m;
}

bool wc_mcu_is_up(const struct wc_mcu *m)
{
	return m->is_up;
}

void wc_mcu_set(struct wc_mcu *m, enum wc_job job, size_t len, unsigned sources)
{
	m->job = job;
	m->len = len;
	m->sources = sources;
	for (unsigned i = 0; job == WC_SOURCE && i < sources && i < m->count;
	     i++)
		bench_peer_push(m->sessions[i]->peer);
}

void wc_mcu_say(struct wc_mcu *m, size_t len)
{
	struct bench_peer *p;

	if (!m->count)
		return;
	p = m->sessions[m->turn++ % m->count]->peer;
	bench_peer_send(p, wc_filler, len);
	bench_peer_push(p);
}

uint64_t wc_mcu_bytes(const struct wc_mcu *m)
{
	return m->bytes;
}

unsigned wc_mcu_sessions(const struct wc_mcu *m)
{
	return m->count;
}

unsigned wc_mcu_parked(const struct wc_mcu *m)
{
	return m->parked;
}

unsigned wc_mcu_dialling(const struct wc_mcu *m)
{
	return m->dialling;
}

void wc_mcu_park(struct wc_mcu *m, unsigned legs)
{
	m->is_held = true;
	while (m->dialling < PARKING && m->parked + m->dialling < legs)
		dial(m, LEG_DIALLED);
}
