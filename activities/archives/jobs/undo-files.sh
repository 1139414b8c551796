#!/bin/bash
# Puts trees of files back as they were before restore-files.sh switched a recovery point in, out of what that script noted.
# What it had restored is removed: the recovery point has it. Anything else that stands in the way is kept beside.
#
# params: point, run, component, after (NUL-separated)
# results: put-back, aside, after-failed, summary

# shellcheck disable=SC1090
. "$MUSTER_LIB"

W=$MUSTER_JOB/work

main() {
  run=$(param run)
  mark=${MUSTER_JOB%/jobs/*}/restored/$(param component).$(param point).$run
  stage=
  [[ ! -e $mark.stage ]] || stage=$(cat -- "$mark.stage")
  [[ ! -e $mark.switched ]] || put_back
  rm -f -- "$mark"
  remove_restored
  remove_made
  # Where nothing was switched in, the service was not touched either.
  [[ ! -e $mark.switched ]] || run_after
  rm -f -- "$mark.stage" "$mark.switched"
  result "{\"type\":\"summary\",\"hostname\":$(json_string "$(hostname)")}"
}

there() { [[ -e $1 || -L $1 ]]; }

# Newest first; an entry that is done leaves the notes, so that a second undo does not take what the first put back.
put_back() {
  local entries i
  mapfile -d '' -t entries <"$mark.switched"
  for ((i = ${#entries[@]} / 3 * 3 - 3; i >= 0; i -= 3)); do
    case ${entries[i]} in
      made) printf '%s\0' "${entries[i + 1]}" >>"$mark.made" ;;
      root) put_back_root "${entries[i + 1]}" "${entries[i + 2]}" ;;
    esac
    printf '%s\0' "${entries[@]:0:i}" >"$mark.switched.new"
    ((i > 0)) || : >"$mark.switched.new"
    mv -T -- "$mark.switched.new" "$mark.switched"
  done
}

# put_back_root LIVE OLD: `OLD` is empty where nothing was there before.
put_back_root() {
  local live=$1 old=$2 aside=$1.undone-$run ours=yes
  if [[ -n $old ]] && ! there "$old"; then return 0; fi
  # What is still staged was never switched in, so what stands there is somebody else's.
  if [[ -n $stage ]] && there "$stage/tree$live"; then ours=; fi
  if [[ -z $old && -z $ours ]]; then return 0; fi
  if there "$live"; then
    while there "$aside"; do aside+=-again; done
    mv -T -- "$live" "$aside"
    if [[ -n $ours && -z ${taken[$live]:-} ]]; then printf '%s\0' "$aside" >>"$mark.remove";
    else result "{\"type\":\"aside\",\"path\":$(json_string "$aside")}"; fi
  fi
  taken[$live]=yes
  if [[ -n $old ]]; then mv -T -- "$old" "$live"; fi
  rm -rf -- "$live.restoring-$run"
  result "{\"type\":\"put-back\",\"path\":$(json_string "$live")}"
}
declare -A taken=()

remove_restored() {
  local path
  if [[ -e $mark.remove ]]; then
    while IFS= read -r -d '' path; do
      if [[ $path == *.undone-"$run"* ]]; then rm -rf -- "$path"; fi
    done <"$mark.remove"
    rm -f -- "$mark.remove"
  fi
  if [[ $stage == */.muster-"$(param component)-$(param point)-$run" ]]; then rm -rf -- "$stage"; fi
}

# Folders that the restore had to make, inner ones first; one that holds something by now stays.
remove_made() {
  local path
  [[ -e $mark.made ]] || return 0
  while IFS= read -r -d '' path; do
    rmdir --ignore-fail-on-non-empty -- "$path" 2>/dev/null || true
  done <"$mark.made"
  rm -f -- "$mark.made"
}

# What was put back is there whatever these say, so their failure is told and no reason to stop.
run_after() {
  local command
  while IFS= read -r -d '' command; do
    if ! bash -c "$command" >"$W/after" 2>&1; then
      result "{\"type\":\"after-failed\",\"command\":$(json_string "$command"),\"why\":$(json_string "$(tail -c 300 "$W/after")")}"
    fi
  done <"$(param_file after)"
}

main
