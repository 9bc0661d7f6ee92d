// The out-of-line half of fmt, compiled once into this folder's library: Debian ships libfmt only as a shared object,
// and lichen-oci and lichen-conmon are static; the shared object would also cost `lichen ps` a tenth of its start-up
// budget. format-inl.h holds fmt's non-template functions; the templates that fmt declares extern are instantiated
// here.
//
// With a fixed separator for the "L" flag, which nothing here uses, fmt does not ask std::locale: that alone would
// bring a megabyte of locale facets into each static program.
#define FMT_STATIC_THOUSANDS_SEPARATOR ','
#include <fmt/format-inl.h>

namespace fmt {
inline namespace v9 {
namespace detail {

template void buffer<char>::append(const char*, const char*);
template void vformat_to(buffer<char>&, basic_string_view<char>, basic_format_args<buffer_context<char>>, locale_ref);
template dragonbox::decimal_fp<float> dragonbox::to_decimal(float) noexcept;
template dragonbox::decimal_fp<double> dragonbox::to_decimal(double) noexcept;
template thousands_sep_result<char> thousands_sep_impl(locale_ref);
template char decimal_point_impl(locale_ref);

}  // namespace detail
}  // namespace v9
}  // namespace fmt
