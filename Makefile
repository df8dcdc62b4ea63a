# docker-socket-proxy. The usual targets: all (the default), install, run, test, lint, image, clean; docs/development.md
# describes them. run, test, coverage, fuzz, lint and format install the Debian packages that they need; all needs those
# of `scripts/install-packages.sh build`.

NAME    = docker-socket-proxy
VERSION = 0.1.0

prefix  ?= /usr/local
bindir  ?= $(prefix)/bin
datadir ?= $(prefix)/share
mandir  ?= $(datadir)/man
docdir  ?= $(datadir)/doc/$(NAME)
DESTDIR ?=
DATA_DIR = $(datadir)/$(NAME)

BUILD   = build
PROGRAM = $(BUILD)/$(NAME)
MANUAL  = $(BUILD)/$(NAME).8
IMAGE  ?= $(NAME)

# pkg-config runs when a compiler does, not when this file is read: the same make may have to install the library first.
PCRE2_CFLAGS = $(shell pkg-config --cflags libpcre2-8)
PCRE2_LIBS   = $(shell pkg-config --libs libpcre2-8)
# jansson reads the Engine's JSON, OpenSSL (which HAProxy needs anyway) connects to tls:// upstreams.
ENGINE_CFLAGS = $(shell pkg-config --cflags jansson openssl)
# inventory/tls.c loads OpenSSL itself.
ENGINE_LIBS   = $(shell pkg-config --libs jansson) -ldl
# libyaml is for `migrate` of Compose files only; the image is built without it.
YAML_CFLAGS = $(shell pkg-config --exists yaml-0.1 && echo -DHAVE_YAML $$(pkg-config --cflags yaml-0.1))
YAML_LIBS   = $(shell pkg-config --exists yaml-0.1 && pkg-config --libs yaml-0.1)
CHECK_CFLAGS = $(shell pkg-config --cflags check)
CHECK_LIBS   = $(shell pkg-config --libs check)

CFLAGS  ?= -O2 -g
WARNINGS = -std=c11 -Wall -Wextra -Wpedantic -Werror -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
           -Wundef -Wvla
DEFINES  = -Ientrypoint -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -DINSTALLED_DATA_DIR='"$(DATA_DIR)"'
HARDEN   = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
HARDEN_LINK = -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

SOURCES   = $(wildcard entrypoint/*.c entrypoint/*/*.c)
OBJECTS   = $(SOURCES:entrypoint/%.c=$(BUILD)/obj/%.o)
LIBRARY   = $(filter-out entrypoint/main.c,$(SOURCES))
# What the tests are linked with. The image build takes the program's own objects instead, as this machine's tests do for
# test_hints: it takes two minutes more with sanitizers, and the other tests run all of that code with them.
TESTED    = $(BUILD)/sanitized
SANITIZED = $(LIBRARY:entrypoint/%.c=$(TESTED)/%.o)
PLAIN     = $(BUILD)/unit/test_hints
UNIT      = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
GUARD     = $(patsubst tests/guard/%.c,$(BUILD)/guard/%,$(wildcard tests/guard/*.c))
LOAD      = $(BUILD)/load/engine
REDACT    = $(patsubst tests/redact/%.c,$(BUILD)/redact/%,$(wildcard tests/redact/*.c))
INVENTORY = $(patsubst tests/inventory/%.c,$(BUILD)/inventory/%,$(wildcard tests/inventory/*.c))
SUITES    = unit behaviour router compat docs guard redact load clients-quick e2e profiles hostile e2e-engine28
C_FILES   = $(wildcard entrypoint/*.c entrypoint/*/*.[ch] tests/*/*.[ch])
SCRIPTS   = $(wildcard scripts/*.sh tests/*.sh tests/*/*.sh) .ci/run
BATS      = $(wildcard tests/*/*.bats tests/*/*.bash)

.PHONY: maps golden bench all install uninstall run test $(SUITES:%=test-%) test-clients test-streams-long test-reload-long test-starts-long soak test-observability coverage fuzz lint format image clean setup-test \
        test-programs coverage-programs check
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM) $(MANUAL)

$(PROGRAM): $(OBJECTS)
	$(CC) $(CFLAGS) $(HARDEN) $(HARDEN_LINK) $(LDFLAGS) -o $@ $(OBJECTS) $(PCRE2_LIBS) $(ENGINE_LIBS) $(YAML_LIBS)

$(MANUAL): docs/$(NAME).8.in scripts/manual.sh $(PROGRAM)
	scripts/manual.sh $(PROGRAM) $(DATA_DIR) >$@

# The Makefile is a prerequisite because the version and the data directory are in it.
$(BUILD)/obj/%.o: entrypoint/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(DEFINES) $(CFLAGS) $(WARNINGS) $(HARDEN) $(PCRE2_CFLAGS) $(ENGINE_CFLAGS) $(YAML_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/sanitized/%.o: entrypoint/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(DEFINES) $(SANITIZE) $(WARNINGS) $(PCRE2_CFLAGS) $(ENGINE_CFLAGS) $(YAML_CFLAGS) -MMD -MP -c -o $@ $<

unit_test = $(CC) $(CPPFLAGS) $(DEFINES) $(WARNINGS) -Wno-missing-prototypes $(PCRE2_CFLAGS) $(ENGINE_CFLAGS) $(YAML_CFLAGS) \
    $(CHECK_CFLAGS) -MMD -MP -o $@ $(filter %.c %.o,$^) $(CHECK_LIBS) $(PCRE2_LIBS) $(ENGINE_LIBS) $(YAML_LIBS)

$(filter-out $(PLAIN),$(UNIT)): $(BUILD)/unit/%: tests/unit/%.c $(SANITIZED) Makefile | $(BUILD)/unit
	$(unit_test) $(SANITIZE)

$(PLAIN): $(BUILD)/unit/%: tests/unit/%.c $(LIBRARY:entrypoint/%.c=$(BUILD)/obj/%.o) Makefile | $(BUILD)/unit
	$(unit_test) $(CFLAGS)

# Programs that the tests of the guard and the fuzzer run
$(BUILD)/guard/%: tests/guard/%.c $(SANITIZED) Makefile | $(BUILD)/guard
	$(CC) $(CPPFLAGS) $(DEFINES) $(SANITIZE) $(WARNINGS) $(PCRE2_CFLAGS) $(ENGINE_CFLAGS) $(YAML_CFLAGS) -MMD -MP -o $@ $< $(SANITIZED) $(PCRE2_LIBS) $(ENGINE_LIBS) $(YAML_LIBS)

plain_program = $(CC) $(CPPFLAGS) $(DEFINES) $(CFLAGS) $(WARNINGS) $(HARDEN) $(HARDEN_LINK) $(PCRE2_CFLAGS) -MMD -MP -o $@ $< \
    $(filter-out $(BUILD)/obj/main.o,$(OBJECTS)) $(PCRE2_LIBS) $(ENGINE_LIBS) $(YAML_LIBS)

# Those of the tests of the redaction, without sanitizers: they redact a million answers. And the follower of an Engine,
# which is measured.
$(BUILD)/redact/%: tests/redact/%.c $(OBJECTS) Makefile | $(BUILD)/redact
	$(plain_program)

$(BUILD)/inventory/%: tests/inventory/%.c $(OBJECTS) Makefile | $(BUILD)/inventory
	$(plain_program)

# The stand-in Engine of the tests of the load and of the benchmark
$(BUILD)/load/%: tests/load/%.c Makefile | $(BUILD)/load
	$(CC) $(CPPFLAGS) -D_GNU_SOURCE $(CFLAGS) $(WARNINGS) -o $@ $<

$(BUILD)/unit $(BUILD)/guard $(BUILD)/redact $(BUILD)/inventory $(BUILD)/load:
	mkdir -p $@

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

install: $(PROGRAM) $(MANUAL)
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(DATA_DIR)
	install -m 0755 $(PROGRAM) $(DESTDIR)$(bindir)/$(NAME)
	install -D -m 0644 $(MANUAL) $(DESTDIR)$(mandir)/man8/$(NAME).8
	install -D -m 0644 LICENSE $(DESTDIR)$(docdir)/LICENSE
	find templates haproxy -type f -exec install -D -m 0644 {} $(DESTDIR)$(DATA_DIR)/{} \;

uninstall:
	rm -f $(DESTDIR)$(bindir)/$(NAME) $(DESTDIR)$(mandir)/man8/$(NAME).8
	rm -rf $(DESTDIR)$(DATA_DIR) $(DESTDIR)$(docdir)

# The proxy on 127.0.0.1:2375 in front of SOCKET_PATH, with the ALLOW_* of the caller's environment.
run:
	@scripts/run.sh

# The unit tests alone and without set-up, as the image build runs them.
check: $(UNIT:$(BUILD)/unit/%=check-%)

check-%: $(BUILD)/unit/%
	@CK_DEFAULT_TIMEOUT=60 $<

setup-test:
	@scripts/install-packages.sh test

test-programs: $(UNIT) $(GUARD) $(REDACT) $(INVENTORY) $(LOAD)
coverage-programs: $(UNIT)

# All suites, or what T names: make test T='tests/behaviour/service.py -f reload', see tests/README.md. The last line is
# the total.
test: setup-test
	@$(MAKE) -s --no-print-directory -j"$$(nproc)" all test-programs
	@tests/run.sh $(T)

$(SUITES:%=test-%): setup-test
	@$(MAKE) -s --no-print-directory -j"$$(nproc)" all test-programs
	@tests/run.sh $(@:test-%=%)

# Real clients with their presets, on an old Engine and on the newest. Gets and builds the clients, which takes minutes.
test-clients: setup-test
	@$(MAKE) -s --no-print-directory -j"$$(nproc)" all
	@tests/run.sh clients clients-engine28

# The tests of streams, with more runs and larger transfers
test-streams-long: setup-test
	@$(MAKE) -s --no-print-directory all
	@STREAM_RUNS=5000 STREAM_MEGABYTES=2048 tests/run.sh streams-long

# The tests of the load with thousands of connections, for 25 minutes; their figures are in build/soak.txt
soak: setup-test
	@$(MAKE) -s --no-print-directory all $(LOAD)
	@rm -f build/soak.txt
	@SOAK=1 TEST_TIMEOUT=1800 SUITE_TIMEOUT=5400 tests/run.sh soak
	@cat build/soak.txt

# Reloads under load, with more of them, more streams and every HAProxy
test-reload-long: setup-test
	@$(MAKE) -s --no-print-directory all
	@RELOADS=20 STREAMS=200 tests/run.sh reload-long -f 'under load'

# 1,000 containers that start and stop in front of the proxy, for some ten minutes
test-starts-long: setup-test
	@$(MAKE) -s --no-print-directory all
	@STARTS=1000 tests/run.sh starts-long -f 'start and stop all'

# deploy/observability with a real Prometheus, and the status page in a browser; SCREENSHOTS=DIRECTORY keeps its pictures
test-observability: setup-test
	@scripts/install-packages.sh observability
	@$(MAKE) -s --no-print-directory all
	@tests/run.sh observability

# How much of the program the unit tests run, by file and in total
coverage: setup-test
	@$(MAKE) -s -j"$$(nproc)" BUILD=$(BUILD)/coverage PLAIN= SANITIZE='-O0 -g --coverage' coverage-programs
	@tests/coverage.sh $(BUILD)/coverage

# Writes what is derived from the program's tables and kept in the tree: HAProxy's maps and the documents' tables.
maps: $(PROGRAM)
	$(PROGRAM) map operations >haproxy/operations.map
	$(PROGRAM) map libpod >haproxy/libpod.map
	$(PROGRAM) map plain >haproxy/plain.lst
	$(PROGRAM) map kinds >haproxy/kinds.map
	$(PROGRAM) map variables >haproxy/variables.map
	$(PROGRAM) map answers >haproxy/answers.map
	$(PROGRAM) map faults >haproxy/faults.map
	$(PROGRAM) map members >haproxy/members.map
	$(PROGRAM) map hints >haproxy/hints.map
	scripts/tables.sh

# Writes the golden files: haproxy.cfg for each environment in tests/fixtures/cfg. Review the difference.
golden: $(BUILD)/unit/test_config
	GOLDEN=1 $<

# What a request costs, in instructions, which are the same on a busy machine, and in time; and the memory. BENCH=docs, and
# then `make maps`, renews the figures of the documents.
BENCH ?= $(BUILD)
bench: setup-test
	@$(MAKE) -s --no-print-directory all $(LOAD)
	@scripts/bench-load.py -o $(BENCH)
	@scripts/bench-instructions.py -o $(BENCH)/instructions.tsv
	@scripts/with-dockerd.sh --build $(BUILD)/dockerd tests/e2e/build.sh
	@scripts/with-dockerd.sh $(BUILD)/dockerd scripts/bench-load.py --container -o $(BENCH)

fuzz:
	@scripts/install-packages.sh test
	@$(MAKE) -s --no-print-directory all test-programs
	@scripts/fuzz.sh

# (2317: shellcheck does not see that bats' functions are called by name.)
lint:
	@scripts/install-packages.sh lint
	scripts/check-includes.sh
	clang-format --dry-run --Werror $(C_FILES)
	clang-tidy --quiet --warnings-as-errors='*' $(SOURCES) -- -std=c11 $(DEFINES) $(PCRE2_CFLAGS) $(ENGINE_CFLAGS) $(YAML_CFLAGS)
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    --suppress=missingIncludeSystem $(DEFINES) entrypoint
	shellcheck -x -P SCRIPTDIR $(SCRIPTS)
	shellcheck -x -P SCRIPTDIR --exclude=SC2317 $(BATS)

# Applies .clang-format.
format:
	@scripts/install-packages.sh lint
	@clang-format -i $(C_FILES)

image:
	@scripts/build-image.sh $(IMAGE)

# The tests' Docker Engine runs as root, so what it left belongs to root.
clean:
	@rm -rf $(BUILD) 2>/dev/null || { command -v sudo >/dev/null && sudo rm -rf $(BUILD); }
