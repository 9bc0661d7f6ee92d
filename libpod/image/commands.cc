#include "libpod/image/commands.hh"

#include "libpod/base/error.hh"
#include "libpod/image/cache_configs.hh"
#include "libpod/image/fetch.hh"
#include "libpod/image/import.hh"
#include "libpod/image/load.hh"
#include "libpod/image/login.hh"
#include "libpod/image/progress.hh"
#include "libpod/image/pull.hh"
#include "libpod/image/push.hh"
#include "libpod/image/push_list.hh"
#include "libpod/image/save.hh"
#include "libpod/image/search.hh"
#include "libpod/image/verify.hh"
#include "libpod/image/volume_tar.hh"
#include "libpod/image/yaml.hh"

namespace lichen::image {
namespace {

struct Command {
  std::string_view name;
  wire::ImageResult (*run)(const store::Paths&, const wire::ImageRequest&, Progress&);
};

constexpr Command kCommands[] = {
    {"pull", pull_images},
    {"load", load_images},
    {"import", import_image},
    {"save", save_images},
    {"volume-export", export_volume},
    {"volume-import", import_volume},
    {"search", search_registries},
    {"tags", list_tags},
    {"push", push_images},
    {"describe", describe_images},
    {"manifest", fetch_manifest},
    {"configs", list_configs},
    {"login", log_in},
    {"logout", log_out},
    {"yaml", read_yaml_files},
    {"verify", verify_layers},
    {"fetch", fetch_file},
};

}  // namespace

wire::ImageResult run_command(std::string_view command, const store::Paths& paths, const wire::ImageRequest& request) {
  for (const auto& row : kCommands)
    if (row.name == command) {
      const auto progress = make_progress(request.quiet);
      return row.run(paths, request, *progress);
    }
  throw_error(ErrorKind::usage, "lichen-image: there is no command '{}'", command);
}

}  // namespace lichen::image
