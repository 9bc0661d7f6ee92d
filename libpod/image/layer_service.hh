// `layers`: what a build asks for while it runs. The contract is wire/layer_service.hh.
//
// Workers hash directories (adopt_layer), as many as there are cores, none waiting for another. One committer gives the
// layers their places: it takes all that are hashed and whose layer beneath is known, writes their records, calls
// syncfs(2) once for all of them, and renames them from the lowest up. While it waits for the disk the next ones
// collect. It publishes images too, so that one thread alone changes the store.
#pragma once

#include "libpod/store/paths.hh"

namespace lichen::image {

/// Serve the orders that come from `input` until it ends, and answer to `output`.
/// @throws Error{invalid} what comes is no order; everything else is an answer
void serve_layers(const store::Paths& paths, int input, int output);

}  // namespace lichen::image
