#!/usr/bin/env bash
# Builds the fuzzing targets as OSS-Fuzz and ClusterFuzzLite want them: programs, seed corpora, dictionaries and options in
# $OUT. Works wherever Swift is: `make cluster-check` runs it here.
set -euo pipefail

scratch="${WORK:-.build}/cluster-${SANITIZER:-address}"

# The compiler must meet the two sanitizers in one option: SwiftPM hands several --sanitize on in an order that differs from run
# to run, and with the address sanitizer last nothing is instrumented, without a word.
flags=(-c release --static-swift-stdlib --scratch-path "$scratch")
case "${SANITIZER:-address}" in
  address) flags+=(--sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address) ;;
  coverage) flags+=(--sanitize=fuzzer -Xswiftc -profile-generate -Xswiftc -profile-coverage-mapping) ;;
  none) flags+=(--sanitize=fuzzer) ;;
  *) echo "There is no $SANITIZER sanitizer for Swift on this system." >&2; exit 1 ;;
esac

CRASHLAB_FUZZ=1 swift build "${flags[@]}" --product fuzz
# One program for all targets, which tells them by its name, and lists them under its own.
targets=$("$scratch/release/fuzz" | grep -vx empty)
for target in $targets; do
  cp "$scratch/release/fuzz" "$OUT/fuzz-$target"
  for beside in dict options; do
    if [ -f "Corpus/$target.$beside" ]; then cp "Corpus/$target.$beside" "$OUT/fuzz-$target.$beside"; fi
  done
  python3 - "Corpus/$target" "$OUT/fuzz-${target}_seed_corpus.zip" <<'PYTHON'
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as packed:
    for folder, _, names in os.walk(sys.argv[1]):
        for name in sorted(names):
            if not name.endswith(".json"):
                packed.write(os.path.join(folder, name), name)
PYTHON
done
