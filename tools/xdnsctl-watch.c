// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The zone's changes as they come, from /v1/watch; goes on where it was when the stream breaks. */
#include "xdnsctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

#define LINE_MAX_OCTETS ((size_t)4 << 20) /* of one event; the daemon's are below 2 MiB */
#define AGAIN_S		1
#define NAME_CHARS	"-_.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct stream {
	bool json, seen; /* seen: it was open once */
	char *line;
	size_t len, room;
	char id[64]; /* of the last event that was printed */
	char next_id[64];
	char *data;
};

static bool has(const json_t *list, const char *text)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (!strcmp(json_string_value(value), text))
			return true;
	return false;
}

/* What is in one list and not in the other. */
static void print_rest(const json_t *list, const json_t *other, char sign)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (!has(other, json_string_value(value)))
			printf(" %c%s", sign, json_string_value(value));
}

static void print_event(const struct stream *s, const char *text)
{
	json_t *event = json_loads(text, 0, NULL);
	const char *name = NULL, *type = NULL, *reason = NULL;
	json_t *old = NULL, *new = NULL;
	json_int_t serial = 0;

	if (event && s->json)
		puts(text);
	else if (event && !json_unpack(event, "{s:I, s:s}", "serial", &serial, "reason", &reason))
		printf("# serial %" PRId64 ": %s\n", (int64_t)serial,
		       strcmp(reason, "lost") ? "changes from here on"
					      : "changes before it were lost");
	else if (event && !json_unpack(event, "{s:I, s:s, s:s, s:o, s:o}", "serial", &serial,
				       "name", &name, "type", &type, "old", &old, "new", &new)) {
		printf("%" PRId64 " %s %s", (int64_t)serial, name, type);
		print_rest(old, new, '-');
		print_rest(new, old, '+');
		putchar('\n');
	}
	json_decref(event);
}

/* A whole line of the stream; an empty one ends an event. */
static void take_line(struct stream *s, const char *line)
{
	if (!strncmp(line, "id: ", 4)) {
		snprintf(s->next_id, sizeof(s->next_id), "%s", line + 4);
	} else if (!strncmp(line, "data: ", 6)) {
		free(s->data);
		s->data = strdup(line + 6);
	} else if (!*line) {
		if (s->data)
			print_event(s, s->data);
		free(TAKE_PTR(s->data));
		memcpy(s->id, s->next_id, sizeof(s->id));
		s->seen = true;
	}
}

/* Fewer octets than there were end the transfer. */
static size_t take(char *data, size_t size, size_t count, void *ctx)
{
	struct stream *s = ctx;

	for (size_t i = 0; i < size * count; i++) {
		if (s->len + 1 >= s->room) {
			size_t room = s->room ? 2 * s->room : 4096;
			char *bigger = room > LINE_MAX_OCTETS ? NULL : realloc(s->line, room);

			if (!bigger)
				return 0;
			s->line = bigger;
			s->room = room;
		}
		if (data[i] != '\n') {
			s->line[s->len++] = data[i];
			continue;
		}
		s->line[s->len] = '\0';
		s->len = 0;
		take_line(s, s->line);
	}
	return fflush(stdout) ? 0 : size * count;
}

/* Until it is of no use to try again. */
static int follow(const struct ctl *c, struct stream *s, const char *path)
{
	char error[CTL_API_ERROR_MAX], header[100];
	int r;

	for (;;) {
		snprintf(header, sizeof(header), "Last-Event-ID: %s", s->id);
		r = ctl_api_follow(c, path, *s->id ? header : NULL, take, s, error);
		if (ferror(stdout))
			return ctl_fail("the output cannot be written");
		if (r == -EINVAL || r == -ENOMEM || (r && !s->seen))
			return ctl_fail("%s", *error ? error : strerror(-r));
		fprintf(stderr, "xdnsctl: %s; asking again\n", *error ? error : "the stream ended");
		s->len = 0;
		free(TAKE_PTR(s->data));
		sleep(AGAIN_S);
	}
}

int ctl_watch(const struct ctl *c, int argc, char **argv)
{
	struct stream s = {.json = c->json};
	char path[512];
	int status;

	for (int i = 0; i < argc; i++)
		if (!*argv[i] || argv[i][strspn(argv[i], NAME_CHARS)] || strlen(argv[i]) > 255)
			return ctl_fail("\"%s\" is no name of the cluster's, or no type", argv[i]);
	snprintf(path, sizeof(path), "/v1/watch%s%s%s%s", argc ? "?name=" : "", argc ? argv[0] : "",
		 argc > 1 ? "&type=" : "", argc > 1 ? argv[1] : "");
	status = follow(c, &s, path);
	free(s.line);
	free(s.data);
	return status;
}
