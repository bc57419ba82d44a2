#include "tests/unit/av-edge/mras_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/topo_fixture.h"

static struct topo_listen port(uint8_t a, uint8_t d, uint16_t number)
{
	return (struct topo_listen){
		.present = true,
		.addr = {.family = AF_INET,
			 .ip = {a, a == 172 ? 25 : 51, a == 172 ? 33 : 100, d},
			 .port = number},
		.count = 1,
		.protocol = "udp",
	};
}

struct topo mras_test_topo(void)
{
	struct topo t = topo_fixture();

	t.token_lifetime_s = 8 * 3600;
	t.av_public =
		(struct edge_addr){.family = AF_INET, .ip = {203, 0, 113, 7}};
	t.listen[TOPO_PORT_AVAUTH] = port(172, 10, 5062);
	t.listen[TOPO_PORT_AV_INSIDE_UDP] = port(172, 10, 3478);
	t.listen[TOPO_PORT_AV_INSIDE_TCP] = port(172, 10, 443);
	t.listen[TOPO_PORT_AV_OUTSIDE_UDP] = port(198, 7, 3479);
	t.listen[TOPO_PORT_AV_OUTSIDE_TCP] = port(198, 7, 444);
	return t;
}

struct mras_ring mras_test_ring(void)
{
	struct mras_ring r = {
		.count = 1, .lifetime_s = 8 * 3600, .skew_s = 300};

	ck_assert_int_eq(
		mras_keys_derive(&r.v[0].keys, edge_slice_str("a key")),
		EDGE_OK);
	r.v[0].until_s = (int64_t)MRAS_TEST_NOW + 365 * 86400;
	return r;
}

void mras_test_random(void *out, size_t len)
{
	uint8_t *p = out;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i + 1);
}

void mras_test_body(char out[MRAS_TEST_TEXT], const char *from,
		    const char *identity, const char *more)
{
	snprintf(out, MRAS_TEST_TEXT,
		 "<request requestID=\"r1\" version=\"1.0\" from=\"%s\" "
		 "to=\"" MRAS_TEST_URI
		 "\" xmlns=\"http://schemas.microsoft.com/2006/09/sip/mrasp\">"
		 "<credentialsRequest credentialsRequestID=\"c1\"><identity>%s"
		 "</identity>%s</credentialsRequest></request>",
		 from, identity, more);
}

struct edge_slice mras_test_message(const struct mras_test_message *m)
{
	static char text[MRAS_TEST_TEXT + 4096], body[MRAS_TEST_TEXT];
	const char *from = m->from ? m->from : "sip:alice@contoso.com";
	const char *method = m->method ? m->method : "SERVICE";
	const char *uri = m->uri ? m->uri : MRAS_TEST_URI;
	const char *type = m->type ? m->type : MRAS_TEST_TYPE;
	int len;

	if (m->body)
		snprintf(body, sizeof(body), "%s", m->body);
	else
		mras_test_body(body, from, from, "");
	len = snprintf(text, sizeof(text),
		       "%s %s SIP/2.0\r\n"
		       "Via: SIP/2.0/TLS 10.0.5.11:5061;branch=z9hG4bK1\r\n"
		       "Via: SIP/2.0/TLS 192.0.2.10:50012;branch=z9hG4bK2\r\n"
		       "From: \"A\" <%s>;tag=33;epid=c8\r\n"
		       "To: <%s>\r\n"
		       "Max-Forwards: 69\r\nCSeq: 7 %s\r\nCall-ID: call1\r\n"
		       "%s%s%s%s"
		       "Content-Length: %zu\r\n\r\n%s",
		       method, uri, from, uri, method,
		       *type ? "Content-Type: " : "", type, *type ? "\r\n" : "",
		       m->headers ? m->headers : "", strlen(body), body);
	ck_assert_int_lt(len, (int)sizeof(text));
	return edge_slice(text, (size_t)len);
}

static const char *find(struct edge_slice s, const char *text)
{
	return memmem(s.p, edge_slice_len(s), text, strlen(text));
}

bool mras_test_has(struct edge_slice s, const char *text)
{
	return find(s, text) != NULL;
}

struct edge_slice mras_test_element(struct edge_slice xml, const char *name,
				    int nth)
{
	char open[64], close[64];
	const char *at, *end;

	snprintf(open, sizeof(open), "<%s>", name);
	snprintf(close, sizeof(close), "</%s>", name);
	for (; nth >= 0; nth--) {
		at = find(xml, open);
		ck_assert_msg(at != NULL, "no %s", open);
		xml.p = (const uint8_t *)at + strlen(open);
	}
	end = find(xml, close);
	ck_assert_msg(end != NULL, "no %s", close);
	return (struct edge_slice){xml.p, (const uint8_t *)end};
}

static uint32_t digit(uint8_t c)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = strchr(set, c);

	ck_assert(c && at);
	return (uint32_t)(at - set);
}

size_t mras_test_base64(uint8_t *out, size_t cap, struct edge_slice s)
{
	struct edge_put w = edge_put(out, cap);

	ck_assert_uint_eq(edge_slice_len(s) % 4, 0);
	for (; s.p < s.end; s.p += 4) {
		int pad = (s.p[3] == '=') + (s.p[2] == '=');
		uint32_t n = digit(s.p[0]) << 18 | digit(s.p[1]) << 12;

		n |= s.p[2] == '=' ? 0 : digit(s.p[2]) << 6;
		n |= s.p[3] == '=' ? 0 : digit(s.p[3]);
		edge_put_u8(&w, (uint8_t)(n >> 16));
		if (pad < 2)
			edge_put_u8(&w, (uint8_t)(n >> 8));
		if (!pad)
			edge_put_u8(&w, (uint8_t)n);
	}
	ck_assert(!w.overflow);
	return edge_put_len(&w);
}
