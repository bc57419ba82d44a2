/* Roles by name; AE 2.1. */
#include "access-edge/source.h"

const char *acc_role_name(enum acc_role r)
{
	switch (r) {
	case ACC_ROLE_USR:
		return "USR";
	case ACC_ROLE_INT:
		return "INT";
	case ACC_ROLE_DIR:
		return "DIR";
	case ACC_ROLE_DSC:
		return "DSC";
	case ACC_ROLE_HST:
		return "HST";
	case ACC_ROLE_PIC:
		return "PIC";
	case ACC_ROLE_CLR:
		return "CLR";
	case ACC_ROLE_COUNT:
		break;
	}
	return "?";
}

bool acc_role_is_partner(enum acc_role r)
{
	return r != ACC_ROLE_USR && r != ACC_ROLE_INT;
}
