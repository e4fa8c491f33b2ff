/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Split a file into lines and words, with a shell's rules.  Words are separated
 * by blanks.  '...' and "..." quote a text; within "..." a backslash quotes a
 * double quote or a backslash.  Elsewhere a backslash quotes the next
 * character, and at the end of a line it joins the next line.  A # at the start
 * of a word begins a comment, which ends with the line.
 */
#ifndef DNAT_LINES_H
#define DNAT_LINES_H

#include <stddef.h>

#include "common/err.h"
#include "common/text.h"

#define LINE_WORDS_MAX 64

struct lines {
	char *at;		/* the rest of the text */
	char *end;
	unsigned int next;	/* number of the line at @at, from 1 */
	unsigned int line;	/* number of the line with the first word */
	int n;			/* number of @words */
	char *words[LINE_WORDS_MAX];
};

/*
 * @text: overwritten, and the words point into it; must have room for one byte
 *	after its @len bytes
 */
void lines_init(struct lines *lines, char *text, size_t len);

/**
 * lines_next - read the next line that has words
 *
 * Return: 1, 0 at the end, or -EINVAL with @err set; after an error the next
 *	call reads the next line
 */
int lines_next(struct lines *lines, struct err *err);

/**
 * lines_put - append a word, with a blank before it unless it starts the line
 * @word: the word; it is put in quotes if it needs them
 *
 * Return: 0 or -ENOMEM
 */
int lines_put(struct text *text, const char *word);

/* Append a newline.  Return: 0 or -ENOMEM */
int lines_end(struct text *text);

#endif
