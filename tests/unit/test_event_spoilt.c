// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The decoder of the event stream: events cut, spoilt and recorded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_reading.h"
#include "event_rows.h"
#include "util.h"

/* Cut once, at every octet, in memory of its own so that ASan sees what is beyond. */
static void test_cut_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		size_t len = strlen(records[i].record);

		for (size_t at = 0; at <= len; at++) {
			char *front = malloc(at + 1), *back = malloc(len - at + 1), *text;
			struct reading r;
			int rc;

			assert_true(front && back);
			memcpy(front, records[i].record, at);
			memcpy(back, records[i].record + at, len - at);
			reading_start(&r);
			rc = reading_begin(&r, len);
			if (rc == 0)
				rc = reading_data(&r, front, at);
			free(front);
			if (rc == 0)
				rc = reading_data(&r, back, len - at);
			free(back);
			if (rc == 0)
				rc = reading_end(&r);
			text = reading_done(&r);
			assert_true((rc < 0) == !strncmp(records[i].text, "error", 5));
			if (rc == 0)
				assert_string_equal(text, records[i].text);
			free(text);
		}
	}
}

/* Every beginning of a record is refused, and frees what it had. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++) {
		if (!strncmp(records[i].text, "error", 5))
			continue;
		for (size_t len = 0; len < strlen(records[i].record); len++) {
			char *text = read_record(records[i].record, len, 7);

			if (strncmp(text, "error: event is ", 16))
				fail_msg("%.*s: %s", (int)len, records[i].record, text);
			free(text);
		}
	}
}

/* --- spoilt records --- */

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static size_t mutate(char *text, size_t len, size_t cap, uint64_t *seed)
{
	static const char *const pieces[] = {"{",    "}",	  "[",	  "]",	       "null",
					     "\"",   ":",	  ",",	  "-1",	       "1e9",
					     "\\u",  "\"value\"", "true", "\"state\"", "\0",
					     "\xff", "\"\"",	  "{}",	  "[]",	       "\"tasks\""};
	size_t at = len ? next_random(seed) % len : 0, n = next_random(seed) % 8 + 1;
	const char *piece = pieces[next_random(seed) % ARRAY_SIZE(pieces)];
	size_t piece_len = *piece ? strlen(piece) : 1;

	if (n > len - at)
		n = len - at;
	switch (next_random(seed) % 5) {
	case 0: /* one octet is another */
		if (len > 0)
			text[at] = (char)next_random(seed);
		return len;
	case 1: /* some are missing */
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 2: /* some come twice */
		if (len + n > cap)
			return len;
		memmove(text + at + n, text + at, len - at);
		return len + n;
	case 3: /* the end is missing */
		return at;
	default: /* something JSON-like is in between */
		if (len + piece_len > cap)
			return len;
		memmove(text + at + piece_len, text + at, len - at);
		memcpy(text + at, piece, piece_len);
		return len + piece_len;
	}
}

/* No crash, no leak, no read beyond the end: the sanitizers say so. */
static void test_mutations(void **state)
{
	uint64_t seed = 88172645463325252ULL;
	unsigned events = 0, errors = 0;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		const char *record = records[next_random(&seed) % ARRAY_SIZE(records)].record;
		size_t len = strlen(record), changes = next_random(&seed) % 4 + 1;
		char text[8192], *exact, *got;
		struct reading r;

		memcpy(text, record, len);
		for (size_t i = 0; i < changes; i++)
			len = mutate(text, len, sizeof(text), &seed);
		exact = malloc(len + (len == 0));
		assert_non_null(exact);
		memcpy(exact, text, len);
		reading_start(&r);
		reading_record(&r, exact, len, next_random(&seed) % 64 + 1);
		events += r.events;
		got = reading_done(&r);
		errors += !strncmp(got, "error", 5);
		free(got);
		free(exact);
	}
	/* both ways out have been seen, often */
	assert_true(events > 500 && errors > 10000);
	print_message("# %u events and %u errors\n", events, errors);
}

/* --- recordings --- */

static char *load(const char *dir, const char *name, size_t *ret_len)
{
	char path[1024], *text = malloc(READING_MAX);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_non_null(text);
	*ret_len = fread(text, 1, READING_MAX - 1, f);
	text[*ret_len] = 0;
	fclose(f);
	return text;
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && !strcmp(name + len - n, suffix);
}

/* The answer to GET_STATE, as SUBSCRIBED would have it. */
static void read_get_state(struct reading *r, const char *text, size_t step)
{
	const char *member = strstr(text, "\"get_state\"");
	char *record = NULL;

	assert_non_null(member);
	assert_true(asprintf(&record, "{\"subscribed\":{%s}", member) > 0);
	reading_record(r, record, strlen(record), step);
	free(record);
}

static char *read_recording(const char *name, const char *text, size_t len, size_t step)
{
	const char *end = text + len;
	struct reading r;

	reading_start(&r);
	if (has_suffix(name, ".recordio")) {
		for (size_t i = 0; i < len; i += step)
			assert_int_equal(
				reading_feed(&r, text + i, len - i < step ? len - i : step), 0);
		assert_int_equal(recordio_finish(&r.records), 0);
	} else if (strstr(name, "getstate")) {
		read_get_state(&r, text, step);
	} else if (has_suffix(name, ".ndjson")) {
		for (const char *p = text, *stop; p < end; p = stop + 1) {
			stop = memchr(p, '\n', (size_t)(end - p));
			stop = stop ? stop : end;
			if (stop > p)
				reading_record(&r, p, (size_t)(stop - p), step);
		}
	} else {
		reading_record(&r, text, len, step);
	}
	return reading_done(&r);
}

static unsigned lines_with(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

/* In every kind of piece the same, without an error, and as many snapshots as there are. */
static void check_recording(const char *name, const char *text, size_t len)
{
	static const char *const types[] = {"\"type\":\"TASK_ADDED\"", "\"type\": \"TASK_ADDED\"",
					    "\"type\":\"TASK_UPDATED\"",
					    "\"type\": \"TASK_UPDATED\""};
	static const size_t steps[] = {1, 13, 333, 4096};
	char *whole = read_recording(name, text, len, len);

	if (strstr(whole, "error: ") || strstr(whole, "dropped: "))
		fail_msg("%s: %s", name, whole);
	if (lines_with(whole, "snapshot") != 1)
		fail_msg("%s: %u snapshots", name, lines_with(whole, "snapshot"));
	if (has_suffix(name, ".ndjson")) {
		/* every event is one of ours or a heartbeat */
		unsigned all = 0;

		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			all += lines_with(text, types[i]);

		assert_int_equal(
			lines_with(whole, "task added ") + lines_with(whole, "task updated "), all);
	}
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char *cut = read_recording(name, text, len, steps[i]);

		if (strcmp(whole, cut))
			fail_msg("%s differs in pieces of %zu", name, steps[i]);
		free(cut);
	}
	free(whole);
}

static void test_recordings(void **state)
{
	const char *shared = getenv("XDNS_SHARED");
	struct dirent *entry;
	char dir[512];
	unsigned n = 0;
	DIR *d;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/streams", shared ? shared : "../shared");
	d = opendir(dir);
	if (!d) {
		print_message("# SKIPPED: no recorded streams, %s does not exist\n", dir);
		skip();
	}
	while ((entry = readdir(d))) {
		size_t len;
		char *text;

		if (!has_suffix(entry->d_name, "json") && !has_suffix(entry->d_name, ".recordio"))
			continue;
		text = load(dir, entry->d_name, &len);
		check_recording(entry->d_name, text, len);
		free(text);
		n++;
	}
	closedir(d);
	assert_true(n >= 16);
	print_message("# %u recorded streams\n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_once),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_recordings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
