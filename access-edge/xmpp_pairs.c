/* Whom a partner's stream may speak for, and to whom. */
#include "access-edge/xmpp_pairs.h"

#include <stdio.h>
#include <string.h>

struct acc_xmpp_pair *acc_xmpp_pairs_add(struct acc_xmpp_pairs *p,
					 const char *domain, const char *own)
{
	struct acc_xmpp_pair *one;

	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->all[i].domain, domain) == 0 &&
		    strcmp(p->all[i].own, own) == 0)
			return &p->all[i];
	if (p->count == ACC_XMPP_PAIRS)
		return NULL;
	one = &p->all[p->count++];
	*one = (struct acc_xmpp_pair){0};
	snprintf(one->domain, sizeof(one->domain), "%s", domain);
	snprintf(one->own, sizeof(one->own), "%s", own);
	return one;
}

struct acc_xmpp_pair *acc_xmpp_pairs_asked(struct acc_xmpp_pairs *p,
					   edge_handle question)
{
	for (size_t i = 0; question && i < p->count; i++)
		if (p->all[i].question == question)
			return &p->all[i];
	return NULL;
}

void acc_xmpp_pairs_drop(struct acc_xmpp_pairs *p, struct acc_xmpp_pair *one)
{
	*one = p->all[--p->count];
}

const struct acc_xmpp_pair *
acc_xmpp_pairs_speaker(const struct acc_xmpp_pairs *p, const char *domain,
		       const char *own)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct acc_xmpp_pair *one = &p->all[i];

		if (one->is_proved && strcmp(one->domain, domain) == 0 &&
		    (one->is_external || strcmp(one->own, own) == 0))
			return one;
	}
	return NULL;
}
