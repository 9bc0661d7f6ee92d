#include "conmon/footprint.hh"

#include <cstdint>

#include <link.h>
#include <unistd.h>

namespace lichen::conmon {

std::vector<std::pair<void*, std::size_t>> program_pages() {
  std::vector<std::pair<void*, std::size_t>> pages;
  const auto collect = [](dl_phdr_info* info, std::size_t, void* out) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const ElfW(Phdr)& segment = info->dlpi_phdr[i];
      // Dropping a private page that was written (relocations, data) would bring the file's content back.
      if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
      // Only pages that are all inside: the edges may be shared with a written segment.
      const std::uintptr_t start = (info->dlpi_addr + segment.p_vaddr + page - 1) & ~(page - 1);
      const std::uintptr_t end = (info->dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page - 1);
      if (start < end) static_cast<decltype(pages)*>(out)->emplace_back(reinterpret_cast<void*>(start), end - start);
    }
    return 1;  // the first entry is the program itself
  };
  ::dl_iterate_phdr(collect, &pages);
  return pages;
}

}  // namespace lichen::conmon
