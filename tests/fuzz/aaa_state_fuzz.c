/* The record of logins: what is read is written in the same words again, whatever the file holds. */
#include <stdlib.h>
#include <string.h>

#include "cli/aaa/aaa_state.h"
#include "platform/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void clear(struct aaa_state *st)
{
        list_each_safe(it, next, &st->records)
                mem_free_secret(list_entry(it, struct aaa_record, link));
        list_init(&st->records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        static struct aaa_state st;
        struct text once = { 0 }, twice = { 0 };
        char *text = malloc(n + 1);
        struct err e;

        if (!text)
                return 0;
        memcpy(text, data, n);
        text[n] = 0;
        list_init(&st.records);
        aaa_state_read(&st, text, &e);
        aaa_state_write(&st, &once);
        clear(&st);
        if (aaa_state_read(&st, text_str(&once), &e) < 0)
                abort();
        aaa_state_write(&st, &twice);
        if (strcmp(text_str(&once), text_str(&twice)) != 0)
                abort();
        clear(&st);
        text_fini(&once);
        text_fini(&twice);
        free(text);
        return 0;
}
