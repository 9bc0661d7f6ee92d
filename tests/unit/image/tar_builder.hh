// Tars for tests, block by block, so that they can be as wrong as an attacker likes.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "libpod/base/format.hh"

namespace lichen::image {

class TarBuilder {
 public:
  struct Options {
    std::string link;
    std::string data;
    int mode = 0644;
    unsigned uid = 0, gid = 0;
    std::string pax;  // records, already formatted by pax()
    long size = -1;   // instead of data's
    bool gnu = false;
  };

  static std::string pax(const std::string& key, const std::string& value) {
    const std::string tail = " " + key + "=" + value + "\n";
    std::size_t length = tail.size() + 1;
    while (std::to_string(length).size() + tail.size() != length) ++length;
    return std::to_string(length) + tail;
  }

  TarBuilder& add(char type, const std::string& name, const Options& options) {
    if (!options.pax.empty()) {
      block('x', "pax", "", 0644, 0, 0, static_cast<long>(options.pax.size()), false);
      data(options.pax);
    }
    block(type, name, options.link, options.mode, options.uid, options.gid,
          options.size >= 0 ? options.size : static_cast<long>(options.data.size()), options.gnu);
    data(options.data);
    return *this;
  }
  TarBuilder& file(const std::string& name, const std::string& text = "data") { return add('0', name, {.data = text}); }
  TarBuilder& directory(const std::string& name, int mode = 0755) { return add('5', name, {.mode = mode}); }
  TarBuilder& symlink(const std::string& name, const std::string& target) { return add('2', name, {.link = target}); }
  TarBuilder& hard_link(const std::string& name, const std::string& target) { return add('1', name, {.link = target}); }
  TarBuilder& raw(const std::string& bytes) {
    bytes_ += bytes;
    return *this;
  }

  std::string end() const { return bytes_ + std::string(1024, '\0'); }
  const std::string& without_end() const { return bytes_; }

 private:
  void block(char type, const std::string& name, const std::string& link, int mode, unsigned uid, unsigned gid,
             long size, bool gnu) {
    char header[512] = {};
    std::memcpy(header, name.data(), std::min<std::size_t>(name.size(), 100));
    put(header + 100, 8, static_cast<unsigned long>(mode));
    put(header + 108, 8, uid);
    put(header + 116, 8, gid);
    put(header + 124, 12, static_cast<unsigned long>(size));
    put(header + 136, 12, 1000);
    header[156] = type;
    std::memcpy(header + 157, link.data(), std::min<std::size_t>(link.size(), 100));
    std::memcpy(header + 257, gnu ? "ustar  \0" : "ustar\00000", 8);
    std::memset(header + 148, ' ', 8);
    unsigned long sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(header + 148, 7, sum);
    bytes_.append(header, sizeof header);
  }
  static void put(char* field, std::size_t length, unsigned long value) {
    const std::string text = format("{:0{}o}", value, length - 1);
    std::memcpy(field, text.data(), length - 1);
    field[length - 1] = '\0';
  }
  void data(const std::string& text) {
    bytes_ += text;
    bytes_.append((512 - text.size() % 512) % 512, '\0');
  }

  std::string bytes_;
};

}  // namespace lichen::image
