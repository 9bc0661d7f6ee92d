// What all fuzz targets share: text in, and the one exception that hostile input may raise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libpod/base/error.hh"

namespace lichen::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Run `body`; an Error of a kind that speaks about the input is fine, anything else is a finding.
template <typename Body>
void refuse_or_accept(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal || error.message().empty()) std::abort();
  }
}

/// A property that must hold for every input that was accepted.
inline void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace lichen::fuzz
