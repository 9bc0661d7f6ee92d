#include "conmon/journal_writer.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/sys/socket.hh"

#include <sys/socket.h>
#include <sys/time.h>

namespace lichen::conmon {
namespace {

constexpr const char* kSocket = "/run/systemd/journal/socket";
constexpr std::size_t kLongestLine = 16 * 1024;
constexpr timeval kPatience{1, 0};

}  // namespace

void append_journal_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  if (value.find('\n') == std::string_view::npos) {
    out += '=';
  } else {
    out += '\n';
    for (int i = 0; i < 8; ++i) out += static_cast<char>((std::uint64_t{value.size()} >> (8 * i)) & 0xFF);
  }
  out += value;
  out += '\n';
}

JournalWriter::JournalWriter(const Options& options) {
  auto socket = sys::connect_unix(kSocket, SOCK_DGRAM);
  if (!socket)
    throw Error(ErrorKind::not_found, "--log-driver journald: there is no journal on this machine")
        .with_hint("use --log-driver k8s-file or json-file");
  socket_ = *std::move(socket);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  append_journal_field(fields_, "CONTAINER_ID", std::string_view(options.id).substr(0, 12));
  append_journal_field(fields_, "CONTAINER_ID_FULL", options.id);
  append_journal_field(fields_, "CONTAINER_NAME", options.name);
  append_journal_field(fields_, "IMAGE_NAME", options.image);
  const std::string& tag = options.tag.empty() ? options.name : options.tag;
  append_journal_field(fields_, "CONTAINER_TAG", tag);
  append_journal_field(fields_, "SYSLOG_IDENTIFIER", tag);
}

void JournalWriter::write(wire::LogStream stream, std::string_view data) {
  std::string& unfinished = unfinished_[stream == wire::LogStream::out ? 0 : 1];
  while (!data.empty()) {
    const auto newline = data.find('\n');
    std::size_t length = newline == std::string_view::npos ? data.size() : newline;
    const bool too_long = length > kLongestLine - unfinished.size();
    if (too_long) length = kLongestLine - unfinished.size();
    unfinished += data.substr(0, length);
    data.remove_prefix(length);
    const bool whole = !too_long && newline != std::string_view::npos;
    if (whole) data.remove_prefix(1);
    if (whole || too_long) {
      send(stream, unfinished, !whole);
      unfinished.clear();
    }
  }
}

void JournalWriter::finish() {
  for (const auto stream : {wire::LogStream::out, wire::LogStream::err}) {
    std::string& unfinished = unfinished_[stream == wire::LogStream::out ? 0 : 1];
    if (!unfinished.empty()) send(stream, unfinished, true);
    unfinished.clear();
  }
}

void JournalWriter::send(wire::LogStream stream, std::string_view line, bool partial) {
  std::string packet = fields_;
  append_journal_field(packet, "PRIORITY", stream == wire::LogStream::out ? "6" : "3");  // info, err: docker's
  append_journal_field(packet, "MESSAGE", line);
  if (partial) append_journal_field(packet, "CONTAINER_PARTIAL_MESSAGE", "true");
  [[maybe_unused]] const ssize_t sent = ::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL);
}

}  // namespace lichen::conmon
