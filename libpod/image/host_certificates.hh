// certs.d: authorities and client certificates of single servers, as docker and podman keep them
// (<directory>/<host[:port]>/{*.crt,*.cert,*.key}).
#pragma once

#include <string>
#include <vector>

#include "libpod/image/auth_challenge.hh"
#include "libpod/image/http.hh"

namespace lichen::image {

/// Of the first directory that exists for the server. @param directories  each has a directory for each server
/// @param own  --cert-dir: such a directory itself; before the others; may be empty
/// @throws Error{not_found} a certificate without its key
TlsFiles find_tls_files(const std::vector<std::string>& directories, const std::string& own, const Origin& server);

}  // namespace lichen::image
