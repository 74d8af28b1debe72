/* The EXEC families, in the order in which `?` meets them. */
#include "cli/exec/tables.h"

#define TABLE(name)                                                                                                  \
        {                                                                                                            \
#name, exec_##name                                                                                   \
        }

const struct exec_table exec_tables[] = {
        TABLE(session),
        TABLE(terminal),
        TABLE(show_version),
        TABLE(show_run),
        TABLE(write),
        TABLE(copy),
        TABLE(flash),
        TABLE(reload),
        TABLE(rollback),
        TABLE(candidate),
        TABLE(show_interface),
        TABLE(show_route_arp),
        TABLE(fragment),
        TABLE(show_conn),
        TABLE(show_xlate_nat),
        TABLE(show_access_list),
        TABLE(show_asp_drop),
        TABLE(show_service_policy),
        TABLE(show_crypto),
        TABLE(show_tls_proxy),
        TABLE(show_mmp),
        TABLE(show_phone_proxy),
        TABLE(show_phone_boot),
        TABLE(show_media),
        TABLE(show_ctl),
        TABLE(show_sip),
        TABLE(show_skinny),
        TABLE(show_logging),
        TABLE(show_memory),
        TABLE(show_resource),
        TABLE(capture),
        TABLE(show_capture),
        TABLE(debug),
        TABLE(clear),
        TABLE(packet_tracer),
        TABLE(ping),
        TABLE(traceroute),
        TABLE(show_dns),
        { 0 },
};
