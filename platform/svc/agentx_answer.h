/* The payload of an answer to a request of the master, out of a table. */
#ifndef VOXGATE_SVC_AGENTX_ANSWER_H
#define VOXGATE_SVC_AGENTX_ANSWER_H

#include "platform/svc/agentx_wire.h"

#define AGENTX_BULK_VARS 2000u /* of one answer */

struct agentx_result {
        enum agentx_error error;
        unsigned vars;
};
/* t: of Get, GetNext and GetBulk; a bad one is a general error. Whatever does not fit into w makes the answer one
 * that says so; of GetBulk as much is sent as fits. */
struct agentx_result agentx_answer(struct wbuf *w, const struct agentx_pdu *request, const struct mib_table *t);
struct agentx_result agentx_answer_error(struct wbuf *w, enum agentx_error error);

#endif
