// SPDX-License-Identifier: GPL-2.0-only
/*
 * What backends answer to checks.  The first byte chooses: 'd' is a name
 * server's answer, told as what it differs in from the question: a blank is
 * the same byte.  Else the rest is a web server's, and the byte one of the
 * bodies that are expected.
 *
 * As a libFuzzer target by clang -fsanitize=fuzzer; with -DFUZZ_STANDALONE it
 * runs the corpus below and the files it is given.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check/probe.h"
#include "check/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const patterns[] = {
	NULL, "ok", "^(?:a|b)*$", "(a+)+$", "\\bready\\b|(.)\\1{3}", "(?s).*x",
};

/* A verdict is bad with a reason, of one line that can be printed. */
static void check_verdict(enum verdict verdict, const char *fault)
{
	size_t len = strnlen(fault, FAULT_LEN);

	if (len == FAULT_LEN || (verdict == REPLY_BAD && !len))
		abort();
	for (size_t i = 0; i < len; i++)
		if (!isprint((unsigned char)fault[i]))
			abort();
}

/* Of exactly that size, so that a byte too far is seen. */
static enum verdict http(struct response_http *reply, char **text, size_t len,
			 const uint8_t *more, size_t n, bool end)
{
	char *grown = malloc(len + n ? len + n : 1);
	char fault[FAULT_LEN] = "";
	enum verdict verdict;

	if (!grown)
		abort();
	if (len)
		memcpy(grown, *text, len);
	memcpy(grown + len, more, n);
	free(*text);
	*text = grown;
	verdict = response_http(reply, grown, len + n, end, fault);
	check_verdict(verdict, fault);
	if (end && verdict == REPLY_MORE)
		abort();
	return verdict;
}

/* In pieces of @step bytes; what comes of it. */
static enum verdict try_pieces(const struct response_body *body,
			       const uint8_t *data, size_t size, size_t step)
{
	static const struct check check = { .statuses = { { 200, 399 } } };
	struct response_http reply = { .check = &check, .body = body };
	enum verdict verdict = REPLY_MORE;
	char *text = NULL;
	size_t len = 0;

	do {
		size_t n = size - len < step ? size - len : step;

		verdict = http(&reply, &text, len, data + len, n,
			       len + n == size);
		len += n;
	} while (verdict == REPLY_MORE);
	free(text);
	return verdict;
}

/* However it comes, the verdict is the same; a chance to match early may pass. */
static void try_http(const char *pattern, const uint8_t *data, size_t size)
{
	struct response_body *body =
		pattern ? response_body_new(pattern) : NULL;
	enum verdict all;

	if (size > REPLY_HTTP_MAX)
		size = REPLY_HTTP_MAX;
	all = try_pieces(body, data, size, size + 1);
	for (size_t step = 1; step <= 64; step *= 8) {
		enum verdict pieces = try_pieces(body, data, size, step);

		if (pieces != all && (size / step < 16 || !body))
			abort();
	}
	response_body_free(body);
}

static void try_dns(const uint8_t *data, size_t size)
{
	uint8_t query[REPLY_DNS_MAX];
	size_t len = dns_query("www.example.org", 0x1234, false, query);
	char fault[FAULT_LEN] = "";
	uint8_t *reply;

	if (size > REPLY_DNS_MAX)
		size = REPLY_DNS_MAX;
	reply = malloc(size ? size : 1);
	if (!reply)
		abort();
	for (size_t i = 0; i < size; i++)
		reply[i] = data[i] ^ ' ' ^ (i < len ? query[i] : 0);
	check_verdict(response_dns(query, len, reply, size, fault), fault);
	free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] == 'd')
		try_dns(data + 1, size - 1);
	else
		try_http(patterns[data[0] % (sizeof(patterns) /
					     sizeof(patterns[0]))],
			 data + 1, size - 1);
	return 0;
}

#ifdef FUZZ_STANDALONE
/* '0' expects nothing of the body, and then they come in their order. */
static const char *const corpus[] = {
	"0", "0HTTP/1.1", "0HTTP/1.1 200", "0HTTP/1.1 200 OK\r\n\r\n",
	"0HTTP/1.0 503 no\r\n\r\n", "0HTTP/1.1 2x0 \r\n", "0HTTP/2 200\r\n",
	"1HTTP/1.1 200 OK\r\nA: ok\r\n\r\nno", "1HTTP/1.1 200 OK\n\nok",
	"1HTTP/1.1 200 OK\n\r", "2HTTP/1.1 200 OK\n\nabababababab",
	"3HTTP/1.1 200 OK\n\naaaaaaaaaaaaaaaaaaaaaaaaaab",
	"4HTTP/1.1 200 OK\n\nnot ready", "4HTTP/1.1 200 OK\n\naabbbbb",
	"1HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	"1HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
	"1HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
	"1HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	"1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n",
	"1HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nokk\n",
	"1HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nffffffffffffffff1\nok",
	"5HTTP/1.1 302 Found\r\nLocation: /\r\n\r\nmatrix",
	"d", "d  ", "d           ", "d  \xa0         ",
	"d  \xa0\x25        ", "d  \xa0\x2f                             ",
	"d  \xa0                              ",
	"d  \xa0          WWW                              answer",
};

#include "standalone.h"
#endif
