#include "libpod/store/secret_store.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::store {
namespace {

constexpr std::size_t kMaxRecordBytes = 256u << 10;

std::string to_text(const SecretRecord& record, std::string_view value) {
  Json json;
  json["version"] = 1;
  json["id"] = record.id;
  json["name"] = record.name;
  json["driver"] = record.driver;
  json["created"] = record.created;
  json["updated"] = record.updated;
  json["labels"] = record.labels;
  return dump_json(json) + "\n" + std::string(value);
}

void check(const SecretRecord& record, std::string_view value) {
  if (!is_valid_name(record.name))
    throw Error(ErrorKind::usage, format("'{}' is no valid secret name", record.name))
        .with_hint("names are letters, digits, '_', '.' and '-', and begin with a letter or digit");
  if (value.empty() || value.size() > kMaxSecretBytes)
    throw_error(ErrorKind::usage, "secret '{}': its value has {} bytes, and must have 1 to {}", record.name,
                value.size(), kMaxSecretBytes);
}

// "did you mean", else all there are: a missing secret is mostly a misspelt one.
[[noreturn]] void refuse_missing(const std::string& name, const std::vector<std::string>& known) {
  Error error(ErrorKind::not_found, format("no such secret: {}", printable(name)));
  if (const auto near = nearest(name, known))
    error.with_hint(format("did you mean '{}'?", *near));
  else if (known.empty())
    error.with_hint(format("there is none yet: lichen secret create {} FILE", printable(name)));
  else
    error.with_hint("there are: " + join(known, ", "));
  throw error;
}

}  // namespace

bool SecretStore::has(const std::string& name) const { return is_valid_name(name) && sys::exists(paths_.secret(name)); }

namespace {

std::pair<SecretRecord, std::string> read(const SecretStore& store, const std::string& path, const std::string& name) {
  const auto text =
      is_valid_name(name) ? sys::read_file_if_exists(path, kMaxRecordBytes + kMaxSecretBytes) : std::nullopt;
  if (!text) refuse_missing(name, store.list());
  auto parts = cut(*text, '\n');
  if (!parts) throw_error(ErrorKind::invalid, "{}: damaged: it has no value", path);
  const Json json = parse_json(parts->first, path);
  const JsonView in(json, path + ":");
  SecretRecord record;
  record.id = in.at("id").as_string();
  record.name = in.at("name").as_string();
  record.driver = in.get_string("driver", "file");
  record.created = in.get_string("created");
  record.updated = in.get_string("updated");
  record.labels = in.at("labels").as_string_map();
  if (record.name != name) throw_error(ErrorKind::invalid, "{}: it is the record of another secret", path);
  return {std::move(record), std::move(parts->second)};
}

}  // namespace

SecretRecord SecretStore::get(const std::string& name) const { return read(*this, paths_.secret(name), name).first; }

std::string SecretStore::value(const std::string& name) const { return read(*this, paths_.secret(name), name).second; }

std::string SecretStore::find(const std::string& name_or_id) const {
  if (has(name_or_id)) return name_or_id;
  std::vector<std::string> found;
  const auto known = list();
  if (is_id_prefix(name_or_id))
    for (const auto& name : known) {
      try {
        if (get(name).id.starts_with(name_or_id)) found.push_back(name);
      } catch (const Error&) {
        continue;  // a damaged one has no id to be called by
      }
    }
  if (found.empty()) refuse_missing(name_or_id, known);
  if (found.size() > 1)
    throw_error(ErrorKind::conflict, "'{}' is the beginning of the ids of {} secrets: {}", name_or_id, found.size(),
                join(found, ", "));
  return found[0];
}

std::vector<std::string> SecretStore::list() const {
  auto names = sys::list_directory(paths_.secrets());
  std::erase_if(names, [](const std::string& name) { return !is_valid_name(name); });
  std::sort(names.begin(), names.end());
  return names;
}

bool SecretStore::create(const SecretRecord& record, std::string_view value) {
  check(record, value);
  sys::make_directory(paths_.secrets(), 0700);  // stores of earlier versions have none
  const StagingDir staged(paths_);
  const std::string path = staged.path() + "/secret";
  sys::write_file_atomic(path, to_text(record, value), 0600);
  if (!sys::rename_no_replace(path, paths_.secret(record.name))) return false;
  sys::sync_directory(paths_.secrets());
  return true;
}

void SecretStore::replace(const SecretRecord& record, std::string_view value) {
  check(record, value);
  sys::make_directory(paths_.secrets(), 0700);
  sys::write_file_atomic(paths_.secret(record.name), to_text(record, value), 0600);
}

}  // namespace lichen::store
