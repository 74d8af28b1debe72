/*
 * One syslog server: its socket, what waits for it, and its counts. By UDP a line is a datagram, sent or lost. By TCP
 * a line ends with a newline and waits, so many bytes of them, while the server is slow or away.
 */
#ifndef VOXGATE_SVC_SYSLOG_TARGET_H
#define VOXGATE_SVC_SYSLOG_TARGET_H

#include "platform/svc/syslog_send.h"
#include "proxy/leg/leg.h"

/* What all servers of a sender share. */
struct syslog_env {
        struct syslog_way way;
        struct log_src *src;     /* of the log thread; NULL: none */
        struct tls_profile *tls; /* NULL: nobody is trusted yet */
};

struct syslog_target {
        struct syslog_host host;
        unsigned slot;
        int fd;          /* UDP; -1: none */
        struct leg *leg; /* TCP, perhaps with TLS over it; NULL: none */
        bool up;         /* connected, with TLS verified; UDP: there is a socket */
        bool told_down;
        uint64_t retry_ms, check_ms, opened_ms;
        uint64_t sent, errors, dropped, flaps;
        char cause[80];
        char *wait; /* TCP: whole lines, the first perhaps in part */
        size_t waiting;
        bool cut; /* a part of the first is sent */
};

/* NULL when out of memory. */
struct syslog_target *syslog_target_new(const struct syslog_host *h, unsigned slot) MUST_USE;
void syslog_target_free(struct syslog_target *t, const struct syslog_env *env);
/* p: n bytes without a newline. */
void syslog_target_line(struct syslog_target *t, const struct syslog_env *env, uint64_t now, const char *p, size_t n);
/* TCP: connects, shakes hands, notices an end, sends what waits. */
void syslog_target_step(struct syslog_target *t, const struct syslog_env *env, uint64_t now);

#endif
