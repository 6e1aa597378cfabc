/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A thread that gives way: lower priority, so that it gets less where
 * processors are short, and long slices, which a scheduler of kind EEVDF
 * (Linux 6.12) takes as leave to interrupt it for whoever has short ones.
 * Neither can be taken back without privilege, hence the thread of its own.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emulator/crypto/heavy.h"

#define NICE 10
#define SLICE_NS 100000000	/* the most that the kernel accepts */
#define STACK (512 * 1024)

struct job {
	emu_heavy_fn *fn;
	void *ctx;
	enum cb_err r;
};

/* struct sched_attr, first version (sched_setattr(2)). */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* What a kernel refuses is done without. */
static void
give_way(void)
{
	struct attributes a = { .size = sizeof(a), .policy = SCHED_OTHER,
		.nice = NICE, .runtime = SLICE_NS };
	int now = getpriority(PRIO_PROCESS, 0);

	if (now > a.nice)
		a.nice = now;
	if (syscall(SYS_sched_setattr, 0, &a, 0) != 0)
		(void)setpriority(
		    PRIO_PROCESS, (id_t)syscall(SYS_gettid), a.nice);
}

static void *
run(void *arg)
{
	struct job *job = arg;

	give_way();
	job->r = job->fn(job->ctx);
	return NULL;
}

enum cb_err
emu_heavy(emu_heavy_fn *fn, void *ctx)
{
	struct job job = { fn, ctx, CB_E_INTERNAL };
	pthread_attr_t attr;
	pthread_t thread;
	bool made = false;

	if (pthread_attr_init(&attr) == 0) {
		made = pthread_attr_setstacksize(&attr, STACK) == 0 &&
		    pthread_create(&thread, &attr, run, &job) == 0;
		(void)pthread_attr_destroy(&attr);
	}
	if (!made)
		return fn(ctx);
	(void)pthread_join(thread, NULL);
	return job.r;
}
