/* Where the service listens: 443 or 444 outside, 8057 inside; a topology that
 * moves them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "webconf-edge/service_keys.h"
#include "webconf-edge/service_state.h"

static const enum topo_port_kind port_of[WCE_LISTEN_KINDS] = {
	[WCE_LISTEN_CLIENT] = TOPO_PORT_WEBCONF_CLIENT,
	[WCE_LISTEN_INSIDE] = TOPO_PORT_WEBCONF_INSIDE,
};

const struct edge_addr *wce_service_door_at(const struct topo *t,
					    enum wce_listen_kind kind)
{
	return &t->listen[port_of[kind]].addr;
}

void wce_service_doors_none(struct wce_doors *d)
{
	memset(d, 0xff, sizeof(*d)); /* every fd -1 */
}

void wce_service_doors_close(struct wce_doors *d)
{
	for (int i = 0; i < WCE_SHARDS; i++)
		if (d->client[i] >= 0)
			close(d->client[i]);
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

enum edge_err wce_service_door_bind(struct wce_service *v, struct wce_doors *d,
				    enum wce_listen_kind kind,
				    const struct topo *t)
{
	const bool is_client = kind == WCE_LISTEN_CLIENT;
	const unsigned count = is_client ? v->shared.shard_count : 1;
	char text[EDGE_ADDR_STRLEN], device[16] = "";
	const struct edge_door_at door = {*wce_service_door_at(t, kind),
					  device};
	enum edge_err err;

	if (*v->device[kind])
		memcpy(device, v->device[kind], sizeof(device));
	else
		(void)edge_sock_device(&door.at, device);
	err = edge_door_bind(is_client ? d->client : &d->inside, count, &door,
			     v->why, sizeof(v->why));
	if (err) {
		memset(is_client ? d->client : &d->inside, 0xff,
		       count * sizeof(int));
		return err;
	}
	edge_addr_print(&door.at, text);
	edge_event(EDGE_EV_LISTENER_OPEN, "address=%s shards=%u", text, count);
	return EDGE_OK;
}

/* -- topology ----------------------------------------------------------- */

enum edge_err wce_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap)
{
	struct wce_service *v = self;
	enum edge_err err = EDGE_OK;

	wce_service_abort(v);
	for (int k = 0; k < WCE_LISTEN_KINDS && !err; k++) {
		const enum wce_listen_kind kind = (enum wce_listen_kind)k;

		if (!edge_addr_eq(wce_service_door_at(v->topo, kind),
				  wce_service_door_at(t, kind)))
			err = wce_service_door_bind(v, &v->prepared, kind, t);
	}
	if (!err)
		return EDGE_OK;
	snprintf(why, why_cap, "%s", v->why);
	wce_service_abort(v);
	return err;
}

static void tell_moved(const struct topo *old, const struct topo *new)
{
	char text[EDGE_ADDR_STRLEN];

	for (int k = 0; k < WCE_LISTEN_KINDS; k++) {
		const enum wce_listen_kind kind = (enum wce_listen_kind)k;
		const struct edge_addr *was = wce_service_door_at(old, kind);

		if (edge_addr_eq(was, wce_service_door_at(new, kind)))
			continue;
		edge_addr_print(was, text);
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
