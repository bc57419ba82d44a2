/* SRV and address of one name, asked of a server on loopback. */
#include "tests/unit/access-edge/xmpp_far.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/dns.h"

static bool is_inside(struct edge_slice name, void *arg)
{
	(void)arg;
	return topo_is_inside_name(&xmpp_topo, name);
}

void xmpp_far_open(struct xmpp_far *f)
{
	struct edge_dns_plan p = {.loop = core.loop,
				  .resolv = f->resolv,
				  .is_lab = true,
				  .is_inside = is_inside};
	const struct edge_addr at = xmpp_listen(&f->listener);
	FILE *file;
	int fd;

	snprintf(f->srv, sizeof(f->srv), "0 0 %u xmpp.fabrikam.com", at.port);
	f->rows[0] = (struct fake_dns_row){"_xmpp-server._tcp.fabrikam.com", 33,
					   0, 300, f->srv};
	f->rows[1] = (struct fake_dns_row){"xmpp.fabrikam.com", 1, 0, 300,
					   "127.0.0.1"};
	f->dns = fake_dns_start(f->rows, 2);
	snprintf(f->resolv, sizeof(f->resolv), "/tmp/test_xmpp_far.XXXXXX");
	fd = mkstemp(f->resolv);
	ck_assert_int_ge(fd, 0);
	file = fdopen(fd, "w");
	fprintf(file, "nameserver 127.0.0.1:%u\n", fake_dns_port(f->dns));
	fclose(file);
	ck_assert_int_eq(edge_dns_new(&core.dns, &p), EDGE_OK);
	/* what is ours is not dialled: the edge is elsewhere in these tests */
	xmpp_topo.listen[TOPO_PORT_XMPP_OUTSIDE].addr.family = 0;
}

void xmpp_far_close(struct xmpp_far *f)
{
	if (!f->dns)
		return;
	if (f->listener >= 0) /* not gone in the test */
		close(f->listener);
	fake_dns_stop(f->dns);
	unlink(f->resolv);
	*f = (struct xmpp_far){0};
}
