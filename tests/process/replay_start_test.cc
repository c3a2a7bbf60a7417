// Where a replay begins when the log no longer does with the first command: every tool that
// rebuilds a state tells the same from a snapshot as from the whole history,
// and says what it began with.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/process/recycled_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::test {
namespace {

using nlohmann::json;
using tools::digest_text;

std::string text_of(LogPosition position) { return std::to_string(position.value); }

// What differs between two runs of the same work.
json without_times(json report) {
  for (const char* key :
       {"start_position", "records", "seconds", "records_per_second", "duration_ns"}) {
    report.erase(key);
  }
  return report;
}

class ReplayStartProcess : public RecycledLog {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(run_until_recycled());
    dir = directory.path();
    whole = {"--archive-dir", archive.path(), "--from-start"};
  }
  static std::vector<std::string> with(std::vector<std::string> arguments,
                                       const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  void replay_begins_with_the_best_snapshot();
  void states_explanations_holds_and_dumps_are_the_same();
  void what_if_judges_the_same();
  void bad_snapshots_are_passed_over_and_said();

  std::string dir;
  std::vector<std::string> whole;  // options for all of history
};

void ReplayStartProcess::replay_begins_with_the_best_snapshot() {
  ASSERT_EQ(snapshots.size(), 2U);
  json report = replay(dir);
  EXPECT_EQ(report["start_position"], snapshots[1].value);
  EXPECT_EQ(report["position"], last.value);
  EXPECT_EQ(report["records"], last.value - snapshots[1].value);
  EXPECT_EQ(report["digest"], digest_text(digest)) << "that of the running server";

  report = replay(dir, whole);
  EXPECT_EQ(report["start_position"], 0);
  EXPECT_EQ(report["records"], last.value);
  EXPECT_EQ(report["digest"], digest_text(digest));

  // To verify is to recompute all there is: from the older one, or from the archive's beginning.
  report = replay(dir, {"--verify"});
  EXPECT_EQ(report["start_position"], snapshots[0].value);
  EXPECT_EQ(report["records"], last.value - snapshots[0].value);
  report = replay(dir, {"--verify", "--archive-dir", archive.path()});
  EXPECT_EQ(report["start_position"], 0);

  // Below the newer snapshot the older one is the best, and at its position nothing is left to do.
  const LogPosition between{snapshots[1].value - 100};
  report = replay(dir, {"--until", text_of(between)});
  EXPECT_EQ(report["start_position"], snapshots[0].value);
  EXPECT_EQ(report["digest"], replay(dir, with({"--until", text_of(between)}, whole))["digest"]);
  report = replay(dir, {"--until", text_of(snapshots[1])});
  EXPECT_EQ(report["start_position"], snapshots[1].value);
  EXPECT_EQ(report["records"], 0);
  EXPECT_EQ(report["digest"],
            replay(dir, with({"--until", text_of(snapshots[1])}, whole))["digest"]);
  // A time is a point as well.
  const std::string then = report["time"];
  report = replay(dir, {"--until", then});
  EXPECT_EQ(report["start_position"], snapshots[1].value) << then;

  // Below both only the archive helps, and is then used without being asked to.
  const LogPosition early{snapshots[0].value - 1};
  const std::string refused = fails({"wal", "replay", dir, "--until", text_of(early)}, 1);
  EXPECT_NE(refused.find("no good snapshot is of position " + text_of(early) + " or before"),
            std::string::npos)
      << refused;
  EXPECT_NE(refused.find("Give --archive-dir"), std::string::npos) << refused;
  report = replay(dir, {"--until", text_of(early), "--archive-dir", archive.path()});
  EXPECT_EQ(report["start_position"], 0);
  EXPECT_EQ(report["position"], early.value);
  const std::string no_first = fails({"wal", "replay", dir, "--from-start"}, 1);
  EXPECT_NE(no_first.find("the first command is not there"), std::string::npos) << no_first;
}

void ReplayStartProcess::states_explanations_holds_and_dumps_are_the_same() {
  json holds = tool({"holds", "--dir", dir});
  EXPECT_EQ(holds["start_position"], snapshots[1].value);
  EXPECT_EQ(without_times(holds), without_times(tool(with({"holds", "--dir", dir}, whole))));
  EXPECT_GT(holds["open"].size(), 0U);

  const std::string a = dir + "@" + text_of(LogPosition{last.value - 50});
  json diff = tool({"state", "diff", a, dir}, 1);
  EXPECT_EQ(diff["a"]["start_position"], snapshots[1].value);
  const json diff_whole = tool(with({"state", "diff", a, dir}, whole), 1);
  EXPECT_EQ(diff["counts"], diff_whole["counts"]);
  EXPECT_EQ(diff["differences"], diff_whole["differences"]);
  EXPECT_GT(diff["counts"]["request"], 0);
  EXPECT_EQ(tool({"state", "diff", dir, dir + "@" + text_of(last)})["equal"], true);

  // Lines carry the currencies, cards and accounts of authorizations from before the snapshot.
  for (const char* format : {"text", "csv", "json"}) {
    const std::vector<std::string> dump{
        "wal", "dump", dir, "--from", text_of(LogPosition{last.value - 3'000}), "--format", format};
    const ProcessResult from_snapshot = run_program("holdfast", dump);
    const ProcessResult from_start = run_program("holdfast",
                                                 with(dump, {"--archive-dir", archive.path()}));
    EXPECT_EQ(from_snapshot.exit_code, 0) << from_snapshot.err;
    EXPECT_EQ(from_snapshot.out, from_start.out) << format;
    EXPECT_GT(from_snapshot.out.size(), 100'000U);
  }
  // What stands before the oldest snapshot is shown too.
  const ProcessResult all = run_program("holdfast", {"wal", "dump", dir, "--format", "csv"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  const std::uint64_t first = std::stoull(all.out.substr(all.out.find('\n') + 1));
  EXPECT_GT(first, 1U);
  EXPECT_LT(first, snapshots[0].value);

  const std::string at = text_of(LogPosition{last.value - 7});
  EXPECT_EQ(tool({"explain", "--at", at, "--dir", dir}),
            tool(with({"explain", "--at", at, "--dir", dir}, whole)));
  const ProcessResult words = run_program("holdfast", {"explain", "--at", at, "--dir", dir});
  EXPECT_NE(words.out.find(" from the snapshot of position " + text_of(snapshots[1])),
            std::string::npos) << words.out;
  // Authorization 1 was made and captured before: only the archive has its steps.
  const std::string gone = fails({"explain", "1", "--dir", dir}, 1);
  EXPECT_NE(gone.find("was made before position"), std::string::npos) << gone;
  EXPECT_NE(gone.find("--archive-dir"), std::string::npos) << gone;
  const ProcessResult there =
      run_program("holdfast", {"explain", "1", "--dir", dir, "--archive-dir", archive.path()});
  EXPECT_EQ(there.exit_code, 0) << there.err;

  const json verified = tool({"snapshot", "verify", dir, "--replay"});
  EXPECT_EQ(verified["snapshots"][0]["replay"], "the replay began with it");
  EXPECT_EQ(verified["snapshots"][1]["replay"], "same digest");
}

void ReplayStartProcess::what_if_judges_the_same() {
  const std::string rules = scratch.path() + "/tighter.json";
  std::ofstream(rules) << R"({"version": 2, "currency": "GBP", "categories": [], "controls": [
    {"id": 1, "effect": "cap_transaction", "amount_max": "45.00"},
    {"id": 2, "scope": "card", "effect": "cap_window", "window": {"kind": "month"}, "amount_max": "7000.00"}]})";
  const std::string from = text_of(LogPosition{last.value - 1'500});
  const std::vector<std::string> asked{"wal",        "what-if", dir, "--program",
                                       "1=" + rules, "--from",  from};
  const json report = tool(asked);
  EXPECT_EQ(report["start_position"], snapshots[1].value);
  const json all = tool(with(asked, whole));
  EXPECT_EQ(all["start_position"], 0);
  EXPECT_EQ(without_times(report), without_times(all));
  EXPECT_GT(report["flips"].size(), 10U);
  // Without --from all there is is judged; the program had its rules before.
  const json judged = tool({"wal", "what-if", dir, "--program", "1=" + rules});
  EXPECT_EQ(judged["start_position"], snapshots[0].value);
  // The same rules flip nothing, whatever the windows had used before.
  const json same =
      tool({"wal", "what-if", dir, "--program", "1=" + scratch.path() + "/rules.json"});
  EXPECT_EQ(same["flips"].size(), 0U);
}

void ReplayStartProcess::bad_snapshots_are_passed_over_and_said() {
  server.kill();
  const auto files = files_in(dir, "snapshot-");
  ASSERT_EQ(files.size(), 2U);
  flip_bit(files[1], 8'192);
  const ProcessResult replayed = run_program("holdfast", {"wal", "replay", dir, "--json"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_NE(replayed.err.find(files[1] + " is damaged (at offset"), std::string::npos)
      << replayed.err;
  EXPECT_EQ(json::parse(replayed.out)["start_position"], snapshots[0].value);
  EXPECT_EQ(json::parse(replayed.out)["digest"], digest_text(digest));
  flip_bit(files[0], 8'192);
  const ProcessResult none = run_program("holdfast", {"wal", "replay", dir});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_NE(none.err.find("no good snapshot stands there that it goes on from: there is nothing to "
                          "begin a replay with"),
            std::string::npos)
      << none.err;
  EXPECT_EQ(replay(dir, {"--archive-dir", archive.path()})["digest"], digest_text(digest));
  // A dump shows what is there all the same, without the currencies that nobody tells.
  const ProcessResult dump = run_program("holdfast", {"wal", "dump", dir, "--from", text_of(last)});
  EXPECT_EQ(dump.exit_code, 0) << dump.err;
  EXPECT_NE(dump.out.find(text_of(last)), std::string::npos);
}

// Filling the log takes longer than asking all there is to ask, so it is one test.
TEST_F(ReplayStartProcess, EveryToolTellsTheSameFromASnapshotAsFromTheFirstCommand) {
  replay_begins_with_the_best_snapshot();
  states_explanations_holds_and_dumps_are_the_same();
  what_if_judges_the_same();
  bad_snapshots_are_passed_over_and_said();
}

}  // namespace
}  // namespace holdfast::test
