/* What edge.ini changes: limits, options, gates; and a reload. */
#include <string.h>
#include <time.h>

#include "access-edge/inbound.h"
#include "access-edge/limits.h"
#include "access-edge/service_keys.h"
#include "access-edge/service_state.h"
#include "access-edge/service_crl.h"
#include "common/crypto.h"

static bool is_option(const struct edge_config *c, const char *name,
		      const char *value)
{
	const char *said = edge_config_option(c, name);

	return said && !strcmp(said, value);
}

/* proxy_require is borrowed from c, which lives until the next reload. */
static void read_options(struct acc_options *o, const struct edge_config *c)
{
	*o = (struct acc_options){
		.double_record_route =
			!is_option(c, "access.double_record_route", "no"),
		.diagnostics_unauthenticated = is_option(
			c, "access.diagnostics_unauthenticated", "yes"),
		.proxy_require = edge_config_option(c, "access.proxy_require"),
		.keep_alive_s = (unsigned)c->limits[ACC_LIMIT_KEEP_ALIVE_S],
		.srv_target_in_domain =
			!is_option(c, "access.srv_target_in_domain", "no"),
		.hide_internal_via =
			is_option(c, "access.hide_internal_via", "yes"),
		.crl_hard_fail = is_option(c, "access.crl_hard_fail", "yes"),
	};
}

static uint32_t limit(const struct acc_service *v, enum acc_limit which)
{
	return (uint32_t)atomic_load_explicit(&v->limits[which],
					      memory_order_relaxed);
}

static void take_limits(struct acc_service *v, const struct edge_config *c)
{
	for (size_t i = 0; i < ACC_LIMIT_COUNT; i++)
		atomic_store_explicit(&v->limits[i], c->limits[i],
				      memory_order_relaxed);
}

static struct edge_admit_limits admission(const struct acc_service *v,
					  enum acc_listen_kind kind)
{
	struct edge_admit_limits l = {
		.total = limit(v, ACC_LIMIT_CONNECTIONS),
		.per_source = limit(v, ACC_LIMIT_PER_SOURCE),
		.handshakes_per_source = limit(v, ACC_LIMIT_HANDSHAKES),
		.sources = limit(v, ACC_LIMIT_SOURCES),
		.penalty_ms = limit(v, ACC_LIMIT_PENALTY_MS),
		.fail_count = limit(v, ACC_LIMIT_FAILED_SIGN_INS),
		.fail_window_ms = limit(v, ACC_LIMIT_FAILED_WINDOW_MS),
		.fail_block_ms = limit(v, ACC_LIMIT_FAILED_BLOCK_MS),
		.known_ms = limit(v, ACC_LIMIT_KNOWN_MS),
	};

	if (kind == ACC_LISTEN_CLIENT)
		return l;
	if (kind == ACC_LISTEN_PARTNER) {
		l.total = limit(v, ACC_LIMIT_PARTNER_CONNECTIONS);
		l.per_source = limit(v, ACC_LIMIT_PARTNER_PER_SOURCE);
		return l;
	}
	l.total = limit(v, ACC_LIMIT_INSIDE_CONNECTIONS);
	l.per_source = l.total;
	l.handshakes_per_source = l.total;
	l.known_ms = 0;
	return l;
}

enum edge_err acc_service_make_gates(struct acc_service *v,
				     const struct topo *t)
{
	enum edge_err err = acc_inbound_quotas_new(&v->shared, t);

	for (int k = 0; k < ACC_LISTEN_KINDS && !err; k++) {
		struct edge_admit_limits l =
			admission(v, (enum acc_listen_kind)k);

		err = edge_admit_new(&v->shared.admit[k], &l);
	}
	return err;
}

void acc_service_set_quota(struct acc_service *v)
{
	acc_inbound_quotas_set(&v->shared, v->topo);
}

void acc_service_take_settings(struct acc_service *v,
			       const struct edge_config *c)
{
	v->config = c;
	take_limits(v, c);
	read_options(&v->shared.options, c);
}

/* -- reload ------------------------------------------------------------- */

static struct acc_mail *options_mail(struct acc_service *v, unsigned shard)
{
	struct acc_mail *m =
		acc_mail_new(ACC_MAIL_OPTIONS, edge_slice(NULL, 0));

	(void)shard;
	if (m && !(m->options = acc_mail_copy_options(&v->shared.options))) {
		acc_mail_free(m);
		return NULL;
	}
	return m;
}

static bool is_newer(const struct topo_keyring *a, const struct topo_keyring *b)
{
	return a->keys[0].not_before_s >= b->keys[0].not_before_s;
}

enum edge_err acc_service_reload(void *self, const struct edge_config *c,
				 char *why, size_t why_cap)
{
	struct acc_service *v = self;
	struct acc_service_tls new = v->tls; /* borrowed by the next call */
	struct topo_keyring *ring = NULL;
	enum edge_err err =
		acc_service_tls_load(&new, c, v->topo, why, why_cap);

	if (!err)
		err = acc_service_keys_load(&ring, c->state, v->topo, why,
					    why_cap);
	if (err) {
		acc_service_tls_drop(&new);
		return err;
	}
	acc_service_tls_drop(&v->tls);
	v->tls = new;
	acc_service_tls_tell(&v->tls, time(NULL));
	if (v->topo->member_count || is_newer(ring, v->ring)) {
		topo_keyring_free(v->ring);
		v->ring = ring;
	} else { /* rotated in memory since; the sandbox keeps it there */
		topo_keyring_free(ring);
	}
	acc_service_take_settings(v, c);
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		struct edge_admit_limits l =
			admission(v, (enum acc_listen_kind)k);

		edge_admit_limits_set(v->shared.admit[k], &l);
	}
	acc_service_set_quota(v);
	acc_service_crl_follow(v->crl, v->topo);
	acc_service_post(v, options_mail);
	acc_service_post(v, acc_service_tls_mail);
	acc_service_post(v, acc_service_keys_mail);
	return EDGE_OK;
}
