/* PURE: the steps of stream negotiation, both ways; AE 6.3, RFC 6120 4.3. */
#ifndef ACCESS_EDGE_XMPP_STREAM_H
#define ACCESS_EDGE_XMPP_STREAM_H

#include "access-edge/xmpp_mode.h"
#include "access-edge/xmpp_reason.h"

/* -- a partner's stream to us -- */

enum acc_xmpp_in_state {
	ACC_IN_OPENING,	  /* no header yet */
	ACC_IN_CLEAR,	  /* header and features have gone, in the clear */
	ACC_IN_HANDSHAKE, /* proceed has gone */
	ACC_IN_SECURED,	  /* TLS; the header comes again */
	ACC_IN_SECURE,	  /* features have gone under TLS */
	ACC_IN_PROVEN,	  /* EXTERNAL has succeeded; the header comes again */
	ACC_IN_READY,	  /* stanzas */
	ACC_IN_STATES
};

enum acc_xmpp_in_event {
	ACC_IN_HEADER,
	ACC_IN_STARTTLS,
	ACC_IN_TLS_DONE,
	ACC_IN_AUTH,   /* is_external and is_self say of what kind */
	ACC_IN_RESULT, /* a dialback key to be verified */
	ACC_IN_VERIFY, /* a key of ours to be verified */
	ACC_IN_VALID,  /* the authoritative server has said so */
	ACC_IN_STANZA,
	ACC_IN_OTHER, /* any other element */
	ACC_IN_EVENTS
};

enum acc_xmpp_in_act {
	ACC_IN_DO_NOTHING,
	ACC_IN_DO_FEATURES, /* header and features */
	ACC_IN_DO_PROCEED,
	ACC_IN_DO_SUCCESS,
	ACC_IN_DO_FAILURE, /* of SASL; one more try without a reason */
	ACC_IN_DO_ASK,	   /* the authoritative server, about the key */
	ACC_IN_DO_ANSWER,  /* whether the key is ours */
	ACC_IN_DO_RELAY,
	ACC_IN_DO_REFUSE, /* stream error by reason */
};

struct acc_xmpp_in {
	enum acc_xmpp_in_state state;
	struct acc_xmpp_mode mode; /* of the domain in question; unknown
				      before anybody said one */
	bool has_from;		   /* the header named an allowed partner */
	bool is_secured;	   /* TLS */
	bool is_certified;	   /* the certificate speaks for that domain */
	bool is_external;	   /* of AUTH: mechanism EXTERNAL */
	bool is_self;		   /* of AUTH: for the header's domain */
	unsigned failures;	   /* of SASL */
};

struct acc_xmpp_in_step {
	enum acc_xmpp_in_act act;
	enum acc_xmpp_reason reason; /* of REFUSE; of FAILURE, which ends it */
};

/** What to do now; only s->state and failures are changed. */
struct acc_xmpp_in_step acc_xmpp_in_next(struct acc_xmpp_in *s,
					 enum acc_xmpp_in_event ev);
/** Are the features to offer EXTERNAL, and dialback? */
bool acc_xmpp_in_offers_external(const struct acc_xmpp_in *s);
bool acc_xmpp_in_offers_dialback(const struct acc_xmpp_in *s);
/** Is what was proved that way, by EXTERNAL or else dialback, proved as the
 * settings want it? Either way's streams. */
bool acc_xmpp_stream_fits(const struct acc_xmpp_mode *m, bool is_external,
			  bool is_secured);

/* -- our stream to a partner -- */

enum acc_xmpp_out_state {
	ACC_OUT_CONNECTING,
	ACC_OUT_OPENING,   /* our header has gone, in the clear */
	ACC_OUT_CLEAR,	   /* theirs is here; features come */
	ACC_OUT_STARTTLS,  /* proceed comes */
	ACC_OUT_HANDSHAKE, /* TLS */
	ACC_OUT_SECURED,   /* our header has gone under TLS */
	ACC_OUT_SECURE,	   /* theirs is here; features come */
	ACC_OUT_AUTH,	   /* success comes */
	ACC_OUT_PROVEN,	   /* our header has gone for the third time */
	ACC_OUT_ADMITTED,  /* theirs is here; features come */
	ACC_OUT_DIALBACK,  /* the verdict about our key comes */
	ACC_OUT_VERIFY,	   /* the verdict about their key comes */
	ACC_OUT_READY,
	ACC_OUT_STATES
};

enum acc_xmpp_out_event {
	ACC_OUT_CONNECTED,
	ACC_OUT_HEADER, /* has_features says whether features follow */
	ACC_OUT_FEATURES,
	ACC_OUT_PROCEED,
	ACC_OUT_TLS_DONE,
	ACC_OUT_SUCCESS,
	ACC_OUT_FAILURE, /* of STARTTLS or SASL */
	ACC_OUT_VALID,	 /* our key, or theirs */
	ACC_OUT_INVALID,
	ACC_OUT_UNSURE, /* type='error' of either */
	ACC_OUT_OTHER,	/* any other element */
	ACC_OUT_EVENTS
};

enum acc_xmpp_out_act {
	ACC_OUT_DO_NOTHING,
	ACC_OUT_DO_OPEN, /* our header */
	ACC_OUT_DO_STARTTLS,
	ACC_OUT_DO_HANDSHAKE,
	ACC_OUT_DO_AUTH,   /* EXTERNAL */
	ACC_OUT_DO_RESULT, /* our key */
	ACC_OUT_DO_VERIFY, /* ask about theirs */
	ACC_OUT_DO_READY,
	ACC_OUT_DO_VALID, /* theirs is valid; the stream has done its work */
	ACC_OUT_DO_INVALID,
	ACC_OUT_DO_REFUSE, /* give up by reason */
};

struct acc_xmpp_out {
	enum acc_xmpp_out_state state;
	struct acc_xmpp_mode mode;
	bool is_verify;	   /* only to ask about a key */
	bool is_secured;   /* TLS */
	bool is_certified; /* the certificate speaks for the partner */
	bool has_features; /* the header says version 1.0 */
	bool offers_tls, offers_external; /* of FEATURES */
};

struct acc_xmpp_out_step {
	enum acc_xmpp_out_act act;
	enum acc_xmpp_reason reason; /* of REFUSE */
};

/** What to do now; only s->state is changed. */
struct acc_xmpp_out_step acc_xmpp_out_next(struct acc_xmpp_out *s,
					   enum acc_xmpp_out_event ev);

#endif
