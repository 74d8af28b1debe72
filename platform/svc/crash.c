#include "platform/svc/crash.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "platform/base/str.h"

#define MODULES_MAX 32
#define STACK_BYTES (64u * 1024)

struct module {
        uintptr_t base, lo, hi;
        char name[64];
};

/* A signal handler has nobody to ask: what it needs is at file scope, written once before it can run. */
static struct {
        int fd; /* of the new record; -1: not installed */
        char path[PATH_MAX], tmp[PATH_MAX], version[32], build[41];
        unsigned nmodules;
        struct module module[MODULES_MAX];
        struct sigaction before[NSIG];
        const struct clock *clk;
        volatile sig_atomic_t crashing;
} crash = { .fd = -1 };

static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* ---- what is loaded where ---- */
static void build_id_of(const struct dl_phdr_info *i, char out[41])
{
        for (unsigned k = 0; k < i->dlpi_phnum; k++) {
                const ElfW(Phdr) *p = &i->dlpi_phdr[k];
                const char *at = (const char *)(i->dlpi_addr + p->p_vaddr), *end = at + p->p_memsz;

                while (p->p_type == PT_NOTE && at + sizeof(ElfW(Nhdr)) <= end) {
                        const ElfW(Nhdr) *n = (const void *)at;
                        const uint8_t *desc = (const uint8_t *)(at + sizeof *n + ((n->n_namesz + 3u) & ~3u));

                        for (unsigned b = 0; n->n_type == NT_GNU_BUILD_ID && b < MIN_OF(n->n_descsz, 20u); b++)
                                snprintf(out + 2 * b, 3, "%02x", desc[b]);
                        at = (const char *)desc + ((n->n_descsz + 3u) & ~3u);
                }
        }
}

static int on_module(struct dl_phdr_info *i, size_t size, void *build)
{
        const char *slash = strrchr(i->dlpi_name, '/');
        struct module *m = &crash.module[crash.nmodules];

        (void)size;
        if (build && !*i->dlpi_name) {
                build_id_of(i, build);
                return 1;
        }
        if (build || crash.nmodules == MODULES_MAX)
                return 0;
        *m = (struct module){ .base = i->dlpi_addr, .lo = UINTPTR_MAX };
        snprintf(m->name, sizeof m->name, "%.63s", slash ? slash + 1 : i->dlpi_name);
        for (unsigned k = 0; k < i->dlpi_phnum; k++) {
                const ElfW(Phdr) *p = &i->dlpi_phdr[k];

                if (p->p_type != PT_LOAD)
                        continue;
                m->lo = MIN_OF(m->lo, i->dlpi_addr + p->p_vaddr);
                m->hi = MAX_OF(m->hi, i->dlpi_addr + p->p_vaddr + p->p_memsz);
        }
        crash.nmodules++;
        return 0;
}

void crash_build_id(char out[41])
{
        out[0] = 0;
        dl_iterate_phdr(on_module, out);
}

/* ---- in the handler: nothing but what POSIX allows there ---- */
static char *put_text(char *p, const char *s)
{
        while (*s)
                *p++ = *s++;
        return p;
}

static char *put_number(char *p, uint64_t v, unsigned radix)
{
        char digits[24];
        unsigned n = 0;

        do
                digits[n++] = "0123456789abcdef"[v % radix];
        while (v /= radix);
        while (n)
                *p++ = digits[--n];
        return p;
}

static void put_out(const char *from, const char *to)
{
        while (from < to) {
                ssize_t n = write(crash.fd, from, (size_t)(to - from));

                if (n <= 0)
                        return;
                from += n;
        }
}

static void put_head(int sig)
{
        char line[320], name[17] = "", *p = line;

        prctl(PR_GET_NAME, name);
        p = put_text(p, "crash 1\nsignal ");
        p = put_number(p, (uint64_t)sig, 10);
        p = put_text(p, "\ntime ");
        p = put_number(p, (uint64_t)clock_wall_s(crash.clk), 10);
        p = put_text(p, "\nthread ");
        p = put_number(p, (uint64_t)syscall(SYS_gettid), 10);
        p = put_text(put_text(p, " "), name);
        p = put_text(put_text(p, "\nversion "), crash.version);
        p = put_text(put_text(p, "\nbuild "), crash.build);
        p = put_text(p, "\n");
        put_out(line, p);
}

static const struct module *module_of(uintptr_t at)
{
        for (unsigned i = 0; i < crash.nmodules; i++)
                if (at >= crash.module[i].lo && at < crash.module[i].hi)
                        return &crash.module[i];
        return NULL;
}

static void put_frame(uintptr_t at)
{
        const struct module *m = module_of(at);
        char line[128], *p = put_text(line, "frame ");

        p = put_number(p, at - (m ? m->base : 0), 16);
        p = put_text(put_text(p, " "), m ? m->name : "?");
        p = put_text(p, "\n");
        put_out(line, p);
}

static void on_fatal(int sig, siginfo_t *info, void *context)
{
        void *at[CRASH_FRAMES_MAX];
        int n;

        (void)context;
        if (!crash.crashing && crash.fd >= 0) {
                crash.crashing = 1;
                put_head(sig);
                n = backtrace(at, CRASH_FRAMES_MAX);
                for (int i = 0; i < n; i++)
                        put_frame((uintptr_t)at[i]);
                fsync(crash.fd);
                rename(crash.tmp, crash.path);
        }
        sigaction(sig, &crash.before[sig], NULL);
        if (info->si_code <= 0) /* sent by somebody: it does not come again by itself */
                raise(sig);
}

/* ---- installing ---- */
int crash_install(const char *dir, const char *version, const struct clock *clk, struct err *e)
{
        struct sigaction sa = { .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
        void *warm[1];

        if ((size_t)snprintf(crash.path, sizeof crash.path, "%s/" CRASH_FILE, dir) >= sizeof crash.path ||
            (size_t)snprintf(crash.tmp, sizeof crash.tmp, "%s/." CRASH_FILE, dir) >= sizeof crash.tmp)
                return err_set(e, ERR_RANGE, "%s: the path is too long", dir);
        crash.fd = open(crash.tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (crash.fd < 0)
                return err_set(e, ERR_IO, "crashinfo: %s", strerror(errno));
        snprintf(crash.version, sizeof crash.version, "%s", version);
        crash.clk = clk;
        crash_build_id(crash.build);
        crash.nmodules = 0;
        dl_iterate_phdr(on_module, NULL);
        backtrace(warm, 1); /* loads what it needs now, not in the handler */
        for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
                sigaction(fatal[i], &sa, &crash.before[fatal[i]]);
        return 0;
}

void crash_uninstall(void)
{
        if (crash.fd < 0)
                return;
        for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
                sigaction(fatal[i], &crash.before[fatal[i]], NULL);
        close(crash.fd);
        unlink(crash.tmp);
        crash.fd = -1;
        crash.crashing = 0;
}

/* ---- reading ---- */
static bool word(const char *line, const char *key, char *out, size_t cap)
{
        size_t n = strlen(key);

        if (strncmp(line, key, n) != 0)
                return false;
        str_escape(out, cap, line + n, strlen(line + n));
        return true;
}

static void take_frame(struct crash_info *c, const char *line)
{
        unsigned long long at;
        char module[64];

        if (c->nframes == CRASH_FRAMES_MAX)
                return;
        module[0] = 0;
        if (sscanf(line, "frame %llx %63s", &at, module) < 1)
                return;
        c->frame[c->nframes].offset = at;
        str_escape(c->frame[c->nframes].module, sizeof c->frame[0].module, module, strlen(module));
        c->nframes++;
}

static void take_line(struct crash_info *c, const char *line)
{
        char text[64];
        uint64_t v;
        int at = 0;

        if (word(line, "signal ", text, sizeof text) && str_u64(text, 1, NSIG - 1, &v))
                c->signal = (int)v;
        else if (word(line, "time ", text, sizeof text) && str_u64(text, 0, INT64_MAX, &v))
                c->when_s = (int64_t)v;
        else if (sscanf(line, "thread %d %n", &c->tid, &at) == 1 && at)
                word(line + at, "", c->thread, sizeof c->thread);
        else if (!word(line, "version ", c->version, sizeof c->version) &&
                 !word(line, "build ", c->build, sizeof c->build))
                take_frame(c, line);
}

int crash_parse(const char *text, size_t n, struct crash_info *out)
{
        char line[160];

        *out = (struct crash_info){ 0 };
        for (const char *end = text + n, *next; text < end; text = next) {
                const char *nl = memchr(text, '\n', (size_t)(end - text));
                size_t len = (size_t)((nl ? nl : end) - text);

                next = nl ? nl + 1 : end;
                snprintf(line, sizeof line, "%.*s", (int)MIN_OF(len, sizeof line - 1), text);
                take_line(out, line);
        }
        return out->signal ? 0 : -1;
}
