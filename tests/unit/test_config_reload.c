// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a changed file changes in a running daemon. */
#include "config_rows.h"

#include <unistd.h>

#include "config_reload.h"

#define SOURCE	 CONFIG_SOURCE
#define RECORDS	 CONFIG_RECORDS
#define SERVING	 CONFIG_SERVING
#define TRANSFER CONFIG_TRANSFER
#define XDP	 CONFIG_XDP
#define CLIENTS	 CONFIG_CLIENTS
#define RESTART	 CONFIG_RESTART
#define NOTHING	 0

/* One key each: two values that differ, and what follows. */
static const struct {
	const char *key, *a, *b;
	unsigned classes;
} rows[] = {
	{"masters", "[\"10.0.0.1:5050\"]", "[\"10.0.0.2:5050\"]", SOURCE | RECORDS},
	{"masters", "[\"a:1\", \"b:1\"]", "[\"b:1\", \"a:1\"]", SOURCE | RECORDS},
	{"masters", "[\"a:1\"]", "[\"a:1\", \"b:1\"]", SOURCE | RECORDS},
	{"zk", "\"zk://a:1/m\"", "\"zk://b:1/m\"", SOURCE},
	{"zk", "\"zk://u:p@a:1/m\"", "\"zk://u:q@a:1/m\"", SOURCE},
	{"zkDetectionTimeout", "1", "2", SOURCE},
	{"refreshSeconds", "1", "2", SOURCE},
	{"stateTimeoutSeconds", "1", "2", SOURCE},
	{"stateMaxBytes", "4294967297", "1", SOURCE},
	{"eventStreamOn", "true", "false", SOURCE},
	{"reconcileSeconds", "0", "1", SOURCE},
	{"failoverHoldSeconds", "600", "0", SOURCE},
	{"mesosHTTPSOn", "false", "true", SOURCE},
	{"mesosCredentials", "{\"principal\": \"p\", \"secret\": \"a\"}",
	 "{\"principal\": \"p\", \"secret\": \"b\"}", SOURCE},
	{"mesosCredentials", "{\"principal\": \"p\"}", "{\"principal\": \"q\"}", SOURCE},
	{"SRVRecordDefaultWeight", "1", "2", RECORDS},
	{"IPSources", "[\"host\", \"mesos\"]", "[\"mesos\", \"host\"]", RECORDS},
	{"IPSources", "[\"host\"]", "[\"host\", \"mesos\"]", RECORDS},
	{"enforceRFC952", "false", "true", RECORDS},
	{"reverseDnsOn", "false", "true", RECORDS | SERVING},
	{"externalOn", "true", "false", SERVING},
	{"timeout", "5", "6", SERVING},
	{"timeout", "0", "5", NOTHING},
	{"resolvers", "[\"192.0.2.1\"]", "[\"192.0.2.2\"]", SERVING},
	{"resolvers", "[\"192.0.2.1\"]", "[\"192.0.2.1:54\"]", SERVING},
	{"resolvers", "[\"192.0.2.1\"]", "[\"192.0.2.1:53\"]", NOTHING},
	{"resolvers", "[\"192.0.2.1\"]", "[\"192.0.2.1\", \"192.0.2.2\"]", SERVING},
	{"zoneResolvers", "{\"a\": [\"192.0.2.1\"]}", "{\"a\": [\"192.0.2.2\"]}", SERVING},
	{"zoneResolvers", "{\"a\": [\"192.0.2.1\"]}", "{\"b\": [\"192.0.2.1\"]}", SERVING},
	{"zoneResolvers", "{\"a\": [\"192.0.2.1\"]}", "{}", SERVING},
	{"zoneResolvers", "{\"a\": [\"192.0.2.1\"]}", "{\"A\": [\"192.0.2.1:53\"]}", NOTHING},
	{"cookies", "true", "false", SERVING},
	{"nsid", "\"a\"", "\"b\"", SERVING},
	{"nsid", "\"\"", "\"hostname\"", SERVING},
	{"transfer", "[]", "[{\"address\": \"192.0.2.1\"}]", TRANSFER},
	{"transfer", "[{\"address\": \"192.0.2.1\"}]", "[{\"address\": \"192.0.2.2\"}]", TRANSFER},
	{"transfer", "[{\"address\": \"192.0.2.0/24\"}]", "[{\"address\": \"192.0.2.0/25\"}]",
	 TRANSFER},
	{"transfer", "[{\"address\": \"192.0.2.1\"}]",
	 "[{\"address\": \"192.0.2.1/32\", \"port\": 53, \"notify\": true}]", NOTHING},
	{"transfer", "[{\"address\": \"::1\"}]", "[{\"address\": \"::1\", \"notify\": false}]",
	 TRANSFER},
	{"xdpInterfaces", "[\"eth0\"]", "[\"eth1\"]", XDP},
	{"xdpInterfaces", "[\"eth0\"]", "[]", XDP},
	{"xdpMode", "\"auto\"", "\"generic\"", XDP},
	{"xdpMemory", "0", "10", XDP},
	{"xdpKeepServing", "false", "true", XDP},
	{"responsesPerSecond", "0", "10", CLIENTS},
	{"responsesSlip", "2", "3", CLIENTS},
	{"responsesExempt", "[]", "[\"10.0.0.0/8\"]", CLIENTS},
	{"clientsAllow", "[\"10.0.0.0/8\"]", "[\"10.0.0.0/9\"]", CLIENTS},
	{"clientsDeny", "[\"10.0.0.0/8\"]", "[\"10.0.0.0/8\", \"::1\"]", CLIENTS},
	{"domain", "\"mesos\"", "\"other\"", RESTART},
	{"domain", "\"mesos\"", "\"MESOS\"", NOTHING},
	{"ttl", "60", "61", RESTART},
	{"SOAMname", "\"ns1.x\"", "\"ns2.x\"", RESTART},
	{"SOAMname", "\"\"", "\"ns1.mesos.\"", NOTHING},
	{"SOARname", "\"a@x\"", "\"b@x\"", RESTART},
	{"SOARname", "\"a@x\"", "\"a.x.\"", NOTHING},
	{"SOARefresh", "1", "2", RESTART},
	{"SOARetry", "1", "2", RESTART},
	{"SOAExpire", "1", "2", RESTART},
	{"SOAMinttl", "1", "2", RESTART},
	{"listener", "\"0.0.0.0\"", "\"127.0.0.1\"", RESTART},
	{"listener", "\"127.0.0.2\"", "\"127.0.0.1\"", RESTART},
	{"listener", "\"0.0.0.0\"", "\"::\"", NOTHING},
	{"port", "53", "54", RESTART},
	{"dnsOn", "true", "false", RESTART},
	{"recurseOn", "true", "false", RESTART},
	{"setTruncateBit", "true", "false", RESTART},
	{"xdpOn", "true", "false", RESTART},
	{"bpfDir", "\"/sys/fs/bpf/a\"", "\"/sys/fs/bpf/b\"", RESTART},
	{"SOASerial", "1", "2", NOTHING},
	{"resolvSubnetFirst", "false", "true", NOTHING},
	{"httpOn", "true", "false", CONFIG_API},
	{"httpListener", "\"\"", "\"127.0.0.1\"", CONFIG_API},
	{"httpPort", "1", "2", CONFIG_API},
	{"enumerationOn", "true", "false", CONFIG_API},
	{"file", "\"a\"", "\"b\"", NOTHING},
};

/* Need files; test_files() has them. */
static const char *const in_files[] = {
	"caCertFile",	"certFile",    "keyFile",	"mesosAuthentication", "iamConfigFile",
	"httpCertFile", "httpKeyFile", "httpTokenFile", "cookieSecretFile",    "tsigKeys"};

static struct config *parsed(const char *members)
{
	struct config *cfg = NULL;
	char *error = NULL;

	if (parse(members, &cfg, &error) != 0)
		fail_msg("%s: %s", members, error);
	return cfg;
}

static struct config *with(const char *key, const char *value)
{
	char members[300];

	snprintf(members, sizeof(members), "\"%s\": %s", key, value);
	return parsed(members);
}

static char *printed(const struct config *cfg, const struct config_key *key)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	config_print_value(key, cfg, out);
	fclose(out);
	return text;
}

static void test_every_key_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		bool alone = key->classes & (CONFIG_RESTART | CONFIG_UNUSED);
		size_t seen = 0;

		if (!key->classes || (alone && key->classes & (key->classes - 1)))
			fail_msg("%s: class 0x%x", key->name, key->classes);
		if (!key->equal && key->classes != CONFIG_UNUSED &&
		    (key->raw || key->type == TYPE_ZONES || key->type == TYPE_CREDENTIALS))
			fail_msg("%s: nothing compares it", key->name);
		for (size_t r = 0; r < ARRAY_SIZE(rows); r++)
			seen += strcmp(rows[r].key, key->name) == 0;
		for (size_t r = 0; r < ARRAY_SIZE(in_files); r++)
			seen += strcmp(in_files[r], key->name) == 0;
		if (!seen)
			fail_msg("%s: in no row of this test", key->name);
	}
}

static void check_row(const char *key, const char *a, const char *b, unsigned classes)
{
	struct config *old = with(key, a), *fresh = with(key, b);
	struct config_changes c;
	int n = config_compare(old, fresh, &c);
	bool restart = classes == CONFIG_RESTART;

	if (n != (classes ? 1 : 0) || c.classes != (restart ? 0 : classes))
		fail_msg("%s: %s, then %s: %d keys, classes 0x%x", key, a, b, n, c.classes);
	assert_int_equal(c.restart_count, restart);
	assert_int_equal(c.live_count, classes && !restart);
	if (classes)
		assert_string_equal(restart ? c.restart[0] : c.live[0], key);
	assert_int_equal(config_compare(old, old, &c), 0);
	config_free(old);
	config_free(fresh);
}

static void test_compare(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		check_row(rows[i].key, rows[i].a, rows[i].b, rows[i].classes);
		check_row(rows[i].key, rows[i].b, rows[i].a, rows[i].classes);
	}
}

static void test_several_changes(void **state)
{
	struct config *old = parsed("\"ttl\": 5, \"port\": 53, \"timeout\": 1, \"domain\": \"a\"");
	struct config *fresh = parsed("\"ttl\": 6, \"port\": 54, \"timeout\": 2, "
				      "\"domain\": \"b\", \"IPSources\": [\"host\"]");
	struct config_changes c;

	(void)state;
	/* SOAMname and SOARname follow the domain and are not named. */
	assert_int_equal(config_compare(old, fresh, &c), 5);
	assert_int_equal(c.classes, RECORDS | SERVING);
	assert_int_equal(c.live_count, 2);
	assert_string_equal(c.live[0], "IPSources");
	assert_string_equal(c.live[1], "timeout");
	assert_int_equal(c.restart_count, 3);
	assert_string_equal(c.restart[0], "domain");
	assert_string_equal(c.restart[1], "ttl");
	assert_string_equal(c.restart[2], "port");
	config_free(fresh);

	/* One that does not follow it is. */
	fresh = parsed("\"ttl\": 5, \"port\": 53, \"timeout\": 1, \"domain\": \"b\", "
		       "\"SOAMname\": \"ns1.a\"");
	assert_int_equal(config_compare(old, fresh, &c), 1);
	config_free(fresh);
	fresh = parsed("\"ttl\": 5, \"port\": 53, \"timeout\": 1, \"domain\": \"b\", "
		       "\"SOAMname\": \"ns1.c\"");
	assert_int_equal(config_compare(old, fresh, &c), 2);
	config_free(fresh);
	config_free(old);
}

/* Everything differs; the merged one has the old values where a restart is needed. */
static void test_merge(void **state)
{
	char *members[2] = {NULL, NULL};
	struct config *cfg[2], *merged;
	struct config_changes c;
	size_t len;

	(void)state;
	for (int side = 0; side < 2; side++) {
		FILE *out = open_memstream(&members[side], &len);

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (rows[i].classes && strcmp(rows[i].key, "dnsOn") != 0)
				fprintf(out, "%s\"%s\": %s", i ? ", " : "", rows[i].key,
					side ? rows[i].b : rows[i].a);
		fclose(out);
		cfg[side] = parsed(members[side]);
	}
	merged = parsed(members[1]);
	assert_int_equal(config_merge(merged, cfg[0]), 0);
	assert_int_equal(config_compare(cfg[0], merged, &c) - (int)c.live_count, 0);
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		_cleanup_free_ char *is = printed(merged, key), *old = printed(cfg[0], key),
				    *fresh = printed(cfg[1], key);

		if (strcmp(is, key->classes == CONFIG_RESTART ? old : fresh) != 0)
			fail_msg("%s: %s; was %s, is %s in the file", key->name, is, old, fresh);
	}
	/* It stands alone: the old one may go. */
	for (int side = 0; side < 2; side++) {
		config_free(cfg[side]);
		free(members[side]);
	}
	assert_string_equal(merged->domain, "mesos");
	assert_string_equal(merged->soa_mname, "ns1.x.");
	assert_true(merged->dns_on);
	config_free(merged);
}

/* ---- files ---- */

static char dir[] = "/tmp/xdns-test-reload-XXXXXX";

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	(void)state;
	return !mkdtemp(dir) || chdir(dir) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"config.json", "iam.json", "cert.pem", "key.pem",
					    "ca.pem",	   "token",    "secrets"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(files[i]);
	return chdir("/") < 0 || rmdir(dir) < 0 ? -1 : 0;
}

static void make_certificates(void)
{
	int r = system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
		       "-subj /CN=x -keyout key.pem -out cert.pem 2>/dev/null && "
		       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
		       "-subj /CN=ca -keyout /dev/null -out ca.pem 2>/dev/null");

	if (r != 0)
		fail_msg("openssl: status %d", r);
}

static void append(const char *name, const char *text)
{
	FILE *f = fopen(name, "ae");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* The files are read anew; exactly KEY has changed (NULL: nothing). */
static void check_file(struct config **cfg, const char *members, const char *key, unsigned class)
{
	struct config *fresh = parsed(members);
	struct config_changes c;
	int n = config_compare(*cfg, fresh, &c);

	if (n != !!key)
		fail_msg("%s: %d changes, the first %s", key ? key : "nothing", n, c.live[0]);
	if (key && class == RESTART) {
		assert_string_equal(c.restart[0], key);
		assert_int_equal(config_merge(fresh, *cfg), 0);
		assert_int_equal(config_compare(*cfg, fresh, &c), 0);
		config_free(fresh);
		return;
	}
	if (key) {
		assert_string_equal(c.live[0], key);
		assert_int_equal(c.classes, class);
	}
	config_free(*cfg);
	*cfg = fresh;
}

static void check_files(struct config **cfg, const char *members, const char *key)
{
	check_file(cfg, members, key, SOURCE);
}

/* A certificate waits for a restart, and is named each time until then; a token does not. */
static void test_http_files(void **state)
{
	static const char http[] = "\"httpCertFile\": \"cert.pem\", \"httpKeyFile\": \"key.pem\", "
				   "\"httpTokenFile\": \"token\"";
	struct config *cfg;

	(void)state;
	make_certificates();
	write_file("token", "0123456789abcdef\n");
	cfg = parsed(http);
	assert_true(cfg->http_token);
	check_file(&cfg, http, NULL, 0);
	append("cert.pem", "\n");
	check_file(&cfg, http, "httpCertFile", CONFIG_API);
	check_file(&cfg, http, NULL, 0);
	config_free(cfg);
	cfg = parsed(http);
	append("key.pem", "\n");
	check_file(&cfg, http, "httpKeyFile", CONFIG_API);
	config_free(cfg);
	cfg = parsed(http);
	append("token", "\n \n");
	check_file(&cfg, http, NULL, 0);
	write_file("token", "0123456789abcdeg\n");
	check_file(&cfg, http, "httpTokenFile", CONFIG_HTTP);
	check_file(&cfg, http, NULL, 0);
	config_free(cfg);
}

/* Other secrets are a change, the same in other words are none; made up ones stay. */
static void test_cookie_secrets(void **state)
{
	static const char member[] = "\"cookieSecretFile\": \"secrets\"";
	struct config *cfg;
	struct xdns_cookies was;

	(void)state;
	write_file("secrets", "000102030405060708090a0b0c0d0e0f\n");
	cfg = parsed(member);
	assert_int_equal(cfg->cookies.secrets, 1);
	write_file("secrets", "\n 000102030405060708090A0B0C0D0E0F");
	check_file(&cfg, member, NULL, 0);
	append("secrets", "\nf00102030405060708090a0b0c0d0e0f\n");
	check_file(&cfg, member, "cookieSecretFile", SERVING);
	config_free(cfg);

	cfg = parsed("");
	assert_int_equal(cfg->cookies.secrets, 0);
	assert_int_equal(config_settle_cookies(cfg, NULL), 0);
	assert_int_equal(cfg->cookies.secrets, 1);
	was = cfg->cookies;
	check_file(&cfg, "", NULL, 0);
	assert_int_equal(config_settle_cookies(cfg, &was), 0);
	assert_memory_equal(&cfg->cookies, &was, sizeof(was));
	config_free(cfg);
}

static void test_files(void **state)
{
	static const char tls[] = "\"mesosHTTPSOn\": true, \"caCertFile\": \"ca.pem\", "
				  "\"certFile\": \"cert.pem\", \"keyFile\": \"key.pem\"";
	static const char iam[] = "\"mesosAuthentication\": \"iam\", "
				  "\"iamConfigFile\": \"iam.json\"";
	static const char unused[] = "\"iamConfigFile\": \"iam.json\"";
	struct config *cfg;

	(void)state;
	make_certificates();
	cfg = parsed(tls);
	check_files(&cfg, tls, NULL);
	append("ca.pem", "\n");
	check_files(&cfg, tls, "caCertFile");
	append("cert.pem", "\n");
	check_files(&cfg, tls, "certFile");
	append("key.pem", "\n");
	check_files(&cfg, tls, "keyFile");
	check_files(&cfg, tls, NULL);
	config_free(cfg);

	write_file("iam.json", "{\"uid\": \"u\", \"private_key\": \"k\", \"login_endpoint\": "
			       "\"http://a\"}");
	cfg = parsed(iam);
	check_files(&cfg, iam, NULL);
	write_file("iam.json", "{\"uid\": \"u\", \"private_key\": \"l\", \"login_endpoint\": "
			       "\"http://a\"}");
	check_files(&cfg, iam, "iamConfigFile");
	check_files(&cfg, unused, "mesosAuthentication");
	config_free(cfg);
}

static void test_reload(void **state)
{
	struct config *cfg, *fresh = NULL;
	struct config_changes c = {0};
	char *error = NULL;

	(void)state;
	write_file("config.json", "{\"masters\": [\"10.0.0.1:5050\"], \"ttl\": 7}");
	assert_int_equal(config_load("config.json", &cfg, &error), 0);
	config_set_keep_serving(cfg, true);
	assert_int_equal(config_reload(cfg, &fresh, &c, &error), 0);
	assert_int_equal(c.live_count + c.restart_count, 0);
	config_free(fresh);
	fresh = NULL;

	write_file("config.json", "{\"masters\": [\"10.0.0.1:5050\"], \"ttl\": \"7\"}");
	assert_int_equal(config_reload(cfg, &fresh, &c, &error), -EINVAL);
	assert_null(fresh);
	assert_non_null(strstr(error, "config.json: ttl = \"7\": is a string"));
	free(error);
	unlink("config.json");
	assert_int_equal(config_reload(cfg, &fresh, &c, &error), -ENOENT);
	assert_non_null(strstr(error, "config.json: cannot read"));
	free(error);

	write_file("config.json", "{\"masters\": [\"10.0.0.2:5050\"], \"ttl\": 8}");
	assert_int_equal(config_reload(cfg, &fresh, &c, &error), 0);
	assert_int_equal(c.classes, CONFIG_SOURCE | CONFIG_RECORDS);
	assert_string_equal(c.live[0], "masters");
	assert_string_equal(c.restart[0], "ttl");
	config_free(cfg);
	assert_string_equal(fresh->masters[0], "10.0.0.2:5050");
	assert_int_equal(fresh->ttl, 7);
	assert_true(fresh->xdp_keep_serving && fresh->xdp_keep_serving_flag);

	/* What waits for a restart is named each time. */
	assert_int_equal(config_reload(fresh, &cfg, &c, &error), 0);
	assert_int_equal(c.live_count, 0);
	assert_int_equal(c.restart_count, 1);
	config_free(cfg);
	config_free(fresh);
}

/* The manual's table of what takes effect when: rows in this order, each key where it belongs. */
static const struct {
	const char *begin;
	unsigned class;
} manual_rows[] = {
	{"\n| at once: whom ", CONFIG_SOURCE},
	{"\n| at once: the records", CONFIG_RECORDS},
	{"\n| at once: queries", CONFIG_SERVING},
	{"\n| at once: who is answered", CONFIG_CLIENTS},
	{"\n| at once: zone transfers", CONFIG_TRANSFER},
	{"\n| at once: XDP", CONFIG_XDP},
	{"\n| at once: who may", CONFIG_HTTP},
	{"\n| at once: the HTTP API's server", CONFIG_API},
	{"\n| with a restart", CONFIG_RESTART},
	{"\n| never", CONFIG_UNUSED},
};

static void test_documented(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	if (config_read_file(*state, 1 << 20, &text, &len) < 0) {
		print_message("SKIPPED: no docs/configuration.md in the working directory\n");
		skip();
	}
	for (size_t r = 0; r < ARRAY_SIZE(manual_rows); r++) {
		const char *begin = strstr(text, manual_rows[r].begin);
		_cleanup_free_ char *row = NULL;

		if (!begin)
			fail_msg("no row%s", manual_rows[r].begin);
		row = strndup(begin + 1, strcspn(begin + 1, "\n"));
		for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
			bool want = config_keys[i].classes & manual_rows[r].class;
			char name[64];

			snprintf(name, sizeof(name), "`%s`", config_keys[i].name);
			if (!!strstr(row, name) != want)
				fail_msg("%s: %s in the row%s", config_keys[i].name,
					 want ? "missing" : "too much", manual_rows[r].begin);
		}
	}
}

int main(void)
{
	_cleanup_free_ char *cwd = getcwd(NULL, 0);
	char manual[4096];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_is_judged),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_several_changes),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_cookie_secrets),
		cmocka_unit_test(test_http_files),
		cmocka_unit_test(test_reload),
		cmocka_unit_test_prestate(test_documented, manual),
	};

	snprintf(manual, sizeof(manual), "%s/docs/configuration.md", cwd ? cwd : ".");
	return cmocka_run_group_tests(tests, setup, teardown);
}
