#include "platform/boot/appliance.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/conf/clock_file.h"
#include "cli/conf/commit.h"
#include "cli/session/console.h"
#include "cli/http/httpd.h"
#include "cli/box/alerts.h"
#include "cli/session/plan.h"
#include "cli/snmp/snmp.h"
#include "cli/ssh/sshd.h"
#include "cli/conf/store.h"
#include "cli/box/usage.h"
#include "platform/base/mem.h"
#include "platform/base/wake.h"
#include "platform/boot/box_ports.h"
#include "platform/boot/box_setup.h"
#include "platform/boot/errands.h"
#include "platform/boot/guard.h"
#include "platform/boot/jobs.h"
#include "platform/boot/private_ns.h"
#include "platform/boot/startup.h"
#include "platform/net/tun.h"
#include "platform/svc/box_net.h"
#include "platform/svc/crash.h"
#include "platform/svc/dns.h"
#include "platform/svc/mail_send.h"
#include "platform/svc/ntp.h"
#include "platform/svc/syslog_send.h"
#include "policy/conn.h"

#define TUN_MTU 1500u
#define CONTROL_TICK_MS 20
#define DRAIN_STEPS 200u

struct appliance {
        const struct options *opt;
        struct clock_own own;
        struct clock clk; /* reads own: the only clock here */
        int guard_fd, stop_fd, sig_fd;
        atomic_int stop_how; /* enum box_stop */
        struct parts parts;
        struct box box;
        struct box_setup setup;
        struct jobs *jobs;
        struct snmp *snmp;
        struct console_set *consoles;
        struct box_net net;
        struct box_syslog syslog;
        pthread_t dp_thread[PARTS_WORKERS_MAX], proxy_thread[PARTS_WORKERS_MAX], log_thread;
        unsigned ndp, nproxy;
        bool joint; /* the first dataplane thread runs the first proxy worker as well */
        struct errands errands;
        bool log_running;
        atomic_bool log_stop;
};

static struct appliance *self(struct box *b)
{
        return container_of(b, struct appliance, box);
}

/* ---- what the box offers its consoles ---- */

static void box_stop_fn(struct box *b, enum box_stop how)
{
        struct appliance *a = self(b);
        int expected = BOX_RUN;

        atomic_compare_exchange_strong(&a->stop_how, &expected, how);
        wake_kick(a->stop_fd);
}

static void box_job_fn(struct box *b, void (*fn)(void *arg), void *arg)
{
        jobs_run(self(b)->jobs, fn, arg);
}

static void box_pause_fn(struct box *b UNUSED, unsigned ms)
{
        struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

        while (nanosleep(&t, &t) < 0 && errno == EINTR)
                continue;
}

/* ---- threads ---- */

static void nap_ms(unsigned ms)
{
        struct timespec t = { .tv_nsec = (long)ms * 1000000 };

        nanosleep(&t, NULL);
}

static void *dp_thread(void *w)
{
        prctl(PR_SET_NAME, "vg-dataplane");
        worker_run(w);
        return NULL;
}

static void *proxy_thread(void *p)
{
        prctl(PR_SET_NAME, "vg-proxy");
        proxy_run(p);
        return NULL;
}

static void *joint_thread(void *arg)
{
        struct appliance *a = arg;

        prctl(PR_SET_NAME, "vg-dataplane");
        proxy_run_joint(a->parts.proxy[0], a->parts.worker[0]);
        return NULL;
}

/* On a single core two threads only take it from each other. */
static bool joint_wanted(const struct options *o)
{
        cpu_set_t cores;

        if (o->threads != THREADS_AUTO)
                return o->threads == THREADS_JOINT;
        return sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) == 1;
}

static void *log_thread(void *p)
{
        struct appliance *a = p;

        prctl(PR_SET_NAME, "vg-log");
        while (!atomic_load(&a->log_stop)) {
                unsigned n = log_step(a->parts.log);

                syslog_send_step(a->box.syslog);
                if (!n)
                        nap_ms(5);
        }
        log_step(a->parts.log);
        return NULL;
}

static int dataplane_start(struct appliance *a, unsigned i, struct err *e)
{
        bool joint = i == 0 && a->joint;

        if (worker_open_wake(a->parts.worker[i], e) < 0)
                return -1;
        if (pthread_create(&a->dp_thread[i], NULL, joint ? joint_thread : dp_thread,
                           joint ? (void *)a : a->parts.worker[i]))
                return err_set(e, ERR_IO, "cannot start the dataplane thread");
        a->ndp++;
        return 0;
}

static int threads_start(struct appliance *a, struct err *e)
{
        a->jobs = jobs_start(e);
        if (!a->jobs)
                return -1;
        a->joint = joint_wanted(a->opt);
        a->log_running = pthread_create(&a->log_thread, NULL, log_thread, a) == 0;
        for (unsigned i = 0; i < a->parts.conf.nworkers; i++)
                if (dataplane_start(a, i, e) < 0)
                        return -1;
        for (; a->nproxy < a->parts.conf.nproxies; a->nproxy++)
                if (!(a->joint && a->nproxy == 0) &&
                    pthread_create(&a->proxy_thread[a->nproxy], NULL, proxy_thread, a->parts.proxy[a->nproxy]))
                        return err_set(e, ERR_IO, "cannot start the proxy thread");
        if (errands_start(&a->errands, &a->box, e) < 0)
                return -1;
        return a->log_running ? 0 : err_set(e, ERR_IO, "cannot start the log thread");
}

static void proxies_stop(struct appliance *a)
{
        for (unsigned i = 0; i < a->nproxy; i++)
                proxy_stop(a->parts.proxy[i]);
        for (unsigned i = a->joint; i < a->nproxy; i++)
                pthread_join(a->proxy_thread[i], NULL);
        if (a->joint && a->ndp)
                proxy_stop(a->parts.proxy[0]);
        while (a->joint && a->ndp && proxy_is_running(a->parts.proxy[0]))
                nap_ms(1);
}

/* Legs are aborted first and the TUN drained while the dataplane still runs, so that peers are told (rule 11). */
static void threads_stop(struct appliance *a)
{
        errands_stop(&a->errands, &a->box);
        proxies_stop(a);
        for (unsigned i = 0; a->ndp && i < DRAIN_STEPS; i++) {
                nap_ms(1);
                if (atomic_load(&a->parts.worker[0]->asleep)) /* nothing left to read */
                        break;
        }
        for (unsigned i = 0; i < a->ndp; i++) {
                atomic_store(&a->parts.worker[i]->stop, true);
                worker_wake(a->parts.worker[i]);
                pthread_join(a->dp_thread[i], NULL);
        }
        jobs_stop(a->jobs);
        atomic_store(&a->log_stop, true);
        if (a->log_running)
                pthread_join(a->log_thread, NULL);
}

/* ---- the control thread ---- */

static void control_tick(struct appliance *a)
{
        struct err e = { 0 };

        pthread_mutex_lock(&a->box.conf_lock);
        commit_poll(a->box.commit, &e);
        pthread_mutex_unlock(&a->box.conf_lock);
        plan_poll(&a->box);
        alerts_poll(&a->box);
        usage_poll(&a->box);
        snap_reclaim(a->parts.hub);
}

static void control_loop(struct appliance *a)
{
        struct pollfd p[2] = { { .fd = a->sig_fd, .events = POLLIN }, { .fd = a->stop_fd, .events = POLLIN } };

        while (atomic_load(&a->stop_how) == BOX_RUN) {
                if (poll(p, 2, CONTROL_TICK_MS) < 0 && errno != EINTR)
                        break;
                if (p[0].revents & POLLIN)
                        box_stop_fn(&a->box, BOX_EXIT);
                control_tick(a);
        }
}

/* ---- start and stop ---- */

/* Each session needs two descriptors; the hard limit is the operator's. */
static void raise_descriptor_limit(void)
{
        struct rlimit r;

        if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
                r.rlim_cur = r.rlim_max;
                setrlimit(RLIMIT_NOFILE, &r);
        }
}

static int signals_open(struct appliance *a, struct err *e)
{
        sigset_t mask;

        sigemptyset(&mask);
        sigaddset(&mask, SIGTERM);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &mask, NULL);
        signal(SIGPIPE, SIG_IGN);
        a->sig_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
        a->stop_fd = wake_open();
        return a->sig_fd < 0 || a->stop_fd < 0 ? err_set(e, ERR_IO, "signals: %s", strerror(errno)) : 0;
}

static int glue_open(struct appliance *a, struct port **tun, struct err *e)
{
        if (private_ns_enter(e) < 0 || tun_tune_namespace(e) < 0)
                return -1;
        *tun = tun_open("vgpunt", TUN_MTU, a->opt->force_veth, &a->clk, e);
        return *tun ? 0 : -1;
}

static uint64_t memory_size(void)
{
        long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

        return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

static void own_clock(struct appliance *a)
{
        struct err e;

        clock_own_init(&a->own, &clock_system);
        a->clk = clock_of_own(&a->own);
        if (a->opt->flash && clock_file_load(a->opt->flash, &a->own, &e) < 0)
                fprintf(stderr, "voxgate: %s\n", e.text);
}

static int machine_start(struct appliance *a, struct err *e)
{
        struct parts_conf c = { .clk = &a->clk,
                                .rng = &rng_system,
                                .rng_ahead = true,
                                .nworkers = 1,
                                .nproxies = a->opt->workers,
                                .listen = true,
                                .conns_max = conns_max_for(memory_size()),
                                .pkts_small = 16384,
                                .pkts_big = 512 };
        struct port *tun;

        raise_descriptor_limit();
        if (signals_open(a, e) < 0 || glue_open(a, &tun, e) < 0)
                return -1;
        if (parts_start(&a->parts, &c, e) < 0) {
                tun->ops->close(tun);
                return -1;
        }
        a->parts.worker[0]->tun = tun;
        return 0;
}

static int dns_start(struct appliance *a, struct err *e)
{
        const struct dns_way way = box_dns_way(&a->net);
        struct name_service names;

        a->box.dns = dns_new(&a->clk, &way, e);
        if (!a->box.dns)
                return -1;
        dns_set_log(a->box.dns, log_src_new(a->parts.log, "dns"));
        names = dns_service(a->box.dns);
        for (unsigned i = 0; i < a->parts.conf.nproxies; i++)
                proxy_set_names(a->parts.proxy[i], &names);
        return 0;
}

static int ntp_start(struct appliance *a, struct err *e)
{
        const struct ntp_env env = {
                .clock = &a->own, .rng = &rng_system, .way = box_ntp_way(&a->net), .names = dns_service(a->box.dns)
        };

        a->box.ntp = ntp_new(&env, e);
        if (!a->box.ntp)
                return -1;
        ntp_set_log(a->box.ntp, log_src_new(a->parts.log, "ntp"));
        return 0;
}

static int mail_start(struct appliance *a, struct err *e)
{
        const struct mail_env env = { .log = a->parts.log, .clk = &a->clk, .ctx = &a->net, .send = box_mail };

        a->box.mail = mail_send_new(&env);
        return a->box.mail ? 0 : err_nomem(e, "starting the mail sender");
}

static int config_start(struct appliance *a, struct err *e)
{
        const struct box_ports ports = { a->opt, a->guard_fd, &a->box, &a->setup, a->parts.worker[0] };
        struct syslog_way way;

        if (box_setup(&a->box, &a->setup, &a->parts, &a->clk, &rng_system, a->opt->flash, e) < 0)
                return -1;
        if (a->setup.made_flash)
                fprintf(stderr, "voxgate: flash %s is new and empty\n", a->opt->flash);
        a->box.own = &a->own;
        a->box.stop = box_stop_fn;
        a->box.job = box_job_fn;
        a->box.pause = box_pause_fn;
        a->net.w = a->parts.worker[0];
        a->box.net = &a->net;
        way = box_syslog_way(&a->syslog, &a->net);
        a->box.syslog = syslog_send_new(a->parts.log, &a->clk, &way);
        if (!a->box.syslog)
                return err_nomem(e, "starting the syslog sender");
        if (dns_start(a, e) < 0 || ntp_start(a, e) < 0 || mail_start(a, e) < 0)
                return -1;
        a->snmp = snmp_new(&a->box, a->opt->agentx, e);
        if (!a->snmp)
                return -1;
        if (box_ports_add(&ports, e) < 0)
                return -1;
        box_load_startup(&a->box, &a->setup);
        return box_first_commit(&a->box, e);
}

static int consoles_start(struct appliance *a, struct err *e)
{
        int fd;

        a->consoles = console_set_new(&a->box);
        if (!a->consoles)
                return err_nomem(e, "starting consoles");
        if (strcmp(a->opt->console, "none") == 0)
                return 0;
        if (strncmp(a->opt->console, "pty:", 4) != 0 || !a->opt->console[4])
                return console_start(a->consoles, a->opt->console, e);
        fd = guard_open_line(a->guard_fd, a->opt->console + 4, e);
        return fd < 0 ? -1 : console_start_line(a->consoles, fd, e);
}

/* Whoever comes through the private kernel. */
static int services_start(struct appliance *a, struct err *e)
{
        return sshd_start(&a->box, e) && httpd_start(&a->box, e) ? 0 : -1;
}

static int run_all(struct appliance *a, struct err *e)
{
        struct err crash = { 0 };

        a->box.usage = usage_new();
        if (*a->box.flash && crash_install(a->box.flash, VOXGATE_VERSION, &a->clk, &crash) < 0)
                fprintf(stderr, "voxgate: %s: no record would be left of a crash\n", crash.text);
        if (threads_start(a, e) < 0 || consoles_start(a, e) < 0 || services_start(a, e) < 0 ||
            snmp_start(a->snmp, e) < 0)
                return -1;
        pthread_mutex_lock(&a->box.conf_lock); /* consoles use the same source by now */
        if (log_wanted(a->box.log_src, LOG_199002))
                log_emit(a->box.log_src, LOG_199002, NULL, 0);
        pthread_mutex_unlock(&a->box.conf_lock);
        control_loop(a);
        return 0;
}

int appliance_main(int guard_fd, void *arg)
{
        struct appliance *a = mem_alloc(MEM_MISC, sizeof *a);
        struct err e = { 0 };
        int rc = -1, how;

        if (!a)
                return EXIT_BAD;
        a->opt = arg;
        a->guard_fd = guard_fd;
        own_clock(a);
        if (machine_start(a, &e) == 0) {
                if (config_start(a, &e) == 0)
                        rc = run_all(a, &e);
                atomic_store(&a->box.ending, true);
                snmp_stop(a->snmp); /* it asks everybody: it ends first */
                httpd_stop(a->box.http);
                sshd_stop(a->box.ssh);
                console_set_free(a->consoles);
                usage_free(a->box.usage);
                crash_uninstall();
                threads_stop(a);
                mail_send_free(a->box.mail);
                syslog_send_free(a->box.syslog);
                snmp_free(a->snmp);
                ntp_free(a->box.ntp);
                dns_free(a->box.dns);
                box_teardown(&a->box, &a->setup);
                parts_stop(&a->parts);
        }
        if (rc < 0)
                fprintf(stderr, "voxgate: %s\n", e.text);
        how = atomic_load(&a->stop_how);
        clock_own_fini(&a->own);
        mem_free(a);
        return rc < 0 ? EXIT_BAD : how == BOX_RELOAD ? EXIT_RELOAD_ : EXIT_OK;
}
