/* A challenge that somebody else wrote. */
#include <stdlib.h>
#include <string.h>

#include "edgectl/digest_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct ctl_digest d = {"user", "password", "REGISTER",
				     "sip:contoso.com", "00112233"};
	char out[512];

	if (!ctl_digest_answer(out, sizeof(out), &d, edge_slice(data, len)) &&
	    (strlen(out) >= sizeof(out) || strncmp(out, "Digest ", 7) != 0))
		abort();
	return 0;
}
