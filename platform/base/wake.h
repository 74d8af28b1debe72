/* A descriptor that a thread sleeps on besides its others, so that somebody else can wake it. */
#ifndef VOXGATE_BASE_WAKE_H
#define VOXGATE_BASE_WAKE_H

/* To poll for reading, non-blocking; -1: none can be had. close() it. */
int wake_open(void);
/* Any thread, also from a signal handler. Kicks that nobody has seen yet count as one. */
void wake_kick(int fd);
/* Awake: until the next kick there is nothing to read. */
void wake_drain(int fd);

#endif
