/* Classes of messages: those whose numbers begin with the same three digits, under a name. */
#include "platform/base/log_int.h"
#include "platform/base/str.h"

#define PREFIXES_MAX 21u

/* A message that two classes have belongs, by name, to the first of them. */
static const struct {
        const char *name;
        uint16_t prefix[PREFIXES_MAX]; /* 0 ends */
} classes[] = {
        { "auth", { 109, 113 } },
        { "bridge", { 110, 220 } },
        { "ca", { 717 } },
        { "citrix", { 723 } },
        { "config", { 111, 112, 208, 308 } },
        { "csd", { 724 } },
        { "cts", { 776 } },
        { "dap", { 734 } },
        { "eap", { 333 } },
        { "eapoudp", { 334 } },
        { "eigrp", { 336 } },
        { "email", { 719 } },
        { "ha", { 101, 102, 103, 104, 105, 210, 311, 709 } },
        { "ids", { 400, 401, 415 } },
        { "ip", { 209, 215, 313, 317, 408 } },
        { "ipaa", { 735 } },
        { "nac", { 731 } },
        { "nacpolicy", { 732 } },
        { "np", { 319 } },
        { "ospf", { 318, 409, 503, 613 } },
        { "rip", { 107, 312 } },
        { "rm", { 321 } },
        { "rule-engine", { 746 } },
        { "session", { 106, 108, 201, 202, 204, 302, 303, 304, 305, 314, 405,
                       406, 407, 500, 502, 607, 608, 609, 616, 620, 703 } },
        { "acl", { 106 } },
        { "nat", { 305 } },
        { "snmp", { 212 } },
        { "ssl", { 725 } },
        { "svc", { 722 } },
        { "sys", { 199, 211, 214, 216, 306, 307, 315, 411, 414, 604, 605, 606, 610, 612, 614, 615, 701, 711, 741 } },
        { "tag-switching", { 779 } },
        { "threat-detection", { 733 } },
        { "uc-ime", { 339 } },
        { "phone-proxy", { 337 } },
        { "vm", { 730 } },
        { "vpdn", { 213, 403, 603 } },
        { "vpn", { 316, 320, 402, 404, 501, 602, 702, 713, 714, 715 } },
        { "vpnc", { 611 } },
        { "vpnfo", { 720 } },
        { "vpnlb", { 718 } },
        { "webfo", { 721 } },
        { "webvpn", { 716 } },
};
_Static_assert(ARRAY_LEN(classes) < LOG_CLASSES_MAX, "struct log_conf has no room for so many classes");

const char *log_class_name(unsigned c)
{
        return c && c <= ARRAY_LEN(classes) ? classes[c - 1].name : NULL;
}

bool log_class_has(unsigned c, uint32_t id)
{
        if (!log_class_name(c))
                return false;
        for (unsigned i = 0; i < PREFIXES_MAX && classes[c - 1].prefix[i]; i++)
                if (classes[c - 1].prefix[i] == id / 1000)
                        return true;
        return false;
}

unsigned log_class_of(uint32_t id)
{
        for (unsigned c = 1; c <= ARRAY_LEN(classes); c++)
                if (log_class_has(c, id))
                        return c;
        return 0;
}
