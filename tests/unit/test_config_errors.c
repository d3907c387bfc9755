// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Every way to be refused, and the whole line the operator reads. */
#include "config_rows.h"

#define ALLOWED_MASTERS                                                                            \
	"; allowed: a list of strings: HOST:PORT or [IPv6]:PORT, port 1 to 65535, each master "    \
	"once; masters or zk must be given"
#define ALLOWED_RESOLVERS                                                                          \
	"; allowed: a list of strings: IP, IPv4:PORT or [IPv6]:PORT, port 1 to 65535, each once"
#define ALLOWED_ZONES                                                                              \
	"; allowed: an object of lists of strings: zones outside the own domain, each with a "     \
	"list of one or more IP, IPv4:PORT or [IPv6]:PORT"
#define ALLOWED_SOURCES                                                                            \
	"; allowed: a list of strings: one or more of host, docker, mesos, netinfo, each once"
#define ALLOWED_DOMAIN                                                                             \
	"; allowed: a string: labels of 1 to 63 letters, digits and '-', joined by single dots, "  \
	"no final dot, at most 253 characters"
#define ALLOWED_TTL "; allowed: an integer, 0 to 2147483647: seconds"
#define ALLOWED_AUTH                                                                               \
	"; allowed: a string: \"\", \"basic\" (with mesosCredentials) or \"iam\" (with "           \
	"iamConfigFile)"
#define ALLOWED_NETWORKS                                                                           \
	"; allowed: a list of strings: IP or IP/PREFIX, no bit set behind the prefix; at most "    \
	"65536 in all lists"
#define ALLOWED_JSON "; allowed: one JSON object (RFC 8259)"

static void check_error(const char *members, const char *want)
{
	struct config *cfg = NULL;
	char *error = NULL;
	int r = parse(members, &cfg, &error);

	if (r != -EINVAL || cfg)
		fail_msg("%s: %d instead of '%s'", members, r, want);
	if (strcmp(error, want) != 0)
		fail_msg("%s:\n  is   '%s'\n  want '%s'", members, error, want);
	free(error);
}

static const struct {
	const char *members, *error;
} refused[] = {
	/* the document */
	{"!", "line 1, column 0: unexpected token near end of file" ALLOWED_JSON},
	{"![]", "line 1, column 1: the document is a list" ALLOWED_JSON},
	{"!5", "line 1, column 1: the document is an integer" ALLOWED_JSON},
	{"!{", "line 1, column 1: string or '}' expected near end of file" ALLOWED_JSON},
	{"!{} x", "line 1, column 4: end of file expected near 'x'" ALLOWED_JSON},
	{"!{}\n{}", "line 2, column 1: end of file expected near '{'" ALLOWED_JSON},
	{"!{\"masters\":[\"127.0.0.1:5050\"],}",
	 "line 1, column 31: string or '}' expected near '}'" ALLOWED_JSON},
	{"!// c\n{}", "line 1, column 1: invalid token near '/'" ALLOWED_JSON},
	{"!\xef\xbb\xbf{}", "line 1, column 1: invalid token near '\xef\xbb\xbf'" ALLOWED_JSON},
	/* service */
	{"\"dnson\": false, \"httpon\": false",
	 "dnson = false: dnsOn and httpOn are both false; allowed: true or false: dnsOn or "
	 "httpOn must be true"},
	/* masters */
	{"!null", "masters: no masters and no zk are given" ALLOWED_MASTERS},
	{"!{}", "masters: no masters and no zk are given" ALLOWED_MASTERS},
	{"!{\"masters\": []}", "masters = []: no masters and no zk are given" ALLOWED_MASTERS},
	{"!{\"masters\": null}", "masters = null: no masters and no zk are given" ALLOWED_MASTERS},
	{"!{\"masters\": [], \"zk\": \"\"}",
	 "masters = []: no masters and no zk are given" ALLOWED_MASTERS},
	{"!{\"MASTERS\": [\"127.0.0.1\"]}",
	 "MASTERS = \"127.0.0.1\": not HOST:PORT" ALLOWED_MASTERS},
	{"!{\"masters\": [\"127.0.0.1:0\"]}",
	 "masters = \"127.0.0.1:0\": not a port" ALLOWED_MASTERS},
	{"!{\"masters\": [\"127.0.0.1:65536\"]}",
	 "masters = \"127.0.0.1:65536\": not a port" ALLOWED_MASTERS},
	{"!{\"masters\": [\"127.0.0.1:http\"]}",
	 "masters = \"127.0.0.1:http\": not a port" ALLOWED_MASTERS},
	{"!{\"masters\": [\"127.0.0.1:+5050\"]}",
	 "masters = \"127.0.0.1:+5050\": not a port" ALLOWED_MASTERS},
	{"!{\"masters\": [\"127.0.0.1:\"]}",
	 "masters = \"127.0.0.1:\": not a port" ALLOWED_MASTERS},
	{"!{\"masters\": [\"1.1.1.1:99999999999999999999\"]}",
	 "masters = \"1.1.1.1:99999999999999999999\": not a port" ALLOWED_MASTERS},
	{"!{\"masters\": [\"127.0.0.1:5050\", \"127.0.0.1:5050\"]}",
	 "masters = \"127.0.0.1:5050\": given twice" ALLOWED_MASTERS},
	{"!{\"masters\": [\"[::1]:5050\", \"[0:0::1]:5050\"]}",
	 "masters = \"[0:0::1]:5050\": given twice" ALLOWED_MASTERS},
	{"!{\"masters\": [\"::1:5050\"]}", "masters = \"::1:5050\": not HOST:PORT" ALLOWED_MASTERS},
	{"!{\"masters\": [\"[::1]\"]}", "masters = \"[::1]\": not HOST:PORT" ALLOWED_MASTERS},
	{"!{\"masters\": [\"[::1:5050\"]}",
	 "masters = \"[::1:5050\": not HOST:PORT" ALLOWED_MASTERS},
	{"!{\"masters\": [\":5050\"]}", "masters = \":5050\": no host" ALLOWED_MASTERS},
	{"!{\"masters\": [\"\"]}", "masters = \"\": not HOST:PORT" ALLOWED_MASTERS},
	{"!{\"masters\": [null]}", "masters = \"\": not HOST:PORT" ALLOWED_MASTERS},
	{"!{\"masters\": [\"a/b@c:5050\"]}",
	 "masters = \"a/b@c:5050\": not a host name or IP address" ALLOWED_MASTERS},
	{"!{\"masters\": [\"" A63 A63 A63 A63 "aa:5\"]}",
	 "masters = \"" A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\": the host is too "
	 "long" ALLOWED_MASTERS},
	{"!{\"masters\": \"127.0.0.1:5050\"}",
	 "masters = \"127.0.0.1:5050\": is a string" ALLOWED_MASTERS},
	{"!{\"masters\": [\"a:1\",\n 5]}",
	 "masters = [\"a:1\", 5]: element 2 is an integer" ALLOWED_MASTERS},
	/* zk */
	{"\"zk\": \"http://a:1/mesos\"",
	 "zk = \"http://a:1/mesos\": not a ZooKeeper URL; allowed: a string: "
	 "zk://HOST:PORT[,HOST:PORT...]/PATH or file:///PATH"},
	{"\"zk\": \"zk://\"", "zk = \"zk://\": no path behind the servers; allowed: a string: "
			      "zk://HOST:PORT[,HOST:PORT...]/PATH or file:///PATH"},
	{"\"zk\": \"zk://a:1,b:x/m\"",
	 "zk = \"zk://a:1,b:x/m\": server 2: not a port; allowed: a string: "
	 "zk://HOST:PORT[,HOST:PORT...]/PATH or file:///PATH"},
	{"\"zk\": \"zk://geheim@a:1/m\"",
	 "zk = ***: not USER:PASSWORD before the @; allowed: a string: "
	 "zk://HOST:PORT[,HOST:PORT...]/PATH or file:///PATH"},
	{"\"zk\": \"file://etc/zk\"",
	 "zk = \"file://etc/zk\": not an absolute path behind file://; allowed: a string: "
	 "zk://HOST:PORT[,HOST:PORT...]/PATH or file:///PATH"},
	{"\"zk\": \"u:geheim@a:1\"", "zk = ***: not a ZooKeeper URL; allowed: a string: "
				     "zk://HOST:PORT[,HOST:PORT...]/PATH or file:///PATH"},
	/* resolvers */
	{"\"resolvers\": [\"8.8.8.8\", \"8.8.8.8:53\"]",
	 "resolvers = \"8.8.8.8:53\": given twice" ALLOWED_RESOLVERS},
	{"\"resolvers\": [\"dns.google\"]",
	 "resolvers = \"dns.google\": not an IP address" ALLOWED_RESOLVERS},
	{"\"resolvers\": [\"dns.google:53\"]",
	 "resolvers = \"dns.google:53\": not an IP address" ALLOWED_RESOLVERS},
	{"\"resolvers\": [\"8.8.8.8:0\"]",
	 "resolvers = \"8.8.8.8:0\": not a port" ALLOWED_RESOLVERS},
	{"\"resolvers\": [\"8.8.8.8:99999\"]",
	 "resolvers = \"8.8.8.8:99999\": not a port" ALLOWED_RESOLVERS},
	{"\"resolvers\": [\"[::1]:53\", \"::1\"]",
	 "resolvers = \"::1\": given twice" ALLOWED_RESOLVERS},
	{"\"resolvers\": [\"[::1]\"]",
	 "resolvers = \"[::1]\": not an IP address" ALLOWED_RESOLVERS},
	{"\"resolvers\": [null]", "resolvers = \"\": not an IP address" ALLOWED_RESOLVERS},
	/* zoneResolvers */
	{"\"zoneResolvers\": {\"a.b\": []}",
	 "zoneResolvers = \"a.b\": its list is empty" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"a.b\": null}",
	 "zoneResolvers = \"a.b\": its list is empty" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"a_b\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"a_b\": not a domain name" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"a.b.\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"a.b.\": not a domain name" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"\": not a domain name" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"" A63 "a\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"" A63 "a\": not a domain name" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"mesos\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"mesos\": it is in the domain mesos, which is answered "
	 "here" ALLOWED_ZONES},
	{"\"domain\": \"MESOS\", \"zoneResolvers\": {\"Mesos\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"Mesos\": it is in the domain mesos, which is answered "
	 "here" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"X.mesos\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"X.mesos\": it is in the domain mesos, which is answered "
	 "here" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"a.b\": [\"1.1.1.1\"], \"A.B\": [\"1.1.1.1\"]}",
	 "zoneResolvers = \"A.B\": given twice, in different spellings" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"a.b\": [\"x\"]}",
	 "zoneResolvers = \"x\": not an IP address" ALLOWED_ZONES},
	{"\"zoneResolvers\": {\"a.b\": \"1.1.1.1\"}",
	 "zoneResolvers = {\"a.b\": \"1.1.1.1\"}: is a string" ALLOWED_ZONES},
	/* IPSources */
	{"\"IPSources\": []", "IPSources = []: the list is empty" ALLOWED_SOURCES},
	{"\"IPSources\": null", "IPSources = null: the list is empty" ALLOWED_SOURCES},
	{"\"IPSources\": [\"host\", \"host\"]",
	 "IPSources = \"host\": given twice" ALLOWED_SOURCES},
	{"\"IPSources\": [\"rkt\"]", "IPSources = \"rkt\": not an IP source" ALLOWED_SOURCES},
	{"\"IPSources\": [\"Host\"]", "IPSources = \"Host\": not an IP source" ALLOWED_SOURCES},
	/* numbers */
	{"\"refreshSeconds\": 0",
	 "refreshSeconds = 0: out of range; allowed: an integer, 1 to 2147483647: seconds"},
	{"\"stateTimeoutSeconds\": -1",
	 "stateTimeoutSeconds = -1: out of range; allowed: an integer, 1 to 2147483647: seconds"},
	{"\"timeout\": -1", "timeout = -1: out of range; allowed: an integer, 0 to 2147483647: "
			    "seconds; 0 means 5"},
	{"\"TTL\": -1", "TTL = -1: out of range" ALLOWED_TTL},
	{"\"ttl\": 2147483648", "ttl = 2147483648: out of range" ALLOWED_TTL},
	{"\"ttl\": \"60\"", "ttl = \"60\": is a string" ALLOWED_TTL},
	{"\"ttl\": 60.0", "ttl = 60.0: is a number with a fraction or an exponent" ALLOWED_TTL},
	{"\"ttl\": 6e1", "ttl = 6e1: is a number with a fraction or an exponent" ALLOWED_TTL},
	{"\"port\": 70000", "port = 70000: out of range; allowed: an integer, 0 to 65535"},
	{"\"recurseon\": \"true\"", "recurseon = \"true\": is a string; allowed: true or false"},
	{"\"externalon\": 1", "externalon = 1: is an integer; allowed: true or false"},
	/* domain, SOA */
	{"\"domain\": \"\"", "domain = \"\": not a domain name" ALLOWED_DOMAIN},
	{"\"domain\": \"mesos.\"", "domain = \"mesos.\": not a domain name" ALLOWED_DOMAIN},
	{"\"domain\": \"a..b\"", "domain = \"a..b\": not a domain name" ALLOWED_DOMAIN},
	{"\"domain\": \".a\"", "domain = \".a\": not a domain name" ALLOWED_DOMAIN},
	{"\"domain\": \"a_b\"", "domain = \"a_b\": not a domain name" ALLOWED_DOMAIN},
	{"\"domain\": \"a b\"", "domain = \"a b\": not a domain name" ALLOWED_DOMAIN},
	{"\"domain\": \"" A63 "a\"", "domain = \"" A63 "a\": not a domain name" ALLOWED_DOMAIN},
	{"\"SOAMname\": \"a..b\"", "SOAMname = \"a..b\": not a domain name; allowed: a string: a "
				   "domain name (RFC 1035 2.3.4)"},
	{"\"SOAMname\": \"a@b\"", "SOAMname = \"a@b\": not a domain name; allowed: a string: a "
				  "domain name (RFC 1035 2.3.4)"},
	{"\"SOARname\": \"@b\"", "SOARname = \"@b\": not a mail address; allowed: a string: a mail "
				 "address or the domain name that stands for it"},
	/* addresses */
	{"\"listener\": \"localhost\"",
	 "listener = \"localhost\": not an IP address; allowed: a string: an IPv4 or IPv6 address"},
	{"\"listener\": \"\"",
	 "listener = \"\": not an IP address; allowed: a string: an IPv4 or IPv6 address"},
	{"\"listener\": \"127.0.0.1 \"", "listener = \"127.0.0.1 \": not an IP address; allowed: a "
					 "string: an IPv4 or IPv6 address"},
	{"\"listener\": \"999.1.1.1\"",
	 "listener = \"999.1.1.1\": not an IP address; allowed: a string: an IPv4 or IPv6 address"},
	{"\"httpListener\": \"a b\"", "httpListener = \"a b\": not an address; allowed: a string: "
				      "an IP address or a host name"},
	/* login */
	{"\"mesosAuthentication\": \"basic\"", "mesosAuthentication = \"basic\": no "
					       "mesosCredentials are given" ALLOWED_AUTH},
	{"\"mesosAuthentication\": \"Basic\"",
	 "mesosAuthentication = \"Basic\": not a way to log in" ALLOWED_AUTH},
	{"\"mesosAuthentication\": \"iam\"",
	 "mesosAuthentication = \"iam\": no iamConfigFile is given" ALLOWED_AUTH},
	{"\"mesosCredentials\": \"me:geheim\"",
	 "mesosCredentials = ***: is a string; allowed: an object of two strings, principal and "
	 "secret or secretFile"},
	{"\"mesosCredentials\": {\"secret\": 5}",
	 "mesosCredentials = ***: secret is an integer; allowed: an object of two strings, "
	 "principal and secret or secretFile"},
	{"\"mesosCredentials\": {\"secretFile\": \"/nowhere/secret\"}",
	 "mesosCredentials = \"/nowhere/secret\": No such file or directory; allowed: an object of "
	 "two strings, principal and secret or secretFile"},
	{"\"mesosCredentials\": {\"secretFile\": \"/dev/null\"}",
	 "mesosCredentials = \"/dev/null\": it is empty; allowed: an object of two strings, "
	 "principal and secret or secretFile"},
	{"\"mesosCredentials\": {\"secret\": \"geheim\", \"secretFile\": \"/dev/null\"}",
	 "mesosCredentials = \"/dev/null\": secret is given, too; allowed: an object of two "
	 "strings, principal and secret or secretFile"},
	{"\"httpTokenFile\": \"$CREDENTIALS_DIRECTORY/token\"",
	 "httpTokenFile = \"$CREDENTIALS_DIRECTORY/token\": systemd has set no "
	 "CREDENTIALS_DIRECTORY; allowed: a string: a readable file with one token of 16 to 512 "
	 "letters, digits and -._~+/="},
	/* own keys */
	{"\"xdpMode\": \"Native\"", "xdpMode = \"Native\": not an XDP mode; allowed: a string: "
				    "\"auto\", \"native\" or \"generic\""},
	{"\"xdpInterfaces\": [\"eth0\", \"eth0\"]",
	 "xdpInterfaces = \"eth0\": given twice; allowed: a list of strings: interface names of 1 "
	 "to 15 characters, each once"},
	{"\"xdpInterfaces\": [\"a234567890123456\"]",
	 "xdpInterfaces = \"a234567890123456\": not an interface name; allowed: a list of strings: "
	 "interface names of 1 to 15 characters, each once"},
	{"\"bpfDir\": \"bpf\"", "bpfDir = \"bpf\": not an absolute path of a directory; allowed: a "
				"string: an absolute path on a BPF file system"},
	{"\"responsesPerSecond\": 1000001",
	 "responsesPerSecond = 1000001: out of range; allowed: an integer, 0 to 1000000: to one "
	 "client network; 0: no limit"},
	{"\"responsesExempt\": [\"10.0.0.1/8\"]",
	 "responsesExempt = \"10.0.0.1/8\": has bits set behind its prefix" ALLOWED_NETWORKS},
	{"\"clientsAllow\": [\"fd00::/129\"]",
	 "clientsAllow = \"fd00::/129\": not a length of a prefix" ALLOWED_NETWORKS},
	{"\"clientsAllow\": [\"10.0.0.0/\"]",
	 "clientsAllow = \"10.0.0.0/\": not a length of a prefix" ALLOWED_NETWORKS},
	{"\"clientsDeny\": [\"10.0.0.0/33\"]",
	 "clientsDeny = \"10.0.0.0/33\": not a length of a prefix" ALLOWED_NETWORKS},
	{"\"clientsDeny\": [\"all\"]", "clientsDeny = \"all\": not a network" ALLOWED_NETWORKS},
	{"\"clientsDeny\": [\"\"]", "clientsDeny = \"\": not a network" ALLOWED_NETWORKS},
	{"\"xdpMemory\": -1",
	 "xdpMemory = -1: out of range; allowed: an integer, 0 to 2147483647: MiB; 0: no limit"},
	{"\"xdpMemory\": 2147483648",
	 "xdpMemory = 2147483648: out of range; allowed: an integer, 0 "
	 "to 2147483647: MiB; 0: no limit"},
	{"\"xdpMemory\": \"64\"",
	 "xdpMemory = \"64\": is a string; allowed: an integer, 0 to 2147483647: MiB; 0: no limit"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		char want[1024];

		snprintf(want, sizeof(want), PREFIX "%s", refused[i].error);
		check_error(refused[i].members, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("config_errors", tests, NULL, NULL);
}
