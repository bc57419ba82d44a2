/* Token bucket in thousandths of a token, so that no rate loses a rest. */
#include "common/admit.h"

enum { TOKEN = 1000 /* rate a second is as many thousandths a millisecond */ };

static uint64_t full(const struct edge_bucket *b)
{
	return (uint64_t)b->burst * TOKEN;
}

static uint64_t level_at(const struct edge_bucket *b, uint64_t now_ms)
{
	uint64_t past = now_ms > b->last_ms ? now_ms - b->last_ms : 0;
	uint64_t missing = full(b) - b->level;

	if (b->rate && past >= missing / b->rate + 1)
		return full(b);
	return b->level + past * b->rate;
}

void edge_bucket_init(struct edge_bucket *b, uint32_t rate, uint32_t burst,
		      uint64_t now_ms)
{
	*b = (struct edge_bucket){.rate = rate, .burst = burst};
	b->level = full(b);
	b->last_ms = now_ms;
}

bool edge_bucket_take(struct edge_bucket *b, uint64_t now_ms)
{
	b->level = level_at(b, now_ms);
	if (now_ms > b->last_ms)
		b->last_ms = now_ms;
	if (b->level < TOKEN)
		return false;
	b->level -= TOKEN;
	return true;
}

uint64_t edge_bucket_wait_ms(const struct edge_bucket *b, uint64_t now_ms)
{
	uint64_t level = level_at(b, now_ms);

	if (level >= TOKEN)
		return 0;
	if (!b->rate || !b->burst)
		return UINT64_MAX;
	return (TOKEN - level + b->rate - 1) / b->rate;
}
