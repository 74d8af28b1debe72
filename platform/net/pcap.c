#include "platform/net/pcap.h"

#include <pcap/pcap.h>

#include <errno.h>
#include <string.h>

#include "platform/base/mem.h"

/* As large as libpcap itself allows; super-frames fit. */
#define SNAPLEN 262144

struct pcap_file {
        pcap_t *in;
        pcap_t *dead; /* holds link type and precision of what is written */
        pcap_dumper_t *out;
};

static struct pcap_file *file_new(struct err *e)
{
        struct pcap_file *f = mem_alloc(MEM_PORT, sizeof *f);

        if (!f)
                err_nomem(e, "opening a capture file");
        return f;
}

struct pcap_file *pcap_read_open(const char *path, struct err *e)
{
        char why[PCAP_ERRBUF_SIZE];
        struct pcap_file *f = file_new(e);
        const char *link;

        if (!f)
                return NULL;
        f->in = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
        if (!f->in) {
                err_set(e, ERR_IO, "cannot read capture file: %s", why);
                mem_free(f);
                return NULL;
        }
        if (pcap_datalink(f->in) != DLT_EN10MB) {
                link = pcap_datalink_val_to_name(pcap_datalink(f->in));
                err_set(e, ERR_SUPPORT, "%s: link type %s, only Ethernet (EN10MB) can be read", path,
                        link ? link : "unknown");
                pcap_file_close(f, NULL);
                return NULL;
        }
        return f;
}

int pcap_read_next(struct pcap_file *f, const uint8_t **frame, uint32_t *caplen, uint32_t *len, int64_t *wall_ns,
                   struct err *e)
{
        struct pcap_pkthdr *h;
        int rc = pcap_next_ex(f->in, &h, frame);

        if (rc == PCAP_ERROR_BREAK)
                return 0;
        if (rc != 1)
                return err_set(e, ERR_SYNTAX, "damaged capture file: %s", pcap_geterr(f->in));
        *caplen = h->caplen;
        *len = h->len;
        /* asked for nanoseconds, so tv_usec holds them */
        *wall_ns = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec;
        return 1;
}

struct pcap_file *pcap_write_open(const char *path, struct err *e)
{
        struct pcap_file *f = file_new(e);

        if (!f)
                return NULL;
        f->dead = pcap_open_dead(DLT_EN10MB, SNAPLEN);
        if (!f->dead) {
                err_nomem(e, "opening a capture file");
                mem_free(f);
                return NULL;
        }
        f->out = pcap_dump_open(f->dead, path);
        if (!f->out) {
                err_set(e, ERR_IO, "cannot write capture file: %s", pcap_geterr(f->dead));
                pcap_file_close(f, NULL);
                return NULL;
        }
        return f;
}

int pcap_write(struct pcap_file *f, const uint8_t *frame, uint32_t caplen, uint32_t len, int64_t wall_ns,
               struct err *e)
{
        struct pcap_pkthdr h = { .caplen = caplen, .len = len };

        h.ts.tv_sec = wall_ns / 1000000000;
        h.ts.tv_usec = wall_ns % 1000000000 / 1000;
        pcap_dump((u_char *)f->out, &h, frame);
        if (ferror(pcap_dump_file(f->out)))
                return err_set(e, ERR_IO, "cannot write capture file: %s", strerror(errno));
        return 0;
}

int pcap_file_close(struct pcap_file *f, struct err *e)
{
        int rc = 0;

        if (!f)
                return 0;
        if (f->out) {
                if (pcap_dump_flush(f->out) != 0 || ferror(pcap_dump_file(f->out)))
                        rc = err_set(e, ERR_IO, "cannot write capture file: %s", strerror(errno));
                pcap_dump_close(f->out);
        }
        if (f->dead)
                pcap_close(f->dead);
        if (f->in)
                pcap_close(f->in);
        mem_free(f);
        return rc;
}

static void le32(uint8_t *p, uint32_t v)
{
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)(v >> 8);
        p[2] = (uint8_t)(v >> 16);
        p[3] = (uint8_t)(v >> 24);
}

size_t pcap_mem_header(uint8_t out[24])
{
        le32(out, 0xa1b2c3d4);     /* microseconds */
        le32(out + 4, 0x00040002); /* version 2.4 */
        le32(out + 8, 0);
        le32(out + 12, 0);
        le32(out + 16, SNAPLEN);
        le32(out + 20, 1); /* LINKTYPE_ETHERNET */
        return 24;
}

size_t pcap_mem_record(uint8_t out[16], uint32_t caplen, uint32_t len, int64_t wall_ns)
{
        le32(out, (uint32_t)(wall_ns / 1000000000));
        le32(out + 4, (uint32_t)(wall_ns % 1000000000 / 1000));
        le32(out + 8, caplen);
        le32(out + 12, len);
        return 16;
}
