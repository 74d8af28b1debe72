/* show_phone_boot.c: what `show phone-proxy` says of phones' files. */
#ifndef VOXGATE_CLI_EXEC_PHONE_FILES_H
#define VOXGATE_CLI_EXEC_PHONE_FILES_H

#include "cli/session/session.h"
#include "proxy/worker/proxy_rt.h"

void show_phone_files(struct session *s, const struct snapshot *snap, const struct phone_proxy_rt *r);
/* 0011.2233.4401 of SEP001122334401; another name as it is. */
const char *phone_mac_text(const char *device, char out[16]);
/* 0011.2233.4455, 00:11:.., SEP001122334455 or 001122334455 -> SEP001122334455; another name as it is, false. */
bool phone_device_of(const char *typed, char out_name[65]);

#endif
