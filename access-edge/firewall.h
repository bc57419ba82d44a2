/* PURE: the header firewall as one table; AE 2.4. */
#ifndef ACCESS_EDGE_FIREWALL_H
#define ACCESS_EDGE_FIREWALL_H

#include "common/sip/edit.h"
#include "access-edge/reason.h"
#include "access-edge/source.h"
#include "access-edge/view.h"

enum acc_fw_column {
	ACC_FW_IN_USR_REQ,
	ACC_FW_IN_USR_RESP,
	ACC_FW_IN_PARTNER_REQ,
	ACC_FW_IN_PARTNER_RESP,
	ACC_FW_OUT_USR_REQ,
	ACC_FW_OUT_USR_RESP,
	ACC_FW_OUT_PARTNER_REQ,
	ACC_FW_OUT_PARTNER_RESP,
	ACC_FW_COLUMNS
};

enum acc_fw_action {
	ACC_FW_KEEP, /* byte for byte */
	ACC_FW_DELETE,
	ACC_FW_IF_FROM,	   /* keep when its URI is of the From domain */
	ACC_FW_IF_OWN,	   /* keep when of our domains and not Privacy: id */
	ACC_FW_IF_SEEN,	   /* keep when the peer may see diagnostics, AE 4.1 */
	ACC_FW_IF_SPLIT,   /* keep for a shared-address-space provider; coming
			      in from another peer: refuse, 1016 */
	ACC_FW_ANSWER,	   /* ours replaces it: keep_alive.c */
	ACC_FW_CAP,	   /* at most 20 entries */
	ACC_FW_STRIP,	   /* entries with an inside host go */
	ACC_FW_NO_ID,	   /* ms-identity* parameters go */
	ACC_FW_IF_OUTSIDE, /* keep when it names no place inside */
};

/* One message crossing between outside and inside. */
struct acc_fw_way {
	bool inward;
	enum acc_role outside; /* role of the peer on the outside */
	bool sees_diagnostics; /* out to USR: signed in, or the option */
	bool shares;	       /* HST with EnabledSharedAddressSpace */
};

/** Column of a message on that way. */
enum acc_fw_column acc_firewall_column(const struct acc_fw_way *way,
				       bool is_request);
/** The cell for a header, by its id or, without one, by its name. */
enum acc_fw_action acc_firewall_action(const struct edge_sip_line *line,
				       enum acc_fw_column column);
/** Apply the table to every line of m; Contact, Via and routes are not in it.
 * Toward partners, lines that tell of the inside go as well.
 * TRAFFIC_TYPE when the message must not pass at all. */
enum acc_reason acc_firewall_apply(struct edge_sip_edit *e,
				   const struct acc_view *v,
				   const struct edge_sip_msg *m,
				   const struct acc_fw_way *way);

#endif
