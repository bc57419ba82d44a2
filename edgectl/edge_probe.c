/* edge-probe: `edgectl probe` alone, to be copied to another host. */
#include <stdio.h>
#include <string.h>

#include "edgectl/ctl.h"

static void print_help(void)
{
	puts("edge-probe: look at an Edge Server from outside\n"
	     "\n"
	     "usage: edge-probe external DOMAIN [--dns SERVER[,SERVER]]\n"
	     "         [--address LOCAL] [--trust FILE] [--timeout S]\n"
	     "         [--sip NAME[:PORT]] [--webconf NAME[:PORT]]\n"
	     "         [--av NAME[:PORT]] [--without PART[,PART]] [--json]\n"
	     "\n"
	     "PART  sign-in, federation, webconf, av, xmpp\n"
	     "\n"
	     "exit: 0 all is good, 1 something is not, 2 usage, 6 no DNS "
	     "server, no roots\n"
	     "More: man edge-probe");
}

static enum ctl_exit run(struct ctl *c, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			print_help();
			return CTL_GOOD;
		}
		if (!strcmp(argv[i], "--version")) {
			puts("edge-probe " EDGE_VERSION);
			return CTL_GOOD;
		}
	}
	if (argc < 2 || strcmp(argv[1], "external") != 0) {
		print_help();
		return CTL_USAGE;
	}
	return ctl_probe_external(c, argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
	enum ctl_exit exit;
	struct ctl c;

	if (ctl_init(&c)) {
		fputs("edge-probe: out of memory\n", stderr);
		return CTL_IO;
	}
	exit = run(&c, argc, argv);
	exit = ctl_done(&c, exit);
	ctl_fini(&c);
	return (int)exit;
}
