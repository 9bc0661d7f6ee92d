#include "libpod/engine/cdi_devices.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kMaxFile = 1 << 20, kMaxFiles = 256;

struct SpecFile {
  std::string path;
  int folder = 0;
};

class Reader {
 public:
  explicit Reader(Engine& engine) : engine_(engine) {}

  std::vector<spec::CdiSpec> read_all() {
    int number = 0;
    for (const auto& folder : engine_.settings.cdi_spec_dirs) read_folder(folder, number++);
    read_yaml();
    return std::move(specs_);
  }

 private:
  void pass_over(const std::string& path, std::string_view why) { log_warn("{} is passed over: {}", path, why); }

  void read_folder(const std::string& folder, int number) {
    struct stat info {};
    if (!folder.starts_with('/') || ::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return;
    if ((info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0)
      return pass_over(folder, "everybody may write to it");
    auto names = sys::list_directory(folder);
    std::ranges::sort(names);
    for (const auto& name : names) {
      const std::string path = folder + "/" + name;
      const bool is_json = name.ends_with(".json");
      if (!is_json && !name.ends_with(".yaml")) continue;
      if (++files_ > kMaxFiles) return pass_over(path, format("there are more than {} files", kMaxFiles));
      try {
        const std::string text = read_text(path);
        if (is_json)
          add(parse_json(text, path, {.max_bytes = kMaxFile, .max_depth = 32, .allow_duplicate_keys = false}),
              {path, number});
        else
          yaml_.push_back({path, number});
      } catch (const Error& error) {
        pass_over(path, error.what());
      }
    }
  }

  static std::string read_text(const std::string& path) {
    const sys::UniqueFd file = sys::open_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) throw_errno("read '{}'", path);
    if (!S_ISREG(info.st_mode)) throw_error(ErrorKind::invalid, "it is no file");
    if ((info.st_mode & S_IWOTH) != 0) throw_error(ErrorKind::invalid, "everybody may write to it");
    return sys::read_all(file.get(), path, kMaxFile);
  }

  void add(const Json& json, const SpecFile& file) {
    spec::CdiSpec spec = spec::cdi_spec_from_json(json, file.path);
    spec.folder = file.folder;
    specs_.push_back(std::move(spec));
  }

  void read_yaml() {
    if (yaml_.empty()) return;
    auto request = image_request(engine_);
    for (const auto& file : yaml_) request.paths.push_back(file.path);
    const auto result = run_image_program(engine_, "yaml", request);
    LICHEN_ASSERT(result.documents.size() == yaml_.size());
    for (std::size_t at = 0; at < yaml_.size(); ++at) try {
        const JsonView view(result.documents[at], "answer of lichen-image");
        if (const auto error = view.find_string("error")) throw_error(ErrorKind::invalid, "{}", *error);
        add(view.at("document").raw(), yaml_[at]);
      } catch (const Error& error) {
        pass_over(yaml_[at].path, error.what());
      }
  }

  Engine& engine_;
  std::size_t files_ = 0;
  std::vector<SpecFile> yaml_;
  std::vector<spec::CdiSpec> specs_;
};

std::string where_hint(const Engine& engine, bool nvidia) {
  const std::string places = join(engine.settings.cdi_spec_dirs, ", ");
  return format(
      "descriptions (CDI) are looked for in {}; {}; another folder: cdi_spec_dirs in config.toml or containers.conf",
      places.empty() ? "no folder" : places,
      nvidia ? "for NVIDIA make one: sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"
             : "the vendor's software makes one");
}

bool is_node(mode_t mode, char type) {
  if (type == 0) return S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode);
  return type == 'c' ? S_ISCHR(mode) : type == 'b' ? S_ISBLK(mode) : S_ISFIFO(mode);
}

// A description outlives what it describes: the numbers of devices change with drivers.
void check_host(const spec::CdiEdits& edits) {
  for (const auto& node : edits.nodes) {
    struct stat info {};
    if (::stat(node.host_path.c_str(), &info) != 0) throw_errno("device '{}' of the description", node.host_path);
    if (!is_node(info.st_mode, node.type))
      throw_error(ErrorKind::invalid, "device '{}': it is no device of the kind that its description says",
                  node.host_path);
    const std::int64_t numbers[] = {major(info.st_rdev), minor(info.st_rdev)};
    if (node.major.value_or(numbers[0]) != numbers[0] || node.minor.value_or(numbers[1]) != numbers[1])
      throw Error(ErrorKind::invalid,
                  format("device '{}': it is {}:{}, not {}:{} as its description says", node.host_path, numbers[0],
                         numbers[1], node.major.value_or(numbers[0]), node.minor.value_or(numbers[1])))
          .with_hint("make the description anew");
    if (node.permissions.find('r') == std::string::npos || node.permissions.find('w') == std::string::npos)
      log_warn("device {}: '{}' of its description cannot be enforced without root", node.host_path, node.permissions);
  }
  for (const auto& mount : edits.mounts)
    if (mount.type == "bind" && !sys::exists(mount.host_path))
      throw Error(ErrorKind::not_found, format("mount '{}' of a device: it does not exist", mount.host_path))
          .with_hint("install what the description names, or make the description anew");
}

std::string note_path(const std::string& run_dir) { return run_dir + "/devices.json"; }

}  // namespace

void write_device_note(const spec::ContainerConfig& config, const spec::CdiEdits& edits, const std::string& run_dir) {
  if (config.device_requests.empty()) return;
  sys::write_file(note_path(run_dir), dump_json(Json{{"env", edits.env}, {"groups", edits.additional_gids}}), 0600);
}

spec::CdiEdits read_device_note(const spec::ContainerConfig& config, const std::string& run_dir) {
  spec::CdiEdits edits;
  if (config.device_requests.empty()) return edits;
  const auto text = sys::read_file_if_exists(note_path(run_dir), kMaxFile);
  if (!text) return edits;
  const Json json = parse_json(*text, note_path(run_dir));
  const JsonView view(json, note_path(run_dir));
  edits.env = view.get_strings("env");
  for (const auto& item : view.at("groups").as_array())
    edits.additional_gids.push_back(static_cast<std::uint32_t>(item.as_uint()));
  return edits;
}

spec::CdiEdits find_device_edits(Engine& engine, const spec::ContainerConfig& config) {
  if (config.device_requests.empty()) return {};
  const auto specs = Reader(engine).read_all();
  std::vector<spec::CdiName> names;
  try {
    names = spec::requested_devices(config.device_requests, specs);
    auto edits = spec::collect_edits(names, specs);
    check_host(edits);
    return edits;
  } catch (Error& error) {
    const auto is_nvidia = [](const spec::CdiName& name) { return name.kind.starts_with("nvidia.com/"); };
    if (error.kind() == ErrorKind::not_found && error.hint().empty())
      throw error.with_hint(where_hint(engine, std::ranges::any_of(names, is_nvidia)));
    throw;
  }
}

}  // namespace lichen::engine
