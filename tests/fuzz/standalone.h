/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A main() for fuzz targets built without libFuzzer: include this last, after
 * an array of strings called corpus.  Runs it and the files it is given; with
 * "--save DIR" leaves it there, for libFuzzer to begin with.
 */
#ifndef DNAT_FUZZ_STANDALONE_H
#define DNAT_FUZZ_STANDALONE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run_file(const char *path)
{
	static uint8_t data[65536];
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		exit(1);
	}
	LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), file));
	fclose(file);
}

static void save(const char *dir, size_t i)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/seed-%zu", dir, i);
	file = fopen(path, "wb");
	if (!file || fputs(corpus[i], file) < 0 || fclose(file)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc == 3 && !strcmp(argv[1], "--save")) {
		for (i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++)
			save(argv[2], i);
		return 0;
	}
	for (i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++)
		LLVMFuzzerTestOneInput((const uint8_t *)corpus[i],
				       strlen(corpus[i]));
	for (; argc > 1; argc--)
		run_file(argv[argc - 1]);
	return 0;
}

#endif
