/*
 * Access lists, classes and policy maps for tests, from a few words of the command language, and a worker whose path
 * is the policy layer alone (no NAT, no punt: what an engine or a proxy would take is counted and forgotten):
 *
 *      struct policy_fixture p;
 *      pf_init(&p);
 *      pf_ace(&p, "outside_in", "permit tcp any host 10.1.1.2 eq 5443 log");
 *      pf_bind(&p, "outside_in", "in", "outside");
 *      pf_start(&p);             p.wf is a worker_fixture
 *      ... edit, pf_commit(&p) ...
 *      pf_stop(&p);
 */
#ifndef VOXGATE_TEST_POLICY_FIXTURE_H
#define VOXGATE_TEST_POLICY_FIXTURE_H

#include "policy/acl.h"
#include "policy/conn.h"
#include "policy/pinhole.h"
#include "policy/policy_rt.h"
#include "tests/support/pktbuild.h"
#include "tests/support/worker_fixture.h"

#define PF_LOG_LINES 64

struct policy_fixture {
        struct policy_conf conf;
        struct worker_fixture wf;
        struct inspect_target target; /* what the names on inspect lines stand for; ids 0: unknown */
        unsigned taken;               /* packets of conns with an action other than forward */
        struct conn *last_taken;
        bool drop_late;  /* a stage behind conn_new_stage ends new flows, as a full punt ring would */
        unsigned nlines; /* of log, oldest first */
        char line[PF_LOG_LINES][256];
        struct trace trace; /* of pf_trace() */
};

/* Configuration alone, for compile tests. */
void pf_conf_init(struct policy_conf *c);
void pf_conf_fini(struct policy_conf *c);
/* "{permit|deny} PROTO SRC [OP P] DST [OP P|TYPE [CODE]] [log] [inactive]"; PROTO also "group N" or "object N"; SRC
 * and DST: any, any4, any6, host A, A/LEN, object N, group N, iface N; OP: eq neq lt gt range, or "ports N" for a
 * port group.
 */
struct ace_conf *pf_conf_ace(struct policy_conf *c, const char *list, const char *text);
struct netobj_conf *pf_conf_host(struct policy_conf *c, const char *name, const char *ip);
struct group_conf *pf_conf_group(struct policy_conf *c, const char *name, enum group_kind kind, uint8_t l4);
struct group_member *pf_conf_member(struct group_conf *g, int kind);

void pf_init(struct policy_fixture *p);
void pf_start(struct policy_fixture *p);
void pf_stop(struct policy_fixture *p);
/* Compiles and publishes; the worker sees it at once. */
void pf_commit(struct policy_fixture *p);

struct ace_conf *pf_ace(struct policy_fixture *p, const char *list, const char *text);
void pf_bind(struct policy_fixture *p, const char *list, const char *dir, const char *nameif);
/* A class of a policy map on an interface ("global" too), made if new: its action. */
struct class_action_conf *pf_class(struct policy_fixture *p, const char *nameif, const char *cls);
struct class_conf *pf_class_map(struct policy_fixture *p, const char *name, int match);
struct inspect_conf *pf_inspect(struct class_action_conf *a, enum inspect_id engine, const char *tls_proxy);

/* Collects what was logged since; true when a line holds the text. */
bool pf_logged(struct policy_fixture *p, const char *text);
void pf_log_forget(struct policy_fixture *p);
/* packet-tracer: the frame runs dry through the wire path; p->trace holds the answer. */
void pf_trace(struct policy_fixture *p, uint16_t iface, const void *frame, size_t n);
/* The phase of that type, NULL when there was none. */
const struct trace_phase *pf_phase(const struct policy_fixture *p, const char *type);
/* The one conn there is. */
struct conn *pf_conn(struct policy_fixture *p);

#endif
