#include "libpod/image/yaml.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <sys/stat.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <yaml-cpp/yaml.h>
#pragma GCC diagnostic pop

namespace lichen::image {
namespace {

constexpr std::size_t kMaxText = 1 << 20, kMaxValues = 200'000;
constexpr int kMaxDepth = 32;

class Converter {
 public:
  explicit Converter(std::string_view what) : what_(what) {}

  Json convert(const YAML::Node& node, int depth) {
    if (depth > kMaxDepth) fail(node, "nested too deep");
    if (++values_ > kMaxValues) fail(node, "too many values");
    switch (node.Type()) {
      case YAML::NodeType::Sequence:
        return sequence(node, depth);
      case YAML::NodeType::Map:
        return map(node, depth);
      case YAML::NodeType::Scalar:
        return scalar(node);
      default:
        return nullptr;
    }
  }

  [[noreturn]] void fail(const YAML::Node& node, std::string_view why) {
    throw_error(ErrorKind::invalid, "{}:{}: {}", what_, node.Mark().line + 1, why);
  }

 private:
  void check_tag(const YAML::Node& node, std::string_view known) {
    const std::string& tag = node.Tag();
    if (!tag.empty() && tag != "?" && tag != "!" && tag != known) fail(node, "a tag that is not known");
  }

  Json sequence(const YAML::Node& node, int depth) {
    check_tag(node, "tag:yaml.org,2002:seq");
    Json list = Json::array();
    for (const auto& item : node) list.push_back(convert(item, depth + 1));
    return list;
  }

  Json map(const YAML::Node& node, int depth) {
    check_tag(node, "tag:yaml.org,2002:map");
    Json object = Json::object();
    std::vector<std::string> keys;
    for (const auto& item : node) {
      if (!item.first.IsScalar()) fail(node, "a key that is no word");
      const std::string& key = item.first.Scalar();
      if (key == "<<") fail(node, "merge keys are not read");
      keys.push_back(key);
      object.push_back({key, convert(item.second, depth + 1)});
    }
    std::ranges::sort(keys);  // the object itself would be searched for each of them
    if (std::ranges::adjacent_find(keys) != keys.end()) fail(node, "a key is there twice");
    return object;
  }

  // yaml-cpp's tag: "?" plain, "!" quoted.
  Json scalar(const YAML::Node& node) {
    check_tag(node, "tag:yaml.org,2002:str");
    const std::string& text = node.Scalar();
    if (node.Tag() != "?") return text;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (const auto number = parse_int(text)) return *number;
    if (text.starts_with("0o"))
      if (const auto number = parse_octal(text.substr(2))) return *number;
    return text;
  }

  std::string what_;
  std::size_t values_ = 0;
};

std::string read_bounded(const std::string& path) {
  const sys::UniqueFd file = sys::open_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw_errno("read '{}'", path);
  if (!S_ISREG(info.st_mode)) throw_error(ErrorKind::invalid, "{}: it is no file", path);
  return sys::read_all(file.get(), path, kMaxText);
}

}  // namespace

Json yaml_to_json(std::string_view text, std::string_view what) {
  if (text.size() > kMaxText) throw_error(ErrorKind::invalid, "{}: larger than {} bytes", what, kMaxText);
  try {
    const auto documents = YAML::LoadAll(std::string(text));
    if (documents.size() != 1) throw_error(ErrorKind::invalid, "{}: it must have one document", what);
    return Converter(what).convert(documents[0], 0);
  } catch (const YAML::Exception& error) {
    throw_error(ErrorKind::invalid, "{}:{}: {}", what, error.mark.line + 1, error.msg);
  }
}

wire::ImageResult read_yaml_files(const store::Paths&, const wire::ImageRequest& request, Progress&) {
  wire::ImageResult result;
  for (const auto& path : request.paths) try {
      result.documents.push_back(Json{{"document", yaml_to_json(read_bounded(path), path)}});
    } catch (const Error& error) {
      result.documents.push_back(Json{{"error", error.what()}});
    }
  return result;
}

}  // namespace lichen::image
