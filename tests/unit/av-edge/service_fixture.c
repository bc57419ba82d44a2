/* What the tests of the service need: an A/V topology, settings. */
#include "tests/unit/av-edge/service_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "av-edge/limits.h"
#include "tests/support/topo_fixture.h"
#include "topology/snap.h"

#define IP4(a, b, c, d, p)                                       \
	{                                                        \
		.family = AF_INET, .ip = {a, b, c, d}, .port = p \
	}

static const struct edge_addr members[] = {IP4(203, 0, 113, 42, 0)};

/* clang-format off */
static const struct {
	enum topo_port_kind kind;
	struct topo_listen at;
	int type;
} doors[] = {
	{TOPO_PORT_AVAUTH, {true, IP4(172, 25, 33, 10, 5062), 1, "mtls"},
	 SOCK_STREAM},
	{TOPO_PORT_AV_INSIDE_TCP, {true, IP4(172, 25, 33, 10, 443), 1, "tcp"},
	 SOCK_STREAM},
	{TOPO_PORT_AV_INSIDE_UDP, {true, IP4(172, 25, 33, 10, 3478), 1, "udp"},
	 SOCK_DGRAM},
	{TOPO_PORT_AV_OUTSIDE_TCP, {true, IP4(198, 51, 100, 41, 443), 1, "tcp"},
	 SOCK_STREAM},
	{TOPO_PORT_AV_OUTSIDE_UDP, {true, IP4(198, 51, 100, 41, 3478), 1, "udp"},
	 SOCK_DGRAM},
	{TOPO_PORT_AV_RANGE, {true, IP4(198, 51, 100, 41, 50000), 10000,
			      "tcp+udp"}, 0},
};
/* clang-format on */

enum { DOORS = sizeof(doors) / sizeof(*doors) };

struct topo service_fixture_topo(void)
{
	struct topo t = topo_fixture_pool();

	for (int i = 0; i < DOORS; i++)
		t.listen[doors[i].kind] = doors[i].at;
	t.av_public = (struct edge_addr)IP4(203, 0, 113, 41, 0);
	t.av_members = members;
	t.av_member_count = 1;
	t.token_lifetime_s = 28800;
	t.access.tls_count = 1;
	return t;
}

static int free_port(struct edge_addr *at, int type)
{
	struct sockaddr_storage sa;
	socklen_t len = edge_addr_to_sockaddr(at, &sa);
	int fd = socket(at->family, type, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	ck_assert_int_eq(edge_addr_from_sockaddr(at, (struct sockaddr *)&sa),
			 EDGE_OK);
	return fd;
}

void service_fixture_loopback(struct topo *t)
{
	const struct edge_addr loopback = IP4(127, 0, 0, 1, 0);
	int held[DOORS];

	for (int i = 0; i < DOORS; i++) {
		struct edge_addr *at = &t->listen[doors[i].kind].addr;
		uint16_t port = at->port;

		*at = loopback;
		held[i] = doors[i].type ? free_port(at, doors[i].type) : -1;
		if (!doors[i].type)
			at->port = port;
	}
	for (int i = 0; i < DOORS; i++)
		if (held[i] >= 0)
			close(held[i]);
	t->internal = t->av_public = loopback;
}

const struct topo *service_fixture_snapshot(const struct topo *t)
{
	const struct topo *made = NULL;
	char why[256] = "", *text = NULL;
	size_t len = 0;
	enum edge_err err = topo_snap_encode(&text, &len, t);

	ck_assert_int_eq(err, EDGE_OK);
	err = topo_snap_decode(&made, edge_slice(text, len), t->seq, why,
			       sizeof(why));
	ck_assert_msg(err == EDGE_OK, "%s", why);
	free(text);
	return made;
}

struct edge_config *service_fixture_config(const char *text)
{
	struct edge_config *c = NULL;
	char why[256] = "";
	enum edge_err err = edge_config_parse(
		&c, edge_slice_str(text), &ave_config_rows, why, sizeof(why));

	ck_assert_msg(err == EDGE_OK, "%s", why);
	return c;
}
