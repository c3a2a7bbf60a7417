// Numbers and names as the report's page writes them. Thread: no state.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/report/spread.h"

namespace holdfast::bench {

[[nodiscard]] std::string count_text(double count);      // "1,234"
[[nodiscard]] std::string rate_text(double per_s);       // "1,234,000 /s", "1.23 M/s"
[[nodiscard]] std::string us_text(double us);            // "123 us", "1.23 ms", "4.5 s"
[[nodiscard]] std::string bytes_text(double bytes);      // "123 B", "1.2 GiB"
[[nodiscard]] std::string ratio_text(double ratio);      // "1.23x"
/// "median (quarter .. quarter)" of several runs, the value alone of one, "-" of none.
[[nodiscard]] std::string spread_text(const Spread& spread, std::string (*text_of)(double));
/// A key of JSON as words: "durable_write_4k_us" is "durable write 4k us", "io_uring_dsync" is
/// "io_uring dsync".
[[nodiscard]] std::string words_of(const std::string& key);
/// A value of a fact: "yes", "virtio", "0, 1"; "-" for null.
[[nodiscard]] std::string value_text(const nlohmann::ordered_json& value);
/// A section of which the report has nothing, with the command that measures it.
[[nodiscard]] std::string not_there(const char* title, const char* command);

}  // namespace holdfast::bench
