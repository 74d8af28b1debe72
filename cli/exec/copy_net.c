#include "cli/exec/copy_net.h"

#include "cli/aaa/aaa.h"
#include "cli/exec/resolve.h"
#include "cli/exec/save.h"
#include "cli/conf/store.h"
#include "pki/keystore.h"
#include "platform/svc/tftp_client.h"
#include "platform/svc/url_client.h"

#define MARK_BYTES 65536u /* one '!' for each, at most MARKS */
#define MARKS 60u

/* A file on its way. */
struct trip {
        struct session *s;
        struct copy_plan *p;
        const struct copy_end *far;
        struct addr server;
        uint64_t bytes, room;
        unsigned marks;
        struct text *to; /* reading */
        struct text anchors;
};

static void mark(struct trip *t, size_t n)
{
        t->bytes += n;
        while (t->marks < MARKS && t->bytes > (uint64_t)t->marks * MARK_BYTES) {
                out(t->s, "!");
                t->marks++;
        }
}

static bool stop(void *ctx)
{
        struct trip *t = ctx;

        return session_aborted(t->s, 0);
}

static void sent(void *ctx, size_t n)
{
        mark(ctx, n);
}

/* Where there is no room for all of it nothing is begun. */
static int check_size(void *ctx, uint64_t n, struct err *e)
{
        const struct trip *t = ctx;

        if (n <= t->room)
                return 0;
        if (n > FLASH_FILE_MAX)
                return err_set(e, ERR_LIMIT, "the file has more than %u bytes", FLASH_FILE_MAX);
        return err_set(e, ERR_LIMIT, "No space left on device");
}

static int take(void *ctx, const void *p, size_t n, struct err *e)
{
        struct trip *t = ctx;

        if (check_size(t, t->bytes + n, e) < 0)
                return -1;
        mark(t, n);
        text_addn(t->to, p, n);
        return t->to->bad ? err_nomem(e, "copying") : 0;
}

/* ---- whom to trust ---- */

static void add_anchors(struct keystore *k, const char *name, struct text *out)
{
        struct tp_assets a;
        char pem[CERT_DER_MAX * 2];

        keystore_tp_get(k, name, &a);
        for (unsigned i = 0; i < a.nca; i++) {
                struct wbuf w = wbuf_of(pem, sizeof pem);

                cert_pem(a.ca[i], &w);
                text_addn(out, pem, w.len);
        }
        tp_assets_put(&a);
}

/* The CA certificates of all trustpoints. */
static int trusted(struct box *b, struct text *out, struct err *e)
{
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct trustpoint_conf, tp, &b->store->pki.trustpoints)
                add_anchors(b->keys, tp->o.name, out);
        pthread_mutex_unlock(&b->conf_lock);
        if (out->n && !out->bad)
                return 0;
        return err_set(e, ERR_REF,
                       "no trustpoint has a CA certificate to check the server's with: crypto ca trustpoint, then "
                       "crypto ca authenticate");
}

/* What the configuration says about the server's key: its hash; "" nothing. */
static bool key_conf(struct box *b, const char *host, char hash[SSH_KEY_TEXT + 1])
{
        const struct ssh_server_conf *known = NULL;
        bool strict;

        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct ssh_chain_conf, c, &b->store->sys.ssh_chain)
                known = conf_list_find(&c->servers, host);
        str_copy(hash, SSH_KEY_TEXT + 1, known ? known->hash : "");
        strict = !b->store->sys.ssh.any_key;
        pthread_mutex_unlock(&b->conf_lock);
        return strict;
}

static int host_key(void *ctx, const void *key, size_t n, struct err *e)
{
        struct trip *t = ctx;
        char got[AAA_KEY_TEXT], want[SSH_KEY_TEXT + 1];
        bool strict = key_conf(session_box(t->s), t->far->host, want);

        aaa_key_text(key, n, got);
        if (*want && !strcasecmp(want, got))
                return 0;
        if (*want)
                return err_set(e, ERR_CRYPTO, "the server's key is not the one of ssh pubkey-chain: SHA256 %s", got);
        if (!strict || (t->p->key_ok && !strcmp(t->p->key, got)))
                return 0;
        str_copy(t->p->key, sizeof t->p->key, got);
        return err_set(e, ERR_CRYPTO, "the server's key is not known: SHA256 %s", got);
}

/* ---- the ways ---- */

static int by_tftp(struct trip *t, const struct box_net *n, const void *data, size_t len, struct err *e)
{
        const struct copy_end *c = t->far;
        const struct tftp_job job = {
                .file = c->name, .ctx = t, .stop = stop, .take = take, .size = check_size, .sent = sent
        };
        uint16_t port = c->port ? c->port : TFTP_CLIENT_PORT;

        if (!data)
                return tftp_get(n, c->nameif, &t->server, port, &job, e);
        return tftp_put(n, c->nameif, &t->server, port, &job, data, len, e);
}

static enum url_scheme scheme_of(enum copy_kind k)
{
        return k == COPY_HTTP ? URL_HTTP : k == COPY_HTTPS ? URL_HTTPS : k == COPY_FTP ? URL_FTP : URL_SCP;
}

static int by_url(struct trip *t, const struct box_net *n, const void *data, size_t len, struct err *e)
{
        const struct copy_end *c = t->far;
        struct url_job job = { .scheme = scheme_of(c->kind),
                               .host = c->host,
                               .port = c->port,
                               .path = c->name,
                               .user = *c->user ? c->user : NULL,
                               .password = c->has_password ? c->password : NULL,
                               .put = data != NULL,
                               .data = data,
                               .len = len,
                               .ctx = t,
                               .stop = stop,
                               .take = take,
                               .size = check_size,
                               .sent = sent,
                               .host_key = host_key };

        if (c->kind == COPY_HTTPS && trusted(session_box(t->s), &t->anchors, e) < 0)
                return -1;
        job.anchors = text_str(&t->anchors);
        return url_transfer(n, c->nameif, &t->server, &job, e);
}

static int travel(struct trip *t, const void *data, size_t len, struct err *e)
{
        const struct box *b = session_box(t->s);
        const struct copy_end *c = t->far;
        char url[640];
        struct err why = { 0 };
        int rc;

        if (!*c->host)
                return err_set(e, ERR_SYNTAX, "the address or name of the remote host is missing");
        if (!*c->name)
                return err_set(e, ERR_SYNTAX, "the name of the remote file is missing");
        if (resolve_host(t->s, c->host, &t->server, e) < 0)
                return -1;
        copy_url(c, url, sizeof url);
        if (!b->net || !b->net->w)
                return err_set(e, ERR_STATE, "%%Error %s %.300s (no dataplane)", data ? "writing" : "reading", url);
        if (!data)
                out(t->s, "\nAccessing %s...", url);
        rc = (c->kind == COPY_TFTP ? by_tftp : by_url)(t, b->net, data, len, &why);
        text_fini(&t->anchors);
        if (!rc)
                mark(t, !t->marks); /* an empty file as well */
        if (!data || t->marks)
                out(t->s, "\n");
        return rc ? err_set(e, why.code, "%%Error %s %.200s (%.180s)", data ? "writing" : "reading", url, why.text)
                  : 0;
}

int copy_fetch(struct session *s, struct copy_plan *p, uint64_t room, struct text *to, struct err *e)
{
        struct trip t = { .s = s, .p = p, .far = &p->src, .room = room, .to = to };

        return travel(&t, NULL, 0, e);
}

int copy_send(struct session *s, struct copy_plan *p, const void *data, size_t n, struct err *e)
{
        struct trip t = { .s = s, .p = p, .far = &p->dst };

        return travel(&t, data ? data : "", n, e);
}
