/* A response's body written; what a response may say. */
#include "av-edge/mras_xml.h"

static const struct {
	const char *text, *label;
} phrases[MRAS_PHRASES] = {
#define MRAS_PHRASE_ROW(id, text, label) [MRAS_##id] = {text, label},
	MRAS_PHRASE_MAP(MRAS_PHRASE_ROW)
#undef MRAS_PHRASE_ROW
};

const char *mras_phrase_str(enum mras_phrase p)
{
	return phrases[p].text;
}

const char *mras_phrase_label(enum mras_phrase p)
{
	return phrases[p].label;
}

static void put_text(struct edge_put *w, struct edge_slice s)
{
	for (; s.p < s.end; s.p++)
		switch (*s.p) {
		case '&':
			edge_put_str(w, "&amp;");
			break;
		case '<':
			edge_put_str(w, "&lt;");
			break;
		case '>':
			edge_put_str(w, "&gt;");
			break;
		case '"':
			edge_put_str(w, "&quot;");
			break;
		case '\t':
		case '\n':
		case '\r':
			edge_put_str(w, "&#");
			edge_put_dec(w, *s.p);
			edge_put_u8(w, ';');
			break;
		default:
			edge_put_u8(w, *s.p);
		}
}

static void put_attr(struct edge_put *w, const char *name, struct edge_slice s)
{
	if (!edge_slice_len(s))
		return;
	edge_put_u8(w, ' ');
	edge_put_str(w, name);
	edge_put_str(w, "=\"");
	put_text(w, s);
	edge_put_u8(w, '"');
}

/* RFC 4648, with padding: 1 to 3 bytes as 4 letters */
static void put_letters(struct edge_put *w, struct edge_slice s)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const size_t len = edge_slice_len(s);
	uint32_t n = (uint32_t)s.p[0] << 16;

	n |= len > 1 ? (uint32_t)s.p[1] << 8 : 0;
	n |= len > 2 ? s.p[2] : 0;
	for (unsigned i = 0; i < 4; i++)
		edge_put_u8(w, i <= len ? (uint8_t)set[n >> (18 - 6 * i) & 63]
					: '=');
}

static void put_base64(struct edge_put *w, struct edge_slice s)
{
	struct edge_slice three;

	while (edge_take(&s, 3, &three))
		put_letters(w, three);
	if (edge_slice_len(s))
		put_letters(w, s);
}

static void put_open(struct edge_put *w, const char *name)
{
	edge_put_u8(w, '<');
	edge_put_str(w, name);
	edge_put_u8(w, '>');
}

static void put_close(struct edge_put *w, const char *name)
{
	edge_put_str(w, "</");
	edge_put_str(w, name);
	edge_put_u8(w, '>');
}

static void put_number(struct edge_put *w, const char *name, uint64_t n)
{
	put_open(w, name);
	edge_put_dec(w, n);
	put_close(w, name);
}

static void put_secret(struct edge_put *w, const char *name,
		       struct edge_slice bytes)
{
	put_open(w, name);
	put_base64(w, bytes);
	put_close(w, name);
}

static void put_string(struct edge_put *w, const char *name, const char *text)
{
	put_open(w, name);
	put_text(w, edge_slice_str(text));
	put_close(w, name);
}

static void put_relay(struct edge_put *w, const struct mras_relay *r)
{
	put_open(w, "mediaRelay");
	put_string(w, "location",
		   r->location == MRAS_AT_INTRANET ? "intranet" : "internet");
	put_string(w, "hostName", r->host);
	if (r->udp)
		put_number(w, "udpPort", r->udp);
	if (r->tcp)
		put_number(w, "tcpPort", r->tcp);
	put_close(w, "mediaRelay");
}

void mras_xml_open(struct edge_put *w, const struct mras_request *r,
		   enum mras_phrase p)
{
	edge_put_str(w, "<?xml version=\"1.0\"?>\r\n<response");
	put_attr(w, "requestID", r->id);
	put_attr(w, "version", r->version);
	put_attr(w, "serverVersion", edge_slice_str("2.0"));
	put_attr(w, "to", r->to);
	put_attr(w, "from", r->from);
	put_attr(w, "reasonPhrase", edge_slice_str(mras_phrase_str(p)));
	edge_put_str(w, " xmlns=\"" MRAS_NAMESPACE "\">");
}

void mras_xml_grant(struct edge_put *w, const struct mras_grant *g)
{
	edge_put_str(w, "<credentialsResponse");
	put_attr(w, "credentialsRequestID", g->id);
	edge_put_str(w, "><credentials>");
	put_secret(w, "username", g->username);
	put_secret(w, "password", g->password);
	put_number(w, "duration", g->minutes);
	edge_put_str(w, "</credentials><mediaRelayList>");
	for (size_t i = 0; i < g->relay_count; i++)
		put_relay(w, &g->relays[i]);
	edge_put_str(w, "</mediaRelayList></credentialsResponse>");
}

void mras_xml_close(struct edge_put *w)
{
	put_close(w, "response");
}
