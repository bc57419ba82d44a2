/* HELLO, HELLO_OK and REJECT, between the core's words and the codec. */
#include "webconf-edge/ep1.h"

#include "webconf-edge/psom_frame.h"

enum wce_reason wce_ep1_reason(enum psom_verdict v)
{
	static const enum wce_reason reasons[] = {
		[PSOM_FINE] = WCE_REASON_OK,
		[PSOM_MORE] = WCE_REASON_MORE,
		[PSOM_NOT_OURS] = WCE_REASON_NOT_OURS,
		[PSOM_MALFORMED] = WCE_REASON_MALFORMED,
		[PSOM_TOO_LARGE] = WCE_REASON_TOO_LARGE,
		[PSOM_VERSION] = WCE_REASON_VERSION,
	};

	return reasons[v];
}

static enum psom_verdict decode(struct psom_frame *f, size_t *used,
				struct edge_slice in)
{
	return psom_frame_decode(f, used, in, PSOM_LEG_CLIENT,
				 PSOM_FROM_CLIENT);
}

static bool begins(struct edge_slice first)
{
	struct psom_frame f;
	size_t used;

	return decode(&f, &used,
		      edge_slice(first.p, edge_slice_len(first) < PSOM_MAGIC_LEN
						  ? edge_slice_len(first)
						  : PSOM_MAGIC_LEN)) ==
	       PSOM_MORE;
}

static enum wce_reason opening_parse(struct wce_opening *out,
				     struct edge_slice in)
{
	struct psom_frame f;
	size_t used = 0;
	enum psom_verdict v = decode(&f, &used, in);

	if (v == PSOM_FINE)
		*out = (struct wce_opening){
			.mcu = f.value[PSOM_TAG_MCU],
			.conference = f.value[PSOM_TAG_CONFERENCE],
			.token = f.value[PSOM_TAG_TOKEN],
			.inner = f.value[PSOM_TAG_INNER],
			.agent = f.value[PSOM_TAG_AGENT],
			.used = used,
		};
	return wce_ep1_reason(v);
}

static enum wce_reason token_check(struct psom_token *out,
				   const struct wce_opening *o,
				   const struct psom_keys *k,
				   const struct psom_token_rule *r,
				   uint64_t now_s)
{
	const struct psom_token_claim claim = {.token = o->token,
					       .mcu = o->mcu,
					       .conference = o->conference,
					       .rule = *r,
					       .now_s = now_s};

	return psom_token_check(out, k, &claim);
}

static size_t accept_bytes(uint8_t *out, size_t cap,
			   const uint8_t sid[PSOM_SESSION_LEN])
{
	struct psom_put w;

	psom_put_start(&w, out, cap, PSOM_HELLO_OK);
	psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	psom_put_bytes(&w, PSOM_TAG_SESSION, edge_slice(sid, PSOM_SESSION_LEN));
	return edge_slice_len(psom_put_end(&w));
}

size_t wce_ep1_reject(uint8_t *out, size_t cap, enum wce_reason why)
{
	struct psom_put w;

	if (!wce_reason_code(why))
		return 0;
	psom_put_start(&w, out, cap, PSOM_REJECT);
	psom_put_number(&w, PSOM_TAG_CODE, wce_reason_code(why));
	psom_put_number(&w, PSOM_TAG_RETRY, wce_reason_retry_s(why));
	psom_put_bytes(&w, PSOM_TAG_TEXT, edge_slice_str(wce_reason_text(why)));
	if (why == WCE_REASON_VERSION)
		psom_put_number(&w, PSOM_TAG_VERSION, PSOM_PROFILE_VERSION);
	return edge_slice_len(psom_put_end(&w));
}

const struct wce_profile wce_ep1 = {
	.name = "ep1",
	.begins = begins,
	.opening_parse = opening_parse,
	.token_check = token_check,
	.accept = accept_bytes,
	.reject = wce_ep1_reject,
	.ask = psom_assign_ask,
	.answer = psom_assign_answer,
};
