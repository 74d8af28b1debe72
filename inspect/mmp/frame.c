#include "inspect/mmp/frame.h"

#include <string.h>

enum parse mmp_bad(struct mmp_why *why, enum mmp_fault fault, const char *text)
{
        *why = (struct mmp_why){ fault, text };
        return PARSE_BAD;
}

static enum parse malformed(struct mmp_why *why, const char *text)
{
        return mmp_bad(why, MMP_FAULT_MALFORMED, text);
}

static bool fix_form(enum mmp_form *f, bool full)
{
        enum mmp_form seen = full ? MMP_FORM_FULL : MMP_FORM_PLAIN;

        if (*f == MMP_FORM_OPEN)
                *f = seen;
        return *f == seen;
}

static enum parse line_cut(struct mmp_frame *f, struct cur head, struct cur *line, struct mmp_why *why)
{
        uint32_t eol = f->cr ? 2 : 1;

        if (!fix_form(&f->eol, f->cr))
                return malformed(why, "line ends mixed");
        cur_take(&head, f->line);
        *line = cur_child(&head, f->scanned - f->line - eol);
        f->line = f->scanned;
        f->cr = false;
        return PARSE_OK;
}

enum parse mmp_line_next(struct mmp_frame *f, struct cur head, uint32_t max, struct cur *line, struct mmp_why *why)
{
        struct cur c = head;

        cur_take(&c, f->scanned);
        while (c.left) {
                uint8_t b;

                if (f->scanned == max)
                        return mmp_bad(why, MMP_FAULT_HEAD_LONG, "header too long");
                b = cur_u8(&c);
                f->scanned++;
                if (b == '\n')
                        return line_cut(f, head, line, why);
                if (f->cr)
                        return malformed(why, "CR without LF in header");
                if (b == '\r')
                        f->cr = true;
                else if (b < 0x20 || b > 0x7e)
                        return malformed(why, "control or 8-bit octet in header");
        }
        return PARSE_MORE;
}

void mmp_frame_next(struct mmp_frame *f)
{
        f->scanned = f->line = 0;
}

static bool is_alpha(uint8_t b)
{
        return (b | 0x20) >= 'a' && (b | 0x20) <= 'z';
}

static bool is_name_octet(uint8_t b)
{
        return is_alpha(b) || (b >= '0' && b <= '9') || b == '-';
}

static size_t name_length(struct cur line)
{
        size_t n = 0;

        for (size_t most = line.left; n < most; n++)
                if (!is_name_octet(cur_u8(&line)))
                        break;
        return n;
}

enum parse mmp_header_split(struct mmp_frame *f, struct cur line, struct mmp_header *h, struct mmp_why *why)
{
        size_t n = name_length(line);
        bool colon;

        if (!n || !is_alpha(*line.p))
                return malformed(why, "header name malformed");
        if (n > MMP_NAME_MAX)
                return malformed(why, "header name too long");
        h->name = cur_child(&line, n);
        colon = line.left && *line.p == ':';
        if (colon)
                cur_take(&line, 1);
        if (cur_u8(&line) != ' ' || line.bad)
                return malformed(why, "no space between header text and value");
        if (!fix_form(&f->colon, colon))
                return malformed(why, "header forms mixed");
        if (!line.left || *line.p == ' ' || *line.p == ':' || line.p[line.left - 1] == ' ')
                return malformed(why, "header value malformed");
        h->value = line;
        return PARSE_OK;
}

bool mmp_text_is(struct cur text, const char *lower_case)
{
        if (text.bad || text.left != strlen(lower_case))
                return false;
        for (; text.left; lower_case++) {
                uint8_t b = cur_u8(&text);

                if ((is_alpha(b) ? b | 0x20 : b) != (uint8_t)*lower_case)
                        return false;
        }
        return true;
}
