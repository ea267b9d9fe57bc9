#!/usr/bin/env bash
# Draws the pictures of the manual: the real program in a real terminal session, light and dark.
# Usage: screenshots.sh [OUT]         OUT is a folder for the SVG files, this one if absent.
#   SIZE=80x24          columns and rows of the terminal (default 100x30)
#   SCREENS="help …"    screens to draw (default: those the manual shows)
#   BIN=…               folder of the release builds (default target/release)
# Needs tmux, Python 3 with venv, and npm. asciinema and svg-term-cli go into a temporary folder (TOOLS keeps it).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${BIN:-${CARGO_TARGET_DIR:-$here/../../target}/release}
bin=$(cd "$bin" && pwd)
out=$(mkdir -p "${1:-$here}" && cd "${1:-$here}" && pwd)
size=${SIZE:-100x30}
columns=${size%x*} rows=${size#*x}
work=$(mktemp -d)
tools=${TOOLS:-$work/tools}
socket=evidence-pictures-$$
trap 'tmux -L "$socket" kill-server 2>/dev/null || true; rm -rf "$work"' EXIT

if [ ! -x "$tools/py/bin/asciinema" ]; then
  python3 -m venv "$tools/py"
  "$tools/py/bin/pip" install --quiet asciinema==2.4.0
fi
if [ ! -x "$tools/node/node_modules/.bin/svg-term" ]; then
  mkdir -p "$tools/node"
  npm install --silent --prefix "$tools/node" svg-term-cli@2.1.1
fi

# Two palettes, as a terminal would have them.
palette() {
  printf '*.%s\n' "foreground: $1" "colorBD: $1" "cursorColor: $1" "background: $2"
  shift 2
  local number=0
  for colour in "$@"; do
    printf '*.color%d: %s\n' "$number" "$colour"
    number=$((number + 1))
  done
}
palette '#d8dee9' '#1e222a' '#2e3440' '#e5707b' '#98c379' '#e5c07b' '#61afef' '#d78fe8' '#56b6c2' '#d8dee9' \
  '#5c6370' '#e5707b' '#98c379' '#e5c07b' '#61afef' '#d78fe8' '#56b6c2' '#ffffff' >"$work/dark"
palette '#24292f' '#ffffff' '#24292f' '#cf222e' '#116329' '#7d4e00' '#0550ae' '#8250df' '#1b6f7a' '#57606a' \
  '#57606a' '#a40e26' '#1a7f37' '#633c01' '#0969da' '#8250df' '#1b6f7a' '#24292f' >"$work/light"

# The keys that lead from the overview to a screen.
keys() {
  case $1 in
    overview) ;;
    packages) echo 2 ;;
    package) echo "2 $(printf 'Down %.0s' {1..16}) Enter End Up Up Up" ;;
    controls) echo 4 ;;
    drift) echo "5 $(printf 'Down %.0s' {1..11})" ;;
    findings) echo 6 ;;
    ladder) echo L ;;
    help) echo '?' ;;
    *) echo "no screen $1" >&2 && return 1 ;;
  esac
}

cd "$work"
# An auditor who was given the key, and kept a checkpoint in the middle of the month.
"$bin/collector" demo --days 15 --out evidence/first-half >/dev/null
key=$("$bin/collector" demo --out evidence/demo | sed -n 's/^signed by: //p')
"$bin/verifier" checkpoint save evidence/first-half --key "$key" --out q1.checkpoint >/dev/null
export LC_ALL=C.UTF-8 TERM=xterm-256color
unset NO_COLOR
for screen in ${SCREENS:-overview ladder package drift}; do
  tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" \
    "'$tools/py/bin/asciinema' rec --quiet --cols $columns --rows $rows -c \"'$bin/verifier' evidence/demo --key '$key' --checkpoint q1.checkpoint\" '$screen.cast'"
  # The overview is the first screen, and says the verdict when there is one.
  until tmux -L "$socket" capture-pane -p | grep -q '(exit code'; do
    sleep 0.5
  done
  for pressed in $(keys "$screen"); do
    tmux -L "$socket" send-keys "$pressed"
    sleep 0.1
  done
  sleep 3
  tmux -L "$socket" send-keys q
  sleep 1
  tmux -L "$socket" kill-server 2>/dev/null || true
  # Only what was shown before the program gave the terminal back, and the moment of its last frame.
  at=$(python3 - "$screen.cast" <<'PY'
import json, sys
lines = open(sys.argv[1]).read().splitlines()
shown = []
for line in lines[1:]:
    if "[?1049l" in line:
        break
    shown.append(line)
open(sys.argv[1], "w").write("\n".join(lines[:1] + shown) + "\n")
print(int(json.loads(shown[-1])[0] * 1000) + 1)
PY
  )
  for theme in dark light; do
    "$tools/node/node_modules/.bin/svg-term" --in "$screen.cast" --out "$out/$screen-$theme.svg" \
      --at "$at" --no-cursor --no-optimize --window --term xresources --profile "./$theme"
    # svg-term paints reversed cells in its own grey, and lets a viewer collapse spaces.
    text=$(sed -n 's/^\*\.foreground: //p' "$theme")
    sed -i -e "s/rgb(185,192,203)/$text/g" -e 's/<text /<text xml:space="preserve" /g' "$out/$screen-$theme.svg"
  done
done
