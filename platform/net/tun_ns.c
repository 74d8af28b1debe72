/* The private namespace: sysctls and the addresses of the glue device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform/net/link.h"
#include "platform/net/tun_int.h"

struct setting {
        const char *key, *value;
};

/* A new namespace inherits some of these from the host and takes built-in values for others: both surprise. */
static const struct setting settings[] = {
        { "core/somaxconn", "16384" },
        { "ipv4/tcp_max_syn_backlog", "16384" },
        { "ipv4/ip_local_port_range", "1024 65535" },
        { "ipv4/tcp_syncookies", "1" },
        { "ipv4/tcp_fin_timeout", "15" },
        { "ipv4/tcp_syn_retries", "4" },
        { "ipv4/tcp_synack_retries", "4" },
        { "ipv4/tcp_retries2", "8" },
        { "ipv4/tcp_orphan_retries", "1" },
        { "ipv4/tcp_rmem", "4096 65536 2097152" },
        { "ipv4/tcp_wmem", "4096 65536 2097152" },
        { "ipv4/tcp_slow_start_after_idle", "0" },
        { "ipv4/tcp_no_metrics_save", "1" }, /* a pseudo address is another peer tomorrow */
        { "ipv4/tcp_ecn", "0" },
        { "ipv4/tcp_congestion_control", "reno" }, /* always there; the next line is refused where it is a module */
        { "ipv4/tcp_congestion_control", "cubic" },
        { "ipv4/conf/all/rp_filter", "0" },
        { "ipv4/conf/default/rp_filter", "0" },
        { "ipv4/ip_forward", "0" },
        { "ipv6/conf/all/disable_ipv6", "1" },
        { "ipv6/conf/default/disable_ipv6", "1" },
};

int tun_sysctl(const char *key, const char *value)
{
        char path[160];
        int fd, rc;

        snprintf(path, sizeof path, "/proc/sys/net/%s", key);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return -1;
        rc = write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : -1;
        close(fd);
        return rc;
}

/* A kernel without one of them is no reason to stop; a /proc that takes none is. */
int tun_tune_namespace(struct err *e)
{
        unsigned done = 0;

        for (unsigned i = 0; i < ARRAY_LEN(settings); i++)
                done += tun_sysctl(settings[i].key, settings[i].value) == 0;
        if (!done)
                return err_set(e, ERR_IO, "cannot write to /proc/sys/net of the private namespace: %s",
                               strerror(errno));
        return 0;
}

int tun_set_up_device(const char *name, uint32_t mtu, bool noarp, struct err *e)
{
        const struct addr own = addr_v4(PSEUDO_KERNEL);
        char key[64];

        snprintf(key, sizeof key, "ipv4/conf/%.15s/rp_filter", name);
        tun_sysctl(key, "0");
        snprintf(key, sizeof key, "ipv6/conf/%.15s/disable_ipv6", name);
        tun_sysctl(key, "1");
        if (link_up("lo", 0, 0, false, e) != 0 || link_up(name, mtu, TUN_TXQLEN, noarp, e) != 0)
                return -1;
        if (link_add_addr(name, &own, 32, e) != 0)
                return -1;
        return link_default_route(name, &own, e);
}
