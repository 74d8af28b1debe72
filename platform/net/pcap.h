/* pcap files through libpcap: read for replay, write for `copy /pcap` and replay output. */
#ifndef VOXGATE_NET_PCAP_H
#define VOXGATE_NET_PCAP_H

#include <stddef.h>
#include <stdint.h>

#include "platform/base/err.h"

struct pcap_file;
/* Ethernet link type, nanosecond or microsecond stamps; others are refused with the reason. */
struct pcap_file *pcap_read_open(const char *path, struct err *e);
/* 1 a frame (borrowed until the next call), 0 end, -1 damaged file. */
int pcap_read_next(struct pcap_file *f, const uint8_t **frame, uint32_t *caplen, uint32_t *len, int64_t *wall_ns,
                   struct err *e);
struct pcap_file *pcap_write_open(const char *path, struct err *e);
int pcap_write(struct pcap_file *f, const uint8_t *frame, uint32_t caplen, uint32_t len, int64_t wall_ns, struct err *e);
/* NULL is legal; -1 when the last bytes could not be written. (libpcap already owns the name pcap_close.) */
int pcap_file_close(struct pcap_file *f, struct err *e);
/* The same file image in memory, for uploads: header (24 bytes) and per-record header (16 bytes). */
size_t pcap_mem_header(uint8_t out[24]);
size_t pcap_mem_record(uint8_t out[16], uint32_t caplen, uint32_t len, int64_t wall_ns);

#endif
