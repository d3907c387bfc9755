/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Levelled log on stderr, one line an entry. Modules return errors; the one
 * layer that decides what happens next logs them, once. Control characters in
 * the text are escaped, so that a task name cannot forge a line.
 *
 * Where stderr is the journal's, an entry has its priority and fields to search by instead of time
 * and level in the text (log_journal.h).
 *
 * Levels follow Mesos-DNS's -v: 0 errors and warnings and the few lines an
 * operator needs (notice), 1 info, 2 debug.
 */
#ifndef XDNS_LOG_H
#define XDNS_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Octets of a line. A pipe takes this much in one piece (PIPE_BUF), so lines of threads never mix.
 */
#define LOG_LINE_MAX 4096

/* verbosity as given with -v; may be called again at run time. Thread-safe. */
void log_init(int verbosity);

__attribute__((format(printf, 2, 3))) void log_write(enum log_level level, const char *fmt, ...);

/*
 * The same, with what it is about in a field of the journal, MESOS_XDNS_field: "INTERFACE",
 * "MASTER", "SERIAL".
 */
__attribute__((format(printf, 4, 5))) void log_about(enum log_level level, const char *field,
						     const char *value, const char *fmt, ...);

#define log_error(...)	log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)	log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_notice(...) log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)	log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)	log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
