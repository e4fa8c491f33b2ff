// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parser for HTTP answers that arrive in parts.  It parses each byte once and
 * joins the chunks of a body in place.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <ctype.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check/probe.h"
#include "check/response.h"

/* Limits of one match: a few milliseconds and 1 MiB. */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT 1024		/* KiB */

/* Maximum number of matches before the end, for answers sent byte by byte. */
#define EARLY_MAX 16

#define STATUS_LINE_LEN 13	/* "HTTP/1.1 200" and one more byte */
#define LENGTH_MAX (SIZE_MAX / 32)

#define NOT_HTTP "the answer is not HTTP/1"
#define CUT_OFF "the answer is cut off"
#define BAD_CHUNK "the answer has a chunk without a size"

struct response_body {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

struct response_body *response_body_new(const char *pattern)
{
	struct response_body *body = calloc(1, sizeof(*body));
	pcre2_compile_context *newline = pcre2_compile_context_create(NULL);
	PCRE2_SIZE offset;
	int error;

	/* With ANYCRLF, $ matches before a final CR LF, too. */
	if (body && newline &&
	    !pcre2_set_newline(newline, PCRE2_NEWLINE_ANYCRLF))
		body->code = pcre2_compile((PCRE2_SPTR)pattern,
					   PCRE2_ZERO_TERMINATED, 0, &error,
					   &offset, newline);
	pcre2_compile_context_free(newline);
	if (body && body->code) {
		body->data = pcre2_match_data_create(1, NULL);
		body->limits = pcre2_match_context_create(NULL);
	}
	if (!body || !body->data || !body->limits) {
		response_body_free(body);
		return NULL;
	}
	pcre2_set_match_limit(body->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(body->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(body->limits, HEAP_LIMIT);
	return body;
}

void response_body_free(struct response_body *body)
{
	if (!body)
		return;
	pcre2_match_context_free(body->limits);
	pcre2_match_data_free(body->data);
	pcre2_code_free(body->code);
	free(body);
}

static enum verdict bad(char *fault, const char *why)
{
	snprintf(fault, FAULT_LEN, "%s", why);
	return REPLY_BAD;
}

/* Match the body; no more of it will come. */
static enum verdict match_whole(const struct response_http *http,
				const char *text, char *fault)
{
	const struct response_body *body = http->body;
	int ret = pcre2_match(body->code, (PCRE2_SPTR)text + http->start,
			      http->len, 0, 0, body->data, body->limits);

	if (ret >= 0)
		return REPLY_GOOD;
	return bad(fault, ret == PCRE2_ERROR_NOMATCH ?
				  "the body does not match http-body" :
				  "the body takes too long to match with http-body");
}

/*
 * Match the body before its end.  With PCRE2_PARTIAL_HARD a match that depends
 * on the end of the text is not reported, so the rest cannot undo a match.
 */
static bool match_early(struct response_http *http, const char *text)
{
	const struct response_body *body = http->body;

	if (http->early == EARLY_MAX)
		return false;
	http->early++;
	return pcre2_match(body->code, (PCRE2_SPTR)text + http->start,
			   http->len, 0, PCRE2_PARTIAL_HARD, body->data,
			   body->limits) >= 0;
}

/* Read the status from the status line at @text. */
static enum verdict read_status(const char *text, size_t len,
				unsigned int *status, char *fault)
{
	static const char version[] = "HTTP/1.";
	const size_t at = sizeof(version) - 1;

	if (memcmp(text, version, len < at ? len : at))
		return bad(fault, NOT_HTTP);
	if (len < STATUS_LINE_LEN)
		return REPLY_MORE;
	if (!isdigit((unsigned char)text[at]) || text[at + 1] != ' ' ||
	    isdigit((unsigned char)text[at + 5]))
		return bad(fault, NOT_HTTP);
	*status = 0;
	for (size_t i = at + 2; i < at + 5; i++) {
		if (!isdigit((unsigned char)text[i]))
			return bad(fault, NOT_HTTP);
		*status = *status * 10 + (unsigned int)(text[i] - '0');
	}
	return REPLY_GOOD;
}

static enum verdict wrong_status(const struct check *check,
				 unsigned int status, char *fault)
{
	char wanted[CHECK_STATUS_LEN];

	/* 400 and 421 are common answers to a wrong host. */
	snprintf(fault, FAULT_LEN, "status %u, wanted %s%s", status,
		 check_status_text(check, wanted),
		 status == 400 || status == 421 ?
			 "; perhaps another http-host is needed" : "");
	return REPLY_BAD;
}

/* @len: length of the line at @at without CR LF.  Return: it is complete */
static bool line_get(const char *text, size_t size, size_t *at, size_t *len)
{
	const char *line = text + *at;
	const char *end = memchr(line, '\n', size - *at);

	if (!end)
		return false;
	*at += (size_t)(end + 1 - line);
	if (end > line && end[-1] == '\r')
		end--;
	*len = (size_t)(end - line);
	return true;
}

/* The value if @line is the header @name, without blanks around it; or NULL. */
static const char *header(const char *line, size_t *len, const char *name)
{
	size_t at = strlen(name);

	if (*len <= at || strncasecmp(line, name, at) || line[at] != ':')
		return NULL;
	for (at++; at < *len && (line[at] == ' ' || line[at] == '\t'); at++)
		;
	while (*len > at && (line[*len - 1] == ' ' || line[*len - 1] == '\t'))
		(*len)--;
	*len -= at;
	return line + at;
}

/* Read a number, base 10 or 16, at @text.  Return: the number of digits */
static size_t number(const char *text, size_t len, unsigned int base,
		     size_t *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < len && (base == 16 ? isxdigit((unsigned char)text[i]) :
					     isdigit((unsigned char)text[i]));
	     i++) {
		int c = tolower((unsigned char)text[i]);
		size_t digit = (size_t)(c <= '9' ? c - '0' : c - 'a' + 10);

		/* Larger than any answer: avoid an overflow. */
		*value = *value > LENGTH_MAX ? *value : *value * base + digit;
	}
	return i;
}

/* Read the headers that define the end of the body (RFC 9112, 6.3). */
static enum verdict read_header(struct response_http *http, const char *line,
				size_t len, char *fault)
{
	static const char chunked[] = "chunked";
	const size_t last = sizeof(chunked) - 1;
	const char *value;
	size_t n = len;

	value = header(line, &n, "Transfer-Encoding");
	if (value) {
		http->coded = true;
		http->chunked = n >= last && !strncasecmp(value + n - last,
							  chunked, last);
		return REPLY_GOOD;
	}
	value = header(line, &len, "Content-Length");
	if (!value)
		return REPLY_GOOD;
	if (!len || number(value, len, 10, &n) != len ||
	    (http->counted && n != http->left))
		return bad(fault,
			   "the Content-Length of the answer is not a number");
	http->counted = true;
	http->left = n;
	return REPLY_GOOD;
}

static void begin_body(struct response_http *http)
{
	http->start = http->at;
	if (http->status == 204 || http->status == 304)
		http->state = HTTP_WHOLE;
	else if (http->chunked)
		http->state = HTTP_CHUNK;
	else if (http->coded || !http->counted)
		http->state = HTTP_CLOSE;
	else
		http->state = http->left ? HTTP_LENGTH : HTTP_WHOLE;
}

static enum verdict begin_answer(struct response_http *http, const char *text,
				 size_t size, char *fault)
{
	enum verdict verdict = read_status(text + http->at, size - http->at,
					   &http->status, fault);

	if (verdict != REPLY_GOOD)
		return verdict;
	/* After a status 1xx the final answer follows, except after 101. */
	if (http->status >= 100 && http->status < 200 && http->status != 101)
		http->state = HTTP_INTERIM;
	else if (!check_status_fits(http->check, http->status))
		return wrong_status(http->check, http->status, fault);
	else
		http->state = http->body ? HTTP_HEADER : HTTP_JUDGED;
	return REPLY_GOOD;
}

static enum verdict read_line(struct response_http *http, const char *text,
			      size_t size, char *fault)
{
	const char *line = text + http->at;
	size_t len, n;

	if (!line_get(text, size, &http->at, &len))
		return REPLY_MORE;
	if (http->state == HTTP_CHUNK) {
		n = number(line, len, 16, &http->left);
		if (!n || (n < len && !strchr("; \t", line[n])))
			return bad(fault, BAD_CHUNK);
		http->state = http->left ? HTTP_DATA : HTTP_WHOLE;
	} else if (http->state == HTTP_DATA_END) {
		if (len)
			return bad(fault, BAD_CHUNK);
		http->state = HTTP_CHUNK;
	} else if (len) {
		return http->state == HTTP_INTERIM ?
			       REPLY_GOOD :
			       read_header(http, line, len, fault);
	} else if (http->state == HTTP_INTERIM) {
		http->state = HTTP_STATUS;
	} else {
		begin_body(http);
	}
	return REPLY_GOOD;
}

static enum verdict read_data(struct response_http *http, char *text,
			      size_t size)
{
	size_t n = size - http->at;

	if (http->state != HTTP_CLOSE && n > http->left)
		n = http->left;
	if (!n)
		return REPLY_MORE;
	memmove(text + http->start + http->len, text + http->at, n);
	http->at += n;
	http->len += n;
	if (http->state == HTTP_CLOSE)
		return REPLY_GOOD;
	http->left -= n;
	if (!http->left)
		http->state = http->state == HTTP_LENGTH ? HTTP_WHOLE :
							   HTTP_DATA_END;
	return REPLY_GOOD;
}

/*
 * Return: REPLY_GOOD: something was parsed, REPLY_MORE: more bytes are needed
 */
static enum verdict read_part(struct response_http *http, char *text,
			      size_t size, char *fault)
{
	switch (http->state) {
	case HTTP_STATUS:
		return begin_answer(http, text, size, fault);
	case HTTP_LENGTH:
	case HTTP_CLOSE:
	case HTTP_DATA:
		return read_data(http, text, size);
	default:
		return read_line(http, text, size, fault);
	}
}

enum verdict response_http(struct response_http *http, char *text, size_t size,
			   bool end, char *fault)
{
	enum verdict verdict = REPLY_GOOD;

	while (verdict == REPLY_GOOD && http->state < HTTP_WHOLE)
		verdict = read_part(http, text, size, fault);
	if (http->state == HTTP_JUDGED)
		return REPLY_GOOD;
	if (http->state == HTTP_WHOLE || (http->state == HTTP_CLOSE && end) ||
	    (verdict == REPLY_MORE && http->start && size >= REPLY_HTTP_MAX))
		return match_whole(http, text, fault);
	if (http->start && match_early(http, text))
		return REPLY_GOOD;
	if (verdict == REPLY_BAD)
		return verdict;
	if (size >= REPLY_HTTP_MAX)
		return bad(fault, "the header of the answer is too long");
	return end ? bad(fault, CUT_OFF) : REPLY_MORE;
}
