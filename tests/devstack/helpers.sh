# shellcheck shell=bash
# What the plugin uses of DevStack, for a test: files and processes are real,
# what is installed and asked of the cloud is noted in $NOTES.

ENABLED_SERVICES=${ENABLED_SERVICES:-c-vol,c-api}
export REGION_NAME=RegionOne

note() {
    echo "$*" >>"$NOTES"
}

define_plugin() { note "define_plugin $*"; }
install_package() { note "install_package $*"; }
openstack() { note "openstack $*"; }
echo_summary() { echo "$*"; }
sudo() { "$@"; }
get_python_exec_prefix() { echo "$BIN"; }

pip_install() {
    note "pip_install $*"
    if [[ "$1" == -r ]]; then
        sed 's/^/requirement /' "$2" >>"$NOTES"
    fi
}

die() {
    echo "error: ${*:2}" >&2
    exit 1
}

enable_service() {
    ENABLED_SERVICES+=,$1
}

is_service_enabled() {
    [[ ",$ENABLED_SERVICES," == *",$1,"* ]]
}

iniset() {
    printf '[%s]\n%s = %s\n' "$2" "$3" "$4" >>"$1"
}

# Whoever it shall run as, a test runs it as itself.
run_process() {
    note "run_process $1 ${3:-$USER} ${4:-$USER}"
    is_service_enabled "$1" || return 0
    $2 >"$DEST/$1.log" 2>&1 &
    echo $! >"$DEST/$1.pid"
}

stop_process() {
    is_service_enabled "$1" || return 0
    kill "$(<"$DEST/$1.pid")"
    while kill -0 "$(<"$DEST/$1.pid")" 2>/dev/null; do
        sleep 0.1
    done
    rm "$DEST/$1.pid"
}
