/* Which negotiation a partner's settings allow; AE 6.2. */
#include "access-edge/xmpp_mode.h"

#include <stdint.h>

enum {
	MODES = TOPO_XMPP_NOT_SUPPORTED + 1,
	TLS = 1,
	ONLY_TLS = 2 | TLS,
	EXTERNAL = 4,
	DIALBACK = 8,
	SASL_ALONE = ONLY_TLS | EXTERNAL,
};

/* Rows and columns of AE 6.2: TlsNegotiation, SaslNegotiation, dialback no and
 * yes. Where SASL must be, TLS must be too: EXTERNAL is by certificate. Where
 * no TLS can be, what SASL should be does not matter. 0: topo_xmpp_is_possible
 * says no. */
/* clang-format off */
static const uint8_t modes[MODES][MODES][2] = {
	[TOPO_XMPP_REQUIRED] = {
		[TOPO_XMPP_REQUIRED] = {SASL_ALONE, SASL_ALONE},
		[TOPO_XMPP_OPTIONAL] = {SASL_ALONE, SASL_ALONE | DIALBACK},
		[TOPO_XMPP_NOT_SUPPORTED] = {0, ONLY_TLS | DIALBACK},
	},
	[TOPO_XMPP_OPTIONAL] = {
		[TOPO_XMPP_REQUIRED] = {SASL_ALONE, SASL_ALONE},
		[TOPO_XMPP_OPTIONAL] = {SASL_ALONE, TLS | EXTERNAL | DIALBACK},
		[TOPO_XMPP_NOT_SUPPORTED] = {0, TLS | DIALBACK},
	},
	[TOPO_XMPP_NOT_SUPPORTED] = {
		[TOPO_XMPP_REQUIRED] = {0, DIALBACK},
		[TOPO_XMPP_OPTIONAL] = {0, DIALBACK},
		[TOPO_XMPP_NOT_SUPPORTED] = {0, DIALBACK},
	},
};
/* clang-format on */

struct acc_xmpp_mode acc_xmpp_mode_of(enum topo_xmpp_mode tls,
				      enum topo_xmpp_mode sasl, bool dialback)
{
	unsigned m;

	if ((unsigned)tls >= MODES || (unsigned)sasl >= MODES)
		return (struct acc_xmpp_mode){0};
	m = modes[tls][sasl][dialback];
	return (struct acc_xmpp_mode){
		.tls = (m & TLS) == TLS,
		.tls_required = (m & ONLY_TLS) == ONLY_TLS,
		.external = (m & EXTERNAL) == EXTERNAL,
		.dialback = (m & DIALBACK) == DIALBACK,
	};
}

struct acc_xmpp_mode acc_xmpp_mode_unknown(void)
{
	return (struct acc_xmpp_mode){.tls = true, .tls_required = true};
}
