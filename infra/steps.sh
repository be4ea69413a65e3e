# shellcheck shell=bash
# For scripts that do several things and should say, at the end and in plain words, which of them failed.

steps_passed=()
steps_failed=()
steps_skipped=()
readonly SKIPPED=75 # a step that returns this could not be done here, and has said why

# step NAME COMMAND…: runs the command and remembers how it went.
step() {
  local name=$1 started=$SECONDS outcome=0
  shift
  echo "== $name"
  "$@" || outcome=$?
  case $outcome in
    0) steps_passed+=("$name ($((SECONDS - started)) s)") ;;
    "$SKIPPED") steps_skipped+=("$name") ;;
    *) steps_failed+=("$name") ;;
  esac
}

# summary: prints the outcome of every step and fails if one of them did.
summary() {
  echo
  echo "== Summary"
  local name
  for name in ${steps_passed[@]+"${steps_passed[@]}"}; do echo "passed  $name"; done
  for name in ${steps_skipped[@]+"${steps_skipped[@]}"}; do echo "skipped $name"; done
  for name in ${steps_failed[@]+"${steps_failed[@]}"}; do echo "FAILED  $name"; done
  [[ ${#steps_failed[@]} == 0 ]]
}
