// Reading the log of a container whose log driver is journald, by journalctl(1): the journal's files have no other
// stable reader but systemd's own.
#pragma once

#include <functional>

#include "libpod/engine/log_reader.hh"

namespace lichen::engine {

/// As read_log, for the entries of the container `query.journal_id`. @throws Error{not_found} there is no journalctl
void read_journal(const LogQuery& query, const std::function<bool(const LogPiece&)>& sink);

}  // namespace lichen::engine
