// SPDX-License-Identifier: GPL-2.0-only
/* Checks tcp, http and https: connect, and send a request to a web server. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "check/probe.h"
#include "check/response.h"

struct stream {
	struct probe probe;
	struct bufferevent *bev;
	const struct target *target;
	struct response_http reply;
};

/*
 * Close with a reset (SO_LINGER with time 0): otherwise thousands of checks a
 * second leave as many connections in TIME_WAIT.  No data is lost, as the other
 * end needs nothing more.
 */
static void stream_free(struct probe *probe)
{
	static const struct linger at_once = { .l_onoff = 1 };
	struct stream *stream = (struct stream *)probe;
	int fd = bufferevent_getfd(stream->bev);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
			   sizeof(at_once));
	bufferevent_free(stream->bev);
	free(stream);
}

static void stream_judge(struct stream *stream, bool end)
{
	struct evbuffer *in = bufferevent_get_input(stream->bev);
	size_t len = evbuffer_get_length(in);
	char fault[FAULT_LEN];
	char *text;

	if (len > REPLY_HTTP_MAX)
		len = REPLY_HTTP_MAX;
	if (!len) {
		if (end)
			probe_end(&stream->probe,
				  "the connection was closed without an answer");
		return;
	}
	text = (char *)evbuffer_pullup(in, (ev_ssize_t)len);
	if (!text) {
		probe_failed(&stream->probe, ENOMEM, "dnatd is out of memory");
		return;
	}
	stream->probe.late = "no end of the answer";
	switch (response_http(&stream->reply, text, len, end, fault)) {
	case REPLY_MORE:
		break;
	case REPLY_GOOD:
		probe_end(&stream->probe, NULL);
		break;
	case REPLY_BAD:
		probe_end(&stream->probe, fault);
		break;
	}
}

/* The Host header (RFC 9112, 3.2), without a default port. */
static void host_text(const struct target *target, char *text, size_t len)
{
	const struct check *check = target->check;
	bool v6 = target->addr.family == AF_INET6;
	char addr[INET6_ADDRSTRLEN], port[sizeof(":65535")] = "";

	if (check->host[0]) {
		snprintf(text, len, "%s", check->host);
		return;
	}
	if (target->port != (check->type == CHECK_HTTPS ? 443 : 80))
		snprintf(port, sizeof(port), ":%u", target->port);
	snprintf(text, len, "%s%s%s%s", v6 ? "[" : "",
		 addr_text(&target->addr, addr, sizeof(addr)), v6 ? "]" : "",
		 port);
}

static void stream_ask(struct stream *stream)
{
	char host[CHECK_TEXT_LEN + 1];

	host_text(stream->target, host, sizeof(host));
	evbuffer_add_printf(bufferevent_get_output(stream->bev),
			    "GET %s HTTP/1.1\r\nHost: %s\r\n"
			    "User-Agent: dnatd\r\nAccept: */*\r\n"
			    "Connection: close\r\n\r\n",
			    stream->target->check->path, host);
	bufferevent_enable(stream->bev, EV_READ | EV_WRITE);
}

static void stream_read(struct bufferevent *bev, void *stream)
{
	(void)bev;
	loop_does("a check");
	stream_judge(stream, false);
}

/* Write OpenSSL's reason for @error to @fault. */
static void tls_fault(unsigned long error, char *fault)
{
	const char *reason = ERR_reason_error_string(error);
	int code = ERR_GET_REASON(error);

	snprintf(fault, FAULT_LEN, "TLS failed%s%s%s", reason ? ": " : "",
		 reason ? reason : "",
		 code == SSL_R_UNSUPPORTED_PROTOCOL ||
				 code == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ?
			 " (TLS 1.2 or 1.3 is needed)" : "");
}

/* Report an error of TLS, or @error if only the TCP connection failed. */
static void stream_failed(struct stream *stream, int error)
{
	unsigned long tls = bufferevent_get_openssl_error(stream->bev);
	char fault[FAULT_LEN];

	if (tls && (tls != SSL_ERROR_SYSCALL || !error)) {
		tls_fault(tls, fault);
		probe_end(&stream->probe, fault);
	} else {
		probe_failed(&stream->probe, error, strerror(error));
	}
}

static void stream_event(struct bufferevent *bev, short what, void *data)
{
	struct stream *stream = data;
	int error = EVUTIL_SOCKET_ERROR();

	loop_does("a check");
	if (what & BEV_EVENT_CONNECTED) {
		/* Many servers close the connection without a TLS alert. */
		if (stream->target->check->type == CHECK_HTTPS)
			bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
		if (stream->target->check->type == CHECK_TCP)
			probe_end(&stream->probe, NULL);
		else
			stream_ask(stream);
	} else if (what & BEV_EVENT_EOF) {
		stream_judge(stream, true);
	} else if (what & BEV_EVENT_ERROR) {
		stream_failed(stream, error);
	}
}

static struct bufferevent *bev_new(struct probes *probes,
				   const struct target *target)
{
	const struct check *check = target->check;
	char name[CHECK_TEXT_LEN + 1];
	struct bufferevent *bev;
	SSL *ssl;

	if (check->type != CHECK_HTTPS)
		return bufferevent_socket_new(probes->base, -1,
					      BEV_OPT_CLOSE_ON_FREE |
						     BEV_OPT_DEFER_CALLBACKS);
	ssl = SSL_new(probes->tls);
	if (!ssl)
		return NULL;
	if (check_tls_name(check, name))
		SSL_set_tlsext_host_name(ssl, name);
	bev = bufferevent_openssl_socket_new(probes->base, -1, ssl,
					     BUFFEREVENT_SSL_CONNECTING,
					     BEV_OPT_CLOSE_ON_FREE |
						     BEV_OPT_DEFER_CALLBACKS);
	if (!bev) {
		SSL_free(ssl);
		return NULL;
	}
	return bev;
}

struct probe *probe_stream(struct probes *probes, const struct target *target,
			   char *fault)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct sockaddr_storage to;
	socklen_t len = target_sockaddr(target, &to);
	int error, fd;

	if (stream)
		stream->bev = bev_new(probes, target);
	if (!stream || !stream->bev) {
		snprintf(fault, FAULT_LEN, "dnatd is out of memory");
		free(stream);
		errno = ENOMEM;
		return NULL;
	}
	stream->probe.free = stream_free;
	stream->target = target;
	stream->reply.check = target->check;
	stream->reply.body = target->body;
	bufferevent_setwatermark(stream->bev, EV_READ, 0, REPLY_HTTP_MAX);
	bufferevent_setcb(stream->bev, stream_read, NULL, stream_event, stream);
	fd = target_socket(target, SOCK_STREAM);
	if (fd >= 0 && !bufferevent_setfd(stream->bev, fd) &&
	    !bufferevent_socket_connect(stream->bev, (struct sockaddr *)&to,
					(int)len))
		return &stream->probe;
	error = errno;
	snprintf(fault, FAULT_LEN, "%s", strerror(error));
	stream_free(&stream->probe);
	errno = error;
	return NULL;
}
