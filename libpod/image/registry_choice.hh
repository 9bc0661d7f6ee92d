// Which registry a request goes to, and how it is spoken to: the request's options and registries.conf together.
#pragma once

#include "libpod/image/registry.hh"
#include "libpod/store/registries_conf.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// @throws Error{invalid}
store::RegistriesConf load_registries(const wire::ImageRequest& request);
RegistryOptions registry_options(const wire::ImageRequest& request, const store::RegistryEndpoint& endpoint);

}  // namespace lichen::image
