/* One appliance a test, with the services of px_services: how many flows it has, what comes out of it. */
#ifndef VOXGATE_PATH_SERVICES_H
#define VOXGATE_PATH_SERVICES_H

#include "tests/support/test.h"

#include "platform/net/tun.h"
#include "proxy/punt/punt.h"
#include "tests/path/support/path_fixture.h"

#define CLIENT "192.0.2.10"
#define MAPPED "192.0.2.140"
#define SERVER "10.0.0.5"
#define PAT "192.0.2.200"

static struct path_fixture fx;
static struct pb_view v;

static inline int setup(void **state UNUSED)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, px_services);
        px_start(&fx, text, true);
        return 0;
}

static inline int teardown(void **state UNUSED)
{
        px_stop(&fx);
        return 0;
}

static inline uint32_t conns(void)
{
        return conn_count(fx.w->conns);
}

static inline uint32_t flows(void)
{
        struct punt_stat st;

        punt_stat(fx.w->punt, &st);
        return st.flows;
}

static inline void out_is(unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        if (!px_take(&fx, port, &v))
                fail_msg("nothing comes out\n%s", px_logs(&fx));
        assert_true(px_is(&v, src, sport ? sport : v.sport, dst, dport ? dport : v.dport));
}

#endif
