/* access-edge: wires the program into the daemon, nothing else. */
#include <stdlib.h>

#include "access-edge/program.h"

int main(int argc, char **argv)
{
	struct acc_program *program;
	struct edge_daemon_plan plan;
	int status;

	if (acc_program_new(&program) != EDGE_OK)
		return EXIT_FAILURE;
	plan = acc_program_plan(program);
	status = edge_daemon_run(&plan, argc, argv);
	acc_program_free(program);
	return status;
}
