/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The file of a trace, see platform.h. It is opened for each line: a
 * descriptor that stayed open in somebody else's process would be closed with
 * others one day, and its number given to a file of theirs.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "winscard-shim/platform.h"

/* Set by `cardbridge run` alone. */
static const char variable[] = "CARDBRIDGE_TRACE";

static pthread_once_t looked = PTHREAD_ONCE_INIT;
static char path[PATH_MAX];	/* "": nobody traces */

static void
look(void)
{
	const char *given = secure_getenv(variable);

	if (given != NULL && given[0] == '/' && strlen(given) < sizeof(path))
		memcpy(path, given, strlen(given) + 1);
}

bool
ws_trace_wanted(void)
{
	int kept = errno;

	(void)pthread_once(&looked, look);
	errno = kept;
	return path[0] != '\0';
}

/* The standard streams are the program's, also where it has closed them. */
static int
open_high(const char *name, int flags)
{
	int low, fd = open(name, flags | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	low = fd;
	fd = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	close(low);
	return fd;
}

/* As `run` has made it: nobody else's, and no other name for a file that is
 * dear to its owner. */
static bool
is_trace(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 077) == 0 &&
	    st.st_nlink == 1;
}

/* A file that may not grow any more is no reason to end the program: SIGXFSZ
 * is sent to the thread that writes, which takes it away again. */
static void
append(int fd, const char *line, size_t n)
{
	const struct timespec at_once = { 0, 0 };
	sigset_t xfsz, before, pending;

	sigemptyset(&xfsz);
	sigaddset(&xfsz, SIGXFSZ);
	sigemptyset(&pending);
	sigpending(&pending);
	if (pthread_sigmask(SIG_BLOCK, &xfsz, &before) != 0)
		return;
	if (write(fd, line, n) < 0 && errno == EFBIG &&
	    sigismember(&pending, SIGXFSZ) == 0)
		while (sigtimedwait(&xfsz, NULL, &at_once) < 0 &&
		    errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
ws_trace_write(const char *line, size_t n)
{
	int kept = errno;
	int fd = open_high(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0) {
		if (is_trace(fd))
			append(fd, line, n);
		close(fd);
	}
	errno = kept;
}

void
ws_process(char *name, size_t size, unsigned *pid)
{
	int kept = errno;
	int fd = open_high("/proc/self/comm", O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, name, size - 1) : 0;
	char *p;

	if (fd >= 0)
		close(fd);
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	for (p = name; *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7F)
			*p = '?';
	*pid = (unsigned)getpid();
	errno = kept;
}

void
ws_clock_read(struct ws_clock *out)
{
	struct timespec t;
	unsigned of_day;

	clock_gettime(CLOCK_REALTIME, &t);
	of_day = (unsigned)(t.tv_sec % 86400);
	out->hour = of_day / 3600;
	out->minute = of_day / 60 % 60;
	out->second = of_day % 60;
	out->microsecond = (unsigned)(t.tv_nsec / 1000);
}
