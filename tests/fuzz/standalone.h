/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A main() for fuzz targets built without libFuzzer: include this last, after
 * an array of strings called corpus.  Runs it and the files it is given.
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

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++)
		LLVMFuzzerTestOneInput((const uint8_t *)corpus[i],
				       strlen(corpus[i]));
	for (; argc > 1; argc--)
		run_file(argv[argc - 1]);
	return 0;
}

#endif
