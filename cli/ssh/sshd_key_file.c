/* A pair of the key store as the file that libssh reads. */
#include <mbedtls/base64.h>
#include <string.h>

#include "cli/ssh/sshd_int.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/base/wbuf.h"

/* Base64 between its two lines; freed with mem_free_secret(). */
static char *armour(const char *kind, const uint8_t *p, size_t n)
{
        char head[48], foot[48];
        size_t cap = n / 3 * 4 + 8 + n / 48 + sizeof head + sizeof foot, at;
        char *text = mem_alloc(MEM_KEY, cap);

        if (!text)
                return NULL;
        at = (size_t)snprintf(head, sizeof head, "-----BEGIN %s-----\n", kind);
        snprintf(foot, sizeof foot, "-----END %s-----\n", kind);
        memcpy(text, head, at);
        for (size_t i = 0; i < n; i += 48) {
                size_t out = 0;

                mbedtls_base64_encode((unsigned char *)text + at, cap - at, &out, p + i, MIN_OF(n - i, (size_t)48));
                at += out;
                text[at++] = '\n';
        }
        memcpy(text + at, foot, strlen(foot) + 1);
        return text;
}

/* ---- Ed25519: libssh does not find the public half of a PKCS#8 file, so it gets OpenSSH's own (PROTOCOL.key) ----
 */

#define ED_BYTES 32u
#define ED_NAME "ssh-ed25519"
#define ED_FILE_MAX 512u

static void put_string(struct wbuf *w, const void *p, size_t n)
{
        wbuf_be32(w, (uint32_t)n);
        wbuf_put(w, p, n);
}

/* Name, public half, then both halves, a comment, and octets that count to a multiple of eight; not encrypted. */
static void put_private(struct wbuf *w, const uint8_t *private, const uint8_t *public)
{
        struct wbuf part;
        uint8_t buf[256];

        part = wbuf_of(buf, sizeof buf);
        wbuf_be32(&part, 0); /* a number, twice: tells a wrong password */
        wbuf_be32(&part, 0);
        put_string(&part, ED_NAME, strlen(ED_NAME));
        put_string(&part, public, ED_BYTES);
        wbuf_be32(&part, 2 * ED_BYTES);
        wbuf_put(&part, private, ED_BYTES);
        wbuf_put(&part, public, ED_BYTES);
        put_string(&part, "", 0);
        for (uint8_t i = 1; part.len % 8; i++)
                wbuf_u8(&part, i);
        put_string(w, buf, part.len);
        mem_wipe(buf, sizeof buf);
}

static void put_openssh(struct wbuf *w, const uint8_t *private, const uint8_t *public)
{
        wbuf_put(w, "openssh-key-v1", sizeof "openssh-key-v1");
        put_string(w, "none", 4);
        put_string(w, "none", 4);
        put_string(w, "", 0);
        wbuf_be32(w, 1);
        wbuf_be32(w, 4 + (uint32_t)strlen(ED_NAME) + 4 + ED_BYTES);
        put_string(w, ED_NAME, strlen(ED_NAME));
        put_string(w, public, ED_BYTES);
        put_private(w, private, public);
}

/* der: its PKCS#8, which ends with the private number, as SubjectPublicKeyInfo ends with the public one. */
static char *openssh_of(const struct keypair *k, const uint8_t *der, size_t n)
{
        uint8_t spki[64], buf[ED_FILE_MAX];
        size_t len = keypair_public_der(k, spki, sizeof spki);
        struct wbuf w = wbuf_of(buf, sizeof buf);
        char *text;

        if (len < ED_BYTES || n < ED_BYTES)
                return NULL;
        put_openssh(&w, der + n - ED_BYTES, spki + len - ED_BYTES);
        text = w.full ? NULL : armour("OPENSSH PRIVATE KEY", buf, w.len);
        mem_wipe(buf, sizeof buf);
        return text;
}

ssh_key sshd_key_of(const struct keypair *k, struct err *e)
{
        ssh_key key = NULL;
        uint8_t *der;
        size_t n;
        char *text;

        if (keypair_export(k, &der, &n, e) < 0)
                return NULL;
        text = keypair_kind(k) == KEYPAIR_ED25519 ? openssh_of(k, der, n) : armour("PRIVATE KEY", der, n);
        mem_free_secret(der);
        if (!text || ssh_pki_import_privkey_base64(text, NULL, NULL, NULL, &key) != SSH_OK)
                err_set(e, ERR_CRYPTO, "the host key is of no use for SSH");
        mem_free_secret(text);
        return key;
}
