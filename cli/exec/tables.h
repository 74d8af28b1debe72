/* The row tables of the EXEC families; each ends with an empty row. */
#ifndef VOXGATE_CLI_EXEC_TABLES_H
#define VOXGATE_CLI_EXEC_TABLES_H

#include "cli/exec.h"

extern const struct exec_row exec_session[], exec_terminal[], exec_show_version[], exec_show_run[], exec_write[],
        exec_copy[], exec_flash[], exec_reload[], exec_rollback[], exec_candidate[], exec_show_interface[], exec_show_route_arp[], exec_show_conn[],
        exec_show_xlate_nat[], exec_show_access_list[], exec_show_asp_drop[], exec_show_service_policy[],
        exec_show_crypto[], exec_show_tls_proxy[], exec_show_mmp[], exec_show_phone_proxy[], exec_show_media[],
        exec_show_ctl[], exec_show_phone_boot[], exec_show_sip[], exec_show_skinny[], exec_show_logging[],
        exec_show_memory[], exec_show_resource[], exec_fragment[], exec_capture[], exec_show_capture[], exec_debug[],
        exec_clear[], exec_packet_tracer[], exec_ping[], exec_show_dns[], exec_traceroute[];

#endif
