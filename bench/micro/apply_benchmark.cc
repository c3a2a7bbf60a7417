// What one authorization costs the core thread: `StateMachine::apply` alone, no queue, log or
// socket.
//
// Each turn authorizes on a random card and then reverses what it held, so that tables and balances
// stay as they are however long it runs; both are counted as items. 10^4 accounts stay in the
// processor's caches, 10^6 do not: the difference is the price of memory. The second argument is
// the number of controls of the program: of every effect, half of them windows that count each
// payment. With 8 of them an authorization must not become twice as dear.
#include <benchmark/benchmark.h>

#include "bench/load/random.h"
#include "engine/state_machine.h"

namespace holdfast {
namespace {

constexpr CurrencyCode kCurrency{978};
constexpr TimestampNs kNow{1'700'000'000ULL * kNsPerSecond};

RequestId request(std::uint64_t number) { return {.low = number, .high = 0xBE7C}; }

void must_approve(benchmark::State& state, const Outcome& outcome) {
  if (!is_approval(outcome.decision)) state.SkipWithError("a command was declined");
}

void fill(benchmark::State& state, StateMachine& machine, std::uint64_t accounts) {
  std::uint64_t number = 1;
  Command command;
  for (std::uint64_t i = 1; i <= accounts; ++i) {
    command.kind = CommandKind::create_account;
    command.request_id = request(number++);
    command.create_account = CreateAccount{.account = {.low = i, .high = 1},
                                           .credit_limit = Money{1'000'000'000},
                                           .currency = kCurrency};
    must_approve(state, machine.apply(command, kNow));
    command.kind = CommandKind::create_card;
    command.request_id = request(number++);
    command.create_card = CreateCard{.card = {.low = i, .high = 2},
                                     .account = {.low = i, .high = 1},
                                     .program = {},
                                     .expiry = {}};
    must_approve(state, machine.apply(command, kNow));
  }
}

// Row `i` of a rule set: by turns a denied list, an allowed one, a cap a transaction, and windows.
AddControl control(std::uint32_t i) {
  AddControl control;
  control.version = 1;
  control.control = static_cast<std::uint16_t>(i + 1);
  control.effect = ControlEffect::cap_window;
  control.scope = ControlScope::card;
  control.amount_max = Money{1'000'000'000'000};
  control.count_max = UINT32_MAX;
  switch (i % 8) {
    case 0:
      control.effect = ControlEffect::deny;
      control.mcc_list = 1;
      break;
    case 1:
      control.effect = ControlEffect::deny;
      control.country_list = 2;
      break;
    case 2:
      control.effect = ControlEffect::allow_only;
      control.channels = 0x1FF;
      break;
    case 3: control.effect = ControlEffect::cap_transaction; break;
    case 4: control.window = WindowKind::day; break;
    case 5: control.window = WindowKind::month; break;
    case 6:
      control.window = WindowKind::rolling;
      control.window_s = 86'400;
      control.granularity_s = 3600;
      break;
    default:
      control.window = WindowKind::day;
      control.scope = ControlScope::account;
      break;
  }
  if (control.effect != ControlEffect::cap_window) control.count_max = 0;
  if (control.effect < ControlEffect::cap_transaction) control.amount_max = {};
  return control;
}

void add_controls(benchmark::State& state, StateMachine& machine, std::uint32_t controls) {
  if (controls == 0) return;
  std::uint64_t number = 1ULL << 50;
  const auto apply = [&](CommandKind kind, auto Command::*member, const auto& body) {
    Command command;
    command.kind = kind;
    command.request_id = request(number++);
    command.*member = body;
    must_approve(state, machine.apply(command, kNow));
  };
  BeginRuleSet begin;
  begin.version = 1;
  begin.controls = controls;
  begin.list_items = 2;
  apply(CommandKind::begin_rule_set, &Command::begin_rule_set, begin);
  AddListItem item;
  item.version = 1;
  item.list = 1;
  item.mcc_first = item.mcc_last = Mcc{7995};
  apply(CommandKind::add_list_item, &Command::add_list_item, item);
  item = AddListItem{};
  item.version = 1;
  item.list = 2;
  item.kind = ListKind::country;
  item.country = CountryCode{408};
  apply(CommandKind::add_list_item, &Command::add_list_item, item);
  for (std::uint32_t i = 0; i < controls; ++i) {
    apply(CommandKind::add_control, &Command::add_control, control(i));
  }
  ActivateRuleSet activate;
  activate.version = 1;
  apply(CommandKind::activate_rule_set, &Command::activate_rule_set, activate);
}

void apply_authorize_and_reverse(benchmark::State& state) {
  const auto accounts = static_cast<std::uint64_t>(state.range(0));
  StateMachine machine;
  fill(state, machine, accounts);
  add_controls(state, machine, static_cast<std::uint32_t>(state.range(1)));
  bench::Random random(1);
  std::uint64_t number = 1ULL << 40;
  std::uint64_t hash = 0;  // keeps the compiler from deleting the work
  for (auto _ : state) {
    Command authorize;
    authorize.kind = CommandKind::authorize;
    authorize.request_id = request(number++);
    authorize.authorize = Authorize{.card = {.low = 1 + random.below(accounts), .high = 2},
                                    .amount = Money{1'000},
                                    .merchant = {},
                                    .terminal = {},
                                    .currency = kCurrency,
                                    .mcc = Mcc{5411},
                                    .country = CountryCode{250}};
    const Outcome held = machine.apply(authorize, kNow);
    Command reverse;
    reverse.kind = CommandKind::reverse;
    reverse.request_id = request(number++);
    reverse.reverse =
        Reverse{.authorization = held.authorization, .original_request = {}, .amount = Money{0}};
    const Outcome released = machine.apply(reverse, kNow);
    if (!is_approval(held.decision) || !is_approval(released.decision)) {
      state.SkipWithError("a command was declined");
      break;
    }
    hash = hash * 31 + held.authorization.value +
           static_cast<std::uint64_t>(released.available_balance.minor);
  }
  benchmark::DoNotOptimize(hash);
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(apply_authorize_and_reverse)
    ->ArgNames({"accounts", "controls"})
    ->ArgsProduct({{10'000, 1'000'000}, {0, 8, 64}});

}  // namespace
}  // namespace holdfast
