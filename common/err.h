/* The one list of errors: a closed enum with its text beside each name. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#define EDGE_MUST_CHECK	  __attribute__((warn_unused_result))
#define EDGE_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* clang-format off */
#define EDGE_ERR_MAP(X)                                                  \
	X(EDGE_OK,        "ok")                                          \
	X(EDGE_EAGAIN,    "need more bytes")                             \
	X(EDGE_EFORMAT,   "malformed message")                           \
	X(EDGE_ELIMIT,    "limit exceeded")                              \
	X(EDGE_ERANGE,    "value out of range")                          \
	X(EDGE_EDUP,      "given twice")                                 \
	X(EDGE_ENOTFOUND, "not found")                                   \
	X(EDGE_EDENIED,   "not allowed")                                 \
	X(EDGE_EAUTH,     "signature or certificate not accepted")       \
	X(EDGE_EOLDER,    "older than what is current")                  \
	X(EDGE_EREFUSED,  "refused by a running service")                \
	X(EDGE_ESTATE,    "not possible in this state")                  \
	X(EDGE_EUSAGE,    "wrong call of the program")                   \
	X(EDGE_ECLOSED,   "connection closed")                           \
	X(EDGE_ETIMEOUT,  "time limit passed")                           \
	X(EDGE_ETLS,      "TLS failed")                                  \
	X(EDGE_EDNS,      "name not resolvable")                         \
	X(EDGE_ENOMEM,    "out of memory")                               \
	X(EDGE_ESYS,      "system call failed") /* errno is set */
/* clang-format on */

enum edge_err {
#define EDGE_ERR_NAME(name, text) name,
	EDGE_ERR_MAP(EDGE_ERR_NAME)
#undef EDGE_ERR_NAME
};

/** Text of an error, never NULL; also for values outside the enum. */
const char *edge_err_str(enum edge_err err);

/** Name of an error as written in the source ("EDGE_EFORMAT"). */
const char *edge_err_name(enum edge_err err);

#endif
