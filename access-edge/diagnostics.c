/* Explains refusals in the words of AE 4.3. */
#include "access-edge/diagnostics.h"

static void put(struct edge_put *w, const struct acc_view *v, unsigned errid,
		const char *text, const char *detail)
{
	edge_put_dec(w, errid);
	edge_put_str(w, ";reason=\"");
	edge_put_str(w, text);
	edge_put_u8(w, '"');
	edge_put_str(w, detail ? detail : "");
	edge_put_str(w, ";source=\"");
	edge_put_str(w, v->topo->access_name);
	edge_put_u8(w, '"');
}

void acc_diagnostics_put(struct edge_put *w, const struct acc_view *v,
			 enum acc_role to, enum acc_reason reason,
			 const char *detail)
{
	bool inside = to == ACC_ROLE_INT;

	edge_put_str(w,
		     inside ? "ms-diagnostics: " : "ms-diagnostics-public: ");
	put(w, v, acc_reason_errid(reason), acc_reason_text(reason),
	    inside ? detail : NULL);
}

void acc_diagnostics_put_silent(struct edge_put *w, const struct acc_view *v,
				enum acc_role from, const char *detail)
{
	static const struct {
		unsigned errid;
		const char *text;
	} rows[ACC_ROLE_COUNT] = {
		[ACC_ROLE_USR] = {1037, "Client gave no diagnostics"},
		[ACC_ROLE_INT] = {1033, "Server gave no diagnostics"},
		[ACC_ROLE_DIR] = {1034, "Federated peer gave no diagnostics"},
		[ACC_ROLE_DSC] = {1034, "Federated peer gave no diagnostics"},
		[ACC_ROLE_HST] = {1036, "Hosting provider gave no diagnostics"},
		[ACC_ROLE_PIC] = {1035, "Public provider gave no diagnostics"},
		[ACC_ROLE_CLR] = {1034, "Clearing house gave no diagnostics"},
	};

	edge_put_str(w, "ms-diagnostics: ");
	put(w, v, rows[from].errid, rows[from].text, detail);
}
