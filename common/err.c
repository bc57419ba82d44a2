/* Text and names of the one error list. */
#include "common/err.h"

const char *edge_err_str(enum edge_err err)
{
	switch (err) {
#define EDGE_ERR_CASE(name, text) \
	case name:                \
		return text;
		EDGE_ERR_MAP(EDGE_ERR_CASE)
#undef EDGE_ERR_CASE
	}
	return "unknown error";
}

const char *edge_err_name(enum edge_err err)
{
	switch (err) {
#define EDGE_ERR_CASE(name, text) \
	case name:                \
		return #name;
		EDGE_ERR_MAP(EDGE_ERR_CASE)
#undef EDGE_ERR_CASE
	}
	return "EDGE_E?";
}
