/* Token buckets by network: sets of a few places, found by a keyed hash. */
#include "av-edge/rates.h"

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

struct ave_rates {
	size_t sets;
	uint8_t sip_key[SIP_KEY_LEN];
	struct place place[];
};

enum edge_err ave_rates_new(struct ave_rates **out, size_t sources)
{
	const size_t sets = sources / PLACES + 1;
	struct ave_rates *r =
		calloc(1, sizeof(*r) + sets * PLACES * sizeof(struct place));

	if (!r)
		return EDGE_ENOMEM;
	r->sets = sets;
	edge_random(r->sip_key, sizeof(r->sip_key));
	*out = r;
	return EDGE_OK;
}

void ave_rates_free(struct ave_rates *r)
{
	free(r);
}

static struct name name_of(const struct ave_rate_of *of)
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
static struct place *place_of(struct ave_rates *r, const struct name *n)
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

bool ave_rates_take(struct ave_rates *r, const struct ave_rate_of *of,
		    uint64_t now_ms)
{
	const struct name n = name_of(of);
	struct place *p = place_of(r, &n);

	if (memcmp(&p->name, &n, sizeof(n)) != 0 ||
	    p->bucket.rate != of->rate) {
		p->name = n;
		edge_bucket_init(&p->bucket, of->rate, of->rate, now_ms);
	}
	return edge_bucket_take(&p->bucket, now_ms);
}
