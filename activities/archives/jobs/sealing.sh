# A part in its envelope and out of it. Sourced by parts.sh. What a point's certificate or key is says which filter it is of.

# openssl grows its buffers step by step, each time into fresh memory. With a heap that is kept and of large pages it takes half the
# time. Other C libraries than glibc do not look at this.
roomy_heap=glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1

is_gpg() { [[ $1 == '-----BEGIN PGP '* ]]; }

gpg_quietly() { gpg --batch --no-tty --quiet --no-options --pinentry-mode loopback "$@"; }

# `yes` where memory allows that openssl holds whole parts, about 200 MiB each, as many at once as are captured.
room_to_seal() {
  awk -v "most=$(($(cores) + 1))" '/^MemAvailable:/ && $2 > most * 524288 { print "yes" }' /proc/meminfo
}

# seal_part FILE: stdin, encrypted to the point's public key. Ends the shell it runs in.
# A message with definite lengths is read back ten times as fast, see unseal_cms; openssl has to hold it for that. Without
# `seal_whole` it writes small pieces instead, in little memory.
seal_part() {
  local first='' pieces=-stream
  IFS= read -r first <"$MUSTER_JOB/params/certificate.pem" || true
  if is_gpg "$first"; then
    # A keyring of its own would be asked for; a host whose clock is behind the worker's must not find the key too young.
    gpg_quietly --homedir "$W/gnupg" --no-keyring --trust-model always --compress-algo none --cipher-algo AES256 \
      --ignore-time-conflict --ignore-valid-from --recipient-file "$MUSTER_JOB/params/certificate.pem" --output "$1" --encrypt
    exit
  fi
  if [[ $seal_whole ]]; then
    export GLIBC_TUNABLES=$roomy_heap
    pieces=
  fi
  # shellcheck disable=SC2086
  exec openssl cms -encrypt -aes-256-gcm -binary $pieces -outform DER -out "$1" "$MUSTER_JOB/params/certificate.pem"
}

# unseal_part POINT FILE: a part in clear on stdout.
unseal_part() {
  local first
  IFS= read -r first < <(secret "key.$1")
  if is_gpg "$first"; then unseal_gpg "$1" "$2"; else unseal_cms "$1" "$2"; fi
}

# Given the message and its ciphertext apart, openssl decrypts as it reads. Given them as one, it holds all of it several times.
unseal_cms() {
  local begin='' length before
  read -r begin length before < <(od -An -v -tu1 -N 8192 -- "$2" | awk -f "${BASH_SOURCE[0]%/*}/envelope.awk") || true
  if [[ $begin ]]; then
    openssl cms -decrypt -inform DER -binary -inkey <(secret "key.$1") \
      -in <(printf '%b' "$before"; tail -c "+$((begin + length + 1))" -- "$2"; printf '\0\0\0\0\0\0') \
      -content <(dd if="$2" iflag=skip_bytes,count_bytes skip="$begin" count="$length" bs=64K status=none)
  else
    GLIBC_TUNABLES=$roomy_heap openssl cms -decrypt -inform DER -binary -inkey <(secret "key.$1") -in "$2"
  fi
}

# The private key comes through a pipe into a keyring in memory, and its agent ends with the part. A part without integrity
# protection is an error to gpg, like one whose protection fails.
unseal_gpg() (
  # The job's end removes this folder, however it ends; an agent whose folder is gone ends too.
  memory=/dev/shm/muster${MUSTER_JOB//\//_}
  if ! command -v gpg >/dev/null; then refuse HostPrerequisite "$(hostname) has no gpg." 'apt-get install gnupg'; fi
  if [[ $(stat -f -c %T /dev/shm) != tmpfs ]]; then
    refuse NoMemoryFolder '/dev/shm is not a tmpfs, so a secret would touch a disk.' 'mount -t tmpfs tmpfs /dev/shm'
  fi
  mkdir -m 700 -- "$memory" 2>/dev/null || [[ -O $memory && ! -L $memory ]]
  home=$(mktemp -d "$memory/gnupg.XXXXXX")
  trap 'gpgconf --homedir "$home" --kill gpg-agent; rm -rf -- "$home"' EXIT
  gpg_quietly --homedir "$home" --import < <(secret "key.$1")
  gpg_quietly --homedir "$home" --trust-model always --ignore-time-conflict --ignore-valid-from --decrypt "$2"
)
