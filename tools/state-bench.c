// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads state documents: state-bench [-d] [-c CHUNK] [-r REPEAT] FILE...
 * Prints what each cost; -d dumps the clusters instead. Not part of the build:
 *
 *	gcc -std=gnu11 -D_GNU_SOURCE -O2 -Iinclude -Iuser -Itests tools/state-bench.c \
 *		build/libxdns.a -lpthread -o build/state-bench
 *	tools/state-gen.py 100000 > build/state.json
 *	build/state-bench -r 5 build/state.json
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "state.h"
#include "unit/cluster_dump.h"
#include "util.h"

static double cpu_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static size_t count_tasks(const struct cluster *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->frameworks_count; i++)
		n += c->frameworks[i].tasks_count;
	return n;
}

static struct cluster *read_state(const char *path, char *buf, size_t chunk)
{
	struct state_resolver none = {0};
	struct cluster *c = NULL;
	struct state *s = NULL;
	FILE *f = fopen(path, "rb");
	size_t len;
	int rc = 0;

	if (!f || state_new(UINT64_MAX, &none, &s) < 0) {
		perror(path);
		exit(1);
	}
	setvbuf(f, NULL, _IONBF, 0);
	while (rc == 0 && (len = fread(buf, 1, chunk, f)) > 0)
		rc = state_feed(s, buf, len);
	if (rc == 0)
		rc = state_end(s);
	if (rc == 0)
		rc = state_finish(s, &c);
	if (rc < 0)
		printf("%s: %s\n", path, state_error(s));
	fclose(f);
	state_free(s);
	return c;
}

int main(int argc, char **argv)
{
	size_t chunk = 16384;
	int opt, repeat = 1;
	bool dump = false;

	while ((opt = getopt(argc, argv, "dc:r:")) != -1) {
		if (opt == 'd')
			dump = true;
		else if (opt == 'c')
			chunk = strtoul(optarg, NULL, 10);
		else if (opt == 'r')
			repeat = atoi(optarg);
		else
			return 2;
	}
	if (chunk == 0 || optind == argc)
		return 2;
	for (; optind < argc; optind++) {
		for (int i = 0; i < repeat; i++) {
			_cleanup_free_ char *buf = malloc(chunk);
			double cpu = cpu_seconds();
			uint64_t start = now_ns();
			struct cluster *c = buf ? read_state(argv[optind], buf, chunk) : NULL;
			struct rusage usage;

			if (!c)
				continue;
			getrusage(RUSAGE_SELF, &usage);
			if (dump)
				cluster_dump_to(stdout, c);
			else
				printf("%s: %zu tasks, wall %.3f s, cpu %.3f s, peak RSS %ld KiB\n",
				       argv[optind], count_tasks(c),
				       (double)(now_ns() - start) / 1e9, cpu_seconds() - cpu,
				       usage.ru_maxrss);
			cluster_free(c);
		}
	}
	return 0;
}
