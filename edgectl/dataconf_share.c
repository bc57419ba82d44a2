/* Upload, content, present: what both ends hear, until it is as it should be.
 */
#include "edgectl/dataconf_share.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

enum { LEAVE_MS = 1000 };

static const char *const roles[CTL_SHARE_PEOPLE] = {"sender", "receiver"};

EDGE_PRINTF(3, 4)
static bool broken(struct ctl_share *t, int who, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return ctl_report_fail(t->report, "TEST-007", roles[who], what);
}

static bool on_chunk(struct ctl_share *t, const struct ctl_do *d)
{
	size_t len = edge_slice_len(d->chunk);

	if (len > t->len - t->received ||
	    memcmp(d->chunk.p, t->content + t->received, len) != 0)
		return broken(t, CTL_RECEIVER,
			      "the content came altered, after byte %zu",
			      t->received);
	t->received += len;
	t->is_whole = d->is_last;
	if (d->is_last && t->received != t->len)
		return broken(t, CTL_RECEIVER, "the content ended at byte %zu",
			      t->received);
	return true;
}

/* Contents of others in the conference are passed over. */
static bool on_invoke(struct ctl_share *t, int who, const struct ctl_do *d)
{
	bool is_ours = edge_slice_eq_str(d->title, t->title);

	switch (d->method) {
	case CTL_DO_RESERVED:
		t->is_reserved[who] |= d->cookie == who + 1;
		return true;
	case CTL_DO_CONTENT:
		return who != CTL_RECEIVER || !is_ours || on_chunk(t, d);
	case CTL_DO_ACTIVE:
		t->is_active |= who == CTL_RECEIVER && is_ours;
		return true;
	case CTL_DO_UPLOAD:
	case CTL_DO_PRESENT:
	case CTL_DO_RESERVE:
		break;
	}
	return broken(t, who,
		      "the conferencing server calls a method of its own");
}

static bool on_frame(struct ctl_share *t, int who, const struct ctl_do *d)
{
	switch (d->op) {
	case CTL_DO_INVOKE:
		return on_invoke(t, who, d);
	case CTL_DO_BEAT:
		return true;
	case CTL_DO_ERROR:
		return broken(t, who,
			      "the conferencing server answers error %d",
			      (int)d->cookie);
	case CTL_DO_CONNECT:
	case CTL_DO_DISCONNECT:
		break;
	}
	return broken(t, who, "the conferencing server ended the object");
}

/* All that has come; false: reported. *any: there was something. */
static bool drain(struct ctl_share *t, int who, bool *any)
{
	struct ctl_do d;
	enum edge_err err;

	while (!(err = ctl_seat_next(t->seat[who], &d))) {
		*any = true;
		if (!on_frame(t, who, &d))
			return false;
	}
	if (err == EDGE_EAGAIN)
		return true;
	return ctl_report_fail(t->report, "TEST-007", roles[who],
			       err == EDGE_ECLOSED
				       ? "the connection was closed"
				       : "what came is no frame of a "
					 "conferencing server");
}

/* An end is told by drain(): what was said before it may say why. */
static bool is_sent(struct ctl_share *t, int who, enum edge_err err)
{
	return !err || err == EDGE_ECLOSED ||
	       ctl_report_fail(t->report, "TEST-007", roles[who],
			       edge_err_str(err));
}

static bool tell(struct ctl_share *t, int who, const struct ctl_do *d)
{
	return is_sent(t, who, ctl_seat_send(t->seat[who], d));
}

/* As much of the content as the queue takes. */
static bool feed(struct ctl_share *t)
{
	struct ctl_do d = {.op = CTL_DO_INVOKE,
			   .object = CTL_DO_MANAGER,
			   .method = CTL_DO_UPLOAD,
			   .title = edge_slice_str(t->title)};

	while (t->is_sending) {
		size_t len = t->len - t->sent;
		enum edge_err err;

		if (len > CTL_DO_CHUNK_MAX)
			len = CTL_DO_CHUNK_MAX;
		d.chunk = edge_slice(t->content + t->sent, len);
		d.is_last = t->sent + len == t->len;
		err = ctl_seat_send(t->seat[CTL_SENDER], &d);
		if (err == EDGE_EAGAIN)
			return true;
		if (err)
			return is_sent(t, CTL_SENDER, err);
		t->sent += len;
		t->is_sending = !d.is_last;
	}
	return true;
}

/* Until *done; the clock starts anew with whatever comes. */
static bool await(struct ctl_share *t, const bool *done, const char *late)
{
	ctl_lines_start_clock(t->lines, t->ms);
	for (;;) {
		bool any = false;

		if (!feed(t) || !drain(t, CTL_SENDER, &any) ||
		    !drain(t, CTL_RECEIVER, &any))
			return false;
		if (*done)
			return true;
		if (any)
			ctl_lines_start_clock(t->lines, t->ms);
		if (!ctl_lines_turn(t->lines))
			return ctl_report_fail(t->report, "TEST-007",
					       "conference", late);
	}
}

/* An object, and one question to it: who joined is in the conference. */
static bool enter(struct ctl_share *t, int who)
{
	const struct ctl_do connect = {.op = CTL_DO_CONNECT,
				       .object = CTL_DO_MANAGER};
	const struct ctl_do reserve = {.op = CTL_DO_INVOKE,
				       .object = CTL_DO_MANAGER,
				       .method = CTL_DO_RESERVE,
				       .title = edge_slice_str(t->title),
				       .cookie = who + 1};
	uint64_t since = ctl_report_now_us();

	if (!tell(t, who, &connect) || !tell(t, who, &reserve) ||
	    !await(t, &t->is_reserved[who],
		   "the conferencing server does not answer"))
		return false;
	ctl_report_step(t->report, "request", since,
			"%s: a title is reserved, there and back", roles[who]);
	return true;
}

static bool upload(struct ctl_share *t)
{
	uint64_t since = ctl_report_now_us();
	uint64_t took;

	t->is_sending = true;
	if (!await(t, &t->is_whole, "the content does not arrive"))
		return false;
	took = ctl_report_now_us() - since;
	ctl_report_step(t->report, "content", since,
			"%zu bytes unaltered, %.1f Mbit/s", t->received,
			(double)t->len * 8 / (double)(took ? took : 1));
	return true;
}

static bool present(struct ctl_share *t)
{
	const struct ctl_do d = {.op = CTL_DO_INVOKE,
				 .object = CTL_DO_MANAGER,
				 .method = CTL_DO_PRESENT,
				 .title = edge_slice_str(t->title)};
	uint64_t since = ctl_report_now_us();

	if (!tell(t, CTL_SENDER, &d) ||
	    !await(t, &t->is_active, "what is presented is not shown"))
		return false;
	ctl_report_step(t->report, "present", since,
			"the receiver is shown it");
	return true;
}

static bool is_queued(const struct ctl_share *t)
{
	bool any = false;

	for (int who = 0; who < CTL_SHARE_PEOPLE; who++)
		any = any || (t->seat[who] && ctl_seat_queued(t->seat[who]));
	return any;
}

void ctl_share_leave(struct ctl_share *t)
{
	const struct ctl_do d = {.op = CTL_DO_DISCONNECT,
				 .object = CTL_DO_MANAGER};

	for (int who = 0; who < CTL_SHARE_PEOPLE; who++)
		if (t->seat[who]) /* closing says the same */
			(void)!ctl_seat_send(t->seat[who], &d);
	ctl_lines_start_clock(t->lines, LEAVE_MS);
	while (is_queued(t) && ctl_lines_turn(t->lines))
		;
	for (int who = 0; who < CTL_SHARE_PEOPLE; who++) {
		ctl_seat_close(t->seat[who]);
		t->seat[who] = NULL;
	}
}

bool ctl_share_run(struct ctl_share *t)
{
	bool good;

	t->content = malloc(t->len);
	if (!t->content)
		return ctl_report_fail(t->report, "TEST-007", "content",
				       edge_err_str(EDGE_ENOMEM));
	edge_random(t->content, t->len);
	snprintf(t->title, sizeof(t->title), "edgectl-%08x%08x",
		 edge_random_u32(), edge_random_u32());
	good = enter(t, CTL_SENDER) && enter(t, CTL_RECEIVER) && upload(t) &&
	       present(t);
	free(t->content);
	t->content = NULL;
	return good;
}
