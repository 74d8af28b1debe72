#include "platform/svc/url_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/str.h"

#define FLOWS 4 /* FTP has two connections */
#define CONNECT_S 20L
#define STALL_S 60L /* not a byte for so long */

struct transfer {
        const struct url_net *net;
        const struct url_job *job;
        CURL *c;
        char words[CURL_ERROR_SIZE]; /* libcurl's */
        struct err why;              /* ours, when we have ended it */
        bool sized;
        size_t at; /* sent so far */
        struct {
                int fd; /* 0: free */
                struct box_flow flow;
        } conn[FLOWS];
};

uint16_t url_default_port(enum url_scheme s)
{
        static const uint16_t port[] = {
                [URL_HTTP] = 80, [URL_HTTPS] = 443, [URL_FTP] = 21, [URL_SCP] = 22, [URL_SMTP] = 25
        };

        return port[s];
}

/* ---- connections ---- */

static int free_slot(const struct transfer *t)
{
        for (int i = 0; i < FLOWS; i++)
                if (!t->conn[i].fd)
                        return i;
        return -1;
}

/* Every connection goes to the server that was asked for, whatever address it names: to a pseudo address of its own.
 */
static curl_socket_t open_conn(void *ctx, curlsocktype purpose UNUSED, struct curl_sockaddr *to)
{
        struct transfer *t = ctx;
        struct sockaddr_in *sin = (void *)&to->addr;
        int i = free_slot(t), fd;

        if (i < 0 || to->family != AF_INET || to->socktype != SOCK_STREAM ||
            t->net->open(t->net->ctx, ntohs(sin->sin_port), &t->conn[i].flow, &t->why) < 0)
                return CURL_SOCKET_BAD;
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) {
                err_set(&t->why, ERR_IO, "socket: %s", strerror(errno));
                t->net->close(t->net->ctx, &t->conn[i].flow);
                return CURL_SOCKET_BAD;
        }
        sin->sin_port = htons(t->conn[i].flow.pseudo_port);
        sin->sin_addr.s_addr = htonl(t->conn[i].flow.pseudo.v4);
        t->conn[i].fd = fd;
        return fd;
}

static int close_conn(void *ctx, curl_socket_t fd)
{
        struct transfer *t = ctx;

        close(fd);
        for (int i = 0; i < FLOWS; i++)
                if (t->conn[i].fd == fd) {
                        t->conn[i].fd = 0;
                        t->net->close(t->net->ctx, &t->conn[i].flow);
                }
        return 0;
}

/* ---- bytes ---- */

/* HTTP: what comes with another status is not the file. */
static bool is_file(struct transfer *t)
{
        long status = 0;

        if (t->job->scheme > URL_HTTPS)
                return true;
        curl_easy_getinfo(t->c, CURLINFO_RESPONSE_CODE, &status);
        return status >= 200 && status < 300;
}

static int tell_size(struct transfer *t)
{
        curl_off_t n = -1;

        if (t->sized)
                return 0;
        t->sized = true;
        curl_easy_getinfo(t->c, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
        return n >= 0 && t->job->size ? t->job->size(t->job->ctx, (uint64_t)n, &t->why) : 0;
}

static size_t take(char *p, size_t one, size_t n, void *ctx)
{
        struct transfer *t = ctx;

        n *= one;
        if (t->job->put || !is_file(t))
                return n; /* words of the server that nobody reads */
        return tell_size(t) < 0 || t->job->take(t->job->ctx, p, n, &t->why) < 0 ? 0 : n;
}

static size_t give(char *p, size_t one, size_t n, void *ctx)
{
        struct transfer *t = ctx;

        n = MIN_OF(n * one, t->job->len - t->at);
        if (n)
                memcpy(p, (const char *)t->job->data + t->at, n);
        t->at += n;
        if (t->job->sent)
                t->job->sent(t->job->ctx, n);
        return n;
}

/* A request that is sent again (after a challenge for a password). */
static int rewind_to(void *ctx, curl_off_t offset, int origin)
{
        struct transfer *t = ctx;

        if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->job->len)
                return CURL_SEEKFUNC_FAIL;
        t->at = (size_t)offset;
        return CURL_SEEKFUNC_OK;
}

static int progress(void *ctx, curl_off_t a UNUSED, curl_off_t b UNUSED, curl_off_t c UNUSED, curl_off_t d UNUSED)
{
        struct transfer *t = ctx;

        if (!t->job->stop || !t->job->stop(t->job->ctx))
                return 0;
        err_set(&t->why, ERR_STATE, "Interrupted");
        return 1;
}

static int host_key(void *ctx, int type UNUSED, const char *key, size_t n)
{
        struct transfer *t = ctx;

        return t->job->host_key(t->job->ctx, key, n, &t->why) < 0 ? CURLKHMATCH_MISMATCH : CURLKHMATCH_OK;
}

/* ---- what libcurl is told ---- */

static const char *const scheme_name[] = {
        [URL_HTTP] = "http", [URL_HTTPS] = "https", [URL_FTP] = "ftp", [URL_SCP] = "scp", [URL_SMTP] = "smtp"
};

/* SCP has paths from the root; "~" is where a login leads. */
static bool url_of(const struct url_job *j, char *out, size_t cap)
{
        int n = snprintf(out, cap, "%s://%s:%u/%s%s", scheme_name[j->scheme], j->host,
                         j->port ? j->port : url_default_port(j->scheme),
                         j->scheme == URL_SCP && *j->path != '/' ? "~/" : "",
                         j->scheme == URL_SCP && *j->path == '/' ? j->path + 1 : j->path);

        return n > 0 && (size_t)n < cap;
}

#define SET(opt, val) (rc = rc ? rc : curl_easy_setopt(t->c, (opt), (val)))

static CURLcode set_ways(struct transfer *t, const char *url)
{
        CURLcode rc = CURLE_OK;

        SET(CURLOPT_URL, url);
        SET(CURLOPT_PROTOCOLS_STR, scheme_name[t->job->scheme]);
        SET(CURLOPT_PATH_AS_IS, 1L);
        SET(CURLOPT_PROXY, "");
        SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
        SET(CURLOPT_NOSIGNAL, 1L);
        SET(CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
        SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        SET(CURLOPT_OPENSOCKETFUNCTION, open_conn);
        SET(CURLOPT_OPENSOCKETDATA, t);
        SET(CURLOPT_CLOSESOCKETFUNCTION, close_conn);
        SET(CURLOPT_CLOSESOCKETDATA, t);
        SET(CURLOPT_FTP_SKIP_PASV_IP, 1L);
        SET(CURLOPT_CONNECTTIMEOUT, CONNECT_S);
        SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
        SET(CURLOPT_LOW_SPEED_TIME, STALL_S);
        SET(CURLOPT_ERRORBUFFER, t->words);
        return rc;
}

static CURLcode set_bytes(struct transfer *t)
{
        CURLcode rc = CURLE_OK;

        SET(CURLOPT_WRITEFUNCTION, take);
        SET(CURLOPT_WRITEDATA, t);
        SET(CURLOPT_NOPROGRESS, 0L);
        SET(CURLOPT_XFERINFOFUNCTION, progress);
        SET(CURLOPT_XFERINFODATA, t);
        if (!t->job->put)
                return rc;
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->job->len);
        SET(CURLOPT_READFUNCTION, give);
        SET(CURLOPT_READDATA, t);
        SET(CURLOPT_SEEKFUNCTION, rewind_to);
        SET(CURLOPT_SEEKDATA, t);
        return rc;
}

static CURLcode set_mail(struct transfer *t, struct curl_slist **to)
{
        CURLcode rc = CURLE_OK;

        if (t->job->scheme != URL_SMTP)
                return rc;
        *to = curl_slist_append(NULL, t->job->to);
        if (!*to)
                return CURLE_OUT_OF_MEMORY;
        SET(CURLOPT_MAIL_FROM, t->job->from);
        SET(CURLOPT_MAIL_RCPT, *to);
        return rc;
}

static CURLcode set_trust(struct transfer *t)
{
        struct curl_blob anchors = { .data = (void *)(uintptr_t)t->job->anchors, .flags = CURL_BLOB_NOCOPY };
        CURLcode rc = CURLE_OK;

        anchors.len = t->job->anchors ? strlen(t->job->anchors) : 0;
        if (t->job->user)
                SET(CURLOPT_USERNAME, t->job->user);
        if (t->job->password)
                SET(CURLOPT_PASSWORD, t->job->password);
        if (t->job->scheme == URL_HTTPS) {
                SET(CURLOPT_CAINFO, NULL);
                SET(CURLOPT_CAPATH, NULL);
                SET(CURLOPT_CAINFO_BLOB, &anchors);
        }
        if (t->job->scheme == URL_SCP) {
                SET(CURLOPT_SSH_AUTH_TYPES, (long)(CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD));
                SET(CURLOPT_SSH_HOSTKEYFUNCTION, host_key);
                SET(CURLOPT_SSH_HOSTKEYDATA, t);
        }
        return rc;
}

/* The name is resolved by then; this address stands for it, and open_conn() puts the flow's in its place. */
static struct curl_slist *nowhere_else(struct transfer *t)
{
        struct curl_slist *l = curl_slist_append(NULL, "::192.0.2.1:");

        return l && curl_easy_setopt(t->c, CURLOPT_CONNECT_TO, l) == CURLE_OK ? l : NULL;
}

/* ---- the end ---- */

static int http_refused(struct transfer *t, struct err *e)
{
        const char *where = NULL;
        char shown[200];
        long status = 0;

        curl_easy_getinfo(t->c, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(t->c, CURLINFO_REDIRECT_URL, &where);
        if (where) {
                str_escape(shown, sizeof shown, where, MIN_OF(strlen(where), (size_t)150));
                return err_set(e, ERR_REF, "the server says that it is at %s", shown);
        }
        if (status == 404)
                return err_set(e, ERR_REF, "No such file or directory");
        if (status == 401)
                return err_set(e, ERR_REF, "Access denied: user name or password is wrong or missing");
        return err_set(e, ERR_REF, "the server answers with status %ld", status);
}

/* In the words of file systems where there are any; libcurl's own may come from the server. */
static int failed(struct transfer *t, CURLcode rc, struct err *e)
{
        char shown[ERR_TEXT_MAX / 2];

        if (t->why.code != ERR_NONE) {
                *e = t->why;
                return -1;
        }
        switch (rc) {
        case CURLE_OPERATION_TIMEDOUT:
                return err_set(e, ERR_IO, "Timed out");
        case CURLE_COULDNT_CONNECT:
                return err_set(e, ERR_IO, "No connection to the server");
        case CURLE_REMOTE_FILE_NOT_FOUND:
                return err_set(e, ERR_REF, "No such file or directory");
        case CURLE_LOGIN_DENIED:
                return err_set(e, ERR_REF, "Access denied: user name or password is wrong or missing");
        case CURLE_PARTIAL_FILE:
                return err_set(e, ERR_IO, "the server ended before the file did");
        default:
                str_escape(shown, sizeof shown, *t->words ? t->words : curl_easy_strerror(rc),
                           MIN_OF(strlen(*t->words ? t->words : curl_easy_strerror(rc)), sizeof shown / 4 - 1));
                return err_set(e, ERR_IO, "%s", shown);
        }
}

static int perform(struct transfer *t, struct err *e)
{
        struct curl_slist *l = nowhere_else(t);
        struct curl_slist *to = NULL;
        CURLcode rc = l ? set_bytes(t) : CURLE_OUT_OF_MEMORY;

        if (!rc)
                rc = set_trust(t);
        if (!rc)
                rc = set_mail(t, &to);
        if (!rc)
                rc = curl_easy_perform(t->c);
        curl_easy_setopt(t->c, CURLOPT_CONNECT_TO, NULL);
        curl_slist_free_all(l);
        curl_slist_free_all(to);
        if (rc)
                return failed(t, rc, e);
        return is_file(t) ? 0 : http_refused(t, e);
}

int url_transfer_over(const struct url_net *net, const struct url_job *job, struct err *e)
{
        struct transfer t = { .net = net, .job = job };
        char url[1024];
        int rc;

        if (!url_of(job, url, sizeof url))
                return err_set(e, ERR_RANGE, "the name is too long");
        t.c = curl_easy_init();
        if (!t.c || set_ways(&t, url) != CURLE_OK) {
                curl_easy_cleanup(t.c);
                return err_nomem(e, "copying");
        }
        rc = perform(&t, e);
        curl_easy_cleanup(t.c); /* closes what is still open */
        return rc;
}

/* ---- through the dataplane ---- */

struct box_way {
        const struct box_net *n;
        const char *nameif;
        const struct addr *server;
};

static int way_open(void *ctx, uint16_t port, struct box_flow *out, struct err *e)
{
        const struct box_way *w = ctx;

        return box_open(w->n, w->nameif, w->server, port, IPPROTO_TCP_, out, e);
}

static void way_close(void *ctx, const struct box_flow *f)
{
        const struct box_way *w = ctx;

        box_close(w->n, f);
}

int url_transfer(const struct box_net *n, const char *nameif, const struct addr *server, const struct url_job *job,
                 struct err *e)
{
        struct box_way w = { n, nameif, server };
        const struct url_net net = { .ctx = &w, .open = way_open, .close = way_close };

        if (!addr_is_v4(server))
                return err_set(e, ERR_SUPPORT, "only IPv4 servers are supported");
        return url_transfer_over(&net, job, e);
}
