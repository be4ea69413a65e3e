# shellcheck shell=bash
# For scripts that do several things and should say, at the end and in plain words, which of them failed.

steps_passed=()
steps_failed=()

# step NAME COMMAND…: runs the command and remembers how it went.
step() {
  local name=$1 started=$SECONDS
  shift
  echo "== $name"
  if "$@"; then
    steps_passed+=("$name ($((SECONDS - started)) s)")
  else
    steps_failed+=("$name")
  fi
}

# summary: prints the outcome of every step and fails if one of them did.
summary() {
  echo
  echo "== Summary"
  local name
  for name in ${steps_passed[@]+"${steps_passed[@]}"}; do echo "passed  $name"; done
  for name in ${steps_failed[@]+"${steps_failed[@]}"}; do echo "FAILED  $name"; done
  [[ ${#steps_failed[@]} == 0 ]]
}
