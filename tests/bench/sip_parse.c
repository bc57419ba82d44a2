/* Prints the time to frame, parse, edit and print one message [ns], the
 * fastest of many rounds: others on the machine do not count. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/sip/edit.h"
#include "common/sip/frame.h"

enum { ROUNDS = 200000 };

static const char sample[] =
	"MESSAGE sip:bob@contoso.com;opaque=user:epid:-gLwenLTVVqy;gruu "
	"SIP/2.0\r\n"
	"Via: SIP/2.0/tls 192.0.2.10:50012;branch=z9hG4bK3D1A00F2AC41B7E6\r\n"
	"From: <sip:alice@contoso.com>;tag=6617382265;epid=c8ca638a15aa\r\n"
	"To: <sip:bob@contoso.com>;tag=7aee15546a;epid=3102EB8BD1\r\n"
	"Max-Forwards: 70\r\n"
	"CSeq: 2 MESSAGE\r\n"
	"User-Agent: UCCAPI/15.0.0.0 OC/15.0.0.0\r\n"
	"Call-ID: 11FBg7C2EaB0A0i90Cm2D7Et0E8Bb6D01x7F3Ax\r\n"
	"Route: <sip:sip.contoso.com:443;transport=tls;opaque=state:Ci.R2A00;"
	"lr;ms-route-sig=k1.4OmxCX5tRllnhZw_-me8LQ>;tag=0C11D2\r\n"
	"Route: <sip:fepool.contoso.net:5061;transport=tls;lr>\r\n"
	"Contact: <sip:alice@contoso.com;opaque=user:epid:21nYNIVlkV;gruu>\r\n"
	"Supported: ms-sender\r\n"
	"Ms-Conversation-ID: f3b2a\r\n"
	"Content-Type: text/plain; charset=UTF-8\r\n"
	"Content-Length: 12\r\n"
	"\r\n"
	"Hello world.";

static const struct edge_sip_frame_limits limits = {32768, 16384, 200,	 40,
						    20,	   20,	  131072};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double least(double a, double b)
{
	return a == 0 || b < a ? b : a;
}

struct times {
	double frame, parse, edit, print;
};

/* What a proxy does to a message of a user (AE 2.4). */
static void edit(struct edge_sip_edit *e, const struct edge_sip_msg *m)
{
	const int via = edge_sip_find(m, EDGE_SIP_VIA, 0);

	edge_sip_edit_begin(e, m);
	edge_sip_edit_before(e, via,
			     "Via: SIP/2.0/TLS %s:%u;branch=z9hG4bK%08X.%s;"
			     "branched=FALSE",
			     "172.25.33.10", 60539u, 0x5c0d7711u,
			     "0A91E4B7C2D3F805");
	edge_sip_edit_put(e, m->via.text.end,
			  ";received=%s;ms-received-port=%u;ms-received-cid=%X",
			  "198.51.100.77", 41833u, 0x2a00u);
	edge_sip_edit_replace(e, edge_sip_find(m, EDGE_SIP_MAX_FORWARDS, 0),
			      "Max-Forwards: %d", m->max_forwards - 1);
	edge_sip_edit_delete(e, edge_sip_find(m, EDGE_SIP_ROUTE, 0));
	edge_sip_edit_delete_all(e, EDGE_SIP_MS_TRUST);
	edge_sip_edit_append(e, "ms-edge-proxy-message-trust: "
				"ms-source-type=InternetUser;"
				"ms-ep-fqdn=edgepool.contoso.net;"
				"ms-source-verified-user=verified");
}

static size_t round_trip(struct edge_sip_arena *a, struct edge_sip_edit *e,
			 struct edge_sip_msg *m, struct times *t)
{
	struct edge_slice in = edge_slice(sample, sizeof(sample) - 1), out;
	struct edge_sip_framer f = {0};
	struct edge_sip_frame frame;
	const double start = now_ns();
	double framed, parsed, edited;

	if (edge_sip_frame_next(&f, &limits, in, &frame))
		return 0;
	framed = now_ns();
	if (edge_sip_msg_parse(m, a, frame.msg, frame.head_len))
		return 0;
	parsed = now_ns();
	edit(e, m);
	edited = now_ns();
	if (edge_sip_edit_print(e, &out))
		return 0;
	t->print = least(t->print, now_ns() - edited);
	t->frame = least(t->frame, framed - start);
	t->parse = least(t->parse, parsed - framed);
	t->edit = least(t->edit, edited - parsed);
	return edge_slice_len(out);
}

int main(void)
{
	struct edge_sip_msg *m = malloc(sizeof(*m));
	struct edge_sip_arena *a;
	struct edge_sip_edit *e;
	struct times t = {0};
	size_t len = 0;

	if (!m || edge_sip_arena_new(&a) || edge_sip_edit_new(&e))
		return EXIT_FAILURE;
	for (int i = 0; i < ROUNDS; i++) {
		len = round_trip(a, e, m, &t);
		if (len == 0)
			return EXIT_FAILURE;
	}
	printf("%zu bytes in, %zu out, ns a message: frame %.0f, parse %.0f, "
	       "edit %.0f, print %.0f, all %.0f\n",
	       sizeof(sample) - 1, len, t.frame, t.parse, t.edit, t.print,
	       t.frame + t.parse + t.edit + t.print);
	edge_sip_edit_free(e);
	edge_sip_arena_free(a);
	free(m);
	return EXIT_SUCCESS;
}
