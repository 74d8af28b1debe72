#include "proxy/srtp/srtp_engine.h"

#include "platform/base/attr.h"
#include "proxy/srtp/srtp.h"

#if defined(__x86_64__)
#include <cpuid.h>

static const struct srtp_engine engine_aes_sha = {
        .name = "aes-ni sha-ni",
        .key_set = srtp_aesni_key_set,
        .key_drop = srtp_aesni_key_drop,
        .ctr = srtp_aesni_ctr,
        .seal = srtp_gcmni_seal,
        .open = srtp_gcmni_open,
        .sha1 = srtp_shani,
        .sha1_pair = srtp_shani_pair,
};

/* Many servers have the one and not the other. */
static const struct srtp_engine engine_aes = {
        .name = "aes-ni",
        .key_set = srtp_aesni_key_set,
        .key_drop = srtp_aesni_key_drop,
        .ctr = srtp_aesni_ctr,
        .seal = srtp_gcmni_seal,
        .open = srtp_gcmni_open,
        .sha1 = srtp_libcrypto_sha1,
        .sha1_pair = srtp_libcrypto_sha1_pair,
};

static bool cpu_has_aes(void)
{
        const unsigned need = bit_AES | bit_PCLMUL | bit_SSSE3 | bit_SSE4_1;
        unsigned a, b, c, d;

        return __get_cpuid(1, &a, &b, &c, &d) && (c & need) == need;
}

static bool cpu_has_sha(void)
{
        unsigned a, b, c, d;

        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

const struct srtp_engine *srtp_engine_at(unsigned i)
{
        const struct srtp_engine *all[4] = { NULL };
        unsigned n = 0;

        if (cpu_has_aes() && cpu_has_sha())
                all[n++] = &engine_aes_sha;
        if (cpu_has_aes())
                all[n++] = &engine_aes;
        all[n++] = &srtp_engine_libcrypto;
        return i < n ? all[i] : NULL;
}
#else
const struct srtp_engine *srtp_engine_at(unsigned i)
{
        return i ? NULL : &srtp_engine_libcrypto;
}
#endif

/* Asking the CPU is slow under a hypervisor, so its answer is kept; all threads would write the same. Also the test
 * hook. */
static const struct srtp_engine *chosen;

const struct srtp_engine *srtp_engine(void)
{
        const struct srtp_engine *e = __atomic_load_n(&chosen, __ATOMIC_RELAXED);

        if (unlikely(!e)) {
                e = srtp_engine_at(0);
                srtp_engine_force(e);
        }
        return e;
}

void srtp_engine_force(const struct srtp_engine *e)
{
        __atomic_store_n(&chosen, e, __ATOMIC_RELAXED);
}

const char *srtp_engine_name(void)
{
        return srtp_engine()->name;
}

void srtp_force_portable(bool on)
{
        srtp_engine_force(on ? &srtp_engine_libcrypto : NULL);
}
