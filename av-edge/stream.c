/* One TCP client: which dialect it speaks, its messages, its deadlines. */
#include "av-edge/stream.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "av-edge/classify.h"
#include "av-edge/mst_tcp.h"
#include "av-edge/sockets.h"
#include "av-edge/stream_cut.h"

enum {
	/* AV 1.4: the longest frame and its header; an RFC message with its
	 * padding is a little longer [bytes] */
	REST_CAP = 65536 + 64,
	READ_ROOM = 65536, /* ours: behind what is left of the last time */
	/* ours: a message of a stranger's; an Allocate with all it may carry
	 * is half as long [bytes] */
	STRANGER_CAP = 2048,
};

_Static_assert((int)REST_CAP + (int)READ_ROOM <= (int)AVE_HUB_SCRATCH,
	       "the rest and what comes fit the scratch");

static const char *const why_names[] = {
	[AVE_STREAM_CLOSED] = "closed",	      [AVE_STREAM_STRANGE] = "strange",
	[AVE_STREAM_FRAMING] = "framing",     [AVE_STREAM_SLOW] = "slow",
	[AVE_STREAM_STALLED] = "stalled",     [AVE_STREAM_TLS] = "tls",
	[AVE_STREAM_DISMISSED] = "dismissed",
};

const char *ave_stream_why_name(enum ave_stream_why why)
{
	return why_names[why];
}

static struct ave_stream *of_deadline(struct edge_timer *t)
{
	return (struct ave_stream *)(void *)((char *)t -
					     offsetof(struct ave_stream,
						      deadline));
}

static struct ave_stream *of_stall(struct edge_timer *t)
{
	return (struct ave_stream *)(void *)((char *)t -
					     offsetof(struct ave_stream,
						      stall));
}

static void bury(struct ave_chore *c)
{
	free((char *)c - offsetof(struct ave_stream, burial));
}

static void end(struct ave_stream *s, enum ave_stream_why why)
{
	if (s->is_dead)
		return;
	s->is_dead = true;
	s->host->gone(s->host, s, why);
	edge_wheel_stop(&s->deadline);
	edge_wheel_stop(&s->stall);
	ave_pipe_close(&s->pipe, why == AVE_STREAM_STALLED);
	edge_bytes_fini(&s->rest);
	edge_handles_drop(s->host->streams, s->id);
	ave_hub_later(s->host->hub, &s->burial);
}

void ave_stream_finish(struct ave_stream *s)
{
	end(s, AVE_STREAM_DISMISSED);
}

void ave_stream_overflow(struct ave_stream *s)
{
	end(s, AVE_STREAM_STALLED);
}

static void on_slow(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	end(of_deadline(t), AVE_STREAM_SLOW);
}

static void on_stalled(struct edge_timer *t, uint64_t now_ms)
{
	(void)now_ms;
	end(of_stall(t), AVE_STREAM_STALLED);
}

/* -- first bytes --------------------------------------------------------- */

/* The first allocation's time began with the connection. */
static void is_known(struct ave_stream *s, enum ave_stream_kind kind)
{
	const struct ave_stream_host *h = s->host;

	s->kind = kind;
	if (s->is_confirmed || kind == AVE_STREAM_SHAKEN)
		return;
	edge_wheel_start(h->hub->wheel, &s->deadline,
			 s->deadline.due_ms - h->first_bytes_ms +
				 h->first_allocate_ms,
			 on_slow);
}

/* One send: some clients read exactly the reply, or give up (AV 1.3). */
static bool greet(struct ave_stream *s)
{
	uint8_t reply[MST_HELLO_REPLY_LEN], noise[MST_HELLO_RANDOM_LEN];

	if (getrandom(noise, sizeof(noise), 0) != sizeof(noise))
		return false;
	mst_hello_reply(reply, (uint32_t)time(NULL), noise);
	return ave_pipe_put(&s->pipe, edge_slice(reply, sizeof(reply))) ==
	       EDGE_OK;
}

static bool shake(struct ave_stream *s, struct edge_slice in)
{
	struct ave_stream_host *h = s->host;

	if (!h->tls || (h->may_shake && !h->may_shake(h, s)) ||
	    ave_pipe_secure(&s->pipe, h->tls, in) != EDGE_OK)
		return false;
	is_known(s, AVE_STREAM_SHAKEN);
	return true;
}

/* How many of the bytes are dealt with; the stream may be dead then. */
static size_t look_first(struct ave_stream *s, struct edge_slice in)
{
	const size_t all = edge_slice_len(in);

	switch (ave_classify_stream(in)) {
	case AVE_OPENING_SHORT:
		return 0;
	case AVE_OPENING_PSEUDO_TLS:
		if (greet(s))
			is_known(s, AVE_STREAM_MS);
		else
			end(s, AVE_STREAM_CLOSED);
		return MST_HELLO_LEN;
	case AVE_OPENING_MST:
		is_known(s, AVE_STREAM_MS);
		return 0;
	case AVE_OPENING_RFC:
		if (s->host->is_rfc_served)
			is_known(s, AVE_STREAM_RFC);
		else
			end(s, AVE_STREAM_STRANGE);
		return 0;
	case AVE_OPENING_TLS:
		if (!shake(s, in))
			end(s, AVE_STREAM_TLS);
		return all;
	case AVE_OPENING_BAD:
		break;
	}
	end(s, AVE_STREAM_STRANGE);
	return all;
}

/* -- messages ------------------------------------------------------------ */

/* The room behind a message is the next one: it is put back. */
static void hand_out(struct ave_stream *s, enum ave_cut cut,
		     struct edge_slice body)
{
	struct ave_packet p = {(uint8_t *)(uintptr_t)body.p,
			       edge_slice_len(body)};
	uint8_t behind[AVE_TAILROOM];

	memcpy(behind, body.end, sizeof(behind));
	s->host->message(s->host, s, cut, &p);
	memcpy((uint8_t *)(uintptr_t)body.end, behind, sizeof(behind));
}

static size_t hand_out_all(struct ave_stream *s, struct edge_slice in)
{
	const uint8_t *start = in.p;

	while (!s->is_dead && s->kind != AVE_STREAM_JOINED &&
	       !ave_pipe_is_paused(&s->pipe)) {
		struct edge_slice body;
		enum ave_cut cut;
		size_t whole;
		enum edge_err err =
			ave_stream_cut(&cut, &body, &whole, in, s->kind);

		if (err == EDGE_EAGAIN)
			break;
		if (err) {
			end(s, AVE_STREAM_FRAMING);
			break;
		}
		in.p += whole;
		hand_out(s, cut, body);
	}
	return (size_t)(in.p - start);
}

static size_t look(struct ave_stream *s, struct edge_slice in)
{
	size_t used = 0;

	if (s->kind == AVE_STREAM_NEW) {
		used = look_first(s, in);
		in.p += used;
	} else if (s->kind == AVE_STREAM_SHAKEN) {
		enum ave_opening f = ave_classify_stream(in);

		if (f == AVE_OPENING_RFC && s->host->is_rfc_served)
			is_known(s, AVE_STREAM_RFC);
		else if (f != AVE_OPENING_SHORT)
			end(s, AVE_STREAM_STRANGE);
	}
	if (s->is_dead || s->kind == AVE_STREAM_NEW ||
	    s->kind == AVE_STREAM_SHAKEN)
		return used;
	return used + hand_out_all(s, in);
}

static void keep_rest(struct ave_stream *s, struct edge_slice rest)
{
	if (s->is_dead || rest.p == rest.end)
		return;
	if (s->kind == AVE_STREAM_JOINED) { /* by the message before */
		if (!s->pipe.far || ave_pipe_put(s->pipe.far, rest) != EDGE_OK)
			end(s, AVE_STREAM_CLOSED);
		return;
	}
	if (edge_bytes_add(&s->rest, rest,
			   s->is_confirmed ? REST_CAP + READ_ROOM
					   : STRANGER_CAP) != EDGE_OK)
		end(s, AVE_STREAM_FRAMING);
}

/* What was left, and behind it what has come since. */
static void read_more(struct ave_stream *s, bool is_rest_only)
{
	uint8_t *base = s->host->hub->scratch + AVE_HEADROOM;
	size_t have = s->rest.len, came = 0, used;
	enum edge_err err = EDGE_OK;

	if (!is_rest_only && have <= REST_CAP) /* else: it was paused */
		err = ave_pipe_take(&s->pipe, base + have, READ_ROOM, &came);
	if (err == EDGE_EAGAIN)
		return;
	if (err) {
		end(s, s->pipe.is_shaking ? AVE_STREAM_TLS : AVE_STREAM_CLOSED);
		return;
	}
	if (have)
		memcpy(base, edge_bytes_slice(&s->rest).p, have);
	edge_bytes_take(&s->rest, have);
	used = look(s, edge_slice(base, have + came));
	keep_rest(s, edge_slice(base + used, have + came - used));
}

static void on_event(struct ave_pipe *p, enum ave_pipe_event e)
{
	struct ave_stream *s = (struct ave_stream *)(void *)p;

	switch (e) {
	case AVE_PIPE_READABLE:
		read_more(s, false);
		break;
	case AVE_PIPE_DRAINED:
		edge_wheel_stop(&s->stall);
		s->host->drained(s->host, s);
		break;
	case AVE_PIPE_GONE:
		end(s, p->tls && s->kind == AVE_STREAM_SHAKEN
			       ? AVE_STREAM_TLS
			       : AVE_STREAM_CLOSED);
		break;
	case AVE_PIPE_STALLED:
		end(s, AVE_STREAM_STALLED);
		break;
	case AVE_PIPE_CONNECTED:
		break;
	}
}

static void on_again(struct ave_chore *c)
{
	struct ave_stream *s =
		(struct ave_stream *)(void *)((char *)c -
					      offsetof(struct ave_stream,
						       again));

	if (!s->is_dead && s->rest.len && !ave_pipe_is_paused(&s->pipe))
		read_more(s, true);
}

static void on_full(struct ave_chore *c)
{
	struct ave_stream *s =
		(struct ave_stream *)(void *)((char *)c -
					      offsetof(struct ave_stream,
						       full));

	if (!s->is_dead && ave_pipe_is_full(&s->pipe))
		s->host->filled(s->host, s);
}

void ave_stream_pause(struct ave_stream *s)
{
	ave_pipe_pause(&s->pipe);
}

void ave_stream_resume(struct ave_stream *s)
{
	ave_pipe_resume(&s->pipe);
	if (!s->is_dead && s->rest.len)
		ave_hub_later(s->host->hub, &s->again);
}

/* -- life ---------------------------------------------------------------- */

enum edge_err ave_stream_new(struct ave_stream **out, struct ave_stream_host *h,
			     int fd, const struct ave_stream_ends *at)
{
	struct ave_stream *s = calloc(1, sizeof(*s));
	enum edge_err err = EDGE_ENOMEM;

	if (s)
		err = edge_handles_put(h->streams, s, &s->id);
	if (!err)
		err = ave_pipe_open(&s->pipe, h->hub, fd, false, on_event);
	if (err) {
		if (s && s->id)
			edge_handles_drop(h->streams, s->id);
		free(s);
		close(fd);
		return err;
	}
	s->host = h;
	s->client = at->client;
	s->server = at->server;
	s->is_inside = at->is_inside;
	s->burial.fn = bury;
	s->again.fn = on_again;
	s->full.fn = on_full;
	ave_socket_set_keep_alive(fd, h->keep_alive_s);
	ave_pipe_set_cap(&s->pipe, h->out_cap);
	edge_wheel_start(h->hub->wheel, &s->deadline,
			 h->hub->now_ms + h->first_bytes_ms, on_slow);
	*out = s;
	return EDGE_OK;
}

void ave_stream_confirm(struct ave_stream *s)
{
	s->is_confirmed = true;
	edge_wheel_stop(&s->deadline);
}

void ave_stream_doubt(struct ave_stream *s)
{
	const struct ave_stream_host *h = s->host;

	s->is_confirmed = false;
	edge_wheel_start(h->hub->wheel, &s->deadline,
			 h->hub->now_ms + h->first_allocate_ms, on_slow);
}

enum edge_err ave_stream_put(struct ave_stream *s, struct edge_slice bytes,
			     bool is_media)
{
	struct ave_hub *hub = s->host->hub;
	enum edge_err err;

	if (s->is_dead)
		return EDGE_ECLOSED;
	if (is_media && ave_pipe_is_full(&s->pipe))
		return EDGE_ELIMIT;
	err = ave_pipe_put(&s->pipe, bytes);
	if (ave_pipe_is_full(&s->pipe) && !edge_timer_running(&s->stall)) {
		edge_wheel_start(hub->wheel, &s->stall,
				 hub->now_ms + s->host->stall_ms, on_stalled);
		ave_hub_later(hub, &s->full);
	}
	return err;
}

/* What came behind the request goes to the peer by keep_rest. */
void ave_stream_join(struct ave_stream *s, struct ave_pipe *peer)
{
	s->kind = AVE_STREAM_JOINED;
	ave_stream_confirm(s);
	edge_wheel_stop(&s->stall); /* the pipe has its own from now on */
	ave_pipe_join(&s->pipe, peer, s->host->stall_ms);
}
