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

#include "probe.h"
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that a verdict depends on, but for a body, is in so many bytes. */
#define HTTP_STATUS_LEN 16

static const char *const patterns[] = {
	NULL, "ok", "^(?:a|b)*$", "(a+)+$", "\\bready\\b|(.)\\1{3}", "(?s).*x",
};

/* A verdict is bad with a reason, of one line that can be printed. */
static void check_verdict(enum verdict verdict, const char *fault)
{
	size_t len = strnlen(fault, FAULT_LEN);

	if (len == FAULT_LEN || (verdict == REPLY_BAD) != (len > 0))
		abort();
	for (size_t i = 0; i < len; i++)
		if (!isprint((unsigned char)fault[i]))
			abort();
}

/* Of exactly that size, so that a byte too far is seen. */
static enum verdict http(const struct reply_body *body, const uint8_t *data,
			 size_t len, bool end)
{
	const struct check check = { .status_min = 200, .status_max = 399 };
	char fault[FAULT_LEN] = "";
	char *text = malloc(len ? len : 1);
	enum verdict verdict;

	if (!text)
		abort();
	memcpy(text, data, len);
	verdict = reply_http(&check, body, text, len, end, fault);
	free(text);
	check_verdict(verdict, fault);
	if (end && verdict == REPLY_MORE)
		abort();
	return verdict;
}

static void try_http(const char *pattern, const uint8_t *data, size_t size)
{
	struct reply_body *body = pattern ? reply_body_new(pattern) : NULL;
	enum verdict all = http(body, data, size, true), begin;

	/* As it comes: a verdict is not taken back. */
	for (size_t len = 0; len <= size && len <= HTTP_STATUS_LEN; len++) {
		begin = http(body, data, len, false);
		if (begin != REPLY_MORE && begin != all)
			abort();
	}
	reply_body_free(body);
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
	check_verdict(reply_dns(query, len, reply, size, fault), fault);
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
	"5HTTP/1.1 302 Found\r\nLocation: /\r\n\r\nmatrix",
	"d", "d  ", "d           ", "d  \xa0         ",
	"d  \xa0\x25        ", "d  \xa0\x2f                             ",
	"d  \xa0                              ",
	"d  \xa0          WWW                              answer",
};

#include "standalone.h"
#endif
