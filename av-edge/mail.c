/* What the control thread hands a worker: whole messages, never shared. */
#include "av-edge/mail.h"

#include <stdlib.h>
#include <unistd.h>

#include "av-edge/outlook.h"
#include "common/tls.h"

struct ave_mail *ave_mail_new(void)
{
	struct ave_mail *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
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
	ave_outlook_free(m->outlook);
	edge_tls_drop(m->tls);
	free(m);
}

static void take_outlook(struct ave_outlook **mine, struct ave_outlook **theirs)
{
	struct ave_outlook *old = *mine;

	if (!*theirs)
		return;
	*mine = *theirs;
	*theirs = old;
}

void ave_mail_merge(struct ave_mail *m, struct ave_mail *later)
{
	take_outlook(&m->outlook, &later->outlook);
	if (later->has_tls) {
		struct edge_tls *old = m->tls;

		m->has_tls = true;
		m->tls = later->tls;
		later->tls = old;
	}
	for (int i = 0; i < AVE_DOORS; i++)
		if (later->fds[i] >= 0) {
			int old = m->fds[i];

			m->fds[i] = later->fds[i];
			later->fds[i] = old;
		}
	for (int i = 0; i < AVE_DOORS; i++) {
		if (later->back[i].family)
			m->back[i] = later->back[i];
		m->ends[i] |= later->ends[i];
	}
	if (later->moves)
		m->moves = later->moves;
	m->ends_old |= later->ends_old;
	ave_mail_free(later);
}
