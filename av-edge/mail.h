/* What the control thread hands a worker: whole messages, never shared. */
#ifndef AV_EDGE_MAIL_H
#define AV_EDGE_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

struct ave_outlook;
struct edge_tls;

/* Server sockets, one each a worker. */
enum ave_door_kind {
	AVE_DOOR_OUTSIDE_UDP,
	AVE_DOOR_INSIDE_UDP,
	AVE_DOOR_OUTSIDE_TCP,
	AVE_DOOR_INSIDE_TCP,
	/* the same on IPv6 beside IPv4, when there is such an address */
	AVE_DOOR_OUTSIDE_UDP6,
	AVE_DOOR_INSIDE_UDP6,
	AVE_DOOR_OUTSIDE_TCP6,
	AVE_DOOR_INSIDE_TCP6,
	AVE_DOORS
};

/* What is new; the rest stays as it was. */
struct ave_mail {
	struct ave_outlook *outlook; /* or NULL */
	int fds[AVE_DOORS];	     /* doors that moved; else -1 */
	struct edge_tls *tls;	     /* with has_tls; held, or NULL: none */
	bool has_tls;
	/* UDP doors that go back to where they were; family 0: they do not */
	struct edge_addr back[AVE_DOORS];
	bool ends[AVE_DOORS]; /* doors that are no more, before fds are taken */
	uint32_t moves;	      /* the number of the move that fds are of; or 0 */
	bool ends_old; /* doors that moved before this mail are not used */
};

struct ave_mail *ave_mail_new(void); /* NULL: no memory */
/** What is in later replaces what is in m; later is freed. */
void ave_mail_merge(struct ave_mail *m, struct ave_mail *later);
void ave_mail_free(void *mail); /* and all it still holds; NULL is fine */

#endif
