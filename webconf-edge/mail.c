/* What the desk and the shards hand each other: whole messages. */
#include "webconf-edge/mail.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/conn.h"
#include "common/tls.h"

void wce_keys_free(struct psom_keys *k)
{
	if (!k)
		return;
	psom_keys_fini(k);
	free(k);
}

struct wce_mail *wce_mail_new(enum wce_mail_kind kind, edge_handle client)
{
	struct wce_mail *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->kind = kind;
	m->client = client;
	for (int f = 0; f < WCE_FAMILIES; f++)
		m->fd[f] = -1;
	return m;
}

void wce_mail_free(void *mail)
{
	struct wce_mail *m = mail;

	if (!m)
		return;
	edge_conn_close(m->leg);
	if (m->topo)
		topo_drop(m->topo);
	for (int f = 0; f < WCE_FAMILIES; f++)
		if (m->fd[f] >= 0)
			close(m->fd[f]);
	if (m->tls)
		edge_tls_drop(m->tls);
	wce_keys_free(m->keys);
	free(m);
}
