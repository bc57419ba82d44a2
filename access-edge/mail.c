/* What shards hand each other: whole messages, never shared memory. */
#include "access-edge/mail.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/route_token.h"
#include "common/tls.h"

struct acc_mail *acc_mail_new(enum acc_mail_kind kind, struct edge_slice bytes)
{
	size_t len = edge_slice_len(bytes);
	struct acc_mail *m = malloc(sizeof(*m) + len);

	if (!m)
		return NULL;
	*m = (struct acc_mail){.kind = kind, .len = len};
	for (int i = 0; i < ACC_LISTEN_KINDS; i++)
		m->fds[i] = -1;
	if (len)
		memcpy(m->bytes, bytes.p, len);
	return m;
}

void acc_mail_free(void *mail)
{
	struct acc_mail *m = mail;

	if (!m)
		return;
	if (m->topo)
		topo_drop(m->topo);
	for (int i = 0; i < ACC_LISTEN_KINDS; i++) {
		if (m->fds[i] >= 0)
			close(m->fds[i]);
		if (m->tls[i])
			edge_tls_drop(m->tls[i]);
	}
	if (m->tls_out)
		edge_tls_drop(m->tls_out);
	acc_route_keys_free(m->keys);
	free(m);
}
