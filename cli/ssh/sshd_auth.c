/* Logging in: password, keyboard-interactive and public key, all judged by aaa.h. */
#include "cli/ssh/sshd_int.h"

#include <mbedtls/base64.h>
#include <string.h>

#include "platform/base/str.h"

#define KEY_BLOB_MAX 2048

static struct aaa_who who_of(struct sshd_conn *c, const char *user)
{
        str_copy(c->user, sizeof c->user, user);
        return (struct aaa_who){ .line = AAA_SSH,
                                 .user = user,
                                 .from = &c->guest.peer.addr,
                                 .from_port = c->guest.peer.port,
                                 .ifc = c->guest.peer.nameif,
                                 .to = &c->guest.peer.local };
}

/* After a refusal nobody gets an answer at once; after the last one there is no other try. */
static int refused(struct sshd_conn *c)
{
        door_nap(&c->guest, c->who.delay_ms);
        if (++c->tries >= SSHD_TRIES)
                c->refused = true;
        return SSH_AUTH_DENIED;
}

static void tell(struct sshd_conn *c, const char *words)
{
        ssh_string s = ssh_string_from_char(words);

        if (s)
                ssh_send_issue_banner(c->s, s);
        ssh_string_free(s);
}

static int let_in(struct sshd_conn *c)
{
        if (sshd_admit(c)) {
                c->in = true;
                return SSH_AUTH_SUCCESS;
        }
        tell(c, "ERROR: all SSH sessions are in use. \"show ssh sessions\" on another console lists them.\r\n");
        c->refused = true;
        return SSH_AUTH_DENIED;
}

static int by_password(struct sshd_conn *c, const char *user, const char *password)
{
        struct aaa_who w = who_of(c, user);
        struct err e;

        if (c->refused || c->in)
                return SSH_AUTH_DENIED;
        memset(&c->who, 0, sizeof c->who);
        return aaa_login(c->d->box, &w, password, &c->who, &e) == 0 ? let_in(c) : refused(c);
}

static int on_password(ssh_session s UNUSED, const char *user, const char *password, void *ctx)
{
        return by_password(ctx, user, password);
}

/* ---- public keys ---- */

/* Its wire form; 0: it has none that fits. */
static size_t blob_of(struct ssh_key_struct *key, uint8_t blob[KEY_BLOB_MAX])
{
        char *text = NULL;
        size_t n = 0;

        if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK)
                return 0;
        if (mbedtls_base64_decode(blob, KEY_BLOB_MAX, &n, (const unsigned char *)text, strlen(text)) != 0)
                n = 0;
        ssh_string_free_char(text);
        return n;
}

/* A key that nobody has is worth no signature; clients with many keys try one after the other. */
static int offered(struct sshd_conn *c, const char *user, const uint8_t *blob, size_t n)
{
        if (n && aaa_key_known(c->d->box, user, blob, n))
                return SSH_AUTH_SUCCESS;
        if (++c->offers >= SSHD_KEY_OFFERS)
                c->refused = true;
        return SSH_AUTH_DENIED;
}

static int on_pubkey(ssh_session s UNUSED, const char *user, struct ssh_key_struct *key, char state, void *ctx)
{
        struct sshd_conn *c = ctx;
        struct aaa_who w = who_of(c, user);
        uint8_t blob[KEY_BLOB_MAX];
        size_t n = blob_of(key, blob);
        struct err e;

        if (c->refused || c->in)
                return SSH_AUTH_DENIED;
        if (state == SSH_PUBLICKEY_STATE_NONE)
                return offered(c, user, blob, n);
        if (state != SSH_PUBLICKEY_STATE_VALID)
                return refused(c);
        memset(&c->who, 0, sizeof c->who);
        return n && aaa_login_key(c->d->box, &w, blob, n, &c->who, &e) == 0 ? let_in(c) : refused(c);
}

/* ---- keyboard-interactive: one question ---- */

static int ask(struct sshd_conn *c, ssh_message m)
{
        const char *prompt[] = { "Password: " };
        char echo[] = { 0 };

        str_copy(c->user, sizeof c->user, ssh_message_auth_user(m) ? ssh_message_auth_user(m) : "");
        c->asked = true;
        ssh_message_auth_interactive_request(m, "", "", 1, prompt, echo);
        return 0;
}

static int answered(struct sshd_conn *c, ssh_message m)
{
        const char *password = NULL;
        char user[sizeof c->user];

        if (c->asked && ssh_userauth_kbdint_getnanswers(c->s) == 1)
                password = ssh_userauth_kbdint_getanswer(c->s, 0);
        c->asked = false;
        str_copy(user, sizeof user, c->user);
        if (!password || by_password(c, user, password) != SSH_AUTH_SUCCESS)
                return 1;
        ssh_message_auth_reply_success(m, 0);
        return 0;
}

/* 1: libssh refuses it. */
static int on_message(ssh_session s UNUSED, ssh_message m, void *ctx)
{
        struct sshd_conn *c = ctx;

        if (ssh_message_type(m) != SSH_REQUEST_AUTH || ssh_message_subtype(m) != SSH_AUTH_METHOD_INTERACTIVE ||
            c->refused || c->in)
                return 1;
        return ssh_message_auth_kbdint_is_response(m) ? answered(c, m) : ask(c, m);
}

/* Kerberos is not spoken: without this libssh would ask the host's libraries. */
static ssh_string on_gssapi(ssh_session s UNUSED, const char *user UNUSED, int n UNUSED, ssh_string *oids UNUSED,
                            void *ctx UNUSED)
{
        return NULL;
}

static ssh_channel on_channel(ssh_session s UNUSED, void *ctx)
{
        return sshd_chan_open(ctx);
}

void sshd_auth_init(struct sshd_conn *c)
{
        c->cb = (struct ssh_server_callbacks_struct){ .userdata = c,
                                                      .auth_password_function = on_password,
                                                      .auth_pubkey_function = on_pubkey,
                                                      .gssapi_select_oid_function = on_gssapi,
                                                      .channel_open_request_session_function = on_channel };
        ssh_callbacks_init(&c->cb);
        ssh_set_server_callbacks(c->s, &c->cb);
        ssh_set_message_callback(c->s, on_message, c);
        ssh_set_auth_methods(c->s,
                             SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY | SSH_AUTH_METHOD_INTERACTIVE);
}
