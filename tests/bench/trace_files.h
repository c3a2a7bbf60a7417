// Small files made by tests: a temporary directory of its own for each test, and writers that
// compress as the traces are compressed. Removed when the test ends.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace holdfast::bench {

inline std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Where the real traces are, or empty: `HOLDFAST_SHARED_DATA`, else `../shared/data` of the
/// repository.
inline std::string real_data(const std::string& test_data) {
  const char* set = std::getenv("HOLDFAST_SHARED_DATA");
  const std::string place = set != nullptr ? set : test_data + "/../../../shared/data";
  return std::filesystem::exists(place) ? place : "";
}

class TempDirTest : public ::testing::Test {
 protected:
  TempDirTest() {
    std::string name = (std::filesystem::temp_directory_path() / "holdfast-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "mkdtemp failed";
    directory_ = name;
  }
  ~TempDirTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (directory_ / name).string();
  }

  std::string write_plain(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string write_gzip(const std::string& name, std::string_view text) const {
    gzFile file = gzopen(path(name).c_str(), "wb");
    EXPECT_NE(file, nullptr);
    EXPECT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())),
              static_cast<int>(text.size()));
    EXPECT_EQ(gzclose(file), Z_OK);
    return path(name);
  }
  std::string write_zstd(const std::string& name, std::string_view text) const {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size =
        ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3);
    EXPECT_EQ(ZSTD_isError(size), 0u);
    packed.resize(size);
    return write_plain(name, packed);
  }

 private:
  std::filesystem::path directory_;
};

}  // namespace holdfast::bench
