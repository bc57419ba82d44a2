/* What shards hand each other: whole messages, never shared memory. */
#include "access-edge/mail.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access-edge/route_token.h"
#include "access-edge/view.h"
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

struct acc_options *acc_mail_copy_options(const struct acc_options *o)
{
	size_t len = o->proxy_require ? strlen(o->proxy_require) + 1 : 0;
	struct acc_options *copy = malloc(sizeof(*copy) + len);

	if (!copy)
		return NULL;
	*copy = *o;
	if (len) {
		char *text = (char *)(copy + 1);

		memcpy(text, o->proxy_require, len);
		copy->proxy_require = text;
	}
	return copy;
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
	if (m->tls_partner)
		edge_tls_drop(m->tls_partner);
	acc_route_keys_free(m->keys);
	free(m->options);
	free(m);
}
