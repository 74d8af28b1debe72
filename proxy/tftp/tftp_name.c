#include "proxy/tftp/tftp_name.h"

#include <stdio.h>
#include <strings.h>

#include "platform/base/attr.h"

#define DEPTH_MAX 3u /* English_United_States/7960-font.xml; Desktops/320x196x4/List.xml */

static bool ends_with(const char *s, const char *tail)
{
        size_t n = strlen(s), k = strlen(tail);

        return n > k && !strcasecmp(s + n - k, tail);
}

static bool char_ok(uint8_t c)
{
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c && strchr("._-+@()~,/", c));
}

/* Every part has a name, and none is hidden or leads upwards. */
static const char *parts_wrong(const char *s)
{
        unsigned depth = 1;

        if (*s == '.')
                return "leads out of the directory";
        for (; *s; s++) {
                if (*s != '/')
                        continue;
                if (s[1] == '/' || !s[1])
                        return "is no file";
                if (s[1] == '.')
                        return "leads out of the directory";
                if (++depth > DEPTH_MAX)
                        return "is too deep";
        }
        return NULL;
}

/* Phones ask for "/mk-sip.jar" as well; a path that begins at the root is refused. */
static const char *copy(struct cur in, struct phone_file *f)
{
        if (in.left && *in.p == '/') {
                cur_u8(&in);
                if (in.left && memchr(in.p, '/', in.left))
                        return "is an absolute path";
        }
        if (!in.left || in.left > PHONE_FILE_MAX)
                return in.left ? "is too long" : "is empty";
        for (size_t i = 0; i < in.left; i++)
                if (!char_ok(in.p[i]))
                        return "has characters that no phone uses";
        memcpy(f->name, in.p, in.left);
        f->name[in.left] = 0;
        return parts_wrong(f->name);
}

/* SEP and 12 hex digits at s, in capitals into out. */
static bool device_at(const char *s, char out[16])
{
        if (strncasecmp(s, "SEP", 3) != 0)
                return false;
        memcpy(out, "SEP", 3);
        for (unsigned i = 3; i < 15; i++) {
                char c = s[i];

                if (c >= 'a' && c <= 'f')
                        c = (char)(c - 'a' + 'A');
                if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'))) {
                        out[0] = 0;
                        return false;
                }
                out[i] = c;
        }
        out[15] = 0;
        return true;
}

/* PREFIXSEP<MAC>.tlv or PREFIXFile.tlv */
static bool is_trust_list(struct phone_file *f, const char *prefix)
{
        const char *rest = f->name + strlen(prefix);

        if (strncasecmp(f->name, prefix, strlen(prefix)) != 0)
                return false;
        if (!strcasecmp(rest, "File.tlv"))
                return true;
        return device_at(rest, f->device) && !strcasecmp(rest + 15, ".tlv");
}

static bool is_config(struct phone_file *f, const char *name)
{
        if (device_at(name, f->device) && !strncasecmp(name + 15, ".cnf", 4))
                return true;
        f->device[0] = 0;
        return ends_with(name, ".cnf") || ends_with(name, ".cnf.xml");
}

/* The manufacturer has signed them; a phone knows that signature. */
static bool is_firmware(const char *name)
{
        return ends_with(name, ".bin.sgn") || ends_with(name, ".zz.sgn") || ends_with(name, ".sbn.sgn") ||
               ends_with(name, ".loads.sgn") || ends_with(name, ".sebn.sgn");
}

static enum phone_file_kind kind_of(struct phone_file *f)
{
        if (is_trust_list(f, "CTL"))
                return PHONE_FILE_CTL;
        if (is_trust_list(f, "ITL"))
                return PHONE_FILE_ITL;
        if (ends_with(f->name, ".enc.sgn") || ends_with(f->name, ".enc"))
                return PHONE_FILE_ENC;
        if (!ends_with(f->name, ".sgn"))
                return is_config(f, f->name) ? PHONE_FILE_CLEAR : PHONE_FILE_PLAIN;
        if (is_firmware(f->name))
                return PHONE_FILE_PLAIN;
        snprintf(f->base, sizeof f->base, "%.*s", (int)(strlen(f->name) - 4), f->name);
        return is_config(f, f->base) ? PHONE_FILE_CONFIG : PHONE_FILE_SIGNED;
}

void phone_file_of(struct cur name, struct phone_file *f)
{
        *f = (struct phone_file){ .kind = PHONE_FILE_BAD };
        f->why = copy(name, f);
        if (!f->why)
                f->kind = kind_of(f);
}
