#include "conmon/footprint.hh"

#include <cstdint>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

// Only segments that are never written: dropping a private page that was (relocations, data) would bring the file's content back.
int drop_segments(dl_phdr_info* info, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    // Whole pages inside the segment: its edges may share a page with a written one.
    const std::uintptr_t start = (info->dlpi_addr + segment.p_vaddr + page - 1) & ~(page - 1);
    const std::uintptr_t end = (info->dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page - 1);
    if (start < end) ::madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
  }
  return 1;  // the first entry is the program itself
}

}  // namespace

void trim_footprint() noexcept {
  ::malloc_trim(0);
  ::dl_iterate_phdr(drop_segments, nullptr);
}

}  // namespace lichen::conmon
