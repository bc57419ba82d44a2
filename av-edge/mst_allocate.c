/* Allocate: challenge, new allocation, refresh, end; AV 1.14. */
#include "av-edge/mst_caller.h"
#include "av-edge/mst_farewell.h"

enum {
	UNKNOWN_USER = 436,
	REPLACE_MS = 30000, /* AV 1.14: another user may take it over [ms] */
	DUAL_VERSION = 4,   /* AV 1.9: both sides know IPv6 */
};

static bool is_end(const struct mst_msg *m)
{
	return mst_has(m, MST_LIFETIME) && !m->v[MST_LIFETIME].number;
}

static uint32_t lifetime_of(const struct mst_msg *m)
{
	return mst_has(m, MST_LIFETIME) ? m->v[MST_LIFETIME].number : 0;
}

static void grant(const struct mst_request *q, uint32_t lifetime_s)
{
	const struct ave_alloc *a = q->alloc;
	const struct mst_own *o = mst_own_of(q);
	struct mst_terms t = {
		.client = q->leg->client,
		.lifetime_s = lifetime_s,
		.bandwidth = (uint32_t)mst_limit(q, AVE_LIMIT_BANDWIDTH_TOLD),
		.version = ave_relay_view(q->relay)->ms_version,
		.connection = o->connection,
		.number = o->replay.highest,
	};
	struct mst_answer answer;

	for (int i = 0; i < AVE_FAMILIES; i++)
		if (a->relayed[i].is_open)
			t.relayed[i] = a->relayed[i].told;
	mst_answer_begin(&answer, MST_ALLOCATE_OK, q->msg->tid);
	mst_put_terms(&answer.w, &t);
	mst_answer_send(&answer, q, o->mac);
}

/* ---- new ---- */

/* Both families only where both sides have said that they know IPv6: how a
 * client asks for them is not known (AV 1.8). */
static void want_families(struct ave_want *want, const struct mst_request *q)
{
	const struct ave_view *v = ave_relay_view(q->relay);
	const struct mst_msg *m = q->msg;
	bool four = v->relay_at[0].family, six = v->relay_at[1].family;

	if (mst_has(m, MST_ADDRESS_FAMILY)) {
		want->v4 = m->v[MST_ADDRESS_FAMILY].number == 4;
		want->v6 = !want->v4;
		return;
	}
	want->v4 = four || !six;
	want->v6 =
		six && (!four || (v->ms_version >= DUAL_VERSION &&
				  mst_has(m, MST_MS_VERSION) &&
				  m->v[MST_MS_VERSION].number >= DUAL_VERSION));
}

/* What the client cannot have, however it asks: AV 1.14 step 6. */
static enum ave_reason check_wishes(const struct mst_request *q)
{
	const struct ave_view *v = ave_relay_view(q->relay);
	const struct mst_msg *m = q->msg;

	if (mst_has(m, MST_ADDRESS_FAMILY) &&
	    !v->relay_at[m->v[MST_ADDRESS_FAMILY].number != 4].family)
		return AVE_FAMILY;
	return m->mandatory_count ? AVE_UNKNOWN_ATTR : AVE_FINE;
}

/* What kind of stream it says it is: AV 1.8, 4. */
static uint8_t dscp_of(const struct mst_request *q)
{
	static const enum ave_limit limits[] = {
		[1] = AVE_LIMIT_DSCP_AUDIO,
		[2] = AVE_LIMIT_DSCP_VIDEO,
		[3] = AVE_LIMIT_DSCP_VIDEO, /* supplemental */
	};
	const uint32_t type =
		mst_has(q->msg, MST_SERVICE_QUALITY)
			? q->msg->v[MST_SERVICE_QUALITY].number >> 16
			: 0;

	return type && type < sizeof(limits) / sizeof(limits[0])
		       ? (uint8_t)mst_limit(q, limits[type])
		       : 0;
}

static void open_new(const struct mst_request *q, struct mst_caller *c)
{
	struct mst_request made = *q;
	struct mst_own *o;
	struct ave_want want = {
		.lifetime_s = lifetime_of(q->msg),
		.is_tcp = ave_leg_is_stream(q->leg),
		.dscp = dscp_of(q),
		.instead = q->alloc,
		.integrity = mst_mac_form(c->mac),
	};
	enum ave_reason why;

	if (mst_own_new(&o, q->msg, c->mac, ave_relay_random(q->relay)) !=
	    EDGE_OK) {
		mst_refuse(q, c->mac, AVE_INTERNAL);
		return;
	}
	want_families(&want, q);
	why = ave_relay_allocate(&made.alloc, q->relay, q->leg, &mst_dialect,
				 &c->grant, &want);
	if (why == AVE_ALLOCATED) /* none of ours: that is q->alloc */
		why = AVE_OTHER_DIALECT;
	if (why) {
		/* a datagram comes again by itself, a moment later */
		if (why == AVE_RATE && !ave_leg_is_stream(q->leg))
			ave_relay_drop(q->relay, why);
		else
			mst_refuse(q, c->mac, why);
		o->mac = NULL; /* still the caller's */
		mst_own_free(o);
		return;
	}
	c->mac = NULL;
	made.alloc->own = o;
	grant(&made, made.alloc->lifetime_s);
}

/* ---- existing ---- */

static struct mst_farewell *farewell(const struct mst_request *q)
{
	return ave_relay_own(q->relay, AVE_DIALECT_MS,
			     sizeof(struct mst_farewell));
}

static void end(const struct mst_request *q)
{
	struct mst_farewell *f = farewell(q);

	ave_relay_fast_end(q->alloc);
	grant(q, 0);
	if (f)
		mst_farewell_keep(f, q->leg, &mst_own_of(q)->last);
	ave_relay_release(q->relay, q->alloc, AVE_FINE);
}

/* Asked again because the answer was lost? Else there is nothing to end. */
static void end_of_none(const struct mst_request *q, const struct mst_caller *c)
{
	const struct mst_farewell *f = farewell(q);
	struct edge_slice before = edge_slice(NULL, 0);

	if (f)
		before = mst_farewell_find(f, q->leg, q->msg,
					   ave_relay_now_ms(q->relay));
	if (before.p != before.end)
		ave_relay_answer(q->relay, q->leg, before);
	else
		mst_refuse(q, c->mac, AVE_NO_ALLOCATION);
}

static void of_holder(const struct mst_request *q)
{
	struct edge_slice before = mst_reply_find(&mst_own_of(q)->last, q->msg,
						  ave_relay_now_ms(q->relay));

	if (before.p != before.end)
		ave_relay_answer(q->relay, q->leg, before);
	else if (is_end(q->msg))
		end(q);
	else
		grant(q, ave_relay_refresh(q->relay, q->alloc,
					   lifetime_of(q->msg)));
}

/* Another user's goes when it has been silent and there is something to put in
 * its place, AV 1.14 step 7. */
static bool may_replace(const struct mst_request *q)
{
	return !is_end(q->msg) &&
	       ave_relay_now_ms(q->relay) >= q->alloc->last_ms + REPLACE_MS;
}

static void of_other(const struct mst_request *q, struct mst_caller *c)
{
	if (q->alloc && !may_replace(q)) {
		/* by the key it has proved: it can check no other (AV 1.11) */
		mst_refuse(q, c->mac, AVE_WRONG_USER);
		return;
	}
	if (is_end(q->msg))
		end_of_none(q, c);
	else
		open_new(q, c);
}

bool mst_allocate(const struct mst_request *q)
{
	struct mst_caller c;
	enum ave_reason why;

	if (q->msg->fault)
		return mst_challenge(q, q->msg->fault == UNKNOWN_USER
						? AVE_BAD_TOKEN
						: AVE_MALFORMED);
	if (!q->msg->integrity_at)
		return mst_challenge(q, AVE_NO_INTEGRITY);
	why = mst_caller_admit(&c, q);
	if (why)
		return mst_challenge(q, why);
	why = check_wishes(q);
	if (why)
		mst_refuse(q, mst_caller_key(&c, q), why);
	else if (c.is_holder)
		of_holder(q);
	else
		of_other(q, &c);
	mst_caller_fini(&c);
	return true;
}
