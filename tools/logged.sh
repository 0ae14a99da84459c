# shellcheck shell=bash
# For scripts that install: what they run goes to a log.

# usage: logged LOG COMMAND...
# Runs a command; one that fails shows its last words, and ends the script.
logged() {
    local status=0 log=$1
    shift
    echo "\$ $*" >>"$log"
    "$@" >>"$log" 2>&1 || status=$?
    if [ "$status" != 0 ]; then
        tail -n 15 "$log" >&2
        echo "error: \`$*\` ended with status $status; all it said: $log" >&2
        exit "$status"
    fi
}
