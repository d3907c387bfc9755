// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Values, defaults, types, ranges and spellings of the configuration. */
#include "config_rows.h"

static const struct config_key *find_key(const char *name)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		if (strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	fail_msg("no key %s", name);
	return NULL;
}

static char *printed(const struct config *cfg, const char *key)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	config_print_value(find_key(key), cfg, out);
	fclose(out);
	return text;
}

static void check_value(const char *members, const char *key, const char *want)
{
	struct config *cfg = NULL;
	char *error = NULL, *text;

	if (parse(members, &cfg, &error) != 0)
		fail_msg("%s: %s", members, error);
	text = printed(cfg, key);
	if (strcmp(text, want) != 0)
		fail_msg("%s: %s is %s instead of %s", members, key, text, want);
	free(text);
	config_free(cfg);
}

static const struct {
	const char *key, *value;
} defaults[] = {
	{"masters", "[127.0.0.1:5050]"},
	{"zk", "\"\""},
	{"zkDetectionTimeout", "30"},
	{"refreshSeconds", "60"},
	{"stateTimeoutSeconds", "300"},
	{"stateMaxBytes", "1073741824"},
	{"eventStreamOn", "true"},
	{"reconcileSeconds", "0"},
	{"failoverHoldSeconds", "600"},
	{"mesosHTTPSOn", "false"},
	{"caCertFile", "\"\""},
	{"certFile", "\"\""},
	{"keyFile", "\"\""},
	{"mesosAuthentication", "\"\""},
	{"mesosCredentials", "{principal: \"\", secret: \"\"}"},
	{"iamConfigFile", "\"\""},
	{"domain", "\"mesos\""},
	{"ttl", "60"},
	{"SRVRecordDefaultWeight", "1"},
	{"SOAMname", "\"ns1.mesos.\""},
	{"SOARname", "\"root.ns1.mesos.\""},
	{"SOASerial", "(not used)"},
	{"SOARefresh", "60"},
	{"SOARetry", "600"},
	{"SOAExpire", "86400"},
	{"SOAMinttl", "60"},
	{"IPSources", "[netinfo mesos host]"},
	{"enforceRFC952", "false"},
	{"reverseDnsOn", "false"},
	{"listener", "\"0.0.0.0\""},
	{"port", "53"},
	{"dnsOn", "true"},
	{"recurseOn", "true"},
	{"externalOn", "true"},
	{"setTruncateBit", "true"},
	{"resolvSubnetFirst", "false"},
	{"timeout", "5"},
	{"resolvers", "[8.8.8.8:53]"},
	{"zoneResolvers", "{}"},
	{"cookies", "true"},
	{"cookieSecretFile", "\"\""},
	{"nsid", "\"\""},
	{"responsesPerSecond", "0"},
	{"responsesSlip", "2"},
	{"responsesExempt", "[]"},
	{"clientsAllow", "[]"},
	{"clientsDeny", "[]"},
	{"tsigKeys", "[]"},
	{"transfer", "[]"},
	{"httpOn", "true"},
	{"httpListener", "\"0.0.0.0\""},
	{"httpPort", "8123"},
	{"enumerationOn", "true"},
	{"httpCertFile", "\"\""},
	{"httpKeyFile", "\"\""},
	{"httpTokenFile", "\"\""},
	{"file", "\"" FILE_NAME "\""},
	{"xdpOn", "true"},
	{"xdpInterfaces", "[]"},
	{"xdpMode", "\"auto\""},
	{"bpfDir", "\"/sys/fs/bpf/mesos-xdns\""},
	{"xdpMemory", "0"},
	{"xdpKeepServing", "false"},
};

/* Absent and null come to the same but for lists, which null empties. */
static void test_defaults(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(defaults), CONFIG_KEY_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		char members[64];

		check_value("", defaults[i].key, defaults[i].value);
		if (find_key(defaults[i].key)->type == TYPE_LIST)
			continue;
		snprintf(members, sizeof(members), "\"%s\": null", defaults[i].key);
		check_value(members, defaults[i].key, defaults[i].value);
	}
}

static const struct {
	const char *members, *key, *value;
} accepted[] = {
	/* masters */
	{"!{\"masters\": [\"host.name:5050\"]}", "masters", "[host.name:5050]"},
	{"!{\"masters\": [\"127.0.0.1:05050\"]}", "masters", "[127.0.0.1:5050]"},
	{"!{\"masters\": [\"[0:0::1]:5050\", \"[1.2.3.4]:1\", \"a_b:65535\"]}", "masters",
	 "[[::1]:5050 1.2.3.4:1 a_b:65535]"},
	{"!{\"masters\": [\"[::ffff:1.2.3.4]:5050\", \"1.2.3.4:5051\"]}", "masters",
	 "[1.2.3.4:5050 1.2.3.4:5051]"},
	{"!{\"MASTERS\":[\"127.0.0.1:1\"],\"masters\":[\"127.0.0.1:2\"]}", "masters",
	 "[127.0.0.1:2]"},
	{"!{\"masters\": [], \"zk\": \"zk://127.0.0.1:2/mesos\"}", "masters", "[]"},
	{"!{\"zk\": \"file:///etc/mesos/zk\"}", "zk", "\"file:///etc/mesos/zk\""},
	{"!{\"zk\": \"zk://u:geheim@a:1,b:2/m\"}", "zk", "\"zk://***@a:1,b:2/m\""},
	/* service */
	{"\"dnson\": false", "dnsOn", "false"},
	{"\"httpon\": false", "httpOn", "false"},
	/* resolvers */
	{"\"resolvers\": []", "resolvers", "[]"},
	{"\"resolvers\": null", "resolvers", "[]"},
	{"\"resolvers\": [\"::1\", \"[::1]:54\", \"1.1.1.1:5353\", \"::ffff:9.9.9.9\"]",
	 "resolvers", "[[::1]:53 [::1]:54 1.1.1.1:5353 9.9.9.9:53]"},
	{"\"resolvers\": [\"bad\"], \"externalon\": false", "resolvers", "[]"},
	/* zoneResolvers */
	{"\"zoneResolvers\": null", "zoneResolvers", "{}"},
	{"\"zoneResolvers\": {\"com\": [\"1.1.1.1\"], \"acom\": [\"1.1.1.2\"]}", "zoneResolvers",
	 "{com: [1.1.1.1:53], acom: [1.1.1.2:53]}"},
	/* nested zones: the longest match decides, nothing is ambiguous */
	{"\"zoneResolvers\": {\"com\": [\"1.1.1.1\"], \"A.Com\": [\"1.1.1.2\", \"[::2]:5\"]}",
	 "zoneResolvers", "{com: [1.1.1.1:53], a.com: [1.1.1.2:53 [::2]:5]}"},
	{"\"domain\": \"b.mesos\", \"zoneResolvers\": {\"mesos\": [\"1.1.1.1\"]}", "zoneResolvers",
	 "{mesos: [1.1.1.1:53]}"},
	{"\"zoneResolvers\": {\"xmesos\": [\"1.1.1.1\"]}", "zoneResolvers",
	 "{xmesos: [1.1.1.1:53]}"},
	{"\"zoneResolvers\": {\"a.b\": [\"x\"]}, \"externalon\": false", "zoneResolvers", "{}"},
	/* several spellings of it are merged, in one the last list of a zone wins */
	{"\"zoneResolvers\": {\"a.b\": [\"1.1.1.1\"]}, \"zoneresolvers\": {\"c.d\": [\"1.1.1.2\"]}",
	 "zoneResolvers", "{a.b: [1.1.1.1:53], c.d: [1.1.1.2:53]}"},
	{"\"zoneResolvers\": {\"a.b\": [\"1.1.1.1\"]}, \"zoneResolvers\": {\"c.d\": [\"1.1.1.2\"]}",
	 "zoneResolvers", "{a.b: [1.1.1.1:53], c.d: [1.1.1.2:53]}"},
	{"\"zoneResolvers\": {\"a.b\": [\"1.1.1.1\"], \"a.b\": [\"1.1.1.2\"]}", "zoneResolvers",
	 "{a.b: [1.1.1.2:53]}"},
	{"\"zoneResolvers\": {\"a.b\": [\"1.1.1.1\"]}, \"ZONERESOLVERS\": null", "zoneResolvers",
	 "{}"},
	/* IPSources */
	{"\"IPSources\": [\"mesos\"]", "IPSources", "[mesos]"},
	{"\"ipsources\": [\"host\", \"docker\", \"mesos\", \"netinfo\"]", "IPSources",
	 "[host docker mesos netinfo]"},
	/* domain */
	{"\"domain\": \"-\"", "domain", "\"-\""},
	{"\"domain\": \"1\"", "domain", "\"1\""},
	{"\"domain\": \"A.B\"", "domain", "\"a.b\""},
	{"\"domain\": \"" A63 "\"", "domain", "\"" A63 "\""},
	/* SOA */
	{"\"domain\": \"Cluster.Local\"", "SOAMname", "\"ns1.cluster.local.\""},
	{"\"domain\": \"Cluster.Local\"", "SOARname", "\"root.ns1.cluster.local.\""},
	{"\"SOAMname\": \"\"", "SOAMname", "\"ns1.mesos.\""},
	{"\"SOAMname\": \"...\"", "SOAMname", "\"ns1.mesos.\""},
	{"\"SOAMname\": \"Ns.X\"", "SOAMname", "\"Ns.X.\""},
	{"\"SOAMname\": \"Ns.X..\"", "SOAMname", "\"Ns.X.\""},
	{"\"SOARname\": \"\"", "SOARname", "\"root.ns1.mesos.\""},
	{"\"SOARname\": \"root@x\"", "SOARname", "\"root.x.\""},
	{"\"SOARname\": \"first.last@x.y.\"", "SOARname", "\"first\\.last.x.y.\""},
	{"\"SOARname\": \"first\\\\.la.st@x\"", "SOARname", "\"first\\.la\\.st.x.\""},
	{"\"SOARname\": \"first.last.x\"", "SOARname", "\"first.last.x.\""},
	{"\"SOARname\": \"first\\\\.last.x\"", "SOARname", "\"first\\.last.x.\""},
	{"\"SOARname\": \"a.b@c@d\"", "SOARname", "\"a\\.b.c.d.\""},
	{"\"SOASerial\": 5", "SOASerial", "(not used)"},
	{"\"SOAMinttl\": 99", "SOAMinttl", "99"},
	/* addresses */
	{"\"listener\": \"::1\"", "listener", "\"::1\""},
	{"\"listener\": \"::ffff:10.0.0.1\"", "listener", "\"10.0.0.1\""},
	{"\"listener\": \"10.250.250.250\"", "listener", "\"10.250.250.250\""},
	{"\"httplistener\": \"\"", "httpListener", "\"\""},
	{"\"httplistener\": \"::1\"", "httpListener", "\"::1\""},
	{"\"httplistener\": \"node-1.local\"", "httpListener", "\"node-1.local\""},
	{"\"file\": \"x\"", "file", "\"" FILE_NAME "\""},
	{"\"timeout\": 0", "timeout", "5"},
	/* login */
	{"\"mesosAuthentication\": \"basic\", \"mesosCredentials\": {\"principal\": \"p\"}",
	 "mesosCredentials", "{principal: \"p\", secret: \"\"}"},
	{"\"mesosAuthentication\": \"basic\", \"MESOSCREDENTIALS\": {\"SECRET\": \"geheim\"}",
	 "mesosCredentials", "{principal: \"\", secret: \"***\"}"},
	{"\"mesosAuthentication\": \"basic\", \"mesosCredentials\": {\"principal\": \"p\"}, "
	 "\"mesoscredentials\": {\"PRINCIPAL\": null, \"secret\": \"s\"}",
	 "mesosCredentials", "{principal: \"p\", secret: \"***\"}"},
	{"\"mesosAuthentication\": \"basic\", \"mesosCredentials\": {\"principal\": \"p\"}",
	 "mesosAuthentication", "\"basic\""},
	/* own keys */
	{"\"xdpOn\": false", "xdpOn", "false"},
	{"\"xdpInterfaces\": [\"eth0\", \"veth-1.2\"]", "xdpInterfaces", "[eth0 veth-1.2]"},
	{"\"xdpInterfaces\": null", "xdpInterfaces", "[]"},
	{"\"xdpMode\": \"native\"", "xdpMode", "\"native\""},
	{"\"xdpMode\": \"generic\"", "xdpMode", "\"generic\""},
	{"\"bpfDir\": \"/sys/fs/bpf/x\"", "bpfDir", "\"/sys/fs/bpf/x\""},
	{"\"xdpMemory\": 64", "xdpMemory", "64"},
	{"\"XDPMEMORY\": 2147483647", "xdpMemory", "2147483647"},
	{"\"xdpMemory\": null", "xdpMemory", "0"},
	{"\"xdpKeepServing\": true", "xdpKeepServing", "true"},
	{"\"responsesPerSecond\": 1000000", "responsesPerSecond", "1000000"},
	{"\"responsesSlip\": 0", "responsesSlip", "0"},
	{"\"responsesExempt\": [\"10.0.0.0/8\", \"fd00::/8\"]", "responsesExempt",
	 "[10.0.0.0/8 fd00::/8]"},
	{"\"clientsAllow\": [\"192.0.2.1\", \"::1\", \"0.0.0.0/0\", \"::/0\"]", "clientsAllow",
	 "[192.0.2.1 ::1 0.0.0.0/0 ::/0]"},
	{"\"clientsDeny\": [\"192.0.2.1/32\", \"2001:db8::1/128\"]", "clientsDeny",
	 "[192.0.2.1/32 2001:db8::1/128]"},
	{"\"eventStreamOn\": false", "eventStreamOn", "false"},
	{"\"reconcileSeconds\": 30", "reconcileSeconds", "30"},
	{"\"failoverHoldSeconds\": 0", "failoverHoldSeconds", "0"},
	{"\"stateMaxBytes\": 9223372036854775807", "stateMaxBytes", "9223372036854775807"},
	/* document order, also where jansson alone would see one value a spelling */
	{"\"ttl\": 1, \"TTL\": 2, \"ttl\": 3", "ttl", "3"},
	{"\"ttl\": 1, \"TTL\": 2", "ttl", "2"},
	{"\"ttl\": 1, \"ttl\": null", "ttl", "1"},
	{"\"resolvers\": [\"1.1.1.1\"], \"Resolvers\": [\"127.0.0.7\"]", "resolvers",
	 "[127.0.0.7:53]"},
	/* names and texts around it that take more than one octet a character */
	{"\"\xc3\xa4\xe2\x82\xac\": \"\xf0\x9f\x98\x80\", \"ttl\": 7", "ttl", "7"},
	{"\"\\u0074tl\": 7", "ttl", "7"},
	{"!\n\t{ \"masters\" : [ \"a:1\" ] , \"ttl\" : 9 }\r\n ", "ttl", "9"},
};

static void test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++)
		check_value(accepted[i].members, accepted[i].key, accepted[i].value);
}

/* A value of every JSON type that a key does not have. */
static void test_types(void **state)
{
	static const struct {
		const char *text;
		bool good[TYPE_OBJECTS + 1]; /* by type; or not wrong in type */
	} values[] = {
		{"true", {[TYPE_BOOL] = true}},
		{"1", {[TYPE_INT] = true, [TYPE_U16] = true, [TYPE_U32] = true, [TYPE_U64] = true}},
		{"1.0", {0}},
		{"\"1\"", {[TYPE_STRING] = true}},
		{"[]", {[TYPE_LIST] = true, [TYPE_OBJECTS] = true}},
		{"{}", {[TYPE_ZONES] = true, [TYPE_CREDENTIALS] = true}},
	};

	(void)state;
	for (size_t k = 0; k < CONFIG_KEY_COUNT; k++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			struct config *cfg;
			char members[64], *error = NULL;

			if (values[v].good[config_keys[k].type])
				continue;
			snprintf(members, sizeof(members), "\"%s\": %s", config_keys[k].name,
				 values[v].text);
			if (parse(members, &cfg, &error) != -EINVAL)
				fail_msg("accepted: %s", members);
			if (strncmp(error, PREFIX, strlen(PREFIX)) != 0 ||
			    !strstr(error, config_keys[k].name) || !strstr(error, ": is ") ||
			    !strstr(error, "; allowed: ") || strchr(error, '\n'))
				fail_msg("%s: %s", members, error);
			free(error);
		}
	}
}

static void test_ranges(void **state)
{
	(void)state;
	for (size_t k = 0; k < CONFIG_KEY_COUNT; k++) {
		const struct config_key *key = &config_keys[k];
		char members[64], value[32];
		struct config *cfg;
		char *error = NULL;

		if (key->type < TYPE_INT || key->type > TYPE_U64)
			continue;
		snprintf(value, sizeof(value), "%" PRId64, key->max);
		snprintf(members, sizeof(members), "\"%s\": %s", key->name, value);
		check_value(members, key->name, key->raw ? "(not used)" : value);
		snprintf(value, sizeof(value), "%" PRId64, key->min);
		snprintf(members, sizeof(members), "\"%s\": %s", key->name, value);
		check_value(members, key->name,
			    key->raw			   ? "(not used)"
			    : strcmp(key->name, "timeout") ? value
							   : "5");
		snprintf(members, sizeof(members), "\"%s\": %" PRId64, key->name, key->min - 1);
		assert_int_equal(parse(members, &cfg, &error), -EINVAL);
		assert_non_null(strstr(error, ": out of range; allowed: an integer, "));
		free(error);
		if (key->max == INT64_MAX)
			continue;
		snprintf(members, sizeof(members), "\"%s\": %" PRId64, key->name, key->max + 1);
		assert_int_equal(parse(members, &cfg, &error), -EINVAL);
		free(error);
	}
}

/* Every key in capitals, in small letters, and with Unicode's other s and k. */
static void test_case(void **state)
{
	(void)state;
	for (size_t k = 0; k < CONFIG_KEY_COUNT; k++) {
		for (int how = 0; how < 3; how++) {
			char members[128] = "\"", *to = members + 1;
			struct config *cfg = NULL;
			char *error = NULL;

			for (const char *p = config_keys[k].name; *p; p++) {
				char upper = (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p);

				if (how == 2 && upper == 'S')
					to = stpcpy(to, "\xc5\xbf");
				else if (how == 2 && upper == 'K')
					to = stpcpy(to, "\\u212a");
				else
					*to++ = (char)(how != 1 || upper < 'A' ? upper
									       : upper | 32);
			}
			strcpy(to, "\": null, \"zk\": \"zk://a:1/m\", \"IPSources\": [\"host\"]");
			if (parse(members, &cfg, &error) != 0)
				fail_msg("%s: %s", members, error);
			for (size_t i = 0; i < cfg->warnings_count; i++)
				if (strstr(cfg->warnings[i], "unknown"))
					fail_msg("%s: %s", members, cfg->warnings[i]);
			config_free(cfg);
		}
	}
}

/* What only struct config shows. */
static void test_struct(void **state)
{
	static const uint8_t wire[] = "\1a\3com";
	struct config *cfg = NULL;
	char *error = NULL;
	const struct sockaddr_in *in;

	(void)state;
	assert_int_equal(
		parse("\"zoneResolvers\": {\"A.Com\": [\"1.2.3.4:5\"]}, \"listener\": \"::\"", &cfg,
		      &error),
		0);
	assert_int_equal(cfg->zone_resolvers[0].wire_len, sizeof(wire));
	assert_memory_equal(cfg->zone_resolvers[0].wire, wire, sizeof(wire));
	in = (const struct sockaddr_in *)&cfg->zone_resolvers[0].resolvers.list[0].addr;
	assert_int_equal(cfg->zone_resolvers[0].resolvers.list[0].addr_len, sizeof(*in));
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(in->sin_port, htons(5));
	assert_int_equal(in->sin_addr.s_addr, htonl(0x01020304));
	assert_int_equal(cfg->listener.ss_family, AF_INET6);
	assert_true(cfg->listener_any);
	config_free(cfg);
	assert_int_equal(parse("\"listener\": \"::ffff:0.0.0.0\"", &cfg, &error), 0);
	assert_true(cfg->listener_any);
	config_free(cfg);
	assert_int_equal(parse("\"listener\": \"::1\"", &cfg, &error), 0);
	assert_false(cfg->listener_any);
	config_free(cfg);
	assert_null(config_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_types),	 cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_case),	 cmocka_unit_test(test_struct),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
