/* `show ssl`: what the TLS library is and lacks, and which certificate is shown where. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/store.h"
#include "proxy/tls_library.h"
#include "proxy/tls_profile.h"

static void show_library(struct session *s)
{
        char name[TLS_LIBRARY_NAME_MAX], off[200];
        struct wbuf w = wbuf_of(off, sizeof off);

        tls_library_name(name);
        tls_suites_off(&w);
        out(s, "TLS library: %s, %s\n", name, tls_library_own() ? "built for this software" : "the system's");
        out(s, "Cipher suites that it lacks:%s\n", *wbuf_text(&w) ? off : " none");
}

static int show_ssl(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct text t = { 0 };

        show_library(s);
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct ssl_tp_conf, tp, &b->store->pki.ssl.trust_points)
                text_printf(&t, "  %s: %s\n", *tp->o.name ? tp->o.name : "all other interfaces", tp->trustpoint);
        pthread_mutex_unlock(&b->conf_lock);
        out(s, "SSL trust-points:\n%s", t.n ? text_str(&t) : "  none\n");
        text_fini(&t);
        return 0;
}

const struct exec_row exec_show_ssl[] = {
        { "show ssl", "Show the TLS library and the certificates that are shown", 15, show_ssl },
        { 0 },
};
