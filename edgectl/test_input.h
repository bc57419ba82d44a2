/* Who a test signs in as, and where: options turned into values. */
#ifndef EDGECTL_TEST_INPUT_H
#define EDGECTL_TEST_INPUT_H

#include "common/addr.h"
#include "edgectl/ctl.h"
#include "topology/topology.h"

struct ctl_person {
	const char *role; /* "user": the options' first word */
	const char *aor;  /* as given, then "sip:..." */
	const char *given_name, *password_file;
	const char *location; /* "internet", "intranet" or "both" */
	char uri[256], name[128], password[256]; /* filled by check */
};

/** Complete, and the password read: the first line of a file, or of the
 * standard input for "-". What is wrong is reported. */
enum ctl_exit ctl_person_check(struct ctl *c, struct ctl_person *p);
void ctl_person_fini(struct ctl_person *p); /* wipes */
/** An address; an inside name as the topology has it; any other name by the
 * system's resolver, IPv4 first. */
bool ctl_input_resolve(struct edge_addr *out, const char *host, uint16_t port,
		       const struct topo *t);
/** given is HOST[:PORT]; NULL: the Access Edge of the topology. */
bool ctl_input_server(struct edge_addr *out, const char *given,
		      const struct topo *t);

#endif
