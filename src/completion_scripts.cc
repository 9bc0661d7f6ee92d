// Data: the scripts that shells read. `lichen completion SHELL` prints them, and completions/ holds them for packages.
#include "libpod/base/error.hh"
#include "src/completion.hh"

namespace lichen::cli {
namespace {

constexpr std::string_view kBash = R"script(# bash completion of lichen. Made by `lichen completion bash`.
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
)script";

constexpr std::string_view kZsh = R"script(#compdef lichen
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
)script";

constexpr std::string_view kFish = R"script(# fish completion of lichen. Made by `lichen completion fish`.
function __lichen_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l current (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files*'
                __fish_complete_path $current
            case ':directories*'
                __fish_complete_directories $current
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c lichen -f -a '(__lichen_complete)'
)script";

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return std::string(kBash);
  if (shell == "zsh") return std::string(kZsh);
  if (shell == "fish") return std::string(kFish);
  throw Error(ErrorKind::usage, format("completion '{}': no script for this shell", shell))
      .with_hint("there are bash, zsh and fish");
}

}  // namespace lichen::cli
