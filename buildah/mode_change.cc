// --chmod (copy_files.hh): what chmod(1) takes.
#include "buildah/copy_files.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::buildah {
namespace {

[[noreturn]] void refuse(const std::string& text) {
  throw Error(ErrorKind::usage, format("--chmod={}: not a mode", text))
      .with_hint("octal as 0755, or clauses as u=rwx,go=rx");
}

}  // namespace

ModeChange ModeChange::parse(const std::string& text) {
  ModeChange change;
  if (!text.empty() && text.find_first_not_of("01234567") == std::string::npos) {
    if (text.size() > 5) refuse(text);
    const mode_t mode = static_cast<mode_t>(std::stoul(text, nullptr, 8));
    if (mode > 07777) refuse(text);
    change.octal_ = mode;
    return change;
  }
  for (const auto& part : split(text, ',')) {
    Clause clause;
    std::size_t i = 0;
    for (; i < part.size() && std::string_view("ugoa").find(part[i]) != std::string_view::npos; ++i)
      clause.who |= part[i] == 'u' ? 04700U : part[i] == 'g' ? 02070U : part[i] == 'o' ? 01007U : 07777U;
    if (clause.who == 0) clause.who = 07777;
    if (i >= part.size() || std::string_view("+-=").find(part[i]) == std::string_view::npos) refuse(text);
    clause.operation = part[i++];
    for (; i < part.size(); ++i) switch (part[i]) {
        case 'r':
          clause.permissions |= 0444;
          break;
        case 'w':
          clause.permissions |= 0222;
          break;
        case 'x':
          clause.permissions |= 0111;
          break;
        case 'X':
          clause.executes_if_any = true;
          break;
        case 's':
          clause.permissions |= 06000;
          break;
        case 't':
          clause.permissions |= 01000;
          break;
        default:
          refuse(text);
      }
    change.clauses_.push_back(clause);
  }
  if (change.clauses_.empty()) refuse(text);
  return change;
}

mode_t ModeChange::apply(mode_t mode, bool is_directory) const {
  if (octal_) return *octal_;
  for (const auto& clause : clauses_) {
    mode_t bits = clause.permissions;
    if (clause.executes_if_any && (is_directory || (mode & 0111) != 0)) bits |= 0111;
    bits &= clause.who;
    if (clause.operation == '+') mode |= bits;
    if (clause.operation == '-') mode &= ~bits;
    if (clause.operation == '=') mode = (mode & ~clause.who) | bits;
  }
  return mode & 07777;
}

}  // namespace lichen::buildah
