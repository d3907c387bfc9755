// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "log_journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

/* Our own source lines are no help to an operator. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define PREFIX	       "MESOS_XDNS_"
#define PART_MAX       20
#define VALUE_MAX      320

/* Given on by a shell or a supervisor, the variable may speak of another stderr. */
bool log_journal_here(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uint64_t dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%" SCNu64 ":%" SCNu64, &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino &&
	       access(JOURNAL_SOCKET, W_OK) == 0;
}

static int priority(enum log_level level)
{
	static const int priorities[] = {
		[LOG_LEVEL_ERROR] = LOG_ERR,	 [LOG_LEVEL_WARN] = LOG_WARNING,
		[LOG_LEVEL_NOTICE] = LOG_NOTICE, [LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};

	return priorities[level];
}

/* Octets of the word before the first colon; 0: the text does not begin so. */
static int part_len(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz");

	return text[len] == ':' && text[len + 1] == ' ' ? (int)len : 0;
}

bool log_journal_send(enum log_level level, const char *field, const char *value, const char *text)
{
	char number[sizeof("PRIORITY=0")], message[sizeof("MESSAGE=") + LOG_LINE_MAX];
	char part[sizeof(PREFIX "PART=") + PART_MAX], about[sizeof(PREFIX) + VALUE_MAX];
	int len = part_len(text), n = 2;
	struct iovec iov[4];

	snprintf(number, sizeof(number), "PRIORITY=%d", priority(level));
	iov[0] = (struct iovec){number, strlen(number)};
	snprintf(message, sizeof(message), "MESSAGE=%s", text);
	iov[1] = (struct iovec){message, strlen(message)};
	if (len > 0 && len <= PART_MAX) {
		snprintf(part, sizeof(part), PREFIX "PART=%.*s", len, text);
		iov[n++] = (struct iovec){part, strlen(part)};
	}
	if (field) {
		snprintf(about, sizeof(about), PREFIX "%s=%s", field, value);
		iov[n++] = (struct iovec){about, strlen(about)};
	}
	return sd_journal_sendv(iov, n) >= 0;
}
