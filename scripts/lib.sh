# Shell functions that the scripts beside this file share. Sourced, never run.
# shellcheck shell=bash

# Builds, the Python environment and running services live here, outside the clone, so that clones share them.
# The name is read by the scripts that source this file.
# shellcheck disable=SC2034
cache="${XDG_CACHE_HOME:-$HOME/.cache}/vivant"

# Prints to standard error: standard output belongs to the values that a script hands to its caller.
say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

fail() {
    say "$*"
    exit 1
}

# Installs Debian packages where that is welcome: as root, or in a pipeline that may use sudo.
# On a person's desk it names the command instead of running it.
install_debian() {
    command -v apt-get >/dev/null || fail "please install: $* (this system has no apt-get to do it with)"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if [ "${CI:-}" = true ] && sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        else
            fail "packages are missing; please run: sudo apt-get install $*"
        fi
    fi
    say "installing $*"
    local log
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
        tail -20 "$log" >&2
        fail "apt-get could not install $*; its log is $log"
    fi
    rm "$log"
}

# Prints the first of COUNT neighbouring TCP ports that nothing answers on.
# They come from below the range that systems hand out for outgoing connections (32768 and up),
# so that no passing connection takes one between this look and the service's start.
free_ports() {
    local count=$1 try base offset
    for try in $(seq 50); do
        base=$((20000 + (RANDOM % 600) * 20))
        for ((offset = 0; offset < count; offset++)); do
            if (exec 3<>"/dev/tcp/127.0.0.1/$((base + offset))") 2>/dev/null; then
                continue 2
            fi
        done
        echo "$base"
        return
    done
    fail "found no $count free ports between 20000 and 32000 in $try tries"
}

# Prints a secret of 32 hexadecimal digits.
random_secret() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# The life of a service. The caller defines three functions:
#   bring_up     starts the service, sets `state` to its folder, prints NAME=value lines
#   tear_down    stops the service of the folder `state` and removes the folder
#   running      succeeds while the service of the folder `state` lives
#
# `serve` is for programs: it prints the values and the line `ready`, and stops the service when standard
# input closes, that is also when the caller is killed. `start` and `stop` are for people.
service() {
    local name=$1 command=${2:-} record="$cache/run/$1"
    case $command in
    serve)
        trap tear_down EXIT
        trap 'exit 130' INT TERM HUP
        bring_up
        echo ready
        local status
        while running; do
            status=0
            read -r -t 1 _ || status=$?
            # Above 128 is the time limit of this one look; 1 is the end of the input.
            [ "$status" -eq 1 ] && exit 0
        done
        fail "the service ended by itself; its log was in $state"
        ;;
    start)
        if [ -f "$record" ]; then
            state=$(head -1 "$record")
            if running; then
                tail -n +2 "$record"
                return
            fi
            tear_down
        fi
        mkdir -p "$cache/run"
        trap tear_down EXIT
        bring_up >"$record.new"
        {
            echo "$state"
            cat "$record.new"
        } >"$record"
        rm "$record.new"
        trap - EXIT
        tail -n +2 "$record"
        ;;
    stop)
        [ -f "$record" ] || fail "not started by \`$0 start\`"
        state=$(head -1 "$record")
        tear_down
        rm -f "$record"
        ;;
    *)
        cat >&2 <<USAGE
usage: $0 start | stop | serve

  start   starts $name in the background, if it is not running, and prints its values
          (in a shell: export \$($0 start))
  stop    stops it and removes its data
  serve   prints the values, then the line \`ready\`, and stops when standard input closes
USAGE
        exit 2
        ;;
    esac
}

# Prints the folder of the Python environment NAME, built from a requirements file (given from the clone's root)
# where it is missing, or where that file or the Python behind it has changed.
python_environment() {
    local venv="$cache/$1-venv" root requirements python base wanted
    root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    requirements="$root/$2"
    mkdir -p "$cache"
    # Two runs at once would build into the same folder.
    exec 9>"$venv.lock"
    flock 9
    # The Python that scripts/python-env chose has what `venv` needs.
    python=$("$root/scripts/python-env")/bin/python
    base=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
    wanted=$(
        {
            "$base" -c 'import sys; print(sys.version, sys.prefix)'
            cat "$requirements"
        } | sha256sum
    )
    if [ "$(cat "$venv/stamp" 2>/dev/null)" != "$wanted" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
        say "building $venv"
        rm -rf "$venv"
        "$base" -m venv "$venv" >&2
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
            --requirement "$requirements" >&2 </dev/null
        echo "$wanted" >"$venv/stamp"
    fi
    echo "$venv"
}
