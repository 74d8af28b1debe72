#include "pki/keystore_dry.h"

#include "pki/keystore_file.h"

static int take_key(void *ctx, const char *name, struct keypair *kp, struct err *e)
{
        int ret = keystore_key_put(ctx, name, kp, e);

        keypair_put(kp);
        return ret;
}

static int take_tp(void *ctx, const char *name, struct tp_assets *a, struct err *e)
{
        int ret = keystore_tp_put(ctx, name, a->id, a->ca, a->nca, e);

        tp_assets_put(a);
        return ret;
}

static int take_ctl(void *ctx, const char *name, const uint8_t *p, size_t n, struct err *e)
{
        return keystore_ctl_put(ctx, name, p, n, e);
}

struct keystore *keystore_open_dry(const char *dir, const struct clock *clk, const struct rng *rng, struct err *warn)
{
        struct keystore *k = keystore_open(NULL, clk, rng, warn);
        struct asset_reader r = {
                .key = take_key, .tp = take_tp, .ctl = take_ctl, .ctx = k, .warn = warn, .dry = true
        };
        struct err why = { 0 };

        if (!k || asset_load(dir, &r, &why) == 0)
                return k;
        if (warn)
                *warn = why;
        keystore_close(k);
        return NULL;
}
