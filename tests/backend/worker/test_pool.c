/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How many jobs the pool takes.
 */
#include <sys/sysinfo.h>
#include <time.h>

#include "backend/worker/pool.h"
#include "tests/backend/worker/suites.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static unsigned done, begun;	/* atomic */

static void
run(struct be_job *job)
{
	(void)job;
	__atomic_add_fetch(&begun, 1, __ATOMIC_RELAXED);
	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	__atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
}

START_TEST(too_many_jobs_are_refused)
{
	static struct be_job jobs[BE_POOL_MAX + 3];
	const unsigned first = 1, n = BE_POOL_MAX;
	const struct timespec moment = { 0, 1000000 };
	struct be_pool *pool;

	for (unsigned i = 0; i < n + 3; i++)
		jobs[i].run = run;
	ck_assert_int_eq(be_pool_new(&pool, 1), CB_OK);
	(void)pthread_mutex_lock(&gate);
	ck_assert_int_eq(be_pool_add(pool, &jobs[0]), CB_OK);
	for (int i = 0; i < 10000; i++) {
		if (__atomic_load_n(&begun, __ATOMIC_RELAXED) == first)
			break;
		(void)nanosleep(&moment, NULL);
	}
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(
		    be_pool_add(pool, &jobs[first + i]), CB_OK);
	ck_assert_int_eq(be_pool_add(pool, &jobs[n + 1]), CB_E_NOMEM);
	/* what a session needs is taken all the same */
	be_pool_put(pool, &jobs[n + 2]);
	(void)pthread_mutex_unlock(&gate);
	be_pool_free(&pool);
	ck_assert_uint_eq(done, n + 2);
}
END_TEST

/* All threads but that one are stuck; and it may add to the others. */
static struct be_pool *stuck;
static struct be_job beyond = { .run = run };

static void
add_beyond(struct be_job *job)
{
	(void)job;
	be_pool_put(stuck, &beyond);
	__atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
}

START_TEST(what_is_aside_waits_for_nobody)
{
	const struct timespec moment = { 0, 1000000 };
	struct be_job job = { .run = run }, aside = { .run = add_beyond };
	int i;

	ck_assert_int_eq(be_pool_new(&stuck, 1), CB_OK);
	(void)pthread_mutex_lock(&gate);
	be_pool_put(stuck, &job);
	be_pool_aside(stuck, &aside);
	for (i = 0; i < 10000; i++) {
		if (__atomic_load_n(&done, __ATOMIC_RELAXED) == 1)
			break;
		(void)nanosleep(&moment, NULL);
	}
	ck_assert_int_lt(i, 10000);
	(void)pthread_mutex_unlock(&gate);
	be_pool_free(&stuck);
	ck_assert_uint_eq(done, 3);
}
END_TEST

/* ---- how many at once ---------------------------------------------------- */

enum { THREADS = 16, SHORT = 200 };
static struct be_pool *busy;
static unsigned now, most;	/* atomic */
static unsigned long_ms;

static void
compute(struct be_job *job)
{
	const unsigned n = __atomic_add_fetch(&now, 1, __ATOMIC_RELAXED);
	const struct timespec moment = { 0, (long)long_ms * 1000000L };
	unsigned before = __atomic_load_n(&most, __ATOMIC_RELAXED);

	(void)job;
	while (n > before &&
	    !__atomic_compare_exchange_n(&most, &before, n, false,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	/* to the pool, this is computing */
	(void)nanosleep(&moment, NULL);
	__atomic_sub_fetch(&now, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
}

static void
wait_for(struct be_job *job)
{
	be_pool_waits(true);
	run(job);
	be_pool_waits(false);
}

static void
put_all(struct be_job *jobs, int n, void (*fn)(struct be_job *job))
{
	for (int i = 0; i < n; i++) {
		jobs[i].run = fn;
		be_pool_put(busy, &jobs[i]);
	}
}

static unsigned
processors(void)
{
	return get_nprocs() > 2 ? (unsigned)get_nprocs() : 2;
}

START_TEST(as_many_compute_as_there_are_processors)
{
	static struct be_job jobs[SHORT];

	ck_assert_int_eq(be_pool_new(&busy, THREADS), CB_OK);
	long_ms = 0;
	put_all(jobs, SHORT, compute);
	be_pool_free(&busy);
	ck_assert_uint_eq(done, SHORT);
	/* a machine that is busy makes short ones long */
	ck_assert_uint_le(most, processors() + 4);
}
END_TEST

/* Each is at something long: the others are not kept waiting for it. */
START_TEST(what_is_short_does_not_wait_for_what_is_long)
{
	static struct be_job jobs[THREADS];
	const struct timespec moment = { 0, 1000000 };
	int i;

	ck_assert_int_eq(be_pool_new(&busy, THREADS), CB_OK);
	(void)pthread_mutex_lock(&gate);
	put_all(jobs, THREADS, run);
	for (i = 0; i < 10000; i++) {
		if (__atomic_load_n(&begun, __ATOMIC_RELAXED) == THREADS)
			break;
		(void)nanosleep(&moment, NULL);
	}
	(void)pthread_mutex_unlock(&gate);
	be_pool_free(&busy);
	ck_assert_int_lt(i, 10000);
	ck_assert_uint_eq(done, THREADS);
}
END_TEST

/* Who waits for others leaves its place at once, and not after a while. */
START_TEST(who_waits_leaves_its_place)
{
	static struct be_job waiting[THREADS - 1], jobs[SHORT];
	const struct timespec moment = { 0, 1000000 };
	int i;

	ck_assert_int_eq(be_pool_new(&busy, THREADS), CB_OK);
	(void)pthread_mutex_lock(&gate);
	put_all(waiting, THREADS - 1, wait_for);
	put_all(jobs, SHORT, compute);
	for (i = 0; i < 10000; i++) {
		if (__atomic_load_n(&done, __ATOMIC_RELAXED) == SHORT)
			break;
		(void)nanosleep(&moment, NULL);
	}
	ck_assert_int_lt(i, 10000);
	ck_assert_uint_eq(__atomic_load_n(&begun, __ATOMIC_RELAXED),
	    THREADS - 1);
	(void)pthread_mutex_unlock(&gate);
	be_pool_free(&busy);
	ck_assert_uint_eq(done, SHORT + THREADS - 1);
}
END_TEST

static unsigned used;	/* threads; atomic */

static void
note_thread(struct be_job *job)
{
	static _Thread_local bool noted;

	(void)job;
	if (!noted)
		__atomic_add_fetch(&used, 1, __ATOMIC_RELAXED);
	noted = true;
	/* the job is put again then */
	__atomic_add_fetch(&done, 1, __ATOMIC_RELEASE);
}

/* Now and then one is not asleep yet when the next job comes, and another is
 * called; in turns all of them would be. */
START_TEST(who_fell_asleep_last_is_called_first)
{
	const struct timespec moment = { 0, 2000000 };
	struct be_job job = { .run = note_thread };

	ck_assert_int_eq(be_pool_new(&busy, THREADS), CB_OK);
	for (unsigned i = 1; i <= SHORT; i++) {
		be_pool_put(busy, &job);
		while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < i)
			(void)nanosleep(&moment, NULL);
	}
	be_pool_free(&busy);
	ck_assert_uint_le(used, THREADS / 2);
}
END_TEST

/* ---- who brings the jobs ------------------------------------------------- */

static void *
rest_for_long(void *arg)
{
	(void)arg;
	be_pool_rest(busy, 60000);
	__atomic_add_fetch(&done, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Not while few jobs wait; and not longer than many of them do. */
START_TEST(who_brings_jobs_rests_while_many_wait)
{
	static struct be_job jobs[SHORT];
	const struct timespec moment = { 0, 1000000 };
	pthread_t thread;
	int i;

	ck_assert_int_eq(be_pool_new(&busy, 1), CB_OK);
	ck_assert_uint_eq(be_pool_many(busy), 0);
	be_pool_rest(busy, 60000);
	(void)pthread_mutex_lock(&gate);
	put_all(jobs, SHORT, run);
	ck_assert_uint_ge(be_pool_many(busy), SHORT - 2);
	be_pool_rest(busy, 1);
	ck_assert_uint_ge(be_pool_many(busy), SHORT - 2);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, rest_for_long, NULL), 0);
	(void)nanosleep(&moment, NULL);
	ck_assert_uint_eq(__atomic_load_n(&done, __ATOMIC_RELAXED), 0);
	(void)pthread_mutex_unlock(&gate);
	for (i = 0; i < 10000; i++) {
		if (__atomic_load_n(&done, __ATOMIC_RELAXED) == SHORT + 1)
			break;
		(void)nanosleep(&moment, NULL);
	}
	ck_assert_int_lt(i, 10000);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(be_pool_many(busy), 0);
	be_pool_free(&busy);
}
END_TEST

Suite *
pool_suite(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("pool");

	tcase_add_test(t, too_many_jobs_are_refused);
	tcase_add_test(t, what_is_aside_waits_for_nobody);
	tcase_add_test(t, as_many_compute_as_there_are_processors);
	tcase_add_test(t, what_is_short_does_not_wait_for_what_is_long);
	tcase_add_test(t, who_waits_leaves_its_place);
	tcase_add_test(t, who_fell_asleep_last_is_called_first);
	tcase_add_test(t, who_brings_jobs_rests_while_many_wait);
	suite_add_tcase(s, t);
	return s;
}
