/* Answers of the HTTPS server. */
#include "cli/http/httpd_int.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "platform/base/wbuf.h"

static void add_date(struct wbuf *w, const struct box *b)
{
        time_t now = (time_t)clock_wall_s(b->clk);
        char text[40];
        struct tm tm;

        if (gmtime_r(&now, &tm) && strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm))
                wbuf_printf(w, "Date: %s\r\n", text);
}

static void count(struct httpd_conn *c, unsigned status)
{
        door_lock(c->d->door);
        c->d->counts.answers[status / 100 % 6]++;
        door_unlock(c->d->door);
}

void httpd_head(struct httpd_conn *c, unsigned status, const char *type, const char *more, int64_t length)
{
        char head[1024];
        struct wbuf w = wbuf_of(head, sizeof head);

        c->answered = true;
        c->chunked = length == HTTPD_CHUNKED && c->req.v11;
        c->close |= !c->req.keep_alive || (length == HTTPD_CHUNKED && !c->chunked);
        wbuf_printf(&w, "HTTP/1.1 %u %s\r\n", status, http_status_text(status));
        add_date(&w, c->d->box);
        wbuf_printf(&w,
                    "Server: Voxgate\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
                    "X-Content-Type-Options: nosniff\r\n%s",
                    type, more);
        if (length != HTTPD_CHUNKED)
                wbuf_printf(&w, "Content-Length: %lld\r\n", (long long)length);
        else if (c->chunked)
                wbuf_str(&w, "Transfer-Encoding: chunked\r\n");
        if (c->close || !c->req.v11)
                wbuf_printf(&w, "Connection: %s\r\n", c->close ? "close" : "keep-alive");
        wbuf_str(&w, "\r\n");
        count(c, status);
        httpd_write(c, head, w.len);
}

bool httpd_body(struct httpd_conn *c, const void *p, size_t n)
{
        char size[24];
        int len;

        if (c->req.method == HTTP_HEAD || !n)
                return !c->broken;
        if (!c->chunked)
                return httpd_write(c, p, n);
        len = snprintf(size, sizeof size, "%zx\r\n", n);
        return httpd_write(c, size, (size_t)len) && httpd_write(c, p, n) && httpd_write(c, "\r\n", 2);
}

void httpd_end(struct httpd_conn *c)
{
        if (c->chunked && c->req.method != HTTP_HEAD)
                httpd_write(c, "0\r\n\r\n", 5);
        c->chunked = false;
}

void httpd_line(struct httpd_conn *c, unsigned status, const char *more, const char *line)
{
        char text[512];
        int n = snprintf(text, sizeof text, "%s\n", line);

        if (n < 0 || n >= (int)sizeof text)
                n = (int)sizeof text - 1;
        httpd_head(c, status, HTTPD_TEXT, more, n);
        httpd_body(c, text, (size_t)n);
}
