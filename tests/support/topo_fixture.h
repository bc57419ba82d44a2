/* The world of the SIP vectors as a hand-made snapshot. */
#ifndef TESTS_SUPPORT_TOPO_FIXTURE_H
#define TESTS_SUPPORT_TOPO_FIXTURE_H

#include "topology/topology.h"

/** edge01.contoso.net, alone in edgepool.contoso.net, public name
 * sip.contoso.com; next hop dirpool.contoso.net (dir01, dir02), Registrar
 * fepool.contoso.net (fe01, fe02); SIP domain contoso.com with its
 * sub-domains of litware.com. A value: change the copy as a test needs. */
struct topo topo_fixture(void);

/** The same edge in a pool of two: edge02.contoso.net is the other. */
struct topo topo_fixture_pool(void);

#endif
