/* show ssh, show ssh ciphers, show ssh sessions, ssh disconnect. */
#include "cli/exec/guests.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/parse.h"
#include "cli/ssh/sshd.h"
#include "cli/conf/store.h"

/* ---- show ssh ---- */

static void show_host_keys(struct session *s, struct box *b, unsigned only)
{
        static const char *const member[SSHD_KEYS] = {
                [SSHD_RSA] = "host_key", [SSHD_ECDSA] = "host_key_ecdsa", [SSHD_EDDSA] = "host_key_eddsa"
        };
        bool some = false;
        char key[80];

        for (enum sshd_key i = 0; i < SSHD_KEYS; i++) {
                bool there = sshd_fingerprint(b, i, key, sizeof key);

                if (there)
                        PUT(s, "Host key: %s, %s\n", cell_text(sshd_key_name(i)), cell_str(member[i], key));
                else
                        PUT(s, "", cell_null(member[i]));
                some = some || there;
        }
        if (!some)
                out(s, "Host key: none\n");
        PUT(s, only ? "Host key in use: %s only\n" : "%s",
            only ? cell_str("host_key_only", sshd_key_name(only - 1)) : cell_null("host_key_only"));
}

static int show_ssh(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        char minutes[16];
        struct store *st = configuration_copy(b, e);

        if (!st)
                return -1;
        snprintf(minutes, sizeof minutes, "%u", st->sys.ssh.timeout_min);
        PUT(s, "Timeout: %s minutes\nVersion allowed: 2\n",
            cell_as(cell_num("timeout_seconds", 60u * st->sys.ssh.timeout_min), minutes));
        PUT(s, "Sessions allowed: %s\n",
            cell_num("sessions_allowed", st->sys.ssh.sessions ? st->sys.ssh.sessions : SSHD_SESSIONS_DEFAULT));
        show_host_keys(s, b, st->sys.ssh.hostkey);
        show_allowed(s, st, BOX_SSH);
        store_free(st);
        return 0;
}

/* ---- show ssh ciphers ---- */

static const char *const strength[] = {
        [SSH_STRENGTH_UNSET] = "default", [SSH_ALL] = "all",   [SSH_LOW] = "low",
        [SSH_MEDIUM] = "medium",          [SSH_HIGH] = "high", [SSH_FIPS] = "fips",
        [SSH_CUSTOM] = "custom",
};

/* Names with commas between them, as a list of them. */
static void show_names(struct session *s, const char *names)
{
        char one[SSH_CUSTOM_MAX + 1];

        table_list(session_table(s), "algorithms");
        for (size_t n; *names; names += n + (names[n] == ',')) {
                n = strcspn(names, ",");
                snprintf(one, sizeof one, "%.*s", (int)n, names);
                ITEM(s, " %s", cell_str(NULL, one));
        }
        table_close(session_table(s));
        out(s, "\n");
}

static void show_level(struct session *s, unsigned level, bool macs)
{
        table_object(session_table(s), NULL);
        PUT(s, "  %s:", cell_str("level", strength[level]));
        show_names(s, sshd_algo_level(level, macs));
        table_close(session_table(s));
}

static void show_algorithms(struct session *s, const struct ssh_conf *c, bool macs)
{
        char now[SSHD_ALGO_TEXT];

        sshd_algo_in_force(c, macs, now, sizeof now);
        table_object(session_table(s), macs ? "integrity" : "encryption");
        out(s, "%s Algorithms:\n", macs ? "Integrity" : "Encryption");
        table_list(session_table(s), "levels");
        for (unsigned i = SSH_ALL; i < SSH_CUSTOM; i++)
                show_level(s, i, macs);
        table_close(session_table(s));
        PUT(s, "  In force (%s):", cell_str("in_force", strength[macs ? c->integrity : c->encryption]));
        show_names(s, now);
        table_close(session_table(s));
}

static int show_ciphers(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct ssh_conf c;

        pthread_mutex_lock(&b->conf_lock);
        c = b->store->sys.ssh;
        pthread_mutex_unlock(&b->conf_lock);
        out(s, "Available SSH Encryption and Integrity Algorithms\n");
        show_algorithms(s, &c, false);
        show_algorithms(s, &c, true);
        return 0;
}

/* ---- show ssh sessions ---- */

/* "aes256-gcm@openssh.com" -> "aes256-gcm" */
static struct cell algorithm(const char *name, const char *value, char *to, size_t cap)
{
        if (!*value)
                return cell_as(cell_null(name), "-");
        str_copy(to, cap, value);
        to[strcspn(to, "@")] = 0;
        return cell_str(name, to);
}

/* Ciphers that authenticate what they encrypt need no other sum. */
static void show_way(struct session *s, const char *name, const char *way, const char *cipher, const char *mac,
                     const struct sshd_info *i)
{
        char c[40], m[40];

        table_object(session_table(s), name);
        PUT(s, "%-4s %-18s %-18s %-16s %s\n", cell_text(way), algorithm("encryption", cipher, c, sizeof c),
            algorithm("hmac", mac, m, sizeof m), cell_text(guest_state(&i->at, "SessionStarted")), cell_text(*i->at.user ? i->at.user : "-"));
        table_close(session_table(s));
}

static void show_session(struct session *s, const struct sshd_info *i)
{
        table_object(session_table(s), NULL);
        PUT(s, "%-3s %-15s %-7s ", cell_num("sid", i->at.id), cell_addr("client_address", &i->at.from),
            cell_str("version", "2.0"), cell_str("state", guest_state(&i->at, "SessionStarted")),
            cell_str("username", *i->at.user ? i->at.user : NULL));
        show_way(s, "in", "IN", i->cipher_in, i->mac_in, i);
        out(s, "%27s ", "");
        show_way(s, "out", "OUT", i->cipher_out, i->mac_out, i);
        table_close(session_table(s));
}

static int show_sessions(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct sshd_info *row = mem_alloc(MEM_CLI, PLACES_MAX * sizeof *row);
        const char *only = arg_str(a, "ADDRESS");
        struct addr from = { 0 };
        unsigned n;

        if (!row)
                return err_nomem(e, "listing sessions");
        if (only && !addr_parse(only, &from)) {
                mem_free(row);
                return err_set(e, ERR_SYNTAX, "%s is not an address", only);
        }
        n = sshd_list(b->ssh, row, PLACES_MAX);
        out(s, "%-3s %-15s %-7s %-4s %-18s %-18s %-16s %s\n", "SID", "Client IP", "Version", "Mode", "Encryption",
            "Hmac", "State", "Username");
        table_list(session_table(s), "sessions");
        for (unsigned i = 0; i < n; i++)
                if (!only || addr_eq(&row[i].at.from, &from))
                        show_session(s, &row[i]);
        table_close(session_table(s));
        mem_free(row);
        return 0;
}

static int disconnect(struct session *s, const struct args *a, struct err *e)
{
        uint32_t id = arg_u32(a, "SESSION", 0);

        if (sshd_disconnect(session_box(s)->ssh, id))
                return 0;
        return no_such_session("SSH", "ssh", id, e);
}

const struct exec_row exec_show_ssh[] = {
        { "show ssh", "Who may use SSH, and the host key", 15 | EXEC_TABLE, show_ssh },
        { "show ssh ciphers", "What ssh cipher means, and what is in force", 15 | EXEC_TABLE, show_ciphers },
        { "show ssh sessions [ADDRESS:addr]", "SSH sessions", 15 | EXEC_TABLE, show_sessions },
        { "ssh disconnect SESSION:u32(0-255)", "End an SSH session", 15, disconnect },
        { 0 },
};
