#include "compose/key_menu.hh"

#include <unistd.h>

namespace lichen::compose {

bool KeyMenu::is_possible() { return ::isatty(STDIN_FILENO) == 1 && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

KeyMenu::KeyMenu(sys::EventLoop& loop, std::function<void(char key)> pressed)
    : loop_(loop), pressed_(std::move(pressed)), mode_(STDIN_FILENO) {
  watch_ = loop_.watch(STDIN_FILENO, EPOLLIN, [this](std::uint32_t) {
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) == 1) return pressed_(key);
    loop_.forget(watch_);  // the terminal is gone
  });
}

}  // namespace lichen::compose
