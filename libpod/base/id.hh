// Object ids (64 lower-case hex digits) and names.
#pragma once

#include <string>
#include <string_view>

namespace lichen {

/// 64 hex digits from the kernel's random source (getrandom(2)).
std::string random_id();
/// `digits` random hex digits; for temporary names.
std::string random_hex(int digits);
/// Docker's kind of made-up name, "quiet_granite": adjective_noun from our own word lists, which are about lichens and
/// rocks.
std::string random_name();

/// The first twelve digits, as tables show ids.
std::string short_id(std::string_view id);
bool is_full_id(std::string_view text);
/// 1 to 64 hex digits: may be the beginning of an id.
bool is_id_prefix(std::string_view text);
/// Docker's rule for container, pod and volume names: [a-zA-Z0-9][a-zA-Z0-9_.-]+ ; ours also allows one character, as
/// podman.
bool is_valid_name(std::string_view name);

}  // namespace lichen
