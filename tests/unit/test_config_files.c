// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The configuration and the files beside it: certificates, login, resolv.conf; warnings; the log.
 */
#include "config_rows.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define ALLOWED_IAM                                                                                \
	"; allowed: a string: a readable file with a JSON object of the strings uid, "             \
	"private_key and login_endpoint (http or https)"
#define ALLOWED_CERT                                                                               \
	"; allowed: a string: a readable file with a PEM certificate, given together with keyFile"
#define ALLOWED_KEY                                                                                \
	"; allowed: a string: a readable file with the PEM private key of certFile's "             \
	"certificate, given together with certFile"
#define ALLOWED_HTTP_CERT                                                                          \
	"; allowed: a string: a readable file with a PEM certificate, given together with "        \
	"httpKeyFile"
#define ALLOWED_HTTP_KEY                                                                           \
	"; allowed: a string: a readable file with the PEM private key of httpCertFile's "         \
	"certificate, given together with httpCertFile"
#define FIRST "e5e973e5a6b2a43f48e7dc849e37bfcf"
#define ALLOWED_SECRET                                                                             \
	"; allowed: a string: a readable file with one or two secrets of 32 hex digits, each on "  \
	"its own line"
#define ALLOWED_TOKEN                                                                              \
	"; allowed: a string: a readable file with one token of 16 to 512 letters, digits and "    \
	"-._~+/="
#define ALLOWED_CA "; allowed: a string: a readable file with PEM certificates"

/* The directory all files of a run are in, and the working directory. */
static char dir[] = "/tmp/xdns-test-config-XXXXXX";

static const char *const files[] = {"config.json", "iam.json",	 "cert.pem",	"key.pem",
				    "other.pem",   "locked.pem", "resolv.conf", "large",
				    "token",	   "secrets",	 "secret"};

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* An EC key in a file, encrypted if password is given. */
static EVP_PKEY *write_key(const char *name, const char *password)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f = fopen(name, "we");

	assert_non_null(key);
	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, key, password ? EVP_aes_128_cbc() : NULL,
						   password, password ? (int)strlen(password) : 0,
						   NULL, NULL),
			 1);
	fclose(f);
	return key;
}

static void write_certificate(const char *name, EVP_PKEY *key)
{
	X509 *x = X509_new();
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, x), 1);
	fclose(f);
	X509_free(x);
}

static int setup(void **state)
{
	EVP_PKEY *key;

	(void)state;
	if (!mkdtemp(dir) || chdir(dir) < 0)
		return -1;
	key = write_key("key.pem", NULL);
	write_certificate("cert.pem", key);
	EVP_PKEY_free(key);
	EVP_PKEY_free(write_key("other.pem", NULL));
	EVP_PKEY_free(write_key("locked.pem", "geheim"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		unlink(files[i]);
	return chdir("/") < 0 || rmdir(dir) < 0 ? -1 : 0;
}

static void check_error(const char *members, const char *want)
{
	struct config *cfg = NULL;
	char *error = NULL;
	int r = parse(members, &cfg, &error);

	if (r != -EINVAL || strcmp(error + strlen(PREFIX), want) != 0)
		fail_msg("%s: %d\n  is   '%s'\n  want '%s'", members, r, error, want);
	free(error);
}

static void check_warnings(const char *members, const char *const want[], size_t count)
{
	struct config *cfg = NULL;
	char *error = NULL;

	if (parse(members, &cfg, &error) != 0)
		fail_msg("%s: %s", members, error);
	for (size_t i = 0; i < cfg->warnings_count; i++)
		if (i >= count || strcmp(cfg->warnings[i] + strlen(PREFIX), want[i]) != 0)
			fail_msg("%s: %s", members, cfg->warnings[i]);
	assert_int_equal(cfg->warnings_count, count);
	config_free(cfg);
}

static void test_warnings(void **state)
{
	static const struct {
		const char *members, *want;
	} rows[] = {
		{"\"ttl\": 5", NULL},
		{"\"unknownKey\": 1", "unknown key \"unknownKey\" is ignored"},
		{"\"refreshSecond\": 1",
		 "unknown key \"refreshSecond\" is ignored; did you mean \"refreshSeconds\"?"},
		{"\"RESOLVER\": 1",
		 "unknown key \"RESOLVER\" is ignored; did you mean \"resolvers\"?"},
		{"\"tlt\": 1", "unknown key \"tlt\" is ignored"},
		{"\"tl\": 1", "unknown key \"tl\" is ignored; did you mean \"ttl\"?"},
		{"\"a\\nb\": 1", "unknown key \"a b\" is ignored"},
		{"\"\": 1", "unknown key \"\" is ignored"},
		{"\"mesosHTTPSOn\": true", "mesosHTTPSOn without caCertFile: the masters' "
					   "certificates are not verified"},
		{"\"mesosHTTPSOn\": true, \"caCertFile\": \"cert.pem\"", NULL},
		{"\"mesosCredentials\": {\"principal\": \"p\"}",
		 "mesosCredentials is given but not used: mesosAuthentication is not set"},
		{"\"mesosCredentials\": {\"user\": \"p\"}",
		 "mesosCredentials: unknown key \"user\" is ignored"},
		{"\"iamConfigFile\": \"iam.json\"",
		 "iamConfigFile is given but not used: mesosAuthentication is not set"},
		{"\"listener\": \"127.0.0.9\", \"port\": 54, \"resolvers\": [\"127.0.0.9:54\", "
		 "\"127.0.0.9\", \"127.0.0.8:54\"]",
		 "resolvers: \"127.0.0.9:54\" is this server itself: forwarded queries would come "
		 "back"},
		{"\"listener\": \"127.0.0.9\", \"zoneResolvers\": {\"a\": [\"127.0.0.9\"]}",
		 "zoneResolvers: \"127.0.0.9\" is this server itself: forwarded queries would come "
		 "back"},
		{"\"listener\": \"127.0.0.9\", \"dnsOn\": false, \"resolvers\": [\"127.0.0.9\"]",
		 NULL},
		{"\"resolvers\": []", "resolvers: none, and /dev/null names none that is not this "
				      "host: names outside the domain are refused"},
	};

	(void)state;
	write_file("iam.json", "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_warnings(rows[i].members, &rows[i].want, rows[i].want != NULL);
}

static void test_http(void **state)
{
	static const struct {
		const char *members, *error;
	} rows[] = {
		{"\"httpCertFile\": \"cert.pem\", \"httpKeyFile\": \"key.pem\"", NULL},
		{"\"httpCertFile\": \"/x\"",
		 "httpKeyFile: missing beside httpCertFile" ALLOWED_HTTP_KEY},
		{"\"httpKeyFile\": \"/x\"",
		 "httpCertFile: missing beside httpKeyFile" ALLOWED_HTTP_CERT},
		{"\"httpCertFile\": \"cert.pem\", \"httpKeyFile\": \"other.pem\"",
		 "httpKeyFile = \"other.pem\": it does not belong to "
		 "httpCertFile" ALLOWED_HTTP_KEY},
		{"\"httpTokenFile\": \"/x\"",
		 "httpTokenFile = \"/x\": No such file or directory" ALLOWED_TOKEN},
		{"\"httpTokenFile\": \"/dev/null\"",
		 "httpTokenFile = \"/dev/null\": a token of another length in it" ALLOWED_TOKEN},
	};
	static const struct {
		const char *text, *why;
	} tokens[] = {
		{"0123456789abcdef", NULL},
		{" \n0123456789-._~+/==\n\n", NULL},
		{"0123456789abcde\n", "a token of another length in it"},
		{"0123456789abcdef 0123456789abcdef\n", "more than one token in it"},
		{"0123456789abcdef\n0123456789abcdef\n", "more than one token in it"},
		{"0123456789abcde\xc3\xa9", "other characters in it"},
		{"0123456789\"abcdef", "other characters in it"},
	};
	static const char *const in_clear = "httpTokenFile without httpCertFile: the token goes "
					    "over the network in clear";
	static const char member[] = "\"httpTokenFile\": \"token\"";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].error)
			check_error(rows[i].members, rows[i].error);
		else
			check_warnings(rows[i].members, NULL, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		char want[300];

		write_file("token", tokens[i].text);
		snprintf(want, sizeof(want), "httpTokenFile = \"token\": %s" ALLOWED_TOKEN,
			 tokens[i].why);
		if (tokens[i].why)
			check_error(member, want);
		else
			check_warnings(member, &in_clear, 1);
	}
}

/* The masters' secret in systemd's folder of credentials. */
static void test_secret(void **state)
{
	static const struct {
		const char *text, *secret; /* or why not */
		bool good;
	} table[] = {
		{"geheim", "geheim", true},
		{"geheim\n", "geheim", true},
		{"mit blank \r\n", "mit blank ", true},
		{"", "it is empty", false},
		{"\n", "it is empty", false},
		{"zwei\nzeilen\n", "more than one line in it", false},
	};
	static const char member[] = "\"mesosAuthentication\": \"basic\", \"mesosCredentials\": "
				     "{\"secretFile\": \"$CREDENTIALS_DIRECTORY/secret\"}, "
				     "\"zk\": \"file://$CREDENTIALS_DIRECTORY/zk\"";
	struct config *cfg;
	char *error;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		char want[300];

		write_file("secret", table[i].text);
		snprintf(want, sizeof(want),
			 "mesosCredentials = \"%s/secret\": %s; allowed: an object of two strings, "
			 "principal and secret or secretFile",
			 dir, table[i].secret);
		if (!table[i].good) {
			check_error(member, want);
			continue;
		}
		assert_int_equal(parse(member, &cfg, &error), 0);
		assert_string_equal(cfg->mesos_secret, table[i].secret);
		snprintf(want, sizeof(want), "file://%s/zk", dir);
		assert_string_equal(cfg->zk, want);
		config_free(cfg);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_cookies(void **state)
{
	static const uint8_t wanted[XDNS_COOKIE_SECRETS][16] = {
		{0xe5, 0xe9, 0x73, 0xe5, 0xa6, 0xb2, 0xa4, 0x3f, 0x48, 0xe7, 0xdc, 0x84, 0x9e, 0x37,
		 0xbf, 0xcf},
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
	static const struct {
		const char *text, *why;
		unsigned secrets;
	} secrets[] = {
		{FIRST, NULL, 1},
		{"\n " FIRST "\r\n", NULL, 1},
		{FIRST "\n000102030405060708090A0B0C0D0E0F\n", NULL, 2},
		{"", "no secret in it", 0},
		{"\n \n", "no secret in it", 0},
		{FIRST "0", "a secret of another length in it", 0},
		{"e5e973e5a6b2a43f48e7dc849e37bfc", "a secret of another length in it", 0},
		{"g5e973e5a6b2a43f48e7dc849e37bfcf", "other characters in it", 0},
		{FIRST "\n" FIRST "\n" FIRST, "more than two secrets in it", 0},
	};
	static const char member[] = "\"cookieSecretFile\": \"secrets\"";
	struct config *cfg;
	char *error;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		char want[300];

		write_file("secrets", secrets[i].text);
		if (secrets[i].why) {
			snprintf(want, sizeof(want),
				 "cookieSecretFile = \"secrets\": %s" ALLOWED_SECRET,
				 secrets[i].why);
			check_error(member, want);
			continue;
		}
		assert_int_equal(parse(member, &cfg, &error), 0);
		assert_int_equal(cfg->cookies.secrets, secrets[i].secrets);
		assert_memory_equal(cfg->cookies.secret, wanted, 16 * secrets[i].secrets);
		config_free(cfg);
	}
	check_error("\"cookieSecretFile\": \"/x\"",
		    "cookieSecretFile = \"/x\": No such file or directory" ALLOWED_SECRET);
	/* without cookies nobody needs it */
	check_warnings("\"cookies\": false, \"cookieSecretFile\": \"/x\"", NULL, 0);
}

static void test_tls(void **state)
{
	static const struct {
		const char *members, *error;
	} rows[] = {
		{"\"certFile\": \"cert.pem\", \"keyFile\": \"key.pem\"", NULL},
		{"\"caCertFile\": \"cert.pem\"", NULL},
		{"\"certFile\": \"/x\"", "keyFile: missing beside certFile" ALLOWED_KEY},
		{"\"keyFile\": \"/x\"", "certFile: missing beside keyFile" ALLOWED_CERT},
		{"\"certFile\": \"/x\", \"keyFile\": \"/y\"",
		 "certFile = \"/x\": No such file or directory" ALLOWED_CERT},
		{"\"certFile\": \"cert.pem\", \"keyFile\": \"/y\"",
		 "keyFile = \"/y\": No such file or directory" ALLOWED_KEY},
		{"\"certFile\": \"key.pem\", \"keyFile\": \"key.pem\"",
		 "certFile = \"key.pem\": no certificate in it" ALLOWED_CERT},
		{"\"certFile\": \"cert.pem\", \"keyFile\": \"cert.pem\"",
		 "keyFile = \"cert.pem\": no private key without passphrase in it" ALLOWED_KEY},
		{"\"certFile\": \"cert.pem\", \"keyFile\": \"locked.pem\"",
		 "keyFile = \"locked.pem\": no private key without passphrase in it" ALLOWED_KEY},
		{"\"certFile\": \"cert.pem\", \"keyFile\": \"other.pem\"",
		 "keyFile = \"other.pem\": it does not belong to certFile" ALLOWED_KEY},
		{"\"CACertFile\": \"/x\"",
		 "CACertFile = \"/x\": No such file or directory" ALLOWED_CA},
		{"\"caCertFile\": \"/etc/hostname\"",
		 "caCertFile = \"/etc/hostname\": no certificate in it" ALLOWED_CA},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].error)
			check_error(rows[i].members, rows[i].error);
		else
			check_warnings(rows[i].members, NULL, 0);
	}
}

#define IAM "\"mesosAuthentication\": \"iam\", \"iamConfigFile\": \"iam.json\""

static void test_iam(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"{\"uid\": \"u\", \"private_key\": \"k\", \"login_endpoint\": \"https://a/b\"}",
		 NULL},
		{"{\"UID\": \"u\", \"Private_Key\": \"k\", \"login_endpoint\": \"http://a/b\", "
		 "\"scheme\": \"RS256\"}",
		 NULL},
		{"xx", "not JSON at line 1, column 2"},
		{"[]", "not a JSON object"},
		{"null", "uid is missing in it"},
		{"{}", "uid is missing in it"},
		{"{\"uid\": \"u\", \"login_endpoint\": \"http://a\"}",
		 "private_key is missing in it"},
		{"{\"uid\": \"u\", \"private_key\": \"k\"}", "login_endpoint is missing in it"},
		{"{\"uid\": 5}", "uid in it is an integer"},
		{"{\"uid\": \"u\", \"private_key\": \"k\", \"login_endpoint\": \"a/b\"}",
		 "login_endpoint in it is not an http or https URL"},
	};
	struct config *cfg = NULL;
	char *error = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char want[512];

		write_file("iam.json", rows[i].text);
		snprintf(want, sizeof(want), "iamConfigFile = \"iam.json\": %s" ALLOWED_IAM,
			 rows[i].error ? rows[i].error : "");
		if (rows[i].error)
			check_error(IAM, want);
		else
			check_warnings(IAM, NULL, 0);
	}
	write_file("iam.json", rows[0].text);
	assert_int_equal(parse(IAM, &cfg, &error), 0);
	assert_int_equal(cfg->mesos_auth, MESOS_AUTH_IAM);
	assert_string_equal(cfg->iam.uid, "u");
	assert_string_equal(cfg->iam.private_key, "k");
	assert_string_equal(cfg->iam.login_endpoint, "https://a/b");
	config_free(cfg);
	/* Read whenever it is given. */
	check_error("\"iamConfigFile\": \"/x\"",
		    "iamConfigFile = \"/x\": No such file or directory" ALLOWED_IAM);
}

static void test_resolv_conf(void **state)
{
	static const char json[] = "{\"masters\": [\"a:1\"], \"resolvers\": []}";
	struct config *cfg = NULL;
	char *error = NULL;

	(void)state;
	write_file("resolv.conf",
		   "# nameserver 198.51.100.9\n; c\nsearch a.b\n  nameserver\t198.51.100.1 \n"
		   "nameserver 198.51.100.2 # c\nnameserver 198.51.100.1\n"
		   "nameserver 2001:db8:5::1\nnameserver x\nnameservers 198.51.100.3\n"
		   "nameserver\nnameserver 198.51.100.4");
	assert_int_equal(
		config_parse_with(FILE_NAME, json, strlen(json), "resolv.conf", &cfg, &error), 0);
	assert_int_equal(cfg->resolvers.count, 4);
	assert_string_equal(cfg->resolvers.list[0].text, "198.51.100.1:53");
	assert_string_equal(cfg->resolvers.list[1].text, "198.51.100.2:53");
	assert_string_equal(cfg->resolvers.list[2].text, "[2001:db8:5::1]:53");
	assert_string_equal(cfg->resolvers.list[3].text, "198.51.100.4:53");
	assert_int_equal(cfg->warnings_count, 2);
	assert_string_equal(cfg->warnings[0], PREFIX "resolvers: resolv.conf: nameserver \"x\" is "
						     "left out: not an IP address");
	config_free(cfg);
	assert_int_equal(config_parse_with(FILE_NAME, json, strlen(json), "/x", &cfg, &error), 0);
	assert_int_equal(cfg->resolvers.count, 0);
	assert_string_equal(cfg->warnings[0],
			    PREFIX "resolvers: none, and /x cannot be read (No such file or "
				   "directory): names outside the domain are refused");
	config_free(cfg);
}

static bool has_loopback_address(void)
{
	struct ifaddrs *all;
	bool found = false;

	assert_int_equal(getifaddrs(&all), 0);
	for (struct ifaddrs *i = all; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
		    ((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK))
			found = true;
	freeifaddrs(all);
	return found;
}

/* A nameserver that is this host is left out; one that is only near it stays. */
static void test_resolv_conf_local(void **state)
{
	static const char json[] = "{\"masters\": [\"a:1\"], \"resolvers\": null}";
	struct config *cfg = NULL;
	char *error = NULL;

	(void)state;
	if (!has_loopback_address()) {
		print_message("SKIPPED: no interface has 127.0.0.1 here\n");
		skip();
	}
	write_file("resolv.conf", "nameserver 127.0.0.1\nnameserver 127.0.0.53\n");
	assert_int_equal(
		config_parse_with(FILE_NAME, json, strlen(json), "resolv.conf", &cfg, &error), 0);
	assert_int_equal(cfg->resolvers.count, 1);
	assert_string_equal(cfg->resolvers.list[0].text, "127.0.0.53:53");
	config_free(cfg);
}

static void test_load(void **state)
{
	struct config *cfg = NULL;
	char *error = NULL, want[256];

	(void)state;
	write_file("config.json", "{\"masters\": [\"a:1\"]}");
	for (int dots = 0; dots < 2; dots++) {
		assert_int_equal(config_load(dots ? "./config.json" : "config.json", &cfg, &error),
				 0);
		snprintf(want, sizeof(want), "%s/config.json", dir);
		assert_string_equal(cfg->file, want);
		config_free(cfg);
	}
	assert_int_equal(config_load("none.json", &cfg, &error), -ENOENT);
	snprintf(want, sizeof(want),
		 "%s/none.json: cannot read the configuration file: No such file or directory",
		 dir);
	assert_string_equal(error, want);
	free(error);
	assert_int_equal(config_load("/tmp", &cfg, &error), -EISDIR);
	assert_string_equal(error, "/tmp: cannot read the configuration file: Is a directory");
	free(error);
	assert_int_equal(config_load("/dev/zero", &cfg, &error), -EFBIG);
	free(error);
	/* A document that needs several reads. */
	FILE *f = fopen("large", "we");

	assert_non_null(f);
	fputs("{\"masters\": [\"a:1\"]", f);
	for (int i = 0; i < 20000; i++)
		fputs("   \n", f);
	fputs(", \"ttl\": 7}", f);
	fclose(f);
	assert_int_equal(config_load("large", &cfg, &error), 0);
	assert_int_equal(cfg->ttl, 7);
	config_free(cfg);
}

/* One line a key, nothing secret. */
static void test_log(void **state)
{
	struct config *cfg = NULL;
	char *error = NULL, line[1024];
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t lines = 0;

	(void)state;
	assert_int_equal(parse("\"mesosAuthentication\": \"basic\", \"mesosCredentials\": "
			       "{\"principal\": \"me\", \"secret\": \"geheim\"}, "
			       "\"zk\": \"zk://me:geheim@a:1/m\"",
			       &cfg, &error),
			 0);
	dup2(fileno(file), STDERR_FILENO);
	log_init(1);
	config_log(cfg);
	log_init(0);
	config_log(cfg);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		char want[64];

		snprintf(want, sizeof(want), "Z info: config: %s = ", config_keys[lines++].name);
		assert_non_null(strstr(line, want));
		assert_null(strstr(line, "geheim"));
	}
	assert_int_equal(lines, CONFIG_KEY_COUNT);
	fclose(file);
	config_free(cfg);
}

/* The manual has a row for every key, with the default the program has. */
static void test_documented(void **state)
{
	_cleanup_free_ char *text = NULL;
	const char *path = *state;
	size_t len;

	if (config_read_file(path, 1 << 20, &text, &len) < 0) {
		print_message("SKIPPED: no docs/configuration.md in the working directory\n");
		skip();
	}
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		char row[64], value[32];
		const char *at, *cell;

		snprintf(row, sizeof(row), "\n| `%s` | ", key->name);
		at = strstr(text, row);
		if (!at)
			fail_msg("no row for %s", key->name);
		if (key->type > TYPE_U64 || key->raw)
			continue;
		if (key->type == TYPE_BOOL)
			snprintf(value, sizeof(value), " | %s | ", key->number ? "true" : "false");
		else
			snprintf(value, sizeof(value), " | %" PRIu64 " | ", key->number);
		cell = strstr(at + strlen(row), " | ");
		if (!cell || strncmp(cell, value, strlen(value)) != 0)
			fail_msg("the default of %s is not%s", key->name, value);
	}
}

int main(void)
{
	_cleanup_free_ char *cwd = getcwd(NULL, 0);
	char manual[4096];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_iam),
		cmocka_unit_test(test_resolv_conf),
		cmocka_unit_test(test_resolv_conf_local),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_log),
		cmocka_unit_test_prestate(test_documented, manual),
	};

	snprintf(manual, sizeof(manual), "%s/docs/configuration.md", cwd ? cwd : ".");
	return cmocka_run_group_tests_name("config_files", tests, setup, teardown);
}
