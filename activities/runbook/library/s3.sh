# Objects of the storage locations: URLs signed here (AWS Signature 4) and used by curl. Secrets stay in variables and pipes.
# shellcheck shell=bash disable=SC2154,SC2034

declare -A location_base=() location_region=() location_prefix=() location_id=() location_secret=()
# Pads of the keys that something was signed with: hex of the key -> `inner outer`, as printf's %b takes them.
declare -A pads_of=() signing_key=()

# sha256_of TEXT, into `digest`.
sha256_of() {
  digest=$(printf '%s' "$1" | openssl dgst -sha256 -r)
  digest=${digest%% *}
}

# hmac KEY-AS-HEX TEXT, into `digest`. openssl would want the key as an argument, so HMAC is put together from its two hashes.
hmac() {
  local key=$1 inner outer pads number
  if [[ -z ${pads_of[$key]-} ]]; then pads_of[$key]=$(make_pads "$key"); fi
  pads=${pads_of[$key]} inner=${pads% *} outer=${pads#* }
  digest=$({ printf '%b' "$inner" && printf '%s' "$2"; } | openssl dgst -sha256 -r)
  digest=${digest%% *}
  for ((number = 0; number < 64; number += 2)); do outer+="\\x${digest:number:2}"; done
  digest=$(printf '%b' "$outer" | openssl dgst -sha256 -r)
  digest=${digest%% *}
}

make_pads() {
  local key=$1 inner='' outer='' number
  while ((${#key} < 128)); do key+=00; done
  for ((number = 0; number < 128; number += 2)); do
    printf -v inner '%s\\x%02x' "$inner" "$((16#${key:number:2} ^ 54))"
    printf -v outer '%s\\x%02x' "$outer" "$((16#${key:number:2} ^ 92))"
  done
  printf '%s %s' "$inner" "$outer"
}

hex_of() { od -An -v -tx1 | tr -d ' \n'; }

# percent TEXT [KEEP], into `encoded`.
percent() {
  local LC_ALL=C text=$1 character number
  encoded=''
  for ((number = 0; number < ${#text}; number++)); do
    character=${text:number:1}
    case $character in
      [A-Za-z0-9_.~-]) ;;
      /) if [[ ${2-} != / ]]; then character=%2F; fi ;;
      *) printf -v character '%%%02X' "$(($(printf '%d' "'$character") & 255))" ;;
    esac
    encoded+=$character
  done
}

# credentials LOCATION: access_id, access_secret and access_token; the plan's own for the location, else those of the aws command.
credentials() {
  local line
  access_token=''
  if [[ ${location_id[$1]} ]]; then
    access_id=$(secret_of "${location_id[$1]}")
    access_secret=$(secret_of "${location_secret[$1]}")
    return
  fi
  access_id=${AWS_ACCESS_KEY_ID-} access_secret=${AWS_SECRET_ACCESS_KEY-} access_token=${AWS_SESSION_TOKEN-}
  [[ $access_id ]] && return
  while IFS= read -r line; do
    case $line in
      AWS_ACCESS_KEY_ID=*) access_id=${line#*=} ;;
      AWS_SECRET_ACCESS_KEY=*) access_secret=${line#*=} ;;
      AWS_SESSION_TOKEN=*) access_token=${line#*=} ;;
    esac
  done < <(aws configure export-credentials --format env-no-export 2>/dev/null)
  [[ $access_id ]] || fail "There are no credentials for the storage location $1." 'export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
}

# presign METHOD LOCATION KEY SECONDS, into `url`.
presign() {
  local method=$1 location=$2 seconds=$4 now day region base host path scope query canonical key part
  TZ=UTC printf -v now '%(%Y%m%dT%H%M%SZ)T' -1
  day=${now%T*} region=${location_region[$location]} base=${location_base[$location]}
  credentials "$location"
  host=${base#*://} path=''
  path=/${host#*/} host=${host%%/*}
  percent "$path/${location_prefix[$location]}$3" /
  path=$encoded
  scope=$day/$region/s3/aws4_request
  percent "$access_id/$scope"
  query="X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=$encoded&X-Amz-Date=$now&X-Amz-Expires=$seconds"
  if [[ $access_token ]]; then
    percent "$access_token"
    query+="&X-Amz-Security-Token=$encoded"
  fi
  query+='&X-Amz-SignedHeaders=host'
  sha256_of "$method"$'\n'"$path"$'\n'"$query"$'\n'"host:$host"$'\n\nhost\nUNSIGNED-PAYLOAD'
  canonical=$digest
  key=${signing_key[$location $day $access_id]-}
  if [[ -z $key ]]; then
    key=$(printf '%s' "AWS4$access_secret" | hex_of)
    for part in "$day" "$region" s3 aws4_request; do
      hmac "$key" "$part"
      key=$digest
    done
    signing_key[$location $day $access_id]=$key
  fi
  hmac "$key" "AWS4-HMAC-SHA256"$'\n'"$now"$'\n'"$scope"$'\n'"$canonical"
  url="${base%%://*}://$host$path?$query&X-Amz-Signature=$digest"
}

# ask_store METHOD LOCATION KEY FILE [HEADER]: `status` (000 where nobody answers), what came in FILE, its head in FILE.head.
ask_store() {
  local sent=() url
  presign "$1" "$2" "$3" 300
  case $1 in
    PUT) sent=(-T "$4" -o /dev/null) ;;
    *) sent=(-X "$1" -o "$4") ;;
  esac
  status=$(
    {
      printf 'url = "%s"\n' "$url"
      [[ $url != https:* ]] || echo tlsv1.3
      [[ -z ${5-} ]] || printf 'header = "%s"\n' "${5//\"/\\\"}"
    } | curl -sS -K - "${sent[@]}" -D "$4.head" --connect-timeout 3 --max-time 60 -w '%{http_code}' 2>"$4.error"
  ) || status=000
}

# head_of FILE NAME: a header of an answer.
head_of() { sed -n "s/^$2: *//Ip" "$1.head" | tr -d '\r' | tail -n 1; }
