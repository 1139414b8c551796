# A part in its envelope and out of it. Sourced by parts.sh. What a point's certificate or key is says which filter it is of.

# The private key of each point, in memory once it was asked for.
declare -A key_of=()
# What stdbuf would preload into openssl, once it was asked for: a start of stdbuf less for each part.
buffering=''

is_gpg() { [[ $1 == '-----BEGIN PGP '* ]]; }

gpg_quietly() { gpg --batch --no-tty --quiet --no-options --pinentry-mode loopback "$@"; }

# seal_part FILE: stdin, encrypted to the point's public key. Ends the shell it runs in. `-stream` writes pieces, in little memory.
seal_part() {
  local first=''
  IFS= read -r first <"$MUSTER_JOB/params/certificate.pem" || true
  if is_gpg "$first"; then
    # A keyring of its own would be asked for; a host whose clock is behind the worker's must not find the key too young.
    gpg_quietly --homedir "$W/gnupg" --no-keyring --trust-model always --compress-algo none --cipher-algo AES256 \
      --ignore-time-conflict --ignore-valid-from --recipient-file "$MUSTER_JOB/params/certificate.pem" --output "$1" --encrypt
    exit
  fi
  exec stdbuf -i64K openssl cms -encrypt -aes-256-gcm -binary -stream -outform DER -out "$1" "$MUSTER_JOB/params/certificate.pem"
}

# unseal_part POINT FILE: a part in clear on stdout. FILE is not what it was after it, and FILE.around is beside it.
unseal_part() {
  [[ ${key_of[$1]-} ]] || key_of[$1]=$(secret "key.$1")
  if is_gpg "${key_of[$1]}"; then unseal_gpg "$1" "$2"; else unseal_cms "$1" "$2"; fi
}

# openssl grows its buffers step by step, each time into fresh memory. With a heap that is kept and of large pages it takes half the
# time. Other C libraries than glibc do not look at this.
roomy_heap=glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1

# Given the ciphertext apart from the rest of the message, openssl decrypts as it reads. Given both as one, it holds all of it several
# times, and needs four times as long. With what stdbuf sets it does not write 4 KiB at a time, and wake who reads at each.
unseal_cms() {
  local apart=64
  if command -v perl >/dev/null; then
    apart=0
    LD_PRELOAD=$buffering _STDBUF_O=65536 perl -w "${BASH_SOURCE[0]%/*}/message.pl" "$2" \
      openssl cms -decrypt -inform DER -binary -inkey <(printf '%s\n' "${key_of[$1]}") -in "$2.around" -content "$2" || apart=$?
  fi
  case $apart in
    0) ;;
    64) GLIBC_TUNABLES=$roomy_heap stdbuf -o64K openssl cms -decrypt -inform DER -binary -inkey <(printf '%s\n' "${key_of[$1]}") -in "$2" ;;
    *) return "$apart" ;;
  esac
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
  gpg_quietly --homedir "$home" --import < <(printf '%s\n' "${key_of[$1]}")
  gpg_quietly --homedir "$home" --trust-model always --ignore-time-conflict --ignore-valid-from --decrypt "$2"
)
