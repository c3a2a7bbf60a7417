#include "bench/traces/line_reader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "bench/traces/csv.h"
#include "tests/bench/trace_files.h"

namespace holdfast::bench {
namespace {

std::vector<std::string> all_lines(const std::string& path) {
  auto reader = LineReader::open(path);
  EXPECT_TRUE(reader.has_value()) << (reader ? "" : reader.error());
  std::vector<std::string> lines;
  while (reader) {
    const auto line = reader->next();
    EXPECT_TRUE(line.has_value()) << (line ? "" : line.error());
    if (!line || !*line) break;
    lines.emplace_back(**line);
    EXPECT_EQ(reader->line(), lines.size());
  }
  return lines;
}

class LineReaderTest : public TempDirTest {};

TEST_F(LineReaderTest, PlainGzipAndZstdReadAlike) {
  std::string text = "first\r\nsecond\n\nno newline at the end: ";
  for (int i = 0; i < 3000; ++i) text += "x";
  const std::vector<std::string> expected = {"first", "second", "",
                                             text.substr(text.find("no newline"))};
  EXPECT_EQ(all_lines(write_plain("a.csv", text)), expected);
  EXPECT_EQ(all_lines(write_gzip("a.csv.gz", text)), expected);
  EXPECT_EQ(all_lines(write_zstd("a.csv.zst", text)), expected);
}

TEST_F(LineReaderTest, LinesAcrossManyReads) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "line " + std::to_string(i) + "\n";
  for (const auto& path :
       {write_plain("b", text), write_gzip("b.gz", text), write_zstd("b.zst", text)}) {
    const auto lines = all_lines(path);
    ASSERT_EQ(lines.size(), 200'000u) << path;
    EXPECT_EQ(lines[123'456], "line 123456");
  }
}

TEST_F(LineReaderTest, ConcatenatedFramesAreReadThrough) {
  const std::string one = write_zstd("1.zst", "a\n"), two = write_zstd("2.zst", "b\n");
  EXPECT_EQ(all_lines(write_plain("both.zst", slurp(one) + slurp(two))),
            (std::vector<std::string>{"a", "b"}));
  const std::string three = write_gzip("3.gz", "a\n"), four = write_gzip("4.gz", "b\n");
  EXPECT_EQ(all_lines(write_plain("both.gz", slurp(three) + slurp(four))),
            (std::vector<std::string>{"a", "b"}));
}

std::string error_of(const std::string& path) {
  auto reader = LineReader::open(path);
  if (!reader) return reader.error();
  for (;;) {
    const auto line = reader->next();
    if (!line) return line.error();
    if (!*line) return "";
  }
}

TEST_F(LineReaderTest, CutOrDamagedFilesAreErrorsNotShorterTraces) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + "\n";
  for (const std::string ending : {".gz", ".zst"}) {
    const std::string whole =
        slurp(ending == ".gz" ? write_gzip("w.gz", text) : write_zstd("w.zst", text));
    const std::string cut = write_plain("cut" + ending, whole.substr(0, whole.size() / 2));
    EXPECT_NE(error_of(cut), "") << ending;
    EXPECT_NE(error_of(cut).find("cut" + ending), std::string::npos);
    EXPECT_NE(error_of(write_plain("no" + ending, "seq,trans_id\n1,2\n")), "") << ending;
  }
  EXPECT_NE(error_of(path("missing.csv")).find("No such file"), std::string::npos);
  EXPECT_NE(error_of(write_plain("long.csv", std::string(100'000, 'x'))).find("right file"),
            std::string::npos);
}

TEST(SplitCsv, QuotesAndEmptyFields) {
  std::vector<std::string> fields;
  ASSERT_TRUE(split_csv("a,,\"b, \"\"c\"\"\",", fields));
  EXPECT_EQ(fields, (std::vector<std::string>{"a", "", "b, \"c\"", ""}));
  ASSERT_TRUE(split_csv("", fields));
  EXPECT_EQ(fields, (std::vector<std::string>{""}));
  ASSERT_TRUE(split_csv("\"x\"", fields));
  EXPECT_EQ(fields, (std::vector<std::string>{"x"}));
  ASSERT_TRUE(split_csv("\"x\",", fields));
  EXPECT_EQ(fields, (std::vector<std::string>{"x", ""}));
  EXPECT_FALSE(split_csv("\"open", fields));
  EXPECT_FALSE(split_csv("\"a\"b,c", fields));
}

}  // namespace
}  // namespace holdfast::bench
