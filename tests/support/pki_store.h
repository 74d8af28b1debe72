/* A key store in memory on a virtual clock, a trustpoint to fill in, and the log lines of both. */
#ifndef VOXGATE_TEST_PKI_STORE_H
#define VOXGATE_TEST_PKI_STORE_H

#include <stdlib.h>

#include "pki/enroll.h"
#include "platform/base/str.h"
#include "tests/support/pki.h"

struct pki_store {
        struct clock_virtual v;
        struct clock clk;
        struct rng_fixed seed;
        struct rng rng;
        struct log *log;
        struct keystore *k;
        struct trustpoint_conf tp;
        struct enroll_params params;
        struct err e;
        char lines[2048]; /* of pki_store_lines() */
};

static inline int pki_store_open(void **state)
{
        struct pki_store *s = calloc(1, sizeof *s);
        struct log_conf conf;

        s->v.wall = PKI_NOW * 1000000000ll;
        s->clk = clock_of_virtual(&s->v);
        s->seed.state = 1;
        s->rng = rng_of_fixed(&s->seed);
        s->k = keystore_open(NULL, &s->clk, &s->rng, NULL);
        s->log = log_new(&s->clk, 64);
        log_conf_init(&conf);
        conf.enable = true;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(s->log, &conf, NULL), 0);
        keystore_set_log(s->k, log_src_new(s->log, "pki"));
        s->tp.o.name = (char *)(uintptr_t) "tp";
        s->params = (struct enroll_params){ .hostname = "ciscoasa", .domain = "example.com" };
        *state = s;
        return 0;
}

static inline int pki_store_close(void **state)
{
        struct pki_store *s = *state;

        keystore_close(s->k);
        log_free(s->log);
        free(s);
        return 0;
}

static inline void pki_store_line(void *ctx, const char *line)
{
        struct pki_store *s = ctx;
        size_t used = strlen(s->lines);

        snprintf(s->lines + used, sizeof s->lines - used, "%s\n", line);
}

/* All lines since the last call. */
static inline const char *pki_store_lines(struct pki_store *s)
{
        log_step(s->log);
        s->lines[0] = 0;
        log_buffer_walk(s->log, pki_store_line, s);
        log_buffer_clear(s->log);
        return s->lines;
}

/* The pasted file as the dialogs hand it over. */
static inline int pki_store_pkcs12(struct pki_store *s, const char *name, const char *file, const char *pass)
{
        size_t n;
        uint8_t *der = pki_file(file, &n);
        char *text = mem_alloc(MEM_MISC, 2 * n);
        struct wbuf w = wbuf_of(text, 2 * n);
        int ret;

        base64_write(der, n, &w);
        ret = pki_import_pkcs12(s->k, name, text, w.len, pass, &s->e);
        mem_free_secret(text);
        mem_free_secret(der);
        return ret;
}

#define STORE_TEST(x) cmocka_unit_test_setup_teardown(x, pki_store_open, pki_store_close)

#endif
