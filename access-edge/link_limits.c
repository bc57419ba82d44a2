/* What one connection may do, and until when; AE 2.2, 2.12, 5. */
#include "access-edge/link_limits.h"

#include <stddef.h>

#include "access-edge/events.h"
#include "access-edge/keep_alive.h"
#include "access-edge/limits.h"
#include "access-edge/proxy.h"
#include "common/crypto.h"

enum {
	BODY_FREE_MS = 10000, /* AE 5: 1 KiB/s averaged over 10 s */
	BODY_BYTES_A_S = 1024,
	ANSWER_EVERY_MS = 1000, /* AE 2.3: malformed answered once a second */
	GRACE_MS = 70000,	/* AE 2.12: above a transaction's time [ms] */
};

static uint32_t limit(const struct acc_link *l, enum acc_limit which)
{
	return (uint32_t)acc_shard_limit(l->shard, which);
}

static void start_buckets(struct acc_link *l)
{
	uint64_t now = edge_loop_now_ms(l->shard->loop);
	bool in = l->source.signed_in;

	edge_bucket_init(
		&l->requests,
		limit(l, in ? ACC_LIMIT_SIGNED_RATE : ACC_LIMIT_UNSIGNED_RATE),
		limit(l,
		      in ? ACC_LIMIT_SIGNED_BURST : ACC_LIMIT_UNSIGNED_BURST),
		now);
	edge_bucket_init(&l->dialogs, limit(l, ACC_LIMIT_DIALOG_RATE),
			 limit(l, ACC_LIMIT_DIALOG_BURST), now);
}

void acc_link_limits_start(struct acc_link *l)
{
	l->opened_ms = edge_loop_now_ms(l->shard->loop);
	l->heard_ms = l->opened_ms;
	start_buckets(l);
}

void acc_link_frame_limits(const struct acc_link *l,
			   struct edge_sip_frame_limits *out)
{
	bool client = l->kind == ACC_LINK_CLIENT;
	const struct topo_proxy_settings *p = &l->shard->view.topo->proxy;
	uint32_t said = client ? p->client_body_kb : p->server_body_kb;
	uint32_t kb = said ? said
			   : limit(l, client ? ACC_LIMIT_CLIENT_BODY_KB
					     : ACC_LIMIT_SERVER_BODY_KB);

	*out = (struct edge_sip_frame_limits){
		.head_len = limit(l, ACC_LIMIT_HEAD_LEN),
		.line_len = limit(l, ACC_LIMIT_LINE_LEN),
		.lines = limit(l, ACC_LIMIT_LINES),
		.vias = limit(l, ACC_LIMIT_VIAS),
		.record_routes = limit(l, ACC_LIMIT_ROUTES),
		.routes = limit(l, ACC_LIMIT_ROUTES),
		.body_len = 1024 * kb,
	};
	if (l->body_room && out->body_len > l->body_room)
		out->body_len = l->body_room; /* a new limit is wider */
}

/* -- deadlines ---------------------------------------------------------- */

struct due {
	uint64_t at;
	enum acc_link_deadline what;
};

static void sooner(struct due *d, uint64_t at, enum acc_link_deadline what)
{
	if (d->what == ACC_DEADLINE_NONE || at < d->at)
		*d = (struct due){at, what};
}

static void due_of_part(const struct acc_link *l, struct due *d)
{
	uint64_t body = BODY_FREE_MS +
			1000 * (uint64_t)l->framer.body_len / BODY_BYTES_A_S;

	if (!l->part_ms)
		return;
	if (!l->framer.head_len && !l->skip) {
		sooner(d, l->part_ms + limit(l, ACC_LIMIT_HEAD_MS),
		       ACC_DEADLINE_HEAD);
		return;
	}
	if (l->skip || body > limit(l, ACC_LIMIT_BODY_MS))
		body = limit(l, ACC_LIMIT_BODY_MS);
	sooner(d, l->part_ms + body, ACC_DEADLINE_BODY);
}

/* AE 9.1, clerr: the head is whole, so there is somebody to answer. */
static void body_overdue(struct acc_link *l)
{
	struct edge_sip_frame f = {.fault = EDGE_SIP_FRAME_BAD_LENGTH};
	struct edge_slice in = edge_conn_input(l->conn);

	f.head_len = l->framer.head_len;
	if (f.head_len && edge_take(&in, f.head_len, &f.msg))
		acc_proxy_frame_fault(l, &f);
	else
		acc_link_close(l);
}

static void on_due(struct edge_timer *t, uint64_t now_ms)
{
	static const struct {
		enum acc_stat row;
		const char *name;
	} rows[] = {
		[ACC_DEADLINE_NONE] = {ACC_STAT_IDLE, "idle"},
		[ACC_DEADLINE_FIRST] = {ACC_STAT_SLOW_FIRST, "first_message"},
		[ACC_DEADLINE_HEAD] = {ACC_STAT_SLOW_HEAD, "head"},
		[ACC_DEADLINE_BODY] = {ACC_STAT_SLOW_BODY, "body"},
		[ACC_DEADLINE_SIGN_IN] = {ACC_STAT_SLOW_SIGN_IN, "sign_in"},
		[ACC_DEADLINE_IDLE] = {ACC_STAT_IDLE, "idle"},
	};
	struct acc_link *l =
		(struct acc_link *)(void *)((char *)t -
					    offsetof(struct acc_link, timer));
	const char *reason = rows[l->deadline].name;
	char from[EDGE_ADDR_STRLEN];
	uint32_t more;

	(void)now_ms;
	acc_shard_count(l->shard, rows[l->deadline].row);
	edge_addr_print(&l->source.remote, from);
	if (acc_shard_may_tell(l->shard, ACC_EV_SLOW, reason, &l->source.remote,
			       &more))
		edge_event(ACC_EV_SLOW,
			   "client=%s cid=%X reason=%s suppressed=%u", from,
			   l->source.cid, reason, more);
	if (l->deadline == ACC_DEADLINE_BODY)
		body_overdue(l);
	else
		acc_link_close(l);
}

/* AE 2.12: never before the time that was promised, and grace. */
static uint64_t idle_ms(const struct acc_link *l)
{
	uint64_t idle = limit(l, ACC_LIMIT_IDLE_MS);
	uint64_t promised =
		1000 * (uint64_t)acc_keep_alive_s(&l->shard->view) + GRACE_MS;

	return l->keeps_alive && promised > idle ? promised : idle;
}

void acc_link_arm(struct acc_link *l)
{
	struct due d = {0, ACC_DEADLINE_NONE};

	due_of_part(l, &d);
	if (l->kind == ACC_LINK_CLIENT) {
		if (!l->heard)
			sooner(&d,
			       l->opened_ms +
				       limit(l, ACC_LIMIT_FIRST_MESSAGE_MS),
			       ACC_DEADLINE_FIRST);
		else if (!l->source.signed_in)
			sooner(&d,
			       l->opened_ms + limit(l, ACC_LIMIT_UNSIGNED_MS),
			       ACC_DEADLINE_SIGN_IN);
		sooner(&d, l->heard_ms + idle_ms(l), ACC_DEADLINE_IDLE);
	}
	if (l->kind == ACC_LINK_PARTNER || l->kind == ACC_LINK_OUTBOUND)
		sooner(&d, l->heard_ms + limit(l, ACC_LIMIT_PARTNER_IDLE_MS),
		       ACC_DEADLINE_IDLE);
	l->deadline = d.what;
	if (d.what == ACC_DEADLINE_NONE)
		edge_wheel_stop(&l->timer);
	else
		edge_wheel_start(edge_loop_wheel(l->shard->loop), &l->timer,
				 d.at, on_due);
}

/* -- rates -------------------------------------------------------------- */

static struct edge_admit *admit_of(const struct acc_link *l)
{
	return l->shard->shared->admit[l->door];
}

static uint64_t user_hash(struct edge_slice uri)
{
	static const uint8_t key[16] = {'u', 's', 'e', 'r'};

	return edge_siphash(key, uri);
}

/* Who has signed in here keeps his seat when his address is blocked, but may
 * try nobody else's password. */
static bool is_blocked(const struct acc_link *l, const struct edge_sip_msg *m,
		       uint64_t now)
{
	if (m->method != EDGE_SIP_REGISTER ||
	    (l->source.signed_in && l->user == user_hash(m->from.uri.text)))
		return false;
	return edge_admit_is_blocked(admit_of(l), &l->source.remote,
				     m->from.uri.text, now);
}

static enum acc_reason
admit_unsigned(struct acc_link *l, const struct edge_sip_msg *m, uint64_t now)
{
	if (++l->unsigned_requests > limit(l, ACC_LIMIT_UNSIGNED_REQUESTS))
		return ACC_REASON_UNSIGNED_LIMIT;
	if (!edge_bucket_take(&l->requests, now))
		return ACC_REASON_RATE;
	if (m->method == EDGE_SIP_REGISTER && l->registers_in_flight)
		return ACC_REASON_RATE; /* AE 5: one attempt in flight */
	return ACC_REASON_OK;
}

enum acc_reason acc_link_admit(struct acc_link *l, const struct edge_sip_msg *m)
{
	uint64_t now = edge_loop_now_ms(l->shard->loop);

	if (l->kind != ACC_LINK_CLIENT)
		return ACC_REASON_OK;
	if (is_blocked(l, m, now))
		return ACC_REASON_SIGN_IN_BLOCKED;
	if (!l->source.signed_in)
		return admit_unsigned(l, m, now);
	if (!edge_bucket_take(&l->requests, now))
		return ACC_REASON_RATE;
	if ((m->method == EDGE_SIP_INVITE || m->method == EDGE_SIP_SUBSCRIBE) &&
	    !edge_bucket_take(&l->dialogs, now))
		return ACC_REASON_RATE;
	return ACC_REASON_OK;
}

bool acc_link_malformed(struct acc_link *l)
{
	uint64_t now = edge_loop_now_ms(l->shard->loop);
	char from[EDGE_ADDR_STRLEN];

	if (!l->malformed ||
	    now - l->malformed_since_ms > limit(l, ACC_LIMIT_MALFORMED_MS)) {
		l->malformed = 0;
		l->malformed_since_ms = now;
	}
	if (++l->malformed >= limit(l, ACC_LIMIT_MALFORMED)) {
		edge_addr_print(&l->source.remote, from);
		edge_event(ACC_EV_MALFORMED_FLOOD, "client=%s cid=%X", from,
			   l->source.cid);
		acc_shard_count(l->shard,
				ACC_STAT_REFUSED + ACC_REASON_MALFORMED_FLOOD);
		if (l->kind == ACC_LINK_CLIENT || l->kind == ACC_LINK_PARTNER)
			edge_admit_punish(admit_of(l), &l->source.remote, now);
		acc_link_close(l);
		return false;
	}
	if (l->malformed_answer_ms &&
	    now - l->malformed_answer_ms < ANSWER_EVERY_MS) {
		acc_shard_count(l->shard, ACC_STAT_MALFORMED_SILENT);
		return false;
	}
	l->malformed_answer_ms = now;
	return true;
}

void acc_link_signed_in(struct acc_link *l, struct edge_slice user)
{
	char from[EDGE_ADDR_STRLEN], name[256];

	acc_shard_count(l->shard, ACC_STAT_AUTH_OK);
	if (l->source.signed_in)
		return;
	l->source.signed_in = true;
	l->user = user_hash(user);
	start_buckets(l);
	edge_admit_know(admit_of(l), &l->source.remote,
			edge_loop_now_ms(l->shard->loop));
	edge_addr_print(&l->source.remote, from);
	edge_log_escape(name, sizeof(name), user);
	edge_event(ACC_EV_SIGNED_IN, "user=%s client=%s cid=%X", name, from,
		   l->source.cid);
	acc_link_arm(l);
}
