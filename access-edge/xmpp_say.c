/* What we say ourselves on a stream. */
#include "access-edge/xmpp_say.h"

#include <string.h>

#include "common/crypto.h"

enum { B64_MAX = 344 /* of a domain of 254 bytes, and NUL */ };

static const char *escape_of(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\'':
		return "&#39;";
	case '"':
		return "&quot;";
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

void acc_xmpp_put_escaped(struct edge_put *w, struct edge_slice s)
{
	for (const uint8_t *p = s.p; p < s.end; p++) {
		const char *escape = escape_of(*p);

		if (escape)
			edge_put_str(w, escape);
		else
			edge_put_u8(w, *p);
	}
}

static void put_attribute(struct edge_put *w, const char *name,
			  struct edge_slice value)
{
	edge_put_str(w, " ");
	edge_put_str(w, name);
	edge_put_str(w, "='");
	acc_xmpp_put_escaped(w, value);
	edge_put_str(w, "'");
}

static void put_said(struct edge_put *w, const char *name,
		     struct edge_slice value)
{
	if (edge_slice_len(value))
		put_attribute(w, name, value);
}

void acc_xmpp_put_header(struct edge_put *w, const struct acc_xmpp_head *h)
{
	edge_put_str(w, "<?xml version='1.0'?><stream:stream "
			"xmlns='jabber:server' xmlns:stream="
			"'http://etherx.jabber.org/streams' "
			"xmlns:db='jabber:server:dialback'");
	put_said(w, "from", edge_slice_str(h->from));
	put_said(w, "to", edge_slice_str(h->to));
	put_said(w, "id", h->id);
	if (h->says_version)
		edge_put_str(w, " version='1.0'");
	edge_put_str(w, ">");
}

void acc_xmpp_put_features(struct edge_put *w,
			   const struct acc_xmpp_features *f)
{
	edge_put_str(w, "<stream:features>");
	if (f->tls)
		edge_put_str(w, f->tls_required
					? "<starttls xmlns='urn:ietf:params:"
					  "xml:ns:xmpp-tls'><required/>"
					  "</starttls>"
					: "<starttls xmlns='urn:ietf:params:"
					  "xml:ns:xmpp-tls'/>");
	if (f->external)
		edge_put_str(w, "<mechanisms xmlns='urn:ietf:params:xml:ns:"
				"xmpp-sasl'><mechanism>EXTERNAL</mechanism>"
				"</mechanisms>");
	if (f->dialback)
		edge_put_str(w, "<dialback xmlns='urn:xmpp:features:"
				"dialback'><errors/></dialback>");
	edge_put_str(w, "</stream:features>");
}

void acc_xmpp_put_starttls(struct edge_put *w)
{
	edge_put_str(w, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
}

void acc_xmpp_put_proceed(struct edge_put *w)
{
	edge_put_str(w, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
}

/* RFC 4648 4; false: out is too small. */
static bool base64(char *out, size_t cap, struct edge_slice in)
{
	size_t n = edge_base64url(out, cap, in);

	if (!n || n + 3 >= cap)
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = out[i] == '-' ? '+' : out[i] == '_' ? '/' : out[i];
	while (n % 4)
		out[n++] = '=';
	out[n] = '\0';
	return true;
}

enum edge_err acc_xmpp_put_auth(struct edge_put *w, const char *domain)
{
	char text[B64_MAX];

	if (!base64(text, sizeof(text), edge_slice_str(domain)))
		return EDGE_ELIMIT;
	edge_put_str(w, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
			"mechanism='EXTERNAL'>");
	edge_put_str(w, text);
	edge_put_str(w, "</auth>");
	return EDGE_OK;
}

bool acc_xmpp_auth_is(struct edge_slice text, const char *domain)
{
	uint8_t raw[256];
	char url[B64_MAX];
	struct edge_slice s = edge_slice_trim(text);
	size_t len = 0, out = 0;

	if (!edge_slice_len(s) || edge_slice_eq_str(s, "="))
		return true;
	if (edge_slice_len(s) % 4 || edge_slice_len(s) >= sizeof(url))
		return false;
	while (edge_slice_len(s) && s.end[-1] == '=' && len < 2) {
		s.end--;
		len++;
	}
	for (const uint8_t *p = s.p; p < s.end; p++) {
		if (*p == '-' || *p == '_')
			return false;
		url[out++] = *p == '+' ? '-' : *p == '/' ? '_' : (char)*p;
	}
	len = 0;
	if (edge_base64url_decode(raw, sizeof(raw), &len, edge_slice(url, out)))
		return false;
	return edge_slice_ieq_str(edge_slice(raw, len), domain);
}

void acc_xmpp_put_success(struct edge_put *w)
{
	edge_put_str(w, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
}

void acc_xmpp_put_sasl_failure(struct edge_put *w, const char *condition)
{
	edge_put_str(w, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><");
	edge_put_str(w, condition);
	edge_put_str(w, "/></failure>");
}

void acc_xmpp_put_dialback(struct edge_put *w,
			   const struct acc_xmpp_dialback_word *d)
{
	edge_put_str(w, "<db:");
	edge_put_str(w, d->name);
	put_said(w, "from", edge_slice_str(d->from));
	put_said(w, "to", edge_slice_str(d->to));
	put_said(w, "id", d->id);
	put_said(w, "type", edge_slice_str(d->type));
	edge_put_str(w, ">");
	acc_xmpp_put_escaped(w, d->key);
	if (d->type && strcmp(d->type, "error") == 0)
		edge_put_str(w, "<error type='cancel'><remote-server-timeout "
				"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
				"</error>");
	edge_put_str(w, "</db:");
	edge_put_str(w, d->name);
	edge_put_str(w, ">");
}

void acc_xmpp_put_end(struct edge_put *w, enum acc_xmpp_reason r)
{
	const char *error = acc_xmpp_reason_stream(r);

	if (*error) {
		edge_put_str(w, "<stream:error><");
		edge_put_str(w, error);
		edge_put_str(w, " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
				"</stream:error>");
	}
	edge_put_str(w, "</stream:stream>");
}

void acc_xmpp_put_bounce(struct edge_put *w, const struct acc_xmpp_bounce *b)
{
	edge_put_str(w, "<");
	edge_put_str(w, b->name);
	put_said(w, "from", b->to);
	put_said(w, "to", b->from);
	put_said(w, "id", b->id);
	edge_put_str(w, " type='error'><error type='");
	edge_put_str(w, acc_xmpp_reason_is_wait(b->reason) ? "wait" : "cancel");
	edge_put_str(w, "'><");
	edge_put_str(w, acc_xmpp_reason_stanza(b->reason));
	edge_put_str(w, " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
			"</error></");
	edge_put_str(w, b->name);
	edge_put_str(w, ">");
}
