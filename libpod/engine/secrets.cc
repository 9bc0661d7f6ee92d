#include "libpod/engine/secrets.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/spec/env.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr int kIdDigits = 25;
constexpr std::string_view kFilters[] = {"id", "label", "label!", "name"};

std::string read_value(const Engine& engine, const SecretRequest& request) {
  if (request.value) return *request.value;
  if (request.from_env) {
    auto value = spec::find_env(engine.environment.all, request.source);
    if (!value)
      throw Error(ErrorKind::not_found,
                  format("create secret '{}': there is no variable '{}'", request.name, request.source))
          .with_hint("export it first, or leave --env out to read a file of that name");
    return *std::move(value);
  }
  if (request.source == "-") return sys::read_all(STDIN_FILENO, "standard input", store::kMaxSecretBytes + 1);
  try {
    return sys::read_file(request.source, store::kMaxSecretBytes + 1);
  } catch (Error& error) {
    error.add_context(format("create secret '{}'", request.name));
    throw;
  }
}

std::vector<std::string> users_of(Engine& engine, const std::string& name) {
  std::vector<std::string> users;
  for (const auto& container : containers_in_use_check(engine)) {
    const auto& secrets = container.config.secrets;
    if (std::any_of(secrets.begin(), secrets.end(), [&](const auto& secret) { return secret.name == name; }))
      users.push_back(container.config.name.empty() ? short_id(container.config.id) : container.config.name);
  }
  std::sort(users.begin(), users.end());
  return users;
}

[[noreturn]] void refuse_used(const std::string& name, const std::vector<std::string>& users) {
  throw Error(ErrorKind::conflict, format("remove secret '{}': it is in use by container{} {}", name,
                                          users.size() == 1 ? "" : "s", join(users, ", ")))
      .with_hint(
          format("remove the container first: lichen rm {}; a new value does not need that: lichen secret create "
                 "--replace {} FILE",
                 users[0], name));
}

Json row_object(const store::SecretRecord& secret, Timestamp at) {
  Json row;
  row["CreatedAt"] = time_since(secret.created, at);
  row["Driver"] = secret.driver;
  row["ID"] = secret.id;
  row["Labels"] = labels_text(secret.labels);
  row["Name"] = secret.name;
  row["UpdatedAt"] = time_since(secret.updated, at);
  return row;
}

void announce(const Engine& engine, const char* action, const store::SecretRecord& secret) {
  append_event(engine, {.type = "secret", .action = action, .id = secret.id, .name = secret.name});
}

}  // namespace

std::string create_secret(Engine& engine, const SecretRequest& request) {
  if (!request.driver.empty() && request.driver != "file")
    throw Error(ErrorKind::unsupported,
                format("create secret '{}': there is no secret driver '{}'", request.name, request.driver))
        .with_hint("lichen has the driver file");
  if (request.ignore && engine.secrets.has(request.name)) return engine.secrets.get(request.name).id;
  const std::string value = read_value(engine, request);
  store::SecretRecord record;
  record.name = request.name;
  record.id = random_hex(kIdDigits);
  record.created = record.updated = to_rfc3339(now());
  record.labels = request.labels;
  if (request.replace && engine.secrets.has(request.name)) {
    const auto old = engine.secrets.get(request.name);
    record.id = old.id;
    record.created = old.created;
    engine.secrets.replace(record, value);
  } else if (!engine.secrets.create(record, value)) {
    if (request.ignore) return engine.secrets.get(request.name).id;
    throw Error(ErrorKind::conflict, format("create secret '{}': the name is taken", request.name))
        .with_hint("--replace gives it the new value");
  }
  announce(engine, "create", record);
  return record.id;
}

std::vector<Json> list_secrets(Engine& engine, const std::vector<std::string>& words, const OnDamaged& on_damaged) {
  const auto filters = Filters::parse(words, kFilters);
  const Timestamp at = now();
  std::vector<Json> rows;
  for (const auto& name : engine.secrets.list()) {
    try {
      const auto secret = engine.secrets.get(name);
      const auto has_id = [&](const std::string& id) { return secret.id.starts_with(id); };
      if (filters.match_pattern("name", name) && filters.match_labels(secret.labels) && filters.any("id", has_id))
        rows.push_back(row_object(secret, at));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::usage) throw;
      if (error.kind() != ErrorKind::not_found) on_damaged(name, error);
    }
  }
  return rows;
}

Json inspect_secret(const Engine& engine, const std::string& name_or_id, bool with_value) {
  const auto secret = engine.secrets.get(engine.secrets.find(name_or_id));
  Json out;
  out["ID"] = secret.id;
  out["CreatedAt"] = secret.created;
  out["UpdatedAt"] = secret.updated;
  out["Spec"] = {{"Name", secret.name},
                 {"Driver", {{"Name", secret.driver}, {"Options", Json::object()}}},
                 {"Labels", string_map(secret.labels)}};
  if (with_value) out["SecretData"] = engine.secrets.value(secret.name);
  return out;
}

void remove_secret(Engine& engine, const std::string& name_or_id) {
  const std::string name = engine.secrets.find(name_or_id);
  auto users = users_of(engine, name);
  if (!users.empty()) refuse_used(name, users);
  store::SecretRecord record;
  record.name = name;
  try {
    record = engine.secrets.get(name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;  // a damaged one must not be immortal
  }
  const store::StagingDir bin(engine.paths);
  const std::string moved = bin.path() + "/secret";
  sys::rename_path(engine.paths.secret(name), moved);
  users = users_of(engine, name);
  if (!users.empty() && sys::rename_no_replace(moved, engine.paths.secret(name))) refuse_used(name, users);
  announce(engine, "remove", record);
}

}  // namespace lichen::engine
