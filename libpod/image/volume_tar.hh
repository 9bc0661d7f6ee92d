// A volume's files as a tar, and back: volume export and import.
//
// Containers may change the volume meanwhile, and an archive may hold anything: so both work with the volume's
// directory as the root of a mount namespace of their own. There no symlink and no ".." leads out (security.md C38),
// and libarchive's own walk is safe. This ends the process's view of the host: what is read or written outside is
// opened before.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// request.input: the directory; request.output: a file, which appears when it is whole, or "-".
wire::ImageResult export_volume(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);
/// request.input: an archive, compressed or not, or "-"; request.output: the directory. What is there is replaced entry
/// by entry, the rest stays.
wire::ImageResult import_volume(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
