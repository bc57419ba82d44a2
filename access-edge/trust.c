/* Tells the inside where a message came from and how far to believe it. */
#include "access-edge/trust.h"

enum trust_level { /* AE 3.3, the defaults of AE 3.3 by role */
		   ALWAYS_VERIFIABLE,
		   USE_SOURCE_VERIFICATION,
};

static const struct trust_row {
	const char *type, *network; /* AE 2.1, 2.5 */
	enum trust_level level;
} rows[ACC_ROLE_COUNT] = {
	[ACC_ROLE_USR] = {"InternetUser", NULL, ALWAYS_VERIFIABLE},
	[ACC_ROLE_INT] = {"AuthorizedServer", NULL, ALWAYS_VERIFIABLE},
	[ACC_ROLE_DIR] = {"DirectPartner", "federation",
			  USE_SOURCE_VERIFICATION},
	[ACC_ROLE_DSC] = {"AutoFederation", "federation",
			  USE_SOURCE_VERIFICATION},
	[ACC_ROLE_HST] = {"AuthorizedServer", "federation", ALWAYS_VERIFIABLE},
	[ACC_ROLE_PIC] = {"AuthorizedServer", "publiccloud", ALWAYS_VERIFIABLE},
	[ACC_ROLE_CLR] = {"AuthorizedServer", "federation",
			  USE_SOURCE_VERIFICATION},
};

/* AE 3.3: missing means unverified; so does anything but one clear yes. */
static bool asserts_verified(const struct edge_sip_msg *m)
{
	int line = edge_sip_find(m, EDGE_SIP_MS_VERIFICATION, 0);

	return line >= 0 &&
	       edge_sip_find(m, EDGE_SIP_MS_VERIFICATION, line + 1) < 0 &&
	       edge_slice_ieq_str(m->lines[line].value,
				  "ms-source-verified-user=verified");
}

static void put(struct edge_put *w, const struct topo *t, const char *type,
		bool verified)
{
	edge_put_str(w, "ms-edge-proxy-message-trust: ms-source-type=");
	edge_put_str(w, type);
	edge_put_str(w, ";ms-ep-fqdn=");
	edge_put_str(w, t->pool);
	edge_put_str(w, ";ms-source-verified-user=");
	edge_put_str(w, verified ? "verified" : "unverified");
}

void acc_trust_put(struct edge_put *w, const struct topo *t,
		   const struct edge_sip_msg *m, enum acc_role role)
{
	const struct trust_row *r = &rows[role];

	put(w, t, r->type,
	    r->level == ALWAYS_VERIFIABLE || asserts_verified(m));
	if (!r->network)
		return;
	edge_put_str(w, ";ms-source-network=");
	edge_put_str(w, r->network);
}

void acc_trust_put_own(struct edge_put *w, const struct topo *t)
{
	put(w, t, "EdgeProxyGenerated", true);
}
