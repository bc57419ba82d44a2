/* What the control thread hands a worker: whole messages, never shared. */
#include "av-edge/mail.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/tls.h"

struct ave_mail *ave_mail_new(enum ave_mail_kind kind)
{
	struct ave_mail *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->kind = kind;
	for (int i = 0; i < AVE_DOORS; i++)
		m->fds[i] = -1;
	return m;
}

void ave_mail_free(void *mail)
{
	struct ave_mail *m = mail;

	if (!m)
		return;
	for (int i = 0; i < AVE_DOORS; i++)
		if (m->fds[i] >= 0)
			close(m->fds[i]);
	ave_networks_free(&m->networks);
	edge_tls_drop(m->tls);
	topo_drop(m->topo);
	free(m);
}
