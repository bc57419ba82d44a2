/* Tells the inside where a message came from and how far to believe it. */
#include "access-edge/trust.h"

static const struct trust_row {
	const char *type, *network; /* AE 2.1, 2.5 */
} rows[ACC_ROLE_COUNT] = {
	[ACC_ROLE_USR] = {"InternetUser", NULL},
	[ACC_ROLE_INT] = {"AuthorizedServer", NULL},
	[ACC_ROLE_DIR] = {"DirectPartner", "federation"},
	[ACC_ROLE_DSC] = {"AutoFederation", "federation"},
	[ACC_ROLE_HST] = {"AuthorizedServer", "federation"},
	[ACC_ROLE_PIC] = {"AuthorizedServer", "publiccloud"},
	[ACC_ROLE_CLR] = {"AuthorizedServer", "federation"},
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

bool acc_trust_is_verified(enum topo_verification level,
			   const struct edge_sip_msg *m)
{
	switch (level) {
	case TOPO_VERIFY_ALWAYS:
		return true;
	case TOPO_VERIFY_SOURCE:
		return asserts_verified(m);
	case TOPO_VERIFY_NEVER:
	case TOPO_VERIFICATIONS:
		break;
	}
	return false;
}

const char *acc_trust_type(enum acc_role role)
{
	return rows[role].type;
}

void acc_trust_put(struct edge_put *w, const struct topo *t,
		   const struct edge_sip_msg *m, const struct acc_trust *trust)
{
	const struct trust_row *r = &rows[trust->role];

	put(w, t, r->type,
	    !acc_role_is_partner(trust->role) ||
		    acc_trust_is_verified(trust->level, m));
	if (!r->network)
		return;
	edge_put_str(w, ";ms-source-network=");
	edge_put_str(w, r->network);
	if (!trust->remote || trust->role != ACC_ROLE_PIC)
		return;
	edge_put_str(w, ";ms-remote-fqdn=");
	edge_put_str(w, trust->remote);
}

void acc_trust_put_asserted(struct edge_put *w, const struct topo *t)
{
	edge_put_str(w, "ms-asserted-verification-level: "
			"ms-source-verified-user=");
	edge_put_str(w, t->access.mark_verifiable ? "verified" : "unverified");
}

void acc_trust_put_own(struct edge_put *w, const struct topo *t)
{
	put(w, t, "EdgeProxyGenerated", true);
}
