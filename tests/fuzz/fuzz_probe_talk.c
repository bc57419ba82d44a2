/* What strangers answer to a probe: the first byte says on what. */
#include <stdlib.h>
#include <string.h>

#include "edgectl/probe_talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct ctl_probe_ask ask = {.domain = "contoso.com",
					  .host = "sip.contoso.com",
					  .id = "0123456789abcde"};
	struct ctl_probe_heard heard = {0};
	enum ctl_probe_verdict v;

	if (!len)
		return 0;
	v = ctl_probe_judge(&heard, (enum ctl_probe_talk)(*p % CTL_PROBE_TALKS),
			    &ask, edge_slice(p + 1, len - 1));
	if ((v != CTL_PROBE_MORE) != (*heard.text != '\0'))
		abort();
	for (const char *c = heard.text; *c; c++)
		if (*c < ' ' || *c > '~')
			abort();
	return 0;
}
