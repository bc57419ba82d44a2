/* Workers on loopback, and who talks to them. */
#include "tests/unit/av-edge/worker_world.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/sockets.h"
#include "common/sock.h"
#include "tests/support/suite.h"

struct ave_house house;
struct ave_worker *worker[2];
struct edge_addr udp_at, tcp_at;
uint64_t first_allocate_ms;

struct ave_outlook *outlook(bool is_draining)
{
	struct ave_outlook *o = calloc(1, sizeof(*o));
	const struct edge_limit_row *rows = ave_config_rows.limits;

	ck_assert_ptr_nonnull(o);
	for (int i = 0; i < AVE_LIMIT_COUNT; i++)
		o->view.limits[i] = rows[i].def;
	o->view.limits[AVE_LIMIT_CONNECTIONS_PER_SOURCE] = 3;
	o->view.limits[AVE_LIMIT_OUT_QUEUE] = OUT_QUEUE;
	if (first_allocate_ms)
		o->view.limits[AVE_LIMIT_FIRST_ALLOCATE_MS] = first_allocate_ms;
	o->view.limits[AVE_LIMIT_HANDSHAKE_RATE] = 1;
	o->view.limits[AVE_LIMIT_STALL_MS] = 300000; /* never */
	o->view.has_rfc = true;
	o->view.is_draining = is_draining;
	outlooks++;
	return o;
}

struct edge_addr name_of(int fd)
{
	struct edge_addr own, other;

	edge_sock_names(fd, &own, &other);
	return own;
}

void start(unsigned i, enum ave_batch_kind kind)
{
	struct ave_worker_plan p = {
		.index = i, .house = &house, .outlook = outlook(false)};
	struct ave_place at = {.at = udp_at, .device = "lo"};

	for (int k = 0; k < AVE_DOORS; k++)
		p.fds[k] = -1;
	ck_assert_int_eq(ave_batch_new(&p.batch, kind, 64), EDGE_OK);
	ck_assert_int_eq(
		ave_socket_udp(&p.fds[AVE_DOOR_OUTSIDE_UDP], &at, true, 65536),
		EDGE_OK);
	udp_at = name_of(p.fds[AVE_DOOR_OUTSIDE_UDP]);
	ck_assert_int_eq(edge_sock_listen(&p.fds[AVE_DOOR_OUTSIDE_TCP], &tcp_at,
					  "lo", true),
			 EDGE_OK);
	tcp_at = name_of(p.fds[AVE_DOOR_OUTSIDE_TCP]);
	ck_assert_int_eq(ave_worker_start(&worker[i], &p), EDGE_OK);
	ck_assert_ptr_null(p.outlook);
	ck_assert_int_eq(p.fds[AVE_DOOR_OUTSIDE_UDP], -1);
}

enum ave_batch_kind kind_of(int i)
{
	return i ? AVE_BATCH_AUTO : AVE_BATCH_EPOLL;
}

void worker_set_up(void)
{
	memset(&house, 0, sizeof(house));
	house.worker_count = 2;
	ck_assert_int_eq(ave_stats_new(&house.stats, 2), EDGE_OK);
	udp_at = tcp_at = local(0);
	worker[0] = worker[1] = NULL;
	gone = looks = fulls = closed_peers = 0;
	copies = 1;
}

void worker_tear_down(void)
{
	for (int i = 0; i < 2; i++)
		ave_worker_stop(worker[i]);
	ck_assert_int_eq(relays, 0);
	ck_assert_int_eq(outlooks, 0);
	ck_assert_int_eq(entered, 0);
	ck_assert_uint_eq(house.stream_count, 0);
	edge_stats_free(house.stats);
}

int client(void)
{
	struct sockaddr_storage sa;
	struct edge_addr any = local(0);
	socklen_t len = edge_addr_to_sockaddr(&any, &sa);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	len = edge_addr_to_sockaddr(&udp_at, &sa);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, len), 0);
	return fd;
}

void connect_to_door(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(&tcp_at, &sa);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sa, len), 0);
}

int stream(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	connect_to_door(fd);
	return fd;
}

uint16_t free_port(int type)
{
	struct sockaddr_storage sa;
	struct edge_addr at = local(0);
	socklen_t len = edge_addr_to_sockaddr(&at, &sa);
	int fd = socket(AF_INET, type, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	at = name_of(fd);
	close(fd);
	return at.port;
}

bool patient(bool (*is_so)(void))
{
	for (int i = 0; i < WAIT_MS / 10; i++) {
		if (is_so())
			return true;
		(void)poll(NULL, 0, 10);
	}
	return false;
}
