/* doctor, family SVC: every member of the next hop, asked as access-edge asks
 * them. */
#include "edgectl/doctor_svc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/sock.h"
#include "edgectl/reach.h"
#include "edgectl/wire.h"

enum { ROWS = 16, PROBE_TEXT = 1200, BUDGET_MS = 6000 };

enum step { NO_ADDRESS, NO_CONNECTION, NO_TLS, NO_SIP, GOOD };

struct row {
	const char *fqdn;
	struct edge_addr at;
	int fd; /* -1: none */
	enum step step;
	enum ctl_reach reach; /* of TCP */
	char why[200], text[EDGE_ADDR_STRLEN];
};

struct hop {
	struct ctl_doctor *d;
	const struct topo_cluster *cluster;
	struct ctl_local side;
	struct row row[ROWS];
	size_t count, good;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* -- who is asked -------------------------------------------------------- */

static bool has_address(const struct topo_host *h, const struct edge_addr *at)
{
	for (size_t i = 0; i < h->addr_count; i++)
		if (edge_addr_same_ip(&h->addrs[i], at))
			return true;
	return false;
}

/* As access-edge decides: the pool's address is none of a member's. */
static bool is_balanced(const struct topo_cluster *c)
{
	for (size_t i = 0; i < c->pool.addr_count; i++)
		for (size_t m = 0; m < c->member_count; m++)
			if (has_address(&c->members[m], &c->pool.addrs[i]))
				return false;
	return c->pool.addr_count != 0;
}

static void add_row(struct hop *h, const struct topo_host *host)
{
	struct row *r = &h->row[h->count];

	if (!host->addr_count || h->count == ROWS)
		return; /* HOSTS-002 says it */
	*r = (struct row){.fqdn = host->fqdn, .at = host->addrs[0], .fd = -1};
	r->at.port = h->cluster->port;
	edge_addr_print(&r->at, r->text);
	h->count++;
}

static void list_rows(struct hop *h)
{
	const struct topo_cluster *c = h->cluster;

	if (is_balanced(c)) {
		add_row(h, &c->pool);
		return;
	}
	for (size_t i = 0; i < c->member_count; i++)
		add_row(h, &c->members[i]);
}

/* -- TCP, all at a time -------------------------------------------------- */

static void settle(struct row *r)
{
	int error = edge_sock_error(r->fd);

	r->reach = error ? ctl_reach_of(EDGE_ESYS, error) : CTL_REACHED;
	if (error)
		snprintf(r->why, sizeof(r->why), "%s%s", strerror(error),
			 ctl_reach_meaning(r->reach));
	else
		r->step = NO_TLS;
	close(r->fd);
	r->fd = -1;
}

static void dial(struct hop *h)
{
	for (size_t i = 0; i < h->count; i++) {
		struct row *r = &h->row[i];

		r->step = NO_CONNECTION;
		if (edge_sock_dial(&r->fd, &h->side.local, h->side.device,
				   &r->at)) {
			r->reach = ctl_reach_of(EDGE_ESYS, errno);
			snprintf(r->why, sizeof(r->why), "%s%s",
				 strerror(errno), ctl_reach_meaning(r->reach));
		}
	}
}

static void connect_all(struct hop *h)
{
	uint64_t now = now_ms(), end = now + CTL_SVC_MS;

	dial(h);
	for (; now < end; now = now_ms()) {
		struct pollfd p[ROWS];
		nfds_t open = 0;

		for (size_t i = 0; i < h->count; i++) {
			p[i] = (struct pollfd){h->row[i].fd, POLLOUT, 0};
			open += h->row[i].fd >= 0;
		}
		if (!open || poll(p, (nfds_t)h->count, (int)(end - now)) <= 0)
			break;
		for (size_t i = 0; i < h->count; i++)
			if (p[i].fd >= 0 && p[i].revents)
				settle(&h->row[i]);
	}
	for (size_t i = 0; i < h->count; i++) {
		if (h->row[i].fd < 0)
			continue;
		close(h->row[i].fd);
		h->row[i].fd = -1;
		h->row[i].reach = CTL_REACH_SILENT;
		snprintf(h->row[i].why, sizeof(h->row[i].why),
			 "no answer within %d s%s", CTL_SVC_MS / 1000,
			 ctl_reach_meaning(CTL_REACH_SILENT));
	}
}

/* -- TLS and SIP, one after the other ------------------------------------ */

static enum edge_err ask(struct ctl_wire *w, const struct hop *h,
			 const struct row *r, unsigned *status)
{
	const struct edge_sip_msg *m;
	char text[PROBE_TEXT], from[EDGE_ADDR_STRLEN];
	enum edge_err err;
	int len;

	edge_addr_print(ctl_wire_local(w), from);
	len = snprintf(text, sizeof(text),
		       "OPTIONS sip:%s:%u;transport=tls SIP/2.0\r\n"
		       "Via: SIP/2.0/TLS %s;branch=z9hG4bK%08x\r\n"
		       "Max-Forwards: 0\r\n"
		       "From: <sip:%s>;tag=%08x\r\n"
		       "To: <sip:%s>\r\n"
		       "Call-ID: %08x%08x\r\n"
		       "CSeq: 1 OPTIONS\r\n"
		       "Content-Length: 0\r\n\r\n",
		       r->fqdn, r->at.port, from, edge_random_u32(),
		       h->d->topo->self, edge_random_u32(), r->fqdn,
		       edge_random_u32(), edge_random_u32());
	if (len <= 0 || (size_t)len >= sizeof(text))
		return EDGE_ELIMIT;
	err = ctl_wire_send(w, edge_slice(text, (size_t)len));
	do {
		if (!err)
			err = ctl_wire_receive(w, &m);
	} while (!err && m->is_request); /* it may ask us, too */
	if (!err)
		*status = m->status;
	return err;
}

static void talk(struct hop *h, struct row *r)
{
	const struct edge_config *c = h->d->c->config;
	const struct ctl_wire_plan plan = {
		.server = r->at,
		.name = r->fqdn,
		.other = h->cluster->fqdn,
		.trust = c->trust.internal_ca,
		.chain = c->certificate[EDGE_CERT_INTERNAL].chain,
		.key = c->certificate[EDGE_CERT_INTERNAL].key,
		.local = h->side.local,
		.device = h->side.device,
		.ms = CTL_SVC_MS,
	};
	struct ctl_wire *w = NULL;
	unsigned status = 0;
	enum edge_err err;

	if (ctl_wire_open(&w, &plan, r->why, sizeof(r->why)))
		return;
	r->step = NO_SIP;
	err = ask(w, h, r, &status);
	if (err == EDGE_ECLOSED) {
		/* with TLS 1.3 a refused certificate is told late */
		r->step = NO_TLS;
		snprintf(r->why, sizeof(r->why),
			 "closed at once: it does not accept our certificate, "
			 "or does not know us");
	} else if (err)
		snprintf(r->why, sizeof(r->why), "OPTIONS: %s",
			 edge_err_str(err));
	else
		r->step = GOOD;
	if (!err)
		ctl_doctor_good(h->d, "next hop %s, %s: %s, OPTIONS %u",
				r->fqdn, r->text, ctl_wire_tls(w), status);
	ctl_wire_close(w);
}

/* -- what is said -------------------------------------------------------- */

static void cure(struct hop *h, const struct row *r)
{
	struct ctl_cure *k = &h->d->cure;
	char us[EDGE_ADDR_STRLEN];

	edge_addr_print_ip(&h->side.local, true, us);
	switch (r->step) {
	case NO_CONNECTION:
		if (r->reach != CTL_REACH_REFUSED)
			ctl_cure_add(k, CTL_ON_FIREWALL,
				     "allow tcp %s -> %s out", us, r->text);
		if (r->reach != CTL_REACH_NO_WAY)
			ctl_cure_add(k, CTL_ON_INSIDE,
				     "on %s: Start-CsWindowsService RTCSRV",
				     r->fqdn);
		break;
	case NO_TLS:
		ctl_cure_add(k, CTL_ON_INSIDE,
			     "on %s: Set-CsCertificate -Type Default, one that "
			     "names %s and %s, of the authority that both "
			     "sides trust",
			     r->fqdn, h->cluster->fqdn, r->fqdn);
		break;
	case NO_SIP:
		ctl_cure_add(k, CTL_ON_INSIDE,
			     "on %s: Stop-CsWindowsService RTCSRV; "
			     "Start-CsWindowsService RTCSRV",
			     r->fqdn);
		break;
	case NO_ADDRESS:
	case GOOD:
		break;
	}
}

static void tell_one(struct hop *h, const struct row *r)
{
	static const char *const ids[] = {[NO_CONNECTION] = "SVC-005",
					  [NO_TLS] = "SVC-006",
					  [NO_SIP] = "SVC-007"};

	cure(h, r);
	ctl_doctor_bad(h->d, TOPO_WARN, ids[r->step], r->fqdn, "%s: %s",
		       r->text, r->why);
}

static void tell_all(struct hop *h)
{
	char saw[TOPO_FINDING_TEXT] = "";
	size_t len = 0;

	for (size_t i = 0; i < h->count; i++) {
		const struct row *r = &h->row[i];

		cure(h, r);
		if (len < sizeof(saw))
			len += (size_t)snprintf(saw + len, sizeof(saw) - len,
						"%s%s, %s: %s", i ? "; " : "",
						r->fqdn, r->text, r->why);
	}
	ctl_doctor_bad(h->d, TOPO_ERROR, "SVC-004", h->cluster->fqdn, "%s",
		       saw);
}

static void tell(struct hop *h)
{
	for (size_t i = 0; i < h->count; i++)
		h->good += h->row[i].step == GOOD;
	if (!h->good) {
		tell_all(h);
		return;
	}
	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].step != GOOD)
			tell_one(h, &h->row[i]);
}

/* With a certificate of ours that is bad each of them says no, and CRT says
 * why; the same holds for a way that is not there. */
void ctl_svc_next_hop(struct ctl_doctor *d)
{
	struct hop h = {.d = d, .cluster = topo_next_hop(d->topo)};
	const char *key = d->c->config->certificate[EDGE_CERT_INTERNAL].key;
	/* a key that is no file is one that systemd keeps for the services */
	const bool is_mute = d->bad_certificates & 1U << EDGE_CERT_INTERNAL ||
			     (key && *key != '/');
	uint64_t end = now_ms() + BUDGET_MS;

	if (d->is_way_in_bad || d->is_next_hop_blocked)
		return;
	ctl_local_inside(&h.side, d);
	if (!h.side.is_here)
		return;
	list_rows(&h);
	connect_all(&h);
	for (size_t i = 0; i < h.count; i++) {
		if (h.row[i].step != NO_TLS)
			continue;
		if (is_mute)
			h.row[i].step = GOOD;
		else if (now_ms() < end)
			talk(&h, &h.row[i]);
		else
			snprintf(h.row[i].why, sizeof(h.row[i].why),
				 "not asked: the others took too long");
	}
	if (h.count)
		tell(&h);
}
