/* ntp ...: the servers that tell the time, and the keys by which they prove who they are. */
#include "cli/cmd/rows.h"
#include "cli/conf/ntp_conf.h"

#define S struct ntp_server_line
#define K struct ntp_key_line

/* ---- ntp authentication-key ---- */

static int check_key(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        if (c->store->sys.ntp_keys.n > NTP_KEYS_MAX)
                return err_set(e, ERR_LIMIT, "there are at most %u keys of time servers", NTP_KEYS_MAX);
        return 0;
}

#define HASH(word, v)                                                                                                \
        {                                                                                                            \
                .name = word, FIELD_(K, hash), .val = v, .flags = BIND_KEYWORD | BIND_ATTR                           \
        }

static const struct cmd_bind key_bind[] = {
        BIND("N", K, id),
        HASH("md5", NTP_MD5),
        HASH("sha1", NTP_SHA1),
        HASH("sha256", NTP_SHA256),
        HASH("sha512", NTP_SHA512),
        { .name = "KEY", FIELD_(K, key), .flags = BIND_ATTR | BIND_SECRET },
        { 0 },
};

/* ---- ntp trusted-key ---- */
static const struct cmd_bind trusted_bind[] = { BIND("N", struct ntp_trusted_line, id), { 0 } };
static const struct cmd_bind authenticate_bind[] = { BIND_FLAG("authenticate", struct store, sys.ntp_authenticate),
                                                     { 0 } };

/* ---- ntp server ---- */

/* A name that the DNS is asked for is none of `name`: where the line is read again, it would become the address. */
static int check_server(struct conf_ctx *c, void *obj, struct err *e)
{
        const S *s = obj;
        struct addr a;

        if (c->store->sys.ntp_servers.n > NTP_SERVERS_MAX)
                return err_set(e, ERR_LIMIT, "there are at most %u time servers", NTP_SERVERS_MAX);
        if (conf_list_find(&c->store->sys.aliases, s->host))
                return err_set(e, ERR_REF, "%s is a name that `name` gives to an address: type the address", s->host);
        if (addr_parse(s->host, &a) && addr_is_martian_source(&a))
                return err_set(e, ERR_RANGE, "%s is not the address of a host", s->host);
        return 0;
}

static const struct cmd_bind server_bind[] = {
        BIND("HOST", S, host),
        BIND_OPT("N", S, key, 0),
        { .name = "IFC", FIELD_(S, nameif), .flags = BIND_ATTR },
        BIND_OPTFLAG("prefer", S, prefer),
        { 0 },
};

#define ID "N:u32(1-4294967295)"

const struct cmd_row rows_ntp[] = {
        { ROW_LIST, "ntp authentication-key " ID " {md5|sha1|sha256|sha512} KEY:secret(64)", "A key of time servers",
          key_bind, DIRTY_SYS, STORE(sys.ntp_keys), .check = check_key },
        { ROW_LEAF, "ntp authenticate", "Ask only time servers that prove themselves by a trusted key",
          authenticate_bind, .dirty = DIRTY_SYS },
        { ROW_LIST, "ntp trusted-key " ID, "A key that is trusted", trusted_bind, DIRTY_SYS,
          .list = STORE(sys.ntp_trusted) },
        { ROW_LIST, "ntp server HOST:host [key " ID "] [source IFC:nameif] [prefer]", "A time server", server_bind,
          DIRTY_SYS, STORE(sys.ntp_servers), .check = check_server },
        END,
};
