/* Relayed ports in use, by family, of one transport; shared by the workers. */
#ifndef AV_EDGE_PORTS_H
#define AV_EDGE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct ave_ports; /* any thread, without a lock */

/** Ports low..high, both included. EDGE_ERANGE, EDGE_ENOMEM. */
EDGE_MUST_CHECK enum edge_err ave_ports_new(struct ave_ports **out,
					    uint16_t low, uint16_t high);
void ave_ports_free(struct ave_ports *p); /* NULL is fine */
/** Another range from the next port on; what is taken stays so. */
EDGE_MUST_CHECK enum edge_err ave_ports_set_range(struct ave_ports *p,
						  uint16_t low, uint16_t high);

struct ave_port_wish {
	uint8_t family;	     /* AF_INET or AF_INET6 */
	bool even;	     /* EVEN-PORT */
	bool reserve;	     /* with even: keep the next one, by a token */
	uint64_t now_ms;     /* monotonic, one clock for all threads */
	uint32_t reserved_s; /* how long the next one is kept */
	uint64_t owner;	     /* and for whom */
	uint32_t random;     /* where the search begins */
};

/** A free port, from that random place on. token: of the port kept; 0 without
 * reserve. EDGE_ELIMIT: none is free. */
EDGE_MUST_CHECK enum edge_err ave_ports_take(uint16_t *port, uint64_t *token,
					     struct ave_ports *p,
					     const struct ave_port_wish *w);
/** The port that was kept by a token for that owner, once; of w, its family,
 * time and owner. EDGE_ENOTFOUND: never kept, or not any more. */
EDGE_MUST_CHECK enum edge_err ave_ports_claim(uint16_t *port,
					      struct ave_ports *p,
					      uint64_t token,
					      const struct ave_port_wish *w);
/** A taken port; nobody gets it before free_ms; 0: at once. */
void ave_ports_give(struct ave_ports *p, uint8_t family, uint16_t port,
		    uint64_t free_ms);
/** Is it one of the range that nobody has? */
bool ave_ports_is_idle(const struct ave_ports *p, uint8_t family,
		       uint16_t port);
size_t ave_ports_count(const struct ave_ports *p); /* taken */

#endif
