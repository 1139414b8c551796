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
    tail -n +2 "$said.next" | head -c "$bytes" >"$said.more"
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

# job_request JOB: what is sent to the host, on stdin and nowhere else.
job_request() {
  data "$1"
  printf 'line run %s\n' "$run"
  if has_data "$1.parts"; then
    gets_of "$1" >"$state/jobs/$step.gets" || return 1
    printf 'param gets %s\n' "$(stat -c %s "$state/jobs/$step.gets")"
    cat -- "$state/jobs/$step.gets"
    rm -f -- "$state/jobs/$step.gets"
  fi
  # Without its end the host does nothing with it.
  "secrets_of_${1//-/_}" | sed 's/^/secret /' || return 1
  echo end
}

has_data() { grep -q "^#= $1 " "$self"; }

# gets_of JOB: `number location url` for each part at each location, nearest first.
gets_of() {
  local number key location url
  while IFS=$'\t' read -r _ _ _ _ number key _; do
    for location in "${locations[@]}"; do
      presign GET "$location" "$key" 21600
      printf '%s\t%s\t%s\n' "$number" "$location" "$url"
    done
  done < <(data "$1.parts")
}

# secret_line NAME TEXT-FROM-STDIN
secret_line() { printf '%s %s\n' "$1" "$(base64 -w 0)"; }

# point_key POINT: opened with a key of the site, as a secret line. Envelopes of POINT are the lines `location key sha256` on stdin.
point_key() {
  local point=$1 location key sha file=$state/jobs/envelope.$BASHPID reference opened found why='no storage location gave its envelope'
  while IFS=$'\t' read -r location key sha; do
    ask_store GET "$location" "$key" "$file"
    [[ $status == 200 ]] || { why="$location answers $status"; continue; }
    found=$(openssl dgst -sha256 -r "$file")
    [[ ${found%% *} == "$sha" ]] || { why="$key at $location was changed"; continue; }
    for reference in "${site_keys[@]}"; do
      if opened=$(openssl cms -decrypt -inform DER -binary -inkey <(secret_of "$reference" && echo) -in "$file" 2>/dev/null); then
        rm -f -- "$file" "$file.head" "$file.error"
        printf '%s\n' "$opened" | secret_line "key.$point"
        return 0
      fi
      why="no key of the site opens $key"
    done
  done
  rm -f -- "$file" "$file.head" "$file.error"
  fail "The key of recovery point $point could not be opened: $why." 'bring the key of the site here; a new script knows envelopes that were sealed later'
}

# judge_answers FILE WANTED...: each `name base64` must have been said.
judge_answers() {
  local file=$1 wanted line count=0
  shift
  for wanted in "$@"; do
    count=$((count + 1))
    grep -qF -- "$wanted" "$file" || {
      line=$(grep -F -- "${wanted%%,\"value\"*}" "$file" | tail -n 1 | sed 's/.*"value":"//; s/".*//' | base64 -d 2>/dev/null) || line=''
      fail "A check answers ${line:-nothing}, and at the recovery point it was $(sed 's/.*"value":"//; s/".*//' <<<"$wanted" | base64 -d)." \
        'restore the component again, or use another recovery point; skip if the difference is known'
    }
  done
  note "$count answers are those of the recovery point"
}

# judge_tree FILE: of files only what the service wrote since may differ.
judge_tree() {
  local line why flat
  while IFS= read -r line; do
    [[ $line == '{"type":"counted",'* ]] || continue
    flat=$(json_flat "$line")
    why=$(json_get why <<<"$flat")
    case $why in
      since | extra) note "$(json_get count <<<"$flat") files are $why" ;;
      *)
        fail "$(json_get count <<<"$flat") files differ ($why), the first: $(json_get first <<<"$flat" | base64 -d)." \
          'restore the component again, or use another recovery point; skip if the difference is known'
        ;;
    esac
  done <"$1"
  note 'the files are those of the recovery point'
}

judge_nothing() { :; }
no_secrets() { :; }
