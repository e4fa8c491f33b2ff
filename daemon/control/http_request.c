// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "control/http_request.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct word {
	const char *at;
	size_t len;
};

static const struct {
	unsigned int status;
	const char *title;
	const char *sentence;
	const char *header;
} refusals[] = {
	{ 400, "Bad Request", "this is no HTTP request", "" },
	{ 404, "Not Found", "there is only " HTTP_PAGE " here", "" },
	{ 405, "Method Not Allowed", "use GET or HEAD",
	  "Allow: GET, HEAD\r\n" },
	{ 408, "Request Timeout", "the request took too long", "" },
	{ 431, "Request Header Fields Too Large", "the request is too long",
	  "" },
	{ 503, "Service Unavailable", "dnatd is short of memory; ask again later",
	  "Retry-After: 10\r\n" },
	{ 505, "HTTP Version Not Supported", "use HTTP/1.1 or HTTP/1.0", "" },
};

static struct http_request refused(unsigned int status, bool head)
{
	return (struct http_request){ HTTP_REFUSED, head, status };
}

static bool is(const struct word *word, const char *text)
{
	return word->len == strlen(text) && !memcmp(word->at, text, word->len);
}

/* Return: the line feed that ends the line at @at, NULL if there is none */
static const char *line_end(const char *at, const char *end)
{
	return at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
}

/* Has the blank line that ends the headers arrived? */
static bool headers_end(const char *at, const char *end)
{
	const char *feed;

	while ((feed = line_end(at, end))) {
		if (feed == at || (feed == at + 1 && *at == '\r'))
			return true;
		at = feed + 1;
	}
	return false;
}

/* The next word of a line; words are separated by exactly one blank. */
static struct word next_word(const char **at, const char *end)
{
	const char *blank = memchr(*at, ' ', (size_t)(end - *at));
	struct word word = { *at, (size_t)((blank ? blank : end) - *at) };

	*at = blank ? blank + 1 : end;
	return word;
}

static bool printable(const struct word *word)
{
	for (size_t i = 0; i < word->len; i++)
		if (word->at[i] <= ' ' || word->at[i] > '~')
			return false;
	return word->len;
}

/* Proxies send "http://HOST/metrics"; HOST is ignored (RFC 9112, 3.2.2). */
static void strip_origin(struct word *target)
{
	static const char scheme[] = "http://";
	size_t len = sizeof(scheme) - 1;
	const char *path;

	if (target->len <= len || strncasecmp(target->at, scheme, len))
		return;
	path = memchr(target->at + len, '/', target->len - len);
	if (!path || path == target->at + len)
		return;
	target->len -= (size_t)(path - target->at);
	target->at = path;
}

static struct http_request judge(const char *line, const char *end)
{
	struct word method = next_word(&line, end);
	struct word target = next_word(&line, end);
	struct word version = next_word(&line, end);
	bool head = is(&method, "HEAD");
	const char *query;

	if (version.at + version.len != end || !printable(&method) || !printable(&target) ||
	    !printable(&version) || version.len != strlen("HTTP/1.1") ||
	    memcmp(version.at, "HTTP/", strlen("HTTP/")))
		return refused(400, head);
	if (!is(&version, "HTTP/1.1") && !is(&version, "HTTP/1.0"))
		return refused(505, head);

	strip_origin(&target);
	query = memchr(target.at, '?', target.len);
	if (query)
		target.len = (size_t)(query - target.at);
	if (!is(&target, HTTP_PAGE))
		return refused(404, head);
	if (!head && !is(&method, "GET"))
		return refused(405, false);
	return (struct http_request){ HTTP_WANTED, head, 0 };
}

struct http_request http_request_parse(const char *data, size_t len)
{
	const char *end = data + (len < HTTP_REQUEST_MAX ? len :
							   HTTP_REQUEST_MAX);
	const char *feed = line_end(data, end);

	if (!feed || !headers_end(feed + 1, end))
		return len < HTTP_REQUEST_MAX ?
			(struct http_request){ HTTP_INCOMPLETE, false, 0 } :
			refused(431, false);
	if (feed > data && feed[-1] == '\r')
		feed--;
	return judge(data, feed);
}

size_t http_refusal(unsigned int status, bool head, char *buf)
{
	size_t n = sizeof(refusals) / sizeof(refusals[0]);
	size_t i = 0;

	while (i < n - 1 && refusals[i].status != status)
		i++;
	return (size_t)snprintf(buf, HTTP_HEAD_MAX,
				"HTTP/1.1 %u %s\r\n"
				"Content-Type: text/plain; charset=utf-8\r\n"
				"Content-Length: %zu\r\n"
				"Connection: close\r\n"
				"%s\r\n"
				"%s%s",
				refusals[i].status, refusals[i].title,
				strlen(refusals[i].sentence) + 1,
				refusals[i].header,
				head ? "" : refusals[i].sentence,
				head ? "" : "\n");
}

size_t http_head(size_t bytes, char *buf)
{
	return (size_t)snprintf(buf, HTTP_HEAD_MAX,
				"HTTP/1.1 200 OK\r\n"
				"Content-Type: " CONTENT_TYPE "\r\n"
				"Content-Length: %zu\r\n"
				"Connection: close\r\n"
				"\r\n",
				bytes);
}
