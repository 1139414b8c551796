#!/bin/bash
# Pid 1 of the lab: runs the supervisor, reaps whatever is orphaned, and ends with it (and so ends everything).
# Arguments: the command of the supervisor. It runs inside unshare's new network, mount and pid namespaces.
set -u
"$@" &
supervisor=$!
exec 3>&- 4<&- 5<&-
wait "$supervisor"
