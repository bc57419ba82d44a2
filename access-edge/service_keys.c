/* Route keys of the pool: read, made for a single edge, rotated. */
#include "access-edge/service_keys.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "access-edge/events.h"
#include "common/crypto.h"

enum { DAY_S = 86400 };

static void keep(const char *state, const struct topo_keyring *r)
{
	enum edge_err err = topo_keyring_save(state, "route", r);

	edge_event(ACC_EV_KEYS, "keys=%zu newest=%s saved=%s", r->count,
		   r->keys[0].kid, edge_err_str(err));
}

static enum edge_err make_own(struct topo_keyring **out, const char *state,
			      uint64_t now_s)
{
	struct topo_keyring *r;
	enum edge_err err = topo_keyring_new(&r);

	if (err)
		return err;
	topo_keyring_rotate(r, now_s, now_s);
	keep(state, r);
	*out = r;
	return EDGE_OK;
}

static enum edge_err refuse_ended(char *why, size_t why_cap)
{
	snprintf(why, why_cap,
		 "every key in route.keys has ended: edgectl secrets new "
		 "--route, then import the bundle on every member");
	return EDGE_ESTATE;
}

static enum edge_err refuse_none(const struct topo *t, char *why,
				 size_t why_cap)
{
	snprintf(why, why_cap,
		 "pool %s has %zu more members but there is no "
		 "secrets/route.keys: edgectl secrets new --route, then "
		 "import the bundle on every member",
		 t->pool, t->member_count);
	return EDGE_ENOTFOUND;
}

enum edge_err acc_service_keys_load(struct topo_keyring **out,
				    const char *state, const struct topo *t,
				    char *why, size_t why_cap)
{
	uint64_t now = (uint64_t)time(NULL);
	struct topo_keyring *r = NULL;
	enum edge_err err = topo_keyring_load(&r, state, "route", why, why_cap);

	if (err == EDGE_ENOTFOUND)
		return t->member_count ? refuse_none(t, why, why_cap)
				       : make_own(out, state, now);
	if (err)
		return err;
	if (!topo_keyring_current(r, now)) { /* all keys have ended */
		if (t->member_count) {
			topo_keyring_free(r);
			return refuse_ended(why, why_cap);
		}
		topo_keyring_rotate(r, now, now);
		keep(state, r);
	}
	*out = r;
	return EDGE_OK;
}

bool acc_service_keys_rotate(struct topo_keyring *r, const char *state,
			     const struct topo *t, uint64_t now_s)
{
	const struct topo_key *k = topo_keyring_current(r, now_s + DAY_S);

	if (t->member_count || k)
		return false;
	topo_keyring_rotate(r, now_s, now_s);
	keep(state, r);
	return true;
}

enum edge_err acc_service_keys_copy(struct acc_route_keys **out,
				    const struct topo_keyring *r)
{
	struct acc_route_key keys[ACC_ROUTE_KEYS];
	size_t count = r->count < ACC_ROUTE_KEYS ? r->count : ACC_ROUTE_KEYS;
	enum edge_err err;

	for (size_t i = 0; i < count; i++) {
		snprintf(keys[i].kid, sizeof(keys[i].kid), "%s",
			 r->keys[i].kid);
		memcpy(keys[i].key, r->keys[i].key, sizeof(keys[i].key));
		keys[i].not_before_s = r->keys[i].not_before_s;
		keys[i].not_after_s = r->keys[i].not_after_s;
	}
	err = acc_route_keys_new(out, keys, count);
	edge_wipe(keys, sizeof(keys));
	return err;
}
