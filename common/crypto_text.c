/* SipHash, base64url and hex: small, fixed, and free of libcrypto. */
#include "common/crypto.h"

#include <string.h>

enum { SIP_C = 2, SIP_D = 4 /* SipHash-2-4, Aumasson and Bernstein 2012 */ };

static uint64_t rotl(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static uint64_t little_endian(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	while (len--)
		v = v << 8 | p[len];
	return v;
}

static void sip_rounds(uint64_t v[4], int count)
{
	while (count--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] = rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] = rotl(v[2], 32);
	}
}

static void sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_rounds(v, SIP_C);
	v[0] ^= m;
}

uint64_t edge_siphash(const uint8_t key[16], struct edge_slice in)
{
	uint64_t k0 = little_endian(key, 8), k1 = little_endian(key + 8, 8);
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
			 k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
	uint64_t last = (uint64_t)edge_slice_len(in) << 56;
	struct edge_slice word;

	while (edge_take(&in, 8, &word))
		sip_word(v, little_endian(word.p, 8));
	sip_word(v, last | little_endian(in.p, edge_slice_len(in)));
	v[2] ^= 0xff;
	sip_rounds(v, SIP_D);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* RFC 4648 5 */
static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t edge_base64url(char *out, size_t cap, struct edge_slice in)
{
	size_t len = edge_slice_len(in);
	size_t chars = len / 3 * 4 + (len % 3 ? len % 3 + 1 : 0);
	unsigned bits = 0;
	uint32_t acc = 0;

	if (chars >= cap)
		return 0;
	for (; in.p < in.end; in.p++) {
		acc = acc << 8 | *in.p;
		for (bits += 8; bits >= 6; bits -= 6)
			*out++ = alphabet[acc >> (bits - 6) & 63];
	}
	if (bits)
		*out++ = alphabet[acc << (6 - bits) & 63];
	*out = 0;
	return chars;
}

static int base64url_digit(uint8_t c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* One text a value: no padding, no blanks, unused bits are zero. */
enum edge_err edge_base64url_decode(uint8_t *out, size_t cap, size_t *len,
				    struct edge_slice in)
{
	size_t chars = edge_slice_len(in), n = 0;
	unsigned bits = 0;
	uint32_t acc = 0;

	if (chars % 4 == 1)
		return EDGE_EFORMAT;
	if (chars / 4 * 3 + chars % 4 * 3 / 4 > cap)
		return EDGE_ELIMIT;
	for (; in.p < in.end; in.p++) {
		int digit = base64url_digit(*in.p);

		if (digit < 0)
			return EDGE_EFORMAT;
		acc = acc << 6 | (uint32_t)digit;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		out[n++] = (uint8_t)(acc >> bits);
	}
	if (acc & ((1u << bits) - 1))
		return EDGE_EFORMAT;
	*len = n;
	return EDGE_OK;
}

void edge_hex(char *out, struct edge_slice in)
{
	static const char digits[] = "0123456789abcdef";

	for (; in.p < in.end; in.p++) {
		*out++ = digits[*in.p >> 4];
		*out++ = digits[*in.p & 15];
	}
	*out = 0;
}

enum edge_err edge_unhex(uint8_t *out, size_t cap, size_t *len,
			 struct edge_slice in)
{
	size_t n = edge_slice_len(in) / 2;
	struct edge_slice pair;
	uint64_t v;

	if (edge_slice_len(in) % 2)
		return EDGE_EFORMAT;
	if (n > cap)
		return EDGE_ELIMIT;
	while (edge_take(&in, 2, &pair)) {
		if (!edge_slice_hex(pair, &v))
			return EDGE_EFORMAT;
		*out++ = (uint8_t)v;
	}
	*len = n;
	return EDGE_OK;
}
