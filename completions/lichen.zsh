#compdef lichen
# zsh completion of lichen. Made by `lichen completion zsh`.
_lichen() {
  local line directive=":none"
  local -a described plain options
  while IFS= read -r line; do
    case $line in
      :*) directive=$line ;;
      *$'\t'*) described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
      *) plain+=("$line") ;;
    esac
  done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  [[ $directive == *,nospace ]] && options=(-S '')
  (( $#described )) && _describe -t values 'lichen' described
  (( $#plain )) && compadd "${options[@]}" -a plain
  case $directive in
    :files*) _files ;;
    :directories*) _files -/ ;;
  esac
}
if [ "$funcstack[1]" = "_lichen" ]; then _lichen "$@"; else compdef _lichen lichen; fi
