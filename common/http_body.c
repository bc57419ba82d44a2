/* Framing of HTTP bodies: by length, by chunks, by the connection's end. */
#include "common/http_body.h"

enum {
	LINE_MAX = 256, /* ours: a chunk's size and what is said of it */
	HEX_MAX = 8,	/* ours: digits of a size that fits in memory */
};

enum state {
	DONE,
	LENGTH, /* so many bytes */
	CLOSE,	/* until the connection ends */
	SIZE,	/* hex digits of a chunk's size */
	SAID,	/* the rest of that line, passed over */
	SIZE_LF,
	DATA, /* of a chunk */
	DATA_CR,
	DATA_LF,
	LINE, /* the start of a line of the trailer */
	TRAILER,
	TRAILER_LF,
	END_LF,
};

void edge_http_body_init(struct edge_http_body *b,
			 const struct edge_http_head *h)
{
	*b = (struct edge_http_body){.state = CLOSE};
	if (h->is_chunked) {
		b->state = SIZE;
	} else if (h->has_length) {
		b->left = h->length;
		b->state = b->left ? LENGTH : DONE;
	}
}

bool edge_http_body_is_done(const struct edge_http_body *b)
{
	return b->state == DONE;
}

bool edge_http_body_ends_with_connection(const struct edge_http_body *b)
{
	return b->state == CLOSE;
}

static int hex_value(uint8_t ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch |= 0x20;
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* A chunk's size is said up to here. */
static enum edge_err on_size(struct edge_http_body *b, uint8_t ch)
{
	const int digit = hex_value(ch);

	if (digit >= 0) {
		if (++b->framing > HEX_MAX)
			return EDGE_ELIMIT;
		b->left = b->left << 4 | (unsigned)digit;
		return EDGE_OK;
	}
	if (!b->framing)
		return EDGE_EFORMAT;
	if (ch == '\r')
		b->state = SIZE_LF;
	else if (ch == ';' || ch == ' ' || ch == '\t')
		b->state = SAID;
	else
		return EDGE_EFORMAT;
	return EDGE_OK;
}

/* Bytes that are passed over up to a CR. */
static enum edge_err on_passed(struct edge_http_body *b, uint8_t ch,
			       enum state next, uint32_t most)
{
	if (ch == '\n')
		return EDGE_EFORMAT;
	if (++b->framing > most)
		return EDGE_ELIMIT;
	if (ch == '\r')
		b->state = (uint8_t)next;
	return EDGE_OK;
}

static enum edge_err on_exactly(struct edge_http_body *b, uint8_t ch,
				uint8_t want, enum state next)
{
	if (ch != want)
		return EDGE_EFORMAT;
	b->state = (uint8_t)next;
	return EDGE_OK;
}

/* One byte of the framing. */
static enum edge_err step(struct edge_http_body *b, uint8_t ch)
{
	switch ((enum state)b->state) {
	case SIZE:
		return on_size(b, ch);
	case SAID:
		return on_passed(b, ch, SIZE_LF, LINE_MAX);
	case SIZE_LF:
		b->framing = 0;
		return on_exactly(b, ch, '\n', b->left ? DATA : LINE);
	case DATA_CR:
		return on_exactly(b, ch, '\r', DATA_LF);
	case DATA_LF:
		return on_exactly(b, ch, '\n', SIZE);
	case LINE:
		b->state = TRAILER;
		return on_passed(b, ch, ch == '\r' ? END_LF : TRAILER_LF,
				 EDGE_HTTP_HEAD_MAX);
	case TRAILER:
		return on_passed(b, ch, TRAILER_LF, EDGE_HTTP_HEAD_MAX);
	case TRAILER_LF:
		return on_exactly(b, ch, '\n', LINE);
	case END_LF:
		return on_exactly(b, ch, '\n', DONE);
	case DONE:
	case LENGTH:
	case CLOSE:
	case DATA:
		break;
	}
	return EDGE_EFORMAT;
}

/* Whole pieces of the body itself. */
static void piece_take(struct edge_http_body *b, struct edge_slice *in,
		       struct edge_slice *out)
{
	size_t len = edge_slice_len(*in);

	if (b->state != CLOSE && len > b->left)
		len = (size_t)b->left;
	*out = edge_slice(in->p, len);
	in->p += len;
	if (b->state == CLOSE)
		return;
	b->left -= len;
	if (!b->left)
		b->state = b->state == LENGTH ? DONE : DATA_CR;
}

enum edge_err edge_http_body_take(struct edge_http_body *b,
				  struct edge_slice *in, struct edge_slice *out)
{
	*out = edge_slice(in->p, 0);
	while (in->p < in->end && b->state != DONE) {
		enum edge_err err;

		if (b->state == LENGTH || b->state == CLOSE ||
		    b->state == DATA) {
			piece_take(b, in, out);
			return EDGE_OK;
		}
		err = step(b, *in->p);
		if (err)
			return err;
		in->p++;
	}
	return EDGE_OK;
}
