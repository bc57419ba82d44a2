/* Who is let in outside: counts, rates, and who must make room. */
#include "webconf-edge/gate.h"

#include <unistd.h>

#include "common/loop.h"
#include "webconf-edge/client.h"
#include "webconf-edge/client_tell.h"

enum {
	WAIT_MS = 50,	  /* ours: a full table is looked at again [ms] */
	SILENT_MS = 1000, /* ours: so long a handshake may be without a byte */
};

static bool has_room(const _Atomic uint32_t *count,
		     const struct wce_shared *shared, enum wce_limit which)
{
	return atomic_load(count) < wce_limit(shared, which);
}

/* Sockets that say nothing are cheap to open: none of them keeps out another.
 */
static bool make_room(struct wce_shard *s, uint64_t now_ms)
{
	struct wce_client *c = TAILQ_FIRST(&s->shaking);

	if (!c || now_ms - c->at.accepted < SILENT_MS ||
	    !edge_conn_is_silent(c->conn))
		return false;
	wce_client_end(c, WCE_REASON_TLS_SLOW);
	return true;
}

uint64_t wce_gate_wait_ms(void *arg, uint64_t now_ms)
{
	struct wce_shard *s = arg;
	const struct wce_shared *shared = s->shared;

	if (!has_room(&shared->sockets, shared, WCE_LIMIT_SESSIONS))
		return WAIT_MS;
	if (has_room(&shared->handshakes, shared, WCE_LIMIT_HANDSHAKES) &&
	    has_room(&shared->preauth, shared, WCE_LIMIT_PREAUTH))
		return 0;
	return make_room(s, now_ms) ? 0 : WAIT_MS;
}

void wce_gate_paused(void *arg)
{
	wce_shard_count(arg, WCE_STAT_ACCEPT_PAUSED, 1);
}

bool wce_gate_taken(void *arg, int fd, const struct edge_addr *from)
{
	static const struct {
		enum wce_stat row;
		const char *name;
	} rows[] = {
		[EDGE_ADMIT_OK] = {WCE_STAT_REJECTED_RESOURCE, "resource"},
		[EDGE_ADMIT_TOTAL] = {WCE_STAT_REJECTED_TOTAL, "total"},
		[EDGE_ADMIT_SOURCE] = {WCE_STAT_REJECTED_SOURCE, "source"},
		[EDGE_ADMIT_HANDSHAKES] = {WCE_STAT_REJECTED_PREAUTH,
					   "preauth"},
		[EDGE_ADMIT_PENALTY] = {WCE_STAT_REJECTED_SOURCE, "penalty"},
		[EDGE_ADMIT_UNKNOWN] = {WCE_STAT_REJECTED_TOTAL, "unknown"},
		[EDGE_ADMIT_BUSY] = {WCE_STAT_REJECTED_PREAUTH, "busy"},
		[EDGE_ADMIT_RATE] = {WCE_STAT_REJECTED_RATE, "rate"},
	};
	struct wce_shard *s = arg;
	const enum edge_admit_verdict v = edge_admit_enter(
		s->shared->admit, from, edge_loop_now_ms(s->loop));

	if (v != EDGE_ADMIT_OK) {
		wce_client_tell_refused(s, rows[v].row, rows[v].name, from);
		edge_sock_set_abrupt(fd); /* WC 4.1 S0 */
		close(fd);
		return false;
	}
	wce_shard_count(s, WCE_STAT_ACCEPTED_CLIENT, 1);
	if (wce_client_accept(s, fd, from) != EDGE_OK)
		wce_client_tell_refused(s, rows[v].row, rows[v].name, from);
	return true;
}
