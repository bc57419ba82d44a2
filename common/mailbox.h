/* Whole messages from any thread to one: bounded ring and eventfd. */
#ifndef COMMON_MAILBOX_H
#define COMMON_MAILBOX_H

#include <stddef.h>

#include "common/err.h"

struct edge_loop;
struct edge_mailbox;

/**
 * @param loop  NULL: the owner has a loop of its own kind; it waits until
 *              edge_mailbox_fd is readable and calls edge_mailbox_take
 * @param fn    called on the owner's loop, once a message; it owns msg
 * @param drop  frees a message that is never delivered
 * @param cap   messages held at most (a power of two, 2 or more; else
 *              EDGE_ERANGE)
 */
EDGE_MUST_CHECK enum edge_err
edge_mailbox_new(struct edge_mailbox **out, struct edge_loop *loop, size_t cap,
		 void (*fn)(void *msg, void *arg), void (*drop)(void *msg),
		 void *arg);
/** On the loop's thread, when nobody posts any more; NULL is fine. */
void edge_mailbox_free(struct edge_mailbox *m);
/** Any thread. EDGE_ELIMIT when full: the caller keeps msg. Messages of one
 * thread arrive in order. One system call when the mailbox was empty. */
EDGE_MUST_CHECK enum edge_err edge_mailbox_post(struct edge_mailbox *m,
						void *msg);
/** For an owner without an edge_loop; never read by it. */
int edge_mailbox_fd(const struct edge_mailbox *m);
/** Hands out what is there, at most a full ring; then it is readable again. */
void edge_mailbox_take(struct edge_mailbox *m);

#endif
