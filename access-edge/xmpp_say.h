/* PURE: what we say ourselves on a stream. */
#ifndef ACCESS_EDGE_XMPP_SAY_H
#define ACCESS_EDGE_XMPP_SAY_H

#include "access-edge/xmpp_item.h"
#include "access-edge/xmpp_reason.h"
#include "common/err.h"

/* All of them write into w; too little room is its overflow. */

struct acc_xmpp_head {
	const char *from, *to; /* domains; "": not said */
	struct edge_slice id;  /* empty: not said (who opens says none) */
	bool says_version;     /* "1.0" */
};

/** Escaped as text and as an attribute's value. */
void acc_xmpp_put_escaped(struct edge_put *w, struct edge_slice s);
void acc_xmpp_put_header(struct edge_put *w, const struct acc_xmpp_head *h);

struct acc_xmpp_features {
	bool tls, tls_required, external, dialback;
};
void acc_xmpp_put_features(struct edge_put *w,
			   const struct acc_xmpp_features *f);

void acc_xmpp_put_starttls(struct edge_put *w);
void acc_xmpp_put_proceed(struct edge_put *w);
/** EXTERNAL for the domain. EDGE_ELIMIT: it is too long. */
EDGE_MUST_CHECK enum edge_err acc_xmpp_put_auth(struct edge_put *w,
						const char *domain);
void acc_xmpp_put_success(struct edge_put *w);
void acc_xmpp_put_sasl_failure(struct edge_put *w, const char *condition);

/* db:result and db:verify; what is empty is not said. */
struct acc_xmpp_dialback_word {
	const char *name; /* "result" or "verify" */
	const char *from, *to;
	struct edge_slice id, key;
	const char *type; /* "valid", "invalid", "error"; NULL: a question */
};
void acc_xmpp_put_dialback(struct edge_put *w,
			   const struct acc_xmpp_dialback_word *d);

/** Stream error (when the reason has one) and the stream's end. */
void acc_xmpp_put_end(struct edge_put *w, enum acc_xmpp_reason r);

/** The bounce of a stanza: its from and to change places; the payload is not
 * sent back. Who called looks at acc_xmpp_is_answer before. */
struct acc_xmpp_bounce {
	const char *name;		/* "message", "presence", "iq" */
	struct edge_slice from, to, id; /* as the stanza has them */
	enum acc_xmpp_reason reason;
};
void acc_xmpp_put_bounce(struct edge_put *w, const struct acc_xmpp_bounce *b);

/** What the domain says of itself in an EXTERNAL's text: "=" or nothing is the
 * header's, else base64 of the domain. false: another one, or no base64. */
bool acc_xmpp_auth_is(struct edge_slice text, const char *domain);

#endif
