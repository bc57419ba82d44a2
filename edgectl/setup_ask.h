/* Questions of setup, on a terminal; without one the options that are missing
 * are told. */
#ifndef EDGECTL_SETUP_ASK_H
#define EDGECTL_SETUP_ASK_H

#include "edgectl/setup.h"

enum { CTL_ANSWER = 1024 };

/* Answers that live as long as the work. */
struct ctl_setup_answers {
	char bundle[CTL_ANSWER], hosts[CTL_ANSWER], fqdn[CTL_ANSWER];
	char trust[CTL_ANSWER], outside[CTL_ANSWER], inside[CTL_ANSWER];
	char manage[CTL_ANSWER];
	bool is_mute; /* no question, whatever is missing */
};

/** What the steps need and neither options nor edge.ini say. CTL_USAGE: it
 * cannot be asked for, SETUP-002 names the options. */
enum ctl_exit ctl_setup_ask(struct ctl_setup *s, struct ctl_setup_answers *a,
			    const struct ctl_setup_facts *f);

#endif
