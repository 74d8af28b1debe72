/* What of a phone proxy's CTL file its TFTP proxy and its stages ask for. */
#include <strings.h>

#include "proxy/worker/proxy_rt.h"

const uint8_t *phone_proxy_ctl(const struct phone_proxy_rt *p, size_t *n)
{
        *n = p->ctl ? p->ctl->file_n : 0;
        return p->ctl ? p->ctl->file : NULL;
}

const char *phone_proxy_ctl_lack(const struct phone_proxy_rt *p)
{
        return p->ctl ? "" : "there is no CTL file: ctl-file is missing, or not up";
}

const struct ctl_signer *phone_proxy_signer(const struct phone_proxy_rt *p)
{
        return p->ctl ? &p->ctl->signer : NULL;
}

bool phone_proxy_lists(const struct phone_proxy_rt *p, const struct addr *a)
{
        for (unsigned i = 0; p->ctl && i < p->ctl->n; i++)
                if (addr_eq(&p->ctl->at[i].addr, a))
                        return true;
        return false;
}

bool phone_proxy_names(const struct phone_proxy_rt *p, const char *dns)
{
        for (unsigned i = 0; p->ctl && i < p->ctl->n; i++)
                if (p->ctl->at[i].dns[0] && !strcasecmp(p->ctl->at[i].dns, dns))
                        return true;
        return false;
}
