# Starts a job or finds it. Arguments: base boot-id-file run step generation lock.
# stdin: `script NAME BYTES` + the bytes (runner, lib and job), `param NAME BYTES` + the bytes, `line NAME TEXT` (a parameter, too),
# `secret NAME BASE64`, `end`.
# Answers one line; see start-job.ts.
# shellcheck shell=bash disable=SC2154
set -euo pipefail
umask 077
base=$1 run=$3 step=$4 generation=$5 lock=$6
read -r boot <"$2"

# The whole request is read before anything is changed, so a connection that breaks leaves nothing half done.
mkdir -p -- "$base/jobs" "$base/locks" "$base/prepared" 2>/dev/null || { echo "denied $base"; exit 0; }
prepared=$(mktemp -d "$base/prepared/XXXXXXXX")
trap 'rm -rf -- "$prepared"' EXIT
mkdir "$prepared/params" "$prepared/scripts"
secrets='' complete=''
while IFS=' ' read -r word name value; do
  case $word in
    # A process for each of these, none for a short text.
    script | param) head -c "$value" >"$prepared/${word}s/$name" ;;
    line) printf '%s' "$value" >"$prepared/params/$name" ;;
    secret) secrets+="secret $name $value"$'\n' ;;
    end) complete=yes && break ;;
  esac
done
[[ -n $complete ]] || { echo 'cut'; exit 0; }

hold_starting
home=$base/jobs/$run/$step
for path in "$home"/*/; do
  other=${path%/} other=${other##*/}
  if ((other > generation)); then echo "superseded $other"; exit 0; fi
done

newest=0 how=started
for path in "$home/$generation"/*/; do
  number=${path%/} number=${number##*/}
  if ((number > newest)); then newest=$number; fi
done
if ((newest > 0)); then
  folder=$home/$generation/$newest
  judge_job "$folder"
  if [[ $job_state == running ]]; then echo "attached $newest"; exit 0; fi
  if [[ $job_state == exited && $job_code != 75 ]]; then echo "exited $newest $job_code"; exit 0; fi
  how=restarted
fi

# What is left of earlier starts and generations of this step must not go on beside the new one.
# A job that ended is left alone: what it started and left behind, such as a service, is meant to stay.
for folder in "$home"/*/*/; do
  [[ ! -s $folder/exit ]] || continue
  end_job "${folder%/}" || { echo "stuck ${job_processes[*]}"; exit 0; }
done

if [[ -n $lock ]]; then
  if [[ -s $base/locks/$lock/owner ]]; then
    { read -r owner && read -r owner_run && read -r owner_step; } <"$base/locks/$lock/owner" || owner=''
    if [[ -n $owner && ! -s $owner/exit ]]; then
      find_job_processes "$owner"
      if ((${#job_processes[@]} > 0)); then echo "locked $owner_run $owner_step"; exit 0; fi
    fi
  fi
  rm -rf -- "$base/locks/$lock"
fi

folder=$home/$generation/$((newest + 1))
mkdir -p -- "$home/$generation"
mkdir -- "$folder"
if [[ -n $lock ]]; then
  mkdir -- "$base/locks/$lock"
  printf '%s\n%s\n%s\n' "$folder" "$run" "$step" >"$base/locks/$lock/owner"
fi
mv -- "$prepared/params" "$prepared/scripts" "$folder/"
mkdir -- "$folder/spool" "$folder/work"
: >"$folder/stdout"
: >"$folder/stderr"

# The job keeps descriptor 9, and with it everybody else out, until it has written who it is.
printf '%send\n' "$secrets" |
  setsid bash "$folder/scripts/runner" "$folder" "$boot" "$lock" \
    >>"$folder/stdout" 2>>"$folder/stderr" &
secrets=''
for _ in {1..500}; do
  [[ -s $folder/identity ]] && break
  sleep 0.01
done
[[ -s $folder/identity ]] || { echo "unborn $folder"; exit 0; }
echo "$how $((newest + 1))"
