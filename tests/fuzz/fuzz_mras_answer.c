/* What A/V authentication answers, as edgectl reads it. */
#include <stdlib.h>

#include "edgectl/mras_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct ctl_mras_answer a;

	if (ctl_mras_decode(&a, edge_slice(data, len)))
		return 0;
	if (a.relay_count > CTL_MRAS_RELAYS ||
	    a.username_len > CTL_MRAS_SECRET ||
	    a.password_len > CTL_MRAS_SECRET)
		abort();
	return 0;
}
