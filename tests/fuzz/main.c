// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * In place of libFuzzer: reads the target's corpus, tests/fuzz/corpus/NAME for a program fuzz_NAME,
 * or the files that are named, and reports as TAP. Of each file the beginnings are inputs, too.
 */
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "fuzz.h"

#define CORPUS	   "tests/fuzz/corpus/"
#define PREFIX	   "fuzz_"
#define INPUT_MAX  (1 << 20)
#define BEGINNINGS 128 /* of a file */

static uint8_t input[INPUT_MAX];

static int by_name(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* The name is written before, so that the end of a process says whose it was. */
static void read_file(unsigned number, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t len, step;

	MUST(f);
	len = fread(input, 1, sizeof(input), f);
	MUST(!ferror(f) && len < sizeof(input));
	fclose(f);
	printf("reading %s\n", path);
	step = len / BEGINNINGS + 1;
	for (size_t n = 0; n < len; n += step)
		LLVMFuzzerTestOneInput(input, n);
	LLVMFuzzerTestOneInput(input, len);
	printf("ok %u - %s\n", number, path);
}

static int read_corpus(const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	char path[PATH_MAX];
	struct dirent **list;
	int count;

	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		name += strlen(PREFIX);
	snprintf(path, sizeof(path), CORPUS "%s", name);
	count = scandir(path, &list, by_name, alphasort);
	if (count <= 0) {
		fprintf(stderr, "error: there is nothing in %s\n", path);
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), CORPUS "%s/%s", name, list[i]->d_name);
		read_file((unsigned)i + 1, path);
		free(list[i]);
	}
	free(list);
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return read_corpus(argv[0]);
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		read_file((unsigned)i, argv[i]);
	return 0;
}
