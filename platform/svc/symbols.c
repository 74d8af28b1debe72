#include "platform/svc/symbols.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/file.h"
#include "platform/base/mem.h"

#define PROGRAM_MAX (512u << 20)

struct symbols {
        uint8_t *file;
        size_t n;
        uint64_t syms, nsyms, names, names_len; /* offsets in the file */
};

static const void *at(const struct symbols *s, uint64_t off, uint64_t n)
{
        return off <= s->n && n <= s->n - off ? s->file + off : NULL;
}

static const Elf64_Shdr *section(const struct symbols *s, const Elf64_Ehdr *h, unsigned i)
{
        return i < h->e_shnum ? at(s, h->e_shoff + (uint64_t)i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr)) : NULL;
}

static bool find_tables(struct symbols *s)
{
        const Elf64_Ehdr *h = at(s, 0, sizeof *h);
        const Elf64_Shdr *t = NULL, *names;

        if (!h || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 || h->e_ident[EI_CLASS] != ELFCLASS64 ||
            h->e_shentsize != sizeof *t)
                return false;
        for (unsigned i = 0; i < h->e_shnum && !(t && t->sh_type == SHT_SYMTAB); i++)
                t = section(s, h, i);
        if (!t || t->sh_type != SHT_SYMTAB || !at(s, t->sh_offset, t->sh_size))
                return false;
        names = section(s, h, t->sh_link);
        if (!names || !names->sh_size || !at(s, names->sh_offset, names->sh_size))
                return false;
        s->syms = t->sh_offset;
        s->nsyms = t->sh_size / sizeof(Elf64_Sym);
        s->names = names->sh_offset;
        s->names_len = names->sh_size;
        return s->file[s->names + s->names_len - 1] == 0;
}

int symbols_open(const char *path, struct symbols **out, struct err *e)
{
        struct symbols *s = mem_alloc(MEM_MISC, sizeof *s);

        *out = NULL;
        if (!s)
                return err_nomem(e, "names of functions");
        if (file_read(path, PROGRAM_MAX, &s->file, &s->n, e) < 0) {
                mem_free(s);
                return -1;
        }
        if (!find_tables(s)) {
                symbols_close(s);
                return err_set(e, ERR_SYNTAX, "%s holds no names of functions", path);
        }
        *out = s;
        return 0;
}

void symbols_close(struct symbols *s)
{
        if (!s)
                return;
        mem_free_secret(s->file);
        mem_free(s);
}

void symbols_name(const struct symbols *s, uint64_t offset, char *out, size_t cap)
{
        snprintf(out, cap, "0x%" PRIx64, offset);
        for (uint64_t i = 0; i < s->nsyms; i++) {
                Elf64_Sym sym;

                memcpy(&sym, s->file + s->syms + i * sizeof sym, sizeof sym);
                if (ELF64_ST_TYPE(sym.st_info) != STT_FUNC || offset < sym.st_value ||
                    offset - sym.st_value >= sym.st_size || sym.st_name >= s->names_len)
                        continue;
                snprintf(out, cap, "%.100s+0x%" PRIx64, (const char *)s->file + s->names + sym.st_name,
                         offset - sym.st_value);
                return;
        }
}
