# make test   style, tests, a demo run    make demo        the demo (KEEP=1 to leave it up)
# make pep8   style only                  make demo-stop   end a demo that was left up
# make test-exhaustive  what `make test` tries in part, wholly: each operation
#             with a failure of each of its requests, all disasters, ...
# make demo-failover  disasters, and what becomes of each operation in them
# make explore    orders of events, made up for 30 minutes (MINUTES= SEED=)
# make datapath   real bytes through Cinder over iSCSI (ONLY= one scenario),
#             and make datapath-guest, which is for real initiators (ONLY= suite)
# make conformance  programs of others against the simulator
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
# A kernel that runs as a process, and what compute nodes have.
GUEST_PROGRAMS := linux.uml iscsid multipathd dmsetup udevadm modprobe mkfs.xfs
GUEST_PACKAGES := user-mode-linux open-iscsi multipath-tools dmsetup udev kmod \
    xfsprogs
# A shell that su has made may lack these.
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: test test-exhaustive conformance programs demo demo-stop demo-failover explore datapath datapath-programs datapath-guest guest-programs pep8 genconfig constraints benchmark benchmark-simulator clean

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
# examples of its documentation, and what serves volumes and reads them.
programs:
	@for program in chromium chromedriver curl qemu-io iscsi-inq \
	    $(DATAPATH_PROGRAMS) $(GUEST_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install chromium chromium-driver curl libiscsi-bin \
	        $(DATAPATH_PACKAGES) $(GUEST_PACKAGES); \
	    exit; \
	done

pep8: $(INSTALLED)
	@mkdir -p $(REPORTS)
	@echo '== style (report: $(REPORTS)/flake8.txt)'
	$(BIN)/python -m flake8 --tee --output-file=$(REPORTS)/flake8.txt

# Writes docs/performance.rst; ONLY='attach, iSCSI' runs one operation.
benchmark: $(INSTALLED)
	@$(BIN)/python -c 'import matplotlib' 2>/dev/null || \
	    $(BIN)/python -m pip install -q --disable-pip-version-check \
	    -e '.[benchmark]'
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

# ONLY=backup (image-raw, upload, ..., see docs/datapath.rst) runs one of them.
datapath: $(INSTALLED) datapath-programs
	@status=0; \
	$(BIN)/python -W ignore -m tools.datapath --directory build/datapath \
	    $(if $(ONLY),--only $(ONLY)) || status=1; \
	$(if $(ONLY),,$(MAKE) --no-print-directory datapath-guest || status=1;) \
	exit $$status

# ONLY=async (iscsi, activecluster) runs one of them.
datapath-guest: $(INSTALLED) guest-programs
	@$(BIN)/python -W ignore -m tools.datapath.guest \
	    --directory build/datapath-guest $(if $(ONLY),--only $(ONLY))

guest-programs:
	@for program in $(GUEST_PROGRAMS); do \
	    command -v $$program >/dev/null && continue; \
	    tools/apt-install $(GUEST_PACKAGES); \
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

constraints: $(INSTALLED)
	tools/write-constraints $(BIN)/python $(ALSO)

clean:
	rm -rf $(VENV) build *.egg-info

$(INSTALLED): setup.cfg setup.py pyproject.toml requirements.txt simulator/pyproject.toml constraints.txt tools/make-venv
	@tools/make-venv $(VENV)
	@touch $@
