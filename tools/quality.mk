# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Builds that look closer, and what is run with them (docs/testing.md). A part of the Makefile.

.PHONY: faults check-valgrind

ASAN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# In one piece, or UBSan's reports go to standard error whatever log_path says.
ASAN_LD := -static-libasan -static-libubsan
# The fences that it does not know are between us and the program in the kernel (user/kernel.c). What it
# puts in between has gcc take values for unset that are not.
TSAN := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -Wno-tsan -Wno-maybe-uninitialized
comma := ,
TSAN_LD := $(foreach f,read_lock read_unlock synchronize_rcu,-Wl$(comma)--wrap=urcu_memb_$(f))

$(eval $(call flavour,build/asan,$$(ASAN),$$(ASAN_LD)))
$(eval $(call flavour,build/tsan,$$(TSAN),$$(TSAN_LD)))

build/tsan/libxdns.a: build/tsan/tests/tsan/rcu.o

# Which build `check`, `check-unit`, `check-golden` and `check-e2e` run.
SANITIZE ?=
SANITIZERS := address,undefined:build/asan thread:build/tsan valgrind:build
B := $(if $(SANITIZE),$(patsubst $(SANITIZE):%,%,$(filter $(SANITIZE):%,$(SANITIZERS))),build)
$(if $(B),,$(error SANITIZE is address,undefined or thread or valgrind))

# Not of the loaded program, which no sanitizer sees: of what its table is compared with.
SANITIZED := $(UNIT) $(GOLDEN) $(addprefix tests/bpf/test_,packets hostile mutants) $(FUZZ)

# Under valgrind is the plain build, and of the end-to-end tests the daemon alone.
ifeq ($(SANITIZE),valgrind)
export XDNS_VALGRIND := 1
export XDNS_BIN ?= tests/e2e/valgrind.sh
endif
ifneq ($(filter thread valgrind,$(SANITIZE)),)
export XDNS_TEST_SECONDS ?= 1800
endif
export XDNS_BIN ?= $(B)/mesos-xdns
export XDNS_CTL ?= $(B)/xdnsctl

asan: $(addprefix build/asan/,$(SANITIZED)) ## units, golden tests, packets and fuzz corpora under ASan and UBSan
	@$(SUITE) $^

check-valgrind: $(addprefix build/,$(UNIT) $(GOLDEN)) | $(PKG_CHECK) ## units and golden tests under valgrind
	@XDNS_VALGRIND=1 XDNS_TEST_SECONDS=1800 $(SUITE) $^

# The daemon under ASan, with what makes its calls fail; and as it is, with its filter of system calls.
build/faults/mesos-xdns: build/asan/user/main.o build/tests/faults/inject.o build/asan/libxdns.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ASAN) -rdynamic $(LDFLAGS) -o $@ $^ $(LDLIBS)

build/faults/mesos-xdns-plain: build/user/main.o build/tests/faults/inject.o build/libxdns.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -rdynamic $(HARDEN_LD) $(LDFLAGS) -o $@ $^ $(LDLIBS)

faults: $(E2E_NEEDS) build/faults/mesos-xdns-plain | $(PKG_CHECK) $(PKG_RUN) ## every call site fails in turn; FAULTS="--resume", FAULTS="--only socket", WORLDS=4
	@FAULTS='--worlds $(or $(WORLDS),4) --results build/faults/results.json $(FAULTS)' XDNS_TEST_SECONDS=36000 \
		$(SUITE) tests/e2e/96_faults.sh

# Counts what is reached, in a file that all processes of a program map: what is killed has counted, too, and
# neither the filter of system calls nor the rights that are left are asked at the end.
COVERAGE := -O1 -g -fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation -Wno-unused-command-line-argument
COUNTS    = build/coverage/counts
COVERED_BPF := $(addprefix build/coverage/tests/bpf/test_,packets hostile clients)
COVERED  := $(addprefix build/coverage/,$(UNIT) $(GOLDEN)) $(COVERED_BPF)
COUNTED   = LLVM_PROFILE_FILE=$(CURDIR)/$(1)/%c%m.profraw

$(eval $(call flavour,build/coverage,$$(COVERAGE)))
build/coverage/%: CC = $(CLANG)

.PHONY: coverage coverage-bpf
coverage: $(COVERED) build/coverage/mesos-xdns build/coverage/xdnsctl $(filter-out build/faults/%,$(E2E_NEEDS)) | $(PKG_CHECK) $(PKG_RUN) $(PKG_FUZZ) ## lines and branches that units, golden and end-to-end tests reach; T=name picks scripts (T=none), KEEP=1 adds to the last counts
	$(Q)$(if $(KEEP),,rm -rf $(COUNTS))
	@$(call COUNTED,$(COUNTS)) XDNS_BIN=build/coverage/mesos-xdns XDNS_CTL=build/coverage/xdnsctl XDNS_TEST_SECONDS=1200 \
		$(SUITE) $(COVERED) $(if $(T),$(foreach t,$(T),$(filter %$(t).sh,$(SCRIPTS))),$(filter-out %_faults.sh,$(SCRIPTS))); tested=$$?; \
	tests/coverage.py --sources user/ --sources include/ --sources tools/ --goal 90 --missed build/coverage/missed \
		--counts $(COUNTS) build/coverage/mesos-xdns build/coverage/xdnsctl $(COVERED_BPF) && exit $$tested

# What the kernel runs cannot be counted: through the program's native build.
coverage-bpf: $(COVERED_BPF) | $(PKG_FUZZ) ## the program's branches that no packet of the tests takes
	$(Q)rm -rf $(COUNTS)-bpf
	@$(call COUNTED,$(COUNTS)-bpf) $(SUITE) $^
	@tests/coverage.py --sources bpf/ --sources include/ --missed build/coverage/missed-bpf --counts $(COUNTS)-bpf $^

# Each tool looks at each file by itself; what it said stays in build/analyze until a source has changed. cppcheck reads
# neither the system's headers (tools/cppcheck.h has what it needs of them) nor the skeletons, which are one long string.
PKG_ANALYZE  := build/packages-analyze
ANALYZED     := $(USER_SRC) $(CTL_SRC) $(filter-out %.bpf.c,$(wildcard tools/xdns-load*.c))
ANALYZED_BPF := bpf/mesos-xdns.bpf.c $(wildcard tools/*.bpf.c)
ANALYSES     := $(foreach t,clang-tidy cppcheck gcc,$(ANALYZED:%.c=build/analyze/%.$(t))) \
		$(ANALYZED_BPF:%.c=build/analyze/%.clang-tidy)
NATIVE_FLAGS  = $(filter-out -Werror -MMD -MP,$(CFLAGS_ALL)) -Itools
BPF_FLAGS     = $(filter-out -Werror -MMD -MP,$(BPF_CFLAGS)) -Itools
CPPCHECK      = cppcheck --quiet --std=c11 --library=posix --library=gnu --enable=warning,portability,performance \
		--include=tools/cppcheck.h --suppress=missingInclude --template='{file}:{line}: {severity}: {message} [{id}]'

$(filter %.clang-tidy,$(ANALYSES)): .clang-tidy
$(ANALYSES): $(wildcard bpf/*.h include/*.h user/*.h tools/*.h) $(SKEL) build/xdnsctl-tap.skel.h \
	build/xdns-load.skel.h | $(PKG_BUILD) $(PKG_ANALYZE)

build/analyze/%.clang-tidy: %.c
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	$(Q)clang-tidy --quiet $< -- $(if $(filter %.bpf,$*),$(BPF_FLAGS),$(NATIVE_FLAGS)) >$@ 2>$@.log || { cat $@ $@.log; exit 1; }

build/analyze/%.cppcheck: %.c
	@mkdir -p $(@D)
	$(call say,CHECK,$<)
	$(Q)$(CPPCHECK) $(filter-out -Ibuild,$(filter -I% -D%,$(NATIVE_FLAGS))) $< 2>$@

build/analyze/%.gcc: %.c
	@mkdir -p $(@D)
	$(call say,ANALYZE,$<)
	$(Q)gcc $(NATIVE_FLAGS) -O1 -fanalyzer -fdiagnostics-path-format=none -fno-diagnostics-show-caret -S -o /dev/null $< 2>$@ || \
		{ cat $@; exit 1; }

.PHONY: analyze
analyze: $(ANALYSES) ## clang-tidy, cppcheck and gcc -fanalyzer, but for what tools/analyze.suppress explains
	@tools/analyze.py $^
