#include "platform/net/port_medium.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "platform/base/str.h"

/* A file of one line. */
static bool read_line(int dir, const char *name, char *out, size_t cap)
{
        int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, out, cap - 1);

        if (fd >= 0)
                close(fd);
        if (n <= 0)
                return false;
        out[n] = 0;
        out[strcspn(out, "\n")] = 0;
        return true;
}

static bool read_number(int dir, const char *name, uint64_t *v)
{
        char line[32];

        return read_line(dir, name, line, sizeof line) && str_u64(line, 0, UINT64_MAX, v);
}

/* sysfs belongs to the namespace it was mounted in: index and address tell whether this is our device. */
static bool is_it(int dir, int ifindex, const struct mac *mac)
{
        const uint8_t *b = mac->b;
        char line[32], ours[32];
        uint64_t idx;

        snprintf(ours, sizeof ours, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
        return read_number(dir, "ifindex", &idx) && idx == (uint64_t)ifindex &&
               read_line(dir, "address", line, sizeof line) && !strcmp(line, ours);
}

int medium_open(const char *dev, int ifindex, const struct mac *mac)
{
        char path[64];
        int dir, counters = -1;

        snprintf(path, sizeof path, "/sys/class/net/%.32s", dev);
        dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir >= 0 && is_it(dir, ifindex, mac))
                counters = openat(dir, "statistics", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir >= 0)
                close(dir);
        return counters;
}

/* The request goes to the socket's namespace. */
static void ask_speed(int fd, const char *dev, struct port_medium *out)
{
        struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };
        struct ifreq r;
        uint32_t speed;

        memset(&r, 0, sizeof r);
        strncpy(r.ifr_name, dev, sizeof r.ifr_name - 1);
        r.ifr_data = (void *)&cmd;
        if (ioctl(fd, SIOCETHTOOL, &r) != 0)
                return;
        speed = ethtool_cmd_speed(&cmd);
        out->mbps = speed == (uint32_t)SPEED_UNKNOWN || speed == UINT16_MAX ? 0 : speed;
        out->duplex = cmd.duplex == DUPLEX_FULL   ? PORT_FULL_DUPLEX
                      : cmd.duplex == DUPLEX_HALF ? PORT_HALF_DUPLEX
                                                  : PORT_DUPLEX_UNKNOWN;
}

void medium_read(int fd, const char *dev, int counters, struct port_medium *out)
{
        struct port_medium m = { .errors_known = counters >= 0 };
        const struct {
                const char *file;
                uint64_t *to;
        } row[] = { { "rx_errors", &m.in_errors },  { "rx_length_errors", &m.length },
                    { "rx_crc_errors", &m.crc },    { "rx_frame_errors", &m.frame },
                    { "rx_over_errors", &m.over },  { "rx_missed_errors", &m.missed },
                    { "tx_errors", &m.out_errors }, { "tx_fifo_errors", &m.underruns },
                    { "collisions", &m.collisions } };

        for (size_t i = 0; m.errors_known && i < ARRAY_LEN(row); i++)
                m.errors_known = read_number(counters, row[i].file, row[i].to);
        ask_speed(fd, dev, &m);
        *out = m;
}
