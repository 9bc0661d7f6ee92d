// `fetch`: one file from an http or https URL, for ADD and for the contexts of a build (libpod/wire/fetch_url.hh).
//
// What a server may do to us is bounded: redirects are few, stay with http and https and never lead from https to http;
// credentials go to the server they are for and to no other; the body goes to the disk and not to memory, and ends when
// the disk is nearly full or the caller's limit is reached. A file whose checksum is wrong is not left behind.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// request.config: a wire::FetchOrder as JSON. @return documents[0]: a wire::FetchAnswer
/// @throws Error{invalid} the checksum, or the URL; Error{not_found|permission|network} the server; Error{system} the
/// disk
wire::ImageResult fetch_file(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

/// The file's name in a Content-Disposition (RFC 6266), without any directory. "": none, or one that is not safe.
std::string suggested_name(std::string_view disposition);

}  // namespace lichen::image
