#!/usr/bin/env bash
# Checks what build.sh made as a cluster's bad-build check does: every target starts, runs its seeds, is instrumented (what it
# reaches grows from nothing), and keeps the input of a planted crash, with nothing in the environment to help it.
#
# usage: check.sh OUT
set -uo pipefail

out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Where libFuzzer leaves inputs that are slow.
cd "$work"
# As the options files tell a cluster: Swift keeps pointers in enums with bits of its own, which look like lost ones.
export ASAN_OPTIONS=detect_leaks=0
problems=0
wrong() { echo "  WRONG: $1"; problems=$((problems + 1)); }
coverage() { grep -o 'cov: [0-9]*' "$1" | awk '{ print $2 }' | "$2" -n 1; }

shopt -s nullglob
programs=("$out"/fuzz-*[!.zip])
for program in "${programs[@]}"; do
  name=$(basename "$program")
  case "$name" in *.dict | *.options | *.zip) continue ;; esac
  echo "$name"
  folder="$work/$name"
  mkdir -p "$folder/seeds" "$folder/empty" "$folder/crashes"

  [ -f "${program}_seed_corpus.zip" ] || wrong "there is no seed corpus"
  python3 -m zipfile -e "${program}_seed_corpus.zip" "$folder/seeds" || wrong "the seed corpus cannot be unpacked"
  "$program" -runs=0 "$folder/seeds" > "$folder/seeds.log" 2>&1 || wrong "it does not run its seeds"
  [ -n "$(coverage "$folder/seeds.log" tail)" ] || wrong "it says nothing of coverage"

  options=()
  if [ -f "$program.dict" ]; then options=("-dict=$program.dict"); fi
  "$program" -max_total_time=5 -seed=1 "${options[@]}" "$folder/empty" > "$folder/empty.log" 2>&1 || wrong "it fails on its own"
  first=$(coverage "$folder/empty.log" head); last=$(coverage "$folder/empty.log" tail)
  [ "${last:-0}" -gt "${first:-0}" ] || wrong "what it reaches does not grow (${first:-none}, then ${last:-none}): it is blind"

  printf 'trap' > "$folder/planted"
  if CRASHLAB_PLANTED_TRAP=1 "$program" -artifact_prefix="$folder/crashes/" "$folder/planted" > "$folder/trap.log" 2>&1; then
    wrong "it does not abort on a planted crash"
  fi
  mkdir -p "$folder/trap" && cp "$folder/planted" "$folder/trap/"
  CRASHLAB_PLANTED_TRAP=1 "$program" -runs=100 -artifact_prefix="$folder/crashes/" "$folder/trap" > "$folder/trap.log" 2>&1
  kept=("$folder"/crashes/crash-*)
  [ "${#kept[@]}" -gt 0 ] || wrong "the input of a planted crash is not kept"
  echo "  reaches $(coverage "$folder/seeds.log" tail) edges with its seeds; ${first:-none} to ${last:-none} in 5 seconds from nothing"
done
[ "${#programs[@]}" -gt 0 ] || wrong "there are no targets in $out"
if [ "$problems" -gt 0 ]; then echo "$problems problems"; exit 1; fi
echo "All targets are as a cluster wants them."
