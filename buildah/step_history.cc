#include "buildah/step_history.hh"

#include <algorithm>
#include <set>

#include "libpod/base/json.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"

#include <sys/stat.h>

namespace lichen::buildah {
namespace {

constexpr std::size_t kMaxRecord = 16 << 20, kShown = 5;
constexpr std::size_t kMaxFiles = 2000;
constexpr std::int64_t kMaxBytes = 64 << 20;

// "file src/main.c=HASH" -> "file src/main.c".
std::string name_of(const std::string& part) { return part.substr(0, part.find('=')); }

std::vector<std::string> without(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  const std::set<std::string> known(others.begin(), others.end());
  std::vector<std::string> left;
  for (const auto& part : some)
    if (!known.contains(part)) left.push_back(part);
  return left;
}

}  // namespace

std::string StepHistory::path_of(const std::string& stage, std::size_t number) const {
  return paths_.build() + "/last/" + sha256_hex(format("{}\n{}\n{}", place_, stage, number));
}

bool StepHistory::knows(const std::string& stage, std::size_t number) const {
  return sys::exists(path_of(stage, number));
}

std::string StepHistory::changes(const std::string& stage, std::size_t number, const StepKey& key) const {
  const auto text = sys::read_cached(path_of(stage, number), kMaxRecord);
  if (!text) return "";
  const auto before = split(*text, '\0');
  std::vector<std::string> names;
  for (const auto& parts : {without(key.parts(), before), without(before, key.parts())})
    for (const auto& part : parts)
      if (!part.empty() && std::ranges::find(names, name_of(part)) == names.end()) names.push_back(name_of(part));
  const std::size_t more = names.size() > kShown ? names.size() - kShown : 0;
  names.resize(names.size() - more);
  return join(names, ", ") + (more == 0 ? "" : format(" and {} more", more));
}

void StepHistory::remember(const std::string& stage, std::size_t number, const StepKey& key) {
  std::string text;
  for (const auto& part : key.parts()) text += part + '\0';
  if (text.size() > kMaxRecord) return;
  sys::make_directories(paths_.build() + "/last", 0700);
  const std::string path = path_of(stage, number);
  if (sys::read_cached(path, kMaxRecord) == text) return;
  sys::write_cached(path, text);
  has_grown_ = true;
}

void StepHistory::trim() const {
  if (!has_grown_) return;
  const std::string directory = paths_.build() + "/last";
  std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> files;  // age, size
  for (const auto& name : sys::list_directory(directory)) {
    struct stat info {};
    if (::lstat((directory + "/" + name).c_str(), &info) != 0) continue;
    files.emplace_back(-info.st_mtim.tv_sec, info.st_size, directory + "/" + name);
  }
  std::ranges::sort(files);
  std::size_t count = 0;
  std::int64_t bytes = 0;
  for (const auto& [age, size, path] : files) {
    bytes += size;
    if (++count > kMaxFiles || bytes > kMaxBytes) sys::remove_file(path);
  }
}

}  // namespace lichen::buildah
