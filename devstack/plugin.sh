# shellcheck shell=bash
# DevStack sources this with a mode and a phase, and calls
# configure_cinder_backend_TYPE for each TYPE:NAME of CINDER_ENABLED_BACKENDS.
#
# It configures Cinder before the phase `install`, so that a simulator runs
# from `pre-install` on; of Cinder that needs nothing.

_XTRACE_PURE=$(set +o | grep xtrace)
set +o xtrace

PURE_SIM_READY_FILE=$PURE_SIM_DIR/ready.json

# Names of the backends that are of this driver, in their order.
function _pure_backends {
    local backend
    for backend in ${CINDER_ENABLED_BACKENDS//,/ }; do
        if [[ "$backend" =~ ^pure(_fc|_nvme)?: ]]; then
            echo "${backend#*:}"
        fi
    done
}

function check_pure_array {
    local array
    [[ -n "$PURE_ARRAY" ]] || die $LINENO "PURE_ARRAY is not set:" \
        "write PURE_ARRAY=ADDRESS,TOKEN or PURE_ARRAY=simulator"
    [[ "$PURE_ARRAY" != simulator ]] || return 0
    for array in $PURE_ARRAY; do
        [[ "$array" =~ ^[^,]+,[^,]+$ ]] || die $LINENO \
            "PURE_ARRAY has an entry that is not ADDRESS,TOKEN"
    done
}

# The SDK and what else is not Cinder's, then the driver, without a look at
# Cinder's version: DevStack's is what there is.
function install_pure {
    local requirements
    requirements=$(mktemp)
    grep -v '^cinder[^a-z]' "$PURE_DIR/requirements.txt" >"$requirements"
    pip_install -r "$requirements"
    rm "$requirements"
    pip_install --no-deps "$PURE_DIR"
}

function install_pure_sim {
    pip_install "$PURE_DIR/simulator"
    if [[ "$PURE_SIM_DATA_PLANE" == tgt ]]; then
        install_package tgt
    fi
}

# One array for each backend. It is root who starts tgtd.
function start_pure_sim {
    local command user="" deadline=$((SECONDS + PURE_SIM_TIMEOUT))
    command="$(get_python_exec_prefix)/pure-flasharray-sim"
    command+=" --arrays $(_pure_backends | wc -l)"
    command+=" --port $PURE_SIM_PORT --control-port $PURE_SIM_CONTROL_PORT"
    command+=" --state-dir $PURE_SIM_DIR/state"
    command+=" --ready-file $PURE_SIM_READY_FILE"
    if [[ "$PURE_SIM_DATA_PLANE" != none ]]; then
        command+=" --data-plane $PURE_SIM_DATA_PLANE"
        command+=" --data-dir $PURE_SIM_DIR/data"
        user=root
    fi
    mkdir -p "$PURE_SIM_DIR"
    run_process pure-sim "$command" "$user" "$user"
    until sudo test -e "$PURE_SIM_READY_FILE"; do
        ((SECONDS < deadline)) || die $LINENO "the simulator did not start:" \
            "journalctl --unit devstack@pure-sim"
        sleep 0.2
    done
}

function stop_pure_sim {
    stop_process pure-sim
}

# All that the arrays had, and what hosts wrote to them.
function cleanup_pure_sim {
    sudo rm -rf "${PURE_SIM_DIR:?}"
}

# Lines of ADDRESS,TOKEN. The file is readable by who started the simulator.
function _pure_arrays {
    if [[ "$PURE_ARRAY" == simulator ]]; then
        sudo cat "$PURE_SIM_READY_FILE" | python3 -c \
            'import json, sys
for array in json.load(sys.stdin)["arrays"]:
    print(array["address"], array["api_token"], sep=",")'
    else
        tr ' ' '\n' <<<"$PURE_ARRAY"
    fi
}

# The first backend is on the first array and so on; where there are fewer
# arrays, from the first on again.
# _pure_array_of NAME
function _pure_array_of {
    local name arrays number=0
    mapfile -t arrays < <(_pure_arrays)
    for name in $(_pure_backends); do
        if [[ "$name" == "$1" ]]; then
            echo "${arrays[number % ${#arrays[@]}]}"
            return
        fi
        number=$((number + 1))
    done
}

# Silently, as the token is a secret.
# _pure_section NAME CLASS
function _pure_section {
    local xtrace name=$1 array ca_file=$PURE_CA_FILE
    xtrace=$(set +o | grep xtrace)
    set +o xtrace
    array=$(_pure_array_of "$name")
    if [[ "$PURE_ARRAY" == simulator ]]; then
        ca_file=$PURE_SIM_DIR/certificate.pem
        sudo install -m 644 "$PURE_SIM_DIR/state/certificate.pem" "$ca_file"
    fi
    iniset "$CINDER_CONF" "$name" volume_driver "pure_cinder.driver.$2"
    iniset "$CINDER_CONF" "$name" volume_backend_name "$name"
    iniset "$CINDER_CONF" "$name" san_ip "${array%%,*}"
    iniset "$CINDER_CONF" "$name" pure_api_token "${array##*,}"
    iniset "$CINDER_CONF" "$name" use_multipath_for_image_xfer True
    iniset "$CINDER_CONF" "$name" pure_eradicate_on_delete True
    if [[ -n "$ca_file" ]]; then
        iniset "$CINDER_CONF" "$name" driver_ssl_cert_verify True
        iniset "$CINDER_CONF" "$name" driver_ssl_cert_path "$ca_file"
    fi
    $xtrace
}

function configure_cinder_backend_pure {
    _pure_section "$1" PureISCSIDriver
}

function configure_cinder_backend_pure_fc {
    _pure_section "$1" PureFCDriver
}

function configure_cinder_backend_pure_nvme {
    _pure_section "$1" PureNVMEDriver
    iniset "$CINDER_CONF" "$1" pure_nvme_transport "$PURE_NVME_TRANSPORT"
}

# cinder-volume runs, and can be without a backend. Warnings (exit code 1) are
# in nobody's way.
function check_pure_backends {
    local status=0
    "$(get_python_exec_prefix)/pure-cinder-check" \
        --config-file "$CINDER_CONF" || status=$?
    ((status < 2)) || die $LINENO "a backend cannot serve"
}

# DevStack makes a type of each backend's name; this adds extra specs.
function set_pure_types {
    local name property properties options=()
    IFS=';' read -r -a properties <<<"$PURE_TYPE_PROPERTIES"
    ((${#properties[@]})) || return 0
    for property in "${properties[@]}"; do
        options+=(--property "$property")
    done
    for name in $(_pure_backends); do
        openstack --os-region-name="$REGION_NAME" volume type set \
            "${options[@]}" "$name"
    done
}

# Where cinder-volume does not run there is no backend.
# pure_stack PHASE
function pure_stack {
    case "$1" in
        pre-install)
            check_pure_array
            if is_service_enabled pure-sim; then
                echo_summary "Starting simulated FlashArrays"
                install_pure_sim
                start_pure_sim
            fi
            ;;
        install)
            echo_summary "Installing pure_cinder"
            install_pure
            ;;
        extra)
            check_pure_backends
            set_pure_types
            ;;
    esac
}

if is_service_enabled c-vol; then
    case "$1" in
        stack) pure_stack "$2" ;;
        unstack) stop_pure_sim ;;
        clean) cleanup_pure_sim ;;
    esac
fi

$_XTRACE_PURE
