/* What a shard is started with, and how it takes that over. */
#include <string.h>
#include <unistd.h>

#include "access-edge/route_token.h"
#include "access-edge/shard_mail.h"
#include "common/crypto.h"
#include "common/tls.h"

void acc_shard_plan_drop(struct acc_shard_plan *p)
{
	for (int k = 0; k < ACC_LISTEN_KINDS; k++) {
		if (p->fds[k] >= 0)
			close(p->fds[k]);
		p->fds[k] = -1;
		if (p->tls[k])
			edge_tls_drop(p->tls[k]);
		p->tls[k] = NULL;
	}
	if (p->tls_out)
		edge_tls_drop(p->tls_out);
	p->tls_out = NULL;
	if (p->tls_partner)
		edge_tls_drop(p->tls_partner);
	p->tls_partner = NULL;
	acc_route_keys_free(p->keys);
	p->keys = NULL;
	topo_drop(p->topo);
	p->topo = NULL;
}

/* All but the sockets, which go to the listeners. */
void acc_shard_take_plan(struct acc_shard *s, struct acc_shard_plan *p)
{
	uint8_t key[16];

	edge_random(key, sizeof(key));
	edge_quiet_init(&s->quiet, key);
	s->index = p->index;
	s->shared = p->shared;
	s->keys = p->keys;
	s->options = acc_mail_copy_options(&p->shared->options);
	s->view = (struct acc_view){p->topo, p->keys, p->shared->boot,
				    s->options, 0};
	memcpy(s->tls, p->tls, sizeof(s->tls));
	s->tls_out = p->tls_out;
	s->tls_partner = p->tls_partner;
	atomic_store(&s->gauges.topology_seq, p->topo->seq);
	p->keys = NULL;
	p->topo = NULL;
	memset(p->tls, 0, sizeof(p->tls));
	p->tls_out = NULL;
	p->tls_partner = NULL;
}
