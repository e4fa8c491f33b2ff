// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lang/lines.h"

void lines_init(struct lines *lines, char *text, size_t len)
{
	lines->at = text;
	lines->end = text + len;
	lines->next = 1;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_line(const struct lines *lines)
{
	return lines->at == lines->end || *lines->at == '\n';
}

/* Whether a backslash and a newline follow, which count as a blank. */
static bool goes_on(const struct lines *lines)
{
	return lines->end - lines->at > 1 && lines->at[0] == '\\' &&
	       lines->at[1] == '\n';
}

static void skip_blanks(struct lines *lines)
{
	while (!ends_line(lines)) {
		if (goes_on(lines)) {
			lines->at += 2;
			lines->next++;
		} else if (is_blank(*lines->at)) {
			lines->at++;
		} else {
			break;
		}
	}
}

static void skip_line(struct lines *lines)
{
	while (!ends_line(lines))
		lines->at++;
	if (lines->at < lines->end) {
		lines->at++;
		lines->next++;
	}
}

/* Copy the text in quotes to *to, and move past the closing quote. */
static int take_quoted(struct lines *lines, char **to, struct err *err)
{
	char quote = *lines->at++;

	while (!ends_line(lines) && *lines->at != quote) {
		if (quote == '"' && *lines->at == '\\' &&
		    lines->end - lines->at > 1 &&
		    (lines->at[1] == '"' || lines->at[1] == '\\'))
			lines->at++;
		*(*to)++ = *lines->at++;
	}
	if (ends_line(lines))
		return err_set(err, -EINVAL, NULL,
			       "a quote %c is not closed; close it in the same line",
			       quote);
	lines->at++;
	return 0;
}

/* Read the word at @lines->at.  *end: its end, where end_words() puts a NUL. */
static int take_word(struct lines *lines, char **end, struct err *err)
{
	int ret = 0;

	*end = lines->at;
	while (!ret && !ends_line(lines) && !is_blank(*lines->at) &&
	       !goes_on(lines)) {
		if (*lines->at == '\'' || *lines->at == '"') {
			ret = take_quoted(lines, end, err);
			continue;
		}
		if (*lines->at == '\\' && lines->end - lines->at > 1)
			lines->at++;
		*(*end)++ = *lines->at++;
	}
	return ret;
}

/* Read all words up to the end of the line. */
static int take_words(struct lines *lines, char **ends, struct err *err)
{
	int ret = 0;

	lines->n = 0;
	lines->line = lines->next;
	for (skip_blanks(lines); !ret && !ends_line(lines) && *lines->at != '#';
	     skip_blanks(lines)) {
		if (lines->n == LINE_WORDS_MAX)
			return err_set(err, -EINVAL, NULL,
				       "the line has more than %d words; is a quote missing?",
				       LINE_WORDS_MAX);
		if (!lines->n)
			lines->line = lines->next;
		lines->words[lines->n] = lines->at;
		ret = take_word(lines, &ends[lines->n++], err);
	}
	return ret;
}

/* Put NULs after the words.  Last, as one may replace the newline. */
static int end_words(struct lines *lines, char **ends, struct err *err)
{
	for (int i = 0; i < lines->n; i++) {
		*ends[i] = '\0';
		if (strlen(lines->words[i]) != (size_t)(ends[i] - lines->words[i]))
			return err_set(err, -EINVAL, NULL,
				       "the line has a byte of 0; is this a text file?");
	}
	return 0;
}

int lines_next(struct lines *lines, struct err *err)
{
	char *ends[LINE_WORDS_MAX];
	int ret = 0;

	do {
		if (lines->at == lines->end)
			return 0;
		ret = take_words(lines, ends, err);
		skip_line(lines);
		if (!ret)
			ret = end_words(lines, ends, err);
	} while (!ret && !lines->n);
	return ret ? ret : 1;
}

static int put_quoted(struct text *text, const char *word)
{
	static const char quote[] = "'\\''";
	int ret = text_add(text, quote, 1);

	for (; !ret && *word; word++)
		ret = *word == '\'' ? text_add(text, quote, strlen(quote)) :
				      text_add(text, word, 1);
	return ret ? ret : text_add(text, quote, 1);
}

int lines_put(struct text *text, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"+,-./:=@_%^";
	size_t len = strlen(word);
	int ret = 0;

	if (text->len && text->buf[text->len - 1] != '\n')
		ret = text_add(text, " ", 1);
	if (ret)
		return ret;
	return len && strspn(word, plain) == len ? text_add(text, word, len) :
						   put_quoted(text, word);
}

int lines_end(struct text *text)
{
	return text_add(text, "\n", 1);
}
