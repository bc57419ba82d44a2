/* Conditions as nft's JSON schema has them; see libnftables-json(5). */
#include "edgectl/nft_match.h"

#include <jansson.h>
#include <string.h>

enum { DEPTH = 8 };

struct value {
	enum { UNKNOWN, ABSENT, NUMBER, ADDRESS, WORD } kind;
	uint64_t number;
	struct edge_addr addr;
	const char *word;
};

static struct value number(uint64_t n)
{
	return (struct value){.kind = NUMBER, .number = n};
}

static struct value word(const char *w)
{
	return w ? (struct value){.kind = WORD, .word = w}
		 : (struct value){.kind = ABSENT};
}

static struct value address(const struct edge_addr *at)
{
	return (struct value){.kind = ADDRESS, .addr = *at};
}

static bool is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

static const char *text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static struct value of_ip(const struct ctl_nft_packet *p, const char *field)
{
	if (is(field, "saddr"))
		return address(&p->from);
	if (is(field, "daddr"))
		return address(&p->to);
	if (is(field, "protocol") || is(field, "nexthdr"))
		return word(p->is_tcp ? "tcp" : "udp");
	return (struct value){.kind = UNKNOWN};
}

static struct value of_port(const struct ctl_nft_packet *p, const char *field)
{
	if (is(field, "sport"))
		return number(p->from.port);
	if (is(field, "dport"))
		return number(p->to.port);
	return (struct value){.kind = UNKNOWN};
}

static struct value of_payload(const struct ctl_nft_packet *p, const json_t *o)
{
	static const char *const others[] = {
		"icmp", "icmpv6", "igmp", "sctp", "dccp", "udplite",
		"ah",	"esp",	  "comp", "arp",  "vlan",
	};
	const char *protocol = text_of(o, "protocol"),
		   *field = text_of(o, "field");
	bool is_six = p->to.family == AF_INET6;

	if (is(protocol, "ip") || is(protocol, "ip6"))
		return is_six == is(protocol, "ip6")
			       ? of_ip(p, field)
			       : (struct value){.kind = ABSENT};
	if (is(protocol, "tcp") || is(protocol, "udp"))
		return p->is_tcp == is(protocol, "tcp")
			       ? of_port(p, field)
			       : (struct value){.kind = ABSENT};
	if (is(protocol, "th"))
		return of_port(p, field);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (is(protocol, others[i]))
			return (struct value){.kind = ABSENT};
	return (struct value){.kind = UNKNOWN};
}

static struct value of_meta(const struct ctl_nft_packet *p, const char *key)
{
	bool is_six = p->to.family == AF_INET6;

	if (is(key, "iifname") || is(key, "iif"))
		return word(p->in);
	if (is(key, "oifname") || is(key, "oif"))
		return word(p->out);
	if (is(key, "l4proto"))
		return word(p->is_tcp ? "tcp" : "udp");
	if (is(key, "nfproto"))
		return word(is_six ? "ipv6" : "ipv4");
	if (is(key, "protocol"))
		return word(is_six ? "ip6" : "ip");
	if (is(key, "pkttype")) /* nobody tries groups */
		return word("host");
	return (struct value){.kind = UNKNOWN};
}

/* "fib daddr type": what comes in is for us. */
static struct value of_fib(const struct ctl_nft_packet *p, const json_t *o)
{
	const json_t *flags = json_object_get(o, "flags");

	if (p->hook == CTL_NFT_INPUT && is(text_of(o, "result"), "type") &&
	    json_array_size(flags) == 1 &&
	    is(json_string_value(json_array_get(flags, 0)), "daddr"))
		return word("local");
	return (struct value){.kind = UNKNOWN};
}

static struct value value_of(const struct ctl_nft_packet *p, const json_t *e)
{
	const json_t *o;

	if ((o = json_object_get(e, "payload")))
		return of_payload(p, o);
	if ((o = json_object_get(e, "meta")))
		return of_meta(p, text_of(o, "key"));
	if ((o = json_object_get(e, "fib")))
		return of_fib(p, o);
	if ((o = json_object_get(e, "ct")) && is(text_of(o, "key"), "state"))
		return word(p->is_answer ? "established" : "new");
	return (struct value){.kind = UNKNOWN};
}

static enum ctl_nft_fits yes_if(bool yes)
{
	return yes ? CTL_NFT_YES : CTL_NFT_NO;
}

static bool parse(struct edge_addr *at, const json_t *text)
{
	return json_is_string(text) &&
	       !edge_addr_parse(at, edge_slice_str(json_string_value(text)), 0);
}

static enum ctl_nft_fits fits_word(const struct value *v, const char *w)
{
	size_t len = strlen(w);
	struct edge_addr at;

	if (v->kind == WORD && len && w[len - 1] == '*')
		return yes_if(!strncmp(v->word, w, len - 1));
	if (v->kind == WORD)
		return yes_if(!strcmp(v->word, w));
	if (v->kind == ADDRESS && !edge_addr_parse(&at, edge_slice_str(w), 0))
		return yes_if(edge_addr_same_ip(&at, &v->addr));
	return CTL_NFT_MAYBE;
}

/* Both ends belong to it. */
static enum ctl_nft_fits fits_range(const struct value *v, const json_t *range)
{
	const json_t *low = json_array_get(range, 0),
		     *high = json_array_get(range, 1);
	struct edge_addr a, b;

	if (v->kind == NUMBER && json_is_integer(low) && json_is_integer(high))
		return yes_if(
			(json_int_t)v->number >= json_integer_value(low) &&
			(json_int_t)v->number <= json_integer_value(high));
	if (v->kind != ADDRESS || !parse(&a, low) || !parse(&b, high))
		return CTL_NFT_MAYBE;
	return yes_if(a.family == v->addr.family &&
		      memcmp(v->addr.ip, a.ip, sizeof(a.ip)) >= 0 &&
		      memcmp(v->addr.ip, b.ip, sizeof(b.ip)) <= 0);
}

static enum ctl_nft_fits fits_prefix(const struct value *v,
				     const json_t *prefix)
{
	json_int_t len = json_integer_value(json_object_get(prefix, "len"));
	struct edge_addr net;

	if (v->kind != ADDRESS || len < 0 || len > 128 ||
	    !parse(&net, json_object_get(prefix, "addr")))
		return CTL_NFT_MAYBE;
	return yes_if(edge_addr_in_prefix(&v->addr, &net, (unsigned)len));
}

static enum ctl_nft_fits fits(const struct value *v, const json_t *right,
			      const struct ctl_nft_sets *sets, unsigned depth);

/* Any of them. */
static enum ctl_nft_fits fits_list(const struct value *v, const json_t *list,
				   const struct ctl_nft_sets *sets,
				   unsigned depth)
{
	enum ctl_nft_fits all = CTL_NFT_NO;

	for (size_t i = 0; i < json_array_size(list); i++) {
		enum ctl_nft_fits one =
			fits(v, json_array_get(list, i), sets, depth);

		if (one == CTL_NFT_YES)
			return one;
		if (one == CTL_NFT_MAYBE)
			all = one;
	}
	return all;
}

static enum ctl_nft_fits fits_object(const struct value *v, const json_t *o,
				     const struct ctl_nft_sets *sets,
				     unsigned depth)
{
	const json_t *inner;

	if ((inner = json_object_get(o, "set")))
		return fits(v, inner, sets, depth);
	if ((inner = json_object_get(o, "elem")))
		return fits(v, json_object_get(inner, "val"), sets, depth);
	if ((inner = json_object_get(o, "range")))
		return fits_range(v, inner);
	if ((inner = json_object_get(o, "prefix")))
		return fits_prefix(v, inner);
	return CTL_NFT_MAYBE;
}

static enum ctl_nft_fits fits(const struct value *v, const json_t *right,
			      const struct ctl_nft_sets *sets, unsigned depth)
{
	const char *w = json_string_value(right);

	if (!depth)
		return CTL_NFT_MAYBE;
	if (w && *w == '@') {
		const json_t *set = sets->find(sets->arg, w + 1);

		return set ? fits_list(v, set, sets, depth - 1) : CTL_NFT_MAYBE;
	}
	if (w)
		return fits_word(v, w);
	if (json_is_array(right))
		return fits_list(v, right, sets, depth - 1);
	if (json_is_object(right))
		return fits_object(v, right, sets, depth - 1);
	if (json_is_integer(right) && v->kind == NUMBER)
		return yes_if((json_int_t)v->number ==
			      json_integer_value(right));
	return CTL_NFT_MAYBE;
}

static enum ctl_nft_fits compare(const struct value *v, const char *op,
				 const json_t *right)
{
	json_int_t n = (json_int_t)v->number, m = json_integer_value(right);

	if (v->kind != NUMBER || !json_is_integer(right))
		return CTL_NFT_MAYBE;
	if (is(op, "<"))
		return yes_if(n < m);
	if (is(op, ">"))
		return yes_if(n > m);
	if (is(op, "<="))
		return yes_if(n <= m);
	if (is(op, ">="))
		return yes_if(n >= m);
	return CTL_NFT_MAYBE;
}

enum ctl_nft_fits ctl_nft_match(const struct ctl_nft_packet *p,
				const json_t *match,
				const struct ctl_nft_sets *sets)
{
	const json_t *right = json_object_get(match, "right");
	struct value v = value_of(p, json_object_get(match, "left"));
	const char *op = text_of(match, "op");
	enum ctl_nft_fits f;

	if (v.kind == ABSENT)
		return CTL_NFT_NO;
	if (v.kind == UNKNOWN || !op || !right)
		return CTL_NFT_MAYBE;
	if (is(op, "==") || is(op, "in"))
		return fits(&v, right, sets, DEPTH);
	if (!is(op, "!="))
		return compare(&v, op, right);
	f = fits(&v, right, sets, DEPTH);
	return f == CTL_NFT_MAYBE ? f : yes_if(f == CTL_NFT_NO);
}

enum ctl_nft_fits ctl_nft_equals(const struct ctl_nft_packet *p,
				 const json_t *expression, const json_t *key,
				 const struct ctl_nft_sets *sets)
{
	struct value v = value_of(p, expression);

	if (v.kind == ABSENT)
		return CTL_NFT_NO;
	return v.kind == UNKNOWN ? CTL_NFT_MAYBE : fits(&v, key, sets, DEPTH);
}
