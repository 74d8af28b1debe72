/* crypto ca alerts: certificates that end soon are told of. */
#include "cli/box/alerts.h"
#include "cli/cmd/rows.h"

static const struct cmd_bind off_bind[] = { BIND_FLAG("expiration", struct store, sys.cert_alerts.off), { 0 } };
static const struct cmd_bind days_bind[] = {
        BIND_DFLT("BEGIN", struct store, sys.cert_alerts.begin, ALERT_BEGIN_DAYS),
        BIND_DFLT("REPEAT", struct store, sys.cert_alerts.repeat, ALERT_REPEAT_DAYS),
        { 0 },
};

const struct cmd_row rows_cert_alerts[] = {
        { ROW_LEAF, "crypto ca alerts expiration", "Tell of certificates that end soon or have ended", off_bind,
          .flags = ROW_INVERSE },
        { ROW_LEAF, "crypto ca alerts expiration begin BEGIN:u32(1-90)", "Days before the end to begin", days_bind,
          .flags = 0 },
        { ROW_LEAF, "crypto ca alerts expiration repeat REPEAT:u32(1-14)", "Days from one message to the next",
          days_bind, .flags = 0 },
        END,
};
