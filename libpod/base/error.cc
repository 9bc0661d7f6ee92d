#include "libpod/base/error.hh"

#include <cstdlib>
#include <cstring>

#include "libpod/base/enum_names.hh"
#include "libpod/base/log.hh"

namespace lichen {
namespace {

constexpr EnumName<ErrorKind> kErrorKinds[] = {
    {ErrorKind::usage, "usage"},       {ErrorKind::not_found, "not_found"},     {ErrorKind::conflict, "conflict"},
    {ErrorKind::invalid, "invalid"},   {ErrorKind::unsupported, "unsupported"}, {ErrorKind::permission, "permission"},
    {ErrorKind::system, "system"},     {ErrorKind::network, "network"},         {ErrorKind::interrupted, "interrupted"},
    {ErrorKind::internal, "internal"},
};

}  // namespace

std::string_view to_string(ErrorKind kind) { return enum_name(kErrorKinds, kind); }

ErrorKind error_kind_from_string(std::string_view name) {
  return enum_value(kErrorKinds, name).value_or(ErrorKind::internal);
}

Error::Error(ErrorKind kind, std::string message, int saved_errno)
    : kind_(kind), errno_(saved_errno), message_(std::move(message)) {
  rebuild();
}

void Error::add_context(std::string text) {
  context_.push_back(std::move(text));
  rebuild();
}

Error& Error::with_hint(std::string text) {
  hint_ = std::move(text);
  return *this;
}

void Error::rebuild() {
  what_.clear();
  for (auto it = context_.rbegin(); it != context_.rend(); ++it) {
    what_ += *it;
    what_ += ": ";
  }
  what_ += message_;
}

std::string errno_text(int error_number) {
  // strerrordesc_np (glibc 2.32) is thread-safe and does not translate: scripts can match the text.
  const char* text = strerrordesc_np(error_number);
  return text != nullptr ? text : fmt::format("error {}", error_number);
}

void assertion_failed(const char* condition, const char* file, int line) {
  raw_log(condition);
  raw_log(": this cannot be; please report it with the command that you ran");
  const std::string place = fmt::format("{}:{}\n", file, line);
  raw_log(place.c_str());
  std::abort();
}

}  // namespace lichen
