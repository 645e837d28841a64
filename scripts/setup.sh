# Sourced by scripts/run and scripts/test: makes .venv with the pinned packages, once per change of the pins.
# usage: ensure_venv EXTRAS      (for instance "" or "[dev]"); needs only Python 3.11 or newer with pip.

ensure_venv() {
    local extras=$1 python stamp wanted
    python=${PYTHON:-python3}
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "Cratedigger needs Python 3.11 or newer; '$python' is not. Set PYTHON to one that is." >&2
        exit 1
    fi
    stamp=.venv/.installed$extras
    wanted=$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    echo "Setting up .venv (a few minutes and some 7 GB the first time) ..." >&2
    # One that was stopped half-way has no pip; one whose Python was removed does not start.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$extras" >&2
    echo "$wanted" > "$stamp"
}
