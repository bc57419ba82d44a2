/* Where a message came from: a value that travels with it between shards. */
#ifndef ACCESS_EDGE_SOURCE_H
#define ACCESS_EDGE_SOURCE_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/handle.h"

enum acc_role {		      /* AE 2.1; fixed for the life of a connection */
		ACC_ROLE_USR, /* remote user */
		ACC_ROLE_INT, /* server of the inside */
		ACC_ROLE_DIR, /* allowed partner with proxy */
		ACC_ROLE_DSC, /* discovered partner */
		ACC_ROLE_HST, /* hosting provider */
		ACC_ROLE_PIC, /* public provider */
		ACC_ROLE_CLR, /* clearing house */
		ACC_ROLE_COUNT
};

const char *acc_role_name(enum acc_role r); /* "USR" */
bool acc_role_is_partner(enum acc_role r);

struct acc_facts;

struct acc_source {
	enum acc_role role;
	edge_handle cid;
	struct edge_addr remote, local; /* far end; our end */
	bool signed_in;			/* a 2xx to REGISTER or INVITE passed */
	bool is_limited; /* its message at hand is a discovered partner's */
	/* a partner: partner.h; borrowed while its message is handled, NULL in
	 * what is kept */
	const struct acc_facts *facts;
};

#endif
