# Host jobs: the same fixed scripts that a worker sends, started detached on the host, found again by their key and followed to their end.
# shellcheck shell=bash disable=SC2154,SC2034

jobs_base=/var/lib/muster boot_file=/proc/sys/kernel/random/boot_id

# host_job HOST LOCK JOB: JOB names the request at the end of this script, and with `.parts` what it may fetch.
# The functions secrets_of_JOB (lines `NAME base64`) and judge_JOB (is given the file of result lines) are its own.
# Lines that the job said are left in $state/jobs/STEP.out.
host_job() {
  local host=$1 lock=$2 job=$3 generation folder answer said=$state/jobs/$step.out tries=0 offset=0
  local how state_now code bytes rest shown=''
  mkdir -p -- "$state/jobs"
  : >"$said"
  read -r generation < <(recall generation "$step" || echo 1)
  assert_lease
  while :; do
    alive
    answer=$(job_request "$job" | on_host "$host" "$(data launch) $jobs_base $boot_file $run $step $generation '$lock'") || answer="unreached $?"
    read -r how folder rest <<<"$answer"
    case $how in
      started | restarted | attached | exited) folder=$jobs_base/jobs/$run/$step/$generation/$folder ;;
      locked) fail "Step $rest of run $folder works on $lock of $host at this moment." 'wait for that run or end it, then retry' ;;
      superseded) fail 'A later try of this step has taken over.' 'see whether this script runs a second time somewhere' ;;
      denied) fail "$folder cannot be written on $host." 'log in as root, or allow sudo without a password' ;;
      *)
        tries=$((tries + 1))
        ((tries < 6)) || fail "The job could not be started on $host: $answer" 'see that the host is reachable, then retry'
        sleep "$tries"
        continue
        ;;
    esac
    [[ $how == attached || $how == exited ]] && note "found again on $host"
    : >"$said"
    offset=0 code=''
    follow_job
    case $state_now in
      exited)
        ((code == 0)) && break
        if ((code == 75 && tries < 6)); then
          tries=$((tries + 1))
          note "is tried again: $(tail -n 2 "$said.error" | tr '\n' ' ')"
          sleep "$tries"
          continue
        fi
        refused
        fail "The job ended with status $code: $(tail -n 5 "$said.error" | tr '\n' ' ')" "look at $folder on $host, mend the cause, then retry"
        ;;
      *) note 'the job is gone (the host was rebooted?); it is started again' ;;
    esac
  done
  sed -n 's/^@result //p' "$said" >"$said.results"
  told_kept
  "judge_${job//-/_}" "$said.results"
}

# follow_job: reads on until the job has ended, over broken connections.
follow_job() {
  local lost=0
  while :; do
    alive
    if ! on_host "$host" "$(data follow) $boot_file $folder $offset 3000 100" </dev/null >"$said.next" 2>"$said.trouble"; then
      lost=$((lost + 1))
      ((lost < 60)) || fail "$host does not answer: $(tail -n 1 "$said.trouble")" "the job goes on there in $folder; retry finds it again"
      sleep 1
      continue
    fi
    lost=0
    IFS=' ' read -r state_now code bytes rest <"$said.next" || continue
    # What comes after these bytes is not read: tail may find nobody listening, which is no failure. Their number is looked at.
    { tail -n +2 "$said.next" | head -c "$bytes" || :; } >"$said.more"
    [[ $(stat -c %s "$said.more") == "$bytes" ]] || continue
    cat -- "$said.more" >>"$said"
    offset=$((offset + bytes))
    hear
    if [[ $state_now == gone || ($state_now == lost && $bytes == 0) ]]; then return 0; fi
    if [[ $state_now == exited && $rest == all ]]; then
      tail -n +2 "$said.next" | tail -c "+$((bytes + 1))" >"$said.error"
      return 0
    fi
  done
}

# hear: what the job says while it works: how far it is, and that it needs a fresh URL.
hear() {
  local line done_now total text percent
  while IFS= read -r line; do
    case $line in
      '@need get.'*) fresh_url "${line#@need }" ;;
      '@progress '*)
        read -r _ done_now total text <<<"$line"
        percent=$((total > 0 ? done_now * 10 / total : 0))
        if [[ $percent != "$shown" ]]; then note "${percent}0 %${text:+, $text}" && shown=$percent; fi
        ;;
    esac
  done <"$said.more"
}

# fresh_url WANTED: `get.<number>.<location>.<try>`
fresh_url() {
  local number location key url
  IFS=. read -r _ number location _ <<<"$1"
  [[ ${location_base[$location]-} ]] || return 0
  key=$(data "$job.parts" | awk -F '\t' -v n="$number" '$5 == n { print $6; exit }')
  [[ $key ]] || return 0
  presign GET "$location" "$key" 21600
  { printf '1 %s\nend\n' "$(printf '%s' "$url" | base64 -w 0)"; } | on_host "$host" "$(data fill) $folder $1" >/dev/null || :
}

refused() {
  local line flat
  line=$(sed -n 's/^@refuse //p' "$said" | tail -n 1)
  [[ $line ]] && flat=$(json_flat "$line") || return 0
  fail "$(json_get fact <<<"$flat")" "$(json_get hint <<<"$flat")"
}

told_kept() {
  local line
  while IFS= read -r line; do
    case $line in
      '{"type":"kept",'*) note "what was there is kept as $(json_flat "$line" | json_get path)" ;;
      '{"type":"repaired",'*) note "a part came from $(json_flat "$line" | json_get from)" ;;
      '{"type":"noted",'*) note "$(json_flat "$line" | json_get what)" ;;
    esac
  done <"$said.results"
}
