/* SSL_CTX recipes: what each listener and upstream speaks and trusts. */
#include "common/tls.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/ticket.h"
#include "common/tls_load.h"

enum {
	TLS_DEPTH = 6,		       /* AE 1.5 [certificates] */
	TLS_CERT_LIST_MAX = 64 * 1024, /* AE 1.5 [bytes] */
};

struct edge_tls {
	SSL_CTX *ctx;
	struct edge_tickets *tickets;
	atomic_uint count;
	struct edge_tls_sums sums; /* of what it was made from */
	enum edge_tls_profile profile;
	enum edge_tls_ask ask;
	bool is_client;
};

/* One that is being made. */
struct making {
	struct edge_tls *t;
	const struct edge_tls_recipe *r;
	struct edge_tls_load load;
};

struct profile {
	const char *name;
	int min_version;
	const char *suites; /* TLS 1.2 and before */
	int auth_level;	    /* of chains: 1 = no SHA-1, RSA 1024;
			       2 = also RSA 2048 (OpenSSL security levels) */
};

/* AE 1.5; AES-128 first: as safe here and cheaper */
static const struct profile profiles[] = {
	[EDGE_TLS_MODERN] = {"modern", TLS1_2_VERSION,
			     "ECDHE+AES128+AESGCM:ECDHE+AES256+AESGCM:"
			     "ECDHE+CHACHA20:@SECLEVEL=2",
			     2},
	[EDGE_TLS_LYNC2013] = {"lync2013", TLS1_VERSION,
			       "ECDHE+AES128+AESGCM:ECDHE+AES256+AESGCM:"
			       "ECDHE+CHACHA20:ECDHE+AES:"
			       "kRSA+AESGCM:kRSA+AES:!aNULL:!eNULL:"
			       "!AESCCM:@SECLEVEL=0",
			       1},
};
static const char tls13_suites[] = "TLS_AES_128_GCM_SHA256:"
				   "TLS_AES_256_GCM_SHA384:"
				   "TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256:P-384";

const char *edge_tls_profile_str(enum edge_tls_profile p)
{
	return (size_t)p < sizeof(profiles) / sizeof(*profiles)
		       ? profiles[p].name
		       : "?";
}

enum edge_err edge_tls_profile_parse(enum edge_tls_profile *out,
				     const char *text)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
		if (strcmp(profiles[i].name, text) == 0) {
			*out = (enum edge_tls_profile)i;
			return EDGE_OK;
		}
	}
	return EDGE_EFORMAT;
}

/* The first error is kept: later ones are its consequences. */
static void note_error(X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	uintptr_t error = (uintptr_t)X509_STORE_CTX_get_error(store);

	if (ssl && !SSL_get_app_data(ssl))
		SSL_set_app_data(ssl, (void *)error);
}

static int on_verify_required(int ok, X509_STORE_CTX *store)
{
	if (!ok)
		note_error(store);
	return ok;
}

static int on_verify_optional(int ok, X509_STORE_CTX *store)
{
	if (!ok)
		note_error(store);
	return 1;
}

static uint64_t clock_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec;
}

static bool mac_init(EVP_MAC_CTX *mac, struct edge_ticket_key *key)
{
	char sha256[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac,
						  sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256,
						 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int ticket_seal(struct edge_tls *t, unsigned char *name,
		       unsigned char *iv, EVP_CIPHER_CTX *cipher,
		       EVP_MAC_CTX *mac)
{
	struct edge_ticket_key key;
	int made = -1;

	if (edge_tickets_current(&key, t->tickets, clock_s()))
		return -1;
	memcpy(name, key.name, sizeof(key.name));
	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
	    EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher,
			       iv) == 1 &&
	    mac_init(mac, &key))
		made = 1;
	OPENSSL_cleanse(&key, sizeof(key));
	return made;
}

static int ticket_open(struct edge_tls *t, const unsigned char *name,
		       const unsigned char *iv, EVP_CIPHER_CTX *cipher,
		       EVP_MAC_CTX *mac)
{
	struct edge_ticket_key key;
	bool is_old;
	int made = -1;

	if (!edge_tickets_find(t->tickets, name, clock_s(), &key, &is_old))
		return 0;
	if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.cipher,
			       iv) == 1 &&
	    mac_init(mac, &key))
		made = is_old ? 2 : 1; /* 2: used, and a new one is sent */
	OPENSSL_cleanse(&key, sizeof(key));
	return made;
}

/* NOLINTNEXTLINE(readability-function-size): OpenSSL's signature */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
		     EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_sealing)
{
	struct edge_tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	return is_sealing ? ticket_seal(t, name, iv, cipher, mac)
			  : ticket_open(t, name, iv, cipher, mac);
}

/* What holds for each context, whatever it is for. */
static bool set_ground(SSL_CTX *ctx, const struct profile *p)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_max_cert_list(ctx, TLS_CERT_LIST_MAX);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(ctx, p->min_version) == 1 &&
	       SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, p->suites) == 1 &&
	       SSL_CTX_set_ciphersuites(ctx, tls13_suites) == 1 &&
	       SSL_CTX_set1_groups_list(ctx, (char *)(uintptr_t)groups) == 1;
}

static enum edge_err set_trust(const struct making *m)
{
	SSL_CTX *ctx = m->load.ctx;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
	enum edge_err err;

	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	if (m->r->ask == EDGE_TLS_ASK_NONE)
		return EDGE_OK;
	err = edge_tls_load_trust(&m->load);
	if (err)
		return err;
	/* any purpose: edge_peer_verify has our own rule (AE 1.5, EKU) */
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	X509_VERIFY_PARAM_set_auth_level(param,
					 profiles[m->r->profile].auth_level);
	X509_VERIFY_PARAM_set_depth(param, TLS_DEPTH);
	if (m->r->crl)
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK);
	if (m->r->ask == EDGE_TLS_ASK_REQUIRED)
		SSL_CTX_set_verify(
			ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			on_verify_required);
	else
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify_optional);
	return EDGE_OK;
}

static enum edge_err set_tickets(struct edge_tls *t,
				 const struct edge_tls_recipe *r)
{
	static const unsigned char context[] = "lync-edge";
	enum edge_err err;

	if (r->is_client)
		return EDGE_OK;
	if (r->ask != EDGE_TLS_ASK_NONE) {
		SSL_CTX_set_options(t->ctx, SSL_OP_NO_TICKET);
		return SSL_CTX_set_num_tickets(t->ctx, 0) == 1 ? EDGE_OK
							       : EDGE_ETLS;
	}
	err = edge_tickets_new(&t->tickets);
	if (err)
		return err;
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_timeout(t->ctx, EDGE_TICKET_LIFE_S);
	if (SSL_CTX_set_num_tickets(t->ctx, 1) != 1 ||
	    SSL_CTX_set_session_id_context(t->ctx, context,
					   sizeof(context) - 1) != 1 ||
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(t->ctx, on_ticket) != 1)
		return EDGE_ETLS;
	return EDGE_OK;
}

static const char *recipe_fault(const struct edge_tls_recipe *r)
{
	if (!r->chain != !r->key)
		return "a certificate chain and its key belong together";
	if (!r->is_client && !r->chain)
		return "a server needs a certificate chain and key";
	if (r->ask != EDGE_TLS_ASK_NONE && !r->trust)
		return "no trust store to check the other end against";
	return NULL;
}

static bool is_same(const struct edge_tls *t, const struct making *m)
{
	return t && t->profile == m->r->profile && t->ask == m->r->ask &&
	       t->is_client == m->r->is_client &&
	       edge_tls_sums_eq(&t->sums, &m->load.files.sums, EDGE_TLS_CHAIN,
				EDGE_TLS_CRL);
}

static struct edge_tls *find_same(const struct making *m)
{
	for (size_t i = 0; i < EDGE_TLS_LIKE; i++)
		if (is_same(m->r->like[i], m))
			return m->r->like[i];
	return NULL;
}

static void find_like(struct making *m)
{
	for (size_t i = 0; i < EDGE_TLS_LIKE; i++) {
		const struct edge_tls *t = m->r->like[i];

		if (t)
			m->load.like[i] = (struct edge_tls_like){
				.ctx = t->ctx,
				.sums = &t->sums,
				.has_trust = t->ask != EDGE_TLS_ASK_NONE,
				.has_names = !t->is_client,
			};
	}
}

static enum edge_err fill(struct making *m)
{
	struct edge_tls *t = m->t;
	enum edge_err err;

	t->ctx = SSL_CTX_new(m->r->is_client ? TLS_client_method()
					     : TLS_server_method());
	if (!t->ctx)
		return EDGE_ENOMEM;
	if (!set_ground(t->ctx, &profiles[m->r->profile])) {
		(void)snprintf(m->load.why, m->load.why_cap, "profile %s: %s",
			       profiles[m->r->profile].name,
			       edge_tls_load_reason());
		return EDGE_ETLS;
	}
	m->load.ctx = t->ctx;
	err = m->r->chain ? edge_tls_load_own(&m->load) : EDGE_OK;
	if (!err)
		err = set_trust(m);
	return err ? err : set_tickets(t, m->r);
}

static enum edge_err make(struct edge_tls **out, struct making *m)
{
	enum edge_err err;

	m->t = calloc(1, sizeof(*m->t));
	if (!m->t)
		return EDGE_ENOMEM;
	atomic_init(&m->t->count, 1);
	m->t->profile = m->r->profile;
	m->t->ask = m->r->ask;
	m->t->is_client = m->r->is_client;
	m->t->sums = m->load.files.sums;
	err = fill(m);
	if (err)
		edge_tls_drop(m->t);
	else
		*out = m->t;
	return err;
}

enum edge_err edge_tls_new(struct edge_tls **out,
			   const struct edge_tls_recipe *r, char *why,
			   size_t why_cap)
{
	struct making m = {.r = r,
			   .load = {.is_client = r->is_client,
				    .why = why,
				    .why_cap = why_cap}};
	const char *fault = recipe_fault(r);
	struct edge_tls *same;
	enum edge_err err;

	if (fault) {
		(void)snprintf(why, why_cap, "%s", fault);
		return EDGE_EUSAGE;
	}
	(void)snprintf(why, why_cap, "%s", edge_err_str(EDGE_ENOMEM));
	find_like(&m);
	err = edge_tls_files_read(&m.load.files, r, why, why_cap);
	same = err ? NULL : find_same(&m);
	if (same)
		*out = edge_tls_hold(same);
	else if (!err)
		err = make(out, &m);
	edge_tls_files_fini(&m.load.files);
	if (!err)
		(void)snprintf(why, why_cap, "%s", "");
	return err;
}

void *edge_tls_context(struct edge_tls *t)
{
	return t->ctx;
}

int64_t edge_tls_not_after_s(const struct edge_tls *t)
{
	const X509 *own = SSL_CTX_get0_certificate(t->ctx);
	struct tm tm;

	if (!own || ASN1_TIME_to_tm(X509_get0_notAfter(own), &tm) != 1)
		return 0;
	return timegm(&tm);
}

struct edge_tls *edge_tls_hold(struct edge_tls *t)
{
	atomic_fetch_add(&t->count, 1);
	return t;
}

void edge_tls_drop(struct edge_tls *t)
{
	if (!t || atomic_fetch_sub(&t->count, 1) != 1)
		return;
	SSL_CTX_free(t->ctx);
	edge_tickets_free(t->tickets);
	free(t);
}
