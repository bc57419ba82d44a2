/* Which negotiation a partner's settings allow; AE 6.2. */
#include "access-edge/xmpp_mode.h"

enum { MODES = TOPO_XMPP_NOT_SUPPORTED + 1 };

/* Rows and columns of AE 6.2: TlsNegotiation, SaslNegotiation, dialback no and
 * yes. Where SASL must be, TLS must be too: EXTERNAL is by certificate. */
static const struct acc_xmpp_mode modes[MODES][MODES][2] =
	{
		[TOPO_XMPP_REQUIRED] =
			{
				[TOPO_XMPP_REQUIRED] = {{true, true, true,
							 false, false},
							{true, true, true,
							 false, false}},
				[TOPO_XMPP_OPTIONAL] = {{true, true, true,
							 false, false},
							{true, true, true, true,
							 false}},
				[TOPO_XMPP_NOT_SUPPORTED] =
					{{false, false, false, false, false},
					 {true, true, false, true, false}},
			},
		[TOPO_XMPP_OPTIONAL] =
			{
				[TOPO_XMPP_REQUIRED] = {{true, true, true,
							 false, false},
							{true, true, true,
							 false, false}},
				[TOPO_XMPP_OPTIONAL] = {{true, true, true,
							 false, false},
							{true, false, true,
							 true, false}},
				[TOPO_XMPP_NOT_SUPPORTED] =
					{{false, false, false, false, false},
					 {true, false, false, true, false}},
			},
		[TOPO_XMPP_NOT_SUPPORTED] =
			{
				[TOPO_XMPP_REQUIRED] = {{false, false, false,
							 false, false},
							{false, false, false,
							 false, false}},
				[TOPO_XMPP_OPTIONAL] = {{false, false, false,
							 false, false},
							{false, false, false,
							 true, true}},
				[TOPO_XMPP_NOT_SUPPORTED] =
					{{false, false, false, false, false},
					 {false, false, false, true, true}},
			},
};

struct acc_xmpp_mode acc_xmpp_mode_of(enum topo_xmpp_mode tls,
				      enum topo_xmpp_mode sasl, bool dialback)
{
	if ((unsigned)tls >= MODES || (unsigned)sasl >= MODES)
		return (struct acc_xmpp_mode){0};
	return modes[tls][sasl][dialback];
}

struct acc_xmpp_mode acc_xmpp_mode_unknown(void)
{
	return (struct acc_xmpp_mode){.tls = true, .tls_required = true};
}

bool acc_xmpp_mode_is_possible(const struct acc_xmpp_mode *m)
{
	return m->external || m->dialback;
}
