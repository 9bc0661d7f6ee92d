# bash completion of lichen. Made by `lichen completion bash`.
_lichen() {
  local words cword line directive=":none" values=()
  # bash divides words at '=' and ':' too; lichen wants them whole.
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n "=:" words cword
  else
    words=("${COMP_WORDS[@]}")
    cword=$COMP_CWORD
  fi
  while IFS= read -r line; do
    case $line in
      :*) directive=$line ;;
      *) values+=("${line%%$'\t'*}") ;;
    esac
  done < <("${words[0]}" __complete -- "${words[@]:1:cword}" 2>/dev/null)
  COMPREPLY=("${values[@]}")
  case $directive in
    *,nospace) compopt -o nospace ;;
  esac
  case $directive in
    :files*) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${words[cword]}") ;;
    :directories*) compopt -o filenames; mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "${words[cword]}") ;;
  esac
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "${words[cword]}"; fi
}
complete -F _lichen lichen
