/* What the A/V authentication key gives: derived keys, a certificate for TURN
 * over TLS. */
#include "av-edge/service_keys.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "av-edge/limits.h"
#include "av-edge/mras_mint.h"
#include "av-edge/settings.h"
#include "common/crypto.h"
#include "common/log.h"
#include "common/tls.h"
#include "topology/roll.h"

/* Does the key fit the certificate, and when does that end? */
static enum edge_err read_end(int64_t *until_s, const char *chain,
			      const char *key, char *why, size_t cap)
{
	const struct edge_tls_recipe r = {
		.chain = chain,
		.key = key,
		.profile = EDGE_TLS_MODERN,
		.ask = EDGE_TLS_ASK_NONE,
	};
	struct edge_tls *t;
	enum edge_err err = edge_tls_new(&t, &r, why, cap);

	if (err)
		return err;
	*until_s = edge_tls_not_after_s(t);
	edge_tls_drop(t);
	return EDGE_OK;
}

/* A certificate and its key, from their time on. */
struct pair {
	const char *chain, *key;
	int64_t from_s;
};

/* It joins the ring; one that has ended is no key any more. */
static enum edge_err add_pair(struct ave_service_keys *k, const struct pair *p,
			      char *why, size_t cap)
{
	const size_t n = k->ring.count;
	struct mras_ring_key *at = &k->ring.v[n];
	uint8_t spki[MRAS_SPKI_LEN];
	enum edge_err err = read_end(&at->until_s, p->chain, p->key, why, cap);

	if (err || at->until_s <= (int64_t)time(NULL))
		return err;
	err = mras_keys_load(&at->keys, spki, p->key, why, cap);
	if (err)
		return err;
	at->from_s = p->from_s;
	edge_hex(k->spki_sha256[n], edge_slice(spki, sizeof(spki)));
	k->ring.count++;
	return EDGE_OK;
}

/* The staged chain with the key of edge.ini. */
static enum edge_err add_half_dropped(struct ave_service_keys *k,
				      const struct topo_roll *r,
				      const char *key, char *why, size_t cap)
{
	const struct pair p = {r->chain, key, (int64_t)r->effective_s};
	const enum edge_err err = add_pair(k, &p, why, cap);

	if (err)
		snprintf(why, cap, "%s: no %s, and %s is not its key", r->chain,
			 r->key, key);
	else if (!k->ring.count)
		snprintf(why, cap, "%s: the certificate has ended", r->chain);
	return err || k->ring.count ? err : EDGE_ESTATE;
}

/* The staged one begins later, so it comes first. current->key becomes NULL
 * when the staged chain has it. */
static enum edge_err add_staged(struct ave_service_keys *k,
				struct pair *current, char *why, size_t cap)
{
	struct topo_roll roll;
	struct pair staged = {roll.chain, roll.key, 0};
	const char *key = current->key;
	enum edge_err err =
		topo_roll_load(&roll, current->chain, key, why, cap);

	if (err)
		return err == EDGE_ENOTFOUND ? EDGE_OK : err;
	if (topo_roll_is_half_dropped(&roll, (uint64_t)time(NULL))) {
		current->key = NULL;
		return add_half_dropped(k, &roll, key, why, cap);
	}
	staged.from_s = (int64_t)roll.effective_s;
	return add_pair(k, &staged, why, cap);
}

static enum edge_err load_ring(struct ave_service_keys *k,
			       const struct edge_config *c, char *why,
			       size_t cap)
{
	struct pair current = {
		c->certificate[EDGE_CERT_AV_AUTH].chain,
		c->certificate[EDGE_CERT_AV_AUTH].key,
		0,
	};
	enum edge_err err = add_staged(k, &current, why, cap);

	if (!err && current.key)
		err = add_pair(k, &current, why, cap);
	if (err || k->ring.count)
		return err;
	snprintf(why, cap, "%s: the certificate has ended", current.chain);
	return EDGE_ESTATE;
}

static enum edge_err load_turn(struct edge_tls **out,
			       const struct edge_config *c, char *why,
			       size_t cap)
{
	const struct edge_tls_recipe r = {
		.chain = c->certificate[EDGE_CERT_TURN].chain,
		.key = c->certificate[EDGE_CERT_TURN].key,
		.profile = edge_config_profile(c, AVE_TURN_LISTENER),
		.ask = EDGE_TLS_ASK_NONE,
	};

	if (!r.chain)
		return EDGE_OK;
	if (r.profile == EDGE_TLS_LYNC2013)
		edge_event(EDGE_EV_TLS_PROFILE_RISK, "listener=%s profile=%s",
			   AVE_TURN_LISTENER, edge_tls_profile_str(r.profile));
	return edge_tls_new(out, &r, why, cap);
}

/* By every key that counts, so it is done when all are there. */
static enum edge_err revoke_users(struct ave_service_keys *k,
				  const struct ave_settings *s)
{
	enum edge_err err = EDGE_OK;

	for (size_t i = 0; i < s->user_revoked_count && !err; i++) {
		uint8_t buf[MRAS_IDENTITY_MAX];

		err = mras_ring_revoke(&k->ring,
				       mras_account(buf, s->users_revoked[i]));
	}
	return err;
}

/* A time to come would revoke what is made until then. */
static enum edge_err load_words(struct ave_service_keys *k,
				const struct edge_config *c, char *why,
				size_t cap)
{
	struct ave_settings s;
	enum edge_err err = ave_settings_read(&s, c, why, cap);

	if (err)
		return err;
	if (s.not_before_s > (int64_t)time(NULL)) {
		snprintf(why, cap,
			 "[options] %s is a time that has not come yet",
			 ave_config_rows.options[AVE_OPTION_NOT_BEFORE].name);
		return EDGE_ERANGE;
	}
	err = revoke_users(k, &s);
	if (err) {
		snprintf(
			why, cap, "[options] %s: too many",
			ave_config_rows.options[AVE_OPTION_USERS_REVOKED].name);
		return err;
	}
	k->ring.not_before_s = s.not_before_s;
	k->ring.format = s.token_format;
	return EDGE_OK;
}

enum edge_err ave_service_keys_load(struct ave_service_keys *out,
				    const struct edge_config *c,
				    const struct topo *t, char *why,
				    size_t why_cap)
{
	struct ave_service_keys k = {
		.ring = {.lifetime_s = t->token_lifetime_s,
			 .skew_s = (uint32_t)c->limits[AVE_LIMIT_CLOCK_SKEW_S]},
	};
	enum edge_err err = edge_config_want_certificate(c, EDGE_CERT_AV_AUTH,
							 why, why_cap);

	if (!err)
		err = load_ring(&k, c, why, why_cap);
	if (!err)
		err = load_words(&k, c, why, why_cap);
	if (!err)
		err = load_turn(&k.turn, c, why, why_cap);
	if (err)
		ave_service_keys_drop(&k);
	else
		*out = k;
	edge_wipe(&k.ring, sizeof(k.ring));
	return err;
}

void ave_service_keys_drop(struct ave_service_keys *k)
{
	edge_tls_drop(k->turn);
	edge_wipe(k, sizeof(*k));
}

size_t ave_service_keys_minting(const struct ave_service_keys *k, int64_t now_s)
{
	const struct mras_keys *keys = mras_ring_minting(&k->ring, now_s);

	for (size_t i = 0; i < k->ring.count; i++)
		if (keys == &k->ring.v[i].keys)
			return i;
	return MRAS_RING_KEYS;
}

bool ave_service_keys_prune(struct ave_service_keys *k, int64_t now_s)
{
	size_t kept = 0, had = k->ring.count;

	for (size_t i = 0; i < had; i++) {
		if (now_s >= k->ring.v[i].until_s)
			continue;
		if (kept != i) {
			k->ring.v[kept] = k->ring.v[i];
			memcpy(k->spki_sha256[kept], k->spki_sha256[i],
			       sizeof(k->spki_sha256[i]));
		}
		kept++;
	}
	for (size_t i = kept; i < had; i++)
		edge_wipe(&k->ring.v[i], sizeof(k->ring.v[i]));
	k->ring.count = kept;
	return kept != had;
}
