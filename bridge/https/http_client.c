/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See http_client.h. An easy handle in a multi handle, since only that one can
 * be woken by another thread; both go when the connection is to be closed, and
 * the share that keeps TLS sessions stays.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "bridge/https/http_client.h"
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

struct br_http {
	const struct br_trust *trust;
	CURLSH *share;
	CURLM *multi;
	CURL *easy;
	struct br_distrust distrust;
	const struct br_http_ask *ask;	/* what is running */
	struct br_http_answer *answer;	/* and what comes of it */
	size_t most;
	bool too_long;
	unsigned connections;
	atomic_ullong sent, received;	/* bytes */
	bool wary, proxied;
	bool asked;			/* what is running has been sent */
	bool silent;			/* and its connection died of silence */
	pthread_mutex_t lock;		/* multi, for who interrupts */
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

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct br_http *h = ctx;

	if (h->answer->body.n + size * n > h->most ||
	    cb_buf_add(&h->answer->body, cb_span(p, size * n)) != CB_OK) {
		h->too_long = true;
		return 0;
	}
	return size * n;
}

static CURLcode
on_tls(CURL *easy, void *ctx, void *p)
{
	struct br_http *h = p;

	(void)easy;
	h->connections++;
	return br_tls_set(ctx, h->trust, &h->distrust) == CB_OK
	    ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

static int
on_request(void *ctx, char *far_address, char *near_address, int far_port,
    int near_port)
{
	struct br_http *h = ctx;
	struct curl_tlssessioninfo *tls = NULL;

	(void)far_address;
	(void)near_address;
	(void)far_port;
	(void)near_port;
	h->asked = true;
	if (h->ask->sending != NULL)
		h->ask->sending(h->ask->ctx);
	if (curl_easy_getinfo(h->easy, CURLINFO_TLS_SSL_PTR, &tls) ==
		CURLE_OK && tls != NULL && tls->internals != NULL &&
	    br_tls_check(tls->internals, &h->distrust))
		return CURL_PREREQFUNC_OK;
	return CURL_PREREQFUNC_ABORT;
}

/* Did the kernel give it up, after asking in vain? */
static bool
was_silent(curl_socket_t fd)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 &&
	    info.tcpi_state == TCP_CLOSE &&
	    (info.tcpi_probes > 0 || info.tcpi_retransmits > 0);
}

static int
on_close(void *ctx, curl_socket_t fd)
{
	struct br_http *h = ctx;

	h->silent = h->silent || (h->asked && was_silent(fd));
	return close(fd);
}

static int
on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct br_http *h = ctx;
	const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE,
		    h->wary ? KEEP_ALIVE_WARY_S : KEEP_ALIVE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEP_ALIVE_AGAIN_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEP_ALIVE_TRIES },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, UNHEARD_MS },
	};

	(void)purpose;
	/* libcurl would try again by itself, and nobody be told of it */
	if (h->silent)
		return CURL_SOCKOPT_ERROR;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name,
		    &options[i].value, sizeof(options[i].value));
	return CURL_SOCKOPT_OK;
}

/* ---- making and ending --------------------------------------------------- */

/* CURLcodes are small and not negative: any that is not CURLE_OK stays seen. */
static enum cb_err
set_always(struct br_http *h)
{
	bool system = h->trust->in == BR_TRUST_SYSTEM;
	bool check = h->trust->in != BR_TRUST_ANYBODY;
	CURL *e = h->easy;
	unsigned bad = 0;

#define SET(option, value) bad |= (unsigned)curl_easy_setopt(e, option, value)
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSLVERSION, h->trust->tls12
		? (long)CURL_SSLVERSION_TLSv1_2 : (long)CURL_SSLVERSION_TLSv1_3);
	SET(CURLOPT_SSL_VERIFYPEER, check ? 1L : 0L);
	SET(CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
	SET(CURLOPT_SHARE, h->share);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, h);
	SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
	SET(CURLOPT_SOCKOPTDATA, h);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_CLOSESOCKETDATA, h);
	SET(CURLOPT_PREREQFUNCTION, on_request);
	SET(CURLOPT_PREREQDATA, h);
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
have_handles(struct br_http *h)
{
	CURLM *multi;

	if (h->multi == NULL) {
		if ((multi = curl_multi_init()) == NULL)
			return CB_E_NOMEM;
		pthread_mutex_lock(&h->lock);
		h->multi = multi;
		pthread_mutex_unlock(&h->lock);
	}
	if (h->easy != NULL)
		return CB_OK;
	if ((h->easy = curl_easy_init()) == NULL)
		return CB_E_NOMEM;
	if (set_always(h) == CB_OK)
		return CB_OK;
	/* half of what it must not do without would be forgotten */
	curl_easy_cleanup(h->easy);
	h->easy = NULL;
	return CB_E_INTERNAL;
}

enum cb_err
br_http_new(struct br_http **out, const struct br_trust *trust)
{
	struct br_http *h;

	*out = NULL;
	if (pthread_once(&once, start) != 0 || !started)
		return CB_E_INTERNAL;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return CB_E_NOMEM;
	h->trust = trust;
	pthread_mutex_init(&h->lock, NULL);
	atomic_init(&h->interrupted, false);
	atomic_init(&h->sent, 0);
	atomic_init(&h->received, 0);
	if ((h->share = curl_share_init()) == NULL ||
	    curl_share_setopt(h->share, CURLSHOPT_SHARE,
		CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK) {
		br_http_free(&h);
		return CB_E_NOMEM;
	}
	*out = h;
	return CB_OK;
}

void
br_http_hang_up(struct br_http *h)
{
	CURLM *multi;

	pthread_mutex_lock(&h->lock);
	multi = h->multi;
	h->multi = NULL;
	pthread_mutex_unlock(&h->lock);
	curl_easy_cleanup(h->easy);
	h->easy = NULL;
	(void)curl_multi_cleanup(multi);
}

void
br_http_free(struct br_http **client)
{
	struct br_http *h = *client;

	if (h == NULL)
		return;
	*client = NULL;
	br_http_hang_up(h);
	(void)curl_share_cleanup(h->share);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void
br_http_wary(struct br_http *h)
{
	h->wary = true;
}

void
br_http_bytes(const struct br_http *h, uint64_t *sent, uint64_t *received)
{
	*sent = atomic_load(&h->sent);
	*received = atomic_load(&h->received);
}

bool
br_http_proxied(const struct br_http *h)
{
	return h->proxied;
}

unsigned
br_http_connections(const struct br_http *h)
{
	return h->connections;
}

void
br_http_interrupt(struct br_http *h)
{
	atomic_store(&h->interrupted, true);
	pthread_mutex_lock(&h->lock);
	if (h->multi != NULL)
		(void)curl_multi_wakeup(h->multi);
	pthread_mutex_unlock(&h->lock);
}

void
br_http_resume(struct br_http *h)
{
	atomic_store(&h->interrupted, false);
}

/* ---- a request ----------------------------------------------------------- */

static enum cb_err
put_headers(struct curl_slist **list, const struct br_http_ask *ask)
{
	static const char *const always[] = {
		"Content-Type: application/octet-stream", "Expect:",
		"Accept:",
	};
	struct curl_slist *more;
	char device[128];

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if ((more = curl_slist_append(*list, always[i])) == NULL)
			return CB_E_NOMEM;
		*list = more;
	}
	if (ask->device == NULL)
		return CB_OK;
	(void)snprintf(device, sizeof(device), "Cardbridge-Device: %s",
	    ask->device);
	if ((more = curl_slist_append(*list, device)) == NULL)
		return CB_E_NOMEM;
	*list = more;
	return CB_OK;
}

static enum cb_err
set_ask(struct br_http *h, const struct br_http_ask *ask,
    struct curl_slist *headers)
{
	CURL *e = h->easy;
	char url[1024];
	unsigned bad = 0;

	if ((size_t)snprintf(url, sizeof(url), "%s%s", ask->origin,
		ask->path) >= sizeof(url))
		return CB_E_LIMIT;
#define SET(option, value) bad |= (unsigned)curl_easy_setopt(e, option, value)
	SET(CURLOPT_URL, url);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)ask->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)ask->all_ms);
	if (ask->post) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE, (long)ask->body.n);
		SET(CURLOPT_POSTFIELDS,
		    ask->body.n > 0 ? (const char *)ask->body.p : "");
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
#undef SET
	return bad == 0 ? CB_OK : CB_E_INTERNAL;
}

/* Until it is over or interrupted. */
static enum cb_err
run(struct br_http *h, CURLcode *code)
{
	struct CURLMsg *msg;
	int running = 1, left;

	while (running > 0) {
		if (atomic_exchange(&h->interrupted, false))
			return CB_E_BUSY;
		if (curl_multi_perform(h->multi, &running) != CURLM_OK)
			return CB_E_INTERNAL;
		if (running > 0 && curl_multi_poll(h->multi, NULL, 0, 60000,
			NULL) != CURLM_OK)
			return CB_E_INTERNAL;
	}
	if ((msg = curl_multi_info_read(h->multi, &left)) == NULL ||
	    msg->msg != CURLMSG_DONE)
		return CB_E_INTERNAL;
	*code = msg->data.result;
	return CB_OK;
}

/* The one place that translates libcurl's codes. */
static enum cb_err
translate(struct br_http *h, CURLcode code, bool *distrust,
    struct cb_why *why)
{
	curl_off_t reached = 0;
	long error = 0;

	if (code != CURLE_OK && h->silent) {
		cb_why_set(why, "the backend has fallen silent");
		return CB_E_TIMEOUT;
	}
	switch (code) {
	case CURLE_OK:
		return CB_OK;
	case CURLE_OPERATION_TIMEDOUT:
		cb_why_set(why, "the backend does not answer");
		(void)curl_easy_getinfo(
		    h->easy, CURLINFO_PRETRANSFER_TIME_T, &reached);
		return reached > 0 ? CB_E_TIMEOUT : CB_E_PEER;
	case CURLE_OUT_OF_MEMORY:
		return CB_E_NOMEM;
	case CURLE_WRITE_ERROR:
		cb_why_set(why, "the backend's answer is too long");
		return h->too_long ? CB_E_LIMIT : CB_E_PEER;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_ABORTED_BY_CALLBACK:
		*distrust = true;
		if (h->distrust.refused)
			cb_why_set(why, "%s", h->distrust.text);
		else
			cb_why_set(why, "the backend's certificate is not for "
			    "the name in the URL");
		return CB_E_PEER;
	default:
		/* libcurl's own text has the milliseconds: each try would be
		 * another trouble */
		(void)curl_easy_getinfo(h->easy, CURLINFO_OS_ERRNO, &error);
		cb_why_set(why, "the backend cannot be reached: %s%s%s",
		    curl_easy_strerror(code), error != 0 ? ": " : "",
		    error != 0 ? strerror((int)error) : "");
		return CB_E_PEER;
	}
}

static void
count_bytes(struct br_http *h)
{
	long out = 0, in = 0;
	curl_off_t up = 0, down = 0;

	(void)curl_easy_getinfo(h->easy, CURLINFO_REQUEST_SIZE, &out);
	(void)curl_easy_getinfo(h->easy, CURLINFO_HEADER_SIZE, &in);
	(void)curl_easy_getinfo(h->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	(void)curl_easy_getinfo(h->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	atomic_fetch_add(&h->sent, (unsigned long long)out +
	    (unsigned long long)up);
	atomic_fetch_add(&h->received, (unsigned long long)in +
	    (unsigned long long)down);
}

static void
take_head(struct br_http *h, struct br_http_answer *answer)
{
	curl_off_t after = 0;
	long status = 0, proxy = 0;

	(void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &after);
	/* only of a request that made its connection */
	(void)curl_easy_getinfo(h->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	h->proxied = h->proxied || proxy > 0;
	answer->status = status > 0 && status < 1000 ? (unsigned)status : 0;
	answer->retry_after_s = after > 0 && after < 86400
	    ? (unsigned)after : 0;
}

enum cb_err
br_http_do(struct br_http *h, const struct br_http_ask *ask,
    struct br_http_answer *answer, bool *distrust, struct cb_why *why)
{
	struct curl_slist *headers = NULL;
	CURLcode code = CURLE_OK;
	enum cb_err r;

	cb_buf_clear(&answer->body);
	answer->body.max = ask->most;
	answer->status = answer->retry_after_s = 0;
	answer->sent = false;
	*distrust = false;
	h->ask = ask;
	h->answer = answer;
	h->most = ask->most;
	h->too_long = h->asked = h->silent = false;
	memset(&h->distrust, 0, sizeof(h->distrust));
	if ((r = have_handles(h)) != CB_OK ||
	    (r = put_headers(&headers, ask)) != CB_OK ||
	    (r = set_ask(h, ask, headers)) != CB_OK)
		goto out;
	if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK) {
		r = CB_E_INTERNAL;
		goto out;
	}
	if ((r = run(h, &code)) == CB_OK)
		r = translate(h, code, distrust, why);
	if (r == CB_OK)
		take_head(h, answer);
	count_bytes(h);
	answer->sent = h->asked;
	(void)curl_multi_remove_handle(h->multi, h->easy);
out:
	/* the body is the caller's, and the list is ours */
	if (h->easy != NULL) {
		(void)curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, NULL);
		(void)curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, NULL);
	}
	curl_slist_free_all(headers);
	h->ask = NULL;
	h->answer = NULL;
	return r;
}
