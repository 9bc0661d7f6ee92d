// A file from an http or https URL, fetched by lichen-image.
#pragma once

#include <optional>

#include "libpod/engine/engine.hh"
#include "libpod/wire/fetch_url.hh"

namespace lichen::engine {

/// @param quiet  no bar on standard error @throws Error{not_found|permission|network|invalid|system}
wire::FetchAnswer fetch_url(Engine& engine, const wire::FetchOrder& order, std::optional<bool> tls_verify, bool quiet);

}  // namespace lichen::engine
