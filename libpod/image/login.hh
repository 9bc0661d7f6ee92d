// login and logout: credentials that were tried are kept where podman, docker and lichen find them.
//
// The file: --authfile; REGISTRY_AUTH_FILE; with --compat-auth-file docker's config.json; else containers' auth.json in
// the runtime directory, which goes with the session (podman's choice), or in ~/.config where there is none. Everything
// else in the file stays as it is. It is 0600, written anew and renamed (C39). Where the file names a credential helper
// for the registry, that one keeps the password.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// Ask the registry names[0] whether `creds` are right, then keep them. @throws Error{permission} they are not
wire::ImageResult log_in(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

/// Forget the credentials of names[0], or all. Result: one `name` per registry that was known.
wire::ImageResult log_out(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
