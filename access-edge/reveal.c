/* Does a header line tell of the inside? */
#include "access-edge/reveal.h"

#include <string.h>

#include "access-edge/contact.h"

enum {
	TEXT_LEN = 16384, /* AE 2.2: a line [bytes] */
	TIMES = 3,	  /* ours: escaped and escaped again */
};

/* Lines that stay, whatever is in them. */
static bool is_needed(const struct edge_sip_line *line)
{
	static const bool ids[EDGE_SIP_HDR_COUNT] = {
		[EDGE_SIP_VIA] = true,
		[EDGE_SIP_FROM] = true,
		[EDGE_SIP_TO] = true,
		[EDGE_SIP_CALL_ID] = true,
		[EDGE_SIP_CSEQ] = true,
		[EDGE_SIP_MAX_FORWARDS] = true,
		[EDGE_SIP_CONTENT_LENGTH] = true,
		[EDGE_SIP_EXPIRES] = true,
		[EDGE_SIP_EVENT] = true,
		[EDGE_SIP_ROUTE] = true,
		[EDGE_SIP_RECORD_ROUTE] = true,
		[EDGE_SIP_CONTACT] = true,
		[EDGE_SIP_PROXY_REQUIRE] = true,
		[EDGE_SIP_REQUIRE] = true,
		[EDGE_SIP_CONTENT_TYPE] = true,
	};
	/* RFC 3515, 3891, 3911, 4538: a dialog's Call-ID, or who is meant */
	static const char *const names[] = {"Refer-To", "r", "Replaces", "Join",
					    "Target-Dialog"};

	if (line->id != EDGE_SIP_OTHER)
		return ids[line->id];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (edge_slice_ieq_str(line->name, names[i]))
			return true;
	return false;
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static bool is_host_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
}

static bool is_v6_char(uint8_t c)
{
	return is_hex(c) || c == ':' || c == '.';
}

/* The next run of such characters; what is between is passed over. */
static bool next_run(struct edge_slice *rest, struct edge_slice *run,
		     bool (*fits)(uint8_t c))
{
	const uint8_t *p = rest->p, *end;

	while (p < rest->end && !fits(*p))
		p++;
	end = p;
	while (end < rest->end && fits(*end))
		end++;
	*run = (struct edge_slice){p, end};
	rest->p = end;
	return p < end;
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

static struct edge_slice trim(struct edge_slice s, const char *set)
{
	while (s.p < s.end && is_one_of(*s.p, set))
		s.p++;
	while (s.p < s.end && is_one_of(s.end[-1], set))
		s.end--;
	return s;
}

/* -- addresses ---------------------------------------------------------- */

/* Four numbers, also with zeros in front: 010.000.005.011. */
static bool is_inside_v4(const struct acc_view *v, struct edge_slice s)
{
	char text[INET_ADDRSTRLEN];
	struct edge_put w = edge_put(text, sizeof(text));
	bool fresh = true;

	s = trim(s, ".");
	for (; s.p < s.end; s.p++) {
		if (*s.p != '.' && (*s.p < '0' || *s.p > '9'))
			return false;
		if (fresh && *s.p == '0' && s.p + 1 < s.end && s.p[1] != '.')
			continue;
		fresh = *s.p == '.';
		edge_put_u8(&w, *s.p);
	}
	return !w.overflow && acc_contact_is_inside(v, edge_put_done(&w));
}

/* Without brackets, too; not a word that only looks like it, as in C++. */
static bool is_inside_v6(struct edge_slice all, struct edge_slice run)
{
	struct edge_addr a;

	while (edge_slice_len(run) > 1 && run.p[0] == ':' && run.p[1] != ':')
		run.p++; /* "sip:fd12::3" */
	while (edge_slice_len(run) > 1 &&
	       (run.end[-1] == '.' ||
		(run.end[-1] == ':' && run.end[-2] != ':')))
		run.end--;
	if (edge_slice_len(run) < 3 || !edge_slice_find(run, ':') ||
	    (run.p > all.p && is_host_char(run.p[-1])) ||
	    (run.end < all.end && is_host_char(*run.end) && *run.end != '.'))
		return false;
	return edge_addr_parse(&a, run, 0) == EDGE_OK &&
	       acc_contact_is_inside_address(&a);
}

/* -- names -------------------------------------------------------------- */

/* A name, or one with more labels in front. */
static bool is_inside_name(const struct acc_view *v, struct edge_slice s)
{
	s = trim(s, ".-");
	if (!edge_slice_find(s, '.'))
		return false;
	if (acc_contact_is_inside(v, s))
		return true;
	for (; s.p < s.end; s.p++)
		if (*s.p == '.' &&
		    topo_is_inside_name(v->topo,
					(struct edge_slice){s.p + 1, s.end}))
			return true;
	return false;
}

/* Whole, and each part that such an octet parts from the rest. */
static bool
any_part(const struct acc_view *v, struct edge_slice run, const char *at,
	 bool (*reveals)(const struct acc_view *v, struct edge_slice part))
{
	struct edge_slice part = {run.p, run.p};

	for (; part.end < run.end; part.end++) {
		if (!is_one_of(*part.end, at))
			continue;
		if (reveals(v, part))
			return true;
		part.p = part.end + 1;
	}
	return reveals(v, part) || reveals(v, run);
}

static bool plain_reveals(const struct acc_view *v, struct edge_slice text)
{
	struct edge_slice rest = text, run;

	while (next_run(&rest, &run, is_host_char))
		if (any_part(v, run, "_", is_inside_name) ||
		    any_part(v, run, "-_", is_inside_v4))
			return true;
	rest = text;
	while (next_run(&rest, &run, is_v6_char))
		if (is_inside_v6(text, run))
			return true;
	return false;
}

/* -- escapes ------------------------------------------------------------ */

static uint8_t hex_value(uint8_t c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* "%2E" of URIs and "\." of quoted strings, once; false: there are none. */
static bool unescape(struct edge_put *w, struct edge_slice in)
{
	bool any = false;

	for (; in.p < in.end; in.p++) {
		uint8_t c = *in.p;

		if (c == '%' && edge_slice_len(in) > 2 && is_hex(in.p[1]) &&
		    is_hex(in.p[2])) {
			c = (uint8_t)(hex_value(in.p[1]) << 4 |
				      hex_value(in.p[2]));
			in.p += 2;
			any = true;
		} else if (c == '\\' && edge_slice_len(in) > 1) {
			c = *++in.p;
			any = true;
		}
		edge_put_u8(w, c);
	}
	return any;
}

bool acc_text_reveals(const struct acc_view *v, struct edge_slice text)
{
	uint8_t room[2][TEXT_LEN];

	for (size_t i = 0; i <= TIMES; i++) {
		struct edge_put w = edge_put(room[i % 2], TEXT_LEN);

		if (plain_reveals(v, text))
			return true;
		if (!unescape(&w, text))
			return false;
		if (w.overflow)
			return true; /* who knows */
		text = edge_put_done(&w);
	}
	return true; /* nobody escapes that often for good */
}

bool acc_line_reveals(const struct acc_view *v,
		      const struct edge_sip_line *line)
{
	return !is_needed(line) && acc_text_reveals(v, line->value);
}
