/* Notes every fault of a chain and goes on; nothing secret is ever sent. */
#include "edgectl/probe_tls.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "edgectl/probe_line.h"
#include "edgectl/probe_tree.h"

enum {
	CERT_LIST_MAX = 64 * 1024, /* AE 1.5 [bytes] */
	DEPTH = 6,		   /* AE 1.5 [certificates] */
	AUTH_LEVEL = 1,		   /* OpenSSL: no SHA-1 in chains */
	NAMES_MAX = 6,		   /* ours: shown */
	DAY_S = 86400,
};

struct ctl_probe_roots {
	SSL_CTX *ctx;
};

struct ctl_probe_tls {
	SSL *ssl;
	struct ctl_probe_seen *seen; /* during the handshake */
	enum ctl_probe_parting parting;
};

static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
	"/etc/ssl/ca-bundle.pem",	      /* SUSE */
};

/* OpenSSL's last word on what went wrong. */
static void take_reason(char *why, size_t cap, const char *otherwise)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code && !ERR_SYSTEM_ERROR(code)
				     ? ERR_reason_error_string(code)
				     : NULL;

	snprintf(why, cap, "%s", reason ? reason : otherwise);
	ERR_clear_error();
}

static struct ctl_probe_seen *seen_by(SSL *ssl)
{
	struct ctl_probe_tls *t = SSL_get_app_data(ssl);

	return t ? t->seen : NULL;
}

static void note(char *text, size_t cap, const char *words)
{
	if (!*text)
		snprintf(text, cap, "%s", words);
}

/* The first fault of each kind is kept; the handshake goes on. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	struct ctl_probe_seen *s = seen_by(X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx()));
	int error = X509_STORE_CTX_get_error(store);
	bool is_time = error == X509_V_ERR_CERT_HAS_EXPIRED ||
		       error == X509_V_ERR_CERT_NOT_YET_VALID;

	if (ok || !s)
		return 1;
	if (is_time && X509_STORE_CTX_get_error_depth(store) == 0)
		note(s->validity, sizeof(s->validity),
		     X509_verify_cert_error_string(error));
	else
		note(s->chain, sizeof(s->chain),
		     X509_verify_cert_error_string(error));
	return 1;
}

/* The server asked for a certificate: we have none. */
static int on_asked(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct ctl_probe_seen *s = seen_by(ssl);

	(void)cert;
	(void)key;
	if (s)
		s->asks_for_ours = true;
	return 0;
}

/* RFC 5246 §7.2.2, RFC 8446 §6.2: what is said to who shows none. */
static enum ctl_probe_parting parting_of(int alert)
{
	static const int ours[] = {
		SSL_AD_HANDSHAKE_FAILURE,	SSL_AD_BAD_CERTIFICATE,
		SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_UNKNOWN,
		SSL_AD_ACCESS_DENIED,		SSL_AD_CERTIFICATE_REQUIRED,
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (alert == ours[i])
			return CTL_PROBE_WANTS_OURS;
	return CTL_PROBE_ALERT;
}

static void on_alert(const SSL *ssl, int where, int value)
{
	struct ctl_probe_tls *t = SSL_get_app_data(ssl);

	if (t && where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
		t->parting = parting_of(value & 0xff);
}

static bool load_roots(SSL_CTX *ctx, const char *pem)
{
	if (pem)
		return SSL_CTX_load_verify_file(ctx, pem) == 1;
	for (size_t i = 0; i < sizeof(bundles) / sizeof(*bundles); i++)
		if (!access(bundles[i], R_OK))
			return SSL_CTX_load_verify_file(ctx, bundles[i]) == 1;
	return SSL_CTX_set_default_verify_paths(ctx) == 1;
}

/* Also what old edges speak: a probe tells what is there. */
static bool set_ground(SSL_CTX *ctx)
{
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ctx);

	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_verify_depth(ctx, DEPTH);
	SSL_CTX_set_client_cert_cb(ctx, on_asked);
	SSL_CTX_set_info_callback(ctx, on_alert);
	SSL_CTX_set_max_cert_list(ctx, CERT_LIST_MAX);
	SSL_CTX_clear_mode(ctx,
			   SSL_MODE_AUTO_RETRY); /* each record has its wait */
	X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0") == 1;
}

enum edge_err ctl_probe_roots_new(struct ctl_probe_roots **out, const char *pem,
				  char *why, size_t why_cap)
{
	struct ctl_probe_roots *r = calloc(1, sizeof(*r));
	enum edge_err err = EDGE_ENOMEM;

	if (!r)
		return err;
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	r->ctx = SSL_CTX_new(TLS_client_method());
	if (r->ctx && set_ground(r->ctx)) {
		err = EDGE_ETLS;
		if (load_roots(r->ctx, pem)) {
			*out = r;
			return EDGE_OK;
		}
	}
	take_reason(why, why_cap, "cannot be read");
	ctl_probe_roots_free(r);
	return err;
}

void ctl_probe_roots_free(struct ctl_probe_roots *r)
{
	if (r)
		SSL_CTX_free(r->ctx);
	free(r);
}

/* ---- what the certificate says */

static void list_names(char *out, size_t cap, X509 *cert)
{
	GENERAL_NAMES *all =
		X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	struct edge_put w = edge_put(out, cap - 1);
	char name[128];
	int shown = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(all) && shown < NAMES_MAX;
	     i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);

		if (g->type != GEN_DNS)
			continue;
		ctl_probe_clean(
			name, sizeof(name),
			edge_slice(ASN1_STRING_get0_data(g->d.dNSName),
				   (size_t)ASN1_STRING_length(g->d.dNSName)));
		if (edge_slice_len(edge_put_done(&w)) + strlen(name) + 3 > cap)
			break;
		edge_put_str(&w, shown++ ? ", " : "");
		edge_put_str(&w, name);
	}
	out[edge_slice_len(edge_put_done(&w))] = '\0';
	sk_GENERAL_NAME_pop_free(all, GENERAL_NAME_free);
}

static void look_at(struct ctl_probe_seen *s, X509 *cert, const char *name)
{
	int days = 0, seconds = 0;

	s->has_certificate = true;
	s->has_name =
		X509_check_host(cert, name, 0,
				X509_CHECK_FLAG_NO_WILDCARDS |
					X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
				NULL) == 1;
	list_names(s->names, sizeof(s->names), cert);
	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)))
		s->days_left = days;
}

static void look(struct ctl_probe_tls *t, const struct ctl_probe_shake *p)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);
	const char *version = SSL_get_version(t->ssl);

	if (cert)
		look_at(t->seen, cert, p->name);
	if (!strncmp(version, "TLSv", 4))
		snprintf(t->seen->version, sizeof(t->seen->version),
			 "TLS %.8s%s", version + 4,
			 strchr(version, '.') ? "" : ".0");
}

/* ---- moving */

/* TCP has ended, which TLS has not. */
static bool is_cut(int error)
{
	return error == SSL_ERROR_SYSCALL ||
	       ERR_GET_REASON(ERR_peek_last_error()) ==
		       SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

/* After a call that did not do: ready to be called again? */
static enum edge_err pause_for(struct ctl_probe_tls *t, int result,
			       uint64_t until_ms, char *why, size_t cap)
{
	int error = SSL_get_error(t->ssl, result);
	short events = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;

	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		if (ctl_probe_wait(SSL_get_fd(t->ssl), events, until_ms))
			return EDGE_OK;
		snprintf(why, cap, "no answer in time");
		return EDGE_ETIMEOUT;
	}
	if (error == SSL_ERROR_ZERO_RETURN) {
		t->parting = CTL_PROBE_CUT;
		snprintf(why, cap, "closed without an answer");
		return EDGE_ECLOSED;
	}
	if (t->parting == CTL_PROBE_STAYS && is_cut(error))
		t->parting = CTL_PROBE_CUT;
	take_reason(why, cap, "connection cut");
	return EDGE_ETLS;
}

static enum edge_err shake(struct ctl_probe_tls *t,
			   const struct ctl_probe_shake *p)
{
	enum edge_err err = EDGE_OK;

	while (!err) {
		int done = SSL_connect(t->ssl);

		if (done == 1)
			break;
		err = pause_for(t, done, p->until_ms, t->seen->why,
				sizeof(t->seen->why));
	}
	return err;
}

enum edge_err ctl_probe_tls_new(struct ctl_probe_tls **out,
				struct ctl_probe_seen *seen,
				const struct ctl_probe_shake *p)
{
	struct ctl_probe_tls *t = calloc(1, sizeof(*t));
	enum edge_err err = EDGE_ENOMEM;

	*out = NULL;
	*seen = (struct ctl_probe_seen){0};
	if (!t)
		return err;
	t->seen = seen;
	t->ssl = SSL_new(p->roots->ctx);
	if (!t->ssl || SSL_set_fd(t->ssl, p->fd) != 1 ||
	    SSL_set_tlsext_host_name(t->ssl, (char *)(uintptr_t)p->name) != 1)
		goto out;
	SSL_set_app_data(t->ssl, t);
	err = shake(t, p);
	look(t, p);
	seen->parting = t->parting;
	t->seen = NULL;
	if (err)
		goto out;
	*out = t;
	return EDGE_OK;
out:
	ctl_probe_tls_free(t);
	return err;
}

void ctl_probe_tls_free(struct ctl_probe_tls *t)
{
	if (!t)
		return;
	if (t->ssl && SSL_is_init_finished(t->ssl))
		SSL_shutdown(t->ssl); /* says goodbye, waits for nobody */
	ERR_clear_error();
	SSL_free(t->ssl);
	free(t);
}

enum ctl_probe_parting ctl_probe_tls_parting(const struct ctl_probe_tls *t)
{
	return t->parting;
}

enum edge_err ctl_probe_tls_write(struct ctl_probe_tls *t,
				  struct edge_slice bytes, uint64_t until_ms,
				  char *why, size_t why_cap)
{
	enum edge_err err = EDGE_OK;

	while (!err) {
		int n = SSL_write(t->ssl, bytes.p, (int)edge_slice_len(bytes));

		if (n > 0)
			break; /* whole: partial writes are not allowed */
		err = pause_for(t, n, until_ms, why, why_cap);
	}
	return err;
}

enum edge_err ctl_probe_tls_read(struct ctl_probe_tls *t,
				 const struct ctl_probe_room *room,
				 uint64_t until_ms, char *why, size_t why_cap)
{
	enum edge_err err = EDGE_OK;

	while (!err) {
		int n = SSL_read(t->ssl, room->p + *room->len, (int)room->room);

		if (n > 0) {
			*room->len += (size_t)n;
			break;
		}
		err = pause_for(t, n, until_ms, why, why_cap);
	}
	return err;
}
