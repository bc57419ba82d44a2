/* Clients at the desk: judged, seated, given a leg, let go; WC 5.5 steps
 * 13-16. */
#include "webconf-edge/join.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HASH_NONFATAL_OOM 1 /* uthash: leaves hh.tbl NULL instead of exit() */
#include <uthash.h>

#include "common/conn.h"
#include "common/crypto.h"
#include "webconf-edge/events.h"

enum { NONCE_ROOM_MS = 1000 /* ours: kept a little past its token [ms] */ };

/* A client that the desk counts. Owner: the desk's table. */
struct wce_seat {
	UT_hash_handle hh;
	edge_handle client;
	struct wce_mcu *mcu;
	struct wce_ask ask;
	bool is_waiting;
	bool has_spent; /* a use of its nonce: once a session */
	TAILQ_ENTRY(wce_seat) in_line;
};

/* NOLINTBEGIN: uthash's macros nest deep and confuse the analyzer */
static struct wce_seat *seat_find(struct wce_desk *d, edge_handle client)
{
	struct wce_seat *s;

	HASH_FIND(hh, d->seats, &client, sizeof(client), s);
	return s;
}

static bool seat_add(struct wce_desk *d, struct wce_seat *s)
{
	HASH_ADD(hh, d->seats, client, sizeof(s->client), s);
	return s->hh.tbl != NULL;
}

static void seat_remove(struct wce_desk *d, struct wce_seat *s)
{
	HASH_DELETE(hh, d->seats, s);
}
/* NOLINTEND */

/* (MCU, conference): an MCU ends, and fills up, only its own. */
static void meeting_key(uint8_t key[EDGE_SHA256_LEN], struct edge_slice mcu,
			const uint8_t conference[PSOM_CONF_HASH_LEN])
{
	uint8_t both[PSOM_MCU_HASH_LEN + PSOM_CONF_HASH_LEN] = {0};

	(void)psom_mcu_hash(both, mcu);
	memcpy(both + PSOM_MCU_HASH_LEN, conference, PSOM_CONF_HASH_LEN);
	edge_sha256(edge_slice(both, sizeof(both)), key);
}

/* The same, as short as a tally wants it. */
static void tally_key(uint8_t key[EDGE_TALLY_KEY], const struct wce_ask *a)
{
	uint8_t whole[EDGE_SHA256_LEN];

	meeting_key(whole, edge_slice_str(a->mcu), a->conference);
	memcpy(key, whole, EDGE_TALLY_KEY);
}

static void nonce_key(uint8_t key[EDGE_SHA256_LEN],
		      const uint8_t nonce[PSOM_NONCE_LEN])
{
	memset(key, 0, EDGE_SHA256_LEN);
	memcpy(key, nonce, PSOM_NONCE_LEN);
}

/* -- leaving ------------------------------------------------------------ */

static void count_out(struct wce_desk *d, const struct wce_ask *a)
{
	uint8_t source[EDGE_TALLY_KEY], meeting[EDGE_TALLY_KEY];

	edge_tally_source(source, &a->source);
	tally_key(meeting, a);
	edge_tally_leave(d->sources, source);
	edge_tally_leave(d->conferences, meeting);
}

static void wait_no_more(struct wce_seat *s)
{
	if (!s->is_waiting)
		return;
	s->is_waiting = false;
	s->mcu->waiting_count--;
	TAILQ_REMOVE(&s->mcu->waiting, s, in_line);
}

static void seat_free(struct wce_desk *d, struct wce_seat *s)
{
	wait_no_more(s);
	seat_remove(d, s);
	count_out(d, &s->ask);
	wce_mcu_unseat(s->mcu);
	free(s);
}

static void refuse(struct wce_desk *d, edge_handle client, enum wce_reason why)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_REFUSE, client);

	if (m)
		m->reason = why;
	d->plan.post(d->plan.post_arg, edge_handle_shard(client), m);
}

/* -- a leg -------------------------------------------------------------- */

/* WC 5.4: counted when a leg is given away for it; a second leg, or one that
 * proves unusable, is no other session. */
static enum wce_reason spend_nonce(struct wce_desk *d, struct wce_seat *s)
{
	const struct wce_ask *a = &s->ask;
	const uint64_t wall_s = (uint64_t)time(NULL);
	const uint64_t skew_s = wce_desk_limit(d, WCE_LIMIT_TOKEN_SKEW_S);
	const uint64_t left_s = a->expires_s + skew_s > wall_s
					? a->expires_s + skew_s - wall_s
					: 0;
	const uint64_t until = wce_desk_now(d) + left_s * 1000 + NONCE_ROOM_MS;
	uint8_t key[EDGE_SHA256_LEN];

	if (s->has_spent)
		return WCE_REASON_OK;
	nonce_key(key, a->nonce);
	switch (edge_expiring_take(
		d->nonces, key,
		(uint32_t)wce_desk_limit(d, WCE_LIMIT_NONCE_USES), until,
		wce_desk_now(d))) {
	case EDGE_EXPIRING_TAKEN:
		s->has_spent = true;
		return WCE_REASON_OK;
	case EDGE_EXPIRING_USED_UP:
		return WCE_REASON_REUSED;
	case EDGE_EXPIRING_FULL:
		break;
	}
	return WCE_REASON_NONCE_TABLE_FULL;
}

static void give(struct wce_desk *d, edge_handle client, struct edge_conn *leg)
{
	struct wce_mail *m = wce_mail_new(WCE_MAIL_LEG, client);

	if (!m) {
		edge_conn_close(leg);
		refuse(d, client, WCE_REASON_EDGE_FULL);
		return;
	}
	m->leg = leg;
	wce_desk_count(d, WCE_STAT_LEGS_USED);
	d->plan.post(d->plan.post_arg, edge_handle_shard(client), m);
}

void wce_join_serve(struct wce_mcu *m)
{
	struct wce_desk *d = m->desk;
	struct wce_seat *s;

	while (m->parked_count && (s = TAILQ_FIRST(&m->waiting))) {
		const enum wce_reason why = spend_nonce(d, s);
		struct edge_conn *leg;

		if (why != WCE_REASON_OK) {
			wait_no_more(s);
			refuse(d, s->client, why);
			continue;
		}
		leg = wce_mcu_take_leg(m);
		if (!leg)
			break; /* none was usable: wait on */
		wait_no_more(s);
		give(d, s->client, leg);
	}
	wce_mcu_want(m);
}

static void wait(struct wce_seat *s, bool is_first)
{
	struct wce_mcu *m = s->mcu;

	s->is_waiting = true;
	m->waiting_count++;
	if (is_first)
		TAILQ_INSERT_HEAD(&m->waiting, s, in_line);
	else
		TAILQ_INSERT_TAIL(&m->waiting, s, in_line);
	wce_join_serve(m);
}

/* -- judging ------------------------------------------------------------ */

static bool is_ended(struct wce_desk *d, const struct wce_ask *a)
{
	uint8_t key[EDGE_SHA256_LEN];

	meeting_key(key, edge_slice_str(a->mcu), a->conference);
	return edge_expiring_has(d->ended, key, wce_desk_now(d));
}

static bool is_used_up(struct wce_desk *d, const struct wce_ask *a)
{
	uint8_t key[EDGE_SHA256_LEN];

	nonce_key(key, a->nonce);
	return edge_expiring_uses(d->nonces, key, wce_desk_now(d)) >=
	       wce_desk_limit(d, WCE_LIMIT_NONCE_USES);
}

/* WC 5.5 steps 13 and 15; 14 counts and comes with the seat. */
static enum wce_reason judge_token(struct wce_desk *d, const struct wce_ask *a)
{
	if (is_ended(d, a))
		return WCE_REASON_CONF_ENDED;
	return is_used_up(d, a) ? WCE_REASON_REUSED : WCE_REASON_OK;
}

static enum wce_reason judge_mcu(const struct wce_desk *d,
				 const struct wce_mcu *m)
{
	const uint64_t most = wce_desk_limit(d, WCE_LIMIT_PER_MCU);

	if (d->is_draining)
		return WCE_REASON_EDGE_DRAINING;
	if (!m || !m->control)
		return WCE_REASON_NOT_REGISTERED;
	if (m->is_draining)
		return WCE_REASON_MCU_DRAINING;
	if (m->seated >= m->capacity || m->seated >= most)
		return WCE_REASON_MCU_FULL;
	if (!m->parked_count &&
	    m->waiting_count >= wce_desk_limit(d, WCE_LIMIT_PAIR_QUEUE))
		return WCE_REASON_PAIR_QUEUE_FULL;
	return WCE_REASON_OK;
}

/* WC 5.5 step 14: both counts or none. */
static enum wce_reason count_in(struct wce_desk *d, const struct wce_ask *a)
{
	uint8_t source[EDGE_TALLY_KEY], meeting[EDGE_TALLY_KEY];

	edge_tally_source(source, &a->source);
	tally_key(meeting, a);
	if (!edge_tally_enter(
		    d->sources, source,
		    (uint32_t)wce_desk_limit(d, WCE_LIMIT_PER_SOURCE)))
		return WCE_REASON_ADDRESS_LIMIT;
	if (edge_tally_enter(
		    d->conferences, meeting,
		    (uint32_t)wce_desk_limit(d, WCE_LIMIT_PER_CONFERENCE)))
		return WCE_REASON_OK;
	edge_tally_leave(d->sources, source);
	return WCE_REASON_CONFERENCE_LIMIT;
}

static enum wce_reason seat(struct wce_desk *d, const struct wce_mail *m,
			    struct wce_mcu *mcu)
{
	struct wce_seat *s = calloc(1, sizeof(*s));

	if (s) {
		s->client = m->client;
		s->mcu = mcu;
		s->ask = m->ask;
	}
	if (!s || seat_find(d, m->client) || !seat_add(d, s)) {
		free(s);
		return WCE_REASON_EDGE_FULL;
	}
	mcu->seated++;
	wait(s, false);
	return WCE_REASON_OK;
}

static void on_ask(struct wce_desk *d, const struct wce_mail *m)
{
	struct wce_mcu *mcu = wce_mcu_find(d, edge_slice_str(m->ask.mcu));
	enum wce_reason why = judge_token(d, &m->ask);

	if (why == WCE_REASON_OK)
		why = count_in(d, &m->ask);
	if (why == WCE_REASON_OK) {
		why = judge_mcu(d, mcu);
		if (why == WCE_REASON_OK)
			why = seat(d, m, mcu);
		if (why != WCE_REASON_OK)
			count_out(d, &m->ask);
	}
	if (why != WCE_REASON_OK)
		refuse(d, m->client, why);
}

/* Its leg died unused; the next one is for who has waited longest. */
static void on_again(struct wce_desk *d, const struct wce_mail *m)
{
	struct wce_seat *s = seat_find(d, m->client);
	enum wce_reason why;

	if (!s || s->is_waiting)
		return;
	why = judge_mcu(d, s->mcu);
	if (why == WCE_REASON_OK || why == WCE_REASON_MCU_FULL)
		wait(s, true);
	else
		refuse(d, m->client, why);
}

static void on_done(struct wce_desk *d, const struct wce_mail *m)
{
	struct wce_seat *s = seat_find(d, m->client);

	if (s)
		seat_free(d, s);
}

void wce_join_mail(struct wce_desk *d, const struct wce_mail *m)
{
	if (m->kind == WCE_MAIL_ASK)
		on_ask(d, m);
	else if (m->kind == WCE_MAIL_AGAIN)
		on_again(d, m);
	else if (m->kind == WCE_MAIL_DONE)
		on_done(d, m);
}

/* -- what an MCU says of all -------------------------------------------- */

void wce_join_refuse_waiting(struct wce_mcu *m, enum wce_reason why)
{
	struct wce_seat *s;

	while ((s = TAILQ_FIRST(&m->waiting))) {
		wait_no_more(s);
		refuse(m->desk, s->client, why);
	}
}

/* A share of the deny set for each, counted anew when what it put in first may
 * have expired: one MCU does not fill it for all. */
static bool may_end_more(struct wce_mcu *m, uint64_t longest_ms)
{
	const uint64_t now = wce_desk_now(m->desk);

	if (!m->ended_count || now - m->ended_since_ms >= longest_ms) {
		m->ended_since_ms = now;
		m->ended_count = 0;
	}
	return m->ended_count++ <
	       wce_desk_limit(m->desk, WCE_LIMIT_ENDED_PER_MCU);
}

void wce_join_end_conference(struct wce_mcu *m, struct edge_slice conference)
{
	struct wce_desk *d = m->desk;
	/* a token may be issued a little ahead of our clock */
	const uint64_t longest_ms =
		1000 * (wce_desk_limit(d, WCE_LIMIT_TOKEN_LIFE_S) +
			2 * wce_desk_limit(d, WCE_LIMIT_TOKEN_SKEW_S));
	const uint64_t now = wce_desk_now(d);
	uint8_t hash[PSOM_CONF_HASH_LEN], key[EDGE_SHA256_LEN];
	char text[17];
	bool is_kept;

	if (!psom_conf_hash(hash, conference))
		return;
	meeting_key(key, edge_slice_str(m->name), hash);
	is_kept = may_end_more(m, longest_ms) &&
		  edge_expiring_put(d->ended, key, now + longest_ms, now);
	wce_desk_count(d, WCE_STAT_CONFERENCES_ENDED);
	edge_hex(text, edge_slice(hash, 8));
	edge_event(WCE_EV_CONFERENCE_ENDED, "mcu=%s conf=%s kept=%s", m->name,
		   text, is_kept ? "yes" : "no_room");
}

void wce_join_free_all(struct wce_desk *d)
{
	struct wce_seat *s, *next;

	HASH_ITER(hh, d->seats, s, next)
	seat_free(d, s);
}
