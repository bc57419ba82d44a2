/* What a new topology changes: prepared, then taken or left. */
#include <stdio.h>
#include <string.h>

#include "access-edge/events.h"
#include "access-edge/listener.h"
#include "access-edge/service_crl.h"
#include "access-edge/service_state.h"
#include "common/peer_cache.h"

enum edge_err acc_service_prepare(void *self, const struct topo *t, char *why,
				  size_t why_cap)
{
	struct acc_service *v = self;
	enum edge_err err = EDGE_OK;

	acc_service_abort(v);
	for (int k = 0; k < ACC_LISTEN_KINDS && !err; k++) {
		struct edge_addr now =
			acc_door_of(v->topo, (enum acc_listen_kind)k);
		struct edge_addr then = acc_door_of(t, (enum acc_listen_kind)k);

		if (!edge_addr_eq(&now, &then))
			err = acc_service_bind(v, &v->prepared,
					       (enum acc_listen_kind)k, t);
	}
	if (!err && acc_service_tls_differs(v->topo, t))
		err = acc_service_tls_load(&v->prepared_tls, v->config, t,
					   v->why, sizeof(v->why));
	if (!err)
		return EDGE_OK;
	snprintf(why, why_cap, "%s", v->why);
	acc_service_abort(v);
	return err;
}

static struct acc_mail *topology_mail(struct acc_service *v, unsigned shard)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_TOPOLOGY, edge_slice(NULL, 0));

	if (!m)
		return NULL;
	m->topo = topo_hold(v->topo);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		m->fds[k] = v->prepared.fd[k][shard];
		v->prepared.fd[k][shard] = -1;
	}
	return m;
}

struct acc_mail *acc_service_tls_mail(struct acc_service *v, unsigned shard)
{
	struct acc_mail *m = acc_mail_new(ACC_MAIL_TLS, edge_slice(NULL, 0));

	(void)shard;
	if (!m)
		return NULL;
	for (int k = 0; k < ACC_LISTEN_KINDS; k++)
		m->tls[k] = acc_service_tls_hold(v->tls.in[k]);
	m->tls_out = acc_service_tls_hold(v->tls.out);
	m->tls_partner = acc_service_tls_hold(v->tls.partner);
	return m;
}

static void tell_moved(const struct topo *old, const struct topo *new)
{
	char text[EDGE_ADDR_STRLEN];

	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		struct edge_addr was =
			acc_door_of(old, (enum acc_listen_kind)k);
		struct edge_addr is = acc_door_of(new, (enum acc_listen_kind)k);

		if (!was.family || edge_addr_eq(&was, &is))
			continue;
		edge_addr_print(&was, text);
		edge_event(EDGE_EV_LISTENER_CLOSED, "address=%s reason=moved",
			   text);
	}
}

void acc_service_commit(void *self, const struct topo *t)
{
	struct acc_service *v = self;
	const struct edge_peer_cache_limits seen = acc_service_crl_seen(t);
	const struct topo *old = v->topo;

	tell_moved(old, t);
	v->topo = topo_hold(t);
	acc_service_set_quota(v);
	edge_peer_cache_limits_set(v->shared.certificates, &seen);
	acc_service_crl_follow(v->crl, t);
	if (v->prepared_tls.out) {
		memcpy(v->prepared_tls.told, v->tls.told, sizeof(v->tls.told));
		acc_service_tls_drop(&v->tls);
		v->tls = v->prepared_tls;
		v->prepared_tls = (struct acc_service_tls){0};
		acc_service_post(v, acc_service_tls_mail);
	}
	acc_service_post(v, topology_mail);
	topo_drop(old);
}

void acc_service_abort(void *self)
{
	struct acc_service *v = self;

	acc_service_close(&v->prepared);
	acc_service_tls_drop(&v->prepared_tls);
}
