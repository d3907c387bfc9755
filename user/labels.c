// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "labels.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#include "util.h"

#define RFC952_MAX 24

/* The character a label gets for c; 0 drops it (as every octet of a non-ASCII character). */
static char label_char(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + ('a' - 'A'));
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return c;
	return c == '-' || c == '.' || c == '_' ? '-' : 0;
}

static bool label_skips_at_start(char c, bool rfc952)
{
	return c == '-' || (rfc952 && c >= '0' && c <= '9');
}

static unsigned char_change(char from, char to)
{
	if (!to)
		return 1U << LABEL_BIT_DROPPED;
	if (from == to)
		return 0;
	return 1U << (to == '-' ? LABEL_BIT_DASHES : LABEL_BIT_LOWERED);
}

/*
 * A label that would end in dashes is filled up with what follows them: "head" is the
 * first max characters without the dashes at their end, "tail" what comes after without those at
 * its start. Names that Mesos-DNS cut so are in use, so the odd rule stays.
 */
static size_t label_make(const char *text, size_t len, bool rfc952, char *ret, unsigned *changes)
{
	size_t max = rfc952 ? RFC952_MAX : LABEL_MAX;
	size_t head = 0, size, kept, i;
	unsigned done = 0;
	char c;

	for (i = 0; i < len && head < max; i++) {
		c = label_char(text[i]);
		done |= char_change(text[i], c);
		if (c && (head || !label_skips_at_start(c, rfc952)))
			ret[head++] = c;
		else if (c)
			done |= 1U << LABEL_BIT_START;
	}
	size = head;
	while (head && ret[head - 1] == '-')
		head--;
	if (head < size)
		done |= 1U << LABEL_BIT_END;
	for (kept = head; i < len && head < size; i++) {
		c = label_char(text[i]);
		done |= char_change(text[i], c);
		if (c && (head > kept || c != '-'))
			ret[head++] = c;
	}
	if (i < len)
		done |= 1U << LABEL_BIT_CUT;
	*changes |= done;
	return head;
}

size_t label_from_text(const char *text, bool rfc952, char ret[LABEL_BUF], unsigned *changes)
{
	unsigned unwanted = 0;
	size_t n = label_make(text, strlen(text), rfc952, ret, changes ? changes : &unwanted);

	ret[n] = '\0';
	return n;
}

int label_fragments(const char *text, bool rfc952, char ret[LABEL_FRAGMENTS_BUF], unsigned *changes)
{
	char out[LABEL_FRAGMENTS_BUF], label[LABEL_BUF];
	unsigned done = 0;
	size_t len = 0;

	for (;;) {
		size_t part = strcspn(text, ".");
		size_t n = label_make(text, part, rfc952, label, &done);

		if (len + n + 2 > sizeof(out))
			return -ENAMETOOLONG;
		if (!n)
			done |= 1U << LABEL_BIT_EMPTY;
		if (n && len)
			out[len++] = '.';
		memcpy(out + len, label, n);
		len += n;
		if (!text[part])
			break;
		text += part + 1;
	}
	memcpy(ret, out, len);
	ret[len] = '\0';
	if (changes)
		*changes |= done;
	return (int)len;
}

struct label_hasher {
	EVP_MD *sha1; /* looked up once: it costs more than the hash of a task's id */
	EVP_MD_CTX *ctx;
};

struct label_hasher *label_hasher_free(struct label_hasher *h)
{
	if (h) {
		EVP_MD_CTX_free(h->ctx);
		EVP_MD_free(h->sha1);
		free(h);
	}
	return NULL;
}

int label_hasher_new(struct label_hasher **ret)
{
	struct label_hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (!h->sha1 || !h->ctx) {
		label_hasher_free(h);
		return -EIO;
	}
	*ret = h;
	return 0;
}

int label_hash(struct label_hasher *h, const char *text, char ret[LABEL_HASH_LEN + 1])
{
	static const char alphabet[] = "ybndrfg8ejkmcpqxot1uwisza345h769";
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint32_t bits;

	if (!EVP_DigestInit_ex2(h->ctx, h->sha1, NULL) ||
	    !EVP_DigestUpdate(h->ctx, text, strlen(text)) ||
	    !EVP_DigestFinal_ex(h->ctx, digest, NULL))
		return -EIO;
	bits = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
	       digest[3];
	for (int i = 0; i < LABEL_HASH_LEN; i++, bits <<= 5)
		ret[i] = alphabet[bits >> 27];
	ret[LABEL_HASH_LEN] = '\0';
	return 0;
}
