/* How a data leg is given its client: ASSIGN and its answers. PURE; WC 5.8. */
#include "webconf-edge/psom_assign.h"

#include <string.h>

enum { CODE_INNER_BAD = 403 /* WC 5.8 */ };

struct edge_slice psom_assign_ask(uint8_t *out, size_t cap,
				  const struct psom_assign *a)
{
	struct psom_put w;

	psom_put_start(&w, out, cap, PSOM_ASSIGN);
	psom_put_bytes(&w, PSOM_TAG_SESSION,
		       edge_slice(a->session, PSOM_SESSION_LEN));
	psom_put_bytes(&w, PSOM_TAG_CONFERENCE, a->conference);
	psom_put_bytes(&w, PSOM_TAG_INNER, a->inner);
	psom_put_bytes(&w, PSOM_TAG_NONCE,
		       edge_slice(a->nonce, PSOM_NONCE_LEN));
	psom_put_client(&w, a->client);
	psom_put_number(&w, PSOM_TAG_TLS, a->tls);
	return psom_put_end(&w);
}

static bool is_ours(const struct psom_frame *f, const uint8_t *session)
{
	return psom_frame_has(f, PSOM_TAG_SESSION) &&
	       edge_slice_eq(f->value[PSOM_TAG_SESSION],
			     edge_slice(session, PSOM_SESSION_LEN));
}

enum psom_assign_answer psom_assign_answer(size_t *used, struct edge_slice in,
					   const uint8_t *session)
{
	struct psom_frame f;
	const enum psom_verdict v =
		psom_frame_decode(&f, used, in, PSOM_LEG_DATA, PSOM_FROM_MCU);

	if (v == PSOM_MORE)
		return PSOM_ASSIGN_MORE;
	if (v != PSOM_FINE || !is_ours(&f, session))
		return PSOM_ASSIGN_BROKEN;
	if (f.type == PSOM_ASSIGN_OK)
		return PSOM_ASSIGN_TAKEN;
	if (f.type != PSOM_ASSIGN_NO)
		return PSOM_ASSIGN_BROKEN;
	return psom_frame_number(&f, PSOM_TAG_CODE) == CODE_INNER_BAD
		       ? PSOM_ASSIGN_DENIED
		       : PSOM_ASSIGN_REFUSED;
}

uint16_t psom_tls_number(const char *version)
{
	static const struct {
		const char *text;
		uint16_t number; /* RFC 8446 §4.2.1 and before */
	} versions[] = {
		{"TLSv1", 0x0301},
		{"TLSv1.1", 0x0302},
		{"TLSv1.2", 0x0303},
		{"TLSv1.3", 0x0304},
	};

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (!strcmp(versions[i].text, version))
			return versions[i].number;
	return 0;
}
