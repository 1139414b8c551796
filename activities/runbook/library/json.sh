# Reading JSON with bash alone: small answers of health checks, the observer and the lease.
# shellcheck shell=bash disable=SC2154

# json_flat TEXT: a line `path<TAB>value` for each value, as JSON has it: `checks.database	"ok"`. Fails on what is no JSON.
json_flat() {
  local json=$1 token=''
  json_value '' && [[ $json =~ ^[[:space:]]*$ ]]
}

json_token() {
  local form='^[[:space:]]*("([^"\\]|\\.)*"|-?[0-9][-+.eE0-9]*|true|false|null|[][{}:,])'
  [[ $json =~ $form ]] || return 1
  token=${BASH_REMATCH[1]}
  json=${json:${#BASH_REMATCH[0]}}
}

json_value() {
  local path=$1 key number=0
  json_token || return 1
  case $token in
    '{')
      while json_token && [[ $token != '}' ]]; do
        [[ $token != , ]] || json_token || return 1
        [[ $token == '"'* ]] || return 1
        key=${token:1:${#token}-2}
        json_token && [[ $token == : ]] || return 1
        json_value "$path${path:+.}$key" || return 1
      done
      [[ $token == '}' ]]
      ;;
    '[')
      local rest=$json
      json_token || return 1
      [[ $token != ']' ]] || return 0
      json=$rest
      while json_value "$path${path:+.}$number" || return 1; do
        json_token || return 1
        [[ $token == , ]] || break
        number=$((number + 1))
      done
      [[ $token == ']' ]]
      ;;
    '"'* | [-0-9]* | true | false | null) printf '%s\t%s\n' "$path" "$token" ;;
    *) return 1 ;;
  esac
}

# json_get PATH: of lines of json_flat on stdin, without the quotes of a text.
json_get() {
  local path value
  while IFS=$'\t' read -r path value; do
    [[ $path == "$1" ]] || continue
    if [[ $value == '"'* ]]; then value=${value:1:${#value}-2}; fi
    printf '%s' "${value//\\\"/\"}"
    return 0
  done
  return 1
}

json_text() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}
