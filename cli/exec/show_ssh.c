/* show ssh, show ssh sessions, ssh disconnect. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/parse.h"
#include "cli/sshd.h"
#include "cli/store.h"

#define SESSIONS_MAX 256

/* ---- show ssh ---- */

static void show_lines(struct session *s, const struct store *st)
{
        char net[ADDR_TEXT_MAX], mask[ADDR_TEXT_MAX];

        conf_each(struct box_access_conf, a, &st->policy.box_access[BOX_SSH]) {
                struct addr m = addr_v4(len_to_mask(a->len));

                out(s, "%s %s %s\n", addr_print(&a->net, net), addr_print(&m, mask), a->nameif);
        }
}

/* Output may wait for the pager, so it is made from a copy of what was typed. */
static int show_ssh(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        char key[80];
        struct store *st;

        pthread_mutex_lock(&b->conf_lock);
        st = store_copy(b->store, e);
        pthread_mutex_unlock(&b->conf_lock);
        if (!st)
                return -1;
        out(s, "Timeout: %u minutes\nVersion allowed: 2\n", st->sys.ssh.timeout_min);
        out(s, "Sessions allowed: %u\n", st->sys.ssh.sessions ? st->sys.ssh.sessions : SSHD_SESSIONS_DEFAULT);
        if (sshd_fingerprint(b, key, sizeof key))
                out(s, "Host key: RSA, %s\n", key);
        else
                out(s, "Host key: none\n");
        show_lines(s, st);
        store_free(st);
        return 0;
}

/* ---- show ssh sessions ---- */

static const char *state_of(const struct sshd_info *i)
{
        static const char *const name[] = { [SSHD_KEX] = "Negotiating",
                                            [SSHD_AUTH] = "Authenticating",
                                            [SSHD_IN] = "SessionStarted",
                                            [SSHD_OVER] = "Closing" };

        return name[i->phase];
}

/* "aes256-gcm@openssh.com" -> "aes256-gcm" */
static const char *short_name(const char *algorithm, char *to, size_t cap)
{
        str_copy(to, cap, *algorithm ? algorithm : "-");
        to[strcspn(to, "@")] = 0;
        return to;
}

/* Ciphers that authenticate what they encrypt need no other sum. */
static void show_way(struct session *s, const char *way, const char *cipher, const char *mac,
                     const struct sshd_info *i)
{
        char c[40], m[40];

        out(s, "%-4s %-18s %-18s %-16s %s\n", way, short_name(cipher, c, sizeof c), short_name(mac, m, sizeof m),
            state_of(i), *i->user ? i->user : "-");
}

static void show_session(struct session *s, const struct sshd_info *i)
{
        char from[ADDR_TEXT_MAX];

        out(s, "%-3u %-15s %-7s ", i->id, addr_print(&i->from, from), "2.0");
        show_way(s, "IN", i->cipher_in, i->mac_in, i);
        out(s, "%27s ", "");
        show_way(s, "OUT", i->cipher_out, i->mac_out, i);
}

static int show_sessions(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct sshd_info *row = mem_alloc(MEM_CLI, SESSIONS_MAX * sizeof *row);
        const char *only = arg_str(a, "ADDRESS");
        struct addr from = { 0 };
        unsigned n;

        if (!row)
                return err_nomem(e, "listing sessions");
        if (only && !addr_parse(only, &from)) {
                mem_free(row);
                return err_set(e, ERR_SYNTAX, "%s is not an address", only);
        }
        n = sshd_list(b->ssh, row, SESSIONS_MAX);
        out(s, "%-3s %-15s %-7s %-4s %-18s %-18s %-16s %s\n", "SID", "Client IP", "Version", "Mode", "Encryption",
            "Hmac", "State", "Username");
        for (unsigned i = 0; i < n; i++)
                if (!only || addr_eq(&row[i].from, &from))
                        show_session(s, &row[i]);
        mem_free(row);
        return 0;
}

static int disconnect(struct session *s, const struct args *a, struct err *e)
{
        uint32_t id = arg_u32(a, "SESSION", 0);

        if (sshd_disconnect(session_box(s)->ssh, id))
                return 0;
        return err_set(e, ERR_REF, "there is no SSH session %u: see \"show ssh sessions\"", id);
}

const struct exec_row exec_show_ssh[] = {
        { "show ssh", "Who may use SSH, and the host key", 15, show_ssh },
        { "show ssh sessions [ADDRESS:addr]", "SSH sessions", 15, show_sessions },
        { "ssh disconnect SESSION:u32(0-255)", "End an SSH session", 15, disconnect },
        { 0 },
};
