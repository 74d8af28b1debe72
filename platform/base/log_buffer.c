/* The buffer destination: a circular text of whole lines. */
#include "platform/base/log_int.h"

#include "platform/base/mem.h"

static char at(const struct log_buf *b, uint32_t i)
{
        return b->p[(b->start + i) % b->size];
}

static void drop_oldest(struct log_buf *b)
{
        uint32_t n = 0;

        while (n < b->used && at(b, n) != '\n')
                n++;
        n += n < b->used; /* its line break */
        b->start = (b->start + n) % b->size;
        b->used -= n;
        b->lines--;
}

static void put(struct log_buf *b, const char *p, uint32_t n)
{
        uint32_t end = (b->start + b->used) % b->size, first = MIN_OF(n, b->size - end);

        memcpy(b->p + end, p, first);
        memcpy(b->p, p + first, n - first);
        b->used += n;
}

void log_buf_add(struct log_buf *b, const char *line)
{
        size_t n = strlen(line);

        if (n >= b->size)
                return;
        while (b->used + n + 1 > b->size || (b->lines_max && b->lines >= b->lines_max))
                drop_oldest(b);
        put(b, line, (uint32_t)n);
        put(b, "\n", 1);
        b->lines++;
}

void log_buf_copy(const struct log_buf *b, char *out)
{
        uint32_t first = MIN_OF(b->used, b->size - b->start);

        if (!b->used)
                return;
        memcpy(out, b->p + b->start, first);
        memcpy(out + first, b->p, b->used - first);
}

int log_buf_resize(struct log_buf *b, uint32_t size, uint32_t lines_max)
{
        char *p;

        if (!size)
                log_buf_fini(b);
        if (!size || (b->p && b->size == size && b->lines_max == lines_max))
                return 0;
        p = mem_alloc(MEM_LOG, size);
        if (!p)
                return -1;
        while (b->used > size || (lines_max && b->lines > lines_max))
                drop_oldest(b);
        if (b->used)
                log_buf_copy(b, p);
        mem_free(b->p);
        *b = (struct log_buf){ .p = p, .size = size, .used = b->used, .lines = b->lines, .lines_max = lines_max };
        return 0;
}

void log_buf_clear(struct log_buf *b)
{
        b->start = b->used = b->lines = 0;
}

void log_buf_fini(struct log_buf *b)
{
        mem_free(b->p);
        *b = (struct log_buf){ 0 };
}
