// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log_journal.h"

/* All there is of state: what is worth writing, and whether the journal reads it. */
static atomic_int threshold = LOG_LEVEL_NOTICE;
static atomic_bool journal;

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warning", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_DEBUG] = "debug",
};

struct line {
	char text[LOG_LINE_MAX];
	size_t len;
	bool cut;
};

void log_init(int verbosity)
{
	int level = LOG_LEVEL_NOTICE;

	if (verbosity == 1)
		level = LOG_LEVEL_INFO;
	else if (verbosity > 1)
		level = LOG_LEVEL_DEBUG;
	atomic_store_explicit(&threshold, level, memory_order_relaxed);
	atomic_store_explicit(&journal, log_journal_here(), memory_order_relaxed);
}

/* Adds all of it or, if there is no room for it and the "..." at the end, nothing more ever. */
static void line_add(struct line *line, const char *text, size_t len)
{
	if (line->cut || line->len + len > sizeof(line->text) - sizeof("...\n")) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/*
 * Octets of the UTF-8 character at text, 0 if it is none: RFC 3629 table
 * 3-7 without overlong forms, surrogates and what lies above U+10FFFF.
 */
static size_t utf8_len(const unsigned char *text, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		len = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		len = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (len > left)
		return 0;
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* C0, DEL, C1, and the separators some viewers break a line at. */
static bool is_control(const unsigned char *text, size_t len)
{
	if (len == 1)
		return text[0] < 0x20 || text[0] == 0x7f;
	if (len == 2)
		return text[0] == 0xc2 && text[1] < 0xa0;
	return len == 3 && text[0] == 0xe2 && text[1] == 0x80 &&
	       (text[2] == 0xa8 || text[2] == 0xa9);
}

static void line_add_escaped(struct line *line, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	while (len > 0 && !line->cut) {
		size_t n = utf8_len(p, len);

		if (n > 0 && !is_control(p, n)) {
			line_add(line, (const char *)p, n);
		} else {
			char hex[5];

			snprintf(hex, sizeof(hex), "\\x%02x", *p);
			line_add(line, *p == '\n' ? "\\n" : hex, *p == '\n' ? 2 : 4);
			n = 1;
		}
		p += n;
		len -= n;
	}
}

static void line_start(struct line *line, enum log_level level)
{
	char stamp[64];
	struct timespec now;
	struct tm tm;
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = snprintf(stamp, sizeof(stamp),
		       "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %s: ", (tm.tm_year + 1900) % 10000,
		       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		       now.tv_nsec / 1000000, level_words[level]);
	line->len = 0;
	line->cut = false;
	line_add(line, stamp, (size_t)len);
}

static void line_end(struct line *line, const char *end)
{
	if (line->cut) {
		memcpy(line->text + line->len, "...", 3);
		line->len += 3;
	}
	memcpy(line->text + line->len, end, strlen(end) + 1);
	line->len += strlen(end);
}

static bool to_journal(enum log_level level, const char *field, const char *value, const char *text,
		       size_t len)
{
	struct line line = {.len = 0};

	line_add_escaped(&line, text, len);
	line_end(&line, "");
	return log_journal_send(level, field, value, line.text);
}

static void to_stderr(enum log_level level, const char *text, size_t len)
{
	struct line line;

	line_start(&line, level);
	line_add_escaped(&line, text, len);
	line_end(&line, "\n");
	while (write(STDERR_FILENO, line.text, line.len) < 0 && errno == EINTR)
		;
}

__attribute__((format(printf, 4, 0))) static void write_entry(enum log_level level,
							      const char *field, const char *value,
							      const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX];
	int saved = errno, len;

	if ((int)level > atomic_load_explicit(&threshold, memory_order_relaxed))
		return;
	len = vsnprintf(text, sizeof(text), fmt, ap);
	if (len < 0)
		len = snprintf(text, sizeof(text), "(a message that cannot be formatted)");
	else if ((size_t)len >= sizeof(text))
		len = sizeof(text) - 1;
	if (!atomic_load_explicit(&journal, memory_order_relaxed) ||
	    !to_journal(level, field, value, text, (size_t)len))
		to_stderr(level, text, (size_t)len);
	errno = saved;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_entry(level, NULL, NULL, fmt, ap);
	va_end(ap);
}

void log_about(enum log_level level, const char *field, const char *value, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_entry(level, field, value, fmt, ap);
	va_end(ap);
}
