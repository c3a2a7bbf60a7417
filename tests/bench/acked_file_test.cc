#include "bench/load/acked_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "bench/load/random.h"
#include "bench/load/step.h"
#include "tests/bench/trace_files.h"

namespace holdfast::bench {
namespace {

class AckedFileTest : public TempDirTest {};

AckedRecord record_of(Random& random, std::uint64_t i) {
  Step step;
  step.request_low = i;
  step.kind = static_cast<StepKind>(random.below(3));
  step.account = static_cast<std::uint32_t>(random.below(1000));
  step.amount = Money{static_cast<std::int64_t>(random.below(10'000))};
  step.authorization = AuthorizationId{i / 2};
  AckedRecord record;
  record.command = command_of(step, Population{}, 0xABCDEF);
  record.outcome.decision =
      random.below(10) == 0 ? Decision::insufficient_funds : Decision::approved;
  record.outcome.authorization = step.authorization;
  record.outcome.amount = step.amount;
  record.outcome.ledger_balance = Money{-static_cast<std::int64_t>(random.next() >> 20)};
  record.outcome.position = LogPosition{i + 1};
  record.outcome.time = TimestampNs{1'700'000'000'000'000'000 + i / 100};
  return record;
}

bool same(const AckedRecord& a, const AckedRecord& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

std::vector<AckedRecord> read_all(AckedReader& reader) {
  std::vector<AckedRecord> records;
  for (;;) {
    const auto record = reader.next();
    EXPECT_TRUE(record.has_value()) << (record ? "" : record.error());
    if (!record || !*record) return records;
    records.push_back(**record);
  }
}

TEST_F(AckedFileTest, EveryByteOfCommandAndOutcomeComesBack) {
  Random random(1);
  std::vector<AckedRecord> written;
  {
    auto file =
        AckedFile::create(path("acked"), {.population = 3, .accounts = 1000, .run_id = 0xABCDEF});
    ASSERT_TRUE(file.has_value()) << file.error();
    AckedWriter writer(**file);
    for (std::uint64_t i = 0; i < 20'000; ++i) {
      written.push_back(record_of(random, i));
      ASSERT_TRUE(writer.add(written.back().command, written.back().outcome));
    }
    ASSERT_TRUE(writer.flush());
  }
  auto reader = AckedReader::open(path("acked"));
  ASSERT_TRUE(reader.has_value()) << reader.error();
  EXPECT_EQ(reader->header().population, 3u);
  EXPECT_EQ(reader->header().accounts, 1000u);
  const auto read = read_all(*reader);
  EXPECT_FALSE(reader->was_cut());
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) ASSERT_TRUE(same(read[i], written[i])) << i;
  // Compact: the plain bytes are 176 a record.
  EXPECT_LT(std::filesystem::file_size(path("acked")), written.size() * 60);
}

TEST_F(AckedFileTest, ThreadsShareOneFile) {
  constexpr std::uint64_t kEach = 30'000;
  {
    auto file = AckedFile::create(path("acked"), {});
    ASSERT_TRUE(file.has_value());
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        Random random(t);
        AckedWriter writer(**file);
        for (std::uint64_t i = 0; i < kEach; ++i) {
          const AckedRecord record = record_of(random, t * kEach + i);
          EXPECT_TRUE(writer.add(record.command, record.outcome));
        }
        EXPECT_TRUE(writer.flush());
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  auto reader = AckedReader::open(path("acked"));
  ASSERT_TRUE(reader.has_value());
  const auto records = read_all(*reader);
  ASSERT_EQ(records.size(), 3 * kEach);
  std::vector<bool> seen(3 * kEach);
  for (const AckedRecord& record : records) {
    ASSERT_FALSE(seen[record.command.request_id.low]);
    seen[record.command.request_id.low] = true;
  }
}

TEST_F(AckedFileTest, ACutChunkIsToldAndDamageIsAnError) {
  Random random(2);
  {
    auto file = AckedFile::create(path("acked"), {});
    ASSERT_TRUE(file.has_value());
    AckedWriter writer(**file);
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      const AckedRecord record = record_of(random, i);
      ASSERT_TRUE(writer.add(record.command, record.outcome));
    }
    ASSERT_TRUE(writer.flush());
  }
  const std::string whole = slurp(path("acked"));
  auto cut = AckedReader::open(write_plain("cut", whole.substr(0, whole.size() - 5)));
  ASSERT_TRUE(cut.has_value());
  const auto rest = read_all(*cut);
  EXPECT_TRUE(cut->was_cut());
  EXPECT_GT(rest.size(), 0u);
  EXPECT_LT(rest.size(), 10'000u);

  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 1);
  auto damaged = AckedReader::open(write_plain("damaged", flipped));
  ASSERT_TRUE(damaged.has_value());
  std::string error;
  while (error.empty()) {
    const auto record = damaged->next();
    if (!record) error = record.error();
    if (record && !*record) break;
  }
  EXPECT_NE(error.find("checksum"), std::string::npos) << error;

  EXPECT_FALSE(AckedReader::open(write_plain("other", "not such a file")).has_value());
  EXPECT_FALSE(AckedReader::open(path("missing")).has_value());
  EXPECT_FALSE(AckedFile::create(path("no/such/directory"), {}).has_value());
}

}  // namespace
}  // namespace holdfast::bench
