/* edgectl: finds the verb, runs it, prints its answer. */
#include <stdio.h>
#include <string.h>

#include "edgectl/ctl.h"

static const struct verb {
	const char *family, *name; /* name NULL: the family is the verb */
	ctl_verb_fn *fn;
	const char *words, *text;
} verbs[] = {
	/* clang-format off */
	{"setup", NULL, ctl_setup,
	 "[--bundle FILE] [--step N | --only-status] [...]",
	 "the four steps from a bare host to one that serves"},
	{"up", NULL, ctl_up, "BUNDLE [--as FQDN] [--unsigned] [--hosts FILE] [...]",
	 "all of them at once, then doctor: from an export to a verdict"},
	{"topology", "import", ctl_topology_import,
	 "BUNDLE [--unsigned [--hosts FILE]] [--rollback]",
	 "verify, check, store, and have every service take it"},
	{"topology", "check", ctl_topology_check,
	 "FILE [--hosts FILE] [--self FQDN] [--facts] [--local]",
	 "all rules, nothing stored"},
	{"topology", "sign", ctl_topology_sign,
	 "FOLDER --key PEM --seq N",
	 "make a bundle of an export, hosts and secrets"},
	{"topology", "show", ctl_topology_show, "[SEQ] [--facts]",
	 "what the services read"},
	{"topology", "diff", ctl_topology_diff, "A [B]",
	 "what changed between two versions"},
	{"topology", "render", ctl_topology_render,
	 "nftables|ports|dns [--manage LIST] [--csv] [--out FILE]",
	 "packet filter, table of ports, lines of the public zone"},
	{"topology", "list", ctl_topology_list, "",
	 "the versions in the store"},
	{"topology", "rollback", ctl_topology_rollback, "[SEQ]",
	 "take an earlier version again"},
	{"hosts", "load", ctl_hosts_load, "FILE",
	 "the same topology with other HOSTS"},
	{"secrets", "new", ctl_secrets_new, "--route|--psom [--from UTC]",
	 "a new key for the pool"},
	{"secrets", "export", ctl_secrets_export, "[--route|--psom] [--out FILE]",
	 "the keys, for the next bundle; or one keyring"},
	{"cert", "list", ctl_cert_list, "",
	 "certificates, their names and days left"},
	{"cert", "check", ctl_cert_check, "[USE] [--spki HEX] | --pool MEMBER...",
	 "against the names the topology wants; against the pool's members"},
	{"cert", "csr", ctl_cert_csr,
	 "USE --out CSR --key-out KEY [--type rsa|p256]",
	 "a request with exactly the names wanted"},
	{"cert", "assign", ctl_cert_assign,
	 "USE --chain FILE --key FILE [--roots FILE] [--force] | USE --previous",
	 "put a certificate in place and into use, without a restart"},
	{"cert", "lab", ctl_cert_lab, "[USE...] --ca FOLDER",
	 "certificates of a throw-away authority, with lab = yes"},
	{"cert", "stage", ctl_cert_stage,
	 "--use av-auth --chain FILE --key FILE --effective UTC",
	 "a new A/V authentication key, from that time on"},
	{"cert", "drop-previous", ctl_cert_drop_previous, "[--force]",
	 "the old one, when its last token has ended"},
	{"policy", "show", ctl_policy_show, "[--topology FILE [--self FQDN]]",
	 "who may talk to us: switches, domains, providers, XMPP partners"},
	{"policy", "explain", ctl_policy_explain,
	 "--from A --to B [--peer FQDN] [--method M] | --topology FILE [...]",
	 "what is decided on a message, by which rows; what a topology changes"},
	{"status", NULL, ctl_status, "[--limits]",
	 "the services, their listeners, next hops and refusals"},
	{"test", "av-edge", ctl_test_av_edge,
	 "--user-sip-address URI --user-password-file FILE [...]",
	 "sign in, get relay credentials, allocate, as a client would"},
	{"test", "p2p-av", ctl_test_p2p_av,
	 "--sender-sip-address URI --receiver-sip-address URI [...]",
	 "two users: SRTP both ways through the relay"},
	{"test", "dataconf", ctl_test_dataconf,
	 "--sender-join FILE --receiver-join FILE [--bytes N]",
	 "two participants of a meeting: a content through the edge"},
	{"net", "plan", ctl_net_plan_verb,
	 "[--apply] [--outside-gateway A] [--inside-gateway A] [--inside NET]",
	 "routes, rules and switches that two sides need; sets them"},
	{"doctor", NULL, ctl_doctor, "[--family NAME[,NAME]] [--quiet]",
	 "is this host set up right? what is wrong, and how to mend it"},
	{"probe", "external", ctl_probe_external,
	 "DOMAIN [--dns SERVER,...] [--trust FILE] [--without PART,...] [...]",
	 "what users and partners outside meet: DNS, TCP, TLS, each protocol"},
	{"drain", NULL, ctl_drain, "[SERVICE] [--no-wait]",
	 "no new work; counts down what is left until the service has ended"},
	/* clang-format on */
};

enum { VERBS = sizeof(verbs) / sizeof(*verbs) };

static void print_help(void)
{
	puts("edgectl: operate a lync-edge machine\n"
	     "\n"
	     "usage: edgectl [--config FILE] [--json] VERB ...\n");
	for (size_t i = 0; i < VERBS; i++)
		printf("  %s%s%s%s%s\n      %s\n", verbs[i].family,
		       verbs[i].name ? " " : "",
		       verbs[i].name ? verbs[i].name : "",
		       *verbs[i].words ? " " : "", verbs[i].words,
		       verbs[i].text);
	puts("\n"
	     "BUNDLE  folder or zip made by `topology sign`; with --unsigned "
	     "also a bare\n"
	     "        Export-CsConfiguration zip, DocItemSet.xml or published "
	     "topology\n"
	     "USE     access, webconf, av-auth, internal or turn\n"
	     "MEMBER  [NAME=]HEX or [NAME=]FILE: a fingerprint, a certificate, "
	     "or what\n"
	     "        cert list --json or status --json prints there\n"
	     "\n"
	     "exit: 0 good, 1 warnings, 2 usage, 3 refused by a service, "
	     "4 signature,\n"
	     "      5 older than what was accepted, 6 input/output, 7 invalid "
	     "input\n"
	     "\n"
	     "First import in a laboratory:\n"
	     "  edgectl topology import export.zip --unsigned --hosts hosts\n"
	     "More: man edgectl");
}

/* The verb that argv begins with; *taken: how many words it is. */
static const struct verb *find_verb(int argc, char **argv, int *taken)
{
	for (size_t i = 0; i < VERBS; i++) {
		const struct verb *v = &verbs[i];

		if (argc < 1 || strcmp(argv[0], v->family) != 0)
			continue;
		if (!v->name) {
			*taken = 1;
			return v;
		}
		if (argc > 1 && !strcmp(argv[1], v->name)) {
			*taken = 2;
			return v;
		}
	}
	return NULL;
}

/* Options in front of the verb; those behind it are the verb's. */
static int skip_options(struct ctl *c, int argc, char **argv)
{
	int i = 0;

	for (; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			c->json = true;
		else if (!strcmp(argv[i], "--config") && i + 1 < argc)
			c->config_path = argv[++i];
		else if (!strncmp(argv[i], "--config=", 9))
			c->config_path = argv[i] + 9;
		else
			break;
	}
	return i;
}

static bool wants_help(const char *word)
{
	return !strcmp(word, "help") || !strcmp(word, "--help") ||
	       !strcmp(word, "-h");
}

static enum ctl_exit run(struct ctl *c, int argc, char **argv)
{
	const struct verb *v;
	int taken = 0;
	bool help = argc && wants_help(argv[0]);

	for (int i = 1; i < argc; i++)
		help |= !strcmp(argv[i], "--help");
	if (help) {
		print_help();
		return CTL_GOOD;
	}
	if (argc && !strcmp(argv[0], "--version")) {
		puts("edgectl " EDGE_VERSION);
		return CTL_GOOD;
	}
	v = find_verb(argc, argv, &taken);
	if (!v)
		return ctl_usage(c,
				 argc > 1 ? "no verb \"%.40s %.40s\""
				 : argc	  ? "no verb \"%.40s%.0s\""
					  : "no verb given%.0s%.0s",
				 argc ? argv[0] : "", argc > 1 ? argv[1] : "");
	return v->fn(c, argc - taken, argv + taken);
}

int main(int argc, char **argv)
{
	enum ctl_exit exit;
	struct ctl c;
	int skipped;

	if (ctl_init(&c)) {
		fputs("edgectl: out of memory\n", stderr);
		return CTL_IO;
	}
	skipped = skip_options(&c, argc - 1, argv + 1);
	exit = run(&c, argc - 1 - skipped, argv + 1 + skipped);
	exit = ctl_done(&c, exit);
	ctl_fini(&c);
	return (int)exit;
}
