/* A TLS end for benches: non-blocking, buffered, on one epoll. */
#ifndef TESTS_BENCH_PEER_H
#define TESTS_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_peer;
struct bench_loop;

struct bench_tls {
	const char *ca; /* what the other end is checked with, or NULL */
	const char *chain, *key; /* our own, or NULL */
	const char *suite;	 /* of TLS 1.3; NULL: AES-128 */
	bool is_client;
	bool keeps_ticket; /* a client's last one, see bench_loop_resume */
};

/* Bytes have arrived: returns how many were used. len 0: handshake done, or a
 * session ticket has come. */
typedef size_t bench_peer_fn(struct bench_peer *p, const char *in, size_t len);
typedef void bench_lost_fn(struct bench_peer *p);

/* A bench ends by exit(); only what comes and goes during it is freed. */
struct bench_loop *bench_loop_new(const struct bench_tls *tls,
				  bench_peer_fn *fn, bench_lost_fn *lost);
/** Other ends on the epoll of first, whose turns are theirs too. */
struct bench_loop *bench_loop_beside(struct bench_loop *first,
				     const struct bench_tls *tls,
				     bench_peer_fn *fn, bench_lost_fn *lost);
/** All that was sent has gone: fn may send more, and says whether it did. */
typedef bool bench_drained_fn(struct bench_peer *p);
void bench_loop_on_drained(struct bench_loop *l, bench_drained_fn *fn);
/** From now on dial with the kept ticket, or without; false: there is none. */
bool bench_loop_resume(struct bench_loop *l, bool resumes);
void bench_loop_listen(struct bench_loop *l, const char *ip, unsigned port);
/** One wait and its events; timeout in ns, negative: for ever. */
void bench_loop_turn(struct bench_loop *l, int64_t timeout_ns);

struct bench_peer *bench_peer_dial(struct bench_loop *l, const char *from,
				   const char *to, unsigned port,
				   const char *name);
void bench_peer_send(struct bench_peer *p, const char *bytes, size_t len);
/** Write what was sent since: called by the loop after each callback. */
void bench_peer_flush(struct bench_peer *p);
/** From a callback of its own only. */
void bench_peer_close(struct bench_peer *p);
/** The same from anywhere else: it is freed at once. */
void bench_peer_drop(struct bench_peer *p);
bool bench_peer_is_resumed(const struct bench_peer *p);
/** From anywhere but a callback of its own: flush, then drained. */
void bench_peer_push(struct bench_peer *p);
void bench_loop_set_owner(struct bench_loop *l, void *owner);
void *bench_peer_owner(const struct bench_peer *p); /* its loop's */
void *bench_peer_arg(const struct bench_peer *p);
void bench_peer_set_arg(struct bench_peer *p, void *arg);
unsigned bench_peer_port(const struct bench_peer *p); /* our own */

uint64_t bench_now_ns(void);
_Noreturn void bench_die(const char *what);

#endif
