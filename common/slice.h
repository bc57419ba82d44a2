/* Borrowed bytes with their end: the only way wire bytes are looked at. */
#ifndef COMMON_SLICE_H
#define COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge_slice {
	const uint8_t *p;
	const uint8_t *end; /* p <= end, always */
};

struct edge_slice edge_slice(const void *p, size_t len);
struct edge_slice edge_slice_str(const char *s); /* NULL gives empty */
size_t edge_slice_len(struct edge_slice s);
bool edge_slice_eq(struct edge_slice a, struct edge_slice b);
bool edge_slice_ieq(struct edge_slice a, struct edge_slice b); /* ASCII case */
bool edge_slice_eq_str(struct edge_slice a, const char *s);
bool edge_slice_ieq_str(struct edge_slice a, const char *s);
struct edge_slice edge_slice_trim(struct edge_slice s); /* SP HT CR LF */

/** Find one byte; NULL when absent. */
const uint8_t *edge_slice_find(struct edge_slice s, uint8_t byte);

/** Copy as a C string; false when it does not fit or holds a NUL byte. */
bool edge_slice_copy(char *dst, size_t cap, struct edge_slice s);

/* Cursor reads: false leaves *in and *out untouched. Integers big-endian. */
bool edge_take(struct edge_slice *in, size_t n, struct edge_slice *out);
bool edge_take_u8(struct edge_slice *in, uint8_t *out);
bool edge_take_u16(struct edge_slice *in, uint16_t *out);
bool edge_take_u32(struct edge_slice *in, uint32_t *out);
bool edge_take_u64(struct edge_slice *in, uint64_t *out);

/** Up to the separator, which is taken too but not returned. */
bool edge_take_until(struct edge_slice *in, uint8_t sep,
		     struct edge_slice *out);

/** Decimal without sign or blanks, whole slice, 0..max; false otherwise. */
bool edge_slice_u64(struct edge_slice s, uint64_t max, uint64_t *out);

/** Hex digits without prefix, whole slice, at most 16; false otherwise. */
bool edge_slice_hex(struct edge_slice s, uint64_t *out);

/* Writing cursor into caller's memory: overflow is remembered, not written. */
struct edge_put {
	uint8_t *p, *end, *start;
	bool overflow;
};

struct edge_put edge_put(void *buf, size_t cap);
void edge_put_bytes(struct edge_put *w, const void *p, size_t len);
void edge_put_slice(struct edge_put *w, struct edge_slice s);
void edge_put_str(struct edge_put *w, const char *s);
void edge_put_u8(struct edge_put *w, uint8_t v);
void edge_put_u16(struct edge_put *w, uint16_t v);
void edge_put_u32(struct edge_put *w, uint32_t v);
void edge_put_u64(struct edge_put *w, uint64_t v);
void edge_put_dec(struct edge_put *w, uint64_t v);
void edge_put_hex(struct edge_put *w, uint64_t v); /* %X, no leading zeros */
size_t edge_put_len(const struct edge_put *w);
struct edge_slice
edge_put_done(const struct edge_put *w); /* empty on overflow */

#endif
