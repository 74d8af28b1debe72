/* What the files of the SSH server share. */
#ifndef VOXGATE_CLI_SSH_SSHD_INT_H
#define VOXGATE_CLI_SSH_SSHD_INT_H

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <pthread.h>

#include "cli/aaa/aaa.h"
#include "cli/door/door.h"
#include "cli/ssh/sshd.h"
#include "cli/term/term.h"
#include "pki/keypair.h"

#define SSHD_CONNS_MAX 192u      /* threads */
#define SSHD_STARTUPS_MAX 64u    /* connections that have not logged in; then the oldest gives way */
#define SSHD_STARTUPS_SOURCE 8u  /* of one address */
#define SSHD_GRACE_MS 30000u     /* time to log in */
#define SSHD_TRIES 3u            /* wrong passwords */
#define SSHD_KEY_OFFERS 10u      /* public keys that are not known */
#define SSHD_LAST_WORDS_MS 15000u /* for what is not sent yet when it ends, and for the client to close */
#define SSHD_COMMAND_MAX 65536u

/* The one channel of a connection, and the session behind it. */
struct sshd_chan {
        ssh_channel ch;
        struct ssh_channel_callbacks_struct cb;
        bool pty, started, told_eof, closing;
        char type[32];
        unsigned cols, rows;
        int end; /* ours of the session's terminal or socket; -1 */
        struct term *t;
        char *command; /* NULL: a shell, or SFTP */
        bool sftp;
        int raw; /* the session's end where it is SCP or SFTP, which need no terminal; -1 */
        pthread_t thread;
        bool running;     /* to be joined */
        atomic_bool done; /* the session has ended */
        int how;          /* enum session_end, when done */
        int status;       /* exit status, when done */
        /* what could not be passed on yet */
        char in[4096], out[16384];
        size_t in_at, in_n, out_at, out_n;
        uint64_t taken; /* bytes that the client's window and connection had room for */
};

struct sshd_conn {
        struct guest guest;    /* first: of door.h */
        struct sshd_info info; /* under the door's lock; without `at` */
        /* its own thread's */
        struct sshd *d;
        ssh_session s;
        int near; /* while greeting: the other end of what libssh has for its connection; else -1 */
        ssh_event ev;
        struct ssh_server_callbacks_struct cb;
        unsigned tries, offers;
        bool in, asked, refused; /* logged in; a password was asked for; no more tries */
        const char *why;         /* of the end; NULL: not told yet */
        char user[USERNAME_MAX + 1];
        struct aaa_identity who;
        struct sshd_chan chan;
};

struct sshd {
        struct box *box;
        struct door *door;
};

/* sshd_conn.c */
void sshd_serve(struct guest *g);
/* Milliseconds that are left to log in. */
int sshd_grace_left(const struct sshd_conn *c);
/* sshd_greet.c: gives libssh what stands for the connection while sides greet */
int sshd_greet_open(struct sshd_conn *c, ssh_bind bind, struct err *e) MUST_USE;
/* From here on libssh has the guest's connection. false: it is over. */
bool sshd_greet(struct sshd_conn *c);
/* sshd.c: a place among the sessions; false: all are taken. */
bool sshd_admit(struct sshd_conn *c);
/* sshd_auth.c */
void sshd_auth_init(struct sshd_conn *c);
/* sshd_chan.c */
ssh_channel sshd_chan_open(struct sshd_conn *c);
/* Moves what can be moved. false: the channel has ended. */
bool sshd_chan_pump(struct sshd_conn *c);
/* The client takes nothing of what it is told. */
bool sshd_chan_blocked(struct sshd_conn *c);
/* What to wait for at chan.end. */
short sshd_chan_events(struct sshd_conn *c);
/* Ends the session and waits for it. */
void sshd_chan_stop(struct sshd_chan *x);
/* sshd_files.c: SCP and SFTP */
bool sshd_files_enabled(struct box *b);
bool sshd_files_may(const struct sshd_conn *c);
/* Serves files on fd until the client is done; the exit status. */
int sshd_files_run(struct sshd_conn *c, int fd);
/* sshd_keys.c */
/* On the job thread; takes its time. */
int sshd_key_make(struct box *b, struct err *e);
int sshd_keys_import(struct box *b, ssh_bind bind, struct err *e);
/* sshd_key_file.c: a pair as libssh has it; NULL with e set */
ssh_key sshd_key_of(const struct keypair *k, struct err *e);
/* sshd_algo.c: what is offered, by the configuration */
int sshd_algo_set(struct box *b, ssh_bind bind, struct err *e);

#endif
