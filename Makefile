# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# mesos-xdns. `make help` lists the targets. Everything is built below build/.
# V=1 shows the commands. Missing Debian packages are installed by name
# (tools/packages) before they are first needed.

VERSION := 0.1.0

SHELL    := /bin/bash
PREFIX   ?= /usr/local
DESTDIR  ?=
CLANG    ?= clang
BPFTOOL  ?= bpftool
FORMAT   ?= clang-format
SUITE    := tests/run.sh

# bpftool and ip live in sbin, which is not on everybody's PATH.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin
export XDNS_SHARED ?= ../shared

ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules

Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

# --- flags ------------------------------------------------------------------

WARN     := -Wall -Wextra -Werror -Wshadow
INCLUDES := -Iinclude -Iuser -Ibuild
CFLAGS   ?= -O2 -g
CFLAGS_ALL = -std=gnu11 -D_GNU_SOURCE $(WARN) $(INCLUDES) -DXDNS_VERSION='"$(VERSION)"' -MMD -MP
# Indirect calls go to functions' beginnings only: CET on x86-64, BTI and PAC on arm64.
BRANCHES := $(if $(filter x86_64,$(shell uname -m)),-fcf-protection,$(if $(filter aarch64,$(shell uname -m)),-mbranch-protection=standard))
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 $(BRANCHES)
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now
LDLIBS   := -lbpf -lelf -lz -lcurl -ljansson -luv -lurcu -lcrypto \
	    -lzookeeper_mt -lsystemd -lmicrohttpd -lseccomp -lpthread

# Expanded only when a rule runs: a fresh machine has no gcc yet when make reads this.
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Werror -Iinclude -MMD -MP \
	     -idirafter /usr/include/$(shell gcc -dumpmachine)

# --- what there is ----------------------------------------------------------

USER_SRC    := $(wildcard user/*.c)
CTL_SRC     := $(filter-out $(wildcard tools/*.bpf.c),$(wildcard tools/xdnsctl*.c))
LIB_SRC     := $(filter-out user/main.c,$(USER_SRC))
SKEL        := build/mesos-xdns.skel.h
SCRIPTS     := $(wildcard tests/e2e/[0-9]*.sh)
MAN         := $(wildcard docs/*.[58])
UNIT        := $(patsubst %.c,%,$(wildcard tests/unit/test_*.c))
GOLDEN      := $(patsubst %.c,%,$(wildcard tests/golden/test_*.c))
BPF_TESTS   := $(patsubst %.c,%,$(wildcard tests/bpf/test_*.c))
FUZZ        := $(patsubst %.c,%,$(wildcard tests/fuzz/fuzz_*.c))
C_FILES      = $(wildcard bpf/*.[ch] include/*.h user/*.[ch] tests/*.[ch] tests/*/*.[ch] tools/*.[ch])

PKG_BUILD := build/packages-build
PKG_RUN   := build/packages-run
PKG_CHECK := build/packages-check
PKG_BENCH := build/packages-bench
PKG_FUZZ  := build/packages-fuzz

# --- daemon -----------------------------------------------------------------

.PHONY: all run packages check check-unit check-golden check-bpf check-e2e check-confined check-package conform soak asan fuzz verifier bench lint fmt \
	install uninstall deb clean help

all: build/mesos-xdns build/xdnsctl ## build build/mesos-xdns and build/xdnsctl

build/%.bpf.o: bpf/%.bpf.c | $(PKG_BUILD)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

# At the far end of a veth pair, so that native XDP_TX gets there (tools/run.sh).
build/%.bpf.o: tools/%.bpf.c | $(PKG_BUILD)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Itools -c -o $@ $<

$(SKEL): build/mesos-xdns.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name mesos_xdns > $@

# Beside the tests (test_*.c) of a directory are their helpers. Those whose header a test includes
# are linked first, since they may stand in for a part of the daemon; what these need of other
# helpers comes last, from an archive.
helper_src = $(filter-out $(1)/test_% $(1)/fuzz_% %.bpf.c,$(wildcard $(1)/*.c))
includes   = $(subst ",,$(shell grep -ho '"[a-z_]*\.h"' $(1)))
included   = $(foreach h,$(call helper_src,$(patsubst %/,%,$(dir $(1)))),$(if $(filter $(notdir $(h:.c=.h)),$(2)),$(h)))
$(foreach t,$(UNIT) $(GOLDEN) $(BPF_TESTS),$(eval INCLUDED_$(t) := $$(call included,$(t).c,$$(call includes,$(t).c))))

# One set of rules for the plain build (build/) and those that look closer (tools/quality.mk):
# $(1) directory, $(2) flags, $(3) flags when they are linked.
# A test takes from the archive what it needs of the daemon.
define flavour
$(1)/mesos-xdns: $(1)/user/main.o $(1)/libxdns.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $(2) $(3) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)

$(1)/xdnsctl: $(CTL_SRC:%.c=$(1)/%.o) $(1)/libxdns.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $(2) $(3) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)

$(1)/user/%.o: user/%.c | $(PKG_BUILD) $(SKEL)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) $(2) -c -o $$@ $$<

$(1)/user/api_page.o: user/page.html

$(1)/libxdns.a: $(LIB_SRC:%.c=$(1)/%.o)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^

$(1)/tools/%.o: tools/%.c | $(PKG_BUILD)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) -Itools $(2) -c -o $$@ $$<

$(1)/tools/xdnsctl-tap.o: build/xdnsctl-tap.skel.h
$(1)/tests/bpf/stress_flood.o: build/tests/bpf/stress_flood.skel.h

$(1)/tests/%.o: tests/%.c | $(PKG_CHECK) $(SKEL)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC) $$(CFLAGS_ALL) -Itests -Ibuild/tests/bench $(2) -c -o $$@ $$<

$(foreach d,tests/unit tests/golden tests/bpf tests/fuzz,
$(1)/$(d)/helpers.a: $(patsubst %.c,$(1)/%.o,$(call helper_src,$(d))) | $(PKG_BUILD)
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^
)
$(foreach t,$(UNIT) $(GOLDEN) $(BPF_TESTS),
$(1)/$(t): $(patsubst %.c,$(1)/%.o,$(t).c $(INCLUDED_$(t))) \
		$(1)/libxdns.a $(1)/$(dir $(t))helpers.a $(1)/libxdns.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $(2) $(3) $$(LDFLAGS) -o $$@ $$+ -lcmocka $$(LDLIBS)
)
$(foreach t,$(FUZZ),
$(1)/$(t): $(1)/$(t).o $(1)/tests/fuzz/helpers.a $(1)/tests/bpf/helpers.a $(1)/libxdns.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $(2) $(3) $$(LDFLAGS) -o $$@ $$^ -lcmocka $$(LDLIBS)
)
endef

$(eval $(call flavour,build,$$(CFLAGS) $$(HARDEN),$$(HARDEN_LD)))
include tools/quality.mk
$(eval $(call flavour,build/fuzz,$$(ASAN) -fsanitize=fuzzer))

# libFuzzer is clang's, and its main() goes before that of tests/fuzz/helpers.a.
build/fuzz/%: CC = $(CLANG)

-include $(shell find build -path build/deb -prune -o -type f -name '*.d' -print 2>/dev/null)

# --- bench --------------------------------------------------------------------

build/tests/%.bpf.o: tests/%.bpf.c | $(PKG_BUILD)
	@mkdir -p $(@D)
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

build/tests/%.skel.h: build/tests/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*) > $@

build/tests/bench/bench_packets.o: build/tests/bench/harness.skel.h
build/tests/bench/bench_packets: build/tests/bench/packet_task.o \
				 $(patsubst %.c,build/%.o,$(wildcard tests/bench/steps*.c))
build/tests/bench/bench_zone: build/tests/bench/zone_bench.o
build/tests/bench/bench_%: build/tests/bench/bench_%.o build/libxdns.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN_LD) $(LDFLAGS) -o $@ $^ build/libxdns.a $(LDLIBS)

build/tests/bench/latency: build/tests/bench/latency.o
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN_LD) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# What xdnsctl puts before the program while it looks at frames.
build/xdnsctl-tap.skel.h: build/xdnsctl-tap.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name xdnsctl_tap > $@

# The traffic generator, for the bench and for laboratories.
build/xdns-load.skel.h: build/xdns-load.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name xdns_load > $@

build/tools/xdns-load.o build/tools/xdns-load-setup.o build/tools/xdns-load-report.o: build/xdns-load.skel.h
build/xdns-load: build/tools/xdns-load.o build/tools/xdns-load-setup.o build/tools/xdns-load-report.o \
		build/libxdns.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN_LD) $(LDFLAGS) -o $@ $^ $(LDLIBS)

BENCH_PROGRAMS := build/xdns-load build/xdp-reflect.bpf.o build/tests/bench/bench_packets \
		  build/tests/bench/bench_zone build/tests/bench/latency build/tests/e2e/ask
BENCH_NEEDS    := $(BENCH_PROGRAMS) build/mesos-xdns build/xdp-pass.bpf.o build/tests/bpf/test_stress

bench: $(BENCH_NEEDS) | $(PKG_BENCH) ## cost, speed and freshness, as ratios; PARTS="packets wire passing peers changes freshness", MESOS_DNS=path, LONG=1, DOCS=1
	@MESOS_DNS='$(MESOS_DNS)' tests/bench/bench.py $(if $(DOCS),--docs) $(if $(LONG),--long) $(PARTS)

# --- run and check ----------------------------------------------------------

run: build/mesos-xdns build/xdp-pass.bpf.o | $(PKG_RUN) ## simulated cluster, daemon and client; STATE=file.json, CONFIG=file, ONCE=1
	@STATE='$(STATE)' CONFIG='$(CONFIG)' ONCE='$(ONCE)' TASKS='$(TASKS)' tools/run.sh

# The client of the end-to-end tests and the bench; nothing of the daemon is in it.
ASK_SRC := $(wildcard tests/e2e/*.c)

build/tests/e2e/ask: $(ASK_SRC:%.c=build/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN_LD) $(LDFLAGS) -o $@ $^

E2E_NEEDS := build/mesos-xdns build/xdnsctl $(XDNS_BIN) $(XDNS_CTL) build/faults/mesos-xdns build/xdp-pass.bpf.o \
	     build/tests/e2e/ask build/xdns-load build/tests/bench/bench_packets
CHECKED   := $(if $(SANITIZE),$(addprefix $(B)/,$(SANITIZED)), \
		  $(addprefix build/,$(UNIT) $(GOLDEN) $(BPF_TESTS)) $(addprefix build/asan/,$(SANITIZED)))

# The bench is built, too, so that it does not fall behind unnoticed.
check: $(CHECKED) $(E2E_NEEDS) $(BENCH_PROGRAMS) | $(PKG_CHECK) $(PKG_RUN) ## every test; the last line counts them; SANITIZE=address,undefined or thread
	@$(SUITE) tools/lint.sh $(CHECKED) $(SCRIPTS)

check-unit: $(addprefix $(B)/,$(UNIT)) ## the units, no root needed
	@$(SUITE) $^

check-golden: $(addprefix $(B)/,$(GOLDEN)) ## against what Mesos-DNS answered
	@$(SUITE) $^

check-bpf: $(addprefix build/,$(BPF_TESTS)) ## the loaded program, through BPF_PROG_TEST_RUN
	@$(SUITE) $^

verifier: build/tests/bpf/test_verifier ## what the programs take of the kernel verifier's limit
	@$(SUITE) $^

check-e2e: $(E2E_NEEDS) | $(PKG_CHECK) $(PKG_RUN) ## the daemon in network namespaces; T=name picks scripts
	@$(SUITE) $(if $(T),$(foreach t,$(T),$(filter %$(t).sh,$(SCRIPTS))),$(SCRIPTS))

check-confined: $(E2E_NEEDS) | $(PKG_CHECK) $(PKG_RUN) ## check-e2e with the daemon as its unit runs it; T=name picks scripts
	@XDNS_CONFINED=1 $(SUITE) $(if $(T),$(foreach t,$(T),$(filter %$(t).sh,$(SCRIPTS))),$(SCRIPTS))

conform: $(E2E_NEEDS) | $(PKG_CHECK) $(PKG_RUN) ## many made-up questions, as NSD and Knot answer them; N=100000, SEED=1
	@CONFORM_QUESTIONS=$(or $(N),100000) CONFORM_SEED=$(or $(SEED),1) XDNS_TEST_SECONDS=7200 \
		$(SUITE) tests/e2e/72_respdiff.sh

soak: $(E2E_NEEDS) | $(PKG_CHECK) $(PKG_RUN) ## hours of queries, churn, fail-overs, restarts, flaps; HOURS=1, SOAK="--rate 2000"
	@tests/soak/soak.sh $(or $(HOURS),1) $(SOAK)

FUZZED = $(if $(T),$(foreach t,$(T),$(filter %/fuzz_$(t),$(FUZZ))),$(FUZZ))

$(FUZZ:%=build/fuzz/%): | $(PKG_FUZZ)

fuzz: $(FUZZED:%=build/fuzz/%) ## libFuzzer on each target in turn; FUZZ_SECONDS=60, T=name picks targets
	@tests/fuzz.sh $(or $(FUZZ_SECONDS),60) $^

lint: | $(PKG_CHECK) ## format, shellcheck, include rules, man pages
	@$(SUITE) tools/lint.sh

fmt: | $(PKG_CHECK) ## format the C sources in place
	$(Q)$(FORMAT) -i $(C_FILES)

# --- packages, install, clean -------------------------------------------------

build/packages-%: tools/packages tools/install-packages.sh
	@mkdir -p $(@D)
	@tools/install-packages.sh $*
	@touch $@

packages: $(PKG_BUILD) $(PKG_RUN) $(PKG_CHECK) ## install every Debian package that is used

# apt takes one lock: one group after the other.
$(PKG_RUN): | $(PKG_BUILD)
$(PKG_CHECK): | $(PKG_BUILD) $(PKG_RUN)
$(PKG_BENCH): | $(PKG_BUILD) $(PKG_RUN) $(PKG_CHECK)
build/packages-deb: | $(PKG_BUILD) $(PKG_RUN)
$(PKG_FUZZ): | $(PKG_BUILD) $(PKG_RUN) $(PKG_CHECK)
build/packages-analyze: | $(PKG_BUILD)

# What `make install` puts where: source, destination, mode. The unit gets the daemon's real place.
SYSCONFDIR ?= /etc
SHARE       = $(PREFIX)/share
INSTALLED   = build/mesos-xdns:$(PREFIX)/sbin/mesos-xdns:755 \
	      build/xdnsctl:$(PREFIX)/sbin/xdnsctl:755 \
	      build/install/mesos-xdns.service:$(PREFIX)/lib/systemd/system/mesos-xdns.service:644 \
	      tools/systemd/mesos-xdns-pins.service:$(PREFIX)/lib/systemd/system/mesos-xdns-pins.service:644 \
	      tools/systemd/mesos-xdns.sysusers:$(PREFIX)/lib/sysusers.d/mesos-xdns.conf:644 \
	      tools/completion/mesos-xdns.bash:$(SHARE)/bash-completion/completions/mesos-xdns:644 \
	      tools/completion/_mesos-xdns:$(SHARE)/zsh/vendor-completions/_mesos-xdns:644 \
	      tools/completion/xdnsctl.bash:$(SHARE)/bash-completion/completions/xdnsctl:644 \
	      tools/completion/_xdnsctl:$(SHARE)/zsh/vendor-completions/_xdnsctl:644 \
	      tools/grafana/mesos-xdns.json:$(SHARE)/mesos-xdns/grafana/mesos-xdns.json:644 \
	      tools/prometheus/mesos-xdns.rules.yml:$(SHARE)/mesos-xdns/prometheus/mesos-xdns.rules.yml:644 \
	      LICENSE:$(SHARE)/doc/mesos-xdns/copyright:644 \
	      README.md:$(SHARE)/doc/mesos-xdns/README.md:644 \
	      tools/config.json:$(SHARE)/doc/mesos-xdns/examples/config.json:644 \
	      $(foreach d,$(wildcard docs/*.md docs/*.svg),$(d):$(SHARE)/doc/mesos-xdns/$(d):644) \
	      $(foreach m,$(MAN),$(m):$(SHARE)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)):644)
CONFIG_FILE = $(DESTDIR)$(SYSCONFDIR)/mesos-xdns/config.json
place       = $(word $(2),$(subst :, ,$(1)))

install: build/mesos-xdns build/xdnsctl ## install below DESTDIR and PREFIX; an existing configuration stays
	@mkdir -p build/install
	$(Q)sed 's,/usr/sbin/mesos-xdns,$(PREFIX)/sbin/mesos-xdns,; s,/etc/mesos-xdns/,$(SYSCONFDIR)/mesos-xdns/,' \
		tools/systemd/mesos-xdns.service > build/install/mesos-xdns.service
	$(Q)set -e; $(foreach f,$(INSTALLED),install -D -m $(call place,$(f),3) $(call place,$(f),1) \
		$(DESTDIR)$(call place,$(f),2);)
	$(Q)test -e $(CONFIG_FILE) || install -D -m 644 tools/config.json $(CONFIG_FILE)

uninstall: ## remove what install put there, but not the configuration
	$(Q)rm -f $(foreach f,$(INSTALLED),$(DESTDIR)$(call place,$(f),2))
	$(Q)rm -rf $(DESTDIR)$(SHARE)/doc/mesos-xdns $(DESTDIR)$(SHARE)/mesos-xdns

# debhelper wants debian/ at the top, which has other things to show: it gets one in a copy.
DEB_VERSION ?= $(VERSION)
DEB_DIR      = build/deb/mesos-xdns-$(DEB_VERSION)
PKG_DEB     := build/packages-deb

deb: | $(PKG_BUILD) $(PKG_DEB) ## a Debian package in build/deb; DEB_VERSION=1.2
	@rm -rf $(DEB_DIR) && mkdir -p $(DEB_DIR)
	$(Q)cp -r Makefile LICENSE README.md bpf user include docs tools $(DEB_DIR)
	$(Q)cp -r tools/debian $(DEB_DIR)/debian
	$(Q)cp tools/systemd/mesos-xdns.sysusers $(DEB_DIR)/debian/mesos-xdns.sysusers
	$(Q)sed "s/@VERSION@/$(DEB_VERSION)/; s/@DATE@/$$(date -R)/" tools/debian/changelog.in > $(DEB_DIR)/debian/changelog
	$(Q)rm $(DEB_DIR)/debian/changelog.in
	$(Q)mkdir -p $(DEB_DIR)/build && touch $(DEB_DIR)/$(PKG_BUILD)
	$(call say,DEB,$(DEB_DIR))
	$(Q)cd $(DEB_DIR) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL DEB_BUILD_OPTIONS=noautodbgsym \
		dpkg-buildpackage -b -us -uc > ../build.log 2>&1 || { tail -30 ../build.log; exit 1; }
	@ls build/deb/mesos-xdns_$(DEB_VERSION)_*.deb

# Not a part of `check`: debootstrap takes minutes.
check-package: deb $(E2E_NEEDS) | $(PKG_CHECK) $(PKG_RUN) ## the Debian package in a fresh Debian 12, from lintian to purge
	@XDNS_TEST_SECONDS=1800 XDNS_DEB=$$(echo build/deb/mesos-xdns_$(DEB_VERSION)_*.deb) $(SUITE) tests/package.sh

clean: ## remove build/
	$(Q)rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
