/*
 * Everything a console may touch, handed down at start by platform/boot. One per process. The console layer reaches
 * live state only through worker_call()/proxy_call(), the snapshot through snapshot_get(), configuration through
 * box->store under box->conf_lock.
 */
#ifndef VOXGATE_CLI_BOX_BOX_H
#define VOXGATE_CLI_BOX_BOX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/base/clock.h"
#include "platform/base/err.h"
#include "platform/base/log.h"
#include "platform/base/rng.h"
#include "platform/net/dp.h"

struct store;
struct keystore;
struct proxy_worker;
struct commit;
struct cli_tree;
struct candidate;
struct clock_own;
struct door_way;

#define BOX_WORKERS_MAX 8
#define VOXGATE_VERSION "0.1.0"
#define ASA_RELEASE "9.3(1)" /* reference release, printed where tools parse it */

#define BOX_CANDIDATES 3 /* configuration sessions */

/* What will happen by itself (plan.h). */
struct box_plan {
        int64_t reload_at;  /* wall clock, ns; 0: no reload is planned */
        uint64_t reload_ms; /* monotonic: after so long, whatever the clock is set to meanwhile; 0: at that time */
        char reload_reason[128], reload_by[64]; /* who planned it */
        struct store *revert_to;                /* owned; NULL: nothing waits for a confirmation */
        uint64_t revert_at_ms;
        unsigned reload_told, revert_told; /* minutes before it that all terminals were told of last; 0: none yet */
};

/* What was noticed, and when it is looked for again (alerts.h). */
struct box_alerts {
        uint64_t machine_ms, certificates_ms;
        bool cpu_high, memory_high;
};

enum box_stop { BOX_RUN, BOX_EXIT, BOX_RELOAD };

struct box {
        const struct clock *clk;
        struct clock_own *own; /* what clk reads, to set it; NULL: it cannot be set (check, replay) */
        const struct rng *rng;
        struct log *log;
        struct log_src *log_src; /* of configuration work; used under conf_lock */
        struct snap_hub *hub;
        struct keystore *keys;
        struct iface_bindings *bind;
        struct worker *worker[BOX_WORKERS_MAX]; /* dataplane; NULL entries in check mode */
        unsigned nworkers;
        struct proxy_worker *proxy[BOX_WORKERS_MAX];
        unsigned nproxies;
        char flash[256]; /* directory; "" none (check, replay) */

        pthread_mutex_t conf_lock;   /* store and commit; box_lock_init() makes it fair */
        pthread_mutex_t conf_whole;  /* who works in pieces, or needs no half-read configuration; before conf_lock */
        const struct cli_tree *tree; /* compiled command rows; immutable */
        struct store *store;
        struct commit *commit;
        char startup_errors[65536]; /* what loading startup-config reported, one line each */
        bool startup_failed;        /* startup-config was torn or unreadable */
        char boot_file[256];        /* the file on flash that was read then; "": there was none */

        int64_t start_wall_ns;
        uint64_t start_mono_ms;
        int64_t conf_changed_wall_ns; /* 0: not since start */
        char conf_changed_by[65];
        uint32_t hash_rounds; /* of new passwords; 0: as many as are good (tests want fewer) */
        bool conf_dirty;      /* running differs from startup */
        struct box_plan plan;
        struct box_alerts alerts;    /* of the control thread */
        struct candidate *candidate; /* BOX_CANDIDATES of them (candidate.h); NULL: none was ever opened */

        struct usage *usage;          /* rates of the last minutes (usage.h); NULL: unknown */
        struct console_set *consoles; /* open sessions (console.h); NULL: none */
        struct aaa_state *aaa;        /* what happened to users (aaa_state.h); NULL: nothing is remembered */
        struct baselines *baselines;  /* what `clear ... counters` remembers (baseline.h); NULL: nothing */

        atomic_bool ending; /* the appliance goes down: what can end half done does */
        /* Ends the process (reload: the guard starts it anew). Any thread. */
        void (*stop)(struct box *b, enum box_stop how);
        /* Keeps the calling thread asleep; NULL: nobody waits (tests, replay). */
        void (*pause)(struct box *b, unsigned ms);
        /* Runs fn(arg) on the job thread and waits; the caller holds no lock. */
        void (*job)(struct box *b, void (*fn)(void *arg), void *arg);
        /* Opens a flow from the box itself (platform/svc): see there. NULL in check mode. */
        struct box_net *net;
        const struct door_way *way;      /* how services are reached (door.h); NULL: through the dataplane */
        struct sshd *ssh;                /* NULL: not there (check, replay) */
        struct httpd *http;              /* likewise */
        struct syslog_send *syslog;      /* NULL in check mode */
        struct dns *dns;                 /* NULL in check mode */
        struct ntp *ntp;                 /* NULL in check mode */
        struct agentx *agentx;           /* NULL in check mode */
        struct syslog_trap *syslog_trap; /* likewise */
        struct mail_send *mail;          /* likewise */
};

#endif
