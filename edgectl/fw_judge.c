/* Is there a filter; then its parts. */
#include "edgectl/fw_judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "edgectl/fw_parts.h"
#include "edgectl/render.h"

static void print_place(char out[CTL_FW_TEXT], const struct ctl_nft_place *at)
{
	char handle[40] = "";

	if (at->handle)
		(void)snprintf(handle, sizeof(handle), " handle %lld",
			       at->handle);
	(void)snprintf(out, CTL_FW_TEXT, "%.60s %.120s %.120s%s", at->family,
		       at->table, at->chain, handle);
}

struct ctl_fw_finding *ctl_fw_find(struct ctl_fw_maker *m,
				   const struct ctl_fw_kind *k,
				   const struct ctl_nft_place *at)
{
	char place[CTL_FW_TEXT];

	print_place(place, at);
	for (size_t i = 0; i < m->report->findings; i++) {
		struct ctl_fw_finding *f = &m->report->finding[i];

		if (!strcmp(f->id, k->id) && !strcmp(f->verb, k->verb) &&
		    !strcmp(f->place, place))
			return f;
	}
	return NULL;
}

struct ctl_fw_finding *ctl_fw_found(struct ctl_fw_maker *m,
				    const struct ctl_fw_kind *k,
				    const struct ctl_nft_place *at)
{
	struct ctl_fw_finding *f = &m->report->finding[m->report->findings];

	if (m->report->findings == CTL_FW_FINDINGS) {
		m->report->left_out++;
		return NULL;
	}
	m->report->findings++;
	*f = (struct ctl_fw_finding){
		.id = k->id, .verb = k->verb, .level = k->level};
	print_place(f->place, at);
	return f;
}

void ctl_fw_good(struct ctl_fw_maker *m, const char *fmt, ...)
{
	struct ctl_fw_report *r = m->report;
	va_list ap;

	if (r->goods == CTL_FW_GOODS)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(r->good[r->goods++], CTL_FW_TEXT, fmt, ap);
	va_end(ap);
}

void ctl_fw_join(char *list, size_t cap, const char *word)
{
	size_t len = strlen(list), n = strlen(word);
	const char *at = list;

	while ((at = strstr(at, word))) { /* is it there, as a whole? */
		if (!at[n] || at[n] == ',')
			return;
		at += n;
	}
	if (len + n + 3 < cap)
		(void)snprintf(list + len, cap - len, "%s%s", len ? ", " : "",
			       word);
}

void ctl_fw_cure_ours(const struct ctl_fw_maker *m, struct ctl_cure *k)
{
	const char *manage = m->view->manage;

	if (k->count)
		return;
	ctl_cure_add(k, CTL_ON_EDGE, "mkdir -p /etc/nftables.d");
	ctl_cure_add(
		k, CTL_ON_EDGE,
		"edgectl topology render nftables %s%s%s--out " CTL_NFT_FILE,
		manage ? "--manage '" : "", manage ? manage : "",
		manage ? "' " : "");
	ctl_cure_add(k, CTL_ON_EDGE, "nft -f " CTL_NFT_FILE);
	ctl_fw_cure_boot(m, k);
}

bool ctl_fw_is_ours(const struct ctl_nft_place *at)
{
	return !strcmp(at->family, "inet") && !strcmp(at->table, "lync_edge");
}

static void tell_none(struct ctl_fw_maker *m)
{
	static const struct ctl_fw_kind none = {"FW-001", "", TOPO_WARN};
	const struct ctl_nft_place at = {
		.family = "inet", .table = "lync_edge", .chain = "input"};
	struct ctl_fw_finding *f = ctl_fw_found(m, &none, &at);

	(void)snprintf(f->saw, sizeof(f->saw),
		       "no packet filter in force: nothing on this host keeps "
		       "strangers from any listening port");
	ctl_fw_cure_ours(m, &f->cure);
}

void ctl_fw_judge(struct ctl_fw_report *r, const struct ctl_fw_view *v)
{
	struct ctl_fw_maker m = {.report = r, .view = v};

	*r = (struct ctl_fw_report){0};
	if (!ctl_nft_has_hook(v->nft, CTL_NFT_INPUT)) {
		tell_none(&m);
		return;
	}
	ctl_ports_of(&m.rows, v->topo, v->config);
	ctl_fw_owns_of(&m);
	m.port_total = ctl_nft_ports(v->nft, m.ports, CTL_FW_PORTS);
	m.port_count =
		m.port_total < CTL_FW_PORTS ? m.port_total : CTL_FW_PORTS;
	ctl_fw_blocked(&m);
	ctl_fw_open(&m);
	ctl_fw_forward(&m);
	ctl_fw_boot(&m);
	if (r->left_out)
		ctl_fw_cure_ours(&m, &r->all);
}
