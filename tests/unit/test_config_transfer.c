// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Who may have the zone, and the keys: what is taken, what is refused, and what is never shown. */
#include "config_rows.h"

#include <sys/stat.h>
#include <unistd.h>

#define SECRET "MDEyMzQ1Njc4OWFiY2RlZg==" /* 0123456789abcdef */
#define KEY    "\"tsigKeys\": [{\"name\": \"Xfr.Key\", \"secretFile\": \"secret\"}]"
#define ALLOWED_KEYS                                                                               \
	"; allowed: a list of objects: name, algorithm (hmac-sha256 if not given) and secretFile"
#define ALLOWED_TRANSFER                                                                           \
	"; allowed: a list of objects: address (IP or IP/PREFIX), and if need be port, key, "      \
	"notify"

static char dir[] = "/tmp/xdns-test-transfer-XXXXXX";

static void write_secret(const char *text, mode_t mode)
{
	FILE *f = fopen("secret", "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod("secret", mode), 0);
}

static struct config *parsed(const char *members)
{
	struct config *cfg = NULL;
	char *error = NULL;

	if (parse(members, &cfg, &error) != 0)
		fail_msg("%s: %s", members, error);
	return cfg;
}

static void check_error(const char *members, const char *want)
{
	struct config *cfg = NULL;
	char *error = NULL;

	if (parse(members, &cfg, &error) != -EINVAL)
		fail_msg("taken: %s", members);
	assert_string_equal(error + strlen(PREFIX), want);
	free(error);
}

static void test_refused(void **state)
{
	static const struct {
		const char *members, *error;
	} rows[] = {
		{"\"transfer\": {}", "transfer = {}: is an object" ALLOWED_TRANSFER},
		{"\"transfer\": [5]", "transfer = [5]: element 1 is an integer" ALLOWED_TRANSFER},
		{"\"transfer\": [{}]", "transfer = [{}]: address is missing" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": 1}]",
		 "transfer = [{\"address\": 1}]: address is an integer" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": \"ns.example\"}]",
		 "transfer = \"ns.example\": not a network" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": \"10.0.0.0/33\"}]",
		 "transfer = \"10.0.0.0/33\": not a length of a prefix" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": \"10.0.0.0/\"}]",
		 "transfer = \"10.0.0.0/\": not a length of a prefix" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": \"10.0.0.1/24\"}]",
		 "transfer = \"10.0.0.1/24\": has bits set behind its prefix" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": \"10.0.0.0/24\", \"notify\": true}]",
		 "transfer = [{\"address\": \"10.0.0.0/24\", \"notify\": true}]: notify for a "
		 "prefix: only an address can be told" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": \"::1\", \"port\": 0}]",
		 "transfer = [{\"address\": \"::1\", \"port\": 0}]: port is out of "
		 "range" ALLOWED_TRANSFER},
		{"\"transfer\": [{\"address\": \"::1\", \"key\": \"k\"}]",
		 "transfer = \"k\": tsigKeys has no such key" ALLOWED_TRANSFER},
		{"\"tsigKeys\": [{\"name\": \"k\"}]",
		 "tsigKeys = [{\"name\": \"k\"}]: secretFile is missing" ALLOWED_KEYS},
		{"\"tsigKeys\": [{\"name\": \"a..b\", \"secretFile\": \"secret\"}]",
		 "tsigKeys = \"a..b\": not a domain name" ALLOWED_KEYS},
		{"\"tsigKeys\": [{\"name\": \"k\", \"algorithm\": \"md5\", \"secretFile\": "
		 "\"secret\"}]",
		 "tsigKeys = \"md5\": not an algorithm: hmac-sha1, -sha224, -sha256, -sha384 or "
		 "-sha512" ALLOWED_KEYS},
		{"\"tsigKeys\": [{\"name\": \"k\", \"secretFile\": \"secret\"}, {\"name\": \"K.\", "
		 "\"secretFile\": \"secret\"}]",
		 "tsigKeys = \"K.\": given twice" ALLOWED_KEYS},
		{"\"tsigKeys\": [{\"name\": \"k\", \"secretFile\": \"/x\"}]",
		 "tsigKeys = \"/x\": No such file or directory" ALLOWED_KEYS},
	};

	(void)state;
	write_secret(SECRET "\n", 0600);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_error(rows[i].members, rows[i].error);
}

static void test_secrets(void **state)
{
	static const struct {
		const char *text, *why;
		mode_t mode;
	} rows[] = {
		{SECRET, "its mode is 0644: others may read it, or its group write it", 0644},
		{SECRET, "its mode is 0620: others may read it, or its group write it", 0620},
		{"", "not one secret in base64", 0600},
		{"MDEyMzQ1Njc4OWFiY2RlZg=", "not one secret in base64", 0600},
		{SECRET " " SECRET, "not one secret in base64", 0600},
		{"key: " SECRET, "not one secret in base64", 0600},
		{"MDEyMzQ1Njc4OWFiY2Rl", "a secret of another length than 16 to 512 octets", 0600},
	};
	char want[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		write_secret(rows[i].text, rows[i].mode);
		snprintf(want, sizeof(want), "tsigKeys = \"secret\": %s" ALLOWED_KEYS, rows[i].why);
		check_error(KEY, want);
	}
}

static void test_taken(void **state)
{
	struct config *cfg;

	(void)state;
	write_secret(SECRET "\n", 0640);
	cfg = parsed("\"transfer\": [{\"address\": \"10.0.0.1\", \"Key\": \"XFR.key.\", \"port\": "
		     "5353}, {\"address\": \"fd00::/8\"}], " KEY);
	assert_int_equal(cfg->tsig_keys_count, 1);
	assert_int_equal(cfg->tsig_keys[0].algorithm, TSIG_SHA256);
	assert_int_equal(cfg->tsig_keys[0].secret_len, 16);
	assert_memory_equal(cfg->tsig_keys[0].secret, "0123456789abcdef", 16);
	assert_memory_equal(cfg->tsig_keys[0].name, "\3xfr\3key", 9);
	assert_int_equal(cfg->secondaries_count, 2);
	assert_int_equal(cfg->secondaries[0].key, 0);
	assert_int_equal(cfg->secondaries[0].port, 5353);
	assert_true(cfg->secondaries[0].notify);
	assert_int_equal(cfg->secondaries[1].key, -1);
	assert_int_equal(cfg->secondaries[1].prefix, 8);
	assert_false(cfg->secondaries[1].notify);
	config_free(cfg);
}

/* In no text that anybody sees. */
static void test_not_shown(void **state)
{
	struct config *cfg;

	(void)state;
	write_secret(SECRET "\n", 0600);
	cfg = parsed(KEY);
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		char *text;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		config_print_value(&config_keys[i], cfg, out);
		fclose(out);
		assert_null(strstr(text, "0123456789abcdef"));
		assert_null(strstr(text, SECRET));
		if (i == KEY_TSIG_KEYS)
			assert_string_equal(text, "[xfr.key. hmac-sha256 secret]");
		free(text);
	}
	config_free(cfg);
}

/* A secret is changed under the name it had. */
static void test_reread(void **state)
{
	struct config *old, *fresh;
	struct config_changes c;

	(void)state;
	write_secret(SECRET "\n", 0600);
	old = parsed(KEY);
	write_secret(SECRET, 0600);
	fresh = parsed(KEY);
	assert_int_equal(config_compare(old, fresh, &c), 0);
	config_free(fresh);
	write_secret("MTEyMzQ1Njc4OWFiY2RlZg==\n", 0600);
	fresh = parsed(KEY);
	assert_int_equal(config_compare(old, fresh, &c), 1);
	assert_string_equal(c.live[0], "tsigKeys");
	assert_int_equal(c.classes, CONFIG_TRANSFER);
	config_free(fresh);
	config_free(old);
}

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chdir(dir) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink("secret");
	return chdir("/") < 0 || rmdir(dir) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused), cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_taken),	cmocka_unit_test(test_not_shown),
		cmocka_unit_test(test_reread),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
