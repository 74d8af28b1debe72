#include "platform/net/port_medium.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* RTM_GETLINK of one device; the answer is there when the request has been sent. */
static ssize_t ask_link(int fd, int ifindex, void *answer, size_t cap)
{
        struct {
                struct nlmsghdr h;
                struct ifinfomsg i;
        } q = { { .nlmsg_len = sizeof q, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = 1 },
                { .ifi_family = AF_UNSPEC, .ifi_index = ifindex } };

        while (recv(fd, answer, cap, MSG_DONTWAIT) > 0)
                continue; /* of a question that was given up */
        return send(fd, &q, sizeof q, MSG_DONTWAIT) < 0 ? -1 : recv(fd, answer, cap, MSG_DONTWAIT);
}

/* The counters among the attributes of the answer; NULL: there are none. */
static const void *stats_of(const struct nlmsghdr *h, size_t n)
{
        const struct rtattr *r;
        size_t left;

        if (!NLMSG_OK(h, n) || h->nlmsg_type != RTM_NEWLINK || h->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
                return NULL;
        r = (const void *)((const uint8_t *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct ifinfomsg)));
        left = h->nlmsg_len - NLMSG_LENGTH(sizeof(struct ifinfomsg));
        for (; RTA_OK(r, left); r = RTA_NEXT(r, left))
                if (r->rta_type == IFLA_STATS64)
                        return RTA_PAYLOAD(r) >= offsetof(struct rtnl_link_stats64, rx_compressed) ? RTA_DATA(r)
                                                                                                   : NULL;
        return NULL;
}

static bool read_counters(int fd, int ifindex, struct port_medium *out)
{
        union {
                struct nlmsghdr h;
                uint8_t b[16384];
        } answer;
        ssize_t n = fd < 0 ? -1 : ask_link(fd, ifindex, &answer, sizeof answer);
        const void *at = n > 0 ? stats_of(&answer.h, (size_t)n) : NULL;
        struct rtnl_link_stats64 st = { 0 };

        if (!at)
                return false;
        memcpy(&st, at, offsetof(struct rtnl_link_stats64, rx_compressed)); /* it need not be aligned */
        out->in_errors = st.rx_errors;
        out->length = st.rx_length_errors;
        out->crc = st.rx_crc_errors;
        out->frame = st.rx_frame_errors;
        out->over = st.rx_over_errors;
        out->missed = st.rx_missed_errors;
        out->out_errors = st.tx_errors;
        out->underruns = st.tx_fifo_errors;
        out->collisions = st.collisions;
        return true;
}

int port_counter_socket(struct err *e)
{
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

        return fd >= 0 ? fd : err_set(e, ERR_IO, "a socket for counters of devices: %s", strerror(errno));
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

void medium_read(int fd, const char *dev, int ifindex, int counters, struct port_medium *out)
{
        struct port_medium m = { 0 };

        m.errors_known = read_counters(counters, ifindex, &m);
        ask_speed(fd, dev, &m);
        *out = m;
}
