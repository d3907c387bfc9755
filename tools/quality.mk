# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Builds that look closer, and what is run with them (docs/testing.md). A part of the Makefile.

.PHONY: faults check-valgrind

ASAN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# In one piece, or UBSan's reports go to standard error whatever log_path says.
ASAN_LD := -static-libasan -static-libubsan
# The fences that it does not know are between us and the program in the kernel (user/kernel.c).
TSAN := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -Wno-tsan
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

# The program's native build, whose branches clang counts while the packet tests run it.
build/coverage/native.o: tests/bpf/native.c | $(PKG_FUZZ) $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CLANG) $(CFLAGS_ALL) -Itests -O0 -g -fprofile-instr-generate -fcoverage-mapping -c -o $@ $<

build/coverage/test_%: build/tests/bpf/test_% build/coverage/native.o
	$(call say,LD,$@)
	$(Q)$(CLANG) -fprofile-instr-generate $(LDFLAGS) -o $@ build/tests/bpf/test_$*.o build/coverage/native.o \
		build/tests/bpf/helpers.a build/libxdns.a -lcmocka $(LDLIBS)

build/coverage/%.profraw: build/coverage/test_%
	$(call say,RUN,$<)
	$(Q)LLVM_PROFILE_FILE=$@ $< >$(@D)/$*.log || { cat $(@D)/$*.log; exit 1; }

COVERED := packets hostile clients

.PHONY: coverage-bpf
coverage-bpf: $(COVERED:%=build/coverage/%.profraw) ## the program's branches that no packet of the tests takes
	$(Q)llvm-profdata merge -o build/coverage/bpf.profdata $^
	$(Q)llvm-cov export -instr-profile=build/coverage/bpf.profdata \
		$(COVERED:%=-object build/coverage/test_%) >build/coverage/bpf.json
	@tests/bpf/branches.py build/coverage/bpf.json
