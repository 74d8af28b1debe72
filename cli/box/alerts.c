#include "cli/box/alerts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/box/meminfo.h"
#include "cli/conf/store.h"
#include "cli/box/usage.h"
#include "pki/keystore.h"
#include "pki/x509_util.h"

#define DAY_S 86400
#define DAY_MS (DAY_S * 1000ull)
#define MACHINE_MS 10000u
#define LAST_DAYS 7 /* from here on each day */
#define CALM_PERCENT 5u

/* ---- certificates ---- */

bool alert_due(int64_t days, unsigned begin, unsigned repeat, bool first)
{
        if (days > (int64_t)begin)
                return false;
        return first || days <= LAST_DAYS || ((int64_t)begin - days) % (int64_t)repeat == 0;
}

static int64_t end_of(const struct cert *c, char *text, size_t cap)
{
        time_t at = x509_time(&cert_x509(c)->valid_to);
        struct tm tm = { 0 };

        gmtime_r(&at, &tm);
        strftime(text, cap, "%H:%M:%S UTC %b %d %Y", &tm);
        return at;
}

/* Whole days to a moment; one that is over has none left. */
static int64_t days_to(int64_t at, int64_t now)
{
        return at >= now ? (at - now) / DAY_S : -1 - (now - at - 1) / DAY_S;
}

static void tell(struct box *b, const char *trustpoint, const char *type, const struct cert *c, bool first)
{
        const struct cert_alerts_conf *a = &b->store->sys.cert_alerts;
        char when[40], subject[200], issuer[200], serial[48];
        int64_t days = days_to(end_of(c, when, sizeof when), clock_wall_s(b->clk));

        if (!alert_due(days, a->begin, a->repeat, first))
                return;
        cert_subject_line(c, subject, sizeof subject);
        cert_issuer_line(c, issuer, sizeof issuer);
        cert_serial_text(c, serial, sizeof serial);
        if (days >= 0)
                log_msg(b->log_src, LOG_717054, LS(type), LS(trustpoint), LU(days), LS(when), LS(subject), LS(issuer),
                        LS(serial));
        else
                log_msg(b->log_src, LOG_717055, LS(type), LS(trustpoint), LS(when), LS(subject), LS(issuer),
                        LS(serial));
}

static void look_at_certificates(struct box *b, bool first)
{
        struct tp_assets a;

        if (!b->keys || b->store->sys.cert_alerts.off)
                return;
        conf_each(struct conf_obj, tp, &b->store->pki.trustpoints) {
                keystore_tp_get(b->keys, tp->name, &a);
                if (a.id)
                        tell(b, tp->name, "ID", a.id, first);
                for (unsigned i = 0; i < a.nca; i++)
                        tell(b, tp->name, "CA", a.ca[i], first);
                tp_assets_put(&a);
        }
}

/* ---- the machine ---- */

bool alert_rises(bool *high, unsigned percent)
{
        bool was = *high;

        if (percent >= ALERT_USED_PERCENT)
                *high = true;
        else if (percent < ALERT_USED_PERCENT - CALM_PERCENT)
                *high = false;
        return *high && !was;
}

static void look_at_machine(struct box *b, uint32_t cpu_percent)
{
        uint64_t total = meminfo("MemTotal"), free_now = meminfo("MemAvailable");
        unsigned used = total ? (unsigned)((total - free_now) * 100 / total) : 0;
        char text[16];

        snprintf(text, sizeof text, "%u%%", cpu_percent);
        if (alert_rises(&b->alerts.cpu_high, cpu_percent))
                log_msg(b->log_src, LOG_321005, LS(text));
        snprintf(text, sizeof text, "%u%%", used);
        if (alert_rises(&b->alerts.memory_high, used))
                log_msg(b->log_src, LOG_321006, LS(text));
}

void alerts_poll(struct box *b)
{
        uint64_t now = clock_mono_ms(b->clk);
        struct box_alerts *a = &b->alerts;
        uint32_t cpu;

        if (now >= a->machine_ms) {
                a->machine_ms = now + MACHINE_MS;
                cpu = b->usage ? usage_cpu_permille(b, 60) / 10 : 0;
                pthread_mutex_lock(&b->conf_lock); /* of the source */
                look_at_machine(b, cpu);
                pthread_mutex_unlock(&b->conf_lock);
        }
        if (now < a->certificates_ms)
                return;
        pthread_mutex_lock(&b->conf_lock);
        look_at_certificates(b, !a->certificates_ms);
        pthread_mutex_unlock(&b->conf_lock);
        a->certificates_ms = now + DAY_MS;
}
