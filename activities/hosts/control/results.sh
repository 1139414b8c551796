# Prints a job's result lines. Arguments: folder.
set -euo pipefail
grep -a '^@result ' -- "$1/stdout" || (($? == 1))
