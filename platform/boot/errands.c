#include "platform/boot/errands.h"

#include <sys/prctl.h>

#include "platform/svc/dns.h"
#include "platform/svc/mail_send.h"
#include "platform/svc/ntp.h"

static void *dns_thread(void *p)
{
        prctl(PR_SET_NAME, "vg-dns");
        dns_run(p);
        return NULL;
}

static void *ntp_thread(void *p)
{
        prctl(PR_SET_NAME, "vg-ntp");
        ntp_run(p);
        return NULL;
}

static void *mail_thread(void *p)
{
        prctl(PR_SET_NAME, "vg-mail");
        mail_send_run(p);
        return NULL;
}

int errands_start(struct errands *s, struct box *b, struct err *e)
{
        s->dns.running = pthread_create(&s->dns.thread, NULL, dns_thread, b->dns) == 0;
        if (!s->dns.running)
                return err_set(e, ERR_IO, "cannot start the DNS thread");
        s->ntp.running = pthread_create(&s->ntp.thread, NULL, ntp_thread, b->ntp) == 0;
        if (!s->ntp.running)
                return err_set(e, ERR_IO, "cannot start the NTP thread");
        s->mail.running = pthread_create(&s->mail.thread, NULL, mail_thread, b->mail) == 0;
        return s->mail.running ? 0 : err_set(e, ERR_IO, "cannot start the mail thread");
}

/* Mail first: a server that takes its time is left at once, and the others do not wait for it. */
void errands_stop(struct errands *s, struct box *b)
{
        if (s->mail.running)
                mail_send_stop(b->mail);
        if (s->dns.running) {
                dns_stop(b->dns);
                pthread_join(s->dns.thread, NULL);
        }
        if (s->ntp.running) {
                ntp_stop(b->ntp);
                pthread_join(s->ntp.thread, NULL);
        }
        if (s->mail.running)
                pthread_join(s->mail.thread, NULL);
        *s = (struct errands){ .dns.running = false };
}
