/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From the names frameworks and tasks were given to DNS labels, as Mesos-DNS
 * does it: RFC 1123 labels of up to 63 characters, or with EnforceRFC952 up to
 * 24 that start with a letter. The result holds only a-z, 0-9 and '-'.
 */
#ifndef XDNS_LABELS_H
#define XDNS_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#define LABEL_MAX	    63
#define LABEL_BUF	    (LABEL_MAX + 1)
#define LABEL_FRAGMENTS_BUF 256 /* more than a domain name can hold */
#define LABEL_HASH_LEN	    5

/* What was done to a text to make labels of it. X(ID, what) */
#define LABEL_CHANGES(X)                                                                           \
	X(LOWERED, "letters lowered")                                                              \
	X(DASHES, "dots and underscores are dashes")                                               \
	X(DROPPED, "other characters dropped")                                                     \
	X(START, "what no label starts with dropped")                                              \
	X(END, "dashes at the end dropped")                                                        \
	X(CUT, "cut to the longest label")                                                         \
	X(EMPTY, "empty labels left out")

enum {
#define X(id, what) LABEL_BIT_##id,
	LABEL_CHANGES(X)
#undef X
		LABEL_BITS
};

/*
 * The whole text as one label (dots become dashes). May be empty; ends in a
 * NUL. Returns its length. changes: the LABEL_BITs of what was done to it are added; may be NULL.
 */
size_t label_from_text(const char *text, bool rfc952, char ret[LABEL_BUF], unsigned *changes);

/*
 * Each dot-separated part as a label, empty ones left out, joined with dots.
 * Returns the length, or -ENAMETOOLONG if the result does not fit (no domain
 * name could carry it).
 */
int label_fragments(const char *text, bool rfc952, char ret[LABEL_FRAGMENTS_BUF],
		    unsigned *changes);

/* Computes the labels that tell tasks of one name apart. Not thread-safe. */
struct label_hasher;

/*
 * -EIO: libcrypto fails. The first call sets libcrypto up, and if that fails, every later one does,
 * too: whoever starts a program makes one.
 */
int label_hasher_new(struct label_hasher **ret);
struct label_hasher *label_hasher_free(struct label_hasher *h);

/* The first characters of zbase32(sha1(text)), NUL-terminated; -EIO if libcrypto fails. */
int label_hash(struct label_hasher *h, const char *text, char ret[LABEL_HASH_LEN + 1]);

#endif
