/* The control connection of a Data MCU: REGISTER and what follows; WC 5.6,
 * 5.7, 5.9. */
#include "webconf-edge/control.h"

#include <stdio.h>
#include <string.h>

#include "common/conn.h"
#include "common/crypto.h"
#include "webconf-edge/events.h"
#include "webconf-edge/join.h"

enum { FRAME_MAX = 512 /* ours: the longest that we send here [bytes] */ };

static void tell(struct wce_inside *c, struct edge_slice frame)
{
	if (c->conn && edge_slice_len(frame) &&
	    edge_conn_write(c->conn, frame) != EDGE_OK)
		edge_conn_pause(c->conn); /* full: its pings will tell */
}

static void tell_number(struct wce_inside *c, enum psom_type type,
			enum psom_tag tag, uint64_t v)
{
	uint8_t bytes[FRAME_MAX];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), type);
	psom_put_number(&w, tag, v);
	tell(c, psom_put_end(&w));
}

void wce_control_want(struct wce_inside *c, uint16_t legs)
{
	tell_number(c, PSOM_WANT, PSOM_TAG_LEGS, legs);
}

void wce_control_drain(struct wce_inside *c, uint16_t grace_s)
{
	tell_number(c, PSOM_DRAIN, PSOM_TAG_GRACE, grace_s);
}

void wce_control_bye(struct wce_inside *c, uint16_t code)
{
	uint8_t bytes[FRAME_MAX];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_BYE);
	psom_put_number(&w, PSOM_TAG_CODE, code);
	wce_inside_close_after(c, psom_put_end(&w));
}

/* -- REGISTER ----------------------------------------------------------- */

static void answer(struct wce_inside *c)
{
	const struct wce_desk *d = c->desk;
	const struct topo *t = d->plan.topo;
	uint8_t bytes[FRAME_MAX];
	struct psom_put w;

	psom_put_start(&w, bytes, sizeof(bytes), PSOM_REGISTER_OK);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_EDGE_FQDN, edge_slice_str(t->webconf_name));
	psom_put_number(&w, PSOM_TAG_EDGE_PORT,
			t->listen[TOPO_PORT_WEBCONF_CLIENT].addr.port);
	psom_put_number(&w, PSOM_TAG_PING_S,
			wce_desk_limit(d, WCE_LIMIT_PING_S));
	psom_put_number(&w, PSOM_TAG_DEAD_S,
			wce_desk_limit(d, WCE_LIMIT_DEAD_S));
	psom_put_number(&w, PSOM_TAG_PARKED_MAX,
			wce_desk_limit(d, WCE_LIMIT_PARKED_PER_MCU));
	psom_put_bytes(&w, PSOM_TAG_EDGE_ID,
		       edge_slice(d->edge_id, sizeof(d->edge_id)));
	tell(c, psom_put_end(&w));
}

static enum wce_reason judge(const struct wce_inside *c, enum edge_err err)
{
	if (c->desk->is_draining)
		return WCE_REASON_EDGE_DRAINING;
	return err == EDGE_ESTATE   ? WCE_REASON_STALE
	       : err == EDGE_ELIMIT ? WCE_REASON_EDGE_FULL
	       : err		    ? WCE_REASON_INTERNAL
				    : WCE_REASON_OK;
}

static void tell_up(const struct wce_inside *c)
{
	char instance[2 * 8 + 1], text[160];

	edge_hex(instance, edge_slice(c->mcu->instance, 8));
	snprintf(text, sizeof(text),
		 "registered instance=%s generation=%llu capacity=%u", instance,
		 (unsigned long long)c->mcu->generation, c->mcu->capacity);
	wce_inside_tell(WCE_EV_MCU_UP, c, c->mcu->name, text);
}

enum wce_inside_state wce_control_register(struct wce_inside *c,
					   const struct psom_frame *f)
{
	struct wce_registration r = {
		.name = f->value[PSOM_TAG_NAME],
		.instance = f->value[PSOM_TAG_INSTANCE].p,
		.generation = psom_frame_number(f, PSOM_TAG_GENERATION),
		.capacity = (uint32_t)psom_frame_number(f, PSOM_TAG_CAPACITY),
		.at_once = (uint16_t)psom_frame_number(f, PSOM_TAG_LEGS),
	};
	struct wce_mcu *m = NULL;
	enum wce_reason why = WCE_REASON_PEER_NAME;
	uint32_t rate;

	if (wce_inside_is_named(c, r.name))
		why = judge(c, c->desk->is_draining
				       ? EDGE_OK
				       : wce_mcu_register(&m, c, &r));
	if (why != WCE_REASON_OK) {
		wce_inside_end(c, why);
		return WCE_INSIDE_OVER;
	}
	c->state = WCE_INSIDE_CONTROL;
	rate = (uint32_t)wce_desk_limit(c->desk, WCE_LIMIT_CONTROL_RATE);
	edge_bucket_init(&c->frames, rate, rate, wce_desk_now(c->desk));
	tell_up(c);
	answer(c);
	wce_mcu_want(m);
	return c->state;
}

/* -- what follows ------------------------------------------------------- */

typedef void control_fn(struct wce_inside *c, const struct psom_frame *f);

static void on_ping(struct wce_inside *c, const struct psom_frame *f)
{
	tell_number(c, PSOM_PONG, PSOM_TAG_ECHO,
		    psom_frame_number(f, PSOM_TAG_ECHO));
}

static void on_pong(struct wce_inside *c, const struct psom_frame *f)
{
	if (psom_frame_number(f, PSOM_TAG_ECHO) == c->echo)
		c->echo = 0;
}

static void on_load(struct wce_inside *c, const struct psom_frame *f)
{
	c->mcu->capacity = (uint32_t)psom_frame_number(f, PSOM_TAG_CAPACITY);
	c->mcu->told_active = (uint32_t)psom_frame_number(f, PSOM_TAG_ACTIVE);
}

static void on_drain(struct wce_inside *c, const struct psom_frame *f)
{
	(void)f;
	c->mcu->is_draining = true;
	wce_inside_tell(WCE_EV_MCU_DRAINING, c, c->mcu->name, "drain");
	wce_join_refuse_waiting(c->mcu, WCE_REASON_MCU_DRAINING);
}

static void on_conf_end(struct wce_inside *c, const struct psom_frame *f)
{
	wce_join_end_conference(c->mcu, f->value[PSOM_TAG_CONFERENCE]);
}

static void on_bye(struct wce_inside *c, const struct psom_frame *f)
{
	struct wce_mcu *m = c->mcu;

	(void)f;
	wce_mcu_lost(m, "bye");
	wce_inside_close_after(c, (struct edge_slice){0});
}

static void on_reject(struct wce_inside *c, const struct psom_frame *f)
{
	on_bye(c, f);
}

enum wce_inside_state wce_control_frame(struct wce_inside *c,
					const struct psom_frame *f)
{
	static const struct {
		enum psom_type type;
		control_fn *fn;
	} rows[] = {
		{PSOM_PING, on_ping},	      {PSOM_PONG, on_pong},
		{PSOM_LOAD, on_load},	      {PSOM_DRAIN, on_drain},
		{PSOM_CONF_END, on_conf_end}, {PSOM_BYE, on_bye},
		{PSOM_REJECT, on_reject},
	};

	if (!edge_bucket_take(&c->frames, wce_desk_now(c->desk))) {
		wce_inside_end(c, WCE_REASON_CONTROL_RATE);
		return WCE_INSIDE_OVER;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].type == f->type) {
			rows[i].fn(c, f);
			return c->state;
		}
	wce_inside_end(c, WCE_REASON_MALFORMED); /* REGISTER, OFFER: too late */
	return WCE_INSIDE_OVER;
}

void wce_control_tick(struct wce_inside *c, uint64_t now_ms)
{
	const uint64_t silent = now_ms - c->heard_ms;

	if (silent >= wce_desk_limit(c->desk, WCE_LIMIT_DEAD_S) * 1000) {
		wce_inside_end(c, WCE_REASON_DEAD);
		return;
	}
	if (silent < wce_desk_limit(c->desk, WCE_LIMIT_PING_S) * 1000 ||
	    c->echo)
		return;
	do {
		edge_random(&c->echo, sizeof(c->echo));
	} while (!c->echo);
	wce_desk_count(c->desk, WCE_STAT_PINGS);
	tell_number(c, PSOM_PING, PSOM_TAG_ECHO, c->echo);
}
