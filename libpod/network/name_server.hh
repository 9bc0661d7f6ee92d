// Where aardvark-dns is. Without it containers are reached by address only, and other names are asked at the way out.
#pragma once

#include <string>

namespace lichen::network {

/// Absolute path; empty: it is not installed.
std::string name_server_program();

}  // namespace lichen::network
