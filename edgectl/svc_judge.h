/* What services say of themselves against what the topology wants. PURE. */
#ifndef EDGECTL_SVC_JUDGE_H
#define EDGECTL_SVC_JUDGE_H

#include "edgectl/daemons.h"
#include "topology/topology.h"

struct json_t;

/* A listener that the topology may want, and whose work it is. */
struct ctl_svc_door {
	enum ctl_daemon daemon;
	enum topo_port_kind kind;
	const char *name;	/* as status has it */
	enum edge_cert_use use; /* what it shows; EDGE_CERT_USES: no TLS */
	bool is_inside;
};

enum { CTL_SVC_DOORS = 12 };
extern const struct ctl_svc_door ctl_svc_doors[CTL_SVC_DOORS];

/** "open" and the like of the listener there; NULL: status has none. */
const char *ctl_svc_door_state(const struct json_t *status,
			       const struct topo_listen *at);

enum ctl_mcu_state { CTL_MCU_UP, CTL_MCU_DOWN, CTL_MCU_ABSENT };
/** Of an element of webconf-edge's upstreams. */
enum ctl_mcu_state ctl_svc_mcu_state(const struct json_t *row);
/** "-" for what is not there. */
const char *ctl_json_text(const struct json_t *o, const char *name);

#endif
