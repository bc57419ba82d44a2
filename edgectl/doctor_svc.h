/* The parts of family SVC. */
#ifndef EDGECTL_DOCTOR_SVC_H
#define EDGECTL_DOCTOR_SVC_H

#include "edgectl/doctor.h"

enum { CTL_SVC_MS = 2000 /* ours: for each step of a neighbour [ms] */ };

/** Each member of the next hop: TCP, TLS with our certificate, SIP. */
void ctl_svc_next_hop(struct ctl_doctor *d);
/** Credentials, and an allocation at each relay that they are for. */
void ctl_svc_relay(struct ctl_doctor *d);

/* A side of this host: what to dial from. */
struct ctl_local {
	struct edge_addr local; /* port 0 */
	char name[16];
	const char *device; /* NULL: not known */
	bool is_here;	    /* the address is on that NIC; else NET says it */
};
/** From our address on the inside. */
void ctl_local_inside(struct ctl_local *out, const struct ctl_doctor *d);
/** From the address of an outside listener. */
void ctl_local_outside(struct ctl_local *out, const struct ctl_doctor *d,
		       enum topo_port_kind kind);

#endif
