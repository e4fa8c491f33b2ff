// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes to the port for metrics: requests, whole and in pieces.
 *
 * As a libFuzzer target by clang -fsanitize=fuzzer; with -DFUZZ_STANDALONE it
 * runs the corpus below and the files it is given.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal has a head, a length that is right, and nothing of the request's. */
static void check_refusal(const struct http_request *request)
{
	char buf[HTTP_HEAD_MAX];
	size_t len = http_refusal(request->status, request->head, buf);
	const char *body, *length;
	char status[32];

	snprintf(status, sizeof(status), "HTTP/1.1 %u ", request->status);
	if (len >= sizeof(buf) || strlen(buf) != len ||
	    strncmp(buf, status, strlen(status)))
		abort();
	body = strstr(buf, "\r\n\r\n");
	length = strstr(buf, "Content-Length: ");
	if (!body || !length ||
	    (!request->head &&
	     strlen(body + 4) != (size_t)atoi(length + 16)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_request whole, begin = { 0 };
	size_t len;
	char *text;

	/* As it comes: the verdict is the first that is one. */
	for (len = 0; len <= size && len <= HTTP_REQUEST_MAX; len++) {
		text = malloc(len ? len : 1);
		if (!text)
			abort();
		memcpy(text, data, len);
		begin = http_request_parse(text, len);
		free(text);
		if (begin.asked != HTTP_INCOMPLETE)
			break;
	}
	whole = http_request_parse((const char *)data, size);
	if (whole.asked != begin.asked || whole.head != begin.head ||
	    whole.status != begin.status)
		abort();
	if (whole.asked == HTTP_REFUSED)
		check_refusal(&whole);
	return 0;
}

#ifdef FUZZ_STANDALONE
static const char *const corpus[] = {
	"", "\n", "\r\n", "\r\n\r\n", "GET", "GET /metrics HTTP/1.1\r\n",
	"GET /metrics HTTP/1.1\r\n\r\n", "HEAD /metrics?a=b HTTP/1.0\n\n",
	"HEAD / HTTP/1.1\r\n\r\n", "POST /metrics HTTP/1.1\r\nA: b\r\n\r\nbody",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /metrics HTTP/1.1\r\n\rx\r\n\r\n",
	"GET \x01 HTTP/1.1\r\n\r\n", "  HTTP/1.1\n\n", "HEAD  HTTP/9.9\n\n",
	"\x16\x03\x01\x02", "GET /metrics HTTP/1.1 x\n\n",
};

#include "standalone.h"
#endif
