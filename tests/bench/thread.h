/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Threads of this and other processes of the user, and the cores they may
 * run on.
 */
#ifndef THREAD_H
#define THREAD_H

#include <sched.h>
#include <sys/types.h>

/* That of `process` which was woken most while `work` was done: at least
 * `times` times, or this ends the program. */
pid_t thread_woken(pid_t process, void (*work)(void *arg), void *arg,
    unsigned long times);
/* 0: the calling one. */
void thread_keep_to(pid_t thread, const cpu_set_t *cores);

#endif
