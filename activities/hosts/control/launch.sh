# Starts a job or finds it. Arguments: base boot-id-file run step generation script lib runner lock.
# stdin: `param NAME BYTES` + the bytes, `secret NAME BASE64`, `end`. Answers one line; see start-job.ts.
# shellcheck shell=bash disable=SC2154
set -euo pipefail
umask 077
base=$1 run=$3 step=$4 generation=$5 script=$6 lib=$7 runner=$8 lock=$9
read -r boot <"$2"

# The whole request is read before anything is changed, so a connection that breaks leaves nothing half done.
mkdir -p -- "$base/jobs" "$base/scripts" "$base/locks" "$base/prepared" 2>/dev/null || { echo "denied $base"; exit 0; }
prepared=$(mktemp -d "$base/prepared/XXXXXXXX")
trap 'rm -rf -- "$prepared"' EXIT
mkdir "$prepared/params"
secrets='' complete=''
while IFS=' ' read -r word name value; do
  case $word in
    param) head -c "$value" >"$prepared/params/$name" ;;
    secret) secrets+="secret $name $value"$'\n' ;;
    end) complete=yes && break ;;
  esac
done
[[ -n $complete ]] || { echo 'cut'; exit 0; }

missing=()
for sum in "$script" "$lib" "$runner"; do
  # A file that a power cut left empty would be a job that succeeds by doing nothing.
  [[ $(sha256sum <"$base/scripts/$sum" 2>/dev/null || :) == "$sum  -" ]] || missing+=("$sum")
done
((${#missing[@]} == 0)) || { echo "missing ${missing[*]}"; exit 0; }
touch -c -- "$base/scripts/$script" "$base/scripts/$lib" "$base/scripts/$runner"

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
mv -T -- "$prepared/params" "$folder/params"
mkdir -- "$folder/spool" "$folder/work"
: >"$folder/stdout"
: >"$folder/stderr"

# The job keeps descriptor 9, and with it everybody else out, until it has written who it is.
printf '%send\n' "$secrets" |
  setsid bash "$base/scripts/$runner" "$folder" "$base/scripts/$script" "$base/scripts/$lib" "$boot" "$lock" \
    >>"$folder/stdout" 2>>"$folder/stderr" &
secrets=''
for _ in {1..500}; do
  [[ -s $folder/identity ]] && break
  sleep 0.01
done
[[ -s $folder/identity ]] || { echo "unborn $folder"; exit 0; }
echo "$how $((newest + 1))"
