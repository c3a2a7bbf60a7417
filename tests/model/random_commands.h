// A seeded stream of commands for a small world of accounts, cards and programs.
//
// The world is small so that things collide: retries, wrong states, spent limits, full tables,
// expired cards. The generator watches the answers (`observe`) only to aim well, for instance at
// the rest of a hold; it never decides what an answer should be. Same seed and shape, same answers:
// the same commands. Thread: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/types.h"
#include "tests/model/random_source.h"

namespace holdfast::model {

/// What a world is like. Chances are per thousand commands.
struct WorldShape {
  const char* name = "everyday";
  std::uint64_t accounts = 24;
  std::uint64_t cards = 32;
  std::uint32_t programs = 5;
  std::uint64_t huge_amounts = 2;       // amounts near the ends of 64 bits
  std::uint64_t odd_fields = 15;        // a field that the protocol does not allow
  std::uint64_t retries = 60;           // an earlier request again, same content
  std::uint64_t reuses = 15;            // an earlier request id with other content
  std::uint64_t day_jumps = 1;          // time steps of 1 .. 10 days
  std::uint64_t month_jumps = 0;        // time steps of 20 .. 70 days
  std::uint64_t reconfigurations = 0;   // new table capacities
  bool tiny_tables = false;             // capacities near what is in the tables
  /// Long: nothing is forgotten in a run, so every answer is determined. Short: ids are forgotten.
  std::uint32_t request_retention_s = 100U * 365 * 86400;
  std::uint32_t authorization_retention_s = 0;  // 0: never forgotten
  std::uint64_t request_ids_max = 1'000'000;
};

class RandomCommands {
 public:
  RandomCommands(std::uint64_t seed, const WorldShape& shape);

  /// The next command and its time (mostly later than the last one, at times a little earlier).
  Command next();
  [[nodiscard]] TimestampNs now() const { return now_; }

  /// Lets time go by between two commands.
  void wait_s(std::uint64_t seconds);
  /// A command with a request id of its own that is logged and changes nothing else.
  Command idle();

  /// Tells the generator the answer to a command, whoever made the command.
  void observe(const Command& command, const Outcome& outcome);

  // Names of the world, for comparing views; number 0 is the zero id, 1 .. are used.
  [[nodiscard]] static AccountId account_id(std::uint64_t number);
  [[nodiscard]] static CardToken card_token(std::uint64_t number);
  [[nodiscard]] const WorldShape& shape() const { return shape_; }
  /// The last version of the program's rule sets that was begun; 0: none.
  [[nodiscard]] std::uint32_t newest_version(ProgramId program) const;

  /// Of accounts; and of merchants abroad, with rates only.
  static constexpr CurrencyCode kCurrencies[2] = {CurrencyCode{978}, CurrencyCode{826}};
  static constexpr CurrencyCode kForeign[2] = {CurrencyCode{840}, CurrencyCode{392}};

 private:
  struct Seen {  // an approved authorization, as far as the answers told
    AuthorizationId id;
    RequestId request;
    CardToken card;
    CurrencyCode currency;  // the account's
    TimestampNs at;
    std::int64_t left = 0;
    std::int64_t refundable = 0;
  };

  struct RuleSet {  // a program's last begun one, as far as the answers told
    std::uint32_t version = 0;
    std::uint32_t announced = 0;  // categories
    std::uint32_t added = 0;
  };

  /// Hold periods; the last one, the longest, is never waited for.
  static constexpr std::uint32_t kPeriods_s[] = {1, 60, 3600, 86400, 7 * 86400, 366 * 86400};

  void move_time();
  void move_to_edge();
  void learn_of_hold(const Command& command, const Outcome& outcome, Seen& seen);
  Command fresh();
  Command retry();
  Command garbage();
  // In random_things.cc.
  Command create_account();
  Command update_account();
  Command create_card();
  Command update_card();
  Command put_program();
  Command set_rate();
  Command configure();
  AccountId empty_account();
  ExpiryMonth some_expiry();
  // In random_payments.cc.
  Command transfer();
  Command authorize();
  Command capture();
  Command reverse();
  Command refund();
  Command increment();
  Command advise();
  // In random_versions.cc.
  Command begin_rule_set();
  Command add_category();
  AddCategory some_category(ProgramId program, std::uint32_t version);
  Command activate_rule_set();
  Command shadow_rule_set();
  ProgramId program_with_rules();
  ProgramId program_with_whole_rules();
  std::uint32_t some_version(ProgramId program);
  std::uint32_t some_shadow(ProgramId program);
  void learn_of_rules(const Command& command);
  // In rule_set_commands.cc: a whole rule set with controls, row by row, and its parts.
  Command stray_row();
  void plan_rule_set();
  Command work_of(ProgramId program, std::uint32_t version);
  AddControl some_control(ProgramId program, std::uint32_t version, std::uint16_t number);
  void filter(AddControl& c);
  void window(AddControl& c);
  AddListItem some_item(ProgramId program, std::uint32_t version, std::uint16_t list);
  void plan_zone(ProgramId program, std::uint32_t version, std::uint16_t zone,
                 std::vector<Command>& rows);
  void spoil(AddControl& c);
  void spoil(AddListItem& c);

  Command make(CommandKind kind);
  std::int64_t amount();
  std::int64_t part_of(std::int64_t whole);
  AccountId some_account();
  AccountId some_settlement(CurrencyCode currency);
  CardToken some_card();
  CurrencyCode some_currency(AccountId near);  // mostly the account's, or its card's account's
  CurrencyCode some_currency(CardToken near);
  CurrencyCode asked_currency(CardToken near);  // at times a foreign one
  Mcc some_mcc();
  void flags_and_cashback(Authorize& c);
  template <class Asked>
  void acceptor(Asked& c);  // what an authorize and an advice tell of merchant and payment
  template <class Asked>
  void odd_acceptor(Asked& c);
  CardToken card_of(const Seen* seen);
  Seen* some_authorization();
  Seen* of_closed_account();
  void name_original(AuthorizationId& id, RequestId& request, const Seen* seen);
  RequestId earlier_request();
  RequestId later_request();  // of a command that is not made yet
  [[nodiscard]] static RequestId request_of(std::uint64_t number);
  /// That an account of this name is mostly given.
  [[nodiscard]] static CurrencyCode usual_currency(AccountId account);
  bool odd() { return random_.per_mille(shape_.odd_fields); }

  RandomSource random_;
  WorldShape shape_;
  TimestampNs clock_;  // never goes back
  TimestampNs now_;    // of the next command; may be a little before `clock_`
  std::uint64_t linger_ = 0;  // commands for which time stands still
  std::uint64_t made_ = 0;
  std::uint64_t requests_made_ = 0;
  std::uint64_t requests_logged_ = 0;
  std::set<RequestId> tombstones_;
  std::map<ProgramId, RuleSet> rule_sets_;
  std::map<ProgramId, std::set<std::uint32_t>> shadows_;  // versions that run beside the active one
  std::deque<Command> planned_;  // the rest of a rule set that is being written
  std::vector<Command> history_;
  std::vector<Seen> seen_;
  std::map<AccountId, CurrencyCode> currency_of_account_;
  std::map<CardToken, AccountId> account_of_card_;
  std::map<AccountId, Money> ledgers_;  // as far as the answers told
  std::set<AccountId> closed_accounts_;
};

}  // namespace holdfast::model
