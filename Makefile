# make test   style, tests, a demo run    make demo        the demo (KEEP=1 to leave it up)
# make pep8   style only                  make demo-stop   end a demo that was left up
# make test-exhaustive  what `make test` tries in part, wholly: each operation
#             with a failure of each of its requests, all disasters, ...
# make demo-failover  disasters, and what becomes of each operation in them
# make explore    orders of events, made up for 30 minutes (MINUTES= SEED=)
# make datapath   real bytes through Cinder over iSCSI (ONLY= one scenario),
#             and make datapath-guest, which is for real initiators (ONLY= suite);
#             DEEP=1 also NVMe/TCP and Fibre Channel, for which it builds a kernel
# make stack      a real OpenStack with five backends; stack-down ends it,
#             stack-status and stack-openrc tell of it
# make tempest    tempest and cinder-tempest-plugin against it (SMOKE=1 a part
#             of 5 minutes, ONLY=REGEX, KEEP=1 leaves the stack up)
# make chaos      operations on services that are killed meanwhile (SMOKE=1 a
#             part of 5 minutes, SEED= OPERATIONS= MINUTES= KEEP=1); CLUSTER=1:
#             one of two cinder-volume is killed in the midst of each; chaos-stop
# make conformance  programs of others against the simulator
# make docs       the documentation as HTML
# make cover      branches of the driver that its own tests take
# make packages   sdists and wheels, in build/packages/dist, checked
# make demo-packages  the demo, on these wheels
# make bounds     tests on these wheels, with the oldest and the newest of all
#             that requirements allow
# make clean  remove .venv and build/     make constraints  write constraints.txt anew
# make benchmark  this driver and the one of Cinder's tree, side by side
# make benchmark-simulator  a simulated array of full size: memory, server time
#
# PYTHON=/path/to/python3.x chooses the interpreter. The virtual environment is
# made once, and again when what it is made from changes.

VENV := .venv
BIN := $(VENV)/bin
REPORTS := build/reports
DEMO := build/demo
# Two processes; one that has done its tests takes some of the other's.
PYTEST_ARGS ?= -n 2 --dist worksteal
INSTALLED := $(VENV)/.installed
# What serves volumes, makes them block devices, and file systems on these.
DATAPATH_PROGRAMS := tgtd qemu-img qemu-storage-daemon fusermount3 mkfs.ext4
DATAPATH_PACKAGES := tgt qemu-utils qemu-block-extra qemu-system-common fuse3 \
    e2fsprogs
# What an OpenStack needs besides: a database, a broker, a cache.
STACK_PROGRAMS := mariadbd rabbitmq-server memcached
STACK_PACKAGES := mariadb-server-core mariadb-client-core rabbitmq-server memcached
STACK := build/stack
# Who holds the locks of a cluster.
CHAOS_PROGRAMS := $(STACK_PROGRAMS) etcd
CHAOS_PACKAGES := $(STACK_PACKAGES) etcd-server
CHAOS := build/chaos
# A kernel that runs as a process, and what compute nodes have.
GUEST_PROGRAMS := linux.uml iscsid multipathd dmsetup lsscsi udevadm modprobe \
    mkfs.xfs
GUEST_PACKAGES := user-mode-linux open-iscsi multipath-tools dmsetup lsscsi \
    udev kmod xfsprogs
# What NVMe and Fibre Channel need in a guest, and what its kernel is built by.
DEEP_PROGRAMS := nvme ip
DEEP_PACKAGES := nvme-cli iproute2
KERNEL_PROGRAMS := gcc make flex bison bc xz strip
KERNEL_PACKAGES := linux-source build-essential flex bison bc xz-utils
# A shell that su has made may lack these.
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: test test-exhaustive conformance programs demo demo-stop demo-failover explore datapath datapath-programs datapath-guest guest-programs deep-programs stack stack-programs stack-down stack-status stack-openrc tempest chaos chaos-programs chaos-stop pep8 genconfig constraints docs cover packages demo-packages bounds benchmark benchmark-simulator clean

# A fault of style fails the run but does not keep the tests from running.
test: $(INSTALLED)
	@status=0; \
	$(MAKE) --no-print-directory pep8 || status=1; \
	$(MAKE) --no-print-directory programs || status=1; \
	echo '== tests (report: $(REPORTS)/pytest.xml, logs of demo runs: build/demo-test)'; \
	$(BIN)/python -m pytest $(PYTEST_ARGS) --junit-xml=$(REPORTS)/pytest.xml tests || status=1; \
	exit $$status

# The cases that `make test` leaves out, and no other.
test-exhaustive: $(INSTALLED)
	@echo '== exhaustive tests (report: $(REPORTS)/pytest-exhaustive.xml)'
	@$(BIN)/python -m pytest $(PYTEST_ARGS) -m exhaustive \
	    --junit-xml=$(REPORTS)/pytest-exhaustive.xml tests

# What the tests look through the simulator's window with, what runs the
# examples of its documentation, what reads shell scripts, and what serves
# volumes and reads them.
programs:
	@for program in chromium chromedriver curl shellcheck qemu-io iscsi-inq \
	    $(DATAPATH_PROGRAMS) $(GUEST_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install chromium chromium-driver curl shellcheck \
	        libiscsi-bin $(DATAPATH_PACKAGES) $(GUEST_PACKAGES); \
	    exit; \
	done

pep8: $(INSTALLED)
	@mkdir -p $(REPORTS)
	@echo '== style (report: $(REPORTS)/flake8.txt)'
	$(BIN)/python -m flake8 --tee --output-file=$(REPORTS)/flake8.txt

# Writes docs/developers/performance.rst; ONLY='attach, iSCSI' runs one operation.
benchmark: $(INSTALLED)
	@$(BIN)/python -c 'import matplotlib' 2>/dev/null || \
	    $(BIN)/python -m pip install -q --disable-pip-version-check \
	    -c constraints.txt -e '.[benchmark]'
	@$(BIN)/python -W ignore -m benchmarks.drivers \
	    --directory build/benchmark $(if $(ONLY),--only '$(ONLY)')

benchmark-simulator: $(INSTALLED)
	$(BIN)/python -m benchmarks.simulator_scale --report build/benchmarks

# Tells itself what is still missing, and goes on without.
demo: $(INSTALLED)
	@$(MAKE) -s --no-print-directory datapath-programs 2>/dev/null || :
	@$(BIN)/python -W ignore -m tools.demo run --directory $(DEMO) \
	    $(if $(KEEP),--keep)

demo-stop: $(INSTALLED)
	@$(BIN)/python -W ignore -m tools.demo stop --directory $(DEMO)

demo-failover: $(INSTALLED)
	@$(BIN)/python -W ignore -m tools.demo_failover --directory build/demo-failover

# ONLY=backup (image-raw, upload, ..., see docs/developers/datapath.rst) runs one of them.
datapath: $(INSTALLED) datapath-programs
	@status=0; \
	$(BIN)/python -W ignore -m tools.datapath --directory build/datapath \
	    $(if $(ONLY),--only $(ONLY)) || status=1; \
	$(if $(ONLY),,$(MAKE) --no-print-directory datapath-guest || status=1;) \
	exit $$status

# ONLY=async (iscsi, activecluster; with DEEP=1 nvme, fc) runs one of them.
datapath-guest: $(INSTALLED) guest-programs $(if $(DEEP),deep-programs)
	@$(BIN)/python -W ignore -m tools.datapath.guest \
	    --directory build/datapath-guest $(if $(DEEP),--deep) \
	    $(if $(ONLY),--only $(ONLY))

guest-programs:
	@for program in $(GUEST_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install $(GUEST_PACKAGES); \
	    exit; \
	done

# What cannot be installed is told by the run, which skips what needs it.
deep-programs: $(INSTALLED)
	@for program in $(DEEP_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install $(DEEP_PACKAGES) || :; \
	    break; \
	done
	@$(BIN)/python -m tools.datapath.guest.kernel >/dev/null && exit; \
	for program in $(KERNEL_PROGRAMS) /usr/src/linux-source-*.tar.xz; do \
	    [ -e $$program ] || command -v $$program >/dev/null && continue; \
	    tools/apt-install $(KERNEL_PACKAGES) || :; \
	    exit; \
	done

# In vain on a machine without these devices.
datapath-programs:
	@[ -e /dev/fuse ] && [ -e /dev/loop-control ] || exit 0; \
	for program in $(DATAPATH_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install $(DATAPATH_PACKAGES); \
	    exit; \
	done

stack: $(INSTALLED) datapath-programs stack-programs
	@$(BIN)/python -W ignore -m tools.stack up --directory $(STACK)

stack-programs:
	@for program in $(STACK_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install $(STACK_PACKAGES); \
	    exit; \
	done

stack-down stack-status stack-openrc: $(INSTALLED)
	@$(BIN)/python -W ignore -m tools.stack $(@:stack-%=%) \
	    --directory $(STACK)

tempest: $(INSTALLED) datapath-programs stack-programs
	@$(BIN)/python -W ignore -m tools.tempest --directory build/tempest \
	    --stack $(STACK) $(if $(SMOKE),--smoke) \
	    $(if $(ONLY),--only '$(ONLY)') $(if $(KEEP),--keep)

chaos: $(INSTALLED) chaos-programs
	@$(BIN)/python -W ignore -m tools.chaos run --directory $(CHAOS) \
	    $(if $(SMOKE),--smoke) $(if $(CLUSTER),--cluster) \
	    $(if $(ONLY),--only $(ONLY)) \
	    $(if $(OPERATIONS),--operations $(OPERATIONS)) \
	    $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	    $(if $(KEEP),--keep)

chaos-stop: $(INSTALLED)
	@$(BIN)/python -W ignore -m tools.chaos stop --directory $(CHAOS)

chaos-programs:
	@for program in $(CHAOS_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install $(CHAOS_PACKAGES); \
	    exit; \
	done

explore: $(INSTALLED)
	@$(BIN)/python -W ignore -m tools.explore --directory build/explore \
	    $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	    $(if $(STORIES),--stories $(STORIES))


# ONLY=ansible (in-tree, scenarios, failures, sdk, habits) runs one of them.
conformance: $(INSTALLED)
	@$(BIN)/python -m tools.conformance --directory build/conformance \
	    $(if $(ONLY),--only $(ONLY))

genconfig: $(INSTALLED)
	$(BIN)/oslo-config-generator --config-file etc/pure_cinder-config-generator.conf

# Any warning fails it.
docs: $(INSTALLED)
	@$(BIN)/python -c 'import furo, sphinx' 2>/dev/null || \
	    $(BIN)/python -m pip install -q --disable-pip-version-check \
	    -c constraints.txt -e '.[docs]'
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going \
	    docs build/docs
	@echo 'build/docs/index.html'

# Those that look at the driver from within its process.
COVERING := array attachments audit check moves replication service types unit \
    volumes whereabouts
cover: $(INSTALLED)
	@$(BIN)/python -c 'import coverage' 2>/dev/null || \
	    $(BIN)/python -m pip install -q --disable-pip-version-check \
	    -c constraints.txt -e '.[cover]'
	@mkdir -p build/coverage
	@$(BIN)/python -m coverage erase
	@$(BIN)/python -m coverage run -m pytest $(PYTEST_ARGS) $(COVERING:%=tests/%)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

packages: $(INSTALLED)
	@tools/packages build $(BIN)/python build/packages

demo-packages: $(INSTALLED)
	@$(MAKE) -s --no-print-directory datapath-programs 2>/dev/null || :
	@tools/packages demo $(BIN)/python build/packages

bounds: $(INSTALLED)
	@tools/packages bounds $(BIN)/python build/packages

constraints: $(INSTALLED)
	tools/write-constraints $(BIN)/python $(ALSO)

clean:
	rm -rf $(VENV) build *.egg-info

$(INSTALLED): setup.cfg setup.py pyproject.toml requirements.txt simulator/pyproject.toml constraints.txt tools/make-venv
	@tools/make-venv $(VENV)
	@touch $@
