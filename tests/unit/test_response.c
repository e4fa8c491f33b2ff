// SPDX-License-Identifier: GPL-2.0-only
/* What backends answer to checks, and what it means; also what nobody would answer. */
#include "check/probe.h"
#include "check/response.h"
#include "unit.h"

#define CUT "the answer is cut off"
#define NOT_HTTP "the answer is not HTTP/1"
#define NO_MATCH "the body does not match http-body"
#define NO_SIZE "the answer has a chunk without a size"
#define TOO_LONG "the body takes too long to match with http-body"

#define HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"

static const struct check expected = { .statuses = { { 200, 399 } } };
static char fault[FAULT_LEN];

/* Of a buffer of exactly that size, so that a byte too far is seen. */
static enum verdict http(const struct response_body *body, const char *text,
			 size_t len, bool end)
{
	struct response_http reply = { .check = &expected, .body = body };
	char *copy = malloc(len ? len : 1);
	enum verdict verdict;

	NEED(copy);
	memcpy(copy, text, len);
	fault[0] = '\0';
	verdict = response_http(&reply, copy, len, end, fault);
	free(copy);
	return verdict;
}

/*
 * The same in pieces of @step bytes, the connection left open.
 * Return: how many bytes it took; 0: they were too few
 */
static size_t http_needs(const struct response_body *body, const char *text,
			 size_t step, enum verdict *verdict)
{
	struct response_http reply = { .check = &expected, .body = body };
	size_t size = strlen(text), len = 0;
	char *copy = NULL;

	*verdict = REPLY_MORE;
	fault[0] = '\0';
	while (*verdict == REPLY_MORE && len < size) {
		size_t n = size - len < step ? size - len : step;
		char *more = malloc(len + n);

		NEED(more);
		if (copy)
			memcpy(more, copy, len);
		memcpy(more + len, text + len, n);
		free(copy);
		copy = more;
		len += n;
		*verdict = response_http(&reply, copy, len, false, fault);
	}
	free(copy);
	return *verdict == REPLY_MORE ? 0 : len;
}

static const char *open_fault(const struct response_body *body,
			      const char *text)
{
	enum verdict verdict;

	for (size_t step = 1; step <= 64; step *= 4) {
		size_t needs = http_needs(body, text, step, &verdict);

		if (!needs)
			return "open";
		if (step == 1)
			CHECK_INT(needs, strlen(text));
	}
	return verdict == REPLY_GOOD ? "" : fault;
}

/* Return: what is wrong with all of an answer, or "" */
static const char *http_fault(const struct response_body *body,
			      const char *text)
{
	enum verdict verdict = http(body, text, strlen(text), true);

	CHECK(verdict != REPLY_MORE);
	return verdict == REPLY_BAD ? fault : "";
}

static void test_status(void)
{
	CHECK_STR(http_fault(NULL, "HTTP/1.1 200 OK\r\n"), "");
	CHECK_STR(http_fault(NULL, "HTTP/1.0 200\r\n"), "");
	CHECK_STR(http_fault(NULL, "HTTP/1.1 399 x"), "");
	CHECK_STR(http_fault(NULL, "HTTP/1.1 400 x"), "status 400, wanted 200-399; perhaps another http-host is needed");
	CHECK_STR(http_fault(NULL, "HTTP/1.1 421 x"), "status 421, wanted 200-399; perhaps another http-host is needed");
	CHECK_STR(http_fault(NULL, "HTTP/1.1 404 x"), "status 404, wanted 200-399");
	CHECK_STR(http_fault(NULL, "HTTP/1.1 101 x"), "status 101, wanted 200-399");
	CHECK_STR(http_fault(NULL, "HTTP/1.1 000 x"), "status 0, wanted 200-399");
	CHECK_STR(http_fault(NULL, "ICY 200 OK\r\n\r\n"), NOT_HTTP);
	CHECK_STR(http_fault(NULL, "HTTP/1.1 2000 x"), NOT_HTTP);
	CHECK_STR(http_fault(NULL, "HTTP/1.1 20x OK"), NOT_HTTP);
	CHECK_STR(http_fault(NULL, "HTTP/1.1  200 OK"), NOT_HTTP);
	CHECK_STR(http_fault(NULL, "HTTP/1.x 200 OK"), NOT_HTTP);
	CHECK_STR(http_fault(NULL, "HTTP/1.1\t200 OK"), NOT_HTTP);
	CHECK_STR(http_fault(NULL, "HTTP/2 200 OK\r\n"), NOT_HTTP);
	CHECK_STR(http_fault(NULL, "SSH-2.0-OpenSSH_9.2"), NOT_HTTP);
}

/* Too little is no answer yet, and none at all when no more comes. */
static void test_cut_off(void)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n";
	const size_t enough = strlen("HTTP/1.1 200 ");

	for (size_t len = 0; len < enough; len++) {
		CHECK_INT(http(NULL, text, len, false), REPLY_MORE);
		CHECK_INT(http(NULL, text, len, true), REPLY_BAD);
		CHECK_STR(fault, CUT);
	}
	CHECK_INT(http(NULL, text, enough, false), REPLY_GOOD);
	/* Nothing that may follow makes it one. */
	CHECK_INT(http(NULL, "X", 1, false), REPLY_BAD);
	CHECK_INT(http(NULL, "HTTP/2", 6, false), REPLY_BAD);
}

static struct response_body *expect(const char *pattern)
{
	struct response_body *body = response_body_new(pattern);

	NEED(body);
	return body;
}

static void test_body(void)
{
	struct response_body *body = expect("^ok$");
	static const char zeros[] = "HTTP/1.1 200 OK\n\n\0ready";

	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\r\nA: b\r\n\r\nok"), "");
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\nA: b\n\nok"), "");
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\n\r\nok"), "");
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\r\n\r\nnot ok"), NO_MATCH);
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\r\n\r\n"), NO_MATCH);
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\r\nok"), CUT);
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\r\n\r"), CUT);
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\n"), CUT);
	/* A status that is wrong is so at once, a body when all of it came. */
	CHECK_INT(http(body, "HTTP/1.1 500 x", 14, false), REPLY_BAD);
	CHECK_STR(fault, "status 500, wanted 200-399");
	CHECK_INT(http(body, "HTTP/1.1 200 OK\n\nok", 19, false), REPLY_MORE);
	response_body_free(body);

	/* What is in the header is not in the body; zeros end neither. */
	body = expect("ready");
	CHECK_STR(http_fault(body, "HTTP/1.1 200 OK\nX: ready\n\nno"), NO_MATCH);
	CHECK_INT(http(body, zeros, sizeof(zeros) - 1, true), REPLY_GOOD);
	response_body_free(body);
	response_body_free(NULL);
}

/* An answer that says where it ends needs no end of the connection. */
static void test_length(void)
{
	struct response_body *body = expect("^OK$");
	enum verdict verdict;

	CHECK_STR(open_fault(body, HEAD "content-length:2 \r\n\r\nOK"), "");
	CHECK_STR(open_fault(body, HEAD "Content-Length: 4\r\n\r\nOK\r\n"), "");
	CHECK_STR(open_fault(body, HEAD "Content-Length: 2\r\n\r\nNO"), NO_MATCH);
	CHECK_STR(open_fault(body, HEAD "Content-Length: 0\r\n\r\n"), NO_MATCH);
	CHECK_STR(open_fault(body, HEAD "Content-Length: 3\r\n\r\nOK"), "open");
	CHECK_STR(http_fault(body, HEAD "Content-Length: 3\r\n\r\nOK"), CUT);
	CHECK_STR(open_fault(body, HEAD "\r\nOK"), "open");
	CHECK_STR(http_fault(body, HEAD "\r\nOK\r\n"), "");
	/* What follows is of no answer to this question. */
	CHECK_STR(http_fault(body, HEAD "Content-Length: 2\r\n\r\nOK!"), "");
	CHECK_STR(http_fault(body, HEAD "Content-Length: 2x\r\n\r\nOK"),
		  "the Content-Length of the answer is not a number");
	CHECK_STR(http_fault(body, HEAD "Content-Length: \r\n\r\nOK"),
		  "the Content-Length of the answer is not a number");
	CHECK_STR(http_fault(body, HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nOK"),
		  "the Content-Length of the answer is not a number");
	CHECK_STR(http_fault(body, HEAD "Content-Length: 2\r\nContent-Length: 2\r\n\r\nOK"), "");
	CHECK_STR(http_fault(body, HEAD "Content-Length: 99999999999999999999999999\r\n\r\nOK"), CUT);
	response_body_free(body);

	/* None has these, whatever their header says. */
	body = expect("^$");
	CHECK_STR(open_fault(body, "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n"), "");
	CHECK_STR(open_fault(body, "HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n"), "");
	response_body_free(body);

	/* What matches whatever follows need not wait for it. */
	body = expect("^OK\\b");
	CHECK_INT(http_needs(body, HEAD "\r\nOK, and so on", 1, &verdict), strlen(HEAD "\r\nOK,"));
	CHECK_INT(verdict, REPLY_GOOD);
	CHECK_STR(http_fault(body, HEAD "Content-Length: 9\r\n\r\nOK,"), "");
	response_body_free(body);
	/* But so often only, where it comes byte by byte. */
	body = expect("OK,");
	CHECK_INT(http_needs(body, HEAD "\r\n01234567890123456OK, and so on", 1, &verdict), 0);
	CHECK_STR(http_fault(body, HEAD "\r\n01234567890123456OK, and so on"), "");
	response_body_free(body);
}

static void test_chunks(void)
{
	struct response_body *body = expect("^OK$");

	CHECK_STR(open_fault(body, CHUNKED "1\r\nO\r\n1\r\nK\r\n0\r\n"), "");
	CHECK_STR(open_fault(body, CHUNKED "02;a=b\nOK\n0\n"), "");
	CHECK_STR(http_fault(body, CHUNKED "2\r\nOK\r\n0\r\nA: b\r\n\r\n"), "");
	CHECK_STR(http_fault(body, CHUNKED "2\r\nOK\r\n"), CUT);
	CHECK_STR(http_fault(body, CHUNKED "3\r\nOK"), CUT);
	CHECK_STR(http_fault(body, CHUNKED "2\r\nOK3\r\n"), NO_SIZE);
	CHECK_STR(http_fault(body, CHUNKED "\r\nOK"), NO_SIZE);
	CHECK_STR(http_fault(body, CHUNKED "2x\r\nOK"), NO_SIZE);
	CHECK_STR(http_fault(body, CHUNKED "ffffffffffffffffffffff\r\nOK"), CUT);
	/* Chunks count more than a length does, and other codings run on. */
	CHECK_STR(open_fault(body, HEAD "Content-Length: 9\r\ntransfer-encoding: gzip, Chunked\r\n\r\n2\r\nOK\r\n0\r\n"), "");
	CHECK_STR(http_fault(body, HEAD "Content-Length: 9\r\nTransfer-Encoding: identity\r\n\r\nOK"), "");
	response_body_free(body);
	body = expect("0123456789abcdefghij$");
	CHECK_STR(open_fault(body, CHUNKED "A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n"), "");
	response_body_free(body);
}

static void test_interim(void)
{
	struct response_body *body = expect("^OK$");
	static const char early[] =
		"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n";
	char text[256];

	snprintf(text, sizeof(text), "%s" HEAD "Content-Length: 2\r\n\r\nOK", early);
	CHECK_STR(open_fault(body, text), "");
	snprintf(text, sizeof(text), "HTTP/1.1 100 Continue\r\n\r\n%sHTTP/1.1 204 ", early);
	CHECK_STR(open_fault(NULL, text), "");
	snprintf(text, sizeof(text), "%sHTTP/1.1 500 ", early);
	CHECK_STR(open_fault(NULL, text), "status 500, wanted 200-399");
	CHECK_STR(http_fault(NULL, early), CUT);
	response_body_free(body);
	/* A length that it may have is not the answer's. */
	body = expect("^OK!$");
	CHECK_STR(open_fault(body, "HTTP/1.1 102 x\r\nContent-Length: 9\r\n\r\n" HEAD "Content-Length: 3\r\n\r\nOK!"), "");
	response_body_free(body);
}

static void test_long_header(void)
{
	struct response_body *body = expect("ok");
	char *text = malloc(REPLY_HTTP_MAX);
	enum verdict verdict;

	NEED(text);
	memset(text, 'a', REPLY_HTTP_MAX);
	memcpy(text, HEAD, strlen(HEAD));
	verdict = http(body, text, REPLY_HTTP_MAX, false);
	CHECK_INT(verdict, REPLY_BAD);
	CHECK_STR(fault, "the header of the answer is too long");
	/* A body is looked at as far as that. */
	memcpy(text + strlen(HEAD), "\r\n", 2);
	verdict = http(body, text, REPLY_HTTP_MAX, false);
	CHECK_INT(verdict, REPLY_BAD);
	CHECK_STR(fault, NO_MATCH);
	free(text);
	response_body_free(body);
}

static const char *tls_name(const char *host)
{
	static char name[CHECK_TEXT_LEN + 1];
	struct check check = { .type = CHECK_HTTPS };

	snprintf(check.host, sizeof(check.host), "%s", host);
	return check_tls_name(&check, name) ? name : "";
}

static void test_tls_name(void)
{
	CHECK_STR(tls_name(""), "");
	CHECK_STR(tls_name("app.example"), "app.example");
	CHECK_STR(tls_name("App.example:8443"), "App.example");
	CHECK_STR(tls_name("app.example."), "app.example");
	CHECK_STR(tls_name("app.example.:443"), "app.example");
	CHECK_STR(tls_name("192.0.2.5"), "");
	CHECK_STR(tls_name("192.0.2.5:8443"), "");
	CHECK_STR(tls_name("2001:db8::5"), "");
	CHECK_STR(tls_name("[2001:db8::5]"), "");
	CHECK_STR(tls_name("[2001:db8::5]:8443"), "");
	CHECK_STR(tls_name("::1"), "");
	CHECK_STR(tls_name("."), "");
	CHECK_STR(tls_name(":80"), "");
}

/* Return: what is wrong with a body of so many times @letter, then @last */
static const char *long_body(const char *pattern, char letter, size_t n,
			     const char *last)
{
	static const char head[] = "HTTP/1.1 200 OK\n\n";
	struct response_body *body = expect(pattern);
	char *text = malloc(sizeof(head) + n + strlen(last));
	const char *why;

	NEED(text);
	strcpy(text, head);
	memset(text + sizeof(head) - 1, letter, n);
	strcpy(text + sizeof(head) - 1 + n, last);
	why = http_fault(body, text);
	free(text);
	response_body_free(body);
	return why;
}

/* Each of these comes to one limit only. */
static void test_limits(void)
{
	char groups[CHECK_TEXT_LEN + 1] = "";

	CHECK_STR(long_body("ok$", 'a', REPLY_HTTP_MAX, "ok"), "");
	CHECK_STR(long_body("(a+)+$", 'a', 8, "b"), NO_MATCH);
	CHECK_STR(long_body("(a+)+$", 'a', 22, "b"), TOO_LONG);

	CHECK_STR(long_body("^(?:a|b)*$", 'a', 400, ""), "");
	CHECK_STR(long_body("^(?:a|b)*$", 'a', 2000, ""), TOO_LONG);

	for (int i = 0; i < 110; i++)
		strcat(groups, "()");
	strcat(groups, "(?:a|b)*$");
	CHECK_STR(long_body(groups, 'a', 100, ""), "");
	CHECK_STR(long_body(groups, 'a', 400, ""), TOO_LONG);
}

static const uint8_t question[] =
	"\x12\x34\x01\0\0\1\0\0\0\0\0\0" "\3www\7example\3org\0" "\0\1\0\1";
#define QUESTION_LEN (sizeof(question) - 1)

static void test_query(void)
{
	uint8_t query[REPLY_DNS_MAX];
	char name[CHECK_TEXT_LEN + 1] = "";

	CHECK_INT(dns_query("www.example.org", 0x1234, false, query),
		  QUESTION_LEN);
	CHECK(!memcmp(query, question, QUESTION_LEN));
	CHECK_INT(dns_query("www.example.org.", 0x1234, true, query),
		  QUESTION_LEN);
	CHECK_INT(query[QUESTION_LEN - 3], 28);
	CHECK_INT(dns_query(".", 1, false, query), 12 + 1 + 4);
	/* The longest that there is. */
	for (int i = 0; i < 3; i++) {
		memset(name + strlen(name), 'a', 63);
		strcat(name, ".");
	}
	memset(name + strlen(name), 'b', 61);
	CHECK_INT(strlen(name), 253);
	CHECK_INT(dns_query(name, 1, false, query), 12 + 255 + 4);
	CHECK_INT(query[12], 63);
	CHECK_INT(query[12 + 3 * 64], 61);
}

static enum verdict dns(const uint8_t *reply, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum verdict verdict;

	NEED(copy);
	memcpy(copy, reply, len);
	fault[0] = '\0';
	verdict = response_dns(question, QUESTION_LEN, copy, len, fault);
	free(copy);
	return verdict;
}

static const char *rcode_fault(uint8_t rcode)
{
	uint8_t reply[QUESTION_LEN];

	memcpy(reply, question, sizeof(reply));
	reply[2] |= 0x80;
	reply[3] = rcode;
	return dns(reply, sizeof(reply)) == REPLY_BAD ? fault : "";
}

static void test_dns(void)
{
	uint8_t reply[QUESTION_LEN + 1];

	memcpy(reply, question, QUESTION_LEN);
	reply[QUESTION_LEN] = 0;
	CHECK_INT(dns(reply, QUESTION_LEN), REPLY_MORE);
	reply[2] |= 0x80;
	CHECK_INT(dns(reply, QUESTION_LEN), REPLY_GOOD);
	CHECK_INT(dns(reply, sizeof(reply)), REPLY_GOOD);
	/* Also where bits that are no code are set. */
	reply[3] = 0xf0;
	CHECK_INT(dns(reply, QUESTION_LEN), REPLY_GOOD);

	for (size_t len = 0; len < QUESTION_LEN; len++)
		CHECK_INT(dns(reply, len), REPLY_MORE);
	reply[3] = 5;
	CHECK_INT(dns(reply, 11), REPLY_MORE);
	CHECK_INT(dns(reply, 12), REPLY_BAD);
	CHECK_STR(fault, "DNS answers REFUSED");
	reply[13] = 'W';
	CHECK_INT(dns(reply, QUESTION_LEN), REPLY_BAD);
	reply[13] = 'x';
	CHECK_INT(dns(reply, QUESTION_LEN), REPLY_MORE);
	reply[13] = 'w';
	reply[QUESTION_LEN - 1] = 2;
	CHECK_INT(dns(reply, QUESTION_LEN), REPLY_MORE);
	reply[QUESTION_LEN - 1] = 1;
	for (size_t i = 0; i < 2; i++) {
		reply[i] ^= 1;
		CHECK_INT(dns(reply, QUESTION_LEN), REPLY_MORE);
		reply[i] ^= 1;
	}

	CHECK_STR(rcode_fault(0), "");
	CHECK_STR(rcode_fault(1), "DNS answers FORMERR");
	CHECK_STR(rcode_fault(3), "DNS answers NXDOMAIN");
	CHECK_STR(rcode_fault(5), "DNS answers REFUSED");
	CHECK_STR(rcode_fault(6), "DNS answers with code 6");
	CHECK_STR(rcode_fault(0xff), "DNS answers with code 15");
}

int main(void)
{
	test_status();
	test_cut_off();
	test_body();
	test_length();
	test_chunks();
	test_interim();
	test_long_header();
	test_tls_name();
	test_limits();
	test_query();
	test_dns();
	return unit_result();
}
