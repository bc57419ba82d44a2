/* Who the other end is, read once from its certificate. */
#include "common/peer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/slice.h"

const char *edge_peer_fault_str(enum edge_peer_fault f)
{
	static const char *const texts[] = {
#define EDGE_PEER_FAULT_TEXT(name, text) [name] = text,
		EDGE_PEER_FAULT_MAP(EDGE_PEER_FAULT_TEXT)
#undef EDGE_PEER_FAULT_TEXT
	};

	return (size_t)f < sizeof(texts) / sizeof(*texts) ? texts[f] : "?";
}

/* clang-format off */
static const struct {
	int error;
	enum edge_peer_fault fault;
} faults[] = {
	{X509_V_OK,                                    EDGE_PEER_FINE},
	{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,       EDGE_PEER_SELF_SIGNED},
	{X509_V_ERR_CERT_HAS_EXPIRED,                  EDGE_PEER_EXPIRED},
	{X509_V_ERR_CERT_NOT_YET_VALID,                EDGE_PEER_EXPIRED},
	{X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD,     EDGE_PEER_EXPIRED},
	{X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD,    EDGE_PEER_EXPIRED},
	{X509_V_ERR_CERT_REVOKED,                      EDGE_PEER_REVOKED},
	{X509_V_ERR_CRL_HAS_EXPIRED,                   EDGE_PEER_CRL_STALE},
	{X509_V_ERR_CRL_NOT_YET_VALID,                 EDGE_PEER_CRL_STALE},
	{X509_V_ERR_UNABLE_TO_GET_CRL,                 EDGE_PEER_CRL_STALE},
	{X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,          EDGE_PEER_CRL_STALE},
	{X509_V_ERR_CRL_SIGNATURE_FAILURE,             EDGE_PEER_CRL_STALE},
	{X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE,   EDGE_PEER_CRL_STALE},
	{X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD,    EDGE_PEER_CRL_STALE},
	{X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,    EDGE_PEER_CRL_STALE},
	{X509_V_ERR_EE_KEY_TOO_SMALL,                  EDGE_PEER_WEAK},
	{X509_V_ERR_CA_KEY_TOO_SMALL,                  EDGE_PEER_WEAK},
	{X509_V_ERR_CA_MD_TOO_WEAK,                    EDGE_PEER_WEAK},
	{X509_V_ERR_CERT_CHAIN_TOO_LONG,               EDGE_PEER_LIMIT},
};
/* clang-format on */

static enum edge_peer_fault chain_fault(const SSL *ssl)
{
	/* the first error seen, noted by the contexts of common/tls.c */
	long error = (long)(uintptr_t)SSL_get_app_data(ssl);

	if (!error)
		error = SSL_get_verify_result(ssl);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		if (faults[i].error == error)
			return faults[i].fault;
	}
	return EDGE_PEER_CHAIN;
}

/* A host name or a wildcard one, lower case, without the root's dot. A NUL or
 * any other strange byte makes it no name. */
static bool name_take(char out[EDGE_PEER_NAME_LEN], const ASN1_STRING *s)
{
	const unsigned char *p = ASN1_STRING_get0_data(s);
	size_t len = (size_t)ASN1_STRING_length(s);

	if (len && p[len - 1] == '.')
		len--;
	if (!len || len >= EDGE_PEER_NAME_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = p[i];

		if (ch >= 'A' && ch <= 'Z')
			ch = (unsigned char)(ch + ('a' - 'A'));
		if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ||
		      ch == '-' || ch == '.' || ch == '_' || ch == '*'))
			return false;
		out[i] = (char)ch;
	}
	out[len] = '\0';
	return true;
}

static void cn_take(struct edge_peer *out, X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	const ASN1_STRING *value = NULL;
	struct edge_slice text;
	int at = -1, next;

	while ((next = X509_NAME_get_index_by_NID(subject, NID_commonName,
						  at)) >= 0)
		at = next; /* the last one is the most specific */
	if (at >= 0)
		value = X509_NAME_ENTRY_get_data(
			X509_NAME_get_entry(subject, at));
	if (!value)
		return;
	text = edge_slice(ASN1_STRING_get0_data(value),
			  (size_t)ASN1_STRING_length(value));
	if (!edge_slice_copy(out->cn, sizeof(out->cn), text))
		out->cn[0] = '\0';
}

static size_t dns_count(const GENERAL_NAMES *san)
{
	size_t count = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++)
		count += sk_GENERAL_NAME_value(san, i)->type == GEN_DNS;
	return count;
}

static size_t other_count(const GENERAL_NAMES *san)
{
	size_t count = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++)
		count += sk_GENERAL_NAME_value(san, i)->type == GEN_OTHERNAME;
	return count;
}

/* xmppAddr is the domain itself, SRVName has the service before it. */
static bool xmpp_take(char out[EDGE_PEER_NAME_LEN], const OTHERNAME *o)
{
	static const char service[] = "_xmpp-server.";
	const int nid = OBJ_obj2nid(o->type_id);
	const size_t head = sizeof(service) - 1;

	if (nid == NID_XmppAddr && o->value->type == V_ASN1_UTF8STRING)
		return name_take(out, o->value->value.utf8string);
	if (nid != NID_SRVName || o->value->type != V_ASN1_IA5STRING ||
	    !name_take(out, o->value->value.ia5string) ||
	    strncmp(out, service, head) != 0 || !out[head])
		return false;
	memmove(out, out + head, strlen(out + head) + 1);
	return true;
}

/* Too many, or no memory: none, which is the safe answer. */
static void xmpp_names_take(struct edge_peer *out, const GENERAL_NAMES *san)
{
	const size_t count = other_count(san);

	if (!count || count > EDGE_PEER_NAMES)
		return;
	out->xmpp = calloc(count, sizeof(*out->xmpp));
	for (int i = 0; out->xmpp && i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(san, i);

		if (name->type == GEN_OTHERNAME &&
		    xmpp_take(out->xmpp[out->xmpp_count], name->d.otherName))
			out->xmpp_count++;
	}
}

static enum edge_peer_fault names_take(struct edge_peer *out,
				       const GENERAL_NAMES *san)
{
	const size_t count = dns_count(san);
	enum edge_peer_fault fault = EDGE_PEER_FINE;

	if (!count)
		return EDGE_PEER_NO_SAN;
	if (count > EDGE_PEER_NAMES)
		return EDGE_PEER_LIMIT;
	out->names = calloc(count, sizeof(*out->names));
	if (!out->names)
		return EDGE_PEER_LIMIT;
	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(san, i);

		if (name->type != GEN_DNS)
			continue;
		if (name_take(out->names[out->name_count], name->d.dNSName))
			out->name_count++;
		else
			fault = EDGE_PEER_NAME;
	}
	return fault;
}

/* The one CN rule there is: no subjectAltName at all, and switched on. */
static enum edge_peer_fault cn_as_name(struct edge_peer *out,
				       const struct edge_peer_policy *policy)
{
	const ASN1_STRING *cn;
	ASN1_STRING *made = NULL;
	enum edge_peer_fault fault = EDGE_PEER_NO_SAN;

	if (!policy || !policy->cn_fallback || !out->cn[0])
		return EDGE_PEER_NO_SAN;
	out->names = calloc(1, sizeof(*out->names));
	made = ASN1_STRING_new();
	cn = made;
	if (out->names && made && ASN1_STRING_set(made, out->cn, -1) == 1 &&
	    name_take(out->names[0], cn)) {
		out->name_count = 1;
		fault = EDGE_PEER_FINE;
	}
	ASN1_STRING_free(made);
	return fault;
}

static enum edge_peer_fault san_take(struct edge_peer *out, X509 *cert,
				     const struct edge_peer_policy *policy)
{
	int critical;
	GENERAL_NAMES *san =
		X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	enum edge_peer_fault fault;

	if (!san) /* -1: there is none; else malformed or given twice */
		return critical == -1 ? cn_as_name(out, policy)
				      : EDGE_PEER_NAME;
	fault = names_take(out, san);
	xmpp_names_take(out, san);
	GENERAL_NAMES_free(san);
	return fault;
}

static enum edge_peer_fault eku_fault(X509 *cert)
{
	const uint32_t usage = X509_get_extended_key_usage(cert);

	if (X509_get_extension_flags(cert) & EXFLAG_INVALID)
		return EDGE_PEER_CHAIN;
	if (usage == UINT32_MAX || usage & (XKU_SSL_SERVER | XKU_SSL_CLIENT))
		return EDGE_PEER_FINE;
	return EDGE_PEER_EKU;
}

/* A count on each certificate: they are the connection's as well. */
static void chain_take(struct edge_peer *out, SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);

	if (chain)
		out->chain = X509_chain_up_ref(chain);
}

void edge_peer_verify(struct edge_peer *out,
		      const struct edge_peer_policy *policy, void *ssl)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);
	enum edge_peer_fault names;

	*out = (struct edge_peer){.fault = chain_fault(ssl)};
	if (!cert) {
		/* refused in the handshake, or there was none */
		out->has_certificate = out->fault != EDGE_PEER_FINE;
		if (!out->has_certificate)
			out->fault = EDGE_PEER_ABSENT;
		return;
	}
	out->has_certificate = true;
	cn_take(out, cert);
	X509_digest(cert, EVP_sha256(), out->sha256, NULL);
	names = san_take(out, cert, policy);
	if (out->fault == EDGE_PEER_FINE)
		out->fault = eku_fault(cert);
	if (out->fault == EDGE_PEER_FINE)
		out->fault = names;
	/* one without dNSName may have other names: edge_peer_is_xmpp */
	if ((out->fault == EDGE_PEER_FINE ||
	     (out->fault == EDGE_PEER_NO_SAN && out->xmpp_count)) &&
	    policy && policy->wants_revocation)
		chain_take(out, ssl);
}

void edge_peer_fini(struct edge_peer *p)
{
	free(p->names);
	sk_X509_pop_free(p->chain, X509_free);
	free(p->xmpp);
	*p = (struct edge_peer){.fault = EDGE_PEER_ABSENT};
}

static bool is_among(char (*names)[EDGE_PEER_NAME_LEN], size_t count,
		     const char *fqdn)
{
	struct edge_slice want = edge_slice_str(fqdn);

	if (edge_slice_len(want) && want.end[-1] == '.')
		want.end--;
	for (size_t i = 0; edge_slice_len(want) && i < count; i++) {
		if (edge_slice_ieq_str(want, names[i]))
			return true;
	}
	return false;
}

bool edge_peer_has_name(const struct edge_peer *p, const char *fqdn)
{
	return is_among(p->names, p->name_count, fqdn);
}

bool edge_peer_is_xmpp(const struct edge_peer *p, const char *domain)
{
	if (p->fault != EDGE_PEER_FINE && p->fault != EDGE_PEER_NO_SAN)
		return false;
	return is_among(p->names, p->name_count, domain) ||
	       is_among(p->xmpp, p->xmpp_count, domain);
}
