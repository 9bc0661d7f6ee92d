#include "libpod/image/yaml.hh"

#include <map>
#include <optional>
#include <sstream>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <sys/stat.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>
#pragma GCC diagnostic pop

namespace lichen::image {
namespace {

constexpr std::size_t kMaxText = 1 << 20, kMaxValues = 200'000, kMaxKeys = 1024, kMaxDepth = 32;

// Builds the document from the parser's events, not from its tree: that shares what aliases name, and a list that holds
// itself would never be freed.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(std::string_view what) : what_(what) {}
  Json take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { put(mark, nullptr, anchor, 1); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(mark, "an alias within what it names");
    put(mark, found->second.value, 0, found->second.count);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:str");
    if (wants_key()) return set_key(mark, value, anchor);
    put(mark, tag == "?" ? plain(value) : Json(value), anchor, 1 + value.size() / 32);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:seq");
    open(mark, Json::array(), anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_tag(mark, tag, "tag:yaml.org,2002:map");
    open(mark, Json::object(), anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Json value;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::size_t count = 1;           // values in it, and itself; long words count as several
    std::optional<std::string> key;  // of a map: read, its value is next
  };
  struct Anchored {
    Json value;
    std::size_t count = 0;
  };

  [[noreturn]] void fail(const YAML::Mark& mark, std::string_view why) const {
    throw_error(ErrorKind::invalid, "{}:{}: {}", what_, mark.line + 1, why);
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag, std::string_view known) const {
    if (!tag.empty() && tag != "?" && tag != "!" && tag != known) fail(mark, "a tag that is not known");
  }

  bool wants_key() const { return !levels_.empty() && levels_.back().value.is_object() && !levels_.back().key; }

  void set_key(const YAML::Mark& mark, const std::string& key, YAML::anchor_t anchor) {
    Level& map = levels_.back();
    if (anchor != 0) fail(mark, "a key with an anchor");
    if (key == "<<") fail(mark, "merge keys are not read");
    if (map.value.contains(key)) fail(mark, "a key is there twice");
    if (map.value.size() == kMaxKeys) fail(mark, "too many keys");  // each is looked for among all
    map.key = key;
  }

  void open(const YAML::Mark& mark, Json empty, YAML::anchor_t anchor) {
    if (wants_key()) fail(mark, "a key that is no word");
    if (levels_.size() == kMaxDepth) fail(mark, "nested too deep");
    levels_.push_back({std::move(empty), mark, anchor, 1, {}});
  }

  void close() {
    Level done = std::move(levels_.back());
    levels_.pop_back();
    put(done.mark, std::move(done.value), done.anchor, done.count);
  }

  void put(const YAML::Mark& mark, Json value, YAML::anchor_t anchor, std::size_t count) {
    if (wants_key()) fail(mark, "a key that is no word");
    if (count > kMaxValues || (!levels_.empty() && levels_.back().count + count > kMaxValues))
      fail(mark, "too many values");
    if (anchor != 0) {
      anchored_ += count;
      if (anchored_ > kMaxValues) fail(mark, "too many values");
      anchors_[anchor] = {value, count};
    }
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& above = levels_.back();
    above.count += count;
    if (above.value.is_array())
      above.value.push_back(std::move(value));
    else
      above.value[*std::exchange(above.key, std::nullopt)] = std::move(value);
  }

  static Json plain(const std::string& text) {
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    if (const auto number = parse_int(text)) return *number;
    if (text.starts_with("0o"))
      if (const auto number = parse_octal(text.substr(2))) return *number;
    return text;
  }

  std::string what_;
  Json root_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t anchored_ = 0;
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
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(what);
    if (!parser.HandleNextDocument(builder)) throw_error(ErrorKind::invalid, "{}: it has no document", what);
    Builder more(what);
    if (parser.HandleNextDocument(more)) throw_error(ErrorKind::invalid, "{}: it has more than one document", what);
    return builder.take();
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
