# shellcheck shell=bash
# The build trees of a test run: build/ (release: what a user gets, by gcc) and build/asan (unit tests, programs and fuzz
# targets with AddressSanitizer and UBSan, by clang, which has libFuzzer: so a run also shows that both compilers take
# the sources). Each is a CMake preset; ninja builds what changed.

configure_tree() { # PRESET [-Dx=y...]
  local preset=$1 folder
  shift
  folder=$(tree_folder "$preset")
  [ -e "$folder/build.ninja" ] && [ "$folder/build.ninja" -nt CMakePresets.json ] && return 0
  mkdir -p "$folder"
  quietly "$folder/configure.log" cmake --preset "$preset" "$@"
}

tree_folder() {
  case $1 in
    release) echo build ;;
    *) echo "build/$1" ;;
  esac
}

build_tree() { # PRESET [TARGET...]
  local preset=$1 folder start=$SECONDS
  shift
  folder=$(tree_folder "$preset")
  configure_tree "$preset" || die "cmake --preset $preset failed"
  QUIETLY_LINES=80 quietly "$folder/build.log" ninja -C "$folder" "$@" || die "building the $preset tree failed"
  say "built $preset in $((SECONDS - start)) s"
}

# The targets of a tree whose names match a pattern and which exist (folders land one after the other).
targets_of() { # PRESET REGEX
  ninja -C "$(tree_folder "$1")" -t targets all | sed -n 's/: phony$//p' | grep -E "^($2)\$" || true
}
