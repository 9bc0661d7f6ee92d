// The log driver journald: each line of the container becomes an entry of systemd's journal, in its native protocol
// (systemd's JOURNAL_NATIVE_PROTOCOL document), with the fields of docker and podman.
//
// A line over 16 KiB, docker's longest, goes in pieces that carry CONTAINER_PARTIAL_MESSAGE=true. The journal is waited
// for a second when it is busy; an entry that it does not take is lost, as with every other writer.
#pragma once

#include <string>
#include <string_view>

#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/log_format.hh"

namespace lichen::conmon {

class JournalWriter {
 public:
  struct Options {
    std::string id, name, image, tag;  // tag: --log-opt tag, else the name
  };

  /// @throws Error{not_found} there is no journal on this machine
  explicit JournalWriter(const Options& options);

  void write(wire::LogStream stream, std::string_view data);
  /// The container has ended: what has no newline goes out.
  void finish();

 private:
  void send(wire::LogStream stream, std::string_view line, bool partial);

  std::string fields_;  // the same in every entry
  sys::UniqueFd socket_;
  std::string unfinished_[2];
};

/// One field: "NAME=value\n", or with its length where the value has a newline. Pure.
void append_journal_field(std::string& out, std::string_view name, std::string_view value);

}  // namespace lichen::conmon
