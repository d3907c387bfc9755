// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The same cluster as a state document and as an event stream is the same struct cluster: over
 * whatever to_stream.py makes of every document there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "event_reading.h"
#include "state.h"
#include "task_pack.h"
#include "util.h"

#define SEEDS	"6"
#define COMMAND "python3 tests/golden/to_stream.py --corpus " SEEDS
/* Documents of the repository that are JSON objects, and fewer than all streams of them. */
#define OWN_STREAMS 300

/* --- a model of the events, as simple as can be: lists that are searched --- */

struct model_task {
	char *framework;
	struct task *task;
};

struct model {
	struct agent *agents;
	struct framework *frameworks;
	struct model_task *tasks;
	size_t agents_count, agents_cap, frameworks_count, frameworks_cap, tasks_count, tasks_cap;
	unsigned unknown; /* updates of tasks that are not there */
};

static void remove_task(struct model *m, size_t i)
{
	cluster_task_free(m->tasks[i].task);
	free(m->tasks[i].framework);
	m->tasks[i] = m->tasks[--m->tasks_count];
}

/* Takes the task over; one with the same id goes. */
static void put_task(struct model *m, const char *framework, struct task *t)
{
	for (size_t i = 0; i < m->tasks_count; i++) {
		if (!strcmp(m->tasks[i].framework, framework) &&
		    !strcmp(m->tasks[i].task->id, t->id)) {
			remove_task(m, i);
			break;
		}
	}
	assert_int_equal(
		array_reserve(&m->tasks, &m->tasks_cap, m->tasks_count + 1, sizeof(*m->tasks)), 0);
	m->tasks[m->tasks_count++] = (struct model_task){strdup(framework), t};
}

static void update_task(struct model *m, const struct event *e)
{
	for (size_t i = 0; i < m->tasks_count; i++) {
		struct model_task *old = &m->tasks[i];
		struct task *new;

		if (strcmp(old->framework, e->framework_id) ||
		    strcmp(old->task->id, e->task->id) != 0)
			continue;
		if (e->task->phase == TASK_ENDED) {
			remove_task(m, i);
			return;
		}
		assert_int_equal(task_with_status(old->task, e, &new), 0);
		cluster_task_free(old->task);
		old->task = new;
		return;
	}
	/* a task that has ended may be added as such: there is nothing to be done */
	m->unknown += e->task->phase != TASK_ENDED;
}

static void put_agent(struct model *m, struct agent *a)
{
	for (size_t i = 0; i < m->agents_count; i++) {
		if (!strcmp(m->agents[i].id, a->id)) {
			cluster_agent_done(&m->agents[i]);
			m->agents[i] = *a;
			return;
		}
	}
	assert_int_equal(
		array_reserve(&m->agents, &m->agents_cap, m->agents_count + 1, sizeof(*m->agents)),
		0);
	m->agents[m->agents_count++] = *a;
}

static void put_framework(struct model *m, struct framework *f)
{
	for (size_t i = 0; i < m->frameworks_count; i++) {
		if (!strcmp(m->frameworks[i].id, f->id)) {
			cluster_framework_done(&m->frameworks[i]);
			m->frameworks[i] = *f;
			return;
		}
	}
	assert_int_equal(array_reserve(&m->frameworks, &m->frameworks_cap, m->frameworks_count + 1,
				       sizeof(*m->frameworks)),
			 0);
	m->frameworks[m->frameworks_count++] = *f;
}

static void remove_agent(struct model *m, const char *id)
{
	for (size_t i = m->tasks_count; i > 0; i--)
		if (!strcmp(m->tasks[i - 1].task->agent_id, id))
			remove_task(m, i - 1);
	for (size_t i = 0; i < m->agents_count; i++) {
		if (!strcmp(m->agents[i].id, id)) {
			cluster_agent_done(&m->agents[i]);
			m->agents[i] = m->agents[--m->agents_count];
			return;
		}
	}
}

static void remove_framework(struct model *m, const char *id)
{
	for (size_t i = m->tasks_count; i > 0; i--)
		if (!strcmp(m->tasks[i - 1].framework, id))
			remove_task(m, i - 1);
	for (size_t i = 0; i < m->frameworks_count; i++) {
		if (!strcmp(m->frameworks[i].id, id)) {
			cluster_framework_done(&m->frameworks[i]);
			m->frameworks[i] = m->frameworks[--m->frameworks_count];
			return;
		}
	}
}

static void take_cluster(struct model *m, struct cluster *c)
{
	for (size_t i = 0; i < c->agents_count; i++)
		put_agent(m, &c->agents[i]);
	c->agents_count = 0;
	for (size_t i = 0; i < c->frameworks_count; i++) {
		struct framework *f = &c->frameworks[i];

		for (size_t k = 0; k < f->tasks_count; k++)
			put_task(m, f->id, f->tasks[k]);
		f->tasks_count = 0;
		put_framework(m, f);
	}
	c->frameworks_count = 0;
}

static void apply(void *ctx, struct event *e)
{
	struct model *m = ctx;

	assert_true(e->received_ns > 0);
	switch (e->kind) {
	case EVENT_SNAPSHOT:
		assert_true(e->snapshot->stream);
		take_cluster(m, e->snapshot);
		break;
	case EVENT_TASK_ADDED:
		assert_int_not_equal(e->task->phase, TASK_ENDED);
		put_task(m, e->framework_id, TAKE_PTR(e->task));
		break;
	case EVENT_TASK_UPDATED:
		update_task(m, e);
		break;
	case EVENT_AGENT_ADDED:
		put_agent(m, e->agent);
		free(TAKE_PTR(e->agent));
		break;
	case EVENT_AGENT_REMOVED:
		remove_agent(m, e->id);
		break;
	case EVENT_FRAMEWORK_REMOVED:
		remove_framework(m, e->id);
		break;
	default:
		put_framework(m, e->framework);
		free(TAKE_PTR(e->framework));
	}
	event_free(e);
}

static void model_done(struct model *m)
{
	while (m->tasks_count > 0)
		remove_task(m, m->tasks_count - 1);
	for (size_t i = 0; i < m->agents_count; i++)
		cluster_agent_done(&m->agents[i]);
	for (size_t i = 0; i < m->frameworks_count; i++)
		cluster_framework_done(&m->frameworks[i]);
	free(m->tasks);
	free(m->agents);
	free(m->frameworks);
}

/* What both sources must agree on, a line each, sorted. */
static char *model_text(const struct model *m)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	for (size_t i = 0; i < m->agents_count; i++) {
		const struct agent *a = &m->agents[i];

		fprintf(f, "agent %s %s:%u", a->id, a->host, a->port);
		dump_addresses(f, "at", a->addresses, a->addresses_count);
		fprintf(f, "\n");
	}
	for (size_t i = 0; i < m->frameworks_count; i++)
		fprintf(f, "framework %s %s\n", m->frameworks[i].id, m->frameworks[i].name);
	for (size_t i = 0; i < m->tasks_count; i++) {
		const struct task *t = m->tasks[i].task;

		if (t->phase != TASK_RUNNING)
			continue;
		fprintf(f, "%s %016" PRIx64 " %.6f", m->tasks[i].framework, t->digest,
			t->status_time);
		dump_task(f, t);
	}
	fclose(f);
	return text;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names may hold line feeds: pieces of them are sorted, too, on both sides alike. */
static char *sorted(char *text)
{
	size_t count = 0, cap = 0, len = strlen(text), n = 0;
	char **lines = NULL, *out = malloc(len + 2), *rest = text;

	assert_non_null(out);
	for (char *line; (line = strsep(&rest, "\n"));) {
		assert_int_equal(array_reserve(&lines, &cap, count + 1, sizeof(*lines)), 0);
		lines[count++] = line;
	}
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		n += (size_t)sprintf(out + n, "%s\n", lines[i]);
	free(lines);
	free(text);
	return out;
}

static char *text_of_state(const char *text, size_t len, struct cluster_skipped *ret_skipped)
{
	static const struct state_resolver resolver = {reading_resolve, NULL};
	struct model m = {0};
	struct cluster *c = NULL;
	struct state *s;
	char *out;

	assert_int_equal(state_new(READING_MAX, &resolver, &s), 0);
	if (state_feed(s, text, len) < 0 || state_end(s) < 0 || state_finish(s, &c) < 0)
		fail_msg("%s", state_error(s));
	state_free(s);
	*ret_skipped = c->skipped;
	take_cluster(&m, c);
	cluster_free(c);
	out = model_text(&m);
	model_done(&m);
	return sorted(out);
}

/* Tasks that neither source can use are updated all the same. */
static char *text_of_stream(const char *text, size_t len, size_t step, bool unknown)
{
	struct model m = {0};
	struct reading r;
	char *out, *log;

	reading_start(&r);
	r.take = apply;
	r.ctx = &m;
	for (size_t i = 0; i < len; i += step)
		if (reading_feed(&r, text + i, len - i < step ? len - i : step) < 0)
			break;
	assert_int_equal(recordio_finish(&r.records), 0);
	log = reading_done(&r);
	if (strstr(log, "error: "))
		fail_msg("%s", strstr(log, "error: "));
	assert_true(m.unknown == 0 || unknown);
	free(log);
	out = model_text(&m);
	model_done(&m);
	return sorted(out);
}

/* The first line in which they differ. */
static void fail_difference(const char *name, int seed, const char *state, const char *stream)
{
	while (*state && !strncmp(state, stream, strcspn(state, "\n") + 1)) {
		stream += strcspn(state, "\n") + 1;
		state += strcspn(state, "\n") + 1;
	}
	fail_msg("%s, seed %d:\nstate:  %.*s\nstream: %.*s", name, seed, (int)strcspn(state, "\n"),
		 state, (int)strcspn(stream, "\n"), stream);
}

static unsigned tasks_seen;

static void check(const char *name, int seed, const char *document, size_t document_len,
		  const char *records, size_t records_len)
{
	struct cluster_skipped skipped;
	char *state = text_of_state(document, document_len, &skipped);
	char *stream =
		text_of_stream(records, records_len, seed < 0 ? 4096 : 997, skipped.tasks > 0);

	if (strcmp(state, stream))
		fail_difference(name, seed, state, stream);
	for (const char *p = state; (p = strstr(p, "  task id=")); p++)
		tasks_seen++;
	free(state);
	free(stream);
}

static void test_same_cluster(void **state)
{
	FILE *f = popen(COMMAND, "r");
	unsigned long document_len, records_len;
	unsigned streams = 0, others = 0;
	char name[256];
	int seed;

	(void)state;
	assert_non_null(f);
	tasks_seen = 0;
	while (fscanf(f, "%255s %d %lu %lu", name, &seed, &document_len, &records_len) == 4) {
		char *text = malloc(document_len + records_len + 1);

		assert_non_null(text);
		assert_int_equal(fgetc(f), '\n');
		assert_int_equal(fread(text, 1, document_len + records_len, f),
				 document_len + records_len);
		check(name, seed, text, document_len, text + document_len, records_len);
		free(text);
		streams++;
		others += strncmp(name, "synth-", 6) != 0;
	}
	assert_int_equal(pclose(f), 0);
	assert_true(streams > OWN_STREAMS && tasks_seen > 5000);
	print_message("# %u streams of %u tasks in all\n", streams, tasks_seen);
	if (others == 0)
		print_message("# SKIPPED: the state documents of other projects in $XDNS_SHARED\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_cluster)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
