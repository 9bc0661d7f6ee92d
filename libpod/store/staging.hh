// staging/: everything half-made. A staged directory is flocked by its maker for as long as it works on it; any command
// may sweep what nobody holds. Publishing is one rename out of here; removing is one rename into here, then deletion.
#pragma once

#include <string>

#include "libpod/store/paths.hh"
#include "libpod/sys/lock.hh"

namespace lichen::store {

/// A new directory staging/<random>, flocked; removed with all it holds unless published.
class StagingDir {
 public:
  explicit StagingDir(const Paths& paths);
  StagingDir(StagingDir&&) noexcept;
  StagingDir& operator=(StagingDir&&) = delete;
  ~StagingDir();

  const std::string& path() const { return path_; }
  /// Rename to `destination`; the lock is let go. @return false when `destination` exists already (ours is removed
  /// then)
  bool publish(const std::string& destination);
  /// Another program has published it: nothing is removed here any more. @return its lock, which is shared from now on
  sys::FileLock release();

 private:
  std::string path_;
  sys::FileLock lock_;
};

/// Rename `path` into staging and delete it there. A crash in between leaves something to sweep, never half an object.
/// false when it does not exist.
bool remove_through_staging(const Paths& paths, const std::string& path);

/// Delete staged entries that nobody holds (but markers c-<id> and r-<id>: see container_store). @return how many.
/// Never throws for an entry that resists: it is logged at debug level and left.
int sweep_staging(const Paths& paths);

}  // namespace lichen::store
