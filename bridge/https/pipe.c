/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See pipe.h. An easy handle that connects and does no more
 * (CURLOPT_CONNECT_ONLY) in a multi handle, since only that one can be woken
 * while it waits; it stays there as long as its connection lives. Both go when
 * the pipe is at rest, and the share that keeps TLS sessions stays.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "bridge/https/pipe.h"
#include "bridge/https/uri.h"
#include "bridge/sock.h"

/* After so long without a byte the other end is asked whether it is there: once
 * a minute, and sooner where it has been silent before. */
#define KEEP_ALIVE_S 60
#define KEEP_ALIVE_WARY_S 15
#define KEEP_ALIVE_AGAIN_S 5
#define KEEP_ALIVE_TRIES 2
/* What was sent and is not acknowledged for so long has met nobody. (With it
 * tcp(7) ends the link also where it was asked once in vain for so long.) */
#define UNHEARD_MS 25000

#define STEP_MS 60000	/* of a wait: any */

struct br_pipe {
	const struct br_trust *trust;
	CURLSH *share;
	CURLM *multi;
	CURL *easy;
	bool added;			/* easy is in multi */
	int fd;				/* libcurl's; -1: none stands */
	void *ssl;			/* likewise, as long as it stands */
	char origin[BR_ORIGIN_MAX];
	struct br_distrust distrust;
	unsigned made;
	bool wary, proxied;
	int wake;			/* eventfd(2) */
	struct br_heed heed;
	atomic_bool interrupted;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool started;

static void
start(void)
{
	started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* ---- what curl calls ----------------------------------------------------- */

static CURLcode
on_tls(CURL *easy, void *ctx, void *arg)
{
	struct br_pipe *p = arg;

	(void)easy;
	p->made++;
	return br_tls_set(ctx, p->trust, &p->distrust) == CB_OK
	    ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* TLS stands. */
static int
on_ready(void *ctx, char *far_address, char *near_address, int far_port,
    int near_port)
{
	struct br_pipe *p = ctx;
	struct curl_tlssessioninfo *tls = NULL;

	(void)far_address;
	(void)near_address;
	(void)far_port;
	(void)near_port;
	if (curl_easy_getinfo(p->easy, CURLINFO_TLS_SSL_PTR, &tls) !=
		CURLE_OK || tls == NULL || tls->internals == NULL ||
	    !br_tls_check(tls->internals, &p->distrust))
		return CURL_PREREQFUNC_ABORT;
	p->ssl = tls->internals;
	return CURL_PREREQFUNC_OK;
}

static int
on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct br_pipe *p = ctx;
	const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE,
		    p->wary ? KEEP_ALIVE_WARY_S : KEEP_ALIVE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEP_ALIVE_AGAIN_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEP_ALIVE_TRIES },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, UNHEARD_MS },
	};

	(void)purpose;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
	return CURL_SOCKOPT_OK;
}

/* ---- making and ending --------------------------------------------------- */

/* CURLcodes are small and not negative: any that is not CURLE_OK stays seen. */
static enum cb_err
set_always(struct br_pipe *p)
{
	bool system = p->trust->in == BR_TRUST_SYSTEM;
	bool check = p->trust->in != BR_TRUST_ANYBODY;
	CURL *e = p->easy;
	unsigned bad = 0;

#define SET(option, value) bad |= (unsigned)curl_easy_setopt(e, option, value)
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSLVERSION, p->trust->tls12
		? (long)CURL_SSLVERSION_TLSv1_2 : (long)CURL_SSLVERSION_TLSv1_3);
	SET(CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
	SET(CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
	SET(CURLOPT_SHARE, p->share);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, p);
	SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
	SET(CURLOPT_SOCKOPTDATA, p);
	SET(CURLOPT_PREREQFUNCTION, on_ready);
	SET(CURLOPT_PREREQDATA, p);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* a resolver that hangs keeps nobody from ending */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	if (!system) {
		SET(CURLOPT_CAINFO, NULL);
		SET(CURLOPT_CAPATH, NULL);
	} else {
		/* as OpenSSL's own programs; libcurl looks at neither */
		if (getenv("SSL_CERT_FILE") != NULL)
			SET(CURLOPT_CAINFO, getenv("SSL_CERT_FILE"));
		if (getenv("SSL_CERT_DIR") != NULL)
			SET(CURLOPT_CAPATH, getenv("SSL_CERT_DIR"));
	}
#undef SET
	return bad == 0 ? CB_OK : CB_E_INTERNAL;
}

/* What a connection needs, if it is not there. */
static enum cb_err
have_handles(struct br_pipe *p)
{
	if (p->multi == NULL && (p->multi = curl_multi_init()) == NULL)
		return CB_E_NOMEM;
	if (p->easy != NULL)
		return CB_OK;
	if ((p->easy = curl_easy_init()) == NULL)
		return CB_E_NOMEM;
	if (set_always(p) == CB_OK)
		return CB_OK;
	/* half of what it must not do without would be forgotten */
	curl_easy_cleanup(p->easy);
	p->easy = NULL;
	return CB_E_INTERNAL;
}

/* Where tickets are kept. */
static CURLSH *
make_share(void)
{
	CURLSH *share = curl_share_init();

	if (share != NULL && curl_share_setopt(share, CURLSHOPT_SHARE,
				 CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
		return share;
	(void)curl_share_cleanup(share);
	return NULL;
}

enum cb_err
br_pipe_new(struct br_pipe **out, const struct br_trust *trust)
{
	struct br_pipe *p;

	*out = NULL;
	if (pthread_once(&once, start) != 0 || !started)
		return CB_E_INTERNAL;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return CB_E_NOMEM;
	p->trust = trust;
	p->fd = p->heed.fd = -1;
	atomic_init(&p->interrupted, false);
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake < 0 || (p->share = make_share()) == NULL) {
		br_pipe_free(&p);
		return CB_E_NOMEM;
	}
	*out = p;
	return CB_OK;
}

void
br_pipe_close(struct br_pipe *p)
{
	p->fd = -1;
	p->ssl = NULL;
	/* with it goes what it connected */
	if (p->added)
		(void)curl_multi_remove_handle(p->multi, p->easy);
	p->added = false;
}

void
br_pipe_rest(struct br_pipe *p)
{
	br_pipe_close(p);
	curl_easy_cleanup(p->easy);
	p->easy = NULL;
	(void)curl_multi_cleanup(p->multi);
	p->multi = NULL;
}

enum cb_err
br_pipe_trust(struct br_pipe *p, const struct br_trust *trust)
{
	CURLSH *share = make_share();

	if (share == NULL)
		return CB_E_NOMEM;
	br_pipe_rest(p);
	(void)curl_share_cleanup(p->share);
	p->share = share;
	p->trust = trust;
	return CB_OK;
}

void
br_pipe_free(struct br_pipe **pipe)
{
	struct br_pipe *p = *pipe;

	if (p == NULL)
		return;
	*pipe = NULL;
	br_pipe_rest(p);
	(void)curl_share_cleanup(p->share);
	if (p->wake >= 0)
		close(p->wake);
	free(p);
}

void
br_pipe_wary(struct br_pipe *p)
{
	p->wary = true;
}

bool
br_pipe_proxied(const struct br_pipe *p)
{
	return p->proxied;
}

unsigned
br_pipe_made(const struct br_pipe *p)
{
	return p->made;
}

/* ---- being woken --------------------------------------------------------- */

void
br_pipe_interrupt(struct br_pipe *p)
{
	const uint64_t one = 1;

	/* in this order: who is woken finds it */
	atomic_store(&p->interrupted, true);
	(void)!write(p->wake, &one, sizeof(one));
}

bool
br_pipe_interrupted(struct br_pipe *p)
{
	return atomic_load(&p->interrupted) &&
	    atomic_exchange(&p->interrupted, false);
}

void
br_pipe_heed(struct br_pipe *p, const struct br_heed *heed)
{
	p->heed = *heed;
}

/* Which of the two is readable; true: it ends the wait. The first may have been
 * meant for a wait that was over by then. */
static bool
is_woken(struct br_pipe *p, bool wake, bool heed)
{
	uint64_t n;

	if (wake)
		(void)!read(p->wake, &n, sizeof(n));
	return heed && p->heed.asks(p->heed.ctx);
}

/* ---- connecting ---------------------------------------------------------- */

/* Until it is over or interrupted. */
static enum cb_err
run(struct br_pipe *p, CURLcode *code)
{
	struct curl_waitfd also[] = {
		{ .fd = p->wake, .events = CURL_WAIT_POLLIN },
		{ .fd = p->heed.fd, .events = CURL_WAIT_POLLIN } };
	unsigned n = p->heed.fd >= 0 ? 2 : 1;
	struct CURLMsg *msg;
	int running = 1, left;

	while (running > 0) {
		if (br_pipe_interrupted(p))
			return CB_E_BUSY;
		if (curl_multi_perform(p->multi, &running) != CURLM_OK)
			return CB_E_INTERNAL;
		also[0].revents = also[1].revents = 0;
		if (running > 0 && curl_multi_poll(p->multi, also, n, STEP_MS,
			NULL) != CURLM_OK)
			return CB_E_INTERNAL;
		if (is_woken(p, also[0].revents != 0, also[1].revents != 0))
			return CB_E_BUSY;
	}
	if ((msg = curl_multi_info_read(p->multi, &left)) == NULL ||
	    msg->msg != CURLMSG_DONE)
		return CB_E_INTERNAL;
	*code = msg->data.result;
	return CB_OK;
}

/* libcurl's own text has the milliseconds: each try would be another
 * trouble. */
static enum cb_err
broken(CURLcode code, long error, struct cb_why *why)
{
	cb_why_set(why, BR_UNREACHED "%s%s%s",
	    curl_easy_strerror(code), error != 0 ? ": " : "",
	    error != 0 ? strerror((int)error) : "");
	return CB_E_PEER;
}

static enum cb_err
no_answer(struct cb_why *why, enum cb_err r)
{
	cb_why_set(why, "the backend does not answer: is it running, and the "
	    "way to it open?");
	return r;
}

static enum cb_err
connected(struct br_pipe *p, CURLcode code, bool *distrust,
    struct cb_why *why)
{
	long error = 0;

	switch (code) {
	case CURLE_OK:
		return CB_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return no_answer(why, CB_E_PEER);
	case CURLE_OUT_OF_MEMORY:
		return CB_E_NOMEM;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_ABORTED_BY_CALLBACK:
		*distrust = true;
		if (p->distrust.refused)
			cb_why_set(why, "%s", p->distrust.text);
		else
			cb_why_set(why, "the backend's certificate is not for "
			    "the name in the URL: use a name that it was made "
			    "with");
		return CB_E_PEER;
	default:
		(void)curl_easy_getinfo(p->easy, CURLINFO_OS_ERRNO, &error);
		return broken(code, error, why);
	}
}

static enum cb_err
set_where(struct br_pipe *p, const char *origin, unsigned connect_ms,
    uint64_t deadline)
{
	uint64_t now = br_now_ms();
	/* to libcurl 0 is no end */
	uint64_t left = now < deadline ? deadline - now : 1;
	long all_ms = deadline == BR_PIPE_NO_END ? 0 : (long)left;

	if ((size_t)snprintf(p->origin, sizeof(p->origin), "%s", origin) >=
	    sizeof(p->origin))
		return CB_E_LIMIT;
	if (curl_easy_setopt(p->easy, CURLOPT_URL, origin) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS,
		(long)connect_ms) != CURLE_OK ||
	    curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, all_ms) != CURLE_OK)
		return CB_E_INTERNAL;
	return CB_OK;
}

enum cb_err
br_pipe_open(struct br_pipe *p, const char *origin, unsigned connect_ms,
    uint64_t deadline, bool *distrust, struct cb_why *why)
{
	CURLcode code = CURLE_OK;
	curl_socket_t fd = CURL_SOCKET_BAD;
	long proxy = 0;
	enum cb_err r;

	*distrust = false;
	br_pipe_close(p);
	memset(&p->distrust, 0, sizeof(p->distrust));
	if ((r = have_handles(p)) != CB_OK ||
	    (r = set_where(p, origin, connect_ms, deadline)) != CB_OK)
		return r;
	if (curl_multi_add_handle(p->multi, p->easy) != CURLM_OK)
		return CB_E_INTERNAL;
	p->added = true;
	if ((r = run(p, &code)) == CB_OK)
		r = connected(p, code, distrust, why);
	/* a libcurl that does not call on_ready() has nothing checked */
	if (r == CB_OK && p->ssl == NULL)
		r = CB_E_INTERNAL;
	/* the other end is gone again, which libcurl finds when it is asked */
	if (r == CB_OK && (curl_easy_getinfo(p->easy, CURLINFO_ACTIVESOCKET,
			       &fd) != CURLE_OK || fd == CURL_SOCKET_BAD))
		r = broken(CURLE_RECV_ERROR, 0, why);
	if (r != CB_OK) {
		br_pipe_close(p);
		return r;
	}
	p->fd = fd;
	(void)curl_easy_getinfo(p->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	p->proxied = p->proxied || proxy > 0;
	return CB_OK;
}

bool
br_pipe_stands(const struct br_pipe *p, const char *origin)
{
	return p->fd >= 0 && strcmp(p->origin, origin) == 0;
}

/* ---- bytes --------------------------------------------------------------- */

/* Did the kernel give it up, after asking in vain? */
static bool
was_silent(int fd)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 &&
	    info.tcpi_state == TCP_CLOSE &&
	    (info.tcpi_probes > 0 || info.tcpi_retransmits > 0);
}

static enum cb_err
ended(struct br_pipe *p, CURLcode code, struct cb_why *why)
{
	if (!was_silent(p->fd))
		return broken(code, 0, why);
	cb_why_set(why, "the backend has fallen silent: is the way to it "
	    "open?");
	return CB_E_TIMEOUT;
}

/* Until one of the poll(2) events; fd -1: of none. */
static enum cb_err
wait_for(struct br_pipe *p, int fd, short events, uint64_t deadline,
    struct cb_why *why)
{
	struct pollfd fds[] = { { .fd = fd, .events = events },
		{ .fd = p->wake, .events = POLLIN },
		{ .fd = p->heed.fd, .events = POLLIN } };
	uint64_t now;
	int ms = -1;

	for (;;) {
		if (br_pipe_interrupted(p))
			return CB_E_BUSY;
		if (deadline != BR_PIPE_NO_END) {
			if ((now = br_now_ms()) >= deadline)
				return no_answer(why, CB_E_TIMEOUT);
			ms = deadline - now < STEP_MS
			    ? (int)(deadline - now) : STEP_MS;
		}
		if (poll(fds, 3, ms) < 0) {
			if (errno != EINTR)
				return CB_E_INTERNAL;
			continue;
		}
		if (is_woken(p, fds[1].revents != 0, fds[2].revents != 0))
			return CB_E_BUSY;
		if (fds[0].revents != 0)
			return CB_OK;
	}
}

enum cb_err
br_pipe_pause(struct br_pipe *p, uint64_t deadline)
{
	enum cb_err r = wait_for(p, -1, 0, deadline, NULL);

	return r == CB_E_TIMEOUT ? CB_OK : r;
}

bool
br_pipe_rests(struct br_pipe *p)
{
	uint8_t byte;
	size_t n;

	return p->fd >= 0 &&
	    curl_easy_recv(p->easy, &byte, sizeof(byte), &n) == CURLE_AGAIN;
}

enum cb_err
br_pipe_send(struct br_pipe *p, struct cb_span bytes, uint64_t deadline,
    struct cb_why *why)
{
	bool waited = false;
	CURLcode code;
	size_t n;
	enum cb_err r;

	while (bytes.n > 0) {
		n = 0;
		code = curl_easy_send(p->easy, bytes.p, bytes.n, &n);
		if (code == CURLE_OK) {
			bytes = cb_span_tail(bytes, n);
			continue;
		}
		/* if it died of silence, that was before we said anything */
		if (code != CURLE_AGAIN)
			return waited ? ended(p, code, why)
			    : broken(code, 0, why);
		if ((r = wait_for(p, p->fd, POLLOUT, deadline, why)) != CB_OK)
			return r;
		waited = true;
	}
	return CB_OK;
}

/* A record of TLS is decrypted whole, and BR_PIPE_READ holds what it says:
 * nothing that has come stays behind where poll(2) does not see it. */
enum cb_err
br_pipe_recv(struct br_pipe *p, uint8_t out[BR_PIPE_READ], size_t *n,
    uint64_t deadline, struct cb_why *why)
{
	CURLcode code;
	enum cb_err r;

	do {
		*n = 0;
		if ((r = wait_for(p, p->fd, POLLIN, deadline, why)) != CB_OK)
			return r;
		code = curl_easy_recv(p->easy, out, BR_PIPE_READ, n);
	} while (code == CURLE_AGAIN);
	if (code == CURLE_OK && *n == 0 && !br_tls_is_over(p->ssl))
		code = CURLE_RECV_ERROR;
	return code == CURLE_OK ? CB_OK : ended(p, code, why);
}
