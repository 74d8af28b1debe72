#include "platform/boot/jobs.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>

#include "platform/base/mem.h"

struct job { /* on the waiting caller's stack */
        struct job *next;
        void (*fn)(void *arg);
        void *arg;
        bool done;
};

struct jobs {
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t work, done;
        struct job *head, *tail;
        bool stop;
};

static void *jobs_thread(void *p)
{
        struct jobs *j = p;

        prctl(PR_SET_NAME, "vg-job");
        pthread_mutex_lock(&j->lock);
        for (;;) {
                struct job *job = j->head;

                if (!job && j->stop)
                        break;
                if (!job) {
                        pthread_cond_wait(&j->work, &j->lock);
                        continue;
                }
                j->head = job->next;
                pthread_mutex_unlock(&j->lock);
                job->fn(job->arg);
                pthread_mutex_lock(&j->lock);
                job->done = true;
                pthread_cond_broadcast(&j->done);
        }
        pthread_mutex_unlock(&j->lock);
        return NULL;
}

struct jobs *jobs_start(struct err *e)
{
        struct jobs *j = mem_alloc(MEM_MISC, sizeof *j);
        int rc;

        if (!j) {
                err_nomem(e, "starting the job thread");
                return NULL;
        }
        pthread_mutex_init(&j->lock, NULL);
        pthread_cond_init(&j->work, NULL);
        pthread_cond_init(&j->done, NULL);
        rc = pthread_create(&j->thread, NULL, jobs_thread, j);
        if (rc == 0)
                return j;
        err_set(e, ERR_IO, "job thread: %s", strerror(rc));
        mem_free(j);
        return NULL;
}

void jobs_stop(struct jobs *j)
{
        if (!j)
                return;
        pthread_mutex_lock(&j->lock);
        j->stop = true;
        pthread_cond_signal(&j->work);
        pthread_mutex_unlock(&j->lock);
        pthread_join(j->thread, NULL);
        pthread_mutex_destroy(&j->lock);
        pthread_cond_destroy(&j->work);
        pthread_cond_destroy(&j->done);
        mem_free(j);
}

void jobs_run(struct jobs *j, void (*fn)(void *arg), void *arg)
{
        struct job job = { .fn = fn, .arg = arg };

        pthread_mutex_lock(&j->lock);
        if (j->stop) {
                pthread_mutex_unlock(&j->lock);
                fn(arg);
                return;
        }
        if (j->head)
                j->tail->next = &job;
        else
                j->head = &job;
        j->tail = &job;
        pthread_cond_signal(&j->work);
        while (!job.done)
                pthread_cond_wait(&j->done, &j->lock);
        pthread_mutex_unlock(&j->lock);
}
