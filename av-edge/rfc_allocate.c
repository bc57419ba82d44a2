/* Allocate and Refresh; RFC 8656 §7, §8, RFC 6062 §5.1. */
#include "av-edge/rfc_request.h"

enum {
	TRANSPORT_TCP = 6, /* IANA protocol numbers */
	TRANSPORT_UDP = 17,
	RESERVE_NEXT = 0x80, /* RFC 8656 §18.6: the R bit */
};

/* ---- what is asked for ---- */

static bool has_family(const struct rfc_request *q, int i)
{
	return ave_relay_view(q->relay)->relay_at[i].family != 0;
}

static uint64_t number(const struct rfc_request *q, enum rfc_attr a)
{
	return rfc_asks(q, a) ? q->msg->v[a].number : 0;
}

static enum ave_reason want_transport(struct ave_want *w,
				      const struct rfc_request *q)
{
	uint64_t asked = number(q, RFC_REQUESTED_TRANSPORT);

	if (!rfc_asks(q, RFC_REQUESTED_TRANSPORT))
		return AVE_MALFORMED;
	if (asked != TRANSPORT_UDP && asked != TRANSPORT_TCP)
		return AVE_TRANSPORT;
	w->is_tcp = asked == TRANSPORT_TCP;
	if (w->is_tcp &&
	    (!ave_leg_is_stream(q->leg) || rfc_asks(q, RFC_EVEN_PORT) ||
	     rfc_asks(q, RFC_RESERVATION_TOKEN)))
		return AVE_MALFORMED;
	return AVE_FINE;
}

static enum ave_reason want_ports(struct ave_want *w,
				  const struct rfc_request *q)
{
	w->even = rfc_asks(q, RFC_EVEN_PORT);
	w->reserve = number(q, RFC_EVEN_PORT) & RESERVE_NEXT;
	w->reserved = number(q, RFC_RESERVATION_TOKEN);
	if (!rfc_asks(q, RFC_RESERVATION_TOKEN))
		return AVE_FINE;
	if (w->even || rfc_asks(q, RFC_REQUESTED_FAMILY) ||
	    rfc_asks(q, RFC_ADDITIONAL_FAMILY))
		return AVE_MALFORMED;
	return w->reserved ? AVE_FINE : AVE_RESERVATION;
}

/* ADDITIONAL-ADDRESS-FAMILY is answered with one address when there is no
 * other: RFC 8656 §7.2. */
static enum ave_reason want_families(struct ave_want *w,
				     const struct rfc_request *q)
{
	uint64_t asked = number(q, RFC_REQUESTED_FAMILY);
	bool both = rfc_asks(q, RFC_ADDITIONAL_FAMILY);

	if (both && (rfc_asks(q, RFC_REQUESTED_FAMILY) || w->reserve ||
		     number(q, RFC_ADDITIONAL_FAMILY) != RFC_FAMILY_V6))
		return AVE_MALFORMED;
	w->v6 = asked == RFC_FAMILY_V6 || (both && has_family(q, 1));
	w->v4 = asked == RFC_FAMILY_V4 || !rfc_asks(q, RFC_REQUESTED_FAMILY);
	if (w->reserved)
		w->v4 = !(w->v6 = !has_family(q, 0));
	if ((!w->v4 && !w->v6) || (w->v4 && !has_family(q, 0)) ||
	    (w->v6 && !has_family(q, 1)))
		return AVE_FAMILY;
	return AVE_FINE;
}

static enum ave_reason understand(struct ave_want *w,
				  const struct rfc_request *q)
{
	enum ave_reason why;

	*w = (struct ave_want){.lifetime_s = (uint32_t)number(q, RFC_LIFETIME)};
	why = want_transport(w, q);
	if (!why)
		why = want_ports(w, q);
	return why ? why : want_families(w, q);
}

/* ---- Allocate ---- */

static enum ave_reason open_it(struct ave_alloc **out,
			       const struct rfc_request *q, struct ave_want *w)
{
	const struct ave_grant *g = &q->caller->grant;
	enum ave_reason why =
		ave_relay_allocate(out, q->relay, q->leg, &rfc_dialect, g, w);

	/* the next port may have been kept in the other family */
	if (why == AVE_RESERVATION && w->v4 && has_family(q, 1)) {
		w->v4 = false;
		w->v6 = true;
		return ave_relay_allocate(out, q->relay, q->leg, &rfc_dialect,
					  g, w);
	}
	/* the address of the other family is worth less than none at all */
	if (w->v4 && w->v6 && (why == AVE_NO_PORT || why == AVE_NO_SOCKET)) {
		w->v6 = false;
		why = ave_relay_allocate(out, q->relay, q->leg, &rfc_dialect, g,
					 w);
	}
	return why;
}

static void grant(const struct rfc_request *q, const struct ave_want *w,
		  struct ave_alloc *a)
{
	struct rfc_terms t = {
		.client = q->leg->client,
		.lifetime_s = a->lifetime_s,
		.reserved = a->reserved,
	};
	struct rfc_answer answer;

	for (int i = 0; i < AVE_FAMILIES; i++)
		if (a->relayed[i].is_open)
			t.relayed[i] = a->relayed[i].told;
	if (rfc_asks(q, RFC_ADDITIONAL_FAMILY) && !w->v6)
		t.address_error = has_family(q, 1) ? 508 : 440;
	rfc_accept(&answer, q);
	rfc_put_terms(&answer.w, &t);
	rfc_own_keep_reply(rfc_own_of(a), q->msg->tid,
			   rfc_answer_send(&answer, q));
}

static void open_new(const struct rfc_request *q, struct ave_want *w)
{
	struct rfc_caller *c = q->caller;
	struct ave_alloc *a;
	struct rfc_own *o;
	enum ave_reason why;

	if (rfc_own_new(&o, c->made, c->token, ave_relay_random(q->relay)) !=
	    EDGE_OK) {
		rfc_refuse(q, AVE_INTERNAL);
		return;
	}
	why = open_it(&a, q, w);
	if (why) {
		o->mac = NULL; /* still the caller's */
		rfc_own_free(o);
		rfc_refuse(q, why);
		return;
	}
	c->made = NULL;
	a->own = o;
	grant(q, w, a);
}

bool rfc_allocate(const struct rfc_request *q)
{
	struct ave_want w;
	enum ave_reason why;

	if (q->alloc) {
		struct edge_slice before =
			rfc_own_reply(rfc_own_of(q->alloc), q->msg->tid);

		if (q->caller->is_holder && before.p != before.end)
			ave_relay_answer(q->relay, q->leg, before);
		else
			rfc_refuse(q, AVE_ALLOCATED);
		return true;
	}
	why = understand(&w, q);
	if (why)
		rfc_refuse(q, why);
	else
		open_new(q, &w);
	return true;
}

/* ---- Refresh ---- */

static bool is_of_family(const struct rfc_request *q)
{
	uint64_t asked = number(q, RFC_REQUESTED_FAMILY);

	if (!rfc_asks(q, RFC_REQUESTED_FAMILY))
		return true;
	return (asked == RFC_FAMILY_V4 && q->alloc->relayed[0].is_open) ||
	       (asked == RFC_FAMILY_V6 && q->alloc->relayed[1].is_open);
}

/* All of it, or the family that is named. */
static void end(const struct rfc_request *q)
{
	if (rfc_asks(q, RFC_REQUESTED_FAMILY))
		ave_relay_release_family(q->relay, q->alloc,
					 number(q, RFC_REQUESTED_FAMILY) ==
							 RFC_FAMILY_V6
						 ? AF_INET6
						 : AF_INET);
	else
		ave_relay_release(q->relay, q->alloc, AVE_FINE);
}

bool rfc_refresh(const struct rfc_request *q)
{
	bool ends = rfc_asks(q, RFC_LIFETIME) && !number(q, RFC_LIFETIME);
	struct rfc_answer a;
	uint32_t lifetime_s = 0;

	if (!is_of_family(q)) {
		rfc_refuse(q, AVE_FAMILY);
		return true;
	}
	if (ends)
		ave_relay_fast_end(q->alloc);
	else
		lifetime_s = ave_relay_refresh(
			q->relay, q->alloc, (uint32_t)number(q, RFC_LIFETIME));
	rfc_accept(&a, q);
	rfc_put_number(&a.w, RFC_LIFETIME, lifetime_s);
	(void)rfc_answer_send(&a, q);
	if (ends)
		end(q);
	return true;
}
