// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "script.h"

#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int read_line(struct script *s)
{
	if (!fgets(s->line, sizeof(s->line), s->out)) {
		s->line[0] = 0;
		return -1;
	}
	s->line[strcspn(s->line, "\n")] = 0;
	return 0;
}

int script_start(struct script *s, const char *path)
{
	int to[2], from[2];

	if (pipe(to) < 0 || pipe(from) < 0)
		return -1;
	s->pid = fork();
	if (s->pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		close(to[1]);
		close(from[0]);
		execlp("python3", "python3", path, NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	s->in = fdopen(to[1], "w");
	s->out = fdopen(from[0], "r");
	if (s->in && s->out && read_line(s) == 0)
		return 0;
	fprintf(stderr, "%s did not start: run this from the top of the repository\n", path);
	return -1;
}

const char *script_tell(struct script *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(s->in, fmt, args);
	va_end(args);
	fputc('\n', s->in);
	fflush(s->in);
	read_line(s);
	return s->line;
}

void script_stop(struct script *s)
{
	fclose(s->in);
	fclose(s->out);
	waitpid(s->pid, NULL, 0);
}

unsigned script_count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}
