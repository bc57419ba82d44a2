/* Where the service listens: 443 or 444 outside, 8057 inside; a topology that
 * moves them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "webconf-edge/service_keys.h"
#include "webconf-edge/service_state.h"

struct edge_addr wce_service_door_at(const struct topo *t, enum wce_door which)
{
	if (which == WCE_DOOR_TWIN)
		return topo_webconf_twin(t);
	return t->listen[which == WCE_DOOR_INSIDE ? TOPO_PORT_WEBCONF_INSIDE
						  : TOPO_PORT_WEBCONF_CLIENT]
		.addr;
}

void wce_service_doors_none(struct wce_doors *d)
{
	memset(d->client, 0xff, sizeof(d->client)); /* every fd -1 */
	d->inside = -1;
	memset(d->has_moved, 0, sizeof(d->has_moved));
}

void wce_service_doors_close(struct wce_doors *d)
{
	for (int f = 0; f < WCE_FAMILIES; f++)
		for (int i = 0; i < WCE_SHARDS; i++)
			if (d->client[f][i] >= 0)
				close(d->client[f][i]);
	if (d->inside >= 0)
		close(d->inside);
	wce_service_doors_none(d);
}

void wce_service_find_devices(struct wce_service *v,
			      const struct edge_config *c)
{
	const char *const set[WCE_LISTEN_KINDS] = {
		[WCE_LISTEN_CLIENT] = c->device_external,
		[WCE_LISTEN_INSIDE] = c->device_internal,
	};

	for (int k = 0; k < WCE_LISTEN_KINDS; k++)
		snprintf(v->device[k], sizeof(v->device[k]), "%s",
			 set[k] ? set[k] : "");
}

static int *fds_of(struct wce_doors *d, enum wce_door which)
{
	return which == WCE_DOOR_INSIDE ? &d->inside
	       : which == WCE_DOOR_TWIN ? d->client[WCE_TWIN]
					: d->client[WCE_FIRST];
}

enum edge_err wce_service_door_bind(struct wce_service *v, struct wce_doors *d,
				    enum wce_door which, const struct topo *t)
{
	const bool is_inside = which == WCE_DOOR_INSIDE;
	const unsigned count = is_inside ? 1 : v->shared.shard_count;
	const char *set =
		v->device[is_inside ? WCE_LISTEN_INSIDE : WCE_LISTEN_CLIENT];
	char text[EDGE_ADDR_STRLEN], device[16] = "";
	const struct edge_door_at door = {wce_service_door_at(t, which),
					  device};
	int *fds = fds_of(d, which);
	enum edge_err err;

	if (!door.at.family)
		return EDGE_OK;
	if (*set)
		snprintf(device, sizeof(device), "%s", set);
	else
		(void)edge_sock_device(&door.at, device);
	err = edge_door_bind(fds, count, &door, v->why, sizeof(v->why));
	if (err) {
		memset(fds, 0xff, count * sizeof(*fds));
		return err;
	}
	edge_addr_print(&door.at, text);
	edge_event(EDGE_EV_LISTENER_OPEN, "address=%s shards=%u", text, count);
	return EDGE_OK;
}

/* -- topology ----------------------------------------------------------- */

static bool has_moved(const struct topo *old, const struct topo *new,
		      enum wce_door which)
{
	const struct edge_addr was = wce_service_door_at(old, which);
	const struct edge_addr is = wce_service_door_at(new, which);

	return !edge_addr_eq(&was, &is);
}

enum edge_err wce_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap)
{
	struct wce_service *v = self;
	enum edge_err err = EDGE_OK;

	wce_service_abort(v);
	for (int k = 0; k < WCE_DOORS && !err; k++)
		if (has_moved(v->topo, t, (enum wce_door)k))
			err = wce_service_door_bind(v, &v->prepared,
						    (enum wce_door)k, t);
	v->prepared.has_moved[WCE_FIRST] =
		has_moved(v->topo, t, WCE_DOOR_CLIENT);
	v->prepared.has_moved[WCE_TWIN] = has_moved(v->topo, t, WCE_DOOR_TWIN);
	if (!err)
		return EDGE_OK;
	snprintf(why, why_cap, "%s", v->why);
	wce_service_abort(v);
	return err;
}

static void tell_moved(const struct topo *old, const struct topo *new)
{
	char text[EDGE_ADDR_STRLEN];

	for (int k = 0; k < WCE_DOORS; k++) {
		const struct edge_addr was =
			wce_service_door_at(old, (enum wce_door)k);

		if (!was.family || !has_moved(old, new, (enum wce_door)k))
			continue;
		edge_addr_print(&was, text);
		edge_event(EDGE_EV_LISTENER_CLOSED, "address=%s reason=moved",
			   text);
	}
}

/* New keys may have come with the bundle: WC 5.4. */
static void reread_keys(struct wce_service *v)
{
	struct topo_keyring *ring = NULL;
	char why[256] = "";

	if (wce_service_keys_load(&ring, v->state, why, sizeof(why))) {
		edge_event(EDGE_EV_RELOAD_FAILED, "reason=%s", why);
		return;
	}
	topo_keyring_free(v->ring);
	v->ring = ring;
	wce_service_post_keys(v);
	wce_service_tell(v);
}

void wce_service_commit(void *self, const struct topo *t)
{
	struct wce_service *v = self;
	const struct topo *old = v->topo;

	tell_moved(old, t);
	v->topo = topo_hold(t);
	reread_keys(v);
	wce_desk_topology(v->desk, t, v->prepared.inside);
	v->prepared.inside = -1;
	wce_service_post_topology(v);
	topo_drop(old);
}

void wce_service_abort(void *self)
{
	struct wce_service *v = self;

	wce_service_doors_close(&v->prepared);
}
