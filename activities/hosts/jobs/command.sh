#!/bin/bash
# Runs the plan's own script. Parameters: script, limit (seconds). Its output is the log; its status is the job's.
# shellcheck source=lib.sh
. "$MUSTER_LIB"

limit=$(param limit)
status=0
# Not `bash -c`: what the script holds stays out of the list of processes.
timeout --kill-after=5 "$limit" bash -euo pipefail "$(param_file script)" || status=$?
if ((status == 124 || status == 137)); then
  refuse CommandTimedOut "The command did not end within $limit s." 'run it by hand to see where it stays, or give it a longer limit'
fi
# 75 has a meaning of its own for host jobs that the plan's script does not know of.
if ((status == 75)); then status=1; fi
exit "$status"
