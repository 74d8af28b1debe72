#include "platform/svc/syslog_trap.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/mem.h"

#define TRAP_OID "1.3.6.1.6.3.1.1.4.1"
#define MESSAGE_GENERATED "1.3.6.1.4.1.9.9.41.2.0.1"
#define HISTORY_ENTRY "1.3.6.1.4.1.9.9.41.1.2.3.1"
enum { HIST_FACILITY = 2, HIST_SEVERITY, HIST_NAME, HIST_TEXT, HIST_TIME };
#define INDEX_MAX 2147483647u
#define SECOND_MS 1000u

struct waiting {
        int level;
        uint32_t id;
        uint64_t at_ms;
        char text[SYSLOG_TRAP_TEXT + 1];
};

struct syslog_trap {
        struct syslog_trap_env env;
        pthread_mutex_t lock;
        unsigned first, n;
        uint32_t index; /* of the one before */
        uint64_t dropped, since_ms;
        unsigned told; /* since then */
        struct waiting ring[SYSLOG_TRAPS_WAIT];
};

/* ---- the log thread ---- */

static void keep(struct syslog_trap *t, int level, uint32_t id, const char *line)
{
        struct waiting *w;

        if (t->n == SYSLOG_TRAPS_WAIT) {
                t->dropped++;
                return;
        }
        w = &t->ring[(t->first + t->n++) % SYSLOG_TRAPS_WAIT];
        *w = (struct waiting){ .level = level, .id = id, .at_ms = clock_mono_ms(t->env.clk) };
        snprintf(w->text, sizeof w->text, "%.*s", (int)SYSLOG_TRAP_TEXT, line);
}

static void on_line(void *ctx, enum log_dest dest UNUSED, int level, uint32_t id, const char *line)
{
        struct syslog_trap *t = ctx;
        const char *class = log_class_name(log_class_of(id));
        bool wanted = t->env.wanted(t->env.ctx);

        if (class && !strcmp(class, "snmp"))
                return;
        pthread_mutex_lock(&t->lock);
        if (wanted)
                keep(t, level, id, line);
        else
                t->n = 0; /* nobody is told of what was before he asked */
        pthread_mutex_unlock(&t->lock);
}

/* ---- life ---- */

struct syslog_trap *syslog_trap_new(const struct syslog_trap_env *env)
{
        struct syslog_trap *t = mem_alloc(MEM_SVC, sizeof *t);

        if (!t)
                return NULL;
        t->env = *env;
        pthread_mutex_init(&t->lock, NULL);
        log_set_sink(env->log, LOG_TO_HISTORY, on_line, t);
        return t;
}

void syslog_trap_free(struct syslog_trap *t)
{
        if (!t)
                return;
        log_set_sink(t->env.log, LOG_TO_HISTORY, NULL, NULL); /* no line is under way behind this */
        pthread_mutex_destroy(&t->lock);
        mem_free(t);
}

/* ---- the agent's thread ---- */

/* Has this second had its share? */
static bool may_go(struct syslog_trap *t)
{
        uint64_t now = clock_mono_ms(t->env.clk);

        if (!t->n)
                return false;
        if (!t->told || now - t->since_ms >= SECOND_MS) {
                t->since_ms = now;
                t->told = 0;
        }
        return t->told < SYSLOG_TRAPS_SECOND;
}

static bool fetch(struct syslog_trap *t, struct waiting *out, uint32_t *index)
{
        bool go;

        pthread_mutex_lock(&t->lock);
        go = may_go(t);
        if (go) {
                *out = t->ring[t->first];
                t->first = (t->first + 1) % SYSLOG_TRAPS_WAIT;
                t->n--;
                t->told++;
                *index = t->index = t->index % INDEX_MAX + 1;
        }
        pthread_mutex_unlock(&t->lock);
        return go;
}

bool syslog_trap_next(struct syslog_trap *t, struct mib_table *out)
{
        struct waiting w;
        uint32_t index;
        char name[16];

        if (!fetch(t, &w, &index))
                return false;
        snprintf(name, sizeof name, "%06u", w.id);
        mib_clear(out);
        mib_base(out, TRAP_OID);
        MIB_NAME(out, MESSAGE_GENERATED, 0);
        mib_base(out, HISTORY_ENTRY);
        MIB_TEXT(out, "ASA", HIST_FACILITY, index);
        MIB_PUT(out, MIB_INTEGER, (uint64_t)w.level + 1, HIST_SEVERITY, index); /* emergency is 1 */
        MIB_TEXT(out, name, HIST_NAME, index);
        MIB_TEXT(out, w.text, HIST_TEXT, index);
        MIB_PUT(out, MIB_TICKS, (w.at_ms - t->env.start_ms) / 10, HIST_TIME, index);
        return true;
}

uint64_t syslog_trap_dropped(struct syslog_trap *t)
{
        uint64_t n;

        pthread_mutex_lock(&t->lock);
        n = t->dropped;
        pthread_mutex_unlock(&t->lock);
        return n;
}
