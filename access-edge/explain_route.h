/* POST /v1/explain: decisions on what is asked, or on the last hour. */
#ifndef ACCESS_EDGE_EXPLAIN_ROUTE_H
#define ACCESS_EDGE_EXPLAIN_ROUTE_H

#include "common/admin.h"

enum { ACC_EXPLAIN_CHANGES = 500 /* ours: told in one answer */ };

/**
 * {"from","to","method","peer","topology"}, all text: peer may be left out
 * (explain.h says what it means), method is MESSAGE then; topology, the text of
 * a snapshot that is not in force, is judged by instead. Without from and to:
 * what would change by that topology for the traffic of the last hour. arg is
 * the service; thread: the control loop.
 * @return 200 with
 *   one: {passes,direction,role,reason,status,errid,text,rule,peer,
 *     peer_assumed,srv_assumed,connection,message,type,level,limited,
 *     destination}; srv_assumed is a domain or ""; rule is that of the event
 * and of ms-diagnostics, connection and message
 * {reason,rule,steps:[{check,row,outcome}]} hour:
 * {flows,judged,left_off,changed:[{from,to,method,count,last,was, becomes}]};
 * was and becomes as above 400 format, question or topology: what it says
 * cannot be judged.
 */
struct edge_admin_answer acc_explain_route(const struct edge_admin_request *r,
					   void *arg);

#endif
