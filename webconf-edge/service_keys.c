/* Token keys of the pool: read, copied for a shard, their end foreseen. */
#include "webconf-edge/service_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "webconf-edge/events.h"

enum {
	SOON_S = 2 * 3600, /* WC 5.4: the overlap of two keys [s] */
	TOLD_SOON = 1,
	TOLD_ENDED = 2,
};

static const char mend[] = "fix=\"edgectl secrets new --psom; the same file "
			   "on every member of the pool, and exported to the "
			   "data MCUs\"";

/* When the last of them ends; 0: there is none. */
static uint64_t last_end(const struct topo_keyring *r)
{
	uint64_t end = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->keys[i].not_after_s > end)
			end = r->keys[i].not_after_s;
	return end;
}

void wce_service_keys_tell(unsigned *told, const struct topo_keyring *r,
			   uint64_t now_s)
{
	const uint64_t end = last_end(r);
	const bool has_one = topo_keyring_current(r, now_s) != NULL;
	const unsigned now = !has_one		     ? TOLD_ENDED
			     : end - now_s <= SOON_S ? TOLD_SOON
						     : 0;

	if (now > *told && now == TOLD_ENDED)
		edge_event(WCE_EV_NO_KEY, "keys=%zu %s", r->count, mend);
	else if (now > *told)
		edge_event(WCE_EV_KEYS_END, "left_s=%llu %s",
			   (unsigned long long)(end - now_s), mend);
	*told = now;
}

enum edge_err wce_service_keys_load(struct topo_keyring **out,
				    const char *state, char *why, size_t cap)
{
	struct topo_keyring *r = NULL;
	enum edge_err err = topo_keyring_load(&r, state, "psom", why, cap);

	if (err == EDGE_ENOTFOUND)
		err = topo_keyring_new(&r);
	if (err)
		return err;
	if (r->count)
		edge_event(WCE_EV_KEYS, "keys=%zu newest=%s", r->count,
			   r->keys[0].kid);
	*out = r;
	return EDGE_OK;
}

enum edge_err wce_service_keys_copy(struct psom_keys **out,
				    const struct topo_keyring *r)
{
	struct psom_keys *k = calloc(1, sizeof(*k));
	enum edge_err err = k ? psom_keys_from(k, r) : EDGE_ENOMEM;

	if (err) {
		free(k);
		return err;
	}
	*out = k;
	return EDGE_OK;
}
