/* Token buckets by network: sets of a few places, found by a keyed hash. */
#include "common/rates.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/admit.h"
#include "common/crypto.h"

enum {
	PLACES = 4, /* of a set */
	SIP_KEY_LEN = 16,
};

struct name {
	uint8_t ip[16], family, what;
};

struct place {
	struct name name; /* family 0: free */
	struct edge_bucket bucket;
};

struct edge_rates {
	size_t sets;
	uint8_t sip_key[SIP_KEY_LEN];
	struct place place[];
};

enum edge_err edge_rates_new(struct edge_rates **out, size_t sources)
{
	const size_t sets = sources / PLACES + 1;
	struct edge_rates *r =
		calloc(1, sizeof(*r) + sets * PLACES * sizeof(struct place));

	if (!r)
		return EDGE_ENOMEM;
	r->sets = sets;
	edge_random(r->sip_key, sizeof(r->sip_key));
	*out = r;
	return EDGE_OK;
}

void edge_rates_free(struct edge_rates *r)
{
	free(r);
}

static struct name name_of(const struct edge_rate_of *of)
{
	struct name n = {.family = of->source.family, .what = of->what};
	unsigned bits = n.family == AF_INET ? of->bits4 : of->bits6;

	memcpy(n.ip, of->source.ip, bits / 8);
	if (bits % 8)
		n.ip[bits / 8] =
			(uint8_t)(of->source.ip[bits / 8] & 0xff00 >> bits % 8);
	return n;
}

/* Its own place, else a free one, else the one that was not asked for longest.
 */
static struct place *place_of(struct edge_rates *r, const struct name *n)
{
	const uint64_t hash =
		edge_siphash(r->sip_key, edge_slice(n, sizeof(*n)));
	struct place *set = &r->place[hash % r->sets * PLACES], *best = set;

	for (struct place *p = set; p < set + PLACES; p++) {
		if (!memcmp(&p->name, n, sizeof(*n)))
			return p;
		if (p->bucket.last_ms < best->bucket.last_ms)
			best = p;
	}
	return best;
}

bool edge_rates_take(struct edge_rates *r, const struct edge_rate_of *of,
		     uint64_t now_ms)
{
	const uint32_t burst = of->burst ? of->burst : of->rate;
	const struct name n = name_of(of);
	struct place *p = place_of(r, &n);

	if (memcmp(&p->name, &n, sizeof(n)) != 0 ||
	    p->bucket.rate != of->rate || p->bucket.burst != burst) {
		p->name = n;
		edge_bucket_init(&p->bucket, of->rate, burst, now_ms);
	}
	return edge_bucket_take(&p->bucket, now_ms);
}
