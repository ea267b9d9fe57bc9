#!/usr/bin/env bash
# Times `verifier verify` against what merely reading the payloads costs, over the same packages and in one run.
# Usage: against-unzip.sh [FOLDER]    FOLDER is made with 30 days x 10,000 users if it does not exist.
# Needs hyperfine, unzip, sha256sum, and release builds of both programs (BIN, else target/release).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-${CARGO_TARGET_DIR:-$root/target}/release}
folder=${1:-${TMPDIR:-/tmp}/against-unzip}
[ -e "$folder" ] || "$bin/collector" demo --days 30 --users 10000 --out "$folder" >/dev/null

read_all=$(mktemp)
trap 'rm -f "$read_all"' EXIT
cat >"$read_all" <<'SH'
for z in $(find "$1/packages" -name 'evidence-*.zip'); do unzip -p "$z" snapshot.json | sha256sum; done
SH

# Exit code 3 is the right answer of the demo month: one cycle was never run.
hyperfine --warmup 1 --ignore-failure \
  --command-name "verifier verify" "'$bin/verifier' verify '$folder'" \
  --command-name "unzip | sha256sum" "bash '$read_all' '$folder'"
