/* A request by hand, an answer by libxml2 without network and entities. */
#include "edgectl/mras_xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"

#define SPACE "http://schemas.microsoft.com/2006/09/sip/mrasp"

enum { BODY_MAX = 64 * 1024 /* AV 2.2 */, MINUTES = 480 /* AV 2.3 */ };

struct edge_slice ctl_mras_ask(char *out, size_t cap, const char *aor,
			       const char *uri, const char *location)
{
	uint32_t number = edge_random_u32() >> 1;
	int n = snprintf(
		out, cap,
		"<?xml version=\"1.0\"?><request requestID=\"%u\" from=\"%s\" "
		"version=\"1.0\" to=\"%s\" xmlns=\"" SPACE "\">"
		"<credentialsRequest credentialsRequestID=\"%u\">"
		"<identity>%s</identity>%s%s%s<duration>%d</duration>"
		"</credentialsRequest></request>",
		number, aor, uri, number, aor, location ? "<location>" : "",
		location ? location : "", location ? "</location>" : "",
		MINUTES);

	return n < 0 || (size_t)n >= cap ? edge_slice(out, 0)
					 : edge_slice(out, (size_t)n);
}

static bool is_named(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && n->ns &&
	       !strcmp((const char *)n->ns->href, SPACE) &&
	       !strcmp((const char *)n->name, name);
}

static const xmlNode *child(const xmlNode *n, const char *name)
{
	if (!n)
		return NULL;
	for (const xmlNode *c = n->children; c; c = c->next)
		if (is_named(c, name))
			return c;
	return NULL;
}

/* Trimmed text of a child element; false: none, or it does not fit. */
static bool text_of(const xmlNode *n, const char *name, char *out, size_t cap)
{
	const xmlNode *c = child(n, name);
	xmlChar *text = c ? xmlNodeGetContent(c) : NULL;
	bool fits = text && edge_slice_copy(out, cap,
					    edge_slice_trim(edge_slice_str(
						    (const char *)text)));

	if (text)
		edge_wipe(text, strlen((const char *)text));
	xmlFree(text);
	return fits;
}

static bool number_of(const xmlNode *n, const char *name, uint64_t max,
		      uint64_t *out)
{
	char text[24];

	return text_of(n, name, text, sizeof(text)) &&
	       edge_slice_u64(edge_slice_str(text), max, out);
}

/* base64 with its padding; the decoder wants the other alphabet without. */
static bool secret_of(const xmlNode *n, const char *name, uint8_t *out,
		      size_t *len)
{
	char text[CTL_MRAS_SECRET * 4 / 3 + 8];
	size_t end;
	bool good;

	if (!text_of(n, name, text, sizeof(text)))
		return false;
	end = strlen(text);
	good = end && end % 4 == 0 && !strpbrk(text, "-_");
	while (end && text[end - 1] == '=')
		end--;
	for (size_t i = 0; i < end; i++)
		text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
	good = good && !edge_base64url_decode(out, CTL_MRAS_SECRET, len,
					      edge_slice(text, end));
	edge_wipe(text, sizeof(text));
	return good;
}

static bool relay_of(struct ctl_mras_relay *r, const xmlNode *n)
{
	uint64_t udp = 0, tcp = 0;

	number_of(n, "udpPort", 65535, &udp);
	number_of(n, "tcpPort", 65535, &tcp);
	r->udp_port = (uint16_t)udp;
	r->tcp_port = (uint16_t)tcp;
	return text_of(n, "location", r->location, sizeof(r->location)) &&
	       (text_of(n, "hostName", r->host, sizeof(r->host)) ||
		text_of(n, "directIPAddress", r->host, sizeof(r->host)));
}

static enum edge_err credentials(struct ctl_mras_answer *out, const xmlNode *n)
{
	const xmlNode *given = child(n, "credentials");
	const xmlNode *list = child(n, "mediaRelayList");
	uint64_t minutes = 0;

	if (!given || !list ||
	    !secret_of(given, "username", out->username, &out->username_len) ||
	    !secret_of(given, "password", out->password, &out->password_len) ||
	    !number_of(given, "duration", UINT32_MAX, &minutes))
		return EDGE_EFORMAT;
	out->minutes = (uint32_t)minutes;
	for (const xmlNode *r = list->children; r; r = r->next) {
		if (!is_named(r, "mediaRelay") ||
		    out->relay_count == CTL_MRAS_RELAYS)
			continue;
		if (!relay_of(&out->relays[out->relay_count], r))
			return EDGE_EFORMAT;
		out->relay_count++;
	}
	return out->relay_count ? EDGE_OK : EDGE_EFORMAT;
}

static enum edge_err response(struct ctl_mras_answer *out, const xmlNode *root)
{
	xmlChar *reason;
	bool fits;

	if (!root || !is_named(root, "response"))
		return EDGE_EFORMAT;
	reason = xmlGetNoNsProp((xmlNode *)(uintptr_t)root,
				(const xmlChar *)"reasonPhrase");
	fits = reason && edge_slice_copy(out->reason, sizeof(out->reason),
					 edge_slice_str((const char *)reason));
	xmlFree(reason);
	if (!fits)
		return EDGE_EFORMAT;
	if (strcmp(out->reason, "OK") != 0)
		return EDGE_OK;
	root = child(root, "credentialsResponse");
	return root ? credentials(out, root) : EDGE_EFORMAT;
}

enum edge_err ctl_mras_decode(struct ctl_mras_answer *out,
			      struct edge_slice body)
{
	struct ctl_mras_answer *a = calloc(1, sizeof(*a));
	enum edge_err err = EDGE_EFORMAT;
	xmlDoc *doc = NULL;

	if (!a)
		return EDGE_ENOMEM;
	if (edge_slice_len(body) && edge_slice_len(body) <= BODY_MAX)
		doc = xmlReadMemory((const char *)body.p,
				    (int)edge_slice_len(body), NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOERROR |
					    XML_PARSE_NOWARNING);
	if (doc && !xmlGetIntSubset(doc))
		err = response(a, xmlDocGetRootElement(doc));
	if (!err)
		*out = *a;
	xmlFreeDoc(doc);
	edge_wipe(a, sizeof(*a));
	free(a);
	return err;
}
