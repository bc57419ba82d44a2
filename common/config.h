/* edge.ini: local settings and the [limits] and [options] X-lists. */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/slice.h"
#include "common/tls.h"

enum edge_cert_use {
	EDGE_CERT_ACCESS,
	EDGE_CERT_WEBCONF,
	EDGE_CERT_AV_AUTH,
	EDGE_CERT_INTERNAL,
	EDGE_CERT_TURN,
	EDGE_CERT_USES
};

/* One row of a service's limits.def: a number in a range. */
struct edge_limit_row {
	const char *name; /* "access.NAME" */
	uint64_t min, def, max;
	const char *unit, *source; /* "ms", "AE 5" */
};

/* One row of a service's options.def: a word; def may be NULL. */
struct edge_option_row {
	const char *name, *def, *source;
};

/*
 * What the calling program owns. Names in [limits] and [options] are
 * SERVICE.NAME, as in "access.tls_handshake_ms": the file is shared, so a name
 * of another service (access, webconf, av, replica) is passed over unread. A
 * prefix that occurs in the rows is the caller's own: there each name must
 * have its row.
 */
struct edge_config_rows {
	const struct edge_limit_row *limits;
	size_t limit_count;
	const struct edge_option_row *options;
	size_t option_count;
};

struct edge_config {
	char *fqdn;	   /* lower case; NULL: not given */
	char *state, *run; /* /var/lib/lync-edge, /run/lync-edge */
	char *resolv;	   /* /etc/resolv.conf */
	unsigned shards;   /* 0: one per core */
	bool lab;
	char *device_external, *device_internal; /* NULL: found by address */
	/* lists as written, but checked; NULL: not given */
	struct {
		char *outside_gateway, *inside_gateway; /* of each family one */
		char *inside;				/* networks */
		char *ntp;				/* addresses */
		char *manage;	  /* "22 from 10.0.0.0/24"; "none" */
		bool media_range; /* the relay's ports are open to all */
	} network;
	struct {
		char *access, *webconf, *av; /* addresses before NAT */
	} public_at;
	struct {
		char *chain, *key; /* both or none; see credential */
	} certificate[EDGE_CERT_USES];
	struct {
		char *public_roots, *internal_ca, *operator_keys, *internal_crl;
		bool internal_cn_fallback;
	} trust;
	struct {
		char *listener;
		enum edge_tls_profile profile;
	} profile[10];
	size_t profile_count;
	struct {
		char *hep, *dir;  /* "address:port"; folder */
		uint64_t size_mb; /* of all trace files in dir */
	} trace;
	const struct edge_limit_row *limit_rows; /* the caller's, borrowed */
	uint64_t *limits;			 /* value a row */
	size_t limit_count;
	const struct edge_option_row *option_rows; /* the caller's, borrowed */
	char **options; /* value a row; NULL: not set */
	size_t option_count;
};

/**
 * Read and check. Unknown sections and names are errors, as are values out of
 * range and names given twice. Paths are absolute, switches yes or no.
 * @param rows  outlive the configuration; NULL: a program without any
 * @param why   gets "line N: text", or the file and its fault
 * @return EDGE_EFORMAT, EDGE_ERANGE, EDGE_EDUP, EDGE_ELIMIT (file or line too
 *         long), EDGE_ENOMEM, EDGE_ESYS (not readable)
 */
EDGE_MUST_CHECK enum edge_err
edge_config_load(struct edge_config **out, const char *path,
		 const struct edge_config_rows *rows, char *why,
		 size_t why_cap);
EDGE_MUST_CHECK enum edge_err
edge_config_parse(struct edge_config **out, struct edge_slice text,
		  const struct edge_config_rows *rows, char *why,
		  size_t why_cap);
void edge_config_free(struct edge_config *c); /* NULL is fine */
/** The name in a key that is credential:NAME, which edge_config_load makes a
 * path of $CREDENTIALS_DIRECTORY where systemd gave one; NULL: a path. */
const char *edge_config_credential(const char *key);
/** Keys that are credentials become files of that folder; NULL: none was
 * given, they stay. EDGE_ENOMEM */
EDGE_MUST_CHECK enum edge_err
edge_config_find_credentials(struct edge_config *c, const char *folder);
/** EDGE_TLS_MODERN unless the file says otherwise. */
enum edge_tls_profile edge_config_profile(const struct edge_config *c,
					  const char *listener);
/** What may be left out of the file, but not by every program. EDGE_ENOTFOUND:
 * why says what it lacks. Both files of that certificate: */
EDGE_MUST_CHECK enum edge_err
edge_config_want_certificate(const struct edge_config *c,
			     enum edge_cert_use use, char *why, size_t why_cap);
/** The internal certificate, and whom the inside trusts. */
EDGE_MUST_CHECK enum edge_err
edge_config_want_internal(const struct edge_config *c, char *why,
			  size_t why_cap);
/** The next of a checked list, "a, b/24"; bits is the whole address without
 * "/bits". False: no more. */
bool edge_config_next_net(const char **list, struct edge_addr *net,
			  unsigned *bits);
/** Whether a list says who may manage the host: "22 from 10.0.0.0/24, 22 from
 * fd00::1", or "none". */
bool edge_config_is_manage(const char *list);
/** The next of such a list; bits as above. False: no more, or "none". */
bool edge_config_next_manage(const char **list, uint16_t *port,
			     struct edge_addr *net, unsigned *bits);
/** The row's default when not set; NULL for a name without a row. */
const char *edge_config_option(const struct edge_config *c, const char *name);

#endif
