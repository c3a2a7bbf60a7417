#include "bench/load/step.h"

#include <fmt/format.h>

#include "engine/check.h"

namespace holdfast::bench {

namespace {

constexpr std::uint16_t kMccs[] = {5411, 5812, 5541, 4111, 5912, 5311, 5999, 7011};

struct Place {
  MerchantId merchant;
  TerminalId terminal;
  Mcc mcc;
};

std::array<Place, kPlaces> make_places() {
  std::array<Place, kPlaces> places;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    fmt::format_to_n(places[i].merchant.text, 15, "BENCHMERCHANT{:02}", i);
    fmt::format_to_n(places[i].terminal.text, 8, "TERM{:04}", i);
    places[i].mcc = Mcc{kMccs[i % std::size(kMccs)]};
  }
  return places;
}

}  // namespace

Command command_of(const Step& step, const Population& population, std::uint64_t run_id) {
  static const std::array<Place, kPlaces> places = make_places();
  Command command;
  command.request_id = {.low = step.request_low, .high = run_id};
  switch (step.kind) {
    case StepKind::authorize: {
      const Place& place = places[place_of(step)];
      command.kind = CommandKind::authorize;
      command.authorize = Authorize{.card = population.card(step.account),
                                    .amount = step.amount,
                                    .merchant = place.merchant,
                                    .terminal = place.terminal,
                                    .currency = population.currency,
                                    .mcc = place.mcc,
                                    .country = CountryCode{276},
                                    .channel = Channel::chip};
      break;
    }
    case StepKind::capture:
      command.kind = CommandKind::capture;
      command.capture = Capture{.authorization = step.authorization,
                                .original_request = {},
                                .amount = step.amount,
                                .settlement_account = population.settlement(),
                                .final = 1};
      break;
    case StepKind::reverse:
      command.kind = CommandKind::reverse;
      command.reverse = Reverse{
          .authorization = step.authorization, .original_request = {}, .amount = step.amount};
      break;
    case StepKind::inquiry:
      HOLDFAST_CHECK(false, "an inquiry is no command");
  }
  return command;
}

Inquiry inquiry_of(const Step& step, const Population& population) {
  Inquiry inquiry;
  inquiry.account = population.account(step.account);
  return inquiry;
}

}  // namespace holdfast::bench
