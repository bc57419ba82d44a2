/* Names wanted in certificates: one line a use. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "edgectl/cert_names.h"

static const char *const names[EDGE_CERT_USES] = {
	[EDGE_CERT_ACCESS] = "access",	 [EDGE_CERT_WEBCONF] = "webconf",
	[EDGE_CERT_AV_AUTH] = "av-auth", [EDGE_CERT_INTERNAL] = "internal",
	[EDGE_CERT_TURN] = "turn",
};

const char *ctl_cert_use_name(enum edge_cert_use use)
{
	return names[use];
}

bool ctl_cert_use_find(const char *name, enum edge_cert_use *use)
{
	for (unsigned i = 0; i < EDGE_CERT_USES; i++)
		if (!strcmp(names[i], name)) {
			*use = (enum edge_cert_use)i;
			return true;
		}
	return false;
}

static void add(struct ctl_cert_names *out, const char *prefix,
		const char *name)
{
	char *v;

	if (!name || !*name || out->count == CTL_CERT_NAMES_MAX)
		return;
	v = out->v[out->count];
	snprintf(v, CTL_CERT_NAME, "%s%s", prefix, name);
	for (size_t i = 0; i < out->count; i++)
		if (!strcasecmp(out->v[i], v))
			return;
	out->count++;
}

void ctl_cert_names(struct ctl_cert_names *out, enum edge_cert_use use,
		    const struct topo *t)
{
	out->count = 0;
	switch (use) {
	case EDGE_CERT_ACCESS:
		add(out, "", t->access_name);
		for (size_t i = 0; i < t->domain_count; i++)
			add(out, "sip.", t->domains[i].name);
		break;
	case EDGE_CERT_WEBCONF:
		add(out, "", t->webconf_name);
		break;
	case EDGE_CERT_TURN:
		add(out, "", t->av_name);
		break;
	case EDGE_CERT_INTERNAL:
		add(out, "", t->pool);
		add(out, "", t->self);
		break;
	case EDGE_CERT_AV_AUTH:
	case EDGE_CERT_USES:
		break;
	}
}
