/* Openings with their tokens: total; nothing is accepted but what was signed.
 */
#include <assert.h>
#include <string.h>

#include "webconf-edge/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const struct psom_keys *the_keys(void)
{
	static struct psom_keys keys;
	struct topo_keyring ring = {.count = 1};

	if (keys.count)
		return &keys;
	strcpy(ring.keys[0].kid, "1");
	ring.keys[0].not_after_s = UINT32_MAX;
	for (unsigned i = 0; i < TOPO_KEY_LEN; i++)
		ring.keys[0].key[i] = (uint8_t)i; /* of the vectors */
	if (psom_keys_from(&keys, &ring))
		__builtin_trap();
	return &keys;
}

static void check(const struct wce_opening *o)
{
	static const struct psom_token_rule rule = {60, 3600};
	const struct wce_profile *p = wce_profile_find(edge_slice_str("WCE1"));
	uint8_t bytes[PSOM_TOKEN_LEN];
	struct psom_token t;

	if (psom_token_decode(&t, o->token)) {
		psom_token_encode(bytes, &t);
		assert(!memcmp(bytes, o->token.p, sizeof(bytes)));
	}
	if (p->token_check(&t, o, the_keys(), &rule, 1700000010) !=
	    WCE_REASON_OK)
		return;
	assert(t.kid == 1);
	psom_token_make(bytes, &the_keys()->keys[0], &t);
	assert(!memcmp(bytes, o->token.p, sizeof(bytes)));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct edge_slice in = edge_slice(p, len);
	const struct wce_profile *profile = wce_profile_find(in);
	struct wce_opening o;

	if (!profile || profile->opening_parse(&o, in) != WCE_REASON_OK)
		return 0;
	assert(o.used <= len && o.mcu.p && o.conference.p && o.inner.p);
	check(&o);
	return 0;
}
