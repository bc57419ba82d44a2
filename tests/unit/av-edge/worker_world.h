/* One or two workers on loopback with a relay that does as it is told; what the
 * suites of the worker share. */
#ifndef TESTS_UNIT_AV_EDGE_WORKER_WORLD_H
#define TESTS_UNIT_AV_EDGE_WORKER_WORLD_H

#include "av-edge/outlook.h"
#include "av-edge/worker.h"
#include "tests/unit/av-edge/worker_relay.h"

enum {
	WAIT_MS = 10000,    /* for what happens soon */
	OUT_QUEUE = 131072, /* of the workers' clients [bytes] */
};

extern struct ave_house house;
extern struct ave_worker *worker[2];
extern struct edge_addr udp_at, tcp_at; /* their doors */
extern uint64_t first_allocate_ms;	/* 0: the default */

void worker_set_up(void);
void worker_tear_down(void); /* all is given back */
struct ave_outlook *outlook(bool is_draining);
/** Worker 0 or 1, at the same doors. */
void start(unsigned i, enum ave_batch_kind kind);
enum ave_batch_kind kind_of(int i); /* of a loop: 0 epoll, else the best */

struct edge_addr name_of(int fd);
int client(void); /* a UDP socket connected to the door */
void connect_to_door(int fd);
int stream(void); /* the same by TCP */
uint16_t free_port(int type);
/** Becomes it so within ten seconds? */
bool patient(bool (*is_so)(void));

#endif
