/* A mail by SMTP, over a flow of the box. */
#include "platform/svc/mail_send.h"

#include "platform/svc/url_client.h"

int box_mail(void *net, const struct addr *server, const struct mail *m, struct err *e)
{
        char host[ADDR_TEXT_MAX];
        const struct url_job job = { .scheme = URL_SMTP,
                                     .host = addr_print(server, host),
                                     .path = m->host,
                                     .from = m->from,
                                     .to = m->to,
                                     .put = true,
                                     .data = m->text,
                                     .len = m->len,
                                     .ctx = m->ctx,
                                     .stop = m->stop };

        return url_transfer(net, "", server, &job, e);
}
