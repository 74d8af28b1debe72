/* `show ssl`: what the TLS library is and lacks, and which certificate is shown where. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "proxy/tls/tls_library.h"
#include "proxy/tls/tls_profile.h"

static void show_library(struct session *s)
{
        char name[TLS_LIBRARY_NAME_MAX], off[200];
        struct wbuf w = wbuf_of(off, sizeof off);

        tls_library_name(name);
        tls_suites_off(&w);
        PUT(s, "TLS library: %s, %s\n", cell_str("library", name),
            cell_as(cell_bool("own_build", tls_library_own()),
                    tls_library_own() ? "built for this software" : "the system's"));
        wbuf_text(&w);
        out(s, "Cipher suites that it lacks:");
        table_list(session_table(s), "lacking_suites");
        for (char *one, *at = off; (one = strtok_r(at, " ", &at));)
                ITEM(s, " %s", cell_str(NULL, one));
        table_close(session_table(s));
        out(s, "%s\n", *off ? "" : " none");
}

/* Copies: nothing is written under the lock. */
static unsigned copy_trust_points(struct box *b, struct ssl_tp_conf **all)
{
        unsigned n = 0;

        pthread_mutex_lock(&b->conf_lock);
        *all = mem_alloc(MEM_CLI, (b->store->pki.ssl.trust_points.n + 1) * sizeof **all);
        if (*all)
                conf_each(struct ssl_tp_conf, tp, &b->store->pki.ssl.trust_points)
                        (*all)[n++] = *tp;
        pthread_mutex_unlock(&b->conf_lock);
        return n;
}

static int show_ssl(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct ssl_tp_conf *all;
        unsigned n = copy_trust_points(session_box(s), &all);

        if (!all)
                return err_nomem(e, "showing trust-points");
        show_library(s);
        out(s, "SSL trust-points:\n%s", n ? "" : "  none\n");
        table_list(session_table(s), "trust_points");
        for (unsigned i = 0; i < n; i++)
                ROW(s, "  %s: %s\n",
                    *all[i].o.name ? cell_str("interface", all[i].o.name)
                                   : cell_as(cell_null("interface"), "all other interfaces"),
                    cell_str("trust_point", all[i].trustpoint));
        table_close(session_table(s));
        mem_free(all);
        return 0;
}

const struct exec_row exec_show_ssl[] = {
        { "show ssl", "Show the TLS library and the certificates that are shown", 15 | EXEC_TABLE, show_ssl },
        { 0 },
};
