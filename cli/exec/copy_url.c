#include "cli/exec/copy_url.h"

#include <stdlib.h>

#include "cli/exec/save.h"
#include "platform/svc/dns.h"

static const char *const scheme_name[] = {
        [COPY_TFTP] = "tftp", [COPY_HTTP] = "http", [COPY_HTTPS] = "https", [COPY_FTP] = "ftp", [COPY_SCP] = "scp"
};

int copy_host(struct copy_end *c, const char *text, size_t n, struct err *e)
{
        char host[sizeof c->host], canon[DNS_NAME_MAX + 1];
        struct addr at;
        struct err why;

        if (n >= sizeof host)
                return err_set(e, ERR_SYNTAX, "the name of the host has more than %zu characters", sizeof host - 1);
        memcpy(host, text, n);
        host[n] = 0;
        if (!(addr_parse(host, &at) && addr_is_v4(&at)) && dns_canon(host, "", canon, &why) < 0)
                return err_set(e, ERR_SYNTAX, "%s is neither an address nor a name of a host", host);
        str_copy(c->host, sizeof c->host, host);
        return 0;
}

/* "%40" is "@": a password may have any character. */
static bool unescape(const char *p, size_t n, char *out, size_t cap)
{
        size_t at = 0;

        for (size_t i = 0; i < n; i++, at++) {
                char hex[3] = { 0 }, *end;

                if (at + 1 >= cap)
                        return false;
                out[at] = p[i];
                if (p[i] != '%')
                        continue;
                if (i + 2 >= n)
                        return false;
                memcpy(hex, p + i + 1, 2);
                out[at] = (char)strtoul(hex, &end, 16);
                if (*end || !out[at])
                        return false;
                i += 2;
        }
        out[at] = 0;
        return true;
}

/* USER[:PASSWORD] */
static bool parse_user(struct copy_end *c, const char *p, size_t n)
{
        const char *colon = memchr(p, ':', n);

        c->has_password = colon != NULL;
        if (colon && !unescape(colon + 1, (size_t)(p + n - colon - 1), c->password, sizeof c->password))
                return false;
        return unescape(p, colon ? (size_t)(colon - p) : n, c->user, sizeof c->user) && *c->user;
}

/* HOST[:PORT] */
static bool parse_server(struct copy_end *c, const char *p, size_t n, struct err *e)
{
        const char *colon = memchr(p, ':', n);
        unsigned long port = 0;
        char *end;

        if (colon) {
                port = strtoul(colon + 1, &end, 10);
                if (end != p + n || end == colon + 1 || !port || port > 65535)
                        return err_set(e, ERR_SYNTAX, "the port is a number from 1 to 65535") == 0;
                n = (size_t)(colon - p);
        }
        c->port = (uint16_t)port;
        return !n || copy_host(c, p, n, e) == 0;
}

/* FILE[;int=IFC] */
static bool parse_name(struct copy_end *c, const char *p)
{
        const char *ifc = strstr(p, ";int=");
        size_t n = ifc ? (size_t)(ifc - p) : strlen(p);

        if (n >= sizeof c->name || (ifc && !str_copy(c->nameif, sizeof c->nameif, ifc + 5)))
                return false;
        memcpy(c->name, p, n);
        c->name[n] = 0;
        return true;
}

/* SCHEME:[//[USER[:PASSWORD]@]HOST[:PORT][/FILE]] */
static int parse_remote(const char *url, enum copy_kind kind, struct copy_end *c, struct err *e)
{
        const char *p = url + strlen(scheme_name[kind]) + 1, *at;
        struct err why = { 0 };
        size_t n;

        c->kind = kind;
        if (!*p)
                return 0; /* everything is asked for */
        if (strncmp(p, "//", 2) != 0)
                return err_set(e, ERR_SYNTAX, "%s://[USER[:PASSWORD]@]HOST[:PORT]/FILE expected", scheme_name[kind]);
        p += 2;
        n = strcspn(p, "/");
        at = memrchr(p, '@', n);
        if (at && (kind == COPY_TFTP || !parse_user(c, p, (size_t)(at - p))))
                return err_set(
                        e, ERR_SYNTAX, "%s://[USER[:PASSWORD]@]HOST[:PORT]/FILE expected: %s", scheme_name[kind],
                        kind == COPY_TFTP ? "TFTP knows no users" : "the user or his password cannot be meant");
        if (at) {
                n -= (size_t)(at + 1 - p);
                p = at + 1;
        }
        if (!parse_server(c, p, n, &why))
                return err_set(e, ERR_SYNTAX, "%s://HOST/FILE expected: %s", scheme_name[kind], why.text);
        return parse_name(c, p + n + (p[n] == '/'))
                       ? 0
                       : err_set(e, ERR_RANGE, "name of more than %zu characters", sizeof c->name - 1);
}

static bool remote_kind(const char *url, enum copy_kind *out)
{
        size_t n = strcspn(url, ":");

        for (unsigned k = COPY_TFTP; k < ARRAY_LEN(scheme_name); k++)
                if (url[n] && strlen(scheme_name[k]) == n && !strncasecmp(url, scheme_name[k], n)) {
                        *out = k;
                        return true;
                }
        return false;
}

int copy_parse(const char *url, struct copy_end *out, struct err *e)
{
        enum copy_kind kind;

        *out = (struct copy_end){ 0 };
        if (remote_kind(url, &kind))
                return parse_remote(url, kind, out, e);
        if (strlen(url) >= sizeof out->name)
                return err_set(e, ERR_RANGE, "name of more than %zu characters", sizeof out->name - 1);
        if (is_word("running-config", url) || is_word("system:running-config", url))
                out->kind = COPY_RUNNING;
        else if (is_word("startup-config", url) || is_word("nvram:startup-config", url))
                out->kind = COPY_STARTUP;
        else if (!strncasecmp(url, "capture:", 8)) {
                out->kind = COPY_CAPTURE;
                str_copy(out->name, sizeof out->name, url + 8 + strspn(url + 8, "/"));
        } else if (!strncasecmp(url, "disk0:", 6) || !strncasecmp(url, "flash:", 6)) {
                out->kind = strcmp(flash_name(url), STARTUP_FILE) ? COPY_FLASH : COPY_STARTUP;
                str_copy(out->name, sizeof out->name, out->kind == COPY_FLASH ? flash_name(url) : "");
        } else if (!strchr(url, ':')) {
                out->kind = COPY_FLASH;
                str_copy(out->name, sizeof out->name, url);
        } else {
                return err_set(e, ERR_SUPPORT,
                               "%s: running-config, startup-config, disk0:, capture:, tftp://, http://, https://, "
                               "ftp:// or scp:// expected",
                               url);
        }
        return 0;
}

const char *copy_shown(const struct copy_end *c)
{
        return c->kind == COPY_RUNNING ? "running-config" : c->kind == COPY_STARTUP ? "startup-config" : c->name;
}

int copy_rename(struct copy_end *c, const char *name, struct err *e)
{
        if (c->kind == COPY_RUNNING || c->kind == COPY_STARTUP)
                return copy_parse(name, c, e);
        return str_copy(c->name, sizeof c->name, c->kind == COPY_FLASH ? flash_name(name) : name)
                       ? 0
                       : err_set(e, ERR_RANGE, "name of more than %zu characters", sizeof c->name - 1);
}

static bool is_configuration(const struct copy_end *c)
{
        return c->kind == COPY_RUNNING || c->kind == COPY_STARTUP;
}

/* A directory alone, or nothing: the last part of the source's name goes there. */
void copy_name_same(struct copy_plan *p)
{
        const char *from = copy_shown(&p->src), *slash = strrchr(from, '/');
        size_t n = strlen(p->dst.name);

        if (is_configuration(&p->dst) || (n && p->dst.name[n - 1] != '/'))
                return;
        snprintf(p->dst.name + n, sizeof p->dst.name - n, "%s", slash ? slash + 1 : from);
}

int copy_check(struct copy_plan *p, struct err *e)
{
        if (p->dst.kind == COPY_CAPTURE)
                return err_set(e, ERR_SYNTAX, "nothing can be copied into a capture");
        if (copy_is_remote(&p->src) && copy_is_remote(&p->dst))
                return err_set(e, ERR_SYNTAX, "one of the two is here: copy to disk0: first");
        if (p->pcap && p->src.kind != COPY_CAPTURE)
                return err_set(e, ERR_SYNTAX, "/pcap is for captures");
        if (p->src.kind == COPY_CAPTURE && is_configuration(&p->dst))
                return err_set(e, ERR_SYNTAX, "a capture is no configuration");
        if (p->src.kind == p->dst.kind && is_configuration(&p->src))
                return err_set(e, ERR_SYNTAX, "source and destination are the same");
        copy_name_same(p);
        return 0;
}

char *copy_url(const struct copy_end *c, char *out, size_t cap)
{
        char port[8] = "";

        if (c->port)
                snprintf(port, sizeof port, ":%u", c->port);
        snprintf(out, cap, "%s://%s%s/%s", scheme_name[c->kind], c->host, port, c->name);
        return out;
}
