#include "libpod/spec/user_spec.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

constexpr std::size_t kMaxSpec = 256;
constexpr std::size_t kMaxGroups = 65536;  // NGROUPS_MAX

[[noreturn]] void fail(std::string_view text, std::string_view cause) {
  throw Error(ErrorKind::usage, fmt::format("user '{}': {}", text, cause))
      .with_hint("write it as USER[:GROUP], each a name or a number");
}

// Go's Atoi takes a sign, so "+1" and "-1" are numbers for docker, never names.
bool is_number(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::uint32_t id_number(std::string_view spec, std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto id = parse_uint(digits);
  if (!id || *id > kMaxId) fail(spec, fmt::format("the id {} is not between 0 and {}", text, kMaxId));
  return static_cast<std::uint32_t>(*id);
}

// The field's id, or nothing for a malformed one: such a line is no entry.
std::optional<std::uint32_t> file_id(std::string_view field) {
  const auto id = parse_uint(field);
  if (!id || *id > kMaxId) return std::nullopt;
  return static_cast<std::uint32_t>(*id);
}

// Calls `visit(fields)` for each line until it returns true. Fields are views: a line of a megabyte costs nothing
// (C14).
template <std::size_t Fields, typename Visitor>
void for_each_entry(std::string_view file, Visitor visit) {
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    if (line.empty() || line[0] == '#' || line[0] == '+' || line[0] == '-') continue;  // comments and NIS entries
    std::string_view fields[Fields];
    std::size_t count = 0;
    while (count < Fields) {
      const std::size_t colon = count + 1 == Fields ? line.size() : std::min(line.find(':'), line.size());
      fields[count++] = line.substr(0, colon);
      if (colon == line.size()) break;
      line.remove_prefix(colon + 1);
    }
    if (visit(fields, count)) return;
  }
}

bool has_member(std::string_view members, std::string_view name) {
  while (!members.empty()) {
    const std::size_t comma = std::min(members.find(','), members.size());
    if (trim(members.substr(0, comma)) == name) return true;
    members.remove_prefix(std::min(comma + 1, members.size()));
  }
  return false;
}

// passwd(5): name:password:uid:gid:comment:home:shell
bool find_passwd(std::string_view passwd, std::string_view name, std::optional<std::uint32_t> uid, ResolvedUser& user) {
  bool found = false;
  for_each_entry<7>(passwd, [&](const std::string_view(&fields)[7], std::size_t count) {
    if (count < 4) return false;
    const auto entry_uid = file_id(fields[2]), entry_gid = file_id(fields[3]);
    if (!entry_uid || !entry_gid || fields[0].empty()) return false;
    if (uid ? *uid != *entry_uid : fields[0] != name) return false;
    found = true;
    user.uid = *entry_uid;
    user.gid = *entry_gid;
    user.name = std::string(fields[0]);
    // A home with a control character would forge lines of what is written from it (CVE-2022-4318).
    if (count > 5 && fields[5].starts_with('/') && !has_control_characters(fields[5]))
      user.home = std::string(fields[5]);
    if (count > 6 && !has_control_characters(fields[6])) user.shell = std::string(fields[6]);
    return true;
  });
  return found;
}

// group(5): name:password:gid:members
std::optional<std::uint32_t> find_group(std::string_view group, std::string_view name) {
  std::optional<std::uint32_t> result;
  for_each_entry<4>(group, [&](const std::string_view(&fields)[4], std::size_t count) {
    if (count < 3 || fields[0] != name) return false;
    result = file_id(fields[2]);
    return result.has_value();
  });
  return result;
}

std::uint32_t resolve_group(std::string_view group, std::string_view text, std::string_view what) {
  if (is_number(text)) return id_number(text, text);
  const auto gid = find_group(group, text);
  if (!gid)
    throw Error(ErrorKind::not_found, fmt::format("{} '{}': the image's /etc/group has no such group", what, text))
        .with_hint("use a numeric id, or a group of the image");
  return *gid;
}

void add_unique(std::vector<std::uint32_t>& gids, std::uint32_t gid) {
  if (gids.size() < kMaxGroups && std::ranges::find(gids, gid) == gids.end()) gids.push_back(gid);
}

// A set beside the list: a hostile file may put the user into tens of thousands of groups (C14).
void add_memberships(ResolvedUser& user, std::string_view group) {
  std::set<std::uint32_t> seen(user.additional_gids.begin(), user.additional_gids.end());
  for_each_entry<4>(group, [&](const std::string_view(&fields)[4], std::size_t count) {
    if (count < 4 || !has_member(fields[3], user.name)) return false;
    if (const auto gid = file_id(fields[2]); gid && seen.insert(*gid).second) user.additional_gids.push_back(*gid);
    return user.additional_gids.size() >= kMaxGroups;
  });
}

void check_word(std::string_view text, std::string_view word) {
  if (word.empty()) return;
  if (word.front() == ' ' || word.back() == ' ') fail(text, "blanks around a name");
  if (is_number(word)) static_cast<void>(id_number(text, word));
}

}  // namespace

UserSpec parse_user_spec(std::string_view text) {
  if (has_control_characters(text)) fail("...", "control characters in the value");
  if (text.size() > kMaxSpec) fail(text.substr(0, 32), fmt::format("longer than {} bytes", kMaxSpec));
  const auto parts = split(text, ':');
  if (parts.size() > 2) fail(text, "more than one ':'");
  UserSpec spec{parts[0], parts.size() == 2 ? parts[1] : std::string()};
  check_word(text, spec.user);
  check_word(text, spec.group);
  return spec;
}

ResolvedUser resolve_user(const UserSpec& spec, std::string_view passwd, std::string_view group,
                          std::span<const std::string> group_add) {
  ResolvedUser user;
  if (spec.user.empty() || is_number(spec.user)) {
    const std::uint32_t uid = spec.user.empty() ? 0 : id_number(spec.user, spec.user);
    if (!find_passwd(passwd, {}, uid, user)) user.uid = uid;
  } else if (!find_passwd(passwd, spec.user, std::nullopt, user)) {
    throw Error(ErrorKind::not_found, fmt::format("user '{}': the image's /etc/passwd has no such user", spec.user))
        .with_hint("use a numeric id, or a user of the image");
  }
  if (!spec.group.empty()) user.gid = resolve_group(group, spec.group, "group");
  user.additional_gids.push_back(user.gid);
  if (spec.group.empty() && !user.name.empty()) add_memberships(user, group);
  for (const auto& name : group_add)
    if (name != "keep-groups") add_unique(user.additional_gids, resolve_group(group, name, "--group-add"));
  return user;
}

}  // namespace lichen::spec
