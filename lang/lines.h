/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of lines, to words, as a shell would read them: blanks part words,
 * '...' keeps what is in it as it is, "..." but for a backslash, a backslash
 * keeps what follows, at the end of a line it has the next one belong to it,
 * and a word that begins with # begins a comment, up to the end of its line.
 */
#ifndef DNAT_LINES_H
#define DNAT_LINES_H

#include <stddef.h>

#include "common/err.h"
#include "common/text.h"

#define LINE_WORDS_MAX 64

struct lines {
	char *at;		/* what is not read yet */
	char *end;
	unsigned int next;	/* number of the line at @at, from 1 */
	unsigned int line;	/* number of the line that the words begin in */
	int n;
	char *words[LINE_WORDS_MAX];
};

/*
 * @text: is changed, and the words point into it; a byte behind its @len bytes
 * is written to, too
 */
void lines_init(struct lines *lines, char *text, size_t len);

/**
 * lines_next - the words of the next line that has any
 *
 * Return: 1, 0 where there is no more, or -EINVAL, after which the next line
 *	can be read
 */
int lines_next(struct lines *lines, struct err *err);

/**
 * lines_put - append a word, behind a blank unless it begins the line
 * @word: put in quotes where it would be read as something else
 *
 * Return: 0 or -ENOMEM
 */
int lines_put(struct text *text, const char *word);

/* Return: 0 or -ENOMEM */
int lines_end(struct text *text);

#endif
