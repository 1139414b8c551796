# What is sent to a host for its job, with URLs signed and keys opened at that moment; and what is made of the job's answer.
# shellcheck shell=bash disable=SC2154,SC2034

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
